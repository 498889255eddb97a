"""Who works on a model: one at a time, whatever starts it, and what becomes of one that died or hangs."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg2
import pytest

from conftest import World, begun, end_leases, insert_all, statuses
from skyeng.control import loads, locks
from skyeng.control.locks import Runner
from skyeng.errors import LoadInProgress, LoadRolledBack
from skyeng.runs.to_datawarehouse import ToDatawarehouse

#: As `skyeng run --only to_datawarehouse`, with the time that a silent process has.
_COMMAND = """
import sys
from datetime import timedelta
from skyeng import runs
from skyeng.errors import SkyengError
from skyeng.model import load_model
from skyeng.db.stores import Stores
from skyeng.db.postgres import Postgres
from skyeng.db.clickhouse import ClickHouse
from skyeng.control import locks
locks.IDLE_TIMEOUT = timedelta(seconds=float(sys.argv[3]))
stores = Stores(Postgres("pg_datasource", sys.argv[1]), Postgres("pg_datawarehouse", sys.argv[2]), ClickHouse("chdb:///none"))
try:
    report = runs.run(load_model("courses"), stores, only="to_datawarehouse")
except SkyengError as exc:
    sys.exit(f"{type(exc).__name__}: {exc}")
print(report.changes["courses"].new)
"""
_TOLD = r"another run of model 'courses' is working: .+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


def command(world: World, idle_timeout: float = 60) -> subprocess.Popen[str]:
    stores = world.stores
    arguments = [sys.executable, "-c", _COMMAND, stores.source.url, stores.warehouse.url, str(idle_timeout)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@contextmanager
def source_held_up(world: World) -> Iterator[None]:
    """Whoever reads the source waits until the end of the block."""
    connection = psycopg2.connect(world.stores.source.url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE course IN ACCESS EXCLUSIVE MODE")
        yield
    finally:
        connection.close()


def wait_for_a_step(world: World) -> None:
    """Until a run holds its load, waiting for the source."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while world.source(waiting) == [(0,)]:
        time.sleep(0.05)


def a_dag_run(number: int, airflow: str = "one") -> Runner:
    return Runner(f"DAG run {number}", lease=timedelta(minutes=15), scheduler=airflow)


def test_of_eight_starters_one_loads_and_seven_are_told_who(school: World) -> None:
    """Commands and DAG runs of four Airflows at once; the source answers when seven were refused."""
    told: list[str] = []
    loaded: list[int] = []

    def dag_run(number: int) -> None:
        run = ToDatawarehouse(school.model, school.stores, runner=a_dag_run(number, f"Airflow {number}"))
        try:
            load = run.e_from_pg_datawarehouse()
            run.e_from_pg_datasource(load)
            loaded.append(run.t_find_new_rows(load)["courses"].new)
            insert_all(run, load)
            run.close(load)
        except LoadInProgress as exc:
            told.append(str(exc))

    def command_run() -> None:
        process = command(school)
        out, err = process.communicate()
        if process.returncode:
            told.append(err)
        else:
            loaded.append(int(out))

    starters = [threading.Thread(target=command_run) for _ in range(4)]
    starters += [threading.Thread(target=dag_run, args=(number,)) for number in range(4)]
    with source_held_up(school):
        for starter in starters:
            starter.start()
        while sum(starter.is_alive() for starter in starters) > 1:
            time.sleep(0.05)
    for starter in starters:
        starter.join()
    assert loaded == [36]
    assert len(told) == 7
    for text in told:
        assert re.search(_TOLD, text), text
    assert statuses(school) == ["closed"]
    assert school.row_counts()["h_lessons"] == 36


def test_a_process_that_was_killed_is_taken_over_at_once(school: World) -> None:
    with source_held_up(school):
        process = command(school)
        wait_for_a_step(school)
        with pytest.raises(LoadInProgress, match=rf"\(process {process.pid}\), since"):
            school.run()
        process.kill()
        process.communicate()
    school.run()
    assert statuses(school) == ["rolled back", "closed"]
    assert school.differences() == []


@pytest.mark.slow
def test_a_process_that_hangs_is_taken_over_after_its_silence(school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stopped in the middle of a step, which holds its load: neither its lock nor its session lasts."""
    monkeypatch.setattr(loads, "GRACE_PERIOD", 0.2)
    process = command(school, idle_timeout=2)
    try:
        with source_held_up(school):
            wait_for_a_step(school)
            process.send_signal(signal.SIGSTOP)
            with pytest.raises(LoadInProgress, match=rf"\(process {process.pid}\), since"):
                school.run()
        while True:
            try:
                school.run()
                break
            except LoadInProgress:
                time.sleep(0.2)
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "the connection to pg_datawarehouse was lost" in err
    assert process.returncode == 1
    assert statuses(school) == ["rolled back", "closed"]
    assert school.differences() == []


@pytest.mark.slow
def test_a_process_that_waits_long_but_lives_keeps_its_lock(school: World) -> None:
    with source_held_up(school):
        process = command(school, idle_timeout=0.4)
        wait_for_a_step(school)
        time.sleep(1.5)
        with pytest.raises(LoadInProgress):
            school.run()
    assert process.communicate()[0] == "36\n"


def test_a_lease_keeps_other_runners_off_until_it_ends(school: World) -> None:
    """Between the steps of a DAG run no process holds a lock."""
    run, load = begun(school, a_dag_run(7))
    with pytest.raises(LoadInProgress, match="DAG run 7, since"):
        school.run()
    insert_all(run, load)
    run.close(load)
    assert not school.run(only="to_datawarehouse").anything_new

    school.change("DELETE FROM stream_module_lesson WHERE id = 36")
    begun(school, a_dag_run(7))
    end_leases(school)
    assert school.run().changes["courses"].deleted == 1
    assert statuses(school) == ["closed", "closed", "rolled back", "closed"]


def test_the_next_dag_run_takes_the_load_of_a_dead_one_over_at_once(school: World) -> None:
    _, dead = begun(school, a_dag_run(7))
    run, load = begun(school, a_dag_run(8))
    with pytest.raises(LoadRolledBack) as gone:
        run.close(dead)
    assert not gone.value.superseded
    insert_all(run, load)
    run.close(load)
    with pytest.raises(LoadRolledBack, match="rolled back") as gone:
        run.e_from_pg_datasource(dead)
    assert gone.value.superseded


def test_two_that_append_to_one_mart_at_once(school: World) -> None:
    school.run(only="to_datawarehouse")
    with (
        locks.exclusive(school.stores.warehouse, school.model, school.model.marts[0].table),
        pytest.raises(LoadInProgress, match=r"is working on dm_courses"),
    ):
        school.run(only="to_datamart")
    school.run(only="to_datamart")
    assert school.differences() == []


def test_who_asks_whether_it_holds_its_lock_leaves_no_transaction_open(school: World) -> None:
    """In a transaction, PostgreSQL would not end the session of a process that hangs."""
    with locks.exclusive(school.stores.warehouse, school.model, "mart") as hold:
        hold.check()
        states = school.vault("""SELECT state FROM pg_locks JOIN pg_stat_activity USING (pid)
            WHERE locktype = 'advisory'
            AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())""")
    assert states == [("idle",)]


def test_a_dag_run_keeps_off_a_command_at_work(school: World) -> None:
    with locks.exclusive(school.stores.warehouse, school.model):
        _, command = begun(school)
        with pytest.raises(LoadInProgress):
            begun(school, a_dag_run(8))
        assert statuses(school) == ["open"]
    run, load = begun(school, a_dag_run(8))
    insert_all(run, load)
    run.close(load)
    assert statuses(school) == ["rolled back", "closed"]
    assert command.load_id < load.load_id


def test_another_airflow_respects_the_lease(school: World) -> None:
    """It cannot know whether that load is a dead run's."""
    begun(school, a_dag_run(7, "one"))
    with pytest.raises(LoadInProgress, match="DAG run 7, since"):
        begun(school, a_dag_run(1, "another"))
    end_leases(school)
    run, load = begun(school, a_dag_run(1, "another"))
    insert_all(run, load)
    run.close(load)
    assert statuses(school) == ["rolled back", "closed"]


def test_a_step_that_outlasts_its_lease_is_respected(school: World) -> None:
    run = ToDatawarehouse(school.model, school.stores, runner=a_dag_run(7))
    load = run.e_from_pg_datawarehouse()
    step = threading.Thread(target=run.e_from_pg_datasource, args=(load,))
    with source_held_up(school):
        step.start()
        wait_for_a_step(school)
        # The load's own row is the step's by now.
        with locks.at_work(school.stores.warehouse, load.load_id, run.runner):
            for runner in (a_dag_run(8), a_dag_run(1, "another")):
                with pytest.raises(LoadInProgress, match="DAG run 7, since"):
                    begun(school, runner)
    step.join()
    run.t_find_new_rows(load)
    insert_all(run, load)
    run.close(load)
    assert statuses(school) == ["closed"]
