"""Who holds the lock that a statement of ours waits for: reported after ten seconds, and named in the error.

A statement blocks its thread, so another one looks after all of a process. It asks the server in a session of its own,
and only about a statement that has taken longer than that.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2

if TYPE_CHECKING:
    from skyeng.db.postgres import Postgres

_log = logging.getLogger(__name__)

#: After so many seconds it is asked what a statement waits for, and again after as many.
GRACE_PERIOD = 10.0
#: How often the watcher wakes up, in seconds; and after how many idle rounds it ends.
_ROUND, _IDLE_ROUNDS = 1.0, 5

#: Of other users' sessions PostgreSQL shows only as much as our rights allow.
_HOLDERS = """SELECT pid, usename, application_name, date_trunc('second', xact_start), state, left(query, 100)
FROM pg_stat_activity
WHERE pid = ANY (pg_blocking_pids(%(pid)s))
ORDER BY pid"""


@dataclass
class WatchedStatement:
    """A statement under way, in the process of that number at the server."""

    database: Postgres
    pid: int
    since: float
    asked: float
    #: The sessions that it waits for, or waited for last, in words.
    holders: str = ""
    reported: str = ""


class _Watcher:
    """The statements of this process, and a thread for as long as there are any."""

    def __init__(self) -> None:
        self.forget()
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Start again: in a process that was forked there is no thread, and none of the statements."""
        self._guard = threading.Lock()
        self._under_way: dict[int, WatchedStatement] = {}
        self._thread: threading.Thread | None = None

    def add(self, statement: WatchedStatement) -> None:
        with self._guard:
            self._under_way[id(statement)] = statement
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="lock-waits", daemon=True)
                self._thread.start()

    def remove(self, statement: WatchedStatement) -> None:
        with self._guard:
            self._under_way.pop(id(statement), None)

    def _watch(self) -> None:
        idle = 0
        while True:
            time.sleep(_ROUND)
            with self._guard:
                found = list(self._under_way.values())
                idle = 0 if found else idle + 1
                if idle >= _IDLE_ROUNDS:
                    self._thread = None
                    return
            for statement in found:
                if time.monotonic() - statement.asked >= GRACE_PERIOD:
                    statement.asked = time.monotonic()
                    with suppress(psycopg2.Error):
                        _look_after(statement)


_watcher = _Watcher()


@contextmanager
def watched(database: Postgres, pid: int | None) -> Iterator[WatchedStatement | None]:
    """Look after a statement for the length of the block."""
    if pid is None:
        yield None
        return
    now = time.monotonic()
    statement = WatchedStatement(database, pid, now, now)
    _watcher.add(statement)
    try:
        yield statement
    finally:
        _watcher.remove(statement)


def _look_after(statement: WatchedStatement) -> None:
    """Ask who holds the statement up, and report it where it is somebody else than before."""
    with closing(statement.database.open()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(_HOLDERS, {"pid": statement.pid})
            holders = "\n".join(_words(*row) for row in cursor.fetchall())
    statement.holders = holders or statement.holders
    if holders and holders != statement.reported:
        statement.reported = holders
        waited = time.monotonic() - statement.since
        limit = int(statement.database.lock_wait.total_seconds())
        _log.warning(
            "%s: a statement has been waiting for a lock for %d s, at most %d; it is held by\n%s",
            statement.database.name,
            waited,
            limit,
            holders,
        )


def _words(pid: int, user: str | None, application: str | None, since: object, state: str | None, query: str) -> str:
    who = f"session {pid} of {user or 'a user that we may not see'}{f' ({application})' if application else ''}"
    begun = f", in a transaction since {since:%Y-%m-%d %H:%M:%S %Z}" if since else ""
    return f"{who}{begun}, {state or 'state unknown'}: {' '.join(query.split())}".rstrip(": ")
