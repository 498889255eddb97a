"""The log of changes, with the end of each change: the next load that touched the row."""

from __future__ import annotations

from skyeng.model import Feed, Model
from skyeng.sql import FENCE, SQL, ident, sql
from skyeng.vault.readback import first_closed_load


def with_ends(feed: Feed, rows: SQL | None = None) -> SQL:
    """Changes in (`%(after)s`, `%(ended_upto)s`] with `row_end_ts`: NULL where no load touched the row again.

    `rows` is a query of row keys: only changes of these rows are read.
    """
    return sql(
        """(
    SELECT *, lead(load_ts) OVER (PARTITION BY row_key ORDER BY load_ts) AS row_end_ts
    FROM control.{changes}
    WHERE load_ts > %(after)s AND load_ts <= %(ended_upto)s{chosen}
)""",
        changes=ident(feed.changes_table),
        chosen=sql(" AND row_key IN ({rows})", rows=rows) if rows else sql(""),
    )


def with_ends_of_large(feed: Feed) -> SQL:
    """Changes with `row_end_ts`, as `with_ends` gives them, for one large load at `%(upto)s`.

    Nothing is sorted: the few rows that were touched again are hashed.
    """
    return sql(
        """(
    SELECT logged.*, later.row_end_ts
    FROM control.{changes} AS logged
    LEFT JOIN (
        SELECT row_key, min(load_ts) AS row_end_ts
        FROM control.{changes}
        WHERE load_ts > %(upto)s AND load_ts <= %(ended_upto)s
        GROUP BY row_key
    ) AS later ON later.row_key = logged.row_key
)""",
        changes=ident(feed.changes_table),
    )


def past(model: Model, feed: Feed) -> SQL:
    """Changes in (`%(after)s`, `%(upto)s`] whose row version is no longer valid.

    Only rows that were touched after the first load are sorted: they are few.
    """
    touched_again = sql(
        "SELECT row_key FROM control.{changes} WHERE load_ts > ({first})",
        changes=ident(feed.changes_table),
        first=first_closed_load(model),
    )
    # Fenced: this filter leaves few of many rows, and lookups must come after it.
    return sql(
        """(
    SELECT *
    FROM {changes} AS logged
    WHERE load_ts <= %(upto)s AND (row_end_ts IS NOT NULL OR row_hash IS NULL)
    {fence}
)""",
        changes=with_ends(feed, touched_again),
        fence=FENCE,
    )
