"""Staging: the tables for those rows of one load that may differ."""

from __future__ import annotations

from skyeng.control.loads import Load
from skyeng.db.postgres import Session
from skyeng.model import Feed, Model
from skyeng.sql import SQL, ident, literal, sql
from skyeng.vault.inserts import KeyProfile

#: A table that grew by as many rows is analysed at once. Without statistics, the next query's plan
#: may be a nested loop over the table, and autovacuum runs only a minute later.
WORTH_ANALYSING = 20_000


def clear(session: Session, feed: Feed) -> None:
    """Empty the staging tables of a feed."""
    session.empty(*_of_stage(feed))


def clear_to_copy(session: Session, feed: Feed) -> bool:
    """Empty the staging tables of a feed. Returns whether rows that are copied in now may be frozen."""
    return session.empty_to_copy(*_of_stage(feed))


def _of_stage(feed: Feed) -> list[SQL]:
    return [ident("stage", name) for name in (feed.name, feed.deleted_table, feed.distinct_table)]


def is_unstaged(feed: Feed, row_key: SQL) -> SQL:
    """Condition: the row with this key is neither staged nor recorded as deleted.

    One lookup covers both tables. For two lookups, the planner expects that no row is left for the second one, and
    reads that table row by row.
    """
    return sql(
        """NOT EXISTS (
    SELECT
    FROM (SELECT row_key FROM stage.{feed} UNION ALL SELECT row_key FROM stage.{deleted}) AS delivered
    WHERE delivered.row_key = {row_key}
)""",
        feed=ident(feed.name),
        deleted=ident(feed.deleted_table),
        row_key=row_key,
    )


def record_key_profile(session: Session, model: Model, feed: Feed, key_profile: KeyProfile) -> None:
    """Record how often keys of each hub occur in staging, so that the steps that load need not count again."""
    session.execute(
        sql(
            "UPDATE stage.selections SET unique_hubs = %(unique)s, shared_hubs = %(shared)s "
            "WHERE model = {model} AND feed = {feed}",
            model=literal(model.name),
            feed=literal(feed.name),
        ),
        {"unique": list(key_profile.unique), "shared": list(key_profile.shared)},
    )


def key_profiles(session: Session, model: Model, load: Load) -> dict[str, KeyProfile]:
    """Read the key profiles that `record_key_profile` recorded, by feed."""
    noted = sql(
        "SELECT feed, unique_hubs, shared_hubs FROM stage.selections WHERE model = {model} AND load_id = %(load_id)s",
        model=literal(model.name),
    )
    return {feed: KeyProfile(*hubs) for feed, *hubs in session.rows(noted, {"load_id": load.load_id})}
