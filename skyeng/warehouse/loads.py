"""The register of loads in `control`: open, closed, rolled back; and who is working on which step."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from skyeng.errors import LoadGone, LoadInProgress, StatementFailed
from skyeng.fingerprint import Method
from skyeng.hashing import HASH_VERSION
from skyeng.model import Entity, Feed, Model
from skyeng.postgres import Postgres, Session
from skyeng.sql import SQL, ident, sql


@dataclass(frozen=True)
class Load:
    """One run's change set, with one load timestamp."""

    load_id: int
    load_ts: datetime


@dataclass(frozen=True)
class Runner:
    """Who works on a load."""

    #: As a person is to read it.
    name: str
    #: A process holds a lock for as long as it lives. A runner whose steps are processes of their
    #: own, such as a DAG run, holds none between them: others keep off for so long after a step.
    #: Whoever schedules such runners sees to it that a model has one at a time.
    lease: timedelta | None = None


def this_process() -> Runner:
    return Runner(f"{getpass.getuser()}@{socket.gethostname()} (process {os.getpid()})")


@contextmanager
def exclusive(warehouse: Postgres, model: Model, part: str = "") -> Iterator[None]:
    """Be the only one who works on a model, or on a part of it such as a mart.

    PostgreSQL lets go when the process or its connection dies. Raises `LoadInProgress` that says
    who is working since when.
    """
    with warehouse.session() as session:
        if not session.scalar(sql("SELECT pg_try_advisory_lock(hashtextextended(%(key)s, 0))"), _key(model, part)):
            raise _in_progress(session, model, part)
        session.commit()  # the lock is the session's: no transaction need stay open for it
        yield


def _key(model: Model, part: str = "") -> dict[str, str]:
    return {"key": f"skyeng.{model.name}{part and f'.{part}'}"}


def _in_progress(session: Session, model: Model, part: str = "") -> LoadInProgress:
    row = (
        None
        if part
        else session.row(
            sql("SELECT run_by, started_at FROM control.loads WHERE model = %(model)s AND status = 'open'"),
            {"model": model.name},
        )
    )
    worker = f": {row[0]}, since {row[1]:%Y-%m-%d %H:%M:%S} UTC" if row else ""
    return LoadInProgress(
        f"another run of model '{model.name}' is working{f' on {part}' if part else ''}{worker}",
        where=session.database.name,
        remedy="wait for it to end, then run again: a second run at once would find nothing new",
    )


def open_load(session: Session, model: Model, method: Method, runner: Runner) -> Load:
    """Register a load under way; its timestamp is later than that of any load before it."""
    row = session.row(
        sql("""INSERT INTO control.loads (model, load_ts, status, run_by, lease, hash_version, row_hash_method)
SELECT
    %(model)s,
    greatest(clock_timestamp(), max(load_ts) + interval '1 microsecond'),
    'open', %(run_by)s, %(lease)s, %(hash_version)s, %(method)s
FROM control.loads
WHERE model = %(model)s
RETURNING load_id, load_ts"""),
        {
            "model": model.name,
            "run_by": runner.name,
            "lease": runner.lease,
            "hash_version": HASH_VERSION,
            "method": method,
        },
    )
    assert row is not None
    return Load(*row)


def last_method(session: Session, model: Model) -> Method | None:
    """How the row hashes that the warehouse keeps were computed; None before the first load.

    Raises `StatementFailed` where the vault was hashed by another version of the definition.
    """
    row = session.row(
        sql("""SELECT row_hash_method, hash_version FROM control.loads
WHERE model = %(model)s AND status = 'closed' ORDER BY load_ts DESC LIMIT 1"""),
        {"model": model.name},
    )
    if row and row[1] != HASH_VERSION:
        raise StatementFailed(
            f"the vault of model '{model.name}' holds hash keys of version {row[1]}",
            expected=f"version {HASH_VERSION}",
            remedy="use the release of skyeng that wrote them, or migrate the vault",
        )
    return row[0] if row else None


def method_of(session: Session, load: Load) -> Method:
    """How the load under way hashes rows."""
    return session.scalar(
        sql("SELECT row_hash_method FROM control.loads WHERE load_id = %(load_id)s"), {"load_id": load.load_id}
    )


#: Whether the lease of an open load has not ended.
_LEASED = sql("""SELECT EXISTS (
    SELECT FROM control.loads
    WHERE model = %(model)s AND status = 'open' AND clock_timestamp() < lease + greatest(
        started_at, (SELECT max(finished_at) FROM control.load_steps AS done WHERE done.load_id = loads.load_id))
)""")

#: Whether a step of a leased load is under way, which may outlast the lease: it holds the load's row.
_AT_WORK = sql("""SELECT (
    SELECT count(*) FROM control.loads WHERE model = %(model)s AND status = 'open' AND lease IS NOT NULL
) > (
    SELECT count(*) FROM (
        SELECT FROM control.loads
        WHERE model = %(model)s AND status = 'open' AND lease IS NOT NULL
        FOR UPDATE SKIP LOCKED
    ) AS idle
)""")


def roll_back_dead(session: Session, model: Model, runner: Runner) -> int:
    """Remove what loads that died left behind; the number of loads rolled back.

    Their rows were never visible. Left in place, a value that only the dead load saw would surface
    later. A process calls this while it is `exclusive`: no other process works then. A runner with
    a lease asks for that lock here. Raises `LoadInProgress` where somebody else is at work.
    """
    mine = sql("SELECT pg_try_advisory_xact_lock(hashtextextended(%(key)s, 0))")
    others = session.scalar(_LEASED, {"model": model.name}) if runner.lease is None else False
    if others or session.scalar(_AT_WORK, {"model": model.name}):
        raise _in_progress(session, model)
    if runner.lease is not None and not session.scalar(mine, _key(model)):
        raise _in_progress(session, model)
    dead = session.rows(
        sql("SELECT load_id, load_ts FROM control.loads WHERE model = %(model)s AND status = 'open'"),
        {"model": model.name},
    )
    for load_id, load_ts in dead:
        roll_back(session, model, Load(load_id, load_ts), "the run ended before the load was closed")
    return len(dead)


def roll_back(session: Session, model: Model, load: Load, error: str) -> None:
    """Remove a load's rows and mark it rolled back, unless another process has closed it meanwhile."""
    if _status(session, load, sql("FOR UPDATE")) != "open":
        return
    remove_rows(session, model, load)
    session.execute(
        sql("""UPDATE control.loads
SET status = 'rolled back', finished_at = clock_timestamp(), error = %(error)s
WHERE load_id = %(load_id)s"""),
        {"load_id": load.load_id, "error": error},
    )


def remove_rows(session: Session, model: Model, load: Load) -> None:
    """Take back what a load, not visible yet, wrote into the vault."""
    for entity in vault_tables(model):
        session.execute(
            sql(
                "DELETE FROM vault.{table} WHERE {load_ts} = %(load_ts)s",
                table=ident(entity.table),
                load_ts=ident(entity.load_ts),
            ),
            {"load_ts": load.load_ts},
        )


def mark_closed(session: Session, load: Load) -> None:
    """Make an open load visible, as the last statement of the transaction that completes it."""
    session.execute(
        sql("""UPDATE control.loads SET status = 'closed', finished_at = clock_timestamp()
WHERE load_id = %(load_id)s"""),
        {"load_id": load.load_id},
    )


def is_closed(session: Session, load: Load, *, alone: bool = False) -> bool:
    """Whether a load was closed already; it stays so until the session's transaction ends.

    The lock is shared, so that the steps of a load work side by side and a roll-back waits for
    them; a step that others must not work beside asks for it `alone`. Raises `LoadGone` where the load was rolled back.
    """
    status = _status(session, load, sql("FOR UPDATE") if alone else sql("FOR SHARE"))
    if status not in ("open", "closed"):
        superseded = session.scalar(
            sql("""SELECT EXISTS (SELECT FROM control.loads AS later JOIN control.loads AS mine USING (model)
WHERE mine.load_id = %(load_id)s AND later.load_id > mine.load_id AND later.status = 'closed')"""),
            {"load_id": load.load_id},
        )
        raise LoadGone(
            f"load {load.load_id} is no longer open: it was rolled back",
            remedy="nothing: a later load has brought what this one would have"
            if superseded
            else "run again, from the first step: a new load begins there",
            superseded=superseded,
        )
    return status == "closed"


def _status(session: Session, load: Load, lock: SQL) -> str | None:
    return session.scalar(
        sql("SELECT status FROM control.loads WHERE load_id = %(load_id)s {lock}", lock=lock),
        {"load_id": load.load_id},
    )


def closed_loads(session: Session, model: Model, feed: Feed) -> list[tuple[Any, ...]]:
    """Closed loads that changed a feed: timestamp, rows touched, sum of hashes, rows active."""
    return session.rows(
        sql("""SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = %(model)s AND feed = %(feed)s AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts"""),
        {"model": model.name, "feed": feed.name},
    )


def recent(session: Session, model: Model, limit: int = 10) -> list[tuple[Any, ...]]:
    """The last loads: timestamp, status, who, seconds, rows new, changed, gone, error."""
    return session.rows(
        sql("""SELECT load_ts, status, run_by, extract(epoch FROM finished_at - started_at)::double precision,
    coalesce(sum(rows_new), 0)::bigint, coalesce(sum(rows_changed), 0)::bigint,
    coalesce(sum(rows_gone), 0)::bigint, error
FROM control.loads
LEFT JOIN control.load_feeds USING (load_id)
WHERE model = %(model)s
GROUP BY load_id
ORDER BY load_ts DESC
LIMIT %(limit)s"""),
        {"model": model.name, "limit": limit},
    )


def vault_tables(model: Model) -> list[Entity]:
    """Every table of the vault, hubs first."""
    links = [part for link in model.links for part in (link, link.effectivity)]
    return [*model.hubs, *links, *model.satellites]


def row_count(entity: Entity) -> SQL:
    """Statement: rows of closed loads in a vault table, without ghost records."""
    return sql(
        "SELECT count(*) FROM vault.{table} WHERE {load_ts} > '-infinity'",
        table=ident(entity.table),
        load_ts=ident(entity.load_ts),
    )
