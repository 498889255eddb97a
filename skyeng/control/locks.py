"""Locks: one runner at a time works on a model, and one that died or hangs loses its lock.

A process holds an advisory lock of PostgreSQL in a session of its own, and sends a heartbeat every few
seconds. PostgreSQL releases the lock as soon as the connection ends. It ends a session that sent no
heartbeat for `IDLE_TIMEOUT`, so a hung process is taken over in the same way as a dead one.
"""

from __future__ import annotations

import getpass
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from skyeng.db.postgres import Postgres, Session
from skyeng.errors import LoadInProgress, SkyengError
from skyeng.model import Model
from skyeng.sql import literal, sql

#: After so long without a heartbeat, a process loses its lock.
IDLE_TIMEOUT = timedelta(seconds=60)
#: PostgreSQL truncates the name of a session to this length.
_LONGEST_NAME = 63


@dataclass(frozen=True)
class Runner:
    """A process or a DAG run that works on a load."""

    #: The name in messages.
    name: str
    #: None for a process: it holds a lock while it lives. The steps of a DAG run are processes of
    #: their own, so it holds no lock between them: others are locked out for so long after a step.
    lease: timedelta | None = None
    #: What ensures that a model has one such runner at a time, such as an Airflow. If its next runner
    #: finds a load of the same scheduler open, that load is dead. Another scheduler's lease is respected.
    scheduler: str | None = None


def this_process() -> Runner:
    return Runner(f"{_user()}@{socket.gethostname()} (process {os.getpid()})")


def _user() -> str:
    """Name of the user. In a container a user may have a number only."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


@dataclass(frozen=True)
class Hold:
    """A lock of a process. The process has it until the server ends the session."""

    session: Session
    what: str

    def check(self) -> None:
        """Raise `LoadInProgress` where the lock was lost meanwhile: another runner may be at work."""
        try:
            self.session.execute(sql("SELECT"))
            self.session.commit()  # within a transaction, the server would wait without a limit
        except SkyengError as exc:
            raise LoadInProgress(
                f"this run sent no heartbeat for too long, and lost its lock on {self.what}",
                where=self.session.database.name,
                expected=f"a heartbeat at least every {int(IDLE_TIMEOUT.total_seconds())} s",
                remedy="run again: what it left behind was not seen by anybody",
            ) from exc


@contextmanager
def exclusive(warehouse: Postgres, model: Model, part: str = "", runner: Runner | None = None) -> Iterator[Hold]:
    """Hold the lock of a model, or of a part of it such as a mart, during the block.

    Raises `LoadInProgress` where another runner holds it. The error names that runner and its start.
    """
    key = _key_of(model, part)
    with _session(warehouse, runner or this_process()) as session:
        if not session.scalar(sql("SELECT pg_try_advisory_lock(hashtextextended(%(key)s, 0))"), {"key": key}):
            raise in_progress(session, model, part)
        with _alive(session):
            yield Hold(session, part or f"model '{model.name}'")


@contextmanager
def at_work(warehouse: Postgres, load_id: int, runner: Runner) -> Iterator[None]:
    """Show that a step of a load is under way, even if it takes longer than the lease."""
    with _session(warehouse, runner) as session:
        shared = sql("SELECT pg_advisory_lock_shared(hashtextextended(%(key)s, 0))")
        session.execute(shared, {"key": _step_key(load_id)})
        with _alive(session):
            yield


def nobody_at_work(session: Session, load_id: int) -> bool:
    """Whether no step of a load is under way. If so, none can begin until the transaction ends."""
    free = sql("SELECT pg_try_advisory_xact_lock(hashtextextended(%(key)s, 0))")
    return session.scalar(free, {"key": _step_key(load_id)})


def claim(session: Session, model: Model, runner: Runner, part: str = "") -> bool:
    """Lock a model, or a part of it, until the transaction ends. Returns False if another process works on it."""
    _introduce(session, runner.name)
    mine = sql("SELECT pg_try_advisory_xact_lock(hashtextextended(%(key)s, 0))")
    return session.scalar(mine, {"key": _key_of(model, part)})


def in_progress(session: Session, model: Model, part: str = "") -> LoadInProgress:
    """The error for a concurrent run. It names the runner that works, and since when."""
    worker = session.row(
        sql("""SELECT run_by, started_at FROM control.loads
WHERE model = %(model)s AND status = 'open' AND %(part)s = '' AND lease IS NOT NULL
UNION ALL
SELECT application_name, backend_start
FROM pg_locks
JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objsubid = 1
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (classid::bigint << 32 | objid::bigint) = hashtextextended(%(key)s, 0)
LIMIT 1"""),
        {"model": model.name, "part": part, "key": _key_of(model, part)},
    )
    who = f": {worker[0]}, since {worker[1]:%Y-%m-%d %H:%M:%S} UTC" if worker and worker[0] else ""
    return LoadInProgress(
        f"another run of model '{model.name}' is working{f' on {part}' if part else ''}{who}",
        where=session.database.name,
        remedy="wait for it to end, then run again: a second run at once would find nothing new",
    )


def _key_of(model: Model, part: str = "") -> str:
    """Name of the lock of a model, or of a part of it.

    The prefix separates it from other locks, because a model may have any name.
    """
    return f"skyeng.model.{model.name}{part and f'.{part}'}"


def _step_key(load_id: int) -> str:
    return f"skyeng.load.{load_id}"


def _introduce(session: Session, name: str) -> None:
    session.execute(sql("SELECT set_config('application_name', %(name)s, false)"), {"name": name[:_LONGEST_NAME]})


@contextmanager
def _session(warehouse: Postgres, runner: Runner) -> Iterator[Session]:
    """A session for a lock only.

    If the session is lost, the work done under the lock does not fail. Where its load was taken over,
    it was rolled back, and its own steps detect that.
    """
    with ExitStack() as stack:
        session = stack.enter_context(warehouse.session(alone=True))
        _introduce(session, runner.name)
        try:
            yield session
        finally:
            with suppress(SkyengError):
                # Release the lock at once: a server may end a closed session with a delay.
                session.execute(sql("SELECT pg_advisory_unlock_all()"))
            with suppress(SkyengError):
                stack.close()


@contextmanager
def _alive(session: Session) -> Iterator[None]:
    """Send heartbeats in a session during a block. The server ends the session if this process hangs."""
    idle_timeout = literal(f"{int(IDLE_TIMEOUT.total_seconds() * 1000)}ms")
    session.execute(sql("SET idle_session_timeout = {idle_timeout}", idle_timeout=idle_timeout))
    session.commit()  # the lock belongs to the session, so no transaction has to stay open for it
    ended = threading.Event()

    def beat() -> None:
        with suppress(SkyengError):
            while not ended.wait(IDLE_TIMEOUT.total_seconds() / 4):
                session.execute(sql("SELECT"))
                session.commit()

    beating = threading.Thread(target=beat, name="heartbeat", daemon=True)
    beating.start()
    try:
        yield
    finally:
        ended.set()
        beating.join()
