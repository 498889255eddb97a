"""The register `control.load_feeds`: what each load changes of each feed."""

from __future__ import annotations

from dataclasses import dataclass

from skyeng.control.loads import Load
from skyeng.db.postgres import Session
from skyeng.model import Feed, Model
from skyeng.sql import ident, literal, sql


@dataclass(frozen=True)
class Changes:
    """How many rows of a feed one load changes."""

    new: int = 0
    changed: int = 0
    deleted: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.deleted)


def rows_touched(session: Session, load: Load) -> int:
    """The number of new and changed rows that a load has staged of the feed with most of them."""
    return session.scalar(
        sql("SELECT coalesce(max(rows_new + rows_changed), 0) FROM control.load_feeds WHERE load_id = %(load_id)s"),
        {"load_id": load.load_id},
    )


def register(session: Session, model: Model, feed: Feed, load: Load, changes: Changes) -> None:
    """Register what a load changes of a feed."""
    session.execute(
        sql(
            """INSERT INTO control.load_feeds
    (load_id, feed, rows_new, rows_changed, rows_gone, rows_active, hash_sum)
SELECT %(load_id)s, {feed}, %(new)s, %(changed)s, %(deleted)s,
    (SELECT rows_held FROM stage.selections WHERE model = {model} AND feed = {feed}) + %(new)s - %(deleted)s,
    (SELECT coalesce(sum(row_hash), 0) FROM stage.{rows})
ON CONFLICT (load_id, feed) DO UPDATE
SET (rows_new, rows_changed, rows_gone, rows_active, hash_sum)
    = (EXCLUDED.rows_new, EXCLUDED.rows_changed, EXCLUDED.rows_gone, EXCLUDED.rows_active, EXCLUDED.hash_sum)""",
            rows=ident(feed.name),
            model=literal(model.name),
            feed=literal(feed.name),
        ),
        {"load_id": load.load_id, "new": changes.new, "changed": changes.changed, "deleted": changes.deleted},
    )


def registered(session: Session, model: Model, load: Load) -> dict[str, Changes]:
    """Read what a load changes, by feed.

    A feed without an entry counts as unchanged: entries of unchanged feeds are deleted with time.
    """
    found = {
        feed: Changes(*counts)
        for feed, *counts in session.rows(
            sql("SELECT feed, rows_new, rows_changed, rows_gone FROM control.load_feeds WHERE load_id = %(load_id)s"),
            {"load_id": load.load_id},
        )
    }
    return {feed.name: found.get(feed.name, Changes()) for feed in model.feeds}
