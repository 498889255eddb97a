"""Staging: the rows that may differ, compared exactly with what was last loaded."""

from __future__ import annotations

from dataclasses import dataclass

from skyeng.cut import place, place_column
from skyeng.model import Feed, Model
from skyeng.part import Part
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, joined, literal, sql
from skyeng.warehouse import buckets, bulk, selections
from skyeng.warehouse.bad_rows import doubled, doubled_by_held, found, refuse
from skyeng.warehouse.inserts import Standing
from skyeng.warehouse.loads import Load

#: A table that grew by as many rows gets statistics at once: without them the next reader's plan
#: may be a nested loop over the table, and autovacuum comes a minute late.
WORTH_ANALYSING = 20_000


@dataclass(frozen=True)
class Changes:
    """What one load of a feed changes, in rows of the feed."""

    new: int = 0
    changed: int = 0
    gone: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


def clear(session: Session, feed: Feed) -> None:
    """Empty the staging tables of a feed."""
    session.empty(*_of_stage(feed))


def clear_to_copy(session: Session, feed: Feed) -> bool:
    """Empty the staging tables of a feed; whether rows that are copied in now may be frozen."""
    return session.empty_to_copy(*_of_stage(feed))


def _of_stage(feed: Feed) -> list[SQL]:
    return [ident("stage", name) for name in (feed.name, feed.gone_table, feed.shared_table)]


def rows_held(session: Session, feed: Feed) -> int:
    """How many rows of the feed the warehouse holds as active."""
    return session.scalar(sql("SELECT count(*) FROM control.{rows}", rows=ident(feed.rows_table)))


def held_rows(model: Model, feed: Feed, part: Part | None = None) -> SQL:
    """Query of row key, row hash and place of what the warehouse holds, or of a part of it."""
    everything = sql("SELECT row_key, row_hash, row_place FROM control.{rows}", rows=ident(feed.rows_table))
    if part is None:
        return everything
    wanted = {it.column for it in part.ranges}
    placed = place_column(model, feed)
    if placed and wanted == {placed.name}:
        condition = part.condition(model, feed, {placed.name: ident("row_place")})
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
        rows=ident(feed.rows_table),
        link=ident(link.table),
        key=ident(link.key),
        hubs=joined(
            "\n",
            (
                sql("JOIN vault.{hub} ON {hub}.{key} = link.{key}", hub=ident(hub.table), key=ident(hub.key))
                for hub in hubs
            ),
        ),
        condition=part.condition(model, feed, columns),
    )


def holds_rows(session: Session, feed: Feed) -> bool:
    """Whether the warehouse holds any row of the feed as active."""
    return session.scalar(sql("SELECT EXISTS (SELECT FROM control.{rows})", rows=ident(feed.rows_table)))


def is_unstaged(feed: Feed, row_key: SQL) -> SQL:
    """Condition: the row with this key is neither staged nor noted as gone.

    One look for both: of two, the planner takes nothing to be left for the second, and reads that table row by row.
    """
    return sql(
        """NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.{feed} UNION ALL SELECT row_key FROM stage.{gone}) AS delivered
    WHERE delivered.row_key = {row_key}
)""",
        feed=ident(feed.name),
        gone=ident(feed.gone_table),
        row_key=row_key,
    )


def rows_touched(session: Session, load: Load) -> int:
    """How many new and changed rows a load has staged, at most, of any feed."""
    return session.scalar(
        sql("SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = %(load_id)s"),
        {"load_id": load.load_id},
    )


def keep_standing(session: Session, model: Model, feed: Feed, standing: Standing) -> None:
    """Note how often keys of each hub stand in staging: who loads them need not find it again."""
    session.execute(
        sql(
            "UPDATE stage.selections SET unique_hubs = %(unique)s, shared_hubs = %(shared)s "
            "WHERE model = {model} AND feed = {feed}",
            **selections.names(model, feed),
        ),
        {"unique": list(standing.unique), "shared": list(standing.shared)},
    )


def standings(session: Session, model: Model, load: Load) -> dict[str, Standing]:
    """What was noted by `keep_standing`, by feed."""
    noted = sql(
        "SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = {model} AND load_id = %(load_id)s",
        model=literal(model.name),
    )
    return {feed: Standing(*hubs) for feed, *hubs in session.rows(noted, {"load_id": load.load_id})}


def find_changes(session: Session, model: Model, feed: Feed, load: Load, part: Part | None = None) -> Changes:
    """Leave only new and changed rows in staging, and the keys of vanished ones beside them.

    Raises `BadRowsError` where the feed delivered a row key twice that the warehouse holds: one of the two may be as it
    is held, and then the other one would be loaded over it, and next time the other way round.
    """
    if not holds_rows(session, feed):
        return count_staged(session, feed)
    held = sql("(\n    {held}\n) AS held", held=held_rows(model, feed, part))
    selected = selections.kept_selection(session, model, feed, load).condition(sql("row_place"), sql("bigint"))
    compared = session.scalar(sql("SELECT count(*) FROM {held} WHERE {selected}", held=held, selected=selected))
    gone = session.execute(
        sql(
            """INSERT INTO stage.{gone}
SELECT held.row_key
FROM {held}
WHERE {selected}
  AND NOT EXISTS (SELECT FROM stage.{rows} AS staged WHERE staged.row_key = held.row_key)""",
            held=held,
            selected=selected,
            **_tables(feed, "rows", "gone"),
        )
    )
    session.execute(sql("SAVEPOINT delivered"))
    unchanged = drop_unchanged(session, feed)
    changes = count_staged(session, feed, gone=gone)
    if unchanged + changes.changed != compared - gone:
        session.execute(sql("ROLLBACK TO SAVEPOINT delivered"))
        beside = sql("row_key IN (SELECT row_key FROM {held} WHERE NOT {selected})", held=held, selected=selected)
        refuse(feed, found(session, [doubled(model, feed, sql("true")), doubled_by_held(model, feed, beside)]))
    return changes


def drop_unchanged(session: Session, feed: Feed) -> int:
    """Forget staged rows that the warehouse holds as they are; how many."""
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


def count_staged(session: Session, feed: Feed, *, gone: int = 0) -> Changes:
    """The rows that staging holds, by whether the warehouse knows their key."""
    row = session.row(
        sql(
            """SELECT count(*), count(held.row_key)
FROM stage.{rows} AS staged
LEFT JOIN control.{held} AS held USING (row_key)""",
            **_tables(feed, "rows", "held"),
        )
    )
    staged, known = row or (0, 0)
    return Changes(new=staged - known, changed=known, gone=gone)


def keep_changes(session: Session, model: Model, feed: Feed, load: Load) -> None:
    """Carry the staged changes into what the warehouse holds and into the log of changes."""
    carried = buckets.carry_changes(session, model, feed)
    large = rows_touched(session, load) >= bulk.WORTH_BULK
    held = sql("SELECT FROM control.{held}", **_tables(feed, "held"))
    if large and bulk.may_fill(session, "control", feed.rows_table, held):
        with bulk.filling(session, "control", feed.rows_table, ["row_key"], indexed=["row_place"]):
            session.execute(_insert_rows(model, feed))
    else:
        update = sql(
            "ON CONFLICT (row_key) DO UPDATE SET (row_hash, row_place) = (EXCLUDED.row_hash, EXCLUDED.row_place)"
        )
        session.execute(sql("{insert}\n{update}", insert=_insert_rows(model, feed), update=update))
    session.execute(
        sql(
            "DELETE FROM control.{held} AS held USING stage.{gone} AS gone WHERE held.row_key = gone.row_key",
            **_tables(feed, "held", "gone"),
        )
    )
    if not (carried or feed.delta):
        buckets.ready(session, model, feed)
    changes = sql("SELECT FROM control.{changes}", **_tables(feed, "changes"))
    first = large and bulk.may_fill(session, "control", feed.changes_table, changes)
    if first:
        # Empty it is, but a table that this transaction truncated need not be written into the log too.
        session.execute(sql("TRUNCATE control.{changes}", **_tables(feed, "changes")))
    touched = session.execute(
        sql(
            """INSERT INTO control.{changes} (load_ts, row_key, row_hash)
SELECT %(load_ts)s, row_key, row_hash FROM stage.{rows}
UNION ALL
SELECT %(load_ts)s, row_key, NULL FROM stage.{gone}""",
            **_tables(feed, "changes", "rows", "gone"),
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
SELECT row_key, row_hash, {place} FROM stage.{rows}""",
        place=place(model, feed),
        **_tables(feed, "held", "rows"),
    )


def register(session: Session, model: Model, feed: Feed, load: Load, changes: Changes) -> None:
    """Write what a load changes of a feed beside the load."""
    session.execute(
        sql(
            """INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT %(load_id)s, {feed}, %(new)s, %(changed)s, %(gone)s,
    (SELECT rows_held FROM stage.selections WHERE model = {model} AND feed = {feed}) + %(new)s - %(gone)s,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.{rows})
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum)""",
            rows=ident(feed.name),
            **selections.names(model, feed),
        ),
        {"load_id": load.load_id, "new": changes.new, "changed": changes.changed, "gone": changes.gone},
    )


def registered(session: Session, model: Model, load: Load) -> dict[str, Changes]:
    """What a load changes, by feed, as it was registered; that a feed had nothing new is forgotten with time."""
    found = {
        feed: Changes(*counts)
        for feed, *counts in session.rows(
            sql("SELECT feed, rows_new, rows_changed, rows_gone FROM control.load_feeds WHERE load_id = %(load_id)s"),
            {"load_id": load.load_id},
        )
    }
    return {feed.name: found.get(feed.name, Changes(0, 0, 0)) for feed in model.feeds}


def _tables(feed: Feed, *wanted: str) -> dict[str, SQL]:
    names = {
        "rows": feed.name,
        "gone": feed.gone_table,
        "held": feed.rows_table,
        "changes": feed.changes_table,
    }
    return {name: ident(names[name]) for name in wanted or ("rows", "gone", "held")}
