"""Which steps of a load are done: why a step may be repeated, and a load is closed only when whole.

A step is booked in the transaction that does its work, so that it is done and booked, or neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import psycopg2.extras

from skyeng.control.loads import Load
from skyeng.db.postgres import Postgres, Session
from skyeng.errors import BadRowsError, SourceError, StepMissing
from skyeng.model import Model
from skyeng.sql import sql

#: Booked where rows that were staged cannot be loaded.
_REFUSED = "refused"

#: Rows written, by table.
Counts = dict[str, int]


def done(session: Session, load: Load) -> dict[str, Counts]:
    """The steps of a load that are done, and what each wrote."""
    steps = sql("SELECT step, counts FROM control.load_steps WHERE load_id = %(load_id)s")
    return dict(session.rows(steps, {"load_id": load.load_id}))


def require(load: Load, steps: Collection[str], before: str, completed: Mapping[str, Counts]) -> None:
    """Raise `StepMissing` unless all these steps are done."""
    missing = [step for step in steps if step not in completed]
    if missing:
        raise StepMissing(
            f"load {load.load_id} cannot go on with {before}: not done yet: {', '.join(missing)}",
            expected="every step in its order; marking a task as done by hand does not do it",
            remedy="run these steps (in Airflow: clear them), then this one; nothing of the load is visible until then",
        )


def record(session: Session, load: Load, step: str, counts: Counts, seconds: float) -> None:
    """Note that a step is done. If another worker did it meanwhile, what that one wrote stands."""
    session.execute(
        sql("""INSERT INTO control.load_steps (load_id, step, counts, seconds)
VALUES (%(load_id)s, %(step)s, %(counts)s, %(seconds)s)
ON CONFLICT (load_id, step) DO NOTHING"""),
        {
            "load_id": load.load_id,
            "step": step,
            "counts": psycopg2.extras.Json(counts),
            "seconds": round(seconds, 3),
        },
    )


@contextmanager
def refusals_noted(warehouse: Postgres, load: Load) -> Iterator[None]:
    """Note where what was staged cannot be loaded: to go on, the source is read again."""
    try:
        yield
    except (BadRowsError, SourceError):
        with warehouse.session() as session:
            record(session, load, _REFUSED, {}, 0.0)
        raise


def was_refused(warehouse: Postgres, load: Load) -> bool:
    with warehouse.session() as session:
        return _REFUSED in done(session, load)


def forget(session: Session, load: Load) -> None:
    """Begin a load's steps anew."""
    of_load = {"load_id": load.load_id}
    session.execute(sql("DELETE FROM control.load_steps WHERE load_id = %(load_id)s"), of_load)
    session.execute(sql("DELETE FROM control.load_feeds WHERE load_id = %(load_id)s"), of_load)


def forget_old(session: Session, model: Model, keep: timedelta) -> None:
    """Delete what is known of the steps of old loads, and that a feed had nothing new in them.

    What a load changed stays on record, as does the last one as a whole.
    """
    session.execute(
        sql("""WITH forgotten AS (
    DELETE FROM control.load_steps AS step
    USING control.loads AS load
    WHERE step.load_id <= (
        SELECT load_id FROM control.loads WHERE load_ts < clock_timestamp() - %(keep)s ORDER BY load_ts DESC LIMIT 1
    ) AND load.load_id = step.load_id AND load.model = %(model)s AND load.status <> 'open' AND load.load_ts < (
        SELECT max(load_ts) FROM control.loads WHERE model = %(model)s AND status = 'closed'
    )
    RETURNING step.load_id
)
DELETE FROM control.load_feeds
WHERE load_id IN (SELECT load_id FROM forgotten) AND rows_new + rows_changed + rows_gone = 0"""),
        {"model": model.name, "keep": keep},
    )
