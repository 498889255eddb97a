"""Checks of a model against itself: references, names, and what the loads rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from skyeng.model.entities import Effectivity, Entity, Satellite
from skyeng.model.specification import Feed, Model

#: PostgreSQL cuts longer identifiers without a word.
LONGEST_IDENTIFIER = 63


@dataclass(frozen=True)
class Fault:
    """One fault: the path of keys that leads to it, and what is wrong there."""

    place: tuple[str, ...]
    message: str


def reference_faults(model: Model, declared: dict[str, Any]) -> list[Fault]:
    """References that lead nowhere; `model` may lack the parts of the file that are faulty.

    `declared` is the file as read: a name that is declared, however badly, is not reported
    a second time as missing by whoever refers to it.
    """
    return list(_references(model, declared))


def faults(model: Model) -> list[Fault]:
    """Every other fault of a model whose fields and references are sound."""
    return [fault for check in _CHECKS for fault in check(model)]


def _references(model: Model, declared: dict[str, Any]) -> Iterator[Fault]:
    known = {section: set(declared.get(section) or ()) for section in ("feeds", "hubs", "links")}

    def missing(section: str, name: str, *place: str) -> Iterator[Fault]:
        if name not in known[section]:
            expected = ", ".join(sorted(known[section])) or "none is declared"
            yield Fault(place, f"refers to {section[:-1]} '{name}', which is not declared (declared: {expected})")

    for feed in model.feeds:
        yield from missing("links", feed.grain, "feeds", feed.name, "grain")
    for link in model.links:
        for hub in link.hubs:
            yield from missing("hubs", hub, "links", link.name, "hubs")
        for hub in set(link.driving_key) - set(link.hubs):
            yield Fault(("links", link.name, "driving_key"), f"'{hub}' is not among the hubs of this link")
    for satellite in model.satellites:
        key = "parent" if satellite.parent else ""
        yield from missing("hubs", satellite.hub_name, "satellites", satellite.name, key)
        if satellite.feed:
            yield from missing("feeds", satellite.feed, "satellites", satellite.name, "feed")
        elif len(known["feeds"]) > 1:
            yield Fault(("satellites", satellite.name), "must name its feed: the model has several")
    for mart in model.marts:
        yield from missing("feeds", mart.feed, "marts", mart.name, "feed")


def _grains(model: Model) -> Iterator[Fault]:
    for link in model.links:
        feeds = [feed for feed in model.feeds if feed.grain == link.name]
        if len(feeds) != 1:
            yield Fault(("links", link.name), f"must be the grain of exactly one feed, is of {len(feeds)}")
        if len(set(link.hubs)) != len(link.hubs):
            yield Fault(("links", link.name, "hubs"), "names a hub twice")


def _hubs(model: Model) -> Iterator[Fault]:
    for hub in model.hubs:
        if not any(hub.name in link.hubs for link in model.links):
            yield Fault(("hubs", hub.name), "is in no link, so no feed loads it")
        for part in hub.business_key:
            if not part.type.usable_as_key:
                yield Fault(("hubs", hub.name, "business_key", part.name), f"type {part.type} cannot identify anything")


def _satellites(model: Model) -> Iterator[Fault]:
    for satellite in model.satellites:
        feed = model.feed_of(satellite)
        if satellite.hub_name not in model.grain(feed).hubs:
            yield Fault(
                ("satellites", satellite.name), f"describes hub '{satellite.hub_name}', which feed '{feed.name}' lacks"
            )


def _feeds(model: Model) -> Iterator[Fault]:
    for feed in model.feeds:
        path = model.directory / feed.query
        if not path.is_file():
            yield Fault(("feeds", feed.name, "query"), f"there is no file {feed.query} beside the model file")
        elif not path.read_text(encoding="utf-8").strip():
            yield Fault(("feeds", feed.name, "query"), f"the file {feed.query} is empty")
        if feed.applied and not feed.delta:
            yield Fault(("feeds", feed.name, "applied"), "needs `load: delta`: a whole feed holds as of its load")
        if feed.applied in {column.name for column in model.feed_columns(feed)}:
            yield Fault(("feeds", feed.name, "applied"), f"column '{feed.applied}' is an attribute or a key already")
        yield from _twice(feed, model)


def _twice(feed: Feed, model: Model) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for column in model.feed_columns(feed):
        if column.name in seen:
            yield Fault(
                ("feeds", feed.name),
                f"column '{column.name}' is used by both '{seen[column.name]}' and '{column.owner.name}'",
            )
        seen[column.name] = column.owner.name


def _marts(model: Model) -> Iterator[Fault]:
    for mart in model.marts:
        feed = model.feed(mart.feed)
        delivered = {column.name for column in model.feed_columns(feed)}
        keys = {column.name for column in model.row_key(feed)}
        for column in mart.columns:
            if column.column not in delivered:
                yield Fault(
                    ("marts", mart.name, "columns", column.name), f"feed '{feed.name}' has no column '{column.column}'"
                )
        sources = {column.name: column.column for column in mart.columns}
        for name in mart.order_by:
            place = ("marts", mart.name, "order_by")
            if name not in sources:
                yield Fault(place, f"'{name}' is not a column of this mart")
            elif sources[name] not in keys:
                yield Fault(place, f"'{name}' can change; sort by parts of business keys only")


#: Names of the engine's own beside a model's, by space.
_ENGINE = (
    *(("control", name) for name in ("loads", "load_feeds")),
    ("stage", "selections"),
)

#: Columns that our statements, or PostgreSQL's every table, have beside a feed's.
_TAKEN_IN_FEEDS = {
    *("row_key", "row_hash", "row_place", "row_at", "hash_key", "hashdiff", "load_ts", "applied_ts"),
    *("active", "bucket"),
    *("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"),
}

#: Columns that our statements have beside a mart's, and words ClickHouse reads as something else.
_TAKEN_IN_MARTS = frozenset(
    ["row_key", "version", "latest", "ts", "index", "projection", "constraint", "inf", "nan", "null", "true", "false"]
)

_MART_TABLES = ("history", "current", "loads", "as_of", "to_current")


def _taken(model: Model) -> Iterator[Fault]:
    if model.name == "control":
        yield Fault(("model",), "'control' is the engine's own name")
    for feed in model.feeds:
        for column in model.feed_columns(feed):
            digests = (f"{satellite.name}_digest_" for satellite in model.satellites_of(feed))
            if column.name in _TAKEN_IN_FEEDS or column.name.startswith(tuple(digests)):
                yield Fault(("feeds", feed.name), f"column '{column.name}' is a name of the engine's own")
            if any(column.name == hub.key for hub in model.keyed_hubs(feed)):
                yield Fault(("feeds", feed.name), f"column '{column.name}' is the name of a hash key that we compute")
    for mart in model.marts:
        for column in mart.columns:
            if column.name in _TAKEN_IN_MARTS:
                yield Fault(("marts", mart.name, "columns", column.name), "is a name of the engine's own")


def _derived(model: Model) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Place in the file, space and name of every table and column the model asks for."""

    def entity(
        place: tuple[str, ...], it: Entity, space: str, *columns: str
    ) -> Iterator[tuple[tuple[str, ...], str, str]]:
        yield place, space, it.table
        yield from ((place, it.table, name) for name in (it.load_ts, it.record_source, *columns))

    def applied(place: tuple[str, ...], it: Satellite | Effectivity) -> Iterator[tuple[tuple[str, ...], str, str]]:
        if model.applied(it):
            yield place, it.table, it.applied_ts
            yield place, "vault", it.history_view

    for hub in model.hubs:
        yield from entity(("hubs", hub.name), hub, "vault", hub.key, *(hub.column(p.name) for p in hub.business_key))
    for satellite in model.satellites:
        attributes = (satellite.column(part.name) for part in satellite.attributes)
        place = ("satellites", satellite.name)
        yield from entity(place, satellite, "vault", satellite.hashdiff, *attributes)
        yield from applied(place, satellite)
    for link in model.links:
        yield from entity(("links", link.name), link, "vault", link.key)
        effectivity = link.effectivity
        yield from entity(("links", link.name), effectivity, "vault", effectivity.is_active)
        yield from applied(("links", link.name), effectivity)
    for feed in model.feeds:
        place = ("feeds", feed.name)
        yield from ((place, "vault", name) for name in (feed.name, feed.as_of_function))
        yield from ((place, "control", name) for name in (feed.rows_table, feed.buckets_table, feed.changes_table))
        yield from ((place, "stage", name) for name in (feed.name, feed.gone_table, feed.shared_table))
    for mart in model.marts:
        columns = (mart.key, "is_deleted", "row_hash", *(column.name for column in mart.columns))
        yield from entity(("marts", mart.name), mart, "datamart", *columns)
        yield from ((("marts", mart.name), "datamart", f"{mart.table}_{suffix}") for suffix in _MART_TABLES)


def _names(model: Model) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set(_ENGINE)
    for place, space, name in _derived(model):
        if len(name) > LONGEST_IDENTIFIER:
            yield Fault(
                place, f"the derived name {name} has {len(name)} letters; at most {LONGEST_IDENTIFIER} are kept"
            )
        if (space, name) in seen:
            yield Fault(place, f"the derived name {name} is taken already")
        seen.add((space, name))


_CHECKS: tuple[Callable[[Model], Iterator[Fault]], ...] = (_grains, _hubs, _satellites, _feeds, _marts, _taken, _names)
