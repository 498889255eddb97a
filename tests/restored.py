"""A warehouse without its last load, as if it was restored from a backup."""

from __future__ import annotations

from conftest import World
from skyeng.control import loads
from skyeng.sql import SQL


def forget_last_load(world: World) -> str:
    """Remove the last load from the warehouse; its timestamp in UTC, as ClickHouse writes it."""
    with world.stores.warehouse.session() as session:
        ((load_id, load_ts, text),) = session.rows(
            SQL(
                "SELECT load_id, load_ts::text, (load_ts AT TIME ZONE 'UTC')::text"
                " FROM control.loads ORDER BY load_id DESC LIMIT 1"
            )
        )
        for it in loads.vault_tables(world.model):
            session.execute(SQL(f"DELETE FROM vault.{it.table} WHERE {it.load_ts} = '{load_ts}'"))
        for feed in world.model.feeds:
            session.execute(SQL(f"DELETE FROM control.{feed.changes_table} WHERE load_ts = '{load_ts}'"))
        for table in ("load_feeds", "load_steps", "loads"):
            session.execute(SQL(f"DELETE FROM control.{table} WHERE load_id = {load_id}"))
    return text
