"""Hubs that many staged rows share: one row of each combination of them, kept apart.

A million lessons name 20,000 modules in 2,000 streams, and say of each the same fifty times over. One
look at staging keeps each combination once, and finds whether its rows agree. Who loads such a hub or its
satellite, or looks up its hash key, then reads thousands of rows and not a million. Other hubs have
no part in it, nor has any where combinations are nearly as many as rows: they are read from staging itself.
"""

from __future__ import annotations

from collections.abc import Collection

from skyeng.fingerprint import row_hash
from skyeng.hashing import values
from skyeng.model import Feed, FeedColumn, Model, Satellite
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, idents, joined, sql
from skyeng.warehouse.staging import WORTH_ANALYSING


def keep_combinations(session: Session, model: Model, feed: Feed, hubs: Collection[str]) -> bool:
    """Fill the feed's shared table from staging; whether its rows may contradict each other.

    If not, no key of a shared hub has two different sets of attributes: the rows of each combination
    agree, and so do the combinations of each key.
    """
    session.execute(sql("TRUNCATE stage.{shared}", shared=ident(feed.shared_table)))
    if not hubs:
        return False
    kept, torn = session.row(_combinations(model, feed, hubs)) or (0, 0)
    if kept >= WORTH_ANALYSING:
        keys = idents(column.name for column in _keys(model, hubs))
        session.execute(sql("ANALYZE stage.{shared} ({keys})", shared=ident(feed.shared_table), keys=keys))
    satellites = _satellites(model, feed, hubs)
    return bool(torn or (satellites and session.scalar(_disagreement(model, feed, satellites))))


def _keys(model: Model, hubs: Collection[str]) -> list[FeedColumn]:
    return [column for name in hubs for column in model.business_key(model.hub(name))]


def _satellites(model: Model, feed: Feed, hubs: Collection[str]) -> list[Satellite]:
    return [satellite for satellite in model.satellites_of(feed) if satellite.hub_name in hubs]


def _combinations(model: Model, feed: Feed, hubs: Collection[str]) -> SQL:
    """Statement that keeps a row of each combination: how many, and of how many the rows differ."""
    keys = [*feed.times, *(column.name for column in _keys(model, hubs))]
    attributes = [column for satellite in _satellites(model, feed, hubs) for column in model.attributes(satellite)]
    # Fenced: the hash is computed once for each row, not for each of the two sides of its comparison.
    return sql(
        """WITH combined AS MATERIALIZED (
    SELECT min(row_at) AS row_at, min(row_hash) <> max(row_hash) AS torn
    FROM (
        SELECT ctid AS row_at, {keys}, {hash} AS row_hash
        FROM stage.{feed}
        OFFSET 0
    ) AS hashed
    GROUP BY {keys}
), kept AS (
    INSERT INTO stage.{shared} ({columns})
    SELECT {columns} FROM stage.{feed} WHERE ctid IN (SELECT row_at FROM combined)
)
SELECT count(*), count(*) FILTER (WHERE torn) FROM combined""",
        keys=idents(keys),
        hash=row_hash(values(attributes)) if attributes else sql("0"),
        feed=ident(feed.name),
        shared=ident(feed.shared_table),
        columns=idents([*keys, *(column.name for column in attributes)]),
    )


def _disagreement(model: Model, feed: Feed, satellites: Collection[Satellite]) -> SQL:
    """Statement that is true if two combinations give one key different attributes."""

    def torn(satellite: Satellite) -> SQL:
        key = model.business_key(model.hub(satellite.hub_name))
        return sql(
            """EXISTS (
    SELECT FROM stage.{shared}
    WHERE {present} IS NOT NULL
    GROUP BY {key}
    HAVING min({hash}) <> max({hash})
)""",
            shared=ident(feed.shared_table),
            present=ident(key[0].name),
            key=idents([*(column.name for column in key), *feed.times]),
            hash=row_hash(values(model.attributes(satellite))),
        )

    return sql("SELECT {torn}", torn=joined("\nOR ", map(torn, satellites)))
