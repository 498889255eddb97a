"""Staging: the rows that may differ, compared exactly with what was last loaded."""

from __future__ import annotations

from dataclasses import dataclass

from skyeng.errors import StagingLost
from skyeng.fingerprint import Fingerprint, Method, Selection, as_fingerprints, fingerprints, with_row_hash
from skyeng.model import Feed, Model
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, literal, sql
from skyeng.warehouse import bulk
from skyeng.warehouse.history import last_closed_load, rows_as_of
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
    session.execute(sql("TRUNCATE stage.{rows}, stage.{gone}", rows=ident(feed.name), gone=ident(feed.gone_table)))


def rows_held(session: Session, feed: Feed) -> int:
    """How many rows of the feed the warehouse holds as active."""
    return session.scalar(sql("SELECT count(*) FROM control.{rows}", rows=ident(feed.rows_table)))


def rows_touched(session: Session, load: Load) -> int:
    """How many new and changed rows a load has staged, at most, of any feed."""
    return session.scalar(
        sql("SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = %(load_id)s"),
        {"load_id": load.load_id},
    )


def keep_fingerprints(session: Session, model: Model, feed: Feed, buckets: int) -> None:
    """Note what the warehouse holds, by bucket, for the comparison with the source."""
    held = fingerprints(sql("SELECT row_hash FROM control.{rows}", rows=ident(feed.rows_table)), buckets)
    session.execute(
        sql("DELETE FROM stage.fingerprints WHERE model = {model} AND feed = {feed}", **_names(model, feed))
    )
    session.execute(
        sql(
            "INSERT INTO stage.fingerprints SELECT {model}, {feed}, held.* FROM ({held}) AS held",
            held=held,
            **_names(model, feed),
        )
    )


def kept_fingerprints(session: Session, model: Model, feed: Feed) -> dict[int, Fingerprint]:
    return as_fingerprints(
        session.rows(
            sql(
                "SELECT bucket, row_count, hash_sum FROM stage.fingerprints WHERE model = {model} AND feed = {feed}",
                **_names(model, feed),
            )
        )
    )


def keep_selection(session: Session, model: Model, feed: Feed, load: Load, selection: Selection) -> None:
    """Note for which load staging is, and which buckets of the feed are staged."""
    session.execute(
        sql(
            """INSERT INTO stage.selections (model, feed, load_id, buckets, bitmap)
VALUES ({model}, {feed}, %(load_id)s, %(total)s, %(bitmap)s)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, buckets, bitmap) = (EXCLUDED.load_id, EXCLUDED.buckets, EXCLUDED.bitmap)""",
            **_names(model, feed),
        ),
        {"load_id": load.load_id, "total": selection.total, "bitmap": selection.bitmap},
    )


def kept_selection(session: Session, model: Model, feed: Feed, load: Load) -> Selection:
    """Which buckets of the feed are staged for a load.

    Raises `StagingLost` where they are another's, or gone: staging is not logged, and a server
    that crashes comes back with it empty. An empty staging would look as if every row had vanished.
    """
    row = session.row(
        sql(
            """SELECT buckets, bitmap FROM stage.selections
WHERE model = {model} AND feed = {feed} AND load_id = %(load_id)s""",
            **_names(model, feed),
        ),
        {"load_id": load.load_id},
    )
    if row is None:
        raise StagingLost(
            f"what load {load.load_id} staged is gone",
            where=f"stage.{feed.name}",
            expected="rows that its first steps left; a server that recovers from a crash empties staging",
            remedy="run again from the first step (in Airflow: clear e_from_pg_datawarehouse); nothing is lost",
        )
    return Selection(row[0], None if row[1] is None else bytes(row[1]))


def find_changes(session: Session, model: Model, feed: Feed, load: Load) -> Changes:
    """Leave only new and changed rows in staging, and the keys of vanished ones beside them."""
    gone = session.execute(
        sql(
            """INSERT INTO stage.{gone}
SELECT held.row_key
FROM control.{held} AS held
WHERE {selected}
  AND NOT EXISTS (SELECT FROM stage.{rows} AS staged WHERE staged.row_key = held.row_key)""",
            selected=kept_selection(session, model, feed, load).condition(),
            **_tables(feed),
        )
    )
    drop_unchanged(session, feed)
    return count_staged(session, feed, gone=gone)


def drop_unchanged(session: Session, feed: Feed) -> None:
    """Forget staged rows that the warehouse holds as they are."""
    session.execute(
        sql(
            """DELETE FROM stage.{rows} AS staged
USING control.{held} AS held
WHERE held.row_key = staged.row_key AND held.row_hash = staged.row_hash""",
            **_tables(feed, "rows", "held"),
        )
    )


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


def rebuild_rows(session: Session, model: Model, feed: Feed, method: Method) -> None:
    """Recompute what the warehouse holds from the vault itself, trusting no bookkeeping."""
    active = with_row_hash(
        rows_as_of(model, feed, sql("({moment})", moment=last_closed_load(model))), model, feed, method
    )
    session.execute(sql("TRUNCATE control.{held}", held=ident(feed.rows_table)))
    session.execute(
        sql(
            "INSERT INTO control.{held} (row_key, row_hash)\nSELECT row_key, row_hash FROM (\n{active}\n) AS active",
            held=ident(feed.rows_table),
            active=active,
        )
    )


def keep_changes(session: Session, feed: Feed, load: Load) -> None:
    """Carry the staged changes into what the warehouse holds and into the log of changes."""
    held = sql("SELECT FROM control.{held}", **_tables(feed, "held"))
    if rows_touched(session, load) >= bulk.WORTH_BULK and bulk.may_fill(session, "control", feed.rows_table, held):
        with bulk.without_primary_key(session, "control", feed.rows_table, ["row_key"]):
            session.execute(_insert_rows(feed))
    else:
        update = sql("ON CONFLICT (row_key) DO UPDATE SET row_hash = EXCLUDED.row_hash")
        session.execute(sql("{insert}\n{update}", insert=_insert_rows(feed), update=update))
    session.execute(
        sql(
            "DELETE FROM control.{held} AS held USING stage.{gone} AS gone WHERE held.row_key = gone.row_key",
            **_tables(feed, "held", "gone"),
        )
    )
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
    if touched >= WORTH_ANALYSING:
        session.execute(sql("ANALYZE control.{held}, control.{changes}", **_tables(feed, "held", "changes")))


def _insert_rows(feed: Feed) -> SQL:
    return sql(
        "INSERT INTO control.{held} (row_key, row_hash)\nSELECT row_key, row_hash FROM stage.{rows}",
        **_tables(feed, "held", "rows"),
    )


def register(session: Session, feed: Feed, load: Load, changes: Changes) -> None:
    """Write what a load changes of a feed beside the load."""
    session.execute(
        sql(
            """INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT %(load_id)s, {feed}, %(new)s, %(changed)s, %(gone)s,
    (SELECT count(*) FROM control.{held}) + %(new)s - %(gone)s,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.{rows})
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum)""",
            feed=literal(feed.name),
            held=ident(feed.rows_table),
            rows=ident(feed.name),
        ),
        {"load_id": load.load_id, "new": changes.new, "changed": changes.changed, "gone": changes.gone},
    )


def registered(session: Session, model: Model, load: Load) -> dict[str, Changes]:
    """What a load changes, by feed, as it was registered."""
    found = {
        feed: Changes(*counts)
        for feed, *counts in session.rows(
            sql("SELECT feed, rows_new, rows_changed, rows_gone FROM control.load_feeds WHERE load_id = %(load_id)s"),
            {"load_id": load.load_id},
        )
    }
    return {feed.name: found[feed.name] for feed in model.feeds}


def _names(model: Model, feed: Feed) -> dict[str, SQL]:
    return {"model": literal(model.name), "feed": literal(feed.name)}


def _tables(feed: Feed, *wanted: str) -> dict[str, SQL]:
    names = {
        "rows": feed.name,
        "gone": feed.gone_table,
        "held": feed.rows_table,
        "changes": feed.changes_table,
    }
    return {name: ident(names[name]) for name in wanted or ("rows", "gone", "held")}
