"""Real servers for all tests: one embedded PostgreSQL, one ClickHouse engine, a database a test.

Schemas are built once as template databases and cloned for each test. Where the system has a file system in memory
with room enough, the servers keep their files there: tests make and drop hundreds of databases.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import psycopg2.extensions
import pytest

from airflow_home import airflow
from skyeng import proof, runs
from skyeng.control import loads, locks
from skyeng.control.loads import Load
from skyeng.control.locks import Runner
from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.local.embedded_postgres import EmbeddedPostgres
from skyeng.marts import migrations as mart_migrations
from skyeng.model import Model, load_model
from skyeng.runs import Report
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.sources import sample_data
from skyeng.sql import SQL
from skyeng.vault import migrations as warehouse_migrations
from skyeng.vault.revisions import store_signature

__all__ = ["airflow"]

MODELS = Path(__file__).parent / "models"
_numbers = itertools.count(1)
#: A file system in memory, and the room that all workers together are to find there.
_MEMORY, _ROOM = Path("/dev/shm"), 6 * 2**30  # noqa: S108 - a folder of our own is made in it


@dataclass(frozen=True)
class World:
    """A source, a warehouse and a datamart of a test's own, and ways to look into them."""

    model: Model
    stores: Stores

    def change(self, statements: str) -> None:
        """Change the source, as its own application would."""
        with self.stores.source.session() as session:
            session.execute(SQL(statements))

    def run(self, **options: Any) -> Report:
        return runs.run(self.model, self.stores, **options)

    def source(self, query: str) -> list[tuple[Any, ...]]:
        with self.stores.source.session(snapshot=True) as session:
            return session.rows(SQL(query))

    def vault(self, query: str) -> list[tuple[Any, ...]]:
        with self.stores.warehouse.session() as session:
            return session.rows(SQL(query))

    def damage_vault(self, statement: str) -> None:
        with self.stores.warehouse.session() as session:
            assert session.execute(SQL(statement)) == 1

    def mart(self, query: str) -> list[tuple[Any, ...]]:
        with self.stores.datamart.session() as session:
            return session.rows(SQL(query))

    def mart_command(self, statement: str) -> None:
        with self.stores.datamart.session() as session:
            session.execute(SQL(statement))

    def differences(self) -> list[str]:
        """What `verify` says differs, in words."""
        return [str(it) for result in proof.verify(self.model, self.stores) for it in result.differences]

    def row_counts(self) -> dict[str, int]:
        """Rows of every table that a load may add to."""
        asked = {it.table: loads.row_count(it).text for it in loads.vault_tables(self.model)}
        asked |= {it.changes_table: f"SELECT count(*) FROM control.{it.changes_table}" for it in self.model.feeds}
        found = self.vault(f"SELECT {', '.join(f'({query})' for query in asked.values())}")
        counts = dict(zip(asked, found[0], strict=True))
        for mart in self.model.marts:
            counts[mart.table] = self.mart(f"SELECT count() FROM {mart.table}_history")[0][0]
        return counts

    def without_datamart(self) -> World:
        """The same with a model that has no marts, as if it were migrated."""
        alone = replace(self, model=self.model.model_copy(update={"marts": ()}))
        with self.stores.warehouse.session() as session:
            store_signature(session, alone.model)
        return alone


def statuses(world: World) -> list[str]:
    return [status for (status,) in world.vault("SELECT status FROM control.loads ORDER BY load_id")]


def begun(world: World, runner: Runner | None = None) -> tuple[ToDatawarehouse, Load]:
    """A load with its rows staged and compared, and nothing in the vault yet."""
    run = ToDatawarehouse(world.model, world.stores, runner=runner or locks.this_process())
    load = run.e_from_pg_datawarehouse()
    run.e_from_pg_datasource(load)
    run.t_find_new_rows(load)
    return run, load


def insert_all(run: ToDatawarehouse, load: Load) -> None:
    for step in run.insert_steps(load):
        step.work()


def end_leases(world: World) -> None:
    """As if an hour had passed since the last step."""
    with world.stores.warehouse.session() as session:
        session.execute(
            SQL("""UPDATE control.load_steps SET finished_at = finished_at - interval '1 hour';
            UPDATE control.loads SET started_at = started_at - interval '1 hour'""")
        )


class Servers:
    """The embedded servers of a test session, and template databases on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = EmbeddedPostgres(folder / "postgres")
        self.postgres.start()
        self._maintenance_url = self.postgres.url("postgres")
        self._maintenance = self._connected()
        # No test outlives its machine: what a crash of the server alone loses is the same without. Autovacuum would
        # go round hundreds of databases.
        for setting in ("fsync", "full_page_writes", "autovacuum"):
            self.execute(f"ALTER SYSTEM SET {setting} = off")
        self.execute("SELECT pg_reload_conf()")
        self._templates: dict[str, None] = {}
        #: Copies of templates that are still there, in the order they were made.
        self.copies: list[str] = []

    def database(self, name: str) -> str:
        return self.postgres.url(name)

    def clone(self, template: str, make: Callable[[str], None]) -> str:
        """URL of a fresh copy of a template database, which `make` fills the first time."""
        if template not in self._templates:
            make(self.postgres.url(template))
            self._templates[template] = None
        name = f"{template}_{next(_numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        self.copies.append(name)
        return self._maintenance_url.replace("/postgres?", f"/{name}?")

    def copy_database(self, database: str, copy: str) -> None:
        """Copy a database; connections that wait for the next session are ended, since a template has none."""
        self.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{database}'")
        self.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{database}"')

    def drop_copies(self, after: int) -> None:
        """Drop the copies that came after so many."""
        while len(self.copies) > after:
            self.execute(f'DROP DATABASE IF EXISTS "{self.copies.pop()}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        try:
            with self._maintenance.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error:  # a test ended the server
            self._maintenance.close()
            self._maintenance = self._connected()
        with self._maintenance.cursor() as cursor:
            cursor.execute(statement)

    def _connected(self) -> psycopg2.extensions.connection:
        connection = psycopg2.connect(self._maintenance_url)
        connection.autocommit = True
        return connection

    def datamart(self) -> ClickHouse:
        return ClickHouse(f"chdb://{self.folder / 'clickhouse'}?database=mart_{next(_numbers)}")

    def world(
        self, model: Model, fill: Callable[[Postgres], None], kind: str, datamart: ClickHouse | None = None
    ) -> World:
        source = self.clone(f"source_{model.name}_{kind}", lambda url: fill(Postgres("pg_datasource", url)))
        warehouse = self.clone(
            f"warehouse_{model.name}",
            lambda url: warehouse_migrations.migrate(Postgres("pg_datawarehouse", url), model),
        )
        stores = Stores(
            Postgres("pg_datasource", source), Postgres("pg_datawarehouse", warehouse), datamart or self.datamart()
        )
        mart_migrations.migrate(stores.datamart, model)
        return World(model, stores)

    def copy(self, world: World) -> World:
        """The same source and warehouse in databases of a test's own, and a datamart without rows."""
        urls = (
            self.clone(urlsplit(store.url).path.strip("/"), lambda _: None)
            for store in (world.stores.source, world.stores.warehouse)
        )
        stores = Stores(
            Postgres("pg_datasource", next(urls)), Postgres("pg_datawarehouse", next(urls)), self.datamart()
        )
        mart_migrations.migrate(stores.datamart, world.model)
        return replace(world, stores=stores)

    def kept_world(self, model: Model, fill: Callable[[Postgres], None], kind: str) -> Iterator[World]:
        """A world whose sessions of each store share connections, for the length of a test."""
        world = self.world(model, fill, kind)
        with world.stores.source.kept(), world.stores.warehouse.kept(), world.stores.datamart.kept():
            yield world


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="Write the golden plans as they are today.")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of Airflow come first and side by side: one worker, not each, has to start it. Then the longest ones."""

    def turn(item: pytest.Item) -> int:
        if "airflow" in getattr(item, "fixturenames", ()):
            return 0
        return 2 if item.get_closest_marker("longest") is None else 1

    items.sort(key=turn)


@contextmanager
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM:
        with tempfile.TemporaryDirectory(prefix="skyeng-tests-", dir=_MEMORY, ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with _folder(tmp_path_factory) as folder:
        started = Servers(folder)
        # An open client keeps the engine up between tests: starting it costs more than most of them.
        with started.datamart().session(create=True):
            yield started
        started.postgres.stop()


@pytest.fixture(autouse=True)
def own_databases_go(request: pytest.FixtureRequest) -> Iterator[None]:
    """Drop what a test cloned for itself; its module's databases stay."""
    if "servers" not in request.fixturenames:
        yield
        return
    all_servers: Servers = request.getfixturevalue("servers")
    there = len(all_servers.copies)
    yield
    all_servers.drop_copies(there)


@pytest.fixture(scope="session")
def courses() -> Model:
    return load_model("courses")


@pytest.fixture(scope="session")
def shop() -> Model:
    return load_model(MODELS / "shop")


@pytest.fixture(scope="session")
def campus() -> Model:
    return load_model(MODELS / "campus")


def schema_only(source: Postgres, model: Model) -> None:
    with source.session() as session:
        session.execute(SQL((model.directory / "data" / "schema.sql").read_text()))


@pytest.fixture
def school(servers: Servers, courses: Model) -> Iterator[World]:
    """The sample school, nothing loaded yet."""
    yield from servers.kept_world(courses, lambda source: sample_data.create_sample(source, courses), "sample")


@pytest.fixture
def empty_school(servers: Servers, courses: Model) -> Iterator[World]:
    """A school without a single row."""
    yield from servers.kept_world(courses, lambda source: schema_only(source, courses), "empty")


@pytest.fixture
def empty_shop(servers: Servers, shop: Model) -> Iterator[World]:
    """The second model, without a single row."""
    yield from servers.kept_world(shop, lambda source: schema_only(source, shop), "empty")


@pytest.fixture
def empty_campus(servers: Servers, campus: Model) -> Iterator[World]:
    """The third model, whose feeds deliver changes only, without a single row."""
    yield from servers.kept_world(campus, lambda source: schema_only(source, campus), "empty")
