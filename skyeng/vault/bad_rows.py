"""Reports rows that cannot be loaded: a reason for each, and the row as the feed delivered it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from skyeng.db.postgres import Session
from skyeng.errors import BadRowsError
from skyeng.model import Feed, Model
from skyeng.sql import SQL, ident, joined, literal, sql

#: How many rows an error shows at most.
SHOWN = 5

_LONGEST_ROW = 600


def refuse(feed: Feed, bad: list[tuple[str, str]]) -> NoReturn:
    """Raise `BadRowsError` with rows and their reasons."""
    listed = "\n    ".join(f"{reason}\n      row: {_shown(row)}" for reason, row in bad[:SHOWN])
    more = f"\n    ... and more: the first {SHOWN} are shown" if len(bad) > SHOWN else ""
    raise BadRowsError(
        f"rows of feed '{feed.name}' cannot be loaded; nothing was written:\n    {listed}{more}",
        remedy="fix the rows at the source and run again",
    )


def found(session: Session, statements: Iterable[SQL]) -> list[tuple[str, str]]:
    """Run statements, and return the reasons and rows that they give."""
    return [(reason, row) for statement in statements for reason, row in session.rows(statement)]


def as_text(model: Model, feed: Feed) -> SQL:
    """PostgreSQL expression of a staged row as text: the delivered columns, without computed ones.

    `staged.*` means the row even where a column of the feed is named `staged`.
    """
    own = literal("{" + ",".join(["row_hash", "row_key", *(hub.key for hub in model.keyed_hubs(feed))]) + "}")
    return sql("jsonb_strip_nulls(to_jsonb(staged.*) - {own}::text[])::text", own=own)


def doubled(model: Model, feed: Feed, among: SQL) -> SQL:
    """Statement that gives (reason, row) of staged rows with the same row key (and the same applied date)."""
    reason = sql(
        "CASE WHEN min(row_hash) OVER alike = max(row_hash) OVER alike THEN {same} ELSE {different} END",
        same=literal("the feed delivers this row more than once: write SELECT DISTINCT, or a join that finds one row"),
        different=literal(_more_than_one_row(feed)),
    )
    return more_than_one(model, feed, sql("row_key"), reason, among)


def duplicates_of_active_rows(model: Model, feed: Feed, beside: SQL) -> SQL:
    """Statement that gives (reason, row) of staged rows with the row key of an active row that stays as it is.

    `beside` is the condition that selects them.
    """
    return sql(
        """SELECT {reason}, {row}
FROM stage.{feed} AS staged
WHERE {beside}
LIMIT {shown}""",
        reason=literal(f"{_more_than_one_row(feed)}: another one stays as it is"),
        row=as_text(model, feed),
        feed=ident(feed.name),
        beside=beside,
        shown=literal(SHOWN + 1),
    )


def _more_than_one_row(feed: Feed) -> str:
    return f"the feed delivers more than one row with this row key{' for one time' if feed.applied else ''}"


def more_than_one(model: Model, feed: Feed, key: SQL, reason: SQL, among: SQL) -> SQL:
    """Statement that gives (reason, row) of staged rows that share a key.

    The reason may use the window `alike`: the rows that share it.
    """
    keys = joined(", ", [key, *map(ident, feed.times)])
    return sql(
        """SELECT {reason}, {row}
FROM stage.{feed} AS staged
WHERE ({keys}) IN (SELECT {keys} FROM stage.{feed} AS staged WHERE {among} GROUP BY {keys} HAVING count(*) > 1)
WINDOW alike AS (PARTITION BY {keys})
ORDER BY {keys}
LIMIT {shown}""",
        reason=reason,
        row=as_text(model, feed),
        feed=ident(feed.name),
        keys=keys,
        among=among,
        shown=literal(SHOWN + 1),
    )


def _shown(row: str) -> str:
    return row if len(row) <= _LONGEST_ROW else row[:_LONGEST_ROW] + "..."
