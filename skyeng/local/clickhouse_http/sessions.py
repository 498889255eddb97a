"""Connections for requests: a new one for each request, or the one of its session.

A connection is reused only within a session, so that the settings of one request do not affect another. Within a
session, settings in the URL apply only to their request.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from skyeng.local.clickhouse_http.engine import Connection, Engine
from skyeng.local.clickhouse_http.refusal import refusal
from skyeng.local.clickhouse_http.request import Request

_DATABASE = "default"
_GRACE_PERIOD = 0.5


@dataclass
class _Session:
    """The state that is stored between the requests of a `session_id`."""

    database: str = _DATABASE
    connection: Connection | None = None
    #: Whether it has settings of its own. Those of a request must not replace them permanently.
    sets: bool = False
    ends: float = 0.0
    busy: threading.Lock = field(default_factory=threading.Lock)

    def remember(self, connection: Connection, verb: str) -> None:
        self.sets = self.sets or verb == "SET"
        if verb == "USE":
            self.database = str(connection.row("SELECT currentDatabase()")[0])

    def close(self) -> None:
        if self.connection:
            self.connection.close()


class Sessions:
    """All sessions, by user and `session_id`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions: dict[tuple[str, str], _Session] = {}
        self._guard = threading.Lock()

    @contextmanager
    def lend(self, request: Request, verb: str, readonly: str) -> Iterator[Connection]:
        """A connection for one statement, with the database and the settings of its request."""
        session = self._take(request) if request.session else _Session()
        try:
            with self._of_session(session, request) if request.keeps_state else self._once(request, readonly) as lent:
                if request.session or request.database:
                    lent.use(request.database or session.database)
                yield lent
                session.remember(lent, verb)
        finally:
            session.ends = time.monotonic() + request.session_seconds
            if request.session:
                session.busy.release()

    def close(self) -> None:
        with self._guard:
            for session in self._sessions.values():
                if session.busy.acquire(blocking=False):
                    session.close()
            self._sessions.clear()

    def _once(self, request: Request, readonly: str) -> AbstractContextManager[Connection]:
        return self._engine.connection({**request.settings, **({"readonly": readonly} if readonly else {})})

    @contextmanager
    def _of_session(self, session: _Session, request: Request) -> Iterator[Connection]:
        """The session's own connection. Its previous settings are restored afterwards."""
        connection = session.connection = session.connection or self._engine.connect()
        before = connection.kept(request.settings) if session.sets and request.settings else None
        connection.set(request.settings)
        try:
            yield connection
        finally:
            connection.reset(request.settings)
            if before:
                connection.execute(before.encode())

    def _take(self, request: Request) -> _Session:
        key = (request.user, request.session)
        with self._guard:
            self._sweep()
            if request.session_must_exist and key not in self._sessions:
                raise refusal("SESSION_NOT_FOUND", "Session not found")
            session = self._sessions.setdefault(key, _Session())
            session.ends = math.inf  # prevents a sweep while we wait for it
        # A client receives its response a moment before the request releases the session.
        if not session.busy.acquire(timeout=_GRACE_PERIOD):
            raise refusal("SESSION_IS_LOCKED", "Session is locked by a concurrent client")
        return session

    def _sweep(self) -> None:
        """Close the sessions that have timed out."""
        now = time.monotonic()
        for key, session in list(self._sessions.items()):
            if session.ends < now and session.busy.acquire(blocking=False):
                del self._sessions[key]
                session.close()
