"""`skyeng up`, as a person on a laptop lives with it: Airflow, the datamart over HTTP, Ctrl-C."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psutil
import psycopg2
import pytest

from conftest import World
from samples import LONG, some
from skyeng.cli import up as up_command
from skyeng.config import Settings
from skyeng.errors import EmbeddedServerError, PortTaken, ProcessFailed
from skyeng.local import instance
from skyeng.local.stores import opened
from skyeng.local.up.airflow_api import AirflowApi
from skyeng.local.up.processes import end_leftovers, programs
from skyeng.local.up.setup import Ports, passwords
from skyeng.model import Model

pytestmark = pytest.mark.slow

#: Generous: machines of CI are slow and shared.
GRACE_PERIOD = 240.0

ANSWER = """SELECT h_course_title, count(h_lesson_title) FROM (
    SELECT h_course_title, h_lesson_title FROM dm_courses_modules_lessons_streams
    GROUP BY h_course_title, h_lesson_title
) GROUP BY h_course_title ORDER BY h_course_title FORMAT TSV"""


def wait_for(what: str, found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + GRACE_PERIOD
    while True:
        with suppress(OSError):  # a server that is busy does not answer in time
            if result := found():
                return result
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.3)


def skyeng(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "CH_", "SKYENG_"))}
    return subprocess.run(
        [sys.executable, "-m", "skyeng", *arguments],
        capture_output=True,
        text=True,
        env={**others, "SKYENG_HOME": str(home)},
        timeout=GRACE_PERIOD,
        check=False,
    )


@dataclass(frozen=True)
class Up:
    """A `skyeng up` that is ready."""

    home: Path
    process: subprocess.Popen[str]
    api: AirflowApi
    world: World

    @property
    def ports(self) -> list[int]:
        facts = instance.state(self.home)
        postgres = int((self.home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[3])
        return [postgres, *(urlsplit(facts[name]).port or 0 for name in ("airflow", "datamart"))]

    def ask(self, query: str, user: str = "analyst") -> str:
        """As an analyst's SQL client does: over HTTP, with a password."""
        port = urlsplit(instance.state(self.home)["datamart"]).port
        secret = getattr(passwords(self.home), user)
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/?database=datamart",
            data=query.encode(),
            headers={"Authorization": "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read().decode()

    def trigger(self, dag_id: str) -> str:
        return self.api.ask("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None})["dag_run_id"]

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        return self.api.ask("GET", f"/dags/{dag_id}/dagRuns", order_by="run_after", limit=100)["dag_runs"]

    def finished(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """A run, once it has ended."""
        return wait_for(
            f"{dag_id} {run_id} to end",
            lambda: next(
                (
                    run
                    for run in self.runs(dag_id)
                    if run["dag_run_id"] == run_id and run["state"] in ("success", "failed")
                ),
                None,
            ),
        )

    def idle(self) -> None:
        """Wait until no run is under way."""
        busy = ("queued", "running")
        wait_for(
            "all runs to end",
            lambda: (
                not any(
                    run["state"] in busy for dag_id in ("to_datawarehouse", "to_datamart") for run in self.runs(dag_id)
                )
            ),
        )

    def tasks(self, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
        path = f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances"
        return {task["task_id"]: task for task in self.api.ask("GET", path, limit=100)["task_instances"]}

    def clear(self, dag_id: str, run_id: str, *tasks: str) -> None:
        """Click on `clear` for these tasks alone, and wait for the run to end again."""
        body = {"dag_run_id": run_id, "task_ids": [*tasks], "dry_run": False, "only_failed": False}
        self.api.ask("POST", f"/dags/{dag_id}/clearTaskInstances", body)
        assert self.finished(dag_id, run_id)["state"] == "success"


@pytest.fixture
def up(tmp_path_factory: pytest.TempPathFactory, courses: Model) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("up") / "a home"
    others = {
        name: value for name, value in os.environ.items() if not name.startswith(("PG", "CH_", "SKYENG_", "AIRFLOW"))
    }
    ports = (f"--{name}-port=0" for name in ("airflow", "postgres", "clickhouse", "metrics"))
    home.mkdir()
    with (home.parent / "err").open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "skyeng", "up", *ports],
            env={**others, "SKYENG_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=err,
            text=True,
        )
    with ExitStack() as stack:
        stack.callback(lambda: process.poll() is None and process.send_signal(signal.SIGTERM))

        def ready() -> bool:
            assert process.poll() is None, (home.parent / "err").read_text()
            return "airflow" in instance.state(home)

        wait_for("skyeng up to be ready", ready)
        stores = stack.enter_context(opened(Settings(home=home)))
        api = AirflowApi(instance.state(home)["airflow"], passwords(home).admin)
        ready_up = Up(home, process, api, World(courses, stores))
        ports = ready_up.ports
        yield ready_up
    process.wait(60)
    # PostgreSQL was in use by the test as well, and stopped with its last user.
    assert [port for port in ports if answers(port)] == []


@pytest.mark.longest
def test_a_day_with_skyeng_up(up: Up) -> None:
    check_first_loads(up)
    check_a_change_reaches_analysts(up)
    check_a_killed_task_is_retried(up)
    if LONG:
        check_tasks_may_be_cleared_in_any_order(up)
    check_others_meanwhile(up)
    check_who_watches(up)
    check_no_secret_is_told(up)
    check_ctrl_c_leaves_nothing(up)


def check_first_loads(up: Up) -> None:
    """The schedule begins at once, the asset follows."""
    wait_for("the first rows in the datamart", lambda: up.ask(ANSWER).count("\t6\n") == 3)
    up.idle()
    assert up.world.differences() == []
    with urllib.request.urlopen(up.api.address, timeout=30) as page:
        assert "<title>Airflow" in page.read().decode()
    drawn = json.dumps(up.api.ask("GET", "/dependencies", root="/ui"))
    assert all(f'"{name}"' in drawn for name in ("to_datawarehouse", "datawarehouse_courses", "to_datamart"))


def check_a_change_reaches_analysts(up: Up) -> None:
    """Only the warehouse's DAG is triggered: the datamart's is started by its asset."""
    before = {run["dag_run_id"] for run in up.runs("to_datamart")}
    up.world.change("UPDATE course SET title = 'Renamed' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id <= 2")
    run = up.finished("to_datawarehouse", up.trigger("to_datawarehouse"))
    assert run["state"] == "success"
    by_asset = wait_for(
        "the asset to start to_datamart",
        lambda: [
            run["dag_run_id"]
            for run in up.runs("to_datamart")
            if run["dag_run_id"] not in before and run["run_type"] == "asset_triggered"
        ],
    )
    assert up.finished("to_datamart", by_asset[0])["state"] == "success"
    assert up.ask(ANSWER) == "Data Analysis\t6\nData Engineering\t6\nRenamed\t4\n"
    with pytest.raises(urllib.error.HTTPError) as refused:
        up.ask("DROP VIEW dm_courses_modules_lessons_streams")
    assert "READONLY" in refused.value.read().decode()
    up.idle()


def check_a_killed_task_is_retried(up: Up) -> None:
    """SIGKILL in the middle of an insert: Airflow retries, and the rows are as if nothing had been."""
    up.world.change("UPDATE stream_module_lesson SET title = 'Killed' WHERE id = 7")
    database = up.world.stores.warehouse.url
    with locked(database, "vault.s_lessons"):
        run_id = up.trigger("to_datawarehouse")
        wait_for("l_update_s_lesson to wait", lambda: worker(database)).kill()
    wait_for("a second try", lambda: up.tasks("to_datawarehouse", run_id)["l_update_s_lesson"]["try_number"] == 2)
    assert up.finished("to_datawarehouse", run_id)["state"] == "success"
    up.idle()
    assert up.world.vault("SELECT count(*) FROM vault.s_lessons WHERE s_lesson_title = 'Killed'") == [(1,)]
    assert up.ask("SELECT count() FROM dm_courses_modules_lessons_streams WHERE h_lesson_title = 'Killed'") == "1\n"
    assert up.world.differences() == []


@contextmanager
def locked(database: str, table: str) -> Iterator[None]:
    connection = psycopg2.connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        yield
    finally:
        connection.close()


def worker(database: str) -> psutil.Process | None:
    """The process whose statement waits for the lock."""
    connection = psycopg2.connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT client_port FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND client_port > 0"
            )
            waiting = {port for (port,) in cursor.fetchall()}
    finally:
        connection.close()
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if any(it.laddr and it.laddr.port in waiting for it in process.net_connections("tcp")):
                return process if "postgres" not in process.name() else None
    return None


def check_tasks_may_be_cleared_in_any_order(up: Up) -> None:
    """Whatever an operator clears of runs that have ended, nothing changes and nothing fails."""
    before = up.world.row_counts()
    runs = [run["dag_run_id"] for run in up.runs("to_datawarehouse") if run["state"] == "success"]
    loaded = next(run for run in reversed(runs) if up.tasks("to_datawarehouse", run)["close"]["state"] == "success")
    sets = (["close", "l_update_s_lesson"], ["e_from_pg_datasource", "l_update_links", "t_find_new_rows"])
    for tasks in some(sets, 1):
        up.clear("to_datawarehouse", loaded, *tasks)
    # A new load begins where only the first task is cleared; it is nobody's, and the next run rolls it back.
    up.clear("to_datawarehouse", loaded, "e_from_pg_datawarehouse")
    up.world.change("UPDATE stream_module_lesson SET title = 'After clearing' WHERE id = 8")
    assert up.finished("to_datawarehouse", up.trigger("to_datawarehouse"))["state"] == "success"
    # The run that was cleared belongs to a load that was rolled back, and a later one did its work.
    up.clear("to_datawarehouse", loaded, "e_from_pg_datasource", "close")
    up.idle()
    for run in up.runs("to_datamart")[-1:]:
        up.clear("to_datamart", run["dag_run_id"], "l_update_datamart", "e_from_ch_datamart")
    assert up.world.differences() == []
    after = up.world.row_counts()
    assert {table: after[table] - before[table] for table in after if after[table] != before[table]} == {
        "s_lessons": 1,
        "courses_changes": 1,
        "dm_courses_modules_lessons_streams": 1,
    }


def check_others_meanwhile(up: Up) -> None:
    second = skyeng(up.home, "up")
    assert second.returncode == 1
    assert f"skyeng up runs already: Airflow is at {up.api.address}" in second.stderr
    taken = skyeng(up.home.parent / "other", "up", f"--postgres-port={up.ports[0]}", f"--clickhouse-port={up.ports[2]}")
    assert taken.returncode == 1
    assert f"port {up.ports[0]} (postgres), port {up.ports[2]} (clickhouse)" in taken.stderr
    assert "--postgres-port 0 --clickhouse-port 0" in taken.stderr
    asked = skyeng(up.home, "query", "lessons-per-course", "--format", "csv")
    assert asked.returncode == 0, asked.stderr
    assert '"Renamed",4' in asked.stdout


def check_who_watches(up: Up) -> None:
    """Metrics are served, and of the runs that ended only those of this `up` are news."""
    metrics = next(it for it in psutil.Process(up.process.pid).children() if "watch" in it.cmdline())
    port = metrics.cmdline()[metrics.cmdline().index("--port") + 1]

    def scraped() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            return page.read().decode()

    wait_for("a look at the model", lambda: 'skyeng_up{model="courses"} 1.0' in scraped())
    assert 'skyeng_mart_loads_behind{mart="dm_courses_modules_lessons_streams",model="courses"} 0.0' in scraped()
    assert up_command._newly_finished(up.api, set(), datetime.now(UTC) - timedelta(hours=1))
    assert up_command._newly_finished(up.api, set(), datetime.now(UTC)) == []


def check_no_secret_is_told(up: Up) -> None:
    secrets = passwords(up.home)
    told = [path for folder in ("airflow/logs", "up/logs", "postgres/server.log") for path in files(up.home / folder)]
    assert len(told) > 20
    for path in told:
        text = path.read_text(errors="replace")
        for name in ("admin", "analyst", "loader", "reader", "signature", "fernet"):
            assert getattr(secrets, name) not in text, f"{name}'s password is in {path}"
    for path in ("up/passwords.json", "up/state.json", "airflow/passwords.json"):
        assert (up.home / path).stat().st_mode & 0o077 == 0


def files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [it for it in path.rglob("*") if it.is_file()]


def check_ctrl_c_leaves_nothing(up: Up) -> None:
    ports, programs = up.ports, psutil.Process(up.process.pid).children(recursive=True)
    assert len(programs) > 6
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(90) == 0
    said = (up.home.parent / "err").read_text()
    assert "to_datawarehouse    36 new, 0 changed, 0 deleted" in said
    assert "Traceback" not in said
    own = str(up.home)
    left = [
        it for it in programs if it.is_running() and it.status() != psutil.STATUS_ZOMBIE and "postgres" not in it.name()
    ]
    assert left == []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            assert own not in process.environ().get("AIRFLOW_HOME", ""), process
    # PostgreSQL is still in use by this test; it stops with its last user.
    assert [port for port in ports[1:] if answers(port)] == []


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_ports_in_use_are_named() -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"port {port} \(airflow\)"):
            Ports(port, 0, 0, 0).taken()
    assert all(vars(Ports(0, 0, 0, 0).taken()).values())


def test_what_a_killed_skyeng_up_left_is_ended_by_the_next(tmp_path: Path) -> None:
    """Its programs, and what those had started."""
    code = """
import sys, time
from pathlib import Path
from skyeng.local import instance
from skyeng.local.up.processes import end_leftovers, programs
home = Path(sys.argv[1])
with instance.alone(home), programs(home, print) as started:
    started.start("sleeper", ["sh", "-c", "sleep 1000 & sleep 1000"], {})
    time.sleep(1000)
"""
    first = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    try:
        wait_for("the program", lambda: instance.state(tmp_path).get("programs"))
        family = wait_for("its children", lambda: family_of(instance.state(tmp_path)["programs"][0][0]))
    finally:
        first.kill()
        first.wait()
    assert all(it.is_running() for it in family)
    with instance.alone(tmp_path):
        end_leftovers(tmp_path)
        assert not any(it.is_running() and it.status() != psutil.STATUS_ZOMBIE for it in family)


def family_of(pid: int) -> list[psutil.Process]:
    leader = psutil.Process(pid)
    children = leader.children(recursive=True)
    return [leader, *children] if len(children) == 2 else []


def test_a_program_that_fails_is_named_with_its_last_words(tmp_path: Path) -> None:
    with instance.alone(tmp_path), programs(tmp_path, print) as started:
        with pytest.raises(ProcessFailed, match="broken ended with status 3") as failed:
            started.run("broken", [sys.executable, "-c", "print('what was wrong'); raise SystemExit(3)"], {})
        assert "what was wrong" in str(failed.value)
        started.start("short", ["true"], {})
        with pytest.raises(ProcessFailed, match="short ended by itself"):
            wait_for("its end", lambda: started.check())


def test_an_embedded_server_in_use_is_not_taken_over(tmp_path: Path) -> None:
    from skyeng.local.embedded_postgres import EmbeddedPostgres

    port = Ports(0, 0, 0, 0).taken().postgres
    quiet = EmbeddedPostgres(tmp_path)
    quiet.start()
    try:
        with pytest.raises(EmbeddedServerError, match="another command uses"):
            EmbeddedPostgres(tmp_path, port).start()
    finally:
        quiet.stop()
    loud = EmbeddedPostgres(tmp_path, port)
    loud.start()
    try:
        assert answers(port)
        joined = EmbeddedPostgres(tmp_path)
        joined.start()
        psycopg2.connect(joined.url("postgres")).close()
        joined.stop()
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres")
    finally:
        loud.stop()
    assert not answers(port)


def test_passwords_are_made_once(tmp_path: Path) -> None:
    instance.folder(tmp_path).mkdir()
    first = passwords(tmp_path)
    assert passwords(tmp_path) == first
    assert len(set(vars(first).values())) == 6
    assert json.loads((tmp_path / "up" / "passwords.json").read_text())["admin"] == first.admin


@pytest.mark.parametrize("delay", [0.05, 0.2, 0.5])
def test_ctrl_c_while_the_server_starts_leaves_none(tmp_path: Path, delay: float) -> None:
    code = """
import signal, sys, threading
from pathlib import Path
from skyeng.local.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
threading.Timer(float(sys.argv[2]), signal.raise_signal, [signal.SIGINT]).start()
try:
    server.start()
    signal.pause()
except KeyboardInterrupt:
    server.stop()
"""
    folder = tmp_path / "postgres"
    started = subprocess.Popen([sys.executable, "-c", code, str(folder), str(delay)])
    assert started.wait(60) == 0
    assert not (folder / "data" / "postmaster.pid").exists()
    left = [it for it in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(it.info["cmdline"] or [])]
    assert left == []
