"""What is of use to operators alone is kept for a time, and nothing else is ever deleted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airflow_home import Airflow, connected
from conftest import World
from skyeng.airflow import retention
from skyeng.config import keep_logs
from skyeng.control.feed_changes import Changes
from skyeng.control.loads import Load
from skyeng.errors import SettingsError
from skyeng.local.embedded_postgres import EmbeddedPostgres
from skyeng.local.up.processes import programs
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.sql import SQL


def test_steps_of_old_loads_are_forgotten_and_what_they_changed_is_not(school: World) -> None:
    school.run()
    school.run()  # nothing is new
    school.change("UPDATE course SET title = 'New' WHERE id = 1")
    school.run()
    before = known(school)
    assert [steps > 0 for steps, _ in before] == [True] * 3
    school.run()
    assert known(school)[:3] == before, "of the last thirty days everything is known"
    made_older(school, "40 days")
    school.run()
    with school.stores.warehouse.session() as session:
        old = Load(*session.rows(SQL("SELECT load_id, load_ts FROM control.loads ORDER BY load_id"))[1])
    steps = ToDatawarehouse(school.model, school.stores)
    assert steps.t_find_new_rows(old) == steps.close(old) == {"courses": Changes(0, 0, 0)}, "as Airflow may clear it"
    changed = [(0, 1), (0, 0), (0, 1)]
    assert known(school)[:3] == changed, "steps go, and that a feed had no news; what changed stays"
    assert school.differences() == []
    assert school.run(full=True).changes["courses"].new == 0


def test_the_last_load_stays_known_however_old_it_is(school: World) -> None:
    school.run()
    before = known(school)
    made_older(school, "1 year")
    school.run()
    assert known(school)[0] == before[0]
    assert school.differences() == []
    school.run()
    assert known(school)[0] == (0, 1)


def test_a_load_that_is_open_keeps_its_steps(school: World) -> None:
    """Of another model, that waits for somebody to look at its bad rows."""
    school.run()
    made_older(school, "40 days")
    school.vault("UPDATE control.loads SET status = 'open' RETURNING 1")
    school.vault(
        """INSERT INTO control.loads (model, load_ts, status, run_by, hash_version)
VALUES ('courses', now(), 'closed', 'somebody', 2) RETURNING 1"""
    )
    from skyeng.control import step_log

    with school.stores.warehouse.session() as session:
        step_log.forget_old(session, school.model, timedelta(days=30))
    assert known(school)[0][0] > 0


def known(world: World) -> list[tuple[int, int]]:
    """Of each load: how many steps are known, and how many feeds."""
    return world.vault(
        """SELECT (SELECT count(*) FROM control.load_steps AS step WHERE step.load_id = load.load_id),
    (SELECT count(*) FROM control.load_feeds AS feed WHERE feed.load_id = load.load_id)
FROM control.loads AS load ORDER BY load_id"""
    )


def made_older(world: World, age: str) -> None:
    """Loads, rows and the mart's register say that it was so long ago; their order stays."""
    tables = world.vault(
        """SELECT format('%I.%I', table_schema, table_name), column_name FROM information_schema.columns
JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema IN ('vault', 'control') AND column_name LIKE '%load_ts' AND table_type = 'BASE TABLE'"""
    )
    for table, column in tables:
        world.vault(f"UPDATE {table} SET {column} = {column} - interval '{age}' WHERE {column} > '-infinity'; SELECT 1")
    world.run(only="to_datamart", full=True)


def test_a_shorter_time_is_a_setting(school: World) -> None:
    school = replace(school, stores=replace(school.stores, keep_logs=timedelta(0)))
    school.run()
    school.run()
    school.run()
    assert [steps > 0 for steps, _ in known(school)] == [False, True, True]
    assert keep_logs({"SKYENG_KEEP_LOGS": "7d"}) == timedelta(days=7)
    assert keep_logs({}) == timedelta(days=30)
    with pytest.raises(SettingsError, match="SKYENG_KEEP_LOGS is not a duration: a week"):
        keep_logs({"SKYENG_KEEP_LOGS": "a week"})
    for wrong in ("30", "1h", "999999d"):
        with pytest.raises(SettingsError, match="SKYENG_KEEP_LOGS is too short or too long"):
            keep_logs({"SKYENG_KEEP_LOGS": wrong})


@pytest.mark.slow
def test_old_runs_of_airflow_and_their_logs_go(
    airflow: Airflow, school: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its log folder is known from the file of its configuration, with a warning of Airflow's before it."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    with connected(school):
        for _ in range(2):
            assert airflow.run("to_datawarehouse").state == "success"

    def runs() -> tuple[int, int]:
        with create_session() as session:
            count = session.query(DagRun).filter_by(dag_id="to_datawarehouse").count()
            return count, session.query(TaskInstance).filter_by(dag_id="to_datawarehouse").count()

    before = runs()
    month = timedelta(days=30)
    logs = {name: tmp_path / "dag_id=x" / name / "attempt=1.log" for name in ("old", "new")}
    for path in logs.values():
        path.parent.mkdir(parents=True)
        path.write_text("said")
    long_ago = time.time() - 31 * 86400
    for path in (logs["old"], logs["old"].parent):
        os.utime(path, (long_ago, long_ago))
    with create_session() as session:
        first = session.query(DagRun).filter_by(dag_id="to_datawarehouse").order_by(DagRun.id).limit(1).one()
        first.start_date = first.run_after = datetime.now(UTC) - month * 2
        session.query(TaskInstance).filter_by(run_id=first.run_id).update({"start_date": datetime.now(UTC) - month * 2})
    monkeypatch.setenv("AIRFLOW_CONFIG", str(tmp_path / "airflow.cfg"))
    (tmp_path / "airflow.cfg").write_text(f"[logging]\nbase_log_folder = {tmp_path}\n")
    retention.clean(datetime.now(UTC) - month)
    after = runs()
    assert not logs["old"].parent.exists()
    assert logs["new"].read_text() == "said"
    assert after[0] == before[0] - 1, "the other one is of today"
    assert after[1] < before[1]
    monkeypatch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(OSError, match="the metadata database has no tables"):
        retention.remove_runs(datetime.now(UTC) - month)


def test_retention_refuses_what_is_no_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYENG_KEEP_LOGS", "long")
    done = subprocess.run(
        [sys.executable, "-m", "skyeng.airflow.retention"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("SKYENG_KEEP_LOGS is not a duration: long")


def test_a_programs_log_is_bounded_while_it_runs(tmp_path: Path) -> None:
    """The part before is still there."""
    code = "import time\nprint('x' * (11 * 2**20), flush=True)\nwhile True: print('on', flush=True); time.sleep(0.05)"
    with programs(tmp_path, print) as started:
        started.start("loud", [sys.executable, "-c", code], {})
        log = started.logs / "loud.log"
        until = time.monotonic() + 30
        while not (log.with_suffix(".log.1").exists() and log.stat().st_size):
            assert time.monotonic() < until
            time.sleep(0.1)
            started.check()
        assert log.with_suffix(".log.1").stat().st_size > 10 * 2**20
        assert log.stat().st_size < 2**20
        assert log.read_text().startswith("on")


def test_the_embedded_servers_log_is_bounded(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path)
    server.start()
    server.stop()
    with server.log.open("a") as log:
        log.write("x" * (11 * 2**20))
    server.start()
    server.stop()
    assert server.log.stat().st_size < 2**20
    assert server.log.with_suffix(".log.1").stat().st_size > 10 * 2**20
