"""Finds staged rows that cannot be loaded, before anything is written to the vault."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from skyeng.checks.conflicts import another_relationship, conflicts_with_active_rows
from skyeng.control.feed_changes import Changes
from skyeng.db.postgres import Session
from skyeng.detection.active_rows import count_active_rows, has_active_rows
from skyeng.detection.key_range import KeyRanges
from skyeng.errors import SourceError
from skyeng.hashing.checksums import row_hash
from skyeng.hashing.hash_keys import attribute_values
from skyeng.model import Feed, FeedColumn, Hub, Model, Satellite, argument
from skyeng.sql import SQL, ident, idents, joined, literal, sql
from skyeng.vault.bad_rows import SHOWN, as_text, doubled, found, more_than_one, refuse
from skyeng.vault.distinct_rows import record_distinct_rows
from skyeng.vault.driving_keys import driving_of_staged
from skyeng.vault.inserts import KeyProfile

#: Among so many rows, a key that many rows share occurs more than once.
_FIRST_ROWS = 50_000

#: Least number of rows for each key to store each key once: it costs as much as reading all rows twice.
_WORTH_SHARING = 2

#: For so few rows, the cost does not matter.
_FEW_ROWS = 20_000


def check_rows(session: Session, model: Model, feed: Feed, key_ranges: KeyRanges | None = None) -> KeyProfile:
    """Raise `BadRowsError` with rows and reasons, if any staged row cannot be loaded.

    Call it when staging holds the new and changed rows only; for a delta, all delivered rows. Returns how often keys
    of each hub occur there, and stores the distinct rows of shared hubs. With `key_ranges`, only active rows in these
    ranges are known to stay as they are.
    """
    key_profile = key_profile_of(session, model, feed)
    statements = list(row_faults(model, feed)) if session.scalar(any_row_fault(model, feed)) else []
    statements += key_faults(model, feed, key_profile.unique)
    suspected = record_distinct_rows(session, model, feed, key_profile.shared)
    agreed = {*key_profile.unique, *(() if suspected else key_profile.shared)}
    statements += conflicts(model, feed, agreed)
    if not feed.delta and has_active_rows(session, feed):
        statements += conflicts_with_active_rows(session, model, feed, key_profile, key_ranges)
    if bad := found(session, statements):
        refuse(feed, bad)
    return key_profile


def check_not_emptied(session: Session, model: Model, feed: Feed, changes: Changes) -> None:
    """Raise `SourceError` where every active row of the warehouse would be deleted, and none is delivered."""
    if changes.deleted and not (changes.new or changes.changed) and changes.deleted == count_active_rows(session, feed):
        raise SourceError(
            f"feed '{feed.name}' gives no row, and gave {changes.deleted} before; nothing was written",
            where=str(model.directory / feed.query),
            expected="some row: a table that is being refilled, or a wrong database, looks the same",
            remedy=f"check the source; if it is right, `skyeng run {argument(model)} --may-be-empty` ends all rows"
            " once, and `may_be_empty: true` of the feed in the model always",
        )


def key_profile_of(session: Session, model: Model, feed: Feed) -> KeyProfile:
    """Count how often keys of each hub occur in staging. Of the unique hubs, that with most rows comes first."""
    key_cardinalities = {hub: KeyCardinality.of(session, model, feed, hub) for hub in model.hubs_of(model.grain(feed))}
    unique = sorted(
        (hub for hub, spread in key_cardinalities.items() if spread.unique), key=lambda it: -key_cardinalities[it].rows
    )
    shared = [hub for hub, spread in key_cardinalities.items() if spread.shared]
    if len(shared) > 1:
        key_sets = KeyCardinality.of_key_sets(session, model, feed, shared)
        if not (key_sets.shared or key_sets.rows <= _FEW_ROWS):
            shared = []
    return KeyProfile([hub.name for hub in unique], [hub.name for hub in shared])


@dataclass(frozen=True)
class KeyCardinality:
    """How many business keys, of one hub or of several, the staged rows have, and how many rows have one."""

    keys: int
    rows: int

    @property
    def unique(self) -> bool:
        """Whether no key occurs in two rows."""
        return self.rows == self.keys

    @property
    def shared(self) -> bool:
        """Whether keys occur in several rows: of many rows, in so many that storing each key once is cheaper."""
        return self.rows > self.keys and (self.rows <= _FEW_ROWS or self.rows >= _WORTH_SHARING * self.keys)

    @classmethod
    def of(cls, session: Session, model: Model, feed: Feed, hub: Hub) -> KeyCardinality:
        return cls._found(session, model, feed, [hub])

    @classmethod
    def of_key_sets(cls, session: Session, model: Model, feed: Feed, hubs: Sequence[Hub]) -> KeyCardinality:
        return cls._found(session, model, feed, hubs)

    @classmethod
    def _found(cls, session: Session, model: Model, feed: Feed, hubs: Sequence[Hub]) -> KeyCardinality:
        key = idents(column.name for hub in hubs for column in model.business_key(hub))
        return cls(*(session.row(_key_cardinality(feed, key)) or ()))


def _key_cardinality(feed: Feed, key: SQL) -> SQL:
    """Statement that counts keys, and rows that have all parts of one.

    It counts the first rows only if many of them share a key, else all rows.
    """
    counted = """SELECT count(*) AS keys, coalesce(sum(row_count), 0) AS rows
    FROM (
        SELECT count(*) AS row_count
        FROM {rows}
        WHERE num_nulls({key}) = 0
        GROUP BY {key}
    ) AS keys"""
    staged = ident("stage", feed.name)
    few = sql("(SELECT {key} FROM {staged} LIMIT {most}) AS few", key=key, staged=staged, most=literal(_FIRST_ROWS))
    return sql(
        """WITH first AS MATERIALIZED (
    {first}
), settled AS MATERIALIZED (
    SELECT * FROM first WHERE rows >= {times} * keys AND keys > 0
)
SELECT keys, rows FROM settled
UNION ALL
SELECT keys, rows
FROM (
    {all}
) AS counted
WHERE NOT EXISTS (SELECT FROM settled)""",
        first=sql(counted, rows=few, key=key),
        times=literal(_WORTH_SHARING),
        all=sql(counted, rows=staged, key=key),
    )


def any_row_fault(model: Model, feed: Feed) -> SQL:
    """Statement that is true if a staged row is faulty by itself. One scan checks for all reasons."""
    return sql(
        "SELECT count(*) > 0 FROM stage.{feed} WHERE {faulty}",
        feed=ident(feed.name),
        faulty=joined("\n    OR ", (condition for _, condition in _row_faults(model, feed))),
    )


def row_faults(model: Model, feed: Feed) -> Iterator[SQL]:
    """Statements that give (reason, row) of staged rows that are faulty by themselves."""
    for reason, condition in _row_faults(model, feed):
        yield _faulty(model, feed, reason, condition)


def _row_faults(model: Model, feed: Feed) -> Iterator[tuple[SQL, SQL]]:
    key = model.row_key(feed)
    yield (
        literal("the row key is empty: no part of any business key is there"),
        sql("num_nonnulls({columns}) = 0", columns=idents(column.name for column in key)),
    )
    for hub in model.hubs_of(model.grain(feed)):
        parts = model.business_key(hub)
        if len(parts) > 1:
            yield (
                literal(f"the business key of '{hub.name}' is incomplete ({', '.join(part.name for part in parts)})"),
                sql(
                    "num_nulls({columns}) NOT IN (0, {count})",
                    columns=idents(part.name for part in parts),
                    count=literal(len(parts)),
                ),
            )
        satellites = [it for it in model.satellites_of(feed) if it.hub_name == hub.name]
        if attributes := [column for it in satellites for column in model.attributes(it)]:
            yield (
                literal(f"the business key of '{hub.name}' is empty, and attributes of it are there"),
                sql(
                    # Tests a ROW, because a function takes a hundred arguments at most.
                    "(num_nonnulls({key}) = 0 AND NOT (ROW({attributes}) IS NULL))",
                    key=idents(part.name for part in parts),
                    attributes=idents(column.name for column in attributes),
                ),
            )
    if feed.applied:
        empty = f"the time from which the row holds is empty ({feed.applied})"
        yield literal(empty), sql("(applied_ts IS NULL OR NOT isfinite(applied_ts))")
    limited = [column for column in _served(model, feed) if column.type.limits]
    if limited:
        yield _out_of_range(limited)


def key_faults(model: Model, feed: Feed, unique: Sequence[str]) -> Iterator[SQL]:
    """Statements that give (reason, row) of staged rows that cannot be loaded together."""
    # Rows that have a unique hub already differ in their row keys. The first such hub has most rows.
    hub = model.hub(unique[0]) if unique else None
    lacking = sql("{column} IS NULL", column=ident(model.business_key(hub)[0].name)) if hub else sql("true")
    yield doubled(model, feed, lacking)
    link = model.grain(feed)
    if link.driving_key and not set(link.driving_key) & set(unique):
        yield more_than_one(
            model, feed, driving_of_staged(model, link), literal(another_relationship(feed, link)), sql("true")
        )


def conflicts(model: Model, feed: Feed, agreed: Collection[str]) -> Iterator[SQL]:
    """Statements that give (reason, row) of staged rows that give one entity different attributes.

    Hubs in `agreed` are known to have no such rows.
    """
    for satellite in model.satellites_of(feed):
        if satellite.hub_name not in agreed:
            yield _conflicts(model, feed, satellite)


def _served(model: Model, feed: Feed) -> list[FeedColumn]:
    """The feed's columns that a mart exports."""
    shown = {column.column for mart in model.marts if mart.feed == feed.name for column in mart.columns}
    return [column for column in model.feed_columns(feed) if column.name in shown]


def _out_of_range(columns: list[FeedColumn]) -> tuple[SQL, SQL]:
    """Reason and condition for values that ClickHouse could only store altered, such as an infinite timestamp."""

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
            range=literal(f" is a value that the datamart cannot store (it stores {low} to {high})"),
        )

    return (
        sql("CASE {reasons} END", reasons=joined(" ", map(reason, columns))),
        sql("({faulty})", faulty=joined(" OR ", map(outside, columns))),
    )


def _conflicts(model: Model, feed: Feed, satellite: Satellite) -> SQL:
    """Statement that gives (reason, row) of staged rows that give one entity two different sets of attributes."""
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
        row=as_text(model, feed),
        reason=literal(f"one '{satellite.hub_name}', two different sets of attributes of '{satellite.name}'"),
        feed=ident(feed.name),
        key=key,
        hash=row_hash(attribute_values(model.attributes(satellite))),
        shown=literal(SHOWN + 1),
    )


def _faulty(model: Model, feed: Feed, reason: SQL, condition: SQL) -> SQL:
    return sql(
        """SELECT {reason}, {row}
FROM stage.{feed} AS staged
WHERE {condition}
LIMIT {shown}""",
        row=as_text(model, feed),
        reason=reason,
        feed=ident(feed.name),
        condition=condition,
        shown=literal(SHOWN + 1),
    )
