"""The step log: which steps of a load are completed. So a step may be repeated, and only a complete load is closed.

A step is recorded in the transaction that does its work, so that both happen or neither.
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

#: Recorded as a step where rows that were staged cannot be loaded.
_REFUSED = "refused"

#: Rows written, by table.
Counts = dict[str, int]


def done(session: Session, load: Load) -> dict[str, Counts]:
    """The completed steps of a load, and what each wrote."""
    steps = sql("SELECT step, counts FROM control.load_steps WHERE load_id = %(load_id)s")
    return dict(session.rows(steps, {"load_id": load.load_id}))


def require(load: Load, steps: Collection[str], before: str, completed: Mapping[str, Counts]) -> None:
    """Raise `StepMissing` unless all these steps are completed."""
    missing = [step for step in steps if step not in completed]
    if missing:
        raise StepMissing(
            f"load {load.load_id} cannot go on with {before}: not done yet: {', '.join(missing)}",
            expected="every step in its order; marking a task as done by hand does not do it",
            remedy="run these steps (in Airflow: clear them), then this one; nothing of the load is visible until then",
        )


def record(session: Session, load: Load, step: str, counts: Counts, seconds: float) -> None:
    """Record a step as completed. If another worker recorded it meanwhile, that record stays."""
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
    """Record that the block refused the staged rows. A repeated step then reads the source again."""
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
    """Delete the records of a load's steps and changes, so that all steps run again."""
    of_load = {"load_id": load.load_id}
    session.execute(sql("DELETE FROM control.load_steps WHERE load_id = %(load_id)s"), of_load)
    session.execute(sql("DELETE FROM control.load_feeds WHERE load_id = %(load_id)s"), of_load)


def forget_old(session: Session, model: Model, keep: timedelta) -> None:
    """Delete the step log of old loads, and their entries of feeds that had nothing new.

    The changes that a load made stay recorded. Of the last closed load, everything stays recorded.
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
