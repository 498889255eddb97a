"""`docs/operations.md`, executed: each fenced block of it, taken from the document as it stands.

A block's name follows its language. Shell blocks run in a shell, with the programs that the
document's first block finds; lines that begin with `./run` are this project's commands.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from conftest import Servers, World, end_leases
from skyeng.cli.main import cli
from skyeng.control.loads import Runner
from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.errors import DatamartAhead, LoadInProgress, StatementFailed
from skyeng.marts import migrations as mart_migrations
from skyeng.model import load_model
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.sql import SQL

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MART = "dm_courses_modules_lessons_streams"
DOCUMENT = (ROOT / "docs" / "operations.md").read_text()
BLOCKS = dict(re.findall(r"^```\w+ ([a-z-]+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL))


class Procedures:
    """Executes blocks of the document in a folder, with variables set as an operator has them."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.variables = variables
        self.executed: set[str] = {"programs"}

    def text(self, name: str) -> str:
        self.executed.add(name)
        return BLOCKS[name]

    def shell(self, name: str) -> None:
        """Run a block as an operator in the folder would, in the project's environment."""
        environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(self.folder)}
        done = subprocess.run(
            ["sh", "-euc", BLOCKS["programs"] + self.text(name)],
            cwd=self.folder,
            env=environment | self.variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"

    def commands(self, name: str) -> None:
        """Run a block of the project's commands in this process, which holds the embedded ClickHouse."""
        for line in self.text(name).splitlines():
            program, *arguments = shlex.split(line)
            assert program == "./run", line
            done = CliRunner().invoke(cli, arguments, env=self.variables)
            assert done.exit_code == 0, f"{line}: {done.output} {done.exception!r}"


@contextmanager
def procedures(folder: Path, *names: str, **variables: str) -> Iterator[Procedures]:
    """Each of the named blocks must be executed."""
    found = Procedures(folder, **variables)
    yield found
    assert found.executed == {"programs", *names}


def urls(world: World) -> dict[str, str]:
    stores = world.stores
    return {
        "PG_DATASOURCE_URL": stores.source.url,
        "PG_DATAWAREHOUSE_URL": stores.warehouse.url,
        "CH_DATAMART_URL": stores.datamart.url,
    }


def test_every_block_of_the_document_is_executed() -> None:
    assert DOCUMENT.count("```") == 2 * len(BLOCKS), "each block has a language and a name of its own"
    calls = re.findall(r"with procedures\(([^)]*)\)", Path(__file__).read_text())
    named = {name for call in calls for name in re.findall(r'"(.*?)"', call)}
    assert named | {"programs"} == BLOCKS.keys()


def test_a_warehouse_restored_from_a_dump(school: World, tmp_path: Path) -> None:
    """Taken while a load was under way; what the mart knows of the time since is kept."""
    with procedures(tmp_path, "backup-warehouse", "restore-warehouse", "level-again", **urls(school)) as execute:
        school.run()
        dead = ToDatawarehouse(school.model, school.stores)
        load = dead.e_from_pg_datawarehouse()
        dead.e_from_pg_datasource(load)
        execute.shell("backup-warehouse")
        dead.roll_back(load, "ended by hand")
        school.change("UPDATE course SET title = 'Lost' WHERE id = 1")
        school.run()
        ((lost,),) = school.vault("SELECT max(load_ts AT TIME ZONE 'UTC')::text FROM control.loads")
        school.change("UPDATE course SET title = 'Found' WHERE id = 1")
        execute.shell("restore-warehouse")
        assert school.vault("SELECT status FROM control.loads ORDER BY load_id") == [("closed",), ("open",)]
        with pytest.raises(DatamartAhead):
            school.run()
        assert school.vault("SELECT status FROM control.loads ORDER BY load_id") == [
            ("closed",),
            ("rolled back",),
            ("closed",),
        ]
        assert school.vault(f"SELECT max(load_ts) > '{lost} UTC' FROM control.loads") == [(True,)]
        assert school.mart(f"SELECT count() FROM {MART} WHERE h_course_title = 'Lost'") == [(6,)]
        execute.commands("level-again")
    assert school.mart(f"SELECT count() FROM {MART} WHERE h_course_title = 'Found'") == [(6,)]
    for moment, count in ((lost, 6), ("2200-01-01", 0)):
        held = school.mart(f"SELECT count() FROM {MART}_as_of(ts = '{moment}') WHERE h_course_title = 'Lost'")
        assert held == [(count,)]
    assert school.mart(f"SELECT row_versions FROM {MART}_loads WHERE is_retained") == [(6,)]
    assert not school.run(full=True).anything_new


def test_a_lost_warehouse_is_made_anew(school: World, servers: Servers, tmp_path: Path) -> None:
    """Without a dump: the same commands, and the mart keeps its past."""
    school.run()
    servers.execute("CREATE DATABASE made_anew")
    warehouse = Postgres("pg_datawarehouse", servers.database("made_anew"))
    world = replace(school, stores=replace(school.stores, warehouse=warehouse))
    school.change("UPDATE course SET title = 'Since' WHERE id = 1")
    assert CliRunner().invoke(cli, ["migrate"], env=urls(world)).exit_code == 0
    ((then,),) = school.vault("SELECT max(load_ts AT TIME ZONE 'UTC')::text FROM control.loads")
    with procedures(tmp_path, "level-again", **urls(world)) as execute:
        execute.commands("level-again")
    assert world.mart(f"SELECT count() FROM {MART}_as_of(ts = '{then}') WHERE h_course_id = 1") == [(6,)]
    assert world.mart(f"SELECT count() FROM {MART}_as_of(ts = '{then}') WHERE h_course_title = 'Since'") == [(0,)]


def test_a_lost_datamart_is_built_anew(school: World, tmp_path: Path) -> None:
    school.run()
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 1")
    school.run()
    before = school.mart(f"SELECT * EXCEPT is_past FROM {MART}_history ORDER BY ALL")
    database = school.stores.datamart.database
    school.mart_command(f"DROP DATABASE {database} SYNC")
    with pytest.raises(StatementFailed, match=database):
        school.run()
    with procedures(tmp_path, "rebuild-datamart", **urls(school)) as execute:
        execute.commands("rebuild-datamart")
    assert school.mart(f"SELECT * EXCEPT is_past FROM {MART}_history ORDER BY ALL") == before
    assert school.differences() == []


def test_a_datamart_restored_from_an_older_backup(school: World, tmp_path: Path) -> None:
    """In a process of its own: the engine reads its configuration when it starts."""
    (tmp_path / "backups").mkdir()
    with procedures(tmp_path, "configuration-of-backups", "backup-datamart", "restore-datamart") as execute:
        configuration = execute.text("configuration-of-backups")
        assert "/var/lib/clickhouse-backups/" in configuration
        (tmp_path / "config.xml").write_text(
            configuration.replace("/var/lib/clickhouse-backups/", f"{tmp_path / 'backups'}/")
        )
        statements = execute.text("backup-datamart"), execute.text("restore-datamart")
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        asked = process.submit(_restored, tmp_path, school.stores.source.url, school.stores.warehouse.url, *statements)
        behind, versions, rebuilt, different = asked.result()
    assert behind == [(36,)], "the backup knows nothing of the load after it"
    assert (versions, rebuilt) == ({MART: 6}, {})
    assert different == []


def _restored(folder: Path, source: str, warehouse: str, backup: str, restore: str) -> tuple[object, ...]:
    # A question mark in chDB's path begins the engine's own options.
    datamart = ClickHouse(f"chdb://{folder}/clickhouse%3Fconfig-file={folder}/config.xml?database=datamart")
    stores = Stores(Postgres("pg_datasource", source), Postgres("pg_datawarehouse", warehouse), datamart)
    world = World(load_model("courses"), stores)
    mart_migrations.migrate(datamart, world.model)
    with datamart.session() as held:

        def execute(block: str) -> None:
            for statement in filter(None, map(str.strip, block.split(";"))):
                held.client.database = ""
                held.execute(SQL(statement))

        world.run()
        execute(backup)
        world.change("UPDATE course SET title = 'Since' WHERE id = 1")
        world.run()
        execute(restore)
        behind = world.mart(f"SELECT count() FROM {MART}_history")
        report = world.run()
        return behind, report.marts, report.rebuilt, world.differences()


def test_airflows_metadata_back_from_a_dump(servers: Servers, tmp_path: Path) -> None:
    """The commands alone: a table stands for Airflow's."""
    servers.execute("CREATE DATABASE metadata")
    metadata = Postgres("metadata", servers.database("metadata"))

    def runs(statement: str) -> int:
        with metadata.session() as session:
            session.execute(SQL(statement))
            return session.scalar(SQL("SELECT count(*) FROM dag_run"))

    with procedures(tmp_path, "backup-airflow", "restore-airflow", AIRFLOW_METADATA_URL=metadata.url) as execute:
        assert runs("CREATE TABLE dag_run AS SELECT generate_series(1, 3) AS id") == 3
        execute.shell("backup-airflow")
        assert runs("DELETE FROM dag_run") == 0
        execute.shell("restore-airflow")
    assert runs("SELECT") == 3


def test_airflows_metadata_lost_in_the_middle_of_a_load(school: World) -> None:
    """Nobody knows any more which load a run had open: a run of the new one takes it over when its lease ends."""
    dag_run = Runner("DAG run", lease=timedelta(minutes=15), scheduler="lost")
    lost = ToDatawarehouse(school.model, school.stores, runner=dag_run)
    load = lost.e_from_pg_datawarehouse()
    lost.e_from_pg_datasource(load)
    lost.t_find_new_rows(load)
    following = ToDatawarehouse(
        school.model, school.stores, runner=replace(dag_run, name="first DAG run of a new database", scheduler="new")
    )
    with pytest.raises(LoadInProgress):
        following.e_from_pg_datawarehouse()
    end_leases(school)
    load = following.e_from_pg_datawarehouse()
    following.e_from_pg_datasource(load)
    following.t_find_new_rows(load)
    for step in following.insert_steps(load):
        step.work()
    following.close(load)
    assert school.vault("SELECT status FROM control.loads ORDER BY load_id") == [("rolled back",), ("closed",)]
    school.run(only="to_datamart")
    assert school.differences() == []


def test_the_embedded_home_is_a_folder(tmp_path: Path) -> None:
    """Copied while nothing runs, put back after more was loaded."""
    environment = {key: value for key, value in os.environ.items() if key not in ("SKYENG_HOME", "CH_DATAMART_URL")}

    def command(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "skyeng", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    command("demo")
    with procedures(tmp_path, "backup-home", "restore-home") as execute:
        execute.shell("backup-home")
        shutil.rmtree(tmp_path / ".skyeng" / "clickhouse")
        execute.shell("restore-home")
    assert "DIFFERS" not in command("verify")
