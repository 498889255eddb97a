"""Statements that load hubs, links and satellites from staging: set-based, insert-only.

Each has the parameter `%(load_ts)s`. If it is repeated within the same load, it inserts nothing,
because its rows are already there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from skyeng.hashing.hash_keys import Value, attribute_values, hash_key, hashdiff, key_values, zero_key
from skyeng.model import Entity, Feed, FeedColumn, Hub, Link, Model, Satellite
from skyeng.sql import FENCE, SQL, ident, idents, joined, literal, sql


@dataclass(frozen=True)
class KeyProfile:
    """How often keys of a feed's hubs occur in staging."""

    #: Hubs of which no key occurs in two rows.
    unique: Sequence[str] = ()
    #: Hubs of which many rows share each key: the feed's table of distinct rows has each set of their keys once.
    shared: Sequence[str] = ()


#: By feed.
KeyProfiles = Mapping[str, KeyProfile]

_UNKNOWN = KeyProfile()


def hub_insert(model: Model, hub: Hub, key_profiles: KeyProfiles) -> SQL:
    """Statement that inserts business keys not yet known, from every feed that delivers the hub."""
    key = model.business_key(hub)
    columns = idents(column.name for column in key)
    feeds = [feed for feed in model.feeds if hub.name in model.grain(feed).hubs]
    delivered = joined("\nUNION\n", (_keyed(model, hub, feed, key_profiles) for feed in feeds))
    return sql(
        """INSERT INTO vault.{hub} ({target})
SELECT keyed.hash_key, %(load_ts)s, {source}, {columns}
FROM (
    {delivered}
) AS keyed
WHERE {unknown}""",
        hub=ident(hub.table),
        target=target(hub, hub.key, *(column.vault_column for column in key)),
        source=literal(model.source),
        columns=columns,
        delivered=delivered,
        unknown=_unknown(hub, hub.key, sql("keyed.hash_key")),
    )


def _keyed(model: Model, hub: Hub, feed: Feed, key_profiles: KeyProfiles) -> SQL:
    """Query of the business keys of a hub that a feed delivered, each once, with the hash key."""
    key = model.business_key(hub)
    alone = hub.name in _of(feed, key_profiles).unique
    # Fenced: hashes are computed once.
    return sql(
        """(
SELECT {hash_key} AS hash_key, {columns}
FROM (
    SELECT {distinct} FROM {rows} WHERE {present}
) AS delivered
{fence}
)""",
        fence=FENCE,
        hash_key=_hash_key(model, hub, feed, key_profiles),
        columns=idents(column.name for column in key),
        distinct=sql("*") if alone else sql("DISTINCT {columns}", columns=idents(column.name for column in key)),
        rows=_rows_of(hub, feed, key_profiles),
        present=_present(key),
    )


def _hash_key(model: Model, hub: Hub, feed: Feed, key_profiles: KeyProfiles) -> SQL:
    """Expression of a row's hash key of a hub: the staged one, if no other row has it, else computed."""
    staged = hub in model.keyed_hubs(feed) and hub.name in _of(feed, key_profiles).unique
    return ident(hub.key) if staged else hash_key(key_values(model.business_key(hub)))


def _rows_of(hub: Hub, feed: Feed, key_profiles: KeyProfiles) -> SQL:
    """The table to read staged rows of a hub from: that of distinct rows, if many rows share a key."""
    return ident("stage", feed.distinct_table if hub.name in _of(feed, key_profiles).shared else feed.name)


def _of(feed: Feed, key_profiles: KeyProfiles) -> KeyProfile:
    return key_profiles.get(feed.name, _UNKNOWN)


def link_insert(model: Model, link: Link, key_profiles: KeyProfiles) -> SQL:
    """Statement that inserts relationships not yet known.

    A hub's hash key that many rows share is computed once, not row by row.
    """
    hubs, feed = model.hubs_of(link), model.feed_of(link)
    repeated = [hub for hub in hubs if hub.name not in _of(feed, key_profiles).unique]
    keys = {
        hub: sql("coalesce({hub}.hash_key, {zero})", hub=_shared(hub), zero=zero_key())
        if hub in repeated
        else _hash_key(model, hub, feed, key_profiles)
        for hub in hubs
    }
    # Fenced: the planner estimates one row not yet known, and would run these joins row by row.
    return sql(
        """INSERT INTO vault.{link} ({target})
SELECT keyed.row_key, %(load_ts)s, {source}, {columns}
FROM (
    SELECT staged.row_key, {keys}
    FROM stage.{feed} AS staged
    {joins}
    {once}
    {fence}
) AS keyed
WHERE {unknown}""",
        fence=FENCE,
        link=ident(link.table),
        target=target(link, link.key, *(hub.key for hub in hubs)),
        source=literal(model.source),
        columns=idents(hub.key for hub in hubs),
        keys=joined(", ", (sql("{key} AS {name}", key=key, name=ident(hub.key)) for hub, key in keys.items())),
        feed=ident(feed.name),
        joins=joined("\n", (_distinct_keys(model, hub, feed, key_profiles) for hub in repeated)),
        once=sql("WHERE staged.ctid IN (SELECT min(ctid) FROM stage.{feed} GROUP BY row_key)", feed=ident(feed.name))
        if feed.applied
        else sql(""),
        unknown=_unknown(link, link.key, sql("keyed.row_key")),
    )


def _shared(hub: Hub) -> SQL:
    return ident(f"of_{hub.name}")


def _distinct_keys(model: Model, hub: Hub, feed: Feed, key_profiles: KeyProfiles) -> SQL:
    key = model.business_key(hub)
    return sql(
        "LEFT JOIN {keys} AS {hub} ON {same}",
        keys=_keyed(model, hub, feed, key_profiles),
        hub=_shared(hub),
        same=joined(
            " AND ",
            (sql("{hub}.{name} = staged.{name}", hub=_shared(hub), name=ident(column.name)) for column in key),
        ),
    )


def effectivity_insert(model: Model, link: Link, *, first: bool = False) -> SQL:
    """Statement that inserts the status of relationships that this load begins or ends, where it changes.

    `first`: the table is empty, so there is nothing to look up.
    """
    feed, effectivity = model.feed_of(link), link.effectivity
    nothing = sql("CROSS JOIN (SELECT NULL::boolean AS {is_active}) AS latest", is_active=ident(effectivity.is_active))
    known = _latest(effectivity, link.key, sql("delivered.row_key"), ident(effectivity.is_active))
    return sql(
        """INSERT INTO vault.{effectivity} ({target})
SELECT delivered.row_key, %(load_ts)s, {source}, delivered.active
FROM (
    SELECT row_key, true AS active FROM stage.{feed}
    UNION ALL
    SELECT row_key, false AS active FROM stage.{deleted}
) AS delivered
{latest}
WHERE coalesce(latest.{is_active}, false) <> delivered.active""",
        effectivity=ident(effectivity.table),
        target=target(effectivity, link.key, effectivity.is_active),
        source=literal(model.source),
        feed=ident(feed.name),
        deleted=ident(feed.deleted_table),
        latest=nothing if first else known,
        is_active=ident(effectivity.is_active),
    )


def satellite_insert(
    model: Model, satellite: Satellite, key_profiles: KeyProfiles, *, first: bool = False, trust_hashdiff: bool = True
) -> SQL:
    """Statement that inserts attributes that differ from the latest ones known.

    If rows have an applied date, they are compared with the latest version of that date. `first`: the table is
    empty, so there is nothing to look up. Without `trust_hashdiff`, the latest version's hashdiff is computed again
    from its attributes, so that a correct version follows one that was altered by hand.
    """
    hub, feed = model.hub(satellite.hub_name), model.feed_of(satellite)
    attributes = model.attributes(satellite)
    applied = model.applied(satellite)
    rows = _rows_of(hub, feed, key_profiles)
    known = ident(satellite.hashdiff) if trust_hashdiff else vault_hashdiff(model, satellite)
    latest = _latest(
        satellite,
        hub.key,
        sql("delivered.hash_key"),
        sql("{known} AS hashdiff", known=known),
        at=sql(" AND {applied} = delivered.applied_ts", applied=ident(satellite.applied_ts)) if applied else None,
    )
    # Fenced: the hashes are computed once, and not again in the condition.
    return sql(
        """INSERT INTO vault.{satellite} ({target})
SELECT delivered.hash_key, %(load_ts)s, {source}, {columns}, delivered.hashdiff
FROM (
    SELECT {hash_key} AS hash_key, {hashdiff} AS hashdiff, {columns}
    FROM {rows}
    WHERE {representatives}
    {fence}
) AS delivered{differing}""",
        fence=FENCE,
        satellite=ident(satellite.table),
        target=target(
            satellite,
            hub.key,
            *([satellite.applied_ts] if applied else []),
            *(column.vault_column for column in attributes),
            satellite.hashdiff,
        ),
        source=literal(model.source),
        columns=idents([*feed.times, *(column.name for column in attributes)]),
        hash_key=_hash_key(model, hub, feed, key_profiles),
        hashdiff=hashdiff(attribute_values(attributes)),
        rows=rows,
        representatives=one_row_each(model, hub, feed, key_profiles, rows),
        differing=sql("")
        if first
        else sql("\n{latest}\nWHERE latest.hashdiff IS DISTINCT FROM delivered.hashdiff", latest=latest),
    )


def vault_hashdiff(model: Model, satellite: Satellite) -> SQL:
    """Expression of a satellite row's hashdiff, computed from its attributes, whatever hashdiff is stored."""
    return hashdiff(
        Value(column.part, ident(column.vault_column), column.type) for column in model.attributes(satellite)
    )


def one_row_each(model: Model, hub: Hub, feed: Feed, key_profiles: KeyProfiles, rows: SQL) -> SQL:
    """Condition that selects one of `rows` for each entity (and applied date). Only the key is sorted.

    The checks before it ensure that such rows agree.
    """
    key = model.business_key(hub)
    if hub.name in _of(feed, key_profiles).unique:
        return _present(key)
    return sql(
        "ctid IN (SELECT min(ctid) FROM {rows} WHERE {present} GROUP BY {columns})",
        rows=rows,
        present=_present(key),
        columns=idents([*(column.name for column in key), *feed.times]),
    )


def target(entity: Entity, key: str, *columns: str) -> SQL:
    """The columns of a vault table to insert into: key, load timestamp, record source, then the table's own."""
    return idents((key, entity.load_ts, entity.record_source, *columns))


def _present(key: Sequence[FeedColumn]) -> SQL:
    """Condition: the row has this hub. Checked rows have all parts of its business key, or none."""
    return sql("{column} IS NOT NULL", column=ident(key[0].name))


def _unknown(entity: Entity, key: str, wanted: SQL) -> SQL:
    return sql(
        "NOT EXISTS (SELECT FROM vault.{table} AS known WHERE known.{key} = {wanted})",
        table=ident(entity.table),
        key=ident(key),
        wanted=wanted,
    )


def _latest(entity: Entity, key: str, wanted: SQL, value: SQL, at: SQL | None = None) -> SQL:
    return sql(
        """LEFT JOIN LATERAL (
    SELECT {value}
    FROM vault.{table}
    WHERE {key} = {wanted}{at}
    ORDER BY {load_ts} DESC
    LIMIT 1
) AS latest ON true""",
        value=value,
        table=ident(entity.table),
        key=ident(key),
        wanted=wanted,
        at=at or sql(""),
        load_ts=ident(entity.load_ts),
    )
