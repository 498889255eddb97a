"""Runs that are killed: after a chosen statement, in the middle of a transfer, or at any instant.

Started as a program, this imports all that a run needs, opens nothing, and then forks a process for
each run that is asked of it: a kill costs no start of Python. Orders and reports are lines of JSON.
In the forked process the drivers' own classes are extended, so that nothing that goes to a server
passes unseen, and the engine's code is as it always is.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

import clickhouse_connect.driver.httpclient  # noqa: F401 - imported once, not by each run that is killed
import psycopg2
import psycopg2.extensions

from skyeng import runs
from skyeng.db import clickhouse as clickhouse
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.errors import SkyengError
from skyeng.marts import housekeeping
from skyeng.model import load_model
from skyeng.sql import SQL
from skyeng.vault import bulk, loading


@dataclass(frozen=True)
class Failpoint:
    """A moment of a run: so many times something was done."""

    done: str
    times: int

    def __str__(self) -> str:
        return f"{self.done[:90]} #{self.times}"


@dataclass(frozen=True)
class Ended:
    """How a run ended that might be killed."""

    #: The process was killed before its end.
    killed: bool
    seconds: float
    #: What it did, in order; of a run that was killed, nothing.
    passed: list[Failpoint] = field(default_factory=list, repr=False)
    #: What `SkyengError` it ended with; a traceback where it was another error.
    error: str = ""
    traceback: bool = False


class Killer:
    """Starts runs, and kills them."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(
        self,
        stores: Stores,
        *,
        at: Failpoint | None = None,
        after: float | None = None,
        bulk: bool = False,
        model: str = "courses",
        **options: Any,
    ) -> Ended:
        """One run of a model, killed at a failpoint or after so many seconds if it lives then.

        `bulk`: an empty table is filled as if the load were large.
        """
        urls = [stores.source.url, stores.warehouse.url, stores.datamart.url]
        how = {"at": asdict(at) if at else None, "after": after, "bulk": bulk}
        order = {"urls": urls, "options": options, "model": model, **how}
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        told["passed"] = [Failpoint(**it) for it in told.get("passed", ())]
        return Ended(**told)

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


#: Within a statement, what is another one in every run: a time; which buckets and rows differ.
_VALUE = re.compile(r"'\d{4}-\d\d-\d\d[ T][^']*'")
_LISTED = r"ANY\('\{[-0-9,]+\}'::[a-z]+\[\]\)"
_PLACES, _BUCKETS = rf"\w+ = {_LISTED}", rf"coalesce\(row_place [^']+?\) = {_LISTED}"
#: The condition that picks them, as a pattern.
DIFFERING = rf"\((?:{_PLACES} OR {_BUCKETS}|{_PLACES}|{_BUCKETS})\)"
#: The same command for each load of several.
_FOR_EACH_LOAD = re.compile(r"(UPDATE .+?)(?:, \1)+(?= SETTINGS)")
_DIFFERING = re.compile(rf"{DIFFERING}|(?<=WHERE )(?:true|false)\b")


class Watch:
    """Notes what a run does, and kills its process at the failpoint."""

    def __init__(self, at: Failpoint | None) -> None:
        self._at = at
        self._times: Counter[str] = Counter()
        self._guard = threading.Lock()
        self.passed: list[Failpoint] = []

    def did(self, what: str) -> None:
        what = " ".join(_VALUE.sub("?", _DIFFERING.sub("?", what)).split())
        what = _FOR_EACH_LOAD.sub(r"\1", what)
        with self._guard:
            self._times[what] += 1
            self.passed.append(Failpoint(what, self._times[what]))
            if self.passed[-1] == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


class _Copied:
    """What COPY reads or writes: the failpoint is when the first part has passed and the rest has not."""

    def __init__(self, watch: Watch, stream: IO[bytes], what: str) -> None:
        self._watch, self._stream, self._what = watch, stream, what
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        part = self._stream.read(size)
        self._passed()
        return part

    def write(self, part: bytes) -> int:
        written = self._stream.write(part)
        self._passed()
        return written

    def _passed(self) -> None:
        if not self._begun:
            self._begun = True
            self._watch.did(f"within {self._what}")


def watch_postgres(watch: Watch) -> None:
    """Pass every statement, transfer and commit of this process by the failpoint.

    Only what sets a new session up is left out: a kill there is one after the statement before.
    """

    def sent(connection: Any, what: str) -> None:
        connection.last = what
        watch.did(what)

    class Cursor(psycopg2.extensions.cursor):
        def execute(self, query: Any, vars: Any = None) -> None:  # noqa: A002 - the driver's name
            super().execute(query, vars)
            if "SET LOCAL datestyle" not in str(query):
                sent(self.connection, str(query) + (f" [{vars['step']}]" if vars and "step" in vars else ""))

        def copy_expert(self, sql: Any, file: Any, size: int = 8192) -> None:
            super().copy_expert(sql, _Copied(watch, file, sql), size)
            sent(self.connection, sql)

    class Connection(psycopg2.extensions.connection):
        last = ""

        def commit(self) -> None:
            super().commit()
            if self.last:
                watch.did(f"COMMIT after {self.last}")

    connect = psycopg2.connect

    def watched(*arguments: Any, **options: Any) -> Any:
        return connect(*arguments, connection_factory=Connection, cursor_factory=Cursor, **options)

    psycopg2.connect = watched


def watch_clickhouse(watch: Watch) -> None:
    """The same for the datamart."""
    session: Any = clickhouse.ClickHouseSession
    execute, rows, insert = session.execute, session.rows, session.insert

    def watched_execute(self: Any, statement: SQL, parameters: Any = None) -> None:
        execute(self, statement, parameters)
        watch.did(statement.text)

    def watched_rows(self: Any, statement: SQL, parameters: Any = None) -> Any:
        found = rows(self, statement, parameters)
        watch.did(statement.text)
        return found

    def watched_insert(self: Any, table: str, columns: Any, chunks: Iterable[bytes]) -> None:
        def sent() -> Iterator[bytes]:
            for chunk in chunks:
                half = len(chunk) // 2
                yield chunk[:half]
                watch.did(f"within the insert into {table}")
                yield chunk[half:]

        insert(self, table, columns, sent())
        watch.did(f"insert into {table}")

    session.execute, session.rows, session.insert = watched_execute, watched_rows, watched_insert


def _run(order: dict[str, Any], reports: int) -> None:
    watch = Watch(Failpoint(**order["at"]) if order["at"] else None)
    watch_postgres(watch)
    watch_clickhouse(watch)
    # What a load ended is set apart after it, however little that is.
    housekeeping.LEAST_ENDED = 1
    if order["bulk"]:
        loading.WORTH_BULK = bulk.WORTH_BULK = 1
    source, warehouse, datamart = order["urls"]
    stores = Stores(
        Postgres("pg_datasource", source), Postgres("pg_datawarehouse", warehouse), clickhouse.ClickHouse(datamart)
    )
    told: dict[str, Any] = {}
    try:
        runs.run(MODELS[order["model"]], stores, **order["options"])
    except SkyengError as exc:
        told = {"error": str(exc)}
    except BaseException as exc:
        told = {"error": repr(exc), "traceback": True}
    told["passed"] = [asdict(it) for it in watch.passed]
    with os.fdopen(reports, "w") as end:
        json.dump(told, end)


def _forked(order: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    begun = time.perf_counter()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(reading)
            _run(order, writing)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    if order["after"] is not None:
        time.sleep(order["after"])
        os.kill(child, signal.SIGKILL)
    with os.fdopen(reading) as reports:
        text = reports.read()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    told = json.loads(text) if text and not killed else {}
    return {"killed": killed, "seconds": time.perf_counter() - begun, **told}


if __name__ == "__main__":
    MODELS = {"courses": load_model("courses"), "shop": load_model(Path(__file__).parent / "models" / "shop")}
    for line in sys.stdin:
        print(json.dumps(_forked(json.loads(line))), flush=True)
