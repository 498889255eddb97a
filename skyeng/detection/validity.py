"""Checks whether a load can rely on the register of loads, the vault, and the bookkeeping.

Active rows and their checksums are bookkeeping: if they do not fit the register, they are recomputed from the vault.
The register and the vault cannot be recomputed: a run that would build on a part of them is refused.
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
    """Number of active rows of each feed after the last closed load. A feed that was added later is not included.

    Raises `VaultDamaged` if the register lost the record of what that load did.
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
    """Raise `VaultDamaged` if a table of the vault or the register of loads was emptied.

    This takes one lookup for each table. With `full`, emptied tables are filled again from the rows that the source
    has.
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
    """Raise `VaultDamaged` if the vault has rows although no load was closed."""
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
    """Statement: hubs and satellites without their ghost record, and link tables without any of the active rows."""

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
    """Reason why active rows and their checksums must be recomputed from the vault; empty if they can be used.

    The recorded method is that of the active rows. It is not that of the last load, which may have been rolled back.
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
    """Recompute the active rows of a feed from the vault.

    A row that is active by the log of changes, but lost in the vault, is recorded with a hash that no row has. So the
    load finds it changed or deleted, and vault and marts are in sync again. Raises `VaultDamaged` if rows are lost of a
    feed that delivers changes only: it will not deliver them again.
    """
    active = with_row_hash(rows_as_of(model, feed, AsOf.known(session, model)), model, feed, method)
    prepare_whole_read(session)
    session.execute(sql("DROP TABLE IF EXISTS pg_temp.rebuilt"))
    # PostgreSQL runs the query of CREATE TABLE AS in several processes, but that of an INSERT in one.
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
    # One anti-join for rows that the vault has and rows that changed later. With two, the planner expects no rows to
    # be left for the second, and reads its table once for each row.
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
