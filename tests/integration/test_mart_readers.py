"""Analysts read while loads are appended: each query sees one load whole, however much it changes.

A row version is inserted in many small blocks, over one partition or eight. Queries ask for the mart several times at
once: by sub-queries, a join with itself, and a union. Usually that is a few loads; with `SKYENG_LONG=1` it is 200.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conftest import Servers, World
from samples import LONG
from skyeng.db import clickhouse
from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import Postgres
from skyeng.marts import housekeeping, objects
from skyeng.model import Model
from skyeng.sources import sample_data
from skyeng.sql import SQL

pytestmark = pytest.mark.slow

MART = "dm_courses_modules_lessons_streams"
KEY, LOAD_TS = (f"dm_course_module_lesson_stream_{it}" for it in ("uuid", "load_ts"))
ROWS, LOADS = (20_000, 200) if LONG else (3_000, 4)
#: What a load changes: a few rows, all, some that go (of those that came before, if there are any) and some that come.
CHANGES = (
    "UPDATE stream_module_lesson SET description = 'few {n}' WHERE id % 100 = {n} % 100",
    "UPDATE stream_module_lesson SET description = 'all {n}'",
    "DELETE FROM stream_module_lesson WHERE id / 1000000 = {n} - 2 AND (id > 1000000 OR id % 50 = 1)",
    "INSERT INTO stream_module_lesson (id, title, stream_module_id)"
    " SELECT 1000000 * ({n} + 1) + id, 'come', stream_module_id FROM stream_module_lesson"
    " WHERE id % 40 = 3 AND id < 1000000",
)

State = tuple[int, int]


def state(view: str) -> str:
    return f"SELECT (count(), sum(cityHash64({KEY}, {LOAD_TS}, s_lesson_description))) FROM {view}"


#: A query that reads a mart several times at once.
QUERY = f"""SELECT ({state(MART)}) AS once, ({state(f"(SELECT * FROM {MART})")}) AS again,
    (SELECT count() FROM {MART} AS a JOIN {MART} AS b USING {KEY} WHERE a.{LOAD_TS} != b.{LOAD_TS}) AS torn,
    (SELECT groupUniqArray(n) FROM (SELECT count() AS n FROM {MART} UNION ALL SELECT count() FROM {MART})) AS counts"""


@contextmanager
def reading(datamart: ClickHouse, threads: int = 2) -> Iterator[list[list[State]]]:
    """Query all the while; the states that each thread saw, in their order. No result may disagree with itself."""
    ended, seen, failed = threading.Event(), [list[State]() for _ in range(threads)], list[object]()

    def query(states: list[State]) -> None:
        try:
            with datamart.session() as session:
                while not ended.is_set():
                    ((once, again, conflicting, counts),) = session.rows(SQL(QUERY))
                    if (again, conflicting, list(counts)) != (once, 0, [once[0]]):
                        failed.append((once, again, conflicting, counts))
                    states.append(tuple(once))
        except Exception as exc:
            failed.append(exc)

    readers = [threading.Thread(target=query, args=(it,)) for it in seen]
    for reader in readers:
        reader.start()
    try:
        yield seen
    finally:
        ended.set()
        for reader in readers:
            reader.join()
        assert failed == []


@pytest.fixture(params=[1, 8] if LONG else [8])
def partitioned(
    request: pytest.FixtureRequest, servers: Servers, courses: Model, monkeypatch: pytest.MonkeyPatch
) -> World:
    """A school whose mart has so many partitions, and is written in blocks of a few hundred rows."""

    def fill(source: Postgres) -> None:
        sample_data.generate(source, courses, ROWS)

    world = servers.world(courses, fill, f"readers_{ROWS}")
    in_blocks = {"max_insert_block_size": 500, "min_insert_block_size_rows": 0, "min_insert_block_size_bytes": 0}
    world.run()
    if request.param > 1:
        monkeypatch.setattr(objects, "_differences", lambda *_: ())
        history, partitions = f"{MART}_history", f"PARTITION BY (is_past, cityHash64({KEY}) % {request.param})"
        ((create,),) = world.mart(f"SHOW CREATE TABLE {history}")
        world.mart_command(f"RENAME TABLE {history} TO whole")
        world.mart_command(create.replace("PARTITION BY is_past", partitions))
        world.mart_command(f"INSERT INTO {history} SELECT * FROM whole")
        world.mart_command("DROP TABLE whole SYNC")
    monkeypatch.setattr(clickhouse, "_AT_ONCE", {**clickhouse._AT_ONCE, **in_blocks})
    # What a load ended is set apart right after it.
    monkeypatch.setattr(housekeeping, "LEAST_ENDED", 1)
    monkeypatch.setattr(housekeeping, "MOST_ENDED", 0.0)
    return world


def test_no_read_is_torn(partitioned: World) -> None:
    world = partitioned
    with reading(world.stores.datamart) as seen:
        for number in range(LOADS):
            world.change(CHANGES[number % len(CHANGES)].format(n=number))
            world.run()
    loads = world.mart(f"SELECT toString(load_ts) FROM {MART}_loads ORDER BY load_ts")
    assert len(loads) == LOADS + 1
    states = [tuple(world.mart(state(f"{MART}_as_of(ts = '{ts}')"))[0][0]) for (ts,) in loads]
    assert len(set(states)) == len(states)
    for of_one in seen:
        assert of_one, "it read"
        places = [states.index(it) for it in of_one]
        assert places == sorted(places), "time goes on"
    print(f"{sum(map(len, seen))} queries, {len({it for one in seen for it in one})} states of {len(states)}")
    assert world.differences() == []
