"""Servers that fail under a run: sessions ended, PostgreSQL crashed, the datamart cut off, the disk full.

After each the run ends with a `SkyengError` and no traceback, nothing of its load is visible, and
one more run brings all sides level.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from conftest import Servers, World
from cutting import Proxy, Segmentation
from kill import Ended, Killer
from kill_school import School
from samples import some
from skyeng.db.stores import Stores
from skyeng.model import Model
from skyeng.sources import sample_data
from test_clickhouse_http import ClickHouseHttpServer, started, stop

pytestmark = pytest.mark.slow

MART = "dm_courses_modules_lessons_streams"


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    with closing(Killer()) as started_killer:
        yield started_killer


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHttpServer]:
    server = started(tmp_path_factory.mktemp("standin") / "data")
    yield server
    stop(server)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A PostgreSQL of this file's own, which it may crash."""
    servers = Servers(tmp_path_factory.mktemp("own"))
    yield servers
    servers.postgres.stop()


@pytest.fixture(scope="module")
def world(own: Servers, standin: ClickHouseHttpServer, courses: Model) -> World:
    made = own.world(
        courses, lambda source: sample_data.create_sample(source, courses), "sample", datamart=standin.datamart()
    )
    made.run()
    # With `wal_level = minimal` a cloned database's unlogged tables reach the disk by a checkpoint alone.
    own.execute("CHECKPOINT")
    return made


@pytest.fixture
def school(world: World, killer: Killer) -> Iterator[School]:
    made = School(world, killer)
    made.change()
    yield made
    made.stop()


def ask(url: str, query: str) -> list[tuple[int]]:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()


def eventually(found: Callable[[], list[tuple[int]]]) -> int:
    deadline = time.monotonic() + 300
    while not (rows := found()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return rows[0][0]


def struck_while_waiting(school: School, url: str, lock: str, victim: str, strike: Callable[[int], object]) -> Ended:
    """A run that meets a lock; as it waits, one process of the server is struck, itself or the `victim`."""
    waits = """SELECT pid FROM pg_stat_activity
    WHERE application_name LIKE 'skyeng%' AND wait_event_type = 'Lock' AND datname = current_database()"""
    with ThreadPoolExecutor(1) as pool:
        with closing(psycopg2.connect(url)) as connection:  # closed at once if this fails: the run waits for it
            connection.cursor().execute(lock)
            running = pool.submit(school.killer.run, school.world.stores)
            eventually(lambda: ask(url, waits))
            struck = eventually(lambda: ask(url, victim or waits))
            strike(struck)
            eventually(lambda: [] if psutil.pid_exists(struck) else [(1,)])
        return running.result()


#: Who holds the lock of the run, by which there is one at a time.
LOCKER = """SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND application_name LIKE '%(process %)' AND pg_locks.database = (
    SELECT oid FROM pg_database WHERE datname = current_database())"""

SESSIONS = {
    "source": ("source", "LOCK TABLE course IN ACCESS EXCLUSIVE MODE", ""),
    "staging": ("warehouse", "LOCK TABLE stage.courses IN ACCESS EXCLUSIVE MODE", ""),
    "vault": ("warehouse", "LOCK TABLE vault.s_lessons IN EXCLUSIVE MODE", ""),
    "close": ("warehouse", "LOCK TABLE control.courses_changes IN EXCLUSIVE MODE", ""),
    "the run's lock": ("warehouse", "LOCK TABLE vault.s_lessons IN EXCLUSIVE MODE", LOCKER),
}


@pytest.mark.parametrize("which", some(list(SESSIONS), 2))
def test_a_session_that_is_ended(school: School, which: str) -> None:
    side, lock, victim = SESSIONS[which]
    url = school.world.stores.source.url if side == "source" else school.world.stores.warehouse.url
    ended = struck_while_waiting(
        school, url, lock, victim, lambda pid: ask(url, f"SELECT pg_terminate_backend({pid})::int")
    )
    if victim:
        assert ended.error == "", "without it the run goes on: a load's own lock keeps others from its rows"
    else:
        assert not ended.traceback, ended.error
        assert "the connection to pg_data" in ended.error
        assert "run again: a load that died is rolled back first" in ended.error
    school.check_seen()
    school.run()
    school.check_level()
    assert school.world.differences() == []


@pytest.mark.parametrize("victim", ["one backend", "the whole server"])
def test_a_server_that_crashes(own: Servers, world: World, killer: Killer, victim: str) -> None:
    """It comes back with staging empty."""
    school = School(world, killer)
    school.stop()
    school.change()
    url = world.stores.warehouse.url

    def strike(backend: int) -> None:
        server = psutil.Process(backend).parent()
        assert server
        if victim == "one backend":
            os.kill(backend, signal.SIGKILL)
        else:
            for process in (server, *server.children()):
                process.kill()

    ended = struck_while_waiting(school, url, "LOCK TABLE vault.s_lessons IN EXCLUSIVE MODE", "", strike)
    assert not ended.traceback, ended.error
    assert "pg_data" in ended.error
    if victim == "the whole server":
        own.postgres.stop()
        own.postgres.start()
    eventually(lambda: recovered(url))
    assert ask(url, "SELECT count(*)::int FROM stage.courses") == [(0,)]
    school.run()
    assert world.differences() == []
    assert world.vault("SELECT count(*) FROM control.loads WHERE status = 'open'") == [(0,)]


def recovered(url: str) -> list[tuple[int]]:
    try:
        return ask(url, "SELECT 1")
    except psycopg2.OperationalError:
        return []


INSERT = f"INSERT+INTO+{MART}".encode()

CUTS = {
    "before the rows": (INSERT + b"_history", 40),
    "amid the rows": (INSERT + b"_history", 3000),
    "after the rows": (INSERT + b"_history", None),
    "amid the register": (INSERT + b"_loads", 60),
    "after the register": (INSERT + b"_loads", None),
}


@pytest.mark.parametrize("where", some(list(CUTS), 2))
def test_the_datamart_cut_off(school: School, standin: ClickHouseHttpServer, where: str) -> None:
    marker, after = CUTS[where]
    stores = school.world.stores
    proxy = Proxy(standin.port)
    through = stores.datamart.url.replace(f":{standin.port}/", f":{proxy.port}/")
    proxy.cut_next(Segmentation(marker, after))
    ended = school.killer.run(Stores(stores.source, stores.warehouse, type(stores.datamart)(through)))
    proxy.close()
    assert proxy.cuts == 1
    assert not ended.traceback, ended.error
    assert "ch_datamart" in ended.error
    school.check_seen()
    school.run()
    school.check_level()
    assert school.world.differences() == []
    sizes, mart = school.sizes(), school.mart_sizes()
    assert mart == {"versions": sizes["changes"], "current": sizes["rows"], "held": sizes["closed"]}


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system with room for a megabyte, that PostgreSQL may use."""
    folder = tmp_path_factory.mktemp("small")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m,mode=777", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(disk: Path, kilobytes: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(disk)], check=True)


@pytest.mark.parametrize("table", ["stage.courses", "vault.s_lessons"])
def test_a_full_disk(own: Servers, school: School, small_disk: Path, table: str) -> None:
    inside = small_disk / "tables"
    inside.mkdir(mode=0o777)
    shutil.chown(inside, "nobody")
    name = f"small_{table.partition('.')[2]}"
    own.execute(f"CREATE TABLESPACE {name} LOCATION '{inside}'")
    url = school.world.stores.warehouse.url
    ((held,),) = ask(url, f"SELECT pg_table_size('{table}') / 1024")
    resize(small_disk, held + 1024)
    ask(url, f"ALTER TABLE {table} SET TABLESPACE {name}; SELECT 1")
    school.world.change(
        "INSERT INTO stream_module_lesson (title, description, stream_module_id) "
        "SELECT 'New ' || number, repeat('x', 200), 1 FROM generate_series(1, 6000) AS number"
    )
    ended = school.killer.run(school.world.stores)
    assert not ended.traceback, ended.error
    assert "No space left on device" in ended.error
    assert "free disk space" in ended.error
    school.check_seen()
    resize(small_disk, 100 << 10)
    school.run()
    school.check_level()
    assert school.world.differences() == []
    ask(url, f"ALTER TABLE {table} SET TABLESPACE pg_default; SELECT 1")
    own.execute(f"DROP TABLESPACE {name}")
