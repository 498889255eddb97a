"""Row versions that only the mart still holds: those of loads that a restored warehouse has lost.

They stay in the mart's history, where they were. The first load that the warehouse closed after
them says what is true again: rows that the lost loads touched, and that load did not, get a version
at its timestamp that says what the vault does. All these row versions have `RETAINED_HASH` as their row hash.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from skyeng.datamart.catalog import FoundObject
from skyeng.datamart.client import Session
from skyeng.datamart.definitions import Column, Table
from skyeng.datamart.tables import IS_DELETED, RETAINED_HASH, ROW_HASH, SHADOW, appended_columns
from skyeng.model import Mart
from skyeng.sql import SQL, ident, idents, joined, literal, sql

_AROUND = re.compile(r"(?:LowCardinality|Nullable)\((.*)\)")
#: Before any load.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RetainedSpan:
    """Loads in (`after`, `upto`] are the mart's alone; from `until` on the vault is right again."""

    after: datetime
    upto: datetime
    until: datetime


@dataclass(frozen=True)
class HistoryInUse:
    """A history that may have been lost or altered, or filled under another name of the mart, and can be read."""

    table: str
    #: Its columns that tell row versions apart.
    key: str
    load_ts: str
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
    for place, upto in last_of.items():
        yield RetainedSpan(closed[place - 1] if place else _BEFORE_ALL, upto, closed[place])


def readable_history(mart: Mart, there: FoundObject | None) -> HistoryInUse | None:
    """The history in use, if it still tells row versions apart, by this name of the mart or by the one in its comment.

    Of another name of the mart only the key and the load timestamp have other column names.
    """
    if there is None:
        return None
    for name in (mart.name, *([there.mark.mart] if there.mark else [])):
        named = mart.model_copy(update={"name": name})
        if {named.key, named.load_ts, IS_DELETED, ROW_HASH} <= there.columns.keys():
            today = {named.key: mart.key, named.load_ts: mart.load_ts}
            types = {today.get(it, it): (ident(it), type_) for it, (type_, _) in there.columns.items()}
            return HistoryInUse(there.name, named.key, named.load_ts, types)
    return None


def carry(session: Session, mart: Mart, history: Table, use: HistoryInUse, span: RetainedSpan) -> None:
    """Add a span to the shadow history, which was built from the vault, out of the history in use.

    Spans must be carried in their order: each builds upon what was before it. Of columns
    that the history in use lacks, the row versions have NULL; so have values that a column's new type cannot hold.
    """
    names = {
        "built": ident(history.name + SHADOW),
        "after": _moment(span.after),
        "upto": _moment(span.upto),
    }
    common = [column for column in history.columns if column.name in use.types]
    # No FINAL, which only some engines know: the same version twice is the same key and load twice.
    session.execute(
        sql(
            """INSERT INTO {built} ({columns})
SELECT {values}
FROM {history}
WHERE {load_ts} > {after} AND {load_ts} <= {upto}
LIMIT 1 BY {key}, {load_ts}""",
            columns=idents(column.name for column in common),
            values=joined(
                ", ",
                (
                    literal(RETAINED_HASH) if column.name == ROW_HASH else _value(column, *use.types[column.name])
                    for column in common
                ),
            ),
            history=ident(use.table),
            key=ident(use.key),
            load_ts=ident(use.load_ts),
            **names,
        )
    )
    # The latest version before the span; a row that the span brought is deleted.
    session.execute(
        sql(
            """INSERT INTO {built} ({columns})
SELECT {key}, {until}, if({load_ts} <= {after}, {is_deleted}, 1), {retained}, {shown}
FROM {built}
WHERE {load_ts} <= {upto}
  AND {key} IN (SELECT {key} FROM {built} WHERE {load_ts} > {after} AND {load_ts} <= {upto})
  AND {key} NOT IN (SELECT {key} FROM {built} WHERE {load_ts} = {until})
ORDER BY {load_ts} <= {after} DESC, {load_ts} DESC
LIMIT 1 BY {key}""",
            key=ident(mart.key),
            load_ts=ident(mart.load_ts),
            until=_moment(span.until),
            is_deleted=ident(IS_DELETED),
            retained=literal(RETAINED_HASH),
            shown=joined(", ", (ident(column.name) for column in mart.columns)),
            columns=idents(appended_columns(mart)),
            **names,
        )
    )


def _value(column: Column, name: SQL, type_: str) -> SQL:
    """A column of the history in use, in the type that is declared."""
    if type_ == column.type.text:
        return name
    plain = column.type.text
    while around := _AROUND.fullmatch(plain):
        plain = around[1]
    return sql("accurateCastOrNull({name}, {type})", name=name, type=literal(plain))


def _moment(moment: datetime) -> SQL:
    return sql("toDateTime64({text}, 6, 'UTC')", text=literal(f"{moment:%Y-%m-%d %H:%M:%S.%f}"))
