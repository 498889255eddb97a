"""Orphaned loads: a restored warehouse has lost them, so only the mart still has their row versions.

These row versions stay in the mart's history. The history agrees with the vault again from the first load that the
warehouse closed after them. Rows that the orphaned loads touched, but this load did not, get a version at its timestamp
with the values of the vault. All these row versions have `RETAINED_HASH` as their row hash.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from skyeng.db.clickhouse import ClickHouseSession
from skyeng.marts import catalog
from skyeng.marts.append import rewrite
from skyeng.marts.catalog import FoundObject
from skyeng.marts.definitions import Column, Table
from skyeng.marts.tables import (
    OPEN_END,
    RETAINED_HASH,
    ROW_HASH,
    MartTables,
    appended_columns,
    at,
    is_deletion,
    moment,
    next_load,
)
from skyeng.model import Mart
from skyeng.sql import SQL, ident, idents, joined, literal, sql

#: Suffix of the work table in which the versions of rows with retained versions are ordered.
RETAINED = "_retained"

_OPEN = moment(OPEN_END)
#: Column that a history had before it became a table of intervals.
_WAS_DELETED = "is_deleted"
_AROUND = re.compile(r"(?:LowCardinality|Nullable)\((.*)\)")
#: Before any load.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RetainedSpan:
    """Only the mart has the loads in (`after`, `last`]. From `until` on, the vault is right again."""

    after: datetime
    last: datetime
    until: datetime


@dataclass(frozen=True)
class HistoryInUse:
    """A readable history. It may have lost rows, been altered, or been filled under another name of the mart."""

    table: str
    #: Its columns that identify a row version.
    key: str
    load_ts: str
    #: Condition on a row version: it records that its row was deleted.
    is_deletion: SQL
    #: The identifier and type of each of its columns, by the name that the column has today.
    types: Mapping[str, tuple[SQL, str]]


@dataclass(frozen=True)
class Retained:
    """The retained spans, and the history to read them from."""

    history: HistoryInUse
    spans: tuple[RetainedSpan, ...]


def spans(lost: Iterable[datetime], closed: Sequence[datetime]) -> Iterator[RetainedSpan]:
    """Divide lost loads into spans by the loads that the warehouse has closed, in their order.

    A closed load without changes ends a span too, because the source was compared.
    Each lost load has a closed load after it.
    """
    last_of: dict[int, datetime] = {}
    for load_ts in sorted(lost):
        last_of[bisect_left(closed, load_ts)] = load_ts
    for place, last in last_of.items():
        yield RetainedSpan(closed[place - 1] if place else _BEFORE_ALL, last, closed[place])


def readable_history(mart: Mart, there: FoundObject | None) -> HistoryInUse | None:
    """The history in use, if its columns still identify row versions; else None.

    Its columns have the mart's name or the name in the table's comment. Another name changes only the names of the key
    and the timestamps. Before it was a table of intervals, a history had a column that marked deletions.
    """
    if there is None:
        return None
    for name in (mart.name, *([there.mark.mart] if there.mark else [])):
        named = mart.model_copy(update={"name": name})
        deleted = (
            (named.load_end_ts, is_deletion(named)),
            (_WAS_DELETED, sql("{was_deleted} = 1", was_deleted=ident(_WAS_DELETED))),
        )
        condition = next((condition for column, condition in deleted if column in there.columns), None)
        if condition and {named.key, named.load_ts, ROW_HASH} <= there.columns.keys():
            today = {named.key: mart.key, named.load_ts: mart.load_ts}
            types = {today.get(it, it): (ident(it), type_) for it, (type_, _) in there.columns.items()}
            return HistoryInUse(there.name, named.key, named.load_ts, condition, types)
    return None


def registered_versions(session: ClickHouseSession, mart: Mart) -> dict[datetime, int] | None:
    """Read the number of row versions of each load from the mart's register; None where it cannot be read.

    The other columns of the register do not matter. Orphaned loads were once in a register of their own.
    """
    types: dict[str, dict[str, str]] = {}
    for register, column, type_, *_ in catalog.described_columns(
        session, [MartTables(mart).loads, _was_register(mart)]
    ):
        types.setdefault(register, {})[column] = type_
    readable = {
        register: columns
        for register, columns in types.items()
        if (columns.get("load_ts"), columns.get("row_versions")) == ("DateTime64(6, 'UTC')", "UInt64")
    }
    if MartTables(mart).loads not in readable:
        return None
    found: Counter[datetime] = Counter()
    for register, columns in readable.items():
        entry = ["load_ts", "is_retained"] if "is_retained" in columns else ["load_ts"]
        rows = session.rows(
            sql(
                "SELECT load_ts, max(row_versions) FROM {register} GROUP BY {entry}",
                register=ident(register),
                entry=idents(entry),
            )
        )
        for load_ts, versions in rows:
            found[load_ts.replace(tzinfo=UTC)] += versions
    return dict(found)


def _was_register(mart: Mart) -> str:
    return f"{mart.table}_loads_kept"


def carry(session: ClickHouseSession, mart: Mart, built: Table, retained: Retained) -> None:
    """Add the row versions that only the mart has to a history that was built from the vault, in order of time."""
    for span in retained.spans:
        _carry_versions(session, mart, built, retained.history, span)
        _say_what_the_vault_does(session, mart, built, span)
    _order_by_time(session, mart, built)


def _carry_versions(
    session: ClickHouseSession, mart: Mart, built: Table, use: HistoryInUse, span: RetainedSpan
) -> None:
    """Copy the row versions of a span from the history in use.

    Columns that this history lacks become NULL. Values that a column's new type cannot hold become NULL too.
    """
    own = {
        mart.load_end_ts: sql(
            "if({deleted}, {ts}, {open})", deleted=use.is_deletion, ts=ident(use.load_ts), open=_OPEN
        ),
        ROW_HASH: literal(RETAINED_HASH),
    }
    carried = [column for column in built.columns if column.name in own or column.name in use.types]
    # Row versions with the same key and load are duplicates.
    session.execute(
        sql(
            """INSERT INTO {built} ({columns})
SELECT {values}
FROM {history}
WHERE {load_ts} > {after} AND {load_ts} <= {last}
LIMIT 1 BY {key}, {load_ts}""",
            built=ident(built.name),
            columns=idents(column.name for column in carried),
            values=joined(
                ", ",
                (own[it.name] if it.name in own else _value(it, *use.types[it.name]) for it in carried),
            ),
            history=ident(use.table),
            key=ident(use.key),
            load_ts=ident(use.load_ts),
            after=at(span.after),
            last=at(span.last),
        )
    )


def _say_what_the_vault_does(session: ClickHouseSession, mart: Mart, built: Table, span: RetainedSpan) -> None:
    """Restore the state of the vault at the load after a span.

    A row gets its latest version before the span again. A row that the span added gets a deletion.
    """
    session.execute(
        sql(
            """INSERT INTO {built} ({columns})
SELECT {key}, {until}, if({load_ts} <= {after} AND NOT ({is_deletion}), {open}, {until}), {retained}, {shown}
FROM {built}
WHERE {load_ts} <= {last}
  AND {key} IN (SELECT {key} FROM {built} WHERE {load_ts} > {after} AND {load_ts} <= {last})
  AND {key} NOT IN (SELECT {key} FROM {built} WHERE {load_ts} = {until})
ORDER BY {load_ts} <= {after} DESC, {load_ts} DESC
LIMIT 1 BY {key}""",
            built=ident(built.name),
            key=ident(mart.key),
            load_ts=ident(mart.load_ts),
            until=at(span.until),
            after=at(span.after),
            last=at(span.last),
            is_deletion=is_deletion(mart),
            open=_OPEN,
            retained=literal(RETAINED_HASH),
            shown=joined(", ", (ident(column.name) for column in mart.columns)),
            columns=idents(appended_columns(mart)),
        )
    )


def _order_by_time(session: ClickHouseSession, mart: Mart, built: Table) -> None:
    """End each version where the next one begins, for all rows with retained versions."""
    apart = replace(built, name=MartTables(mart, RETAINED).history)
    session.drop(apart.name)
    session.execute(apart.create)
    names = {"built": ident(built.name), "apart": ident(apart.name), "columns": idents(appended_columns(mart))}
    values = (next_load(mart) if it == mart.load_end_ts else ident(it) for it in appended_columns(mart))
    session.execute(
        sql(
            """INSERT INTO {apart} ({columns})
SELECT {values}
FROM {built}
WHERE {key} IN (SELECT {key} FROM {built} WHERE {hash} = {retained})""",
            values=joined(", ", values),
            key=ident(mart.key),
            hash=ident(ROW_HASH),
            retained=literal(RETAINED_HASH),
            **names,
        )
    )
    delete = sql("DELETE WHERE {key} IN (SELECT {key} FROM {apart})", key=ident(mart.key), apart=names["apart"])
    rewrite(session, names["built"], [delete])
    session.execute(sql("INSERT INTO {built} ({columns}) SELECT {columns} FROM {apart}", **names))
    session.drop(apart.name)


def _value(column: Column, name: SQL, type_: str) -> SQL:
    """A column of the history in use, cast to its declared type."""
    if type_ == column.type.text:
        return name
    plain = column.type.text
    while around := _AROUND.fullmatch(plain):
        plain = around[1]
    return sql("accurateCastOrNull({name}, {type})", name=name, type=literal(plain))
