"""Orphaned loads: only a mart still has them, because the warehouse was restored without them.

This module decides which of their row versions a rebuild retains.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from skyeng.db.clickhouse import ClickHouseSession
from skyeng.db.postgres import Postgres
from skyeng.errors import DatamartAhead
from skyeng.marts import contents
from skyeng.marts.catalog import Found
from skyeng.marts.contents import MartLoad
from skyeng.marts.retained import HistoryInUse, Retained, readable_history, registered_versions, spans
from skyeng.marts.tables import MartTables
from skyeng.model import Mart, Model, argument
from skyeng.sql import sql

#: All closed loads, also those that found nothing new.
_CLOSED = sql("SELECT load_ts FROM control.loads WHERE model = %(model)s AND status = 'closed' ORDER BY load_ts")


def all_closed_loads(warehouse: Postgres, model: Model) -> list[datetime]:
    """Timestamps of all loads that the warehouse has closed for a model, in ascending order."""
    with warehouse.session(snapshot=True) as session:
        return [load_ts for (load_ts,) in session.rows(_CLOSED, {"model": model.name})]


def retained(
    session: ClickHouseSession,
    model: Model,
    mart: Mart,
    found: Found,
    vault: Sequence[MartLoad],
    closed: Sequence[datetime],
) -> tuple[Retained | None, str]:
    """What a rebuild retains of a mart's orphaned loads, and a text that says what is lost.

    A load in the mart's history is orphaned if the warehouse has not closed it. `vault` are the loads that the
    warehouse has for the mart. The register says what the history should have. Later versions do not count: they
    are leftovers of an append that ended early.

    Raises `DatamartAhead` if the warehouse has closed no load after the orphaned ones: until it is compared with the
    source, the current state is unknown. An orphaned load after one that the mart lacks is not retained, because the
    two cannot be put in order. This happens only if the warehouse's clock went back.
    """
    history = readable_history(mart, found.objects.get(MartTables(mart).history))
    registered = registered_versions(session, mart)
    versions = _versions(session, history, registered) if history else {}
    known = (registered or {}).keys()
    first_new = min((it.load_ts for it in vault if it.load_ts not in versions.keys() | known), default=None)
    alone = sorted((versions.keys() | known) - set(closed))
    in_order = [load_ts for load_ts in alone if first_new is None or load_ts < first_new]
    if in_order and (not closed or closed[-1] < in_order[-1]):
        raise DatamartAhead(
            f"the datamart holds {in_words(in_order)}, later than any of the warehouse's",
            where=mart.table,
            expected="a run of to_datawarehouse after the warehouse was restored",
            remedy=f"run to_datawarehouse first; `skyeng run {argument(model)} --full` does both",
        )
    carried = [load_ts for load_ts in in_order if load_ts in versions]
    lost = [it for it in alone if it not in carried or versions[it] < (registered or {}).get(it, 0)]
    words = [f"the rows of {in_words(lost)}, which only it held, are lost"] if lost else []
    if not history and registered is None:
        words.append("loads that only it had are lost if there were any: no register lists them")
    if not (history and carried):
        return None, "; ".join(words)
    if absent := [it.name for it in mart.columns if it.name not in history.types]:
        words.append(f"{', '.join(absent)}: NULL in the rows of {in_words(carried)}, which only it holds")
    return Retained(history, tuple(spans(carried, closed))), "; ".join(words)


def _versions(
    session: ClickHouseSession, history: HistoryInUse, registered: Mapping[datetime, int] | None
) -> dict[datetime, int]:
    """Number of row versions of the history by load, without leftovers of an append that ended early."""
    versions = contents.versions_by_load(session, history.table, history.load_ts)
    if not registered or max(versions, default=max(registered)) <= max(registered):
        return versions
    alone = contents.versions_by_load(session, history.table, history.load_ts, only_retained=True)
    return {load_ts: count for load_ts, count in versions.items() if load_ts <= max(registered) or load_ts in alone}


def in_words(timestamps: Collection[datetime]) -> str:
    """Number of loads and the timestamp of the last one, as text."""
    return f"{len(timestamps)} loads, the last of {max(timestamps):%Y-%m-%d %H:%M:%S} UTC"
