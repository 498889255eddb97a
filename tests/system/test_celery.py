"""The same DAGs on Celery workers: any worker runs any task.

Needs a Redis on the machine (`apt-get install redis-server`); skipped where there is none.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from conftest import World
from skyeng.config import Settings
from skyeng.local.stores import opened
from skyeng.local.up.airflow_api import AirflowApi
from skyeng.local.up.processes import Programs, programs
from skyeng.local.up.setup import Ports, Setup
from skyeng.local.up.supervisor import everything
from skyeng.model import Model
from test_up import wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="no redis-server on this machine"),
]

WORKERS = ("first", "second")


@contextmanager
def on_celery(model: Model, folder: Path) -> Iterator[tuple[Setup, Programs, AirflowApi]]:
    """`skyeng up` with two Celery workers in place of the scheduler's own processes."""
    broker = Ports(0, 0, 0, 0).taken()
    settings = {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": f"redis://127.0.0.1:{broker.airflow}/0",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+sqlite:///{quote(str(folder / 'results.db'))}",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY": "2",
    }
    with programs(folder / "celery", print) as own:
        redis = (
            "redis-server",
            "--port",
            str(broker.airflow),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(folder),
        )
        own.start("redis", redis, {})
        with everything(model, folder / "home", Ports(0, 0, 0, 0), print, settings) as (plan, started, api):
            environment = plan.airflow_environment()
            for name in WORKERS:
                command = (sys.executable, "-m", "airflow", "celery", "worker", "--skip-serve-logs", "-H", f"{name}@%h")
                pid = ("--pid", str(folder / f"{name}.pid"))
                started.start(f"worker-{name}", [*command, *pid], environment)
            yield plan, started, api


def test_any_worker_runs_any_task(courses: Model, tmp_path: Path) -> None:
    with on_celery(courses, tmp_path) as (_, started, api):

        def loaded() -> str | None:
            started.check()
            runs = api.ask("GET", "/dags/to_datamart/dagRuns")["dag_runs"]
            return next((it["dag_run_id"] for it in runs if it["run_type"] == "asset_triggered"), None)

        wait_for("the asset to start to_datamart", loaded)
        wait_for(
            "all runs to end",
            lambda: all(it["state"] == "success" for it in api.ask("GET", "/dags/~/dagRuns")["dag_runs"]),
        )
        tasks = [
            task
            for run in api.ask("GET", "/dags/~/dagRuns")["dag_runs"]
            for task in api.ask("GET", f"/dags/{run['dag_id']}/dagRuns/~/taskInstances", limit=100)["task_instances"]
            if task["state"] == "success" and task["dag_run_id"] == run["dag_run_id"]
        ]
        assert len(tasks) > 14
        done = [started.logs / f"worker-{name}.log" for name in WORKERS]
        wait_for("the workers to say so", lambda: sum(_tasks_done(log) for log in done) >= len(tasks))
        with opened(Settings(home=tmp_path / "home")) as stores:
            world = World(courses, stores)
            assert world.differences() == []
            assert world.row_counts()["h_lessons"] == 36


def _tasks_done(log: Path) -> int:
    return log.read_text().count("succeeded in")
