"""Row versions that only the mart still holds: those of loads that a restored warehouse has lost.

They stay in the mart's history. The first load that the warehouse closed after them says what is true again: rows that
the lost loads touched, and that load did not, get a version at its timestamp that says what the vault does. All these
row versions have `RETAINED_HASH` as their row hash.
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

#: Ends the name of a table of the rows of which some versions are retained, while they are put in order.
RETAINED = "_retained"

_OPEN = moment(OPEN_END)
#: What a history had before it was a table of intervals.
_WAS_DELETED = "is_deleted"
_AROUND = re.compile(r"(?:LowCardinality|Nullable)\((.*)\)")
#: Before any load.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RetainedSpan:
    """Loads in (`after`, `last`] are the mart's alone; from `until` on the vault is right again."""

    after: datetime
    last: datetime
    until: datetime


@dataclass(frozen=True)
class HistoryInUse:
    """A history that may have been lost or altered, or filled under another name of the mart, and can be read."""

    table: str
    #: Its columns that tell row versions apart.
    key: str
    load_ts: str
    #: Condition that a version says that its row was deleted.
    is_deletion: SQL
    #: The types of all its columns, by the names that they have today.
    types: Mapping[str, tuple[SQL, str]]


@dataclass(frozen=True)
class Retained:
    """Spans of loads that only the mart has, and the history to read them from."""

    history: HistoryInUse
    spans: tuple[RetainedSpan, ...]


def spans(lost: Iterable[datetime], closed: Sequence[datetime]) -> Iterator[RetainedSpan]:
    """Divide lost loads into spans by the loads that the warehouse has closed, in their order.

    A load that changed nothing is closed too, and ends a span as well: the source was compared.
    Each lost load has a closed one after it.
    """
    last_of: dict[int, datetime] = {}
    for load_ts in sorted(lost):
        last_of[bisect_left(closed, load_ts)] = load_ts
    for place, last in last_of.items():
        yield RetainedSpan(closed[place - 1] if place else _BEFORE_ALL, last, closed[place])


def readable_history(mart: Mart, there: FoundObject | None) -> HistoryInUse | None:
    """The history in use, if it still tells row versions apart, by this name of the mart or by the one in its comment.

    Of another name of the mart only the key and the timestamps have other column names. Before it was a table of
    intervals, a history said of each version whether the row was deleted.
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
    """How many row versions each load has by the mart's register, whatever else it is today; None where it cannot tell.

    Loads that only the mart has were once in a register of their own.
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
    """Add what only the mart has to a history that was built from the vault, in order of time."""
    for span in retained.spans:
        _carry_versions(session, mart, built, retained.history, span)
        _say_what_the_vault_does(session, mart, built, span)
    _order_by_time(session, mart, built)


def _carry_versions(
    session: ClickHouseSession, mart: Mart, built: Table, use: HistoryInUse, span: RetainedSpan
) -> None:
    """Add the versions of a span out of the history in use.

    Of columns that this lacks, they have NULL; so have values that a column's new type cannot hold.
    """
    own = {
        mart.load_end_ts: sql(
            "if({deleted}, {ts}, {open})", deleted=use.is_deletion, ts=ident(use.load_ts), open=_OPEN
        ),
        ROW_HASH: literal(RETAINED_HASH),
    }
    carried = [column for column in built.columns if column.name in own or column.name in use.types]
    # The same version twice is the same key and load twice.
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
    """At the load after a span: the latest version before it; of a row that the span brought, that it is deleted."""
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
    """Let each version of a row of which some are retained end where the next one begins."""
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
    """A column of the history in use, in the type that is declared."""
    if type_ == column.type.text:
        return name
    plain = column.type.text
    while around := _AROUND.fullmatch(plain):
        plain = around[1]
    return sql("accurateCastOrNull({name}, {type})", name=name, type=literal(plain))
