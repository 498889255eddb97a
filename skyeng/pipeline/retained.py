"""Loads that only a mart still has, since the warehouse was restored without them: what of them a rebuild retains."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from skyeng.datamart import append
from skyeng.datamart.append import NOTHING_KEPT, Kept, MartLoad
from skyeng.datamart.client import Session
from skyeng.datamart.kept import can_be_carried, stretches
from skyeng.datamart.objects import Compared
from skyeng.datamart.tables import MartTables
from skyeng.errors import DatamartAhead
from skyeng.model import Mart, Model
from skyeng.postgres import Postgres
from skyeng.sql import sql

#: Every comparison with the source, also those that found nothing new.
_CLOSED = sql("SELECT load_ts FROM control.loads WHERE model = %(model)s AND status = 'closed' ORDER BY load_ts")


def retained(
    warehouse: Postgres,
    session: Session,
    model: Model,
    mart: Mart,
    there: Compared,
    held: Sequence[MartLoad],
    main: Sequence[MartLoad],
) -> tuple[Kept, list[datetime]]:
    """What only the mart has, and shall retain; then loads that its registers name and its history lacks.

    `held` are the loads that the mart's register names, `main` those that the warehouse has for it. Where a
    register was lost or emptied, the history is asked. Raises `DatamartAhead` while the warehouse was not
    compared with the source since: nobody could tell what is true now. A load after one that the mart lacks
    is dropped, which only a warehouse whose clock went back has: the two cannot be put in order.
    """
    tables = MartTables(mart)
    known, registered = {it.load_ts for it in main}, {it.load_ts: it.fingerprint for it in held}
    wanted = [it.load_ts for it in main if registered.get(it.load_ts) != it.fingerprint]
    ahead = [load for load in held if load.load_ts not in known]
    before = {it.load_ts: it for it in append.kept_loads(session, mart)} if there.as_declared(tables.kept) else {}
    readable = can_be_carried(mart, there.found.objects.get(tables.history))
    uncertain = readable and not (held and there.as_declared(tables.kept))
    if not (before or ahead or uncertain):
        return NOTHING_KEPT, []
    with warehouse.session(snapshot=True) as asked:
        closed = [load_ts for (load_ts,) in asked.rows(_CLOSED, {"model": model.name})]
    in_history = {it.load_ts: it for it in append.loads_in_history(session, mart)} if readable else {}
    if uncertain:
        before = {ts: it for ts, it in in_history.items() if ts not in set(closed)} | before
    first_new = min((ts for ts in wanted if ts not in before), default=None)
    in_order = {it.load_ts: it for it in ahead if first_new is None or it.load_ts < first_new}
    alone = {ts: it for ts, it in sorted((before | in_order).items()) if ts not in known}
    if alone and (not closed or closed[-1] < max(alone)):
        raise DatamartAhead(
            f"the datamart holds {in_words(alone)}, later than any of the warehouse's",
            where=mart.table,
            expected="a run of to_datawarehouse after the warehouse was restored",
            remedy="run to_datawarehouse first; `skyeng run --full` does both",
        )
    carried = {ts: it for ts, it in alone.items() if ts in in_history}
    kept = Kept(tuple(carried.values()), tuple(stretches(carried, closed)))
    return kept, [ts for ts in alone if ts not in carried]


def in_words(timestamps: Collection[datetime]) -> str:
    """How many loads, and which is the last."""
    return f"{len(timestamps)} loads, the last of {max(timestamps):%Y-%m-%d %H:%M:%S} UTC"
