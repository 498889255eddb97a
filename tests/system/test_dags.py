"""The two DAGs in a real Airflow: what they look like, and what their runs do."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_home import DAGS, Airflow, connected
from conftest import MODELS, Servers, World
from receivers import hook
from skyeng.airflow.connections import connection, url
from skyeng.errors import BadRowsError, SettingsError, SourceError
from skyeng.model import Model
from skyeng.sources import sample_data
from test_shop import ROWS

MART = "dm_courses_modules_lessons_streams"
HUBS = {f"l_update_h_{name}" for name in ("course", "stream", "module", "lesson")}
LINK_AND_SATELLITES = {"l_update_links", *(f"l_update_s_{name}" for name in ("course", "stream", "module", "lesson"))}
LOADS = HUBS | LINK_AND_SATELLITES | {"close"}

#: No XCom of ours is longer than this as JSON, whatever the number of rows or loads.
LARGEST_XCOM = 500


@pytest.fixture(scope="module")
def dags(airflow: Airflow) -> dict[str, Any]:
    bag = airflow.bag()
    assert bag.import_errors == {}
    assert not bag.captured_warnings
    return bag.dags


def test_there_are_two_dags(dags: dict[str, Any]) -> None:
    assert set(dags) == {"to_datawarehouse", "to_datamart"}
    for dag in dags.values():
        assert dag.max_active_runs == 1
        assert not dag.catchup
        assert dag.dagrun_timeout.total_seconds() == 7200
        assert dag.params["full"] is False
        assert "`h_courses`" in dag.doc_md
        assert dag.on_failure_callback
        for task in dag.tasks:
            assert task.doc_md
            assert task.retries == 3
            assert task.retry_exponential_backoff == 2
            assert task.on_failure_callback


def test_hubs_then_link_and_satellites_then_close(dags: dict[str, Any]) -> None:
    dag = dags["to_datawarehouse"]
    after = {task.task_id: task.downstream_task_ids for task in dag.tasks}
    assert after["e_from_pg_datawarehouse"] == {"e_from_pg_datasource"}
    assert after["e_from_pg_datasource"] == {"t_find_new_rows"}
    assert after["t_find_new_rows"] == HUBS
    for hub in HUBS:
        assert after[hub] == LINK_AND_SATELLITES
    for part in LINK_AND_SATELLITES:
        assert after[part] == {"close"}
    assert [task.task_id for task in dags["to_datamart"].topological_sort()] == [
        *("e_from_ch_datamart", "e_from_pg_datawarehouse", "t_find_new_rows", "l_update_datamart")
    ]


def test_the_schedules(dags: dict[str, Any]) -> None:
    """Every ten minutes both; the datamart also as soon as the warehouse was loaded."""
    warehouse, mart = dags["to_datawarehouse"].timetable, dags["to_datamart"].timetable
    assert warehouse.expression == mart.timetable.expression == "*/10 * * * *"
    (outlet,) = dags["to_datawarehouse"].task_dict["close"].outlets
    assert list(mart.asset_condition.objects) == [outlet]


def test_every_pool_is_in_the_file_that_a_deploy_imports(dags: dict[str, Any]) -> None:
    pools = json.loads((DAGS / "pools.json").read_text())
    used = {task.pool for dag in dags.values() for task in dag.tasks} - {"default_pool"}
    assert used == set(pools) == {"pg_datasource", "ch_datamart"}
    assert all(pool["slots"] == 1 for pool in pools.values())


@pytest.mark.slow
def test_a_dag_file_is_parsed_within_a_second_of_cpu_beyond_airflow(airflow: Airflow) -> None:
    measured = subprocess.run(
        [
            *(sys.executable, "-c"),
            "import sys, time, runpy\nfrom airflow.sdk import DAG, Asset, BaseHook, Param, TaskGroup, task\n"
            "begun = time.process_time(); runpy.run_path(sys.argv[1])\n"
            "slow = {'chdb', 'pandas', 'great_expectations', 'clickhouse_connect'} & set(sys.modules)\n"
            "print(time.process_time() - begun, *slow)",
            str(DAGS / "subject_areas.py"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    seconds, *slow = measured.stdout.splitlines()[-1].split()
    assert float(seconds) < 1
    assert slow == []


@pytest.mark.slow
def test_a_load_then_nothing_new_then_a_change(airflow: Airflow, school: World) -> None:
    with connected(school):
        first = airflow.run("to_datawarehouse")
        assert first.state == "success"
        assert (
            first.tasks_in("success")
            == set(first.tasks)
            == LOADS | {*("e_from_pg_datawarehouse", "e_from_pg_datasource", "t_find_new_rows")}
        )
        assert first.xcoms["close"] == {"load_id": 1, "new": 36, "changed": 0, "deleted": 0}
        appended = airflow.run("to_datamart")
        assert appended.xcoms["l_update_datamart"]["row_versions"] == 36
        assert school.differences() == []
        before = school.row_counts()

        for dag_id, skipped in (("to_datawarehouse", LOADS), ("to_datamart", {"l_update_datamart"})):
            idle = airflow.run(dag_id)
            assert idle.state == "success"
            assert idle.tasks_in("skipped") == {"t_find_new_rows"} | skipped
        assert school.row_counts() == before

        school.change(
            "UPDATE course SET title = 'Renamed' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id = 36"
        )
        changed = airflow.run("to_datawarehouse")
        assert changed.xcoms["close"] == {"load_id": 3, "new": 0, "changed": 6, "deleted": 1}
        appended = airflow.run("to_datamart").xcoms["l_update_datamart"]
        assert appended == {"action": "append", "loads": 1, "row_versions": 7, "reason": "", "views": []}
        school.mart_command(f"DROP VIEW {MART}_as_of")
        made = airflow.run("to_datamart").xcoms["l_update_datamart"]
        assert (made["action"], made["views"]) == ("make views", [f"{MART}_as_of is missing"])
    assert school.differences() == []
    answer = f"""SELECT h_course_title, count(h_lesson_title) FROM (
        SELECT h_course_title, h_lesson_title FROM {MART} GROUP BY ALL) GROUP BY ALL ORDER BY ALL"""
    assert school.mart(answer) == [("Data Analysis", 6), ("Data Engineering", 6), ("Renamed", 6)]


@pytest.mark.slow
def test_a_full_comparison_asked_for_in_the_trigger_form(airflow: Airflow, school: World) -> None:
    school.run()
    school.mart_command(
        f"ALTER TABLE {MART}_history UPDATE h_lesson_title = 'x' WHERE h_lesson_id = 7 SETTINGS mutations_sync = 2"
    )
    assert school.differences()
    with connected(school):
        assert "l_update_datamart" in airflow.run("to_datamart").tasks_in("skipped")
        repaired = airflow.run("to_datamart", full=True)
        assert repaired.xcoms["l_update_datamart"]["reason"] == "rows of the mart differ from the vault"
        school.damage_vault(
            "UPDATE control.courses_rows SET row_hash = 0 WHERE ctid = (SELECT min(ctid) FROM control.courses_rows)"
        )
        assert airflow.run("to_datawarehouse", full=True).tasks["close"] == "skipped", "the vault itself is right"
    assert school.differences() == []


@pytest.mark.slow
def test_no_xcom_grows_with_the_rows_or_the_loads(airflow: Airflow, servers: Servers, courses: Model) -> None:
    world = servers.world(courses, lambda source: _generate(source, courses, 10_000), "large")
    runs = []
    with connected(world):
        runs += [airflow.run("to_datawarehouse"), airflow.run("to_datamart")]
        for change in range(3):
            world.change(f"UPDATE stream_module_lesson SET title = 'Change {change}' WHERE id <= 1000")
            world.run(only="to_datawarehouse")
        world.change("DELETE FROM stream_module_lesson WHERE id <= 5000")
        runs += [airflow.run("to_datawarehouse"), airflow.run("to_datamart")]
    assert [run.state for run in runs] == ["success"] * 4
    sizes = [len(json.dumps(value)) for run in runs for value in run.xcoms.values()]
    assert len(sizes) == 2 * (len(LOADS) + 3 + 4)
    assert max(sizes) <= LARGEST_XCOM


def _generate(source: Any, model: Model, rows: int) -> None:
    sample_data.generate(source, model, rows)


@pytest.mark.slow
def test_a_bad_row_fails_the_run_at_once_and_says_what_to_do(
    airflow: Airflow, school: World, caplog: pytest.LogCaptureFixture
) -> None:
    school.change("ALTER TABLE course ALTER title TYPE text; UPDATE course SET created_at = 'infinity' WHERE id = 1")
    with connected(school), caplog.at_level(logging.ERROR):
        failed = airflow.run("to_datawarehouse")
    assert failed.state == "failed"
    assert failed.tasks["t_find_new_rows"] == "failed", "not up for a retry: it would fail again"
    assert failed.tasks_in("upstream_failed") == LOADS
    assert school.row_counts()["h_lessons"] == 0
    said = next(it.getMessage() for it in caplog.records if it.name == "skyeng.airflow.step")
    assert "task t_find_new_rows of to_datawarehouse failed: rows of feed 'courses' cannot be loaded" in said
    assert "fix the rows at the source" in said
    assert "clear the tasks that did not succeed" in said
    school.change("UPDATE course SET created_at = now() WHERE id = 1")
    school.vault("UPDATE control.loads SET lease = interval '0' RETURNING 1")
    assert school.run().changes["courses"].new == 36


def test_what_a_failure_says(
    caplog: pytest.LogCaptureFixture, airflow: Airflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the log, and to whom `SKYENG_ALERTS` names: once for a run of which a task failed."""
    from skyeng.airflow.step import tell_of_failure

    class Instance:
        task_id = "l_update_links"

    with caplog.at_level(logging.ERROR, "skyeng.airflow.step"):
        tell_of_failure({"task_instance": Instance(), "exception": OSError("the disk is full")})  # type: ignore[typeddict-item]
    assert "task l_update_links" in caplog.text
    assert "the disk is full" in caplog.text
    assert "clear the tasks that did not succeed" in caplog.text
    with hook() as (address, taken):
        monkeypatch.setenv("SKYENG_ALERTS", address)
        for context in (
            {"task_instance": Instance(), "exception": OSError("the disk is full")},
            {"task_instance": Instance(), "exception": BadRowsError("two rows are bad")},
            {
                "task_instance": Instance(),
                "exception": BadRowsError("rows are bad:\n  row: secret", remedy="mend them"),
            },
            {"task_instance": Instance(), "exception": SourceError('no integer: "secret"')},
            {"task_instance": Instance()},
            {"task_instance": Instance(), "reason": "task_failure"},
            {"reason": "timed_out"},
        ):
            tell_of_failure(context)  # type: ignore[arg-type]
    assert "secret" not in str(taken)
    assert "mend them" in taken[2]["message"]
    assert [it["message"].splitlines()[0] for it in taken] == [
        "task l_update_links of the DAG failed: OSError, see the task's log",
        "task l_update_links of the DAG failed: two rows are bad (BadRowsError, see the task's log)",
        "task l_update_links of the DAG failed: rows are bad (BadRowsError, see the task's log)",
        "task l_update_links of the DAG failed: SourceError, see the task's log",
        "task l_update_links of the DAG failed: its process ended without a word: it was killed, or had no memory left",
        "the run of the DAG failed: task_failure",
        "the run of the DAG failed: timed_out",
    ]
    monkeypatch.setenv("SKYENG_ALERTS", "nonsense://x")
    tell_of_failure({"reason": "timed_out"})
    assert "SKYENG_ALERTS: URL number 1 cannot be used" in caplog.text


@pytest.mark.slow
def test_a_second_model_gets_its_own_dags_by_adding_its_folder(
    airflow: Airflow, empty_shop: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(MODELS / "shop", tmp_path / "shop")
    monkeypatch.setenv("SKYENG_MODELS", str(tmp_path))
    dags = airflow.bag().dags
    assert set(dags) == {"to_datawarehouse", "to_datamart", "to_datawarehouse_shop", "to_datamart_shop"}
    assert {"dm_orders.l_update_datamart", "dm_stocks.l_update_datamart"} <= set(dags["to_datamart_shop"].task_ids)
    empty_shop.change(ROWS)
    with connected(empty_shop):
        assert airflow.run("to_datawarehouse_shop").state == "success"
        assert airflow.run("to_datamart_shop").state == "success"
    assert empty_shop.differences() == []


def test_a_faulty_model_takes_no_other_dag_away(
    airflow: Airflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.yaml").write_text("model: broken\nhubs: 7\n")
    monkeypatch.setenv("SKYENG_MODELS", str(tmp_path))
    bag = airflow.bag()
    assert set(bag.dags) == {"to_datawarehouse", "to_datamart"}
    ((file, error),) = bag.import_errors.items()
    assert Path(file).name == "faulty_models.py"
    assert "line 2: hubs" in error


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://loader:p%40ss%2Fw%3Ard%25@db.example:5433/ware%2Fhouse",
        "postgresql://loader:secret@db.example:5432/warehouse?sslmode=require",
        "postgresql://postgres@/datasource?host=/tmp/socket%20folder",
        "postgresql://loader:p%40ss@one.example:5432,two.example:5433/warehouse?target_session_attrs=read-write",
        "clickhouse://loader:p%40ss@mart.example:8123/datamart",
        "clickhouses://loader:p%25@mart.example:8443/datamart",
        "chdb:///some/f%C3%B6lder?database=datamart",
    ],
)
def test_urls_and_connections_say_the_same(text: str, airflow: Airflow) -> None:
    from airflow.sdk import Connection

    found: Any = Connection.from_json(json.dumps(connection(text)), conn_id="x")
    back = url(
        "x",
        found.conn_type,
        **{key: getattr(found, key) for key in ("host", "port", "login", "password", "schema")},
        extra=found.extra_dejson,
    )
    assert connection(back) == connection(text)


@pytest.mark.parametrize(
    ("name", "conn_type", "host", "expected"),
    [
        ("pg_datasource", "mysql", "db", "type postgres"),
        ("pg_datasource", "postgres", None, "type postgres"),
        ("ch_datamart", "http", "db", "type clickhouse"),
    ],
)
def test_a_connection_that_cannot_be_used(name: str, conn_type: str, host: str | None, expected: str) -> None:
    secret = "never shown"  # noqa: S105 - of nothing
    with pytest.raises(SettingsError) as refused:
        url(name, conn_type, host=host, port=None, login="me", password=secret, schema="db", extra={})
    assert expected in str(refused.value)
    assert f"AIRFLOW_CONN_{name.upper()}" in str(refused.value)
    assert secret not in str(refused.value)
