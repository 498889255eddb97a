"""The vault of a model as a Mermaid entity diagram."""

from __future__ import annotations

from collections.abc import Iterator

from skyeng.model.entities import Entity
from skyeng.model.spec import Model


def mermaid(model: Model) -> str:
    """Hubs, links and satellites with their columns.

    All have a load timestamp and a record source. These are shown only if they are part of a key.
    """
    return "\n".join(["erDiagram", *(f"    {line}" for line in _lines(model))])


def _lines(model: Model) -> Iterator[str]:
    for link in model.links:
        for hub in model.hubs_of(link):
            yield f'{hub.table} ||--o{{ {link.table} : ""'
        yield f'{link.table} ||--|{{ {link.effectivity.table} : "active from"'
    for satellite in model.satellites:
        yield f'{model.hub(satellite.hub_name).table} ||--|{{ {satellite.table} : "described by"'
    for hub in model.hubs:
        key = [f"{_plain(part.type.name)} {hub.column(part.name)} UK" for part in hub.business_key]
        yield from _entity(hub, f"uuid {hub.key} PK", *key)
    for link in model.links:
        hubs = [f"uuid {hub.key} FK" for hub in model.hubs_of(link)]
        yield from _entity(link, f"uuid {link.key} PK", *hubs)
        effectivity = link.effectivity
        yield from _entity(
            effectivity,
            f"uuid {link.key} PK",
            f"timestamptz {effectivity.load_ts} PK",
            f"boolean {effectivity.is_active}",
        )
    for satellite in model.satellites:
        attributes = [f"{_plain(part.type.name)} {satellite.column(part.name)}" for part in satellite.attributes]
        keys = (f"uuid {model.hub(satellite.hub_name).key} PK", f"timestamptz {satellite.load_ts} PK")
        yield from _entity(satellite, *keys, *attributes)


def _entity(entity: Entity, *columns: str) -> Iterator[str]:
    yield f"{entity.table} {{"
    yield from (f"    {column}" for column in columns)
    yield "}"


def _plain(type_: str) -> str:
    """A type without parentheses and commas, which Mermaid does not accept."""
    return type_.replace("(", "_").replace(",", "_").replace(")", "")
