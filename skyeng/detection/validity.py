"""Whether what a load begins with can be trusted: the register of loads, the vault, and bookkeeping.

Active rows and their checksums are bookkeeping, and are computed from the vault again where they do not fit
the register. The register and the vault are not: a run that would build on a part of them is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skyeng.control.loads import vault_tables
from skyeng.db.postgres import Session
from skyeng.detection import segment_checksums
from skyeng.detection.segmentation import Segmentation, segment_key
from skyeng.errors import VaultDamaged
from skyeng.hashing.checksums import Method, with_row_hash
from skyeng.hashing.hash_keys import zero_key
from skyeng.model import Feed, Model, argument
from skyeng.sql import SQL, ident, joined, literal, sql
from skyeng.vault.loading import zero_records
from skyeng.vault.readback import AsOf, prepare_whole_read, rows_as_of


def rows_active(session: Session, model: Model) -> Mapping[str, int]:
    """How many rows of each feed the last closed load left active; a feed that came later is not in it.

    Raises `VaultDamaged` where the register lost what that load did.
    """
    rows = session.rows(
        sql("""SELECT load_id, feed, rows_active
FROM control.loads
LEFT JOIN control.load_feeds USING (load_id)
WHERE load_id = (
    SELECT load_id FROM control.loads WHERE model = %(model)s AND status = 'closed' ORDER BY load_ts DESC LIMIT 1
)"""),
        {"model": model.name},
    )
    if any(feed is None for _, feed, _ in rows):
        raise VaultDamaged(
            f"control.load_feeds does not know what load {rows[0][0]} of model '{model.name}' did",
            where=session.database.name,
            expected="rows for every closed load: marts are filled by them",
            remedy="restore control.load_feeds from a backup of the warehouse",
        )
    return {feed: active for _, feed, active in rows}


def check_vault(session: Session, model: Model, active: Mapping[str, int], *, full: bool) -> None:
    """Raise `VaultDamaged` where a table of the vault was emptied, or the register of loads was.

    A look-up a table. With `full` what was emptied is filled again from the source, as far as it has it.
    """
    if not active:
        _check_unloaded(session, model)
        return
    if full:
        for record in zero_records(model):
            session.execute(record)
        return
    emptied = sorted(table for (table,) in session.rows(_emptied(model, active)))
    if emptied:
        raise VaultDamaged(
            f"tables of the vault of model '{model.name}' lost their rows",
            where="\n".join(f"vault.{table}" for table in emptied),
            expected="the rows of every closed load",
            remedy=_repair(model),
        )


def _check_unloaded(session: Session, model: Model) -> None:
    """Without a closed load, no row is any load's."""
    rows = (
        sql(
            "SELECT {name} WHERE EXISTS (SELECT FROM vault.{table} WHERE {load_ts} > '-infinity')",
            name=literal(it.table),
            table=ident(it.table),
            load_ts=ident(it.load_ts),
        )
        for it in vault_tables(model)
    )
    unknown = session.rows(joined("\nUNION ALL\n", rows))
    if unknown:
        raise VaultDamaged(
            f"the vault of model '{model.name}' has rows, and control.loads knows no load that brought them",
            where="\n".join(f"vault.{table}" for (table,) in sorted(unknown)),
            expected="a load on record for every row",
            remedy="restore control.loads and control.load_feeds from a backup of the warehouse",
        )


def _emptied(model: Model, active: Mapping[str, int]) -> SQL:
    """Statement: tables that lost the record that they have from the beginning; of links, those without a row."""

    def tables() -> Iterator[tuple[str, SQL]]:
        keys = {hub.table: hub.key for hub in model.hubs}
        keys |= {satellite.table: model.hub(satellite.hub_name).key for satellite in model.satellites}
        for table, key in keys.items():
            yield table, sql("WHERE {key} = {zero}", key=ident(key), zero=zero_key())
        for link in model.links:
            if active.get(model.feed_of(link).name):
                yield link.table, sql("")
                yield link.effectivity.table, sql("")

    lost = (
        sql(
            "SELECT {name} WHERE NOT EXISTS (SELECT FROM vault.{table} {record})",
            name=literal(table),
            table=ident(table),
            record=record,
        )
        for table, record in tables()
    )
    return joined("\nUNION ALL\n", lost)


def reason_to_rebuild(session: Session, model: Model, method: Method) -> str:
    """Why active rows and their checksums must be computed from the vault again; empty where they can be used.

    The method is that of the rows themselves: a load that hashed them by another one may have been rolled back.
    """
    recorded = session.row(
        sql("SELECT bookkeeping_valid, row_hash_method FROM control.models WHERE model = %(model)s"),
        {"model": model.name},
    )
    valid, used = recorded or (True, None)
    if not valid:
        return "the warehouse was migrated, or lost what it had recorded of loaded rows"
    if used not in (None, method):
        return f"rows are hashed by the method '{method}' now, and were by '{used}'"
    return ""


def rebuild_rows(session: Session, model: Model, feed: Feed, method: Method) -> None:
    """Recompute what the warehouse holds of a feed from the vault itself, trusting no bookkeeping.

    Rows that are active by the log of changes, and that the vault has lost, are held with a hash that no row has: the
    load finds them changed or deleted, and vault and marts are level again. Raises `VaultDamaged` where a feed delivers
    changes only, and will not bring them.
    """
    active = with_row_hash(rows_as_of(model, feed, AsOf.known(session, model)), model, feed, method)
    prepare_whole_read(session)
    session.execute(sql("DROP TABLE IF EXISTS pg_temp.rebuilt"))
    # Several processes work on a query that makes a table, and only one on an insert.
    session.execute(
        sql(
            """CREATE TEMPORARY TABLE rebuilt ON COMMIT DROP AS
SELECT row_key, row_hash, {segment_key} AS row_place
FROM (
    {active}
) AS active""",
            segment_key=segment_key(model, feed),
            active=active,
        )
    )
    session.empty(ident("control", feed.active_rows_table))
    session.execute(
        sql(
            """INSERT INTO control.{held} (row_key, row_hash, row_place)
SELECT row_key, row_hash, row_place FROM pg_temp.rebuilt""",
            held=ident(feed.active_rows_table),
        )
    )
    lost = session.execute(_hold_lost_rows(feed))
    if lost and feed.delta:
        raise VaultDamaged(
            f"the vault has lost rows of feed '{feed.name}' that no load ended: {lost}",
            where=session.database.name,
            expected="every row that is active by the log of changes: the feed delivers changes only",
            remedy="restore the warehouse from a backup",
        )
    segment_checksums.record_segmentation(
        session, model, feed, segment_checksums.recorded_segmentation(session, model, feed) or Segmentation()
    )


def _hold_lost_rows(feed: Feed) -> SQL:
    # One look for both, what the vault has and what came later: of two, the planner takes nothing to be left for
    # the second, and reads its table for each row.
    return sql(
        """INSERT INTO control.{held} (row_key, row_hash)
SELECT row_key, ~row_hash
FROM control.{changes} AS logged
WHERE row_hash IS NOT NULL AND NOT EXISTS (
    SELECT
    FROM (
        SELECT row_key, load_ts FROM control.{changes}
        UNION ALL
        SELECT row_key, 'infinity' FROM pg_temp.rebuilt
    ) AS known
    WHERE known.row_key = logged.row_key AND known.load_ts > logged.load_ts
)""",
        held=ident(feed.active_rows_table),
        changes=ident(feed.changes_table),
    )


def _repair(model: Model) -> str:
    return (
        f"restore the warehouse from a backup. Without one, `skyeng run {argument(model)} --full` brings back what is"
        " current at the source; what was there before is lost"
    )
