"""Consistency checks of a model: references, names, and what the loads rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from skyeng.model.names import DerivedName, Place, derived_names, engine_names
from skyeng.model.spec import Feed, Model


@dataclass(frozen=True)
class Fault:
    """One fault: the path of keys that leads to it, and what is wrong there."""

    place: Place
    message: str


def reference_faults(model: Model, declared: dict[str, Any]) -> list[Fault]:
    """Broken references. `model` may lack the parts of the file that are faulty.

    `declared` is the file as read. A part that is declared with faults is not reported again
    as missing where other parts refer to it.
    """
    return list(_references(model, declared))


def faults(model: Model) -> list[Fault]:
    """All other faults of a model with sound fields and references."""
    grains = list(_grains(model))
    others = [fault for check in _CHECKS for fault in check(model)]
    # Names of a link's tables depend on its feed.
    return [*grains, *others, *([] if grains else _names(model))]


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
        if message := _query_fault(model, feed):
            yield Fault(("feeds", feed.name, "query"), message)
        if feed.applied and not feed.delta:
            yield Fault(("feeds", feed.name, "applied"), "needs `load: delta`: a whole feed holds as of its load")
        if feed.applied in {column.name for column in model.feed_columns(feed)}:
            yield Fault(("feeds", feed.name, "applied"), f"column '{feed.applied}' is an attribute or a key already")


def _query_fault(model: Model, feed: Feed) -> str | None:
    path = model.directory / feed.query
    if not path.is_file():
        return f"there is no file {feed.query} beside the model file"
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        return f"the file {feed.query} cannot be read: {exc}; expected UTF-8 text"
    return None if text.strip() else f"the file {feed.query} is empty; expected a SELECT"


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
        for name in {name for name in mart.order_by if mart.order_by.count(name) > 1}:
            yield Fault(("marts", mart.name, "order_by"), f"names '{name}' twice; ClickHouse sorts by a column once")
        for name in mart.order_by:
            place = ("marts", mart.name, "order_by")
            if name not in sources:
                yield Fault(place, f"'{name}' is not a column of this mart")
            elif sources[name] not in keys:
                yield Fault(place, f"'{name}' can change; sort by parts of business keys only")


#: Column names that ClickHouse writes into a view's metadata in a form that it cannot read again. It then cannot start.
UNREADABLE_IN_CLICKHOUSE = frozenset(["not"])

#: ClickHouse types that may have a dictionary. It refuses one for other types, or warns that it makes them slower.
WITH_DICTIONARY = frozenset(["String", "UUID"])


def _columns_of_marts(model: Model) -> Iterator[Fault]:
    for mart in model.marts:
        types = {column.name: column.type for column in model.feed_columns(model.feed(mart.feed))}
        for column in mart.columns:
            place = ("marts", mart.name, "columns", column.name)
            if column.name in UNREADABLE_IN_CLICKHOUSE:
                yield Fault(
                    place,
                    f"ClickHouse cannot read its own files again when a column is named '{column.name}';"
                    " give the column another name",
                )
            type_ = types.get(column.column)
            if column.low_cardinality and type_ and type_.clickhouse not in WITH_DICTIONARY:
                yield Fault(
                    (*place, "low_cardinality"),
                    f"ClickHouse makes no dictionary of type {type_}, only of text, uuid and jsonb;"
                    " leave low_cardinality out",
                )


def _names(model: Model) -> Iterator[Fault]:
    """Names that are too long or that two objects would have. Each is reported once for each part of the file."""
    seen = {(it.namespace, it.name): it for it in engine_names()}
    if model.name == "control":
        yield Fault(("model",), "'control' is the engine's own name; give the model another one")
        return
    reported: set[tuple[Place, str]] = set()
    for it in derived_names(model):
        other = seen.setdefault((it.namespace, it.name), it)
        length, longest = len(it.name.encode()), it.namespace.longest
        if (it.place, it.name) in reported:
            continue
        if longest is not None and length > longest:
            reported.add((it.place, it.name))
            yield Fault(
                it.place,
                f"the derived {it.kind} name {it.name} has {length} bytes, and at most {longest} are allowed in"
                f" {it.namespace.name}; shorten the name or the plural",
            )
        if other is not it:
            reported.add((it.place, it.name))
            yield Fault(it.place, _taken(it, other))


def _taken(it: DerivedName, other: DerivedName) -> str:
    """The message for a name that two objects would have."""
    if not other.place:
        owner, remedy = "it is a name of the engine's own", "choose another one"
    elif other.place == it.place:
        owner, remedy = f"a {other.kind} of the same part has it", "choose another one"
    else:
        owner, remedy = f"by {'.'.join(other.place)}", "give one of the two another name"
    return f"the derived {it.kind} name {it.name} is taken already in {it.namespace.name}: {owner}; {remedy}"


_CHECKS: tuple[Callable[[Model], Iterator[Fault]], ...] = (_hubs, _satellites, _feeds, _marts, _columns_of_marts)
