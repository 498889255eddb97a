"""Row versions that only the mart still holds: those of loads that a restored warehouse has lost.

They stay in the mart's history, where they were. The first load that the warehouse closed after
them says what is true again: rows that the lost loads touched, and that load did not, get a version
at its timestamp that says what the vault does.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from skyeng.datamart.catalog import FoundObject
from skyeng.datamart.client import Session
from skyeng.datamart.definitions import Column, Table
from skyeng.datamart.tables import IS_DELETED, ROW_HASH, SHADOW, appended_columns
from skyeng.model import Mart
from skyeng.sql import SQL, ident, idents, joined, literal, sql

_AROUND = re.compile(r"(?:LowCardinality|Nullable)\((.*)\)")
#: Before any load.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Stretch:
    """Loads in (`after`, `upto`] are the mart's alone; from `until` on the vault is right again."""

    after: datetime
    upto: datetime
    until: datetime


def stretches(lost: Iterable[datetime], closed: Sequence[datetime]) -> Iterator[Stretch]:
    """Cut lost loads into stretches by the loads that the warehouse has closed, in their order.

    A load that changed nothing is closed too, and ends a stretch as well: the source was looked at.
    Each lost load has a closed one after it.
    """
    last_of: dict[int, datetime] = {}
    for load_ts in sorted(lost):
        last_of[bisect_left(closed, load_ts)] = load_ts
    for place, upto in last_of.items():
        yield Stretch(closed[place - 1] if place else _BEFORE_ALL, upto, closed[place])


def can_be_carried(mart: Mart, there: FoundObject | None) -> bool:
    """Whether a history that may have been lost or altered still tells row versions apart."""
    return there is not None and {mart.key, mart.load_ts, IS_DELETED, ROW_HASH} <= there.columns.keys()


def carry(session: Session, mart: Mart, history: Table, there: FoundObject, stretch: Stretch) -> None:
    """Add a stretch to the shadow history, which was built from the vault, out of the history in use.

    Stretches are to be carried in their order: each builds upon what was before it. Of columns
    that the history in use lacks, the row versions have NULL; so have values that a column's new type cannot hold.
    """
    names = {
        "built": ident(history.name + SHADOW),
        "load_ts": ident(mart.load_ts),
        "after": _moment(stretch.after),
        "upto": _moment(stretch.upto),
    }
    common = [column for column in history.columns if column.name in there.columns]
    # No FINAL, which only some engines know: the same version twice is the same key and load twice.
    session.execute(
        sql(
            """INSERT INTO {built} ({columns})
SELECT {values}
FROM {history}
WHERE {load_ts} > {after} AND {load_ts} <= {upto}
LIMIT 1 BY {key}, {load_ts}""",
            columns=idents(column.name for column in common),
            values=joined(", ", (_value(column, there.columns[column.name][0]) for column in common)),
            history=ident(history.name),
            key=ident(mart.key),
            **names,
        )
    )
    # The latest version before the stretch; a row that the stretch brought is deleted.
    session.execute(
        sql(
            """INSERT INTO {built} ({columns})
SELECT {key}, {until}, if({load_ts} <= {after}, {is_deleted}, 1), if({load_ts} <= {after}, {row_hash}, 0), {shown}
FROM {built}
WHERE {load_ts} <= {upto}
  AND {key} IN (SELECT {key} FROM {built} WHERE {load_ts} > {after} AND {load_ts} <= {upto})
  AND {key} NOT IN (SELECT {key} FROM {built} WHERE {load_ts} = {until})
ORDER BY {load_ts} <= {after} DESC, {load_ts} DESC
LIMIT 1 BY {key}""",
            key=ident(mart.key),
            until=_moment(stretch.until),
            is_deleted=ident(IS_DELETED),
            row_hash=ident(ROW_HASH),
            shown=joined(", ", (ident(column.name) for column in mart.columns)),
            columns=idents(appended_columns(mart)),
            **names,
        )
    )


def _value(column: Column, type_: str) -> SQL:
    """A column of the history in use, in the type that is declared."""
    if type_ == column.type.text:
        return ident(column.name)
    plain = column.type.text
    while around := _AROUND.fullmatch(plain):
        plain = around[1]
    return sql("accurateCastOrNull({name}, {type})", name=ident(column.name), type=literal(plain))


def _moment(moment: datetime) -> SQL:
    return sql("toDateTime64({text}, 6, 'UTC')", text=literal(f"{moment:%Y-%m-%d %H:%M:%S.%f}"))
