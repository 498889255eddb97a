"""Reads an entity's history from the vault: what changed, from which value to which, in which load.

Attributes are read from the hub's satellites, relationships from the effectivity of its links. Rows
after the last closed load are not read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal

from skyeng.db.postgres import Session
from skyeng.errors import StatementFailed, UnknownKey, UsageError
from skyeng.hashing.hash_keys import Value, key_digest, zero_key
from skyeng.model import Hub, Link, Model, Satellite
from skyeng.sql import SQL, ident, joined, sql
from skyeng.vault.readback import last_closed_load, newest_first

#: `appeared`, `deleted` and `reappeared` are events of the entity itself: its first relationship
#: began, its last active one ended, another one began. `changed` is an event of an attribute.
#: `linked` is an event of another hub: the entity was linked with its entities, or is no longer.
Kind = Literal["appeared", "deleted", "reappeared", "changed", "linked"]


@dataclass(frozen=True)
class Event:
    """One change of an entity by a load."""

    load_ts: datetime
    event: Kind
    #: The attribute, or the other hub. Empty for an event of the entity itself.
    what: str = ""
    #: An attribute's value before, empty for NULL; or the other hub's keys that it is no longer linked with.
    old: tuple[str, ...] = ()
    #: An attribute's value after, empty for NULL; or the other hub's keys that it is linked with from now on.
    new: tuple[str, ...] = ()

    def record(self) -> dict[str, datetime | str | None]:
        """The event as one row of a result. Several keys are joined to one text."""
        return {
            "load_ts": self.load_ts,
            "event": self.event,
            "what": self.what or None,
            "from": "; ".join(self.old) if self.old else None,
            "to": "; ".join(self.new) if self.new else None,
        }


#: Columns of a result, even of one without rows.
COLUMNS = ("load_ts", "event", "what", "from", "to")


def entity_history(session: Session, model: Model, hub: Hub, key: Sequence[str]) -> list[Event]:
    """Read the events of one entity from the closed loads, in the order of the loads.

    `key` is its business key, a text for each part. Raises `UsageError` where it cannot be a key
    of this hub, and `UnknownKey` where no closed load has delivered it.
    """
    hash_key = _hash_key(session, model, hub, key)
    if not session.scalar(_known(model, hub), {"key": hash_key}):
        raise UnknownKey(
            f"no load has brought a '{hub.name}' with the business key {as_option(key)}",
            where=f"vault.{hub.table}",
            remedy="check the key; if it is new at the source, `skyeng run` loads it",
        )
    links = [link for link in model.links if hub.name in link.hubs]
    events = [
        *_own(row for link in links for row in session.rows(_active(model, hub, link), {"key": hash_key})),
        *_attributes(session, model, hub, hash_key),
        *(event for link in links for event in _linked(session, model, hub, link, hash_key)),
    ]
    return sorted(events, key=lambda event: event.load_ts)  # stable: events of one load stay in the order above


def find_hub(model: Model, name: str) -> Hub:
    """Find a model's hub by its name. Raises `UsageError` with a list of the hubs where there is none."""
    for hub in model.hubs:
        if hub.name == name:
            return hub
    listed = "\n".join(f"{hub.name} ({shape(hub)})" for hub in model.hubs)
    what = f"model '{model.name}' has no hub '{name}'" if name else "name a hub and a business key"
    raise UsageError(what, expected=f"one of\n{listed}")


def as_texts(key: Sequence[object]) -> list[str]:
    """The parts of a business key as texts. Raises `UsageError` where one is None: no entity has the zero key."""
    if any(part is None for part in key):
        raise UsageError("no part of a business key is missing", expected="a value for each part")
    return [str(part) for part in key]


def as_option(parts: Sequence[str]) -> str:
    """A business key as one text. Several parts form a line of CSV."""
    if len(parts) == 1:
        return parts[0]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(parts)
    return line.getvalue()


def shape(hub: Hub) -> str:
    """The parts of a hub's business key with their types, as text for a message."""
    return ", ".join(f"{part.name}: {part.type}" for part in hub.business_key)


def _hash_key(session: Session, model: Model, hub: Hub, key: Sequence[str]) -> str:
    """Compute the hash key of a business key in PostgreSQL, which reads each part as its declared type.

    Raises `UsageError` where PostgreSQL cannot read a part, or the number of parts is wrong.
    """
    columns = model.business_key(hub)
    if len(key) != len(columns) or any("\0" in part for part in key):
        raise UsageError(
            f"{as_option(key)!r} is no business key of hub '{hub.name}'",
            expected=f"{len(columns)} part{'s'[: len(columns) > 1]} ({shape(hub)})",
        )
    typed = [
        Value(column.part, SQL(f"(%(part_{place})s::{column.type.postgres})"), column.type)
        for place, column in enumerate(columns)
    ]
    statement = sql("SELECT ({hash})::text", hash=key_digest(typed))
    try:
        return session.scalar(statement, {f"part_{place}": part for place, part in enumerate(key)})
    except StatementFailed as exc:
        if not (exc.code or "").startswith("22"):
            raise
        raise UsageError(
            f"{as_option(key)!r} is no business key of hub '{hub.name}': {exc.what.partition(': ')[2]}",
            expected=shape(hub),
        ) from exc


def _visible(load_ts: SQL, model: Model) -> SQL:
    return sql("{load_ts} <= {last}", load_ts=load_ts, last=last_closed_load(model))


def _known(model: Model, hub: Hub) -> SQL:
    return sql(
        "SELECT EXISTS (SELECT FROM vault.{table} WHERE {key} = %(key)s AND {visible})",
        table=ident(hub.table),
        key=ident(hub.key),
        visible=_visible(ident(hub.load_ts), model),
    )


# Attributes


def _attributes(session: Session, model: Model, hub: Hub, hash_key: str) -> Iterator[Event]:
    satellites = [satellite for satellite in model.satellites if satellite.hub_name == hub.name]
    names = [attribute.name for satellite in satellites for attribute in satellite.attributes]
    for satellite in satellites:
        told = [
            attribute.name if names.count(attribute.name) == 1 else f"{satellite.name}.{attribute.name}"
            for attribute in satellite.attributes
        ]
        before: list[tuple[str, ...]] = [()] * len(told)
        for load_ts, *values in session.rows(_versions(model, hub, satellite), {"key": hash_key}):
            after = [() if value is None else (value,) for value in values]
            for name, old, new in zip(told, before, after, strict=True):
                if old != new:
                    yield Event(load_ts, "changed", name, old, new)
            before = after


def _versions(model: Model, hub: Hub, satellite: Satellite) -> SQL:
    """Statement: a satellite's attributes after each load that inserted a version, as texts.

    Different values have different texts.
    """
    return sql(
        """SELECT told.load_ts, {texts}
FROM (
    SELECT DISTINCT {load_ts} AS load_ts FROM vault.{table} WHERE {key} = %(key)s AND {visible}
) AS told
JOIN LATERAL (
    SELECT *
    FROM vault.{table} AS version
    WHERE {key} = %(key)s AND {load_ts} <= told.load_ts
    ORDER BY {newest}
    LIMIT 1
) AS state ON true
ORDER BY told.load_ts""",
        load_ts=ident(satellite.load_ts),
        newest=newest_first(model, satellite),
        texts=joined(", ", (sql("{c}::text", c=ident(c.vault_column)) for c in model.attributes(satellite))),
        table=ident(satellite.table),
        key=ident(hub.key),
        visible=_visible(ident(satellite.load_ts), model),
    )


# Relationships


def _own(steps: Iterable[tuple[datetime, int]]) -> Iterator[Event]:
    """Events of the entity itself: it exists while any relationship of any link contains it."""
    active, ever = 0, False
    for load_ts, of_load in groupby(sorted(steps), key=lambda step: step[0]):
        before, active = active, active + sum(step for _, step in of_load)
        if before <= 0 < active:
            yield Event(load_ts, "reappeared" if ever else "appeared")
            ever = True
        elif active <= 0 < before:
            yield Event(load_ts, "deleted")


def _steps(model: Model, hub: Hub, link: Link) -> SQL:
    """Query of the relationships of an entity that began (1) or ended (-1), by load."""
    effectivity = link.effectivity
    return sql(
        """SELECT link.*, told.load_ts, {is_active}::integer - coalesce(
    lag({is_active}) OVER (PARTITION BY link.{link_key} ORDER BY told.load_ts), false
)::integer AS step
FROM vault.{link} AS link
JOIN LATERAL (
    SELECT DISTINCT {load_ts} AS load_ts
    FROM vault.{effectivity} AS version
    WHERE version.{link_key} = link.{link_key} AND {visible}
) AS told ON true
JOIN LATERAL (
    SELECT {is_active}
    FROM vault.{effectivity} AS version
    WHERE version.{link_key} = link.{link_key} AND {load_ts} <= told.load_ts
    ORDER BY {newest}
    LIMIT 1
) AS state ON true
WHERE link.{key} = %(key)s""",
        newest=newest_first(model, effectivity),
        load_ts=ident(effectivity.load_ts),
        is_active=ident(effectivity.is_active),
        link=ident(link.table),
        link_key=ident(link.key),
        effectivity=ident(effectivity.table),
        key=ident(hub.key),
        visible=_visible(ident(effectivity.load_ts), model),
    )


def _active(model: Model, hub: Hub, link: Link) -> SQL:
    """Statement: the change of the number of active relationships, by load."""
    return sql(
        "SELECT load_ts, sum(step) FROM (\n    {steps}\n) AS steps GROUP BY load_ts",
        steps=_steps(model, hub, link),
    )


def _linked(session: Session, model: Model, hub: Hub, link: Link, hash_key: str) -> Iterator[Event]:
    """Read which entities of the link's other hubs each load linked with the entity, or no longer."""
    beside = [name for it in model.links if hub.name in it.hubs for name in it.hubs]
    for other in model.hubs_of(link):
        if other.name == hub.name:
            continue
        name = other.name if beside.count(other.name) == 1 else f"{other.name} ({link.name})"
        rows = session.rows(_pairs(model, hub, link, other), {"key": hash_key})
        for load_ts, of_load in groupby(rows, key=lambda row: row[0]):
            begun: dict[bool, list[str]] = {True: [], False: []}
            for _, is_begun, *parts in of_load:
                begun[is_begun].append(as_option(parts))
            yield Event(load_ts, "linked", name, tuple(begun[False]), tuple(begun[True]))


def _pairs(model: Model, hub: Hub, link: Link, other: Hub) -> SQL:
    """Statement: pairs with another hub that began or ended: load, whether begun, the other's business key.

    A pair exists while any active relationship contains both entities. A missing hub forms no pair.
    """
    parts = [ident(column.vault_column) for column in model.business_key(other)]
    return sql(
        """SELECT load_ts, active > 0 AS begun, {texts}
FROM (
    SELECT {other}, load_ts, sum(step) AS step,
        sum(sum(step)) OVER (PARTITION BY {other} ORDER BY load_ts) AS active
    FROM (
        {steps}
    ) AS steps
    WHERE {other} <> {zero}
    GROUP BY {other}, load_ts
) AS pairs
JOIN vault.{table} USING ({other})
WHERE (active > 0) <> (active - step > 0)
ORDER BY load_ts, {parts}""",
        texts=joined(", ", (sql("{part}::text", part=part) for part in parts)),
        parts=joined(", ", parts),
        other=ident(other.key),
        steps=_steps(model, hub, link),
        zero=zero_key(),
        table=ident(other.table),
    )
