"""A mart from before its history was a table of intervals becomes one with all its past, while analysts read it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from conftest import Servers, World
from restored import forget_last_load
from samples import LONG
from skyeng.db.clickhouse import ClickHouse
from skyeng.marts import migrations as mart_migrations
from skyeng.marts import register
from skyeng.marts.tables import objects
from skyeng.sql import SQL

pytestmark = pytest.mark.slow

MART = "dm_courses_modules_lessons_streams"
KEY, LOAD_TS, LOAD_END_TS = (f"dm_course_module_lesson_stream_{it}" for it in ("uuid", "load_ts", "load_end_ts"))
LOADS = 30 if LONG else 9


def changed(world: World, number: int) -> None:
    """Some rows change, some go, some come back."""
    lesson = number % 36 + 1
    world.change(
        f"UPDATE course SET title = 'Title {number}' WHERE id = {number % 3 + 1};"
        f"CREATE TABLE IF NOT EXISTS gone (LIKE stream_module_lesson);"
        f"INSERT INTO stream_module_lesson SELECT * FROM gone; TRUNCATE gone;"
        f"INSERT INTO gone SELECT * FROM stream_module_lesson WHERE id = {lesson};"
        f"DELETE FROM stream_module_lesson WHERE id = {lesson}"
    )


def as_it_was(servers: Servers, world: World) -> World:
    """The same world with a datamart as an earlier release left it, made of what the mart holds."""
    old = replace(world, stores=replace(world.stores, datamart=servers.datamart()))
    database = world.stores.datamart.database
    with old.stores.datamart.session(create=True) as session:
        for statement in register.statements(mart_migrations.folder(world.model) / "001_courses.sql"):
            session.execute(statement)
        ((columns,),) = session.rows(
            SQL(
                f"""SELECT arrayStringConcat(groupArray(name), ', ') FROM (
                SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '{MART}_current'
                AND name NOT IN ('{KEY}', '{LOAD_TS}', 'is_deleted') ORDER BY position)"""
            )
        )
        loads = session.rows(SQL(f"SELECT DISTINCT {LOAD_TS} FROM {database}.{MART}_history ORDER BY 1"))
        for (load_ts,) in loads:
            session.execute(
                SQL(
                    f"""INSERT INTO {MART}_history ({KEY}, {LOAD_TS}, is_deleted, {columns})
                    SELECT {KEY}, {LOAD_TS}, {LOAD_END_TS} = {LOAD_TS}, {columns} FROM {database}.{MART}_history
                    WHERE {LOAD_TS} = '{load_ts:%Y-%m-%d %H:%M:%S.%f}'"""
                )
            )
        for table, condition in (("loads", "NOT is_retained"), ("loads_kept", "is_retained")):
            session.execute(
                SQL(
                    f"""INSERT INTO {MART}_{table} (load_ts, row_versions, hash_sum, rows_active)
                    SELECT load_ts, row_versions, hash_sum, rows_active FROM {database}.{MART}_loads FINAL
                    WHERE {condition}"""
                )
            )
    mart_migrations.migrate(old.stores.datamart, old.model)
    return old


def shown(datamart: ClickHouse, moments: list[str]) -> dict[str, list[str]]:
    """What analysts see, now and as of each moment."""
    views = {"now": MART, **{it: f"{MART}_as_of(ts = '{it}')" for it in moments}}
    with datamart.session() as session:
        return {
            name: sorted(map(repr, session.rows(SQL(f"SELECT h_lesson_id, h_course_title, {KEY} FROM {view}"))))
            for name, view in views.items()
        }


@contextmanager
def readers(datamart: ClickHouse, moments: list[str]) -> Iterator[list[dict[str, list[str]] | Exception]]:
    """Read all the while; what was seen, or the errors."""
    seen: list[dict[str, list[str]] | Exception] = []
    ended = threading.Event()

    def read() -> None:
        while not ended.is_set():
            try:
                found: dict[str, list[str]] | Exception = shown(datamart, moments)
            except Exception as exc:
                found = exc
            seen.append(found)

    reading = [threading.Thread(target=read) for _ in range(2)]
    for thread in reading:
        thread.start()
    try:
        yield seen
    finally:
        ended.set()
        for thread in reading:
            thread.join()


def test_a_mart_of_before_becomes_one_of_intervals_with_all_its_past(school: World, servers: Servers) -> None:
    """After loads with deletes, and two that a restored warehouse lost."""
    school.run()
    for number in range(LOADS):
        changed(school, number)
        school.run(only="to_datawarehouse")
        if number in (LOADS // 3, 2 * LOADS // 3):
            school.run(only="to_datamart")
            forget_last_load(school)
            school.run(full=True)
    school.run()
    moments = [ts for (ts,) in school.mart(f"SELECT DISTINCT toString(load_ts) FROM {MART}_loads ORDER BY 1")]
    assert school.mart(f"SELECT count() >= 2 FROM {MART}_loads WHERE is_retained") == [(True,)]
    before = shown(school.stores.datamart, moments)
    old = as_it_was(servers, school)
    # Of one name that a mart no longer has, something of somebody else's.
    old.mart_command(f"CREATE TABLE {MART}_current_shadow ENGINE = MergeTree ORDER BY x AS SELECT 7 AS x")
    assert shown(old.stores.datamart, moments) == before
    with readers(old.stores.datamart, moments[::3]) as seen:
        report = old.run(only="to_datamart")
    assert "has the engine ReplacingMergeTree, not MergeTree" in report.rebuilt[MART]
    assert "lost" not in report.rebuilt[MART]
    assert len(seen) > 2
    wanted = {name: before[name] for name in ("now", *moments[::3])}
    assert [it for it in seen if it != wanted] == []
    assert shown(old.stores.datamart, moments) == before
    assert old.differences() == []
    assert not old.run(full=True).anything_new
    declared = {it.name for it in objects(old.model, old.model.marts[0])}
    assert {name for (name,) in old.mart("SHOW TABLES")} == {*declared, "skyeng_ddl", f"{MART}_current_shadow"}
    assert old.mart(f"SELECT x FROM {MART}_current_shadow") == [(7,)], "it is not ours"


def test_a_conversion_that_dies_after_any_statement_is_carried_on(
    school: World, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Analysts see what they saw, whichever tables the views read at that moment."""
    from skyeng.db.clickhouse import ClickHouseSession
    from skyeng.errors import SkyengError

    school.run()
    changed(school, 1)
    school.run()
    moments = [ts for (ts,) in school.mart(f"SELECT toString(load_ts) FROM {MART}_loads ORDER BY 1")]
    before = shown(school.stores.datamart, moments)
    old = as_it_was(servers, school)
    execute, survived, left = ClickHouseSession.execute, 0, [0]

    def dies(self: ClickHouseSession, statement: SQL, *rest: object) -> None:
        if statement.text.startswith(("INSERT", "EXCHANGE", "DROP", "CREATE")):
            left[0] -= 1
            if left[0] < 0:
                raise SkyengError("killed")
        execute(self, statement, *rest)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(ClickHouseSession, "execute", dies)
    while True:
        left[0] = survived
        try:
            old.run(only="to_datamart")
            break
        except SkyengError as exc:
            assert exc.what == "killed"  # noqa: PT017 - the last run ends well
        assert shown(old.stores.datamart, moments) == before, survived
        survived += 1 if LONG else 2
    monkeypatch.undo()
    assert survived > 5
    assert shown(old.stores.datamart, moments) == before
    assert old.differences() == []
