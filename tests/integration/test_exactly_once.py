"""Analysts see each row version once, whatever happens between loader and ClickHouse.

A version is sent once, twice, in part, by two loaders at once, or after a restore from a backup: in the end what
analysts see, now and as of every load, is what the vault says, and the history holds as many versions as loads wrote.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from conftest import Servers, World
from samples import some
from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import Postgres
from skyeng.errors import DatamartAhead, LoadInProgress, MartDamaged, SkyengError
from skyeng.marts import append, contents
from skyeng.marts import migrations as mart_migrations
from skyeng.runs.status import mart_states
from skyeng.runs.to_datamart import ToDatamart
from skyeng.sql import literal, sql

pytestmark = pytest.mark.slow

MART = "dm_courses_modules_lessons_streams"
HISTORY, LOADS = f"{MART}_history", f"{MART}_loads"
KEY, LOAD_TS = "dm_course_module_lesson_stream_uuid", "dm_course_module_lesson_stream_load_ts"
LOAD_END_TS = "dm_course_module_lesson_stream_load_end_ts"

SHOWN = "h_course_id, h_stream_id, h_module_id, h_lesson_id, h_course_title, h_stream_name, h_lesson_title"
SOURCE = "course_id, stream_id, module_id, lesson_id, course_title, stream_name, lesson_title"


def renamed(title: str) -> str:
    """A change that touches the six lessons of the first course."""
    return f"UPDATE course SET title = '{title}' WHERE id = 1"


def as_of(world: World, load_ts: str) -> list[str]:
    return sorted(map(repr, world.mart(f"SELECT {SHOWN} FROM {MART}_as_of(ts = '{load_ts}')")))


def load_timestamps(world: World) -> list[str]:
    query = """SELECT (load_ts AT TIME ZONE 'UTC')::text FROM control.loads JOIN control.load_feeds USING (load_id)
        WHERE status = 'closed' AND rows_new + rows_changed + rows_gone > 0 ORDER BY load_ts"""
    return [load_ts for (load_ts,) in world.vault(query)]


def check_once(world: World) -> None:
    """What analysts see, now and as of every load, and how many versions there are."""
    assert world.differences() == []
    for load_ts in load_timestamps(world):
        vault = world.vault(f"SELECT {SOURCE} FROM vault.courses_as_of('{load_ts} UTC')")
        assert as_of(world, load_ts) == sorted(map(repr, vault)), load_ts
    expected = world.vault("SELECT sum(rows_new + rows_changed + rows_gone)::bigint FROM control.load_feeds")
    assert world.mart(f"SELECT count() FROM {HISTORY}") == expected
    assert world.mart(f"SELECT count() FROM {LOADS} FINAL WHERE NOT is_retained") == [(len(load_timestamps(world)),)]
    ((rows,),) = world.mart(f"SELECT count() FROM {MART}")
    assert [(it.rows, it.loads_behind) for it in mart_states(world.model, world.stores)] == [(rows, 0)]
    assert not world.run(only="to_datamart").anything_new


def waiting(world: World, *titles: str) -> None:
    """A mart that is level, and loads of the warehouse that it lacks."""
    world.run()
    for title in titles:
        world.change(renamed(title))
        world.run(only="to_datawarehouse")


def appender(world: World, until: int) -> Callable[[], None]:
    """What a loader does that holds no lock: append the loads after the first, up to one."""
    steps = ToDatamart(world.model, world.model.marts[0], world.stores)
    held, *wanted = steps.closed_loads()
    span = append.Span(held.load_ts, tuple(wanted[:until]))

    def work() -> None:
        with world.stores.warehouse.session(snapshot=True) as warehouse, world.stores.datamart.session() as session:
            before = contents.read(session, steps.mart)
            append.append(session, steps.mart, span, partial(steps._versions, warehouse), before, lambda: None)

    return work


def at_once(*works: Callable[[], None]) -> list[Exception]:
    """Do these at the same time; what failed."""
    barrier, failed = threading.Barrier(len(works)), list[Exception]()

    def begin(work: Callable[[], None]) -> None:
        barrier.wait()
        try:
            work()
        except Exception as exc:  # reported below, in the test's own thread
            failed.append(exc)

    threads = [threading.Thread(target=begin, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


# Sent twice, in part, or by two.


def test_two_loaders_at_once_neither_of_which_asks_for_the_lock(school: World) -> None:
    """Who sees rows that it did not send registers nothing; the next run makes all of it right."""
    waiting(school, "B", "C")
    failed = at_once(appender(school, 1), appender(school, 2), appender(school, 2))
    assert all(isinstance(it, MartDamaged) for it in failed), failed
    ((sent,),) = school.mart(f"SELECT count() FROM {HISTORY}")
    assert sent > 36 + 12, "versions came twice"
    school.run(only="to_datamart")
    check_once(school)


def test_an_insert_of_which_a_part_arrived_is_repeated(school: World) -> None:
    """Of two loads, some rows reached the history, some ends were written, and the register names none."""
    waiting(school, "B", "C")
    appender(school, 2)()
    first = load_timestamps(school)[0]
    was = as_of(school, first)
    school.mart_command(
        f"ALTER TABLE {HISTORY} DELETE WHERE h_lesson_id % 2 = 0 AND {LOAD_TS} > '{first}',"
        f" UPDATE {LOAD_END_TS} = '9999-12-31 23:59:59.999999' WHERE h_lesson_id % 3 = 0 AND {LOAD_TS} = '{first}'"
        " SETTINGS mutations_sync = 2"
    )
    unregister(school, since=first)
    assert sorted(map(repr, school.mart(f"SELECT {SHOWN} FROM {MART}"))) == was
    assert school.run(only="to_datamart").marts == {MART: 12}
    check_once(school)


def unregister(world: World, since: str) -> None:
    world.mart_command(f"ALTER TABLE {LOADS} DELETE WHERE load_ts > '{since}' SETTINGS mutations_sync = 2")


def test_the_same_rows_in_two_loads_are_two_versions_where_tables_remember_blocks(school: World) -> None:
    """As replicated tables do: A, B, A keeps its second A, and a repeated insert is not taken for done."""
    school.run()
    for table in (HISTORY, LOADS):
        school.mart_command(f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 100")
    for title in ("B", "Data Science"):
        school.change(renamed(title))
        assert school.run().marts == {MART: 6}
    titles = school.mart(f"SELECT h_course_title FROM {HISTORY} WHERE h_lesson_id = 1 ORDER BY {LOAD_TS}")
    assert [title for (title,) in titles] == ["Data Science", "B", "Data Science"]
    check_once(school)
    # An insert that was all that was done of a load, and then the same block again.
    school.change(renamed("D"))
    school.run()
    unregister(school, since=load_timestamps(school)[-2])
    assert school.run(only="to_datamart").marts == {MART: 6}
    check_once(school)


def test_rows_that_came_twice_do_not_stand_in_for_lost_ones(school: World) -> None:
    """The history is older than the register, and as long: a count of all rows would not tell."""
    waiting(school, "B")
    appender(school, 1)()
    school.mart_command(f"CREATE TABLE old_history CLONE AS {HISTORY}")
    school.mart_command(f"INSERT INTO old_history SELECT * FROM {HISTORY} WHERE h_course_id = 1 LIMIT 6")
    school.change(renamed("C"))
    school.run()
    ((claimed,),) = school.mart(f"SELECT sum(row_versions) FROM {LOADS} FINAL")
    assert school.mart("SELECT count() FROM old_history") == [(claimed,)] == [(48,)]
    school.mart_command(f"EXCHANGE TABLES {HISTORY} AND old_history")
    assert school.run(only="to_datamart").rebuilt == {MART: "rows of the mart were lost"}
    check_once(school)


def test_which_statements_write_to_the_history(school: World) -> None:
    """An analyst who copies it elsewhere for an hour holds no load up."""
    writing = (
        "INSERT INTO {} VALUES",
        "insert into table school.{} SELECT 1",
        "\n  ALTER TABLE `{}` DELETE WHERE 1",
        'UPDATE "{}" SET row_hash = 1 WHERE 1',
        "DELETE FROM school.`{}` WHERE 1",
    )
    other = ("INSERT INTO mine SELECT * FROM {}", "ALTER TABLE {}_mine DELETE WHERE 1", "SELECT 'ALTER TABLE {}'")
    for statement in (*writing, *other):
        found = school.mart(
            sql(
                "SELECT match({statement}, {writes})",
                statement=literal(statement.format(HISTORY)),
                writes=literal(append.WRITES.format(HISTORY)),
            ).text
        )
        assert found == [(int(statement in writing),)], statement


def test_who_lost_its_lock_registers_nothing(school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process that was stopped for longer than the server waits, and then goes on."""
    waiting(school, "B")
    before = school.mart(f"SELECT * FROM {MART} ORDER BY ALL")
    end_replaced = append._end_replaced

    def slowly(*arguments: Any) -> None:
        end_replaced(*arguments)
        ended = school.vault("""SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
            AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())""")
        assert ended == [(True,)]

    monkeypatch.setattr(append, "_end_replaced", slowly)
    with pytest.raises(LoadInProgress, match=f"lost its lock on {MART}"):
        school.run(only="to_datamart")
    assert school.mart(f"SELECT * FROM {MART} ORDER BY ALL") == before
    monkeypatch.undo()
    assert school.run(only="to_datamart").marts == {MART: 6}
    check_once(school)


def test_what_is_under_way_is_waited_for_and_named(school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutation of somebody's own, which cannot end: no load begins, and what to do is said."""
    waiting(school, "B")
    monkeypatch.setattr(append, "GRACE_PERIOD", 0.5)
    school.mart_command(
        f"ALTER TABLE {HISTORY} UPDATE row_hash = throwIf(row_hash != 7) WHERE 1 SETTINGS mutations_sync = 0"
    )
    with pytest.raises(LoadInProgress, match=f"change {HISTORY}") as raised:
        school.run(only="to_datamart")
    assert "throwIf(row_hash != 7)" in str(raised.value)
    assert "KILL MUTATION" in str(raised.value)
    school.mart_command(f"KILL MUTATION WHERE database = currentDatabase() AND table = '{HISTORY}' SYNC")
    assert school.run(only="to_datamart").marts == {MART: 6}
    check_once(school)


# An answer that is lost on its way.


class Proxy:
    """Passes bytes between clients and a server, until it is to lose an insert or its answer."""

    def __init__(self, port: int) -> None:
        self.server = port
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        #: Loses a statement that begins so, or its answer.
        self.statement: bytes | None = None
        self.loses: str = "answer"
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, closing(socket.create_connection(("127.0.0.1", self.server))) as server, suppress(OSError):
            losing = threading.Event()
            threading.Thread(target=self._answers, args=(server, client, losing), daemon=True).start()
            while request := client.recv(1 << 20):
                if self.statement and self.statement in request:
                    self.statement, self.lost = None, self.lost + 1
                    if self.loses == "statement":
                        return
                    losing.set()
                server.sendall(request)

    def _answers(self, server: socket.socket, client: socket.socket, losing: threading.Event) -> None:
        with suppress(OSError):
            while answer := server.recv(1 << 20):
                if losing.is_set():
                    break
                client.sendall(answer)
            client.shutdown(socket.SHUT_RDWR)


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """The port of a ClickHouse stand-in with an empty folder."""
    passwords = {f"SKYENG_STANDIN_{user}_PASSWORD": "secret" for user in ("LOADER", "ANALYST")}
    process = subprocess.Popen(
        [sys.executable, "-m", "skyeng.local.clickhouse_http", "--folder", str(folder), "--port", "0"],
        env=os.environ | passwords,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    try:
        yield int(process.stderr.readline().split("http://127.0.0.1:")[1].split(",")[0])
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_a_statement_or_its_answer_is_lost(school: World, tmp_path: Path) -> None:
    """The loader cannot tell the two apart; it says so, and the next run does the same again."""
    insert, end, register = f"INSERT+INTO+{HISTORY}+", f"ALTER TABLE {HISTORY}", f"INSERT+INTO+{LOADS}+"
    with served(tmp_path / "data") as port:
        proxy = Proxy(port)
        datamart = ClickHouse(f"clickhouse://loader:secret@127.0.0.1:{proxy.port}/datamart")
        world = replace(school, stores=replace(school.stores, datamart=datamart))
        mart_migrations.migrate(datamart, world.model)
        world.run()
        cases = [(it, loses) for it in (insert, end, register) for loses in ("answer", "statement")]
        for number, (statement, loses) in enumerate(some(cases, 2)):
            world.change(renamed(f"Title {number}"))
            proxy.statement, proxy.loses = statement.encode(), loses
            with pytest.raises(SkyengError, match="ch_datamart"):
                world.run()
            assert proxy.lost == number + 1
            seen = world.mart(f"SELECT count() FROM {MART} WHERE h_course_title = 'Title {number}'")
            assert seen == [(6 if (statement, loses) == (register, "answer") else 0,)]
            world.run(only="to_datamart")
            assert world.mart(f"SELECT count() FROM {MART} WHERE h_course_title = 'Title {number}'") == [(6,)]
        check_once(world)
        proxy.listening.close()


# Restored from a backup.


class Backups:
    """Backups of a world's warehouse; what is restored takes the place of what was."""

    def __init__(self, world: World, servers: Servers) -> None:
        self.world = world
        self.servers = servers
        self.kept: dict[str, str] = {}

    def keep(self, name: str) -> None:
        database = self.world.vault("SELECT current_database()")[0][0]
        self.kept[name] = f"{database}_{name}"
        self.servers.copy_database(database, self.kept[name])

    def restored(self, name: str) -> World:
        copy = f"{self.kept[name]}_restored"
        self.servers.execute(f'DROP DATABASE IF EXISTS "{copy}"')
        self.servers.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{self.kept[name]}"')
        warehouse = Postgres("pg_datawarehouse", self.servers.database(copy))
        return replace(self.world, stores=replace(self.world.stores, warehouse=warehouse))


def check_level(world: World, past: dict[str, list[str]]) -> None:
    """Analysts see what the vault says, and as of lost loads what was true then; nothing is left to do."""
    assert world.differences() == []
    for load_ts in load_timestamps(world):
        vault = world.vault(f"SELECT {SOURCE} FROM vault.courses_as_of('{load_ts} UTC')")
        assert as_of(world, load_ts) == sorted(map(repr, vault)), load_ts
    for load_ts, rows in past.items():
        assert as_of(world, load_ts) == rows, load_ts
    assert not world.run(full=True).anything_new
    assert not world.run(only="to_datamart").anything_new


#: What the source went through between the backup and the restore: a change, a new row, one gone.
LOST = (
    renamed("Lost"),
    "INSERT INTO stream_module_lesson (id, title, stream_module_id) VALUES (100, 'Lost', 1)",
    "DELETE FROM stream_module_lesson WHERE id = 36",
)


SINCE = {
    # Nothing new: as it was at the time of the backup, so that no load brings a single row.
    "as backed up": f"{renamed('Data Science')}; DELETE FROM stream_module_lesson WHERE id = 100;"
    " INSERT INTO stream_module_lesson SELECT * FROM gone",
    # Something else: one row as the lost loads left it, one as before them, others changed.
    "otherwise": f"{renamed('Found')}; DELETE FROM stream_module_lesson WHERE id = 100; UPDATE stream SET name = 'New'",
}


@pytest.mark.parametrize("since", some(list(SINCE), 1))
def test_a_restored_warehouse_costs_no_history(school: World, servers: Servers, since: str) -> None:
    school.change("CREATE TABLE gone AS SELECT * FROM stream_module_lesson WHERE id = 36")
    school.run()
    backups = Backups(school, servers)
    backups.keep("old")
    past: dict[str, list[str]] = {}
    for change in LOST:
        school.change(change)
        school.run()
        past[load_timestamps(school)[-1]] = as_of(school, load_timestamps(school)[-1])
    assert len({tuple(rows) for rows in past.values()}) == 3
    world = backups.restored("old")
    before = world.mart(f"SELECT * FROM {MART} ORDER BY {KEY}")
    with pytest.raises(DatamartAhead, match=r"holds 3 loads, the last of .*, that the warehouse does not know"):
        world.run(only="to_datamart")
    with pytest.raises(DatamartAhead, match="later than any of the warehouse's"):
        world.run(only="to_datamart", full=True)
    assert world.mart(f"SELECT * FROM {MART} ORDER BY {KEY}") == before, "analysts see what they saw"
    world.change(SINCE[since])
    report = world.run(full=True)
    assert report.rebuilt == {MART: "the mart holds loads that the warehouse does not know"}
    check_level(world, past)
    # The next load is appended as any other.
    world.change("UPDATE stream_module_lesson SET description = 'later' WHERE id < 4 OR id = 100")
    assert world.run().rebuilt == {}
    # A mart that is built anew for another reason keeps them too.
    lost = f"{LOAD_TS} = '{load_timestamps(world)[0]}' AND h_lesson_id = 5"
    world.mart_command(f"ALTER TABLE {HISTORY} DELETE WHERE {lost} SETTINGS mutations_sync = 2")
    assert world.run().rebuilt == {MART: "rows of the mart were lost"}
    check_level(world, past)


def test_a_warehouse_restored_twice(school: World, servers: Servers) -> None:
    """First from a backup, then from an older one, then from one that knows what was lost."""
    school.run()
    backups = Backups(school, servers)
    past: dict[str, list[str]] = {}

    def load(world: World, change: str) -> None:
        world.change(change)
        world.run(full=True)
        past[load_timestamps(world)[-1]] = as_of(world, load_timestamps(world)[-1])

    backups.keep("older")
    load(school, renamed("B"))
    backups.keep("old")
    for change in LOST:
        load(school, change)
    backups.keep("all")
    world = backups.restored("old")
    load(world, "UPDATE stream SET name = 'New' WHERE id = 2")
    world = backups.restored("older")
    load(world, "UPDATE stream SET name = 'Newer' WHERE id = 2")
    check_level(world, past)
    world = backups.restored("all")
    load(world, "UPDATE stream SET name = 'Newest' WHERE id = 2")
    check_level(world, past)
    assert world.mart(f"SELECT count() FROM {MART}") == [(36,)]
