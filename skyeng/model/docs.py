"""A model as a page of Markdown: what is historised, from which source, and what analysts get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from skyeng.model.spec import Feed, Model


def markdown(model: Model) -> str:
    """Feeds, vault and marts of a model, each as a table."""
    return "\n".join(_lines(model))


def _lines(model: Model) -> Iterator[str]:
    yield f"# {model.name}"
    yield from ("", " ".join(model.description.split())) if model.description else ()
    yield from ("", f"Source and record source: connection `{model.source}`.", "", "## Feeds", "")
    yield from _table(
        ("feed", "one row for each", "query", "how it loads", "what it delivers"),
        [
            (
                f"`{feed.name}`",
                ", ".join(model.grain(feed).hubs),
                f"`{feed.query}`",
                _loads(feed),
                " ".join(feed.description.split()),
            )
            for feed in model.feeds
        ],
    )
    yield from ("", "## Vault", "")
    yield from _table(("table", "kind", "what it holds"), list(_vault(model)))
    for mart in model.marts:
        yield from ("", f"## Datamart `{mart.table}`", "")
        yield from _table(
            ("column", "of the feed"),
            [(f"`{column.name}`", f"`{column.column}` {column.description}".strip()) for column in mart.columns],
        )


def _vault(model: Model) -> Iterator[tuple[str, ...]]:
    for hub in model.hubs:
        yield f"`{hub.table}`", "hub", f"business key {_names(part.name for part in hub.business_key)}"
    for link in model.links:
        alone = f"; one at a time for each {' and '.join(link.driving_key)}" if link.driving_key else ""
        yield f"`{link.table}`", "link", f"relationships of {', '.join(link.hubs)}{alone}"
        since = "from when on" if model.applied(link.effectivity) else "from which load on"
        yield f"`{link.effectivity.table}`", "effectivity satellite", f"{since} a relationship is active"
    for satellite in model.satellites:
        yield f"`{satellite.table}`", "satellite", _names(part.name for part in satellite.attributes)


def _loads(feed: Feed) -> str:
    if not feed.delta:
        return "compared whole: a row that it no longer delivers is deleted"
    return "changes only" + (f", which hold from `{feed.applied}` on" if feed.applied else "")


def _names(names: Iterator[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    for row in (columns, ["---"] * len(columns), *rows):
        yield f"| {' | '.join(row)} |"
