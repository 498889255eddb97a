"""Rebuild of a mart from all loads, in shadow tables that are swapped in. Analysts read the old tables meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from skyeng.db.clickhouse import ClickHouseSession
from skyeng.marts.append import Check, Versions, send, spans
from skyeng.marts.catalog import Found
from skyeng.marts.contents import MartLoad, register, versions_by_load
from skyeng.marts.definitions import View
from skyeng.marts.objects import Compared
from skyeng.marts.register import ours
from skyeng.marts.retained import Retained, carry
from skyeng.marts.tables import BRIDGE, SHADOW, MartTables, retired, tables, views
from skyeng.model import Mart, Model
from skyeng.sql import ident, sql


def rebuild(
    session: ClickHouseSession,
    model: Model,
    mart: Mart,
    loads: Sequence[MartLoad],
    versions: Versions,
    retained: Retained | None,
    there: Compared,
    still_alone: Check,
) -> None:
    """Build the mart from all loads in shadow tables, and swap them in. Every object is then as declared.

    Row versions that only the mart has are carried over. If the process dies before the end, the next run rebuilds the
    mart: it finds tables of another declaration, or too few or too many row versions.
    """
    shadow = MartTables(mart, SHADOW)
    history, _ = shadow_tables = tables(model, mart, SHADOW)
    for table in shadow_tables:
        session.drop(table.name)
        session.execute(table.create)
    for span in spans(loads):
        of_all = replace(span, ended_until=loads[-1].load_ts)
        send(session, mart, history.name, of_all, versions)
    register(session, shadow.loads, loads)
    if retained:
        carry(session, mart, history, retained)
        alone = versions_by_load(session, history.name, mart.load_ts, only_retained=True)
        register(session, shadow.loads, [MartLoad(*it, 0, 0) for it in alone.items()], are_retained=True)
    still_alone()
    _read_from_bridge(session, model, mart, there.found)
    for name in ours(session, model, retired(mart)):
        session.drop(name)
    for name in MartTables(mart).both:
        _swap_in(session, name, there.found)
    make_views(session, views(model, mart), there.found)
    for suffix in (SHADOW, BRIDGE):
        for name in MartTables(mart, suffix).both:
            session.drop(name)


def _read_from_bridge(session: ClickHouseSession, model: Model, mart: Mart, found: Found) -> None:
    """Let the views read copies of the shadow tables, which share their files.

    Between the two swaps, history and register do not match, and may have other columns than a view reads.
    """
    for shadow, bridge in zip(MartTables(mart, SHADOW).both, MartTables(mart, BRIDGE).both, strict=True):
        session.execute(
            sql("CREATE OR REPLACE TABLE {bridge} CLONE AS {shadow}", bridge=ident(bridge), shadow=ident(shadow))
        )
    make_views(session, views(model, mart, BRIDGE), found)


def _swap_in(session: ClickHouseSession, name: str, found: Found) -> None:
    """Swap a shadow table with the one in use, or rename it where there is none."""
    shadow, live = ident(name + SHADOW), ident(name)
    if name in found.detached:
        session.execute(sql("ATTACH TABLE IF NOT EXISTS {live}", live=live))
    if name in found.objects or name in found.detached:
        session.execute(sql("EXCHANGE TABLES {shadow} AND {live}", shadow=shadow, live=live))
    else:
        session.execute(sql("RENAME TABLE {shadow} TO {live}", shadow=shadow, live=live))


def make_views(session: ClickHouseSession, declared: Sequence[View], found: Found) -> None:
    """Create views as declared, and replace existing ones."""
    for view in declared:
        if view.name in found.detached:
            session.execute(sql("ATTACH TABLE IF NOT EXISTS {name}", name=ident(view.name)))
        session.execute(view.create)
