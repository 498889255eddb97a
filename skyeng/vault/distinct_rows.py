"""Removes duplicate rows of hubs that many staged rows share.

A million rows may name 20,000 entities of a hub, and repeat the attributes of each fifty times. Staging is scanned
once: each distinct set of keys is stored once, and its rows are checked for conflicts. Loading such a hub or its
satellite, and looking up its hash key, then reads thousands of rows instead of a million. Hubs with nearly as many
distinct keys as rows are read from staging itself.
"""

from __future__ import annotations

from collections.abc import Collection

from skyeng.db.postgres import Session
from skyeng.hashing.checksums import row_hash
from skyeng.hashing.hash_keys import attribute_values, row_values
from skyeng.model import Feed, FeedColumn, Model, Satellite
from skyeng.sql import FENCE, SQL, ident, idents, joined, sql
from skyeng.vault.staging import WORTH_ANALYSING


def record_distinct_rows(session: Session, model: Model, feed: Feed, hubs: Collection[str]) -> bool:
    """Fill the feed's table of distinct rows from staging. Returns whether its rows may conflict.

    If not, no key of a shared hub has two different sets of attributes: the rows of each key set
    agree, and so do the key sets of each key.
    """
    session.empty(ident("stage", feed.distinct_table))
    if not hubs:
        return False
    session.execute(sql("DROP TABLE IF EXISTS pg_temp.combined"))
    if session.execute(_distinct_sets(model, feed, hubs)) >= WORTH_ANALYSING:
        session.execute(sql("ANALYZE pg_temp.combined"))
    kept = session.execute(_keep(model, feed, hubs))
    if kept >= WORTH_ANALYSING:
        keys = idents(column.name for column in _keys(model, hubs))
        session.execute(sql("ANALYZE stage.{shared} ({keys})", shared=ident(feed.distinct_table), keys=keys))
    satellites = _satellites(model, feed, hubs)
    conflicting = session.scalar(sql("SELECT EXISTS (SELECT FROM pg_temp.combined WHERE torn)"))
    return bool(conflicting or (satellites and session.scalar(_disagreement(model, feed, satellites))))


def _keys(model: Model, hubs: Collection[str]) -> list[FeedColumn]:
    return [column for name in hubs for column in model.business_key(model.hub(name))]


def _satellites(model: Model, feed: Feed, hubs: Collection[str]) -> list[Satellite]:
    return [satellite for satellite in model.satellites_of(feed) if satellite.hub_name in hubs]


def _distinct_sets(model: Model, feed: Feed, hubs: Collection[str]) -> SQL:
    """Statement that finds one row of each key set, and whether the rows of that set differ.

    It creates a table, because PostgreSQL runs such a query in several processes, but an insert in one only.
    """
    attributes = _attributes(model, feed, hubs)
    # Fenced: the hash is computed once for each row, not once for each side of the comparison.
    return sql(
        """CREATE TEMPORARY TABLE combined ON COMMIT DROP AS
SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
FROM (
    SELECT ctid AS row_at, {keys}, {hash} AS row_hash
    FROM stage.{feed}
    {fence}
) AS hashed
GROUP BY {keys}""",
        fence=FENCE,
        keys=_key_set(model, feed, hubs),
        hash=row_hash(row_values(attributes)) if attributes else sql("0"),
        feed=ident(feed.name),
    )


def _keep(model: Model, feed: Feed, hubs: Collection[str]) -> SQL:
    """Statement that stores these rows in the feed's table of distinct rows."""
    columns = joined(
        ", ",
        (_key_set(model, feed, hubs), *(ident(column.name) for column in _attributes(model, feed, hubs))),
    )
    return sql(
        """INSERT INTO stage.{shared} ({columns})
SELECT {columns} FROM stage.{feed} WHERE ctid IN (SELECT row_at FROM pg_temp.combined)""",
        shared=ident(feed.distinct_table),
        columns=columns,
        feed=ident(feed.name),
    )


def _key_set(model: Model, feed: Feed, hubs: Collection[str]) -> SQL:
    """The columns that identify a key set: business keys and, where the feed has one, the applied date."""
    return idents([*feed.times, *(column.name for column in _keys(model, hubs))])


def _attributes(model: Model, feed: Feed, hubs: Collection[str]) -> list[FeedColumn]:
    return [column for satellite in _satellites(model, feed, hubs) for column in model.attributes(satellite)]


def _disagreement(model: Model, feed: Feed, satellites: Collection[Satellite]) -> SQL:
    """Statement that is true if two key sets give one key different attributes."""

    def conflicting(satellite: Satellite) -> SQL:
        key = model.business_key(model.hub(satellite.hub_name))
        return sql(
            """EXISTS (
    SELECT FROM stage.{shared}
    WHERE {present} IS NOT NULL
    GROUP BY {key}
    HAVING min({hash}) <> max({hash})
)""",
            shared=ident(feed.distinct_table),
            present=ident(key[0].name),
            key=idents([*(column.name for column in key), *feed.times]),
            hash=row_hash(attribute_values(model.attributes(satellite))),
        )

    return sql("SELECT {conflicting}", conflicting=joined("\nOR ", map(conflicting, satellites)))
