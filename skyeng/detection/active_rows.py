"""The active rows of a feed: row key, row hash and segment key of each, in `control.<feed>_rows`."""

from __future__ import annotations

from skyeng.control.feed_changes import rows_touched
from skyeng.control.loads import Load
from skyeng.db.postgres import Session
from skyeng.detection import segment_checksums
from skyeng.detection.key_range import KeyRanges
from skyeng.detection.segmentation import segment_column, segment_key
from skyeng.model import Feed, Model
from skyeng.sql import SQL, ident, joined, sql
from skyeng.vault import bulk
from skyeng.vault.staging import WORTH_ANALYSING


def count_active_rows(session: Session, feed: Feed) -> int:
    """Count the active rows of the feed."""
    return session.scalar(sql("SELECT count(*) FROM control.{rows}", rows=ident(feed.active_rows_table)))


def select_active_rows(model: Model, feed: Feed, key_ranges: KeyRanges | None = None) -> SQL:
    """Query of row key, row hash and segment key of the active rows, or of those within key ranges."""
    everything = sql("SELECT row_key, row_hash, row_place FROM control.{rows}", rows=ident(feed.active_rows_table))
    if key_ranges is None:
        return everything
    wanted = {it.column for it in key_ranges.ranges}
    placed = segment_column(model, feed)
    if placed and wanted == {placed.name}:
        condition = key_ranges.condition(model, feed, {placed.name: ident("row_place")})
        return sql("{everything} WHERE {condition}", everything=everything, condition=condition)
    link = model.grain(feed)
    columns = {
        column.name: ident(hub.table, column.vault_column)
        for hub in model.hubs_of(link)
        for column in model.business_key(hub)
    }
    hubs = [hub for hub in model.hubs_of(link) if wanted & {column.name for column in model.business_key(hub)}]
    return sql(
        """SELECT held.row_key, held.row_hash, held.row_place
FROM control.{rows} AS held
JOIN vault.{link} AS link ON link.{key} = held.row_key
{hubs}
WHERE {condition}""",
        rows=ident(feed.active_rows_table),
        link=ident(link.table),
        key=ident(link.key),
        hubs=joined(
            "\n",
            (
                sql("JOIN vault.{hub} ON {hub}.{key} = link.{key}", hub=ident(hub.table), key=ident(hub.key))
                for hub in hubs
            ),
        ),
        condition=key_ranges.condition(model, feed, columns),
    )


def has_active_rows(session: Session, feed: Feed) -> bool:
    """Whether the feed has any active row."""
    return session.scalar(sql("SELECT EXISTS (SELECT FROM control.{rows})", rows=ident(feed.active_rows_table)))


def record_changes(session: Session, model: Model, feed: Feed, load: Load) -> None:
    """Apply the staged changes to the active rows, their checksums and the log of changes."""
    carried = segment_checksums.update_checksums(session, model, feed)
    large = rows_touched(session, load) >= bulk.WORTH_BULK
    held = sql("SELECT FROM control.{held}", **_tables(feed, "held"))
    if large and bulk.may_fill(session, "control", feed.active_rows_table, held):
        with bulk.filling(session, "control", feed.active_rows_table, ["row_key"], indexed=["row_place"]):
            session.execute(_insert_rows(model, feed))
    else:
        update = sql(
            "ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place)"
        )
        session.execute(sql("{insert}\n{update}", insert=_insert_rows(model, feed), update=update))
    session.execute(
        sql(
            "DELETE FROM control.{held} AS held USING stage.{deleted} AS deleted WHERE held.row_key = deleted.row_key",
            **_tables(feed, "held", "deleted"),
        )
    )
    if not (carried or feed.delta):
        segment_checksums.prepare(session, model, feed)
    changes = sql("SELECT FROM control.{changes}", **_tables(feed, "changes"))
    first = large and bulk.may_fill(session, "control", feed.changes_table, changes)
    if first:
        # The table is empty already. But if this transaction truncates it, its rows need not be written to the WAL.
        session.execute(sql("TRUNCATE control.{changes}", **_tables(feed, "changes")))
    touched = session.execute(
        sql(
            """INSERT INTO control.{changes} (load_ts, row_key, row_hash)
SELECT %(load_ts)s, row_key, row_hash FROM stage.{rows}
UNION ALL
SELECT %(load_ts)s, row_key, NULL FROM stage.{deleted}""",
            **_tables(feed, "changes", "rows", "deleted"),
        ),
        {"load_ts": load.load_ts},
    )
    if first:
        bulk.summarise(session, "control", feed.changes_table)
    if touched >= WORTH_ANALYSING:
        session.execute(sql("ANALYZE control.{held}, control.{changes}", **_tables(feed, "held", "changes")))


def _insert_rows(model: Model, feed: Feed) -> SQL:
    return sql(
        """INSERT INTO control.{held} (row_key, row_hash, row_place)
SELECT row_key, row_hash, {segment_key} FROM stage.{rows}""",
        segment_key=segment_key(model, feed),
        **_tables(feed, "held", "rows"),
    )


def _tables(feed: Feed, *wanted: str) -> dict[str, SQL]:
    names = {
        "rows": feed.name,
        "deleted": feed.deleted_table,
        "held": feed.active_rows_table,
        "changes": feed.changes_table,
    }
    return {name: ident(names[name]) for name in wanted}
