"""The register of loads in `control`: open, closed or rolled back, and the sessions of their steps."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from skyeng.control import locks
from skyeng.control.locks import Runner
from skyeng.db.postgres import Session
from skyeng.errors import LoadRolledBack, StatementFailed
from skyeng.hashing.checksums import Method
from skyeng.hashing.hash_keys import HASH_VERSION
from skyeng.model import Entity, Feed, Model
from skyeng.sql import SQL, ident, sql

#: How long to wait for a step under way when its load is taken over, in seconds.
GRACE_PERIOD = 10.0


@dataclass(frozen=True)
class Load:
    """One run's change set, with one load timestamp."""

    load_id: int
    load_ts: datetime
    #: Why the load began with a full comparison with the vault itself. Empty where it did not need one.
    rebuilt_because: str = field(default="", compare=False)


def open_load(session: Session, model: Model, method: Method, runner: Runner) -> Load:
    """Register a new open load.

    Its timestamp is later than that of any load of the model before it, even if the clock went back. No other load
    of the warehouse has it: if a load of another model does, the next free microsecond is taken.
    """
    for later in itertools.count():
        row = session.row(
            sql("""INSERT INTO control.loads
    (model, load_ts, status, run_by, lease, scheduler, hash_version, row_hash_method)
SELECT
    %(model)s,
    greatest(clock_timestamp(), max(load_ts) + interval '1 microsecond') + %(later)s * interval '1 microsecond',
    'open', %(run_by)s, %(lease)s, %(scheduler)s, %(hash_version)s, %(method)s
FROM control.loads
WHERE model = %(model)s
ON CONFLICT (load_ts) DO NOTHING
RETURNING load_id, load_ts"""),
            {
                "model": model.name,
                "later": later,
                "run_by": runner.name,
                "lease": runner.lease,
                "scheduler": runner.scheduler,
                "hash_version": HASH_VERSION,
                "method": method,
            },
        )
        if row is not None:
            return Load(*row)
    raise AssertionError("a timestamp is free at last")


def check_hash_version(session: Session, model: Model) -> None:
    """Raise `StatementFailed` where another version of the definition was used for the vault's hash keys."""
    found = session.scalar(
        sql("""SELECT hash_version FROM control.loads
WHERE model = %(model)s AND status = 'closed' ORDER BY load_ts DESC LIMIT 1"""),
        {"model": model.name},
    )
    if found not in (None, HASH_VERSION):
        raise StatementFailed(
            f"the vault of model '{model.name}' holds hash keys of version {found}",
            expected=f"version {HASH_VERSION}",
            remedy="use the release of skyeng that wrote them, or load a new warehouse",
        )


def method_of(session: Session, load: Load) -> Method:
    """The method by which the load under way hashes rows."""
    return session.scalar(
        sql("SELECT row_hash_method FROM control.loads WHERE load_id = %(load_id)s"), {"load_id": load.load_id}
    )


def roll_back_dead(session: Session, model: Model, runner: Runner) -> int:
    """Roll back a dead load, and delete its rows. Returns the number of loads rolled back.

    Its rows were never visible. If they stayed, a value that only the dead load read would become
    visible later. A process calls this within `exclusive`, so no other process works then. A runner
    with a lease takes that lock here. Raises `LoadInProgress` where another runner is at work.
    """
    if runner.lease is not None and not locks.claim(session, model, runner):
        raise locks.in_progress(session, model)
    row = session.row(
        sql("""SELECT load_id, load_ts, lease IS NOT NULL, scheduler, clock_timestamp() < lease + greatest(
    started_at, (SELECT max(finished_at) FROM control.load_steps AS done WHERE done.load_id = loads.load_id))
FROM control.loads WHERE model = %(model)s AND status = 'open'"""),
        {"model": model.name},
    )
    if row is None:
        return 0
    load, leased, scheduler, runs = Load(*row[:2]), *row[2:]
    another = runner.scheduler is None or runner.scheduler != scheduler
    if leased and ((runs and another) or not locks.nobody_at_work(session, load.load_id)):
        raise locks.in_progress(session, model)
    _end_hanging_steps(session, load)
    roll_back(session, model, load, "the run ended before the load was closed")
    return 1


def _end_hanging_steps(session: Session, load: Load) -> None:
    """Wait `GRACE_PERIOD` for a step under way, then end its session: its runner no longer answers."""
    free = sql("SELECT FROM control.loads WHERE load_id = %(load_id)s FOR UPDATE SKIP LOCKED")
    of_load = {"load_id": load.load_id, "name": _session_name(load)}
    until = time.monotonic() + GRACE_PERIOD
    while not session.rows(free, of_load) and time.monotonic() < until:
        time.sleep(0.1)
    session.execute(
        sql("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = %(name)s AND datname = current_database() AND usename = current_user"""),
        of_load,
    )


def roll_back(session: Session, model: Model, load: Load, error: str) -> None:
    """Delete a load's rows and mark it rolled back, unless another process has closed it meanwhile."""
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
    """Delete the rows that a load, not visible yet, wrote into the vault."""
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
    """Whether a load is closed already. Its status does not change until the session's transaction ends.

    The lock is shared: steps of a load run concurrently, and a roll-back waits for them. A step that must run alone
    asks for an exclusive lock with `alone`. Raises `LoadRolledBack` where the load was rolled back.
    """
    session.execute(sql("SELECT set_config('application_name', %(name)s, true)"), {"name": _session_name(load)})
    status = _status(session, load, sql("FOR UPDATE") if alone else sql("FOR SHARE"))
    if status not in ("open", "closed"):
        superseded = session.scalar(
            sql("""SELECT EXISTS (SELECT FROM control.loads AS later JOIN control.loads AS mine USING (model)
WHERE mine.load_id = %(load_id)s AND later.load_id > mine.load_id AND later.status = 'closed')"""),
            {"load_id": load.load_id},
        )
        raise LoadRolledBack(
            f"load {load.load_id} is no longer open: it was rolled back, or a restored warehouse does not know it",
            remedy="nothing: a later load has brought what this one would have"
            if superseded
            else "run again, from the first step: a new load begins there",
            superseded=superseded,
        )
    return status == "closed"


def _session_name(load: Load) -> str:
    """The name of the sessions that run a load's steps."""
    return f"skyeng load {load.load_id}"


def _status(session: Session, load: Load, lock: SQL) -> str | None:
    return session.scalar(
        # The timestamp is compared too: a warehouse restored from a backup assigns the same numbers again.
        sql("SELECT status FROM control.loads WHERE load_id = %(load_id)s AND load_ts = %(load_ts)s {lock}", lock=lock),
        {"load_id": load.load_id, "load_ts": load.load_ts},
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
    """The last loads: timestamp, status, runner, seconds, rows new, changed, deleted, error."""
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


@dataclass(frozen=True)
class Totals:
    """Totals of all loads of a model, from the register."""

    #: The time of the query, by the warehouse's clock.
    now: datetime
    closed: int
    rolled_back: int
    #: When the last load was closed, and how long it took in seconds.
    last_closed: datetime | None
    seconds: float | None
    #: By feed: rows new, changed and deleted in all loads together, and rows active after the last.
    feeds: Mapping[str, tuple[int, int, int, int]]


def totals(session: Session, model: Model) -> Totals:
    """Sum up all loads of a model. Reads the register only."""
    of_model = {"model": model.name}
    now, closed, rolled_back, last_closed, seconds = session.rows(
        sql("""SELECT clock_timestamp(), count(*) FILTER (WHERE status = 'closed'),
    count(*) FILTER (WHERE status = 'rolled back'), max(finished_at) FILTER (WHERE status = 'closed'),
    (array_agg(extract(epoch FROM finished_at - started_at)::double precision ORDER BY load_ts DESC)
        FILTER (WHERE status = 'closed'))[1]
FROM control.loads WHERE model = %(model)s"""),
        of_model,
    )[0]
    feeds = session.rows(
        sql("""SELECT feed, sum(rows_new)::bigint, sum(rows_changed)::bigint, sum(rows_gone)::bigint,
    (array_agg(rows_active ORDER BY load_ts DESC))[1]
FROM control.load_feeds
JOIN control.loads USING (load_id)
WHERE model = %(model)s AND status = 'closed'
GROUP BY feed"""),
        of_model,
    )
    by_feed = {feed: (new, changed, deleted, active) for feed, new, changed, deleted, active in feeds}
    return Totals(now, closed, rolled_back, last_closed, seconds, by_feed)


def rows_active(session: Session, model: Model, feed: Feed) -> int:
    """How many rows of a feed the last closed load left active, by the register of loads."""
    return (
        session.scalar(
            sql("""SELECT rows_active FROM control.load_feeds JOIN control.loads USING (load_id)
WHERE model = %(model)s AND feed = %(feed)s AND status = 'closed' ORDER BY load_ts DESC LIMIT 1"""),
            {"model": model.name, "feed": feed.name},
        )
        or 0
    )


def vault_tables(model: Model) -> list[Entity]:
    """Every vault table of a model, hubs first."""
    links = [part for link in model.links for part in (link, link.effectivity)]
    return [*model.hubs, *links, *model.satellites]


def row_counts(session: Session, model: Model) -> list[tuple[str, int]]:
    """The number of rows of loads by vault table, without ghost records, hubs first."""
    return [(entity.table, session.scalar(row_count(entity))) for entity in vault_tables(model)]


def row_count(entity: Entity) -> SQL:
    """Statement that counts the rows of loads in a vault table, without ghost records."""
    return sql(
        "SELECT count(*) FROM vault.{table} WHERE {load_ts} > '-infinity'",
        table=ident(entity.table),
        load_ts=ident(entity.load_ts),
    )
