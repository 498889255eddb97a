"""Rows that cannot be loaded: found in staging, before anything is written to the vault."""

from __future__ import annotations

from collections.abc import Iterator

from skyeng.errors import BadRowsError
from skyeng.fingerprint import row_hash
from skyeng.hashing import digest, values
from skyeng.model import Feed, FeedColumn, Model, Satellite
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, idents, joined, literal, sql
from skyeng.warehouse.delta import driving_of_staged
from skyeng.warehouse.inserts import one_row_each, vault_hashdiff

_SHOWN = 5
_LONGEST_ROW = 600
_AS_TEXT = sql("jsonb_strip_nulls(to_jsonb(staged) - 'row_hash' - 'row_key')::text")


def check_rows(session: Session, model: Model, feed: Feed) -> None:
    """Raise `BadRowsError` that shows rows and reasons, if any staged row cannot be loaded.

    To be called when staging holds the new and changed rows only; of a delta, all that it delivered.
    """
    bad: list[tuple[str, str]] = []
    statements = list(staged_faults(model, feed))
    if not feed.delta and session.scalar(
        sql("SELECT EXISTS (SELECT FROM control.{held})", held=ident(feed.rows_table))
    ):
        statements += contradictions_with_held(model, feed)
    for statement in statements:
        bad += [(reason, _shown(row)) for reason, row in session.rows(statement)]
    if bad:
        listed = "\n    ".join(f"{reason}\n      row: {row}" for reason, row in bad[:_SHOWN])
        more = f"\n    ... and more: the first {_SHOWN} are shown" if len(bad) > _SHOWN else ""
        raise BadRowsError(
            f"rows of feed '{feed.name}' cannot be loaded; nothing was written:\n    {listed}{more}",
            remedy="mend the rows at the source and run again",
        )


def _shown(row: str) -> str:
    return row if len(row) <= _LONGEST_ROW else row[:_LONGEST_ROW] + "..."


def staged_faults(model: Model, feed: Feed) -> Iterator[SQL]:
    """Statements that give (reason, row) of staged rows that no load could take."""
    key = model.row_key(feed)
    yield _faulty(
        feed,
        literal("the row key is empty: no part of any business key is there"),
        sql("num_nonnulls({columns}) = 0", columns=idents(column.name for column in key)),
    )
    for hub in model.hubs_of(model.grain(feed)):
        parts = model.business_key(hub)
        if len(parts) > 1:
            yield _faulty(
                feed,
                literal(f"the business key of '{hub.name}' is incomplete ({', '.join(part.name for part in parts)})"),
                sql(
                    "num_nulls({columns}) NOT IN (0, {count})",
                    columns=idents(part.name for part in parts),
                    count=literal(len(parts)),
                ),
            )
    if feed.applied:
        empty = f"the time from which the row holds is empty ({feed.applied})"
        yield _faulty(feed, literal(empty), sql("applied_ts IS NULL OR NOT isfinite(applied_ts)"))
    at_once = " for one time" if feed.applied else ""
    yield _more_than_one(feed, sql("row_key"), f"the feed delivers more than one row with this row key{at_once}")
    link = model.grain(feed)
    if feed.delta and link.driving_key:
        driving = ", ".join(link.driving_key)
        reason = f"the feed delivers more than one combination of this {driving}{at_once}"
        yield _more_than_one(feed, driving_of_staged(model, link), reason)
    limited = [column for column in _served(model, feed) if column.type.limits]
    if limited:
        yield _out_of_range(feed, limited)
    for satellite in model.satellites_of(feed):
        yield _contradictions(model, feed, satellite)


def _more_than_one(feed: Feed, key: SQL, reason: str) -> SQL:
    """Staged rows that share a key, and the time from which they hold, where they have one."""
    keys = joined(", ", [key, *map(ident, feed.times)])
    return sql(
        """SELECT {reason}, {row}
FROM stage.{feed} AS staged
WHERE ({keys}) IN (SELECT {keys} FROM stage.{feed} AS staged GROUP BY {keys} HAVING count(*) > 1)
ORDER BY {keys}
LIMIT {shown}""",
        reason=literal(reason),
        row=_AS_TEXT,
        feed=ident(feed.name),
        keys=keys,
        shown=literal(_SHOWN + 1),
    )


def _served(model: Model, feed: Feed) -> list[FeedColumn]:
    """The feed's columns that some mart shows."""
    shown = {column.column for mart in model.marts if mart.feed == feed.name for column in mart.columns}
    return [column for column in model.feed_columns(feed) if column.name in shown]


def _out_of_range(feed: Feed, columns: list[FeedColumn]) -> SQL:
    """Values that ClickHouse could only hold bent, such as an infinite timestamp."""

    def outside(column: FeedColumn) -> SQL:
        low, high = column.type.limits or ("", "")
        return sql(
            "{name} NOT BETWEEN {low}::{type} AND {high}::{type}",
            name=ident(column.name),
            low=literal(low),
            high=literal(high),
            type=SQL(column.type.postgres),
        )

    def reason(column: FeedColumn) -> SQL:
        low, high = column.type.limits or ("", "")
        return sql(
            "WHEN {outside} THEN concat({name}, ' = ', {column}, {range})",
            outside=outside(column),
            name=literal(column.name),
            column=ident(column.name),
            range=literal(f" is a value the datamart cannot hold (it holds {low} to {high})"),
        )

    return _faulty(
        feed,
        sql("CASE {reasons} END", reasons=joined(" ", map(reason, columns))),
        joined(" OR ", map(outside, columns)),
    )


def _contradictions(model: Model, feed: Feed, satellite: Satellite) -> SQL:
    """Staged rows that give one entity two different sets of attributes."""
    columns = model.business_key(model.hub(satellite.hub_name))
    key = idents([*(column.name for column in columns), *feed.times])
    return sql(
        """SELECT {reason}, {row}
FROM stage.{feed} AS staged
WHERE ({key}) IN (
    SELECT {key}
    FROM stage.{feed}
    WHERE num_nulls({key}) = 0
    GROUP BY {key}
    HAVING min({hash}) <> max({hash})
)
ORDER BY {key}
LIMIT {shown}""",
        row=_AS_TEXT,
        reason=literal(f"one '{satellite.hub_name}', two different sets of attributes of '{satellite.name}'"),
        feed=ident(feed.name),
        key=key,
        hash=row_hash(values(model.attributes(satellite))),
        shown=literal(_SHOWN + 1),
    )


def contradictions_with_held(model: Model, feed: Feed) -> Iterator[SQL]:
    """Statements that give (reason, row) of staged rows that contradict rows that stay as they are.

    A row that changes an entity's attributes speaks for all rows of that entity. If one of
    them was not staged, the source still gives the old attributes there.
    """
    link = model.grain(feed)
    for satellite in model.satellites_of(feed):
        hub = model.hub(satellite.hub_name)
        yield sql(
            """WITH changed AS MATERIALIZED (
    SELECT delivered.hash_key, delivered.place
    FROM (
        SELECT {hash_key} AS hash_key, {hashdiff} AS hashdiff, ctid AS place
        FROM stage.{feed}
        WHERE ctid IN ({representatives})
    ) AS delivered
    JOIN LATERAL (
        SELECT {known} AS hashdiff FROM vault.{satellite} AS version
        WHERE version.{key} = delivered.hash_key ORDER BY {load_ts} DESC LIMIT 1
    ) AS latest ON latest.hashdiff <> delivered.hashdiff
), contradicted AS (
    SELECT DISTINCT changed.place
    FROM changed
    JOIN vault.{link} AS link ON link.{key} = changed.hash_key
    JOIN control.{held} AS held ON held.row_key = link.{link_key}
    WHERE NOT EXISTS (SELECT FROM stage.{feed} AS staged WHERE staged.row_key = held.row_key)
      AND NOT EXISTS (SELECT FROM stage.{gone} AS gone WHERE gone.row_key = held.row_key)
    LIMIT {shown}
)
SELECT {reason}, {row}
FROM contradicted
JOIN stage.{feed} AS staged ON staged.ctid = contradicted.place""",
            hash_key=digest(values(model.business_key(hub))),
            hashdiff=digest(values(model.attributes(satellite))),
            feed=ident(feed.name),
            representatives=one_row_each(model, hub, feed),
            known=vault_hashdiff(model, satellite),
            satellite=ident(satellite.table),
            key=ident(hub.key),
            load_ts=ident(satellite.load_ts),
            row=_AS_TEXT,
            reason=literal(f"changes '{satellite.name}' here, while other rows of the same '{hub.name}' do not"),
            link=ident(link.table),
            link_key=ident(link.key),
            held=ident(feed.rows_table),
            gone=ident(feed.gone_table),
            shown=literal(_SHOWN + 1),
        )


def _faulty(feed: Feed, reason: SQL, condition: SQL) -> SQL:
    return sql(
        """SELECT {reason}, {row}
FROM stage.{feed} AS staged
WHERE {condition}
LIMIT {shown}""",
        row=_AS_TEXT,
        reason=reason,
        feed=ident(feed.name),
        condition=condition,
        shown=literal(_SHOWN + 1),
    )
