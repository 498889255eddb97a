"""Feeds that deliver all of their rows: an exact comparison of staging with the active rows."""

from __future__ import annotations

from skyeng.control.feed_changes import Changes
from skyeng.control.loads import Load
from skyeng.db.postgres import Session
from skyeng.detection import row_selection
from skyeng.detection.active_rows import has_active_rows, select_active_rows
from skyeng.detection.key_range import KeyRanges
from skyeng.model import Feed, Model
from skyeng.sql import SQL, ident, sql
from skyeng.vault.bad_rows import doubled, duplicates_of_active_rows, found, refuse
from skyeng.vault.staging import WORTH_ANALYSING


def find_changes(
    session: Session, model: Model, feed: Feed, load: Load, key_ranges: KeyRanges | None = None
) -> Changes:
    """Leave only new and changed rows in staging, and stage the keys of deleted rows.

    Raises `BadRowsError` if the feed delivered a second row with the row key of an active row. One of the two may equal
    the active row. Then the other one would replace it in this load, and be replaced in the next.
    """
    if not has_active_rows(session, feed):
        return count_staged(session, feed)
    held = sql("(\n    {held}\n) AS held", held=select_active_rows(model, feed, key_ranges))
    selected = row_selection.recorded_selection(session, model, feed, load).condition(sql("row_place"), sql("bigint"))
    compared = session.scalar(sql("SELECT count(*) FROM {held} WHERE {selected}", held=held, selected=selected))
    deleted = session.execute(
        sql(
            """INSERT INTO stage.{deleted}
SELECT held.row_key
FROM {held}
WHERE {selected}
  AND NOT EXISTS (SELECT FROM stage.{rows} AS staged WHERE staged.row_key = held.row_key)""",
            held=held,
            selected=selected,
            **_tables(feed, "rows", "deleted"),
        )
    )
    session.execute(sql("SAVEPOINT delivered"))
    unchanged = drop_unchanged(session, feed)
    changes = count_staged(session, feed, deleted=deleted)
    if unchanged + changes.changed != compared - deleted:
        session.execute(sql("ROLLBACK TO SAVEPOINT delivered"))
        beside = sql("row_key IN (SELECT row_key FROM {held} WHERE NOT {selected})", held=held, selected=selected)
        refuse(
            feed, found(session, [doubled(model, feed, sql("true")), duplicates_of_active_rows(model, feed, beside)])
        )
    return changes


def drop_unchanged(session: Session, feed: Feed) -> int:
    """Delete staged rows that equal their active row. Returns their number."""
    dropped = session.execute(
        sql(
            """DELETE FROM stage.{rows} AS staged
USING control.{held} AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash""",
            **_tables(feed, "rows", "held"),
        )
    )
    if dropped >= WORTH_ANALYSING:
        session.execute(sql("ANALYZE stage.{rows} (row_key)", **_tables(feed, "rows")))
    return dropped


def count_staged(session: Session, feed: Feed, *, deleted: int = 0) -> Changes:
    """Count the staged rows: those whose row key is active are changed, the others new."""
    row = session.row(
        sql(
            """SELECT count(*), count(held.row_key)
FROM stage.{rows} AS staged
LEFT JOIN control.{held} AS held USING (row_key)""",
            **_tables(feed, "rows", "held"),
        )
    )
    staged, known = row or (0, 0)
    return Changes(new=staged - known, changed=known, deleted=deleted)


def _tables(feed: Feed, *wanted: str) -> dict[str, SQL]:
    names = {"rows": feed.name, "deleted": feed.deleted_table, "held": feed.active_rows_table}
    return {name: ident(names[name]) for name in wanted}
