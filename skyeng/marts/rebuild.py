"""Building a mart from all loads, in shadow tables that are swapped in, while analysts read what is there."""

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
    """Build the mart from all loads in shadow tables, and swap them in; every object is as declared then.

    What only the mart has goes along. Should we die before the end, the next run sees that tables are of another
    declaration, or that row versions are too few or too many, and builds the mart again.
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
    """Let the views read copies of the shadow tables, whose files they share.

    Between two swaps history and register do not belong together, and may be of another shape than a view reads.
    """
    for shadow, bridge in zip(MartTables(mart, SHADOW).both, MartTables(mart, BRIDGE).both, strict=True):
        session.execute(
            sql("CREATE OR REPLACE TABLE {bridge} CLONE AS {shadow}", bridge=ident(bridge), shadow=ident(shadow))
        )
    make_views(session, views(model, mart, BRIDGE), found)


def _swap_in(session: ClickHouseSession, name: str, found: Found) -> None:
    """Put a shadow table in the place of the one in use, or where none is."""
    shadow, live = ident(name + SHADOW), ident(name)
    if name in found.detached:
        session.execute(sql("ATTACH TABLE IF NOT EXISTS {live}", live=live))
    if name in found.objects or name in found.detached:
        session.execute(sql("EXCHANGE TABLES {shadow} AND {live}", shadow=shadow, live=live))
    else:
        session.execute(sql("RENAME TABLE {shadow} TO {live}", shadow=shadow, live=live))


def make_views(session: ClickHouseSession, declared: Sequence[View], found: Found) -> None:
    """Make views as they are declared, in place of those that are there."""
    for view in declared:
        if view.name in found.detached:
            session.execute(sql("ATTACH TABLE IF NOT EXISTS {name}", name=ident(view.name)))
        session.execute(view.create)
