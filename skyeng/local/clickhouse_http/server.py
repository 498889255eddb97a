"""The HTTP server: it counts the requests that use the engine, and stops in order."""

from __future__ import annotations

import socketserver
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from skyeng.local.clickhouse_http.access import Users
from skyeng.local.clickhouse_http.engine import Engine
from skyeng.local.clickhouse_http.handler import Handler
from skyeng.local.clickhouse_http.refusal import refusal
from skyeng.local.clickhouse_http.sessions import Sessions

_LOOPBACK = "127.0.0.1"
_STEP = 0.2


class ClickHouseHttpServer(ThreadingHTTPServer):
    """The local ClickHouse HTTP endpoint on a loopback port, with one thread per connection."""

    daemon_threads = True
    request_queue_size = 128
    engine: Engine
    sessions: Sessions

    def __init__(self, port: int, users: Users) -> None:
        """Reserve the port. Raises `OSError` if it is in use."""
        # For port 0, the system chooses a free port. It needs no address reuse. With reuse, the port could be one
        # that another process reserves at this moment.
        self.allow_reuse_address = port != 0
        super().__init__((_LOOPBACK, port), Handler, bind_and_activate=False)
        try:
            self.server_bind()
        except OSError:
            self.server_close()
            raise
        self.users = users
        self._at_work = 0
        self._stopping = False
        self._changed = threading.Condition()

    def server_bind(self) -> None:
        # HTTPServer's own method asks the name service for the machine's name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = _LOOPBACK, int(self.server_address[1])

    def serve(self, engine: Engine) -> None:
        """Listen, and answer in the background. Raises `OSError` if another process now listens on the port."""
        self.engine, self.sessions = engine, Sessions(engine)
        self.server_activate()
        threading.Thread(target=self.serve_forever, args=(0.1,), name="accept", daemon=True).start()

    @contextmanager
    def work(self) -> Iterator[None]:
        """Count a request that uses the engine. Raises `Refused` if the server is stopping."""
        with self._changed:
            if self._stopping:
                raise refusal("ABORTED", "the local endpoint is stopping", status=503)
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                self._changed.notify_all()

    def stop(self, grace_period: float) -> bool:
        """Cancel what runs. The grace period is in seconds.

        True if everything ended within it: only then can the engine be closed.
        """
        self.shutdown()
        self.server_close()
        with self._changed:
            self._stopping = True
        for _ in range(int(grace_period / _STEP)):
            with self._changed:
                if not self._at_work:
                    self.sessions.close()
                    return True
            self.engine.kill_all()
            with self._changed:
                self._changed.wait_for(lambda: not self._at_work, _STEP)
        return False

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        # A client that disconnected is no error. For others, log only type and place: the text could contain a secret.
        error = sys.exception()
        if error and not isinstance(error, OSError):
            frames = traceback.extract_tb(error.__traceback__)[-3:]
            places = " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
            print(
                f"skyeng.local.clickhouse_http: internal error: {type(error).__name__} at {places}",
                file=sys.stderr,
                flush=True,
            )
