"""What containers would run: `command` and `healthcheck` of docker-compose.yml, run on this machine.

Words and variables are the file's own; a host, a port or a folder of a container is replaced by
one of this machine. Database servers are real ones, of the wheel; ClickHouse is the embedded engine.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest

from test_compose import ROOT, SERVICES, filled, settings
from test_own_servers import Cluster, Role

pytestmark = pytest.mark.slow


@dataclass
class Machine:
    """The machine that the tests run on, in place of containers."""

    folder: Path
    cluster: Cluster
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def variables(self) -> dict[str, str]:
        """What .env sets, with the two PostgreSQL servers being one of the user's own."""
        own = {f"{name}_HOST": "127.0.0.1" for name in ("DATASOURCE", "WAREHOUSE")}
        own |= {f"{name}_PORT": str(self.cluster.port) for name in ("DATASOURCE", "WAREHOUSE")}
        return settings() | own

    def here(self, text: str) -> str:
        """A text of the file with what is different here."""
        for there, replacement in {
            "http://airflow-api-server:8080": f"http://127.0.0.1:{self.port('api')}",
            "127.0.0.1:8080": f"127.0.0.1:{self.port('api')}",
            "127.0.0.1:8974": f"127.0.0.1:{self.port('scheduler')}",
            "@redis:6379": f"@127.0.0.1:{self.port('redis')}",
            "redis-cli": f"redis-cli -p {self.port('redis')}",
            "appendonly": f"port {self.port('redis')}\nappendonly",
            # As in the container, a path without spaces, wherever this repository is.
            "/app/dags": str(self.folder / "app" / "dags"),
            "/app/airflow": str(self.folder),
            "@metadata:5432": f"@127.0.0.1:{self.cluster.port}",
        }.items():
            text = text.replace(there, replacement)
        return text

    def port(self, name: str) -> int:
        if name not in self.ports:
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))
                self.ports[name] = taken.getsockname()[1]
        return self.ports[name]

    def environment(self, service: str, **others: str) -> dict[str, str]:
        given = filled(SERVICES[service].get("environment", {}), self.variables)
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "HOSTNAME": socket.gethostname(),
            "AIRFLOW_HOME": str(self.folder),
            "AIRFLOW__API__PORT": str(self.port("api")),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(self.port("scheduler")),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.port(f"logs of {service}")),
            **{name: self.here(value) for name, value in given.items()},
            **others,
        }

    def command(self, service: str) -> list[str]:
        return [self.here(part) for part in filled(SERVICES[service]["command"], self.variables)]

    def run(self, service: str, **others: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(service),
            env=self.environment(service, **others),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )

    @contextmanager
    def running(self, service: str) -> Iterator[None]:
        """A service that runs on, in a process group of its own; nothing of it is left behind."""
        with (self.folder / f"{service}.log").open("w") as log:
            started = subprocess.Popen(
                self.command(service),
                env=self.environment(service),
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield
        finally:
            family = psutil.Process(started.pid).children(recursive=True) if started.poll() is None else []
            with suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                started.wait(60)
            _, left = psutil.wait_procs(family, 30)
            for process in (started, *left):
                process.kill()
            started.wait()
            assert not left

    def healthy(self, service: str, **others: str) -> bool:
        kind, *test = [self.here(part) for part in filled(SERVICES[service]["healthcheck"]["test"], self.variables)]
        words = ["sh", "-c", *test] if kind == "CMD-SHELL" else test
        done = subprocess.run(
            words, env=self.environment(service, **others), capture_output=True, timeout=60, check=False
        )
        return done.returncode == 0


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """One PostgreSQL with the three databases and their owners, as the images would make them."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 18)
    cluster.create()
    made = Machine(tmp_path_factory.mktemp("machine"), cluster)
    (made.folder / "app").symlink_to(ROOT)
    try:
        cluster.start()
        for name in ("datasource", "warehouse", "metadata"):
            given = filled(SERVICES[name]["environment"], made.variables)
            user, database = given["POSTGRES_USER"], given["POSTGRES_DB"]
            cluster.execute(
                f"CREATE ROLE {user} LOGIN SUPERUSER PASSWORD '{given['POSTGRES_PASSWORD']}'",
                f"CREATE DATABASE {database} OWNER {user}",
            )
        yield made
    finally:
        cluster.stop()


def test_postgres_takes_the_options_and_answers_the_health_check(machine: Machine) -> None:
    program, *options = filled(SERVICES["warehouse"]["command"], machine.variables)
    assert program == "postgres"
    for option in options:
        name, value = option.removeprefix("-c").split("=")
        machine.cluster.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    machine.cluster.stop()
    path = f"{machine.cluster._binaries}:{os.environ['PATH']}"
    assert not machine.healthy("warehouse", PGPORT=str(machine.cluster.port), PATH=path)
    machine.cluster.start()
    assert machine.cluster.scalar("SHOW work_mem") == machine.variables["WAREHOUSE_WORK_MEM"]
    for name in ("datasource", "warehouse", "metadata"):
        assert machine.healthy(name, PGPORT=str(machine.cluster.port), PATH=path)


def test_the_deploy_service_makes_everything_and_may_run_again(machine: Machine) -> None:
    embedded = {"CH_DATAMART_URL": "", "SKYENG_HOME": str(machine.folder / "skyeng")}
    first, second = machine.run("deploy", **embedded), machine.run("deploy", **embedded)
    assert first.returncode == second.returncode == 0, first.stdout + second.stdout
    assert "datasource: sample of model 'courses' created" in first.stdout
    assert "datasource: has tables, left as it is" in second.stdout
    reader = Role(machine.variables["SKYENG_READER"], machine.variables["SKYENG_READER_PASSWORD"])
    assert machine.cluster.scalar("SELECT 1 FROM pg_roles WHERE rolname = %s", reader.name) == 1


def api(machine: Machine, path: str, token: str | None = None, body: dict[str, str] | None = None) -> Any:
    """An answer of Airflow's API."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = json.dumps(body).encode() if body else None
    with urlopen(Request(f"http://127.0.0.1:{machine.port('api')}{path}", data, headers), timeout=30) as answer:
        return json.load(answer)


@pytest.mark.longest
def test_airflow_starts_and_is_healthy(machine: Machine) -> None:
    migrated = machine.run("airflow-migrate")
    assert migrated.returncode == 0, migrated.stdout
    services = ["airflow-api-server", "airflow-scheduler", "airflow-dag-processor"]
    if shutil.which("redis-server"):
        services += ["redis", "airflow-worker"]
    assert not any(machine.healthy(service) for service in services[:3])
    with ExitStack() as stack:
        for service in services:
            stack.enter_context(machine.running(service))
        deadline = time.monotonic() + 400
        for service in services:
            while not machine.healthy(service):
                assert time.monotonic() < deadline, (machine.folder / f"{service}.log").read_text()
                time.sleep(0.5)
        login = {name: machine.variables[f"AIRFLOW_ADMIN_{name.upper()}"] for name in ("user", "password")}
        credentials = {"username": login["user"], "password": login["password"]}
        token = api(machine, "/auth/token", body=credentials)["access_token"]
        pools = {it["name"]: it["slots"] for it in api(machine, "/api/v2/pools", token)["pools"]}
        assert pools.items() >= {"pg_datasource": 1, "ch_datamart": 1}.items()
        dags = {it["dag_id"]: it["is_paused"] for it in api(machine, "/api/v2/dags", token)["dags"]}
        assert dags.items() >= {"to_datawarehouse": False, "to_datamart": False}.items()
        if "redis" in services:
            assert not machine.healthy("redis", REDISCLI_AUTH="wrong")
