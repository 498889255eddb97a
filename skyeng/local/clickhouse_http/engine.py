"""The chDB engine of the process: its connections, and results that are read while the query runs."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from skyeng.db.chdb_options import OPTIONS
from skyeng.errors import EmbeddedServerError
from skyeng.local.clickhouse_http.refusal import Refused, from_engine, refusal

#: Settings in which chDB differs from a server: on a server, `garbage` is a syntax error, not `SELECT garbage`.
_LIKE_A_SERVER = {"implicit_select": "0", "allow_introspection_functions": "0"}

#: ClickHouse's own errors are `RuntimeError`. Errors of the C++ library come as Python errors of the same meaning.
_ERRORS = (RuntimeError, ValueError, IndexError, OverflowError, MemoryError)

_SETTING = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_CHUNK = 1 << 20
_GRACE_PERIOD = 0.5


class Engine:
    """chDB over one folder, for as long as the process runs. Only this class imports `chdb`."""

    def __init__(self, folder: Path) -> None:
        """Open the folder. Raises `EmbeddedServerError` if it cannot, such as when another process uses it."""
        self._path = f"{folder}?{urlencode(OPTIONS)}"
        with _stderr_aside() as said:
            # The import is slow, and only the serving process may do it.
            import chdb

            self._chdb = chdb
            try:
                # An open connection keeps the engine running and the folder locked.
                self._anchor = chdb.connect(self._path)
            except RuntimeError as exc:
                raise _cannot_open(folder, said(), exc) from exc
        with self.connection() as connection:
            self.version, self.timezone, closed = connection.row(
                "SELECT version(), timezone(),"
                " (SELECT groupArray(lower(name)) FROM system.table_functions WHERE NOT allow_readonly)"
            )
        #: Table functions that access data outside the engine.
        self.reaching = frozenset(str(name) for name in closed)

    @contextmanager
    def connection(self, settings: Mapping[str, str] | None = None) -> Iterator[Connection]:
        """A connection for one use. Opening one costs less than a tenth of a query."""
        connection = self.connect(settings)
        try:
            yield connection
        finally:
            connection.close()

    def connect(self, settings: Mapping[str, str] | None = None) -> Connection:
        """A connection with these settings. If `readonly` is among them, it must be the last."""
        connection = Connection(self._chdb.connect(self._path))
        try:
            connection.set(_LIKE_A_SERVER | {"log_comment": connection.tag} | dict(settings or {}))
        except Refused:
            connection.close()
            raise
        return connection

    def kill(self, tag: str) -> None:
        """Cancel the running query of a connection. Its caller gets an error."""
        self._kill(f"Settings['log_comment'] = '{tag}'")

    def kill_all(self) -> None:
        self._kill("1")

    def _kill(self, condition: str) -> None:
        with self.connection() as connection, suppress(Refused):
            connection.execute(f"KILL QUERY WHERE {condition} ASYNC".encode())

    def canonical(self, text: bytes) -> str:
        """A statement as the engine's own parser writes it. Raises `Refused` for a syntax error."""
        with self.connection() as connection:
            try:
                return str(connection.row("SELECT formatQuerySingleLine({text:String})", {"text": _escaped(text)})[0])
            except Refused as exc:
                raise Refused(exc.code, _ABOUT_FORMATTING.sub("", exc.text)) from None

    def close(self) -> None:
        self._anchor.close()


class Connection:
    """Settings, database and temporary tables of a request or a session. It runs one statement at a time."""

    def __init__(self, chdb: Any) -> None:
        self._chdb = chdb
        #: Identifies the running query of this connection in the engine.
        self.tag = uuid.uuid4().hex

    def execute(self, text: bytes, parameters: Mapping[str, str] | None = None, format_: str = "TabSeparated") -> Any:
        """Run a statement. The whole result is held in memory. Raises `Refused`."""
        try:
            return self._chdb.query(text, format_, params=dict(parameters or {}))
        except _ERRORS as exc:
            raise from_engine(str(exc)) from None

    def row(self, text: str, parameters: Mapping[str, str] | None = None) -> list[Any]:
        return json.loads(bytes(self.execute(text.encode(), parameters, "JSONCompactEachRow").bytes()))

    def set(self, settings: Mapping[str, str]) -> None:
        for name in settings:
            if not _SETTING.fullmatch(name):
                raise refusal("UNKNOWN_SETTING", f"Unknown setting '{name}'.")
        if settings:
            given = ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items())
            self.execute(b"SET " + _bytes(given))

    def reset(self, names: Iterable[str]) -> None:
        """Reset settings to their default values."""
        if given := ", ".join(f"{name} = DEFAULT" for name in names):
            self.execute(_bytes(f"SET {given}"))

    def kept(self, names: Iterable[str]) -> str | None:
        """The statement that restores the current values of settings, or None. Costs as much as several queries."""
        wanted = ", ".join(_quoted(name) for name in names)
        question = f"SELECT name, value, changed FROM system.settings WHERE name IN ({wanted})"  # noqa: S608 - quoted
        found = self.execute(_bytes(question), format_="JSONCompactEachRow")
        rows = [json.loads(line) for line in bytes(found.bytes()).splitlines()]
        before = [f"{name} = {_quoted(value) if changed else 'DEFAULT'}" for name, value, changed in rows]
        return f"SET {', '.join(before)}" if before else None

    def use(self, database: str) -> None:
        self.execute(_bytes("USE `" + database.replace("\\", "\\\\").replace("`", "\\`") + "`"))

    def close(self) -> None:
        self._chdb.close()


class Running:
    """A query that runs in its own thread. Its rows are read here from a pipe.

    The engine writes to the pipe as to a file. So any format can be streamed, and the engine waits for a slow reader.
    It does not notice that the reader has stopped. Therefore an abandoned query is cancelled by its tag.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading, self._writing = os.pipe()
        #: The path of the pipe for use in a statement.
        self.path = f"/dev/fd/{self._writing}"
        with suppress(AttributeError, OSError):  # Linux only, up to the limit of the system
            fcntl.fcntl(self._reading, fcntl.F_SETPIPE_SZ, _CHUNK)
        self._result: Any = None
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._reading)
        self._close_writing()

    @contextmanager
    def at_work(self, connection: Connection, text: bytes, parameters: Mapping[str, str]) -> Iterator[None]:
        """Run the query during the block. It is cancelled if it still runs at the end."""
        work = threading.Thread(target=self._work, args=(connection, text, parameters), name="query", daemon=True)
        self._thread = work
        work.start()
        try:
            yield
        finally:
            while work.is_alive():
                self._engine.kill(connection.tag)
                with suppress(ConnectionAbortedError):
                    for _ in self.chunks(lambda: True):
                        pass
                work.join(_GRACE_PERIOD)

    def _work(self, connection: Connection, text: bytes, parameters: Mapping[str, str]) -> None:
        try:
            self._result = connection.execute(text, parameters)
        except BaseException as exc:  # finish() raises it in the thread of the reader
            self._error = exc
        finally:
            self._close_writing()

    def _close_writing(self) -> None:
        if self._writing >= 0:
            end, self._writing = self._writing, -1
            os.close(end)

    def chunks(self, nobody_waits: Callable[[], bool]) -> Iterator[bytes]:
        """The output of the query until it ends. `finish` reports whether it succeeded.

        Raises `ConnectionAbortedError` if there is no output for a while and no client waits for it.
        """
        arrived = select.poll()
        arrived.register(self._reading, select.POLLIN)
        while True:
            if not arrived.poll(_GRACE_PERIOD * 1000):
                if nobody_waits():
                    raise ConnectionAbortedError
            elif chunk := os.read(self._reading, _CHUNK):
                yield chunk
            else:
                return

    def finish(self) -> Any:
        """The engine's result, without rows. Raises the query's error: the rows that were read are then incomplete."""
        assert self._thread is not None
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result


_ABOUT_FORMATTING = re.compile(r": In scope SELECT formatQuerySingleLine\(.*(?=\. \(\w+\)$)", re.DOTALL)


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _escaped(text: bytes) -> str:
    """A text as the value of a parameter. Raises `Refused` if it is not UTF-8."""
    try:
        plain = text.decode()
    except UnicodeDecodeError:
        raise refusal("BAD_ARGUMENTS", "the query is not UTF-8") from None
    return plain.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _cannot_open(folder: Path, said: str, exc: Exception) -> EmbeddedServerError:
    if "Cannot lock" in said:
        return EmbeddedServerError(f"the folder is in use by another process: {folder}")
    reason = from_engine(said.strip().splitlines()[-1] if said.strip() else str(exc)).text
    return EmbeddedServerError(f"the folder cannot be opened: {folder}: {reason}")


@contextmanager
def _stderr_aside() -> Iterator[Callable[[], str]]:
    """Capture what the engine prints while it starts. Only this output has the true reason of a failure."""
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile() as aside:

        def said() -> str:
            aside.seek(0)
            return aside.read().decode(errors="replace")

        try:
            os.dup2(aside.fileno(), 2)
            yield said
        finally:
            os.dup2(shown, 2)
            os.close(shown)
