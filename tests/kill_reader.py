"""Readers that ask warehouse and datamart all the while, and note every state they see."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any

import psycopg2

from conftest import World
from skyeng.sql import SQL

#: How many rows, and a digest of what they say: the same from source, vault and mart.
State = tuple[int, str]

#: Asks one store; rows.
Ask = Callable[[str], list[tuple[Any, ...]]]

_IDS = ("course_id", "stream_id", "module_id", "lesson_id")
_TEXTS = ("course_title", "stream_name", "module_title", "lesson_title", "lesson_description", "module_order_in_stream")

#: A moment after every load.
_LATER = "2100-01-01 00:00:00"


def postgres_state(rows: str) -> str:
    """Query for the state of rows with the feed's columns."""
    line = ", ".join(f"coalesce({column}::text, '-')" for column in _IDS + _TEXTS)
    return f"""SELECT count(*), md5(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), ''))
FROM (SELECT concat_ws('|', {line}) AS line FROM {rows} AS feed) AS lines"""


def clickhouse_state(rows: str) -> str:
    """Query for the state of rows with the mart's columns."""
    columns = [f"h_{it}" for it in _IDS]
    columns += ["l_" + it if it == "module_order_in_stream" else ("s_" if "desc" in it else "h_") + it for it in _TEXTS]
    line = ", ".join(f"ifNull(toString({column}), '-')" for column in columns)
    return f"""SELECT count(), lower(hex(MD5(arrayStringConcat(arraySort(groupArray(
    arrayStringConcat([{line}], '|'))), '\\n')))) FROM {rows}"""


#: Seconds between two reads that nobody waits for.
_PAUSE = 0.25

#: The states that each view was seen in, without repetitions.
Seen = dict[str, list[State]]


class Reader:
    """A thread with a connection of its own that reads its views over and over."""

    def __init__(self, queries: dict[str, str], connect: Callable[[], AbstractContextManager[Ask]]) -> None:
        self.reads = self.begun = 0
        self._queries, self._connect = queries, connect
        self._seen: Seen = {name: [] for name in queries}
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._stopping, self._asked = False, threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def seen(self) -> Seen:
        """What was seen since this was last asked, and the states of now."""
        with self._changed:
            wanted = self.begun + 1  # a read under way may have begun long ago
            self._asked.set()
            assert self._changed.wait_for(lambda: self.reads >= wanted or self._error is not None, 300)
            if self._error:
                raise self._error
            seen = self._seen
            self._seen = {name: states[-1:] for name, states in seen.items()}
            return seen

    def ask(self) -> None:
        """Read now, unless a read is under way."""
        self._asked.set()

    def stop(self) -> None:
        self._stopping = True
        self._asked.set()
        self._thread.join(60)

    def _work(self) -> None:
        try:
            with self._connect() as ask:
                while not self._stopping:
                    self._asked.wait(_PAUSE)
                    self._asked.clear()
                    self.begun += 1
                    self._note({name: state(ask, query) for name, query in self._queries.items()})
        except BaseException as exc:
            with self._changed:
                self._error = exc
                self._changed.notify_all()

    def _note(self, states: dict[str, State]) -> None:
        with self._changed:
            self.reads += 1
            for name, found in states.items():
                if self._seen[name][-1:] != [found]:
                    self._seen[name].append(found)
            self._changed.notify_all()


def state(ask: Ask, query: str) -> State:
    ((rows, digest),) = ask(query)
    return rows, digest


def readers(world: World) -> list[Reader]:
    """Readers of what is promised to be whole: the current rows, and those as of any time."""
    mart = world.model.marts[0].table
    vault = {view: postgres_state(view) for view in ("vault.courses", "vault.courses_as_of('infinity')")}
    served = {view: clickhouse_state(view) for view in (mart, f"{mart}_as_of(ts = '{_LATER}')")}

    @contextmanager
    def warehouse() -> Iterator[Ask]:
        with closing(psycopg2.connect(world.stores.warehouse.url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield lambda query: (cursor.execute(query), cursor.fetchall())[1]

    @contextmanager
    def datamart() -> Iterator[Ask]:
        with world.stores.datamart.session() as session:
            yield lambda query: session.rows(SQL(query))

    return [Reader(vault, warehouse), Reader(served, datamart)]


def source_state(world: World) -> State:
    """What a load of now would make visible."""
    feed = (world.model.directory / "source.sql").read_text()
    return state(world.source, postgres_state(f"({feed})"))
