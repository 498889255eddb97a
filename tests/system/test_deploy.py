"""`skyeng deploy` on a server of the user's own: what it makes, what it leaves alone, what it never says."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from conftest import Servers, World
from samples import some
from skyeng import provisioning
from skyeng.cli.main import cli
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.errors import ConnectionFailed, SkyengError, UsageError
from skyeng.model import Model
from skyeng.provisioning import Login
from skyeng.sql import SQL
from test_own_servers import OWNER, Cluster, Role, check_powerless

pytestmark = pytest.mark.slow

#: Each has what one of SQL, a URL, a format string, a shell or SASL takes in its own way.
PASSWORDS = ["p'q\"r", "50% %s %(x)s {y} $z", "a\\b@c:d/e?f#g&h", "żółw Ⅸ ﬁ", " s p "]

#: Lifts the mode that a role merely starts with, so that rights alone stand in the way.
WRITABLE = "?options=" + quote("-c default_transaction_read_only=off", safe="")

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """PostgreSQL 18 that writes every statement it is sent to its log."""
    server = Cluster(tmp_path_factory.mktemp("deployed"), 18)
    server.create()
    try:
        server.start()
        server.execute("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
        yield server
    finally:
        server.stop()


@pytest.fixture
def world(cluster: Cluster, servers: Servers, courses: Model) -> World:
    """A datasource and a warehouse without a table, a datamart that does not exist."""
    name = f"source_{next(_numbers)}"
    cluster.execute(f"CREATE DATABASE {name}", f"CREATE DATABASE {name}_w")
    stores = Stores(
        Postgres("pg_datasource", cluster.url(name)),
        Postgres("pg_datawarehouse", cluster.url(f"{name}_w")),
        servers.datamart(),
    )
    return World(courses, stores)


def deployed(world: World, reader: Login | None = None) -> list[str]:
    return list(provisioning.deploy(world.model, world.stores, sample=True, reader=reader))


def as_reader(world: World, cluster: Cluster, login: Login, *, writable: bool = False) -> World:
    """The same world, where loads read the datasource as the role that was made for them."""
    database = world.stores.source.url.rpartition("/")[2]
    url = cluster.url(database, Role(login.name, login.password)) + (WRITABLE if writable else "")
    return World(world.model, Stores(Postgres("pg_datasource", url), world.stores.warehouse, world.stores.datamart))


def test_a_deployment_is_ready_for_loads_and_may_be_repeated(world: World, cluster: Cluster) -> None:
    login = Login("reader", "first")
    assert deployed(world, login) == [
        "datasource: sample of model 'courses' created",
        "datasource: role 'reader' may SELECT and nothing else",
        "warehouse and datamart: migrated for model 'courses'",
    ]
    loading = as_reader(world, cluster, login)
    assert loading.run().changes["courses"].new == 36
    assert loading.differences() == []

    world.change("UPDATE course SET title = 'Renamed' WHERE id = 1")
    assert deployed(world, login)[0] == "datasource: has tables, left as it is"
    assert loading.run().changes["courses"].changed == 6
    assert loading.differences() == []


def test_the_reader_may_select_and_nothing_else(world: World, cluster: Cluster) -> None:
    login = Login("reader", "second")
    deployed(world, login)
    world.change("CREATE TABLE later (id int); INSERT INTO later VALUES (1)")
    reading = as_reader(world, cluster, login, writable=True)
    for _ in range(2):
        assert reading.source("SELECT count(*) FROM later") == [(1,)]
        check_powerless(reading.stores.source)
        world.change("GRANT INSERT, DELETE ON later TO reader; GRANT USAGE ON course_id_seq TO reader")
        world.change("GRANT CREATE ON SCHEMA public TO reader")
        deployed(world, login)
    with as_reader(world, cluster, login).stores.source.session() as session:
        assert session.scalar(SQL("SHOW default_transaction_read_only")) == "on"
        assert session.scalar(SQL("SHOW work_mem")) == "32MB"


@pytest.mark.parametrize("password", some(PASSWORDS, 2))
def test_any_password_and_a_new_one_replaces_the_old(world: World, cluster: Cluster, password: str) -> None:
    old, new = Login("turner", password), Login("turner", password + "2")
    for login in (old, new):
        deployed(world, login)
        assert as_reader(world, cluster, login).source("SELECT count(*) FROM course") == [(3,)]
    with pytest.raises(ConnectionFailed):
        as_reader(world, cluster, old).source("SELECT 1")
    written = (cluster.folder / "server.log").read_text(errors="replace")
    assert "ALTER ROLE turner LOGIN PASSWORD 'SCRAM-SHA-256$" in written
    assert password not in written
    assert password not in repr(old)


def test_a_role_that_can_do_more_is_refused(world: World, cluster: Cluster) -> None:
    cluster.execute("CREATE ROLE boss LOGIN SUPERUSER PASSWORD 'kept'")
    with pytest.raises(SkyengError, match="can do more than read") as refused:
        deployed(world, Login("boss", "taken"))
    assert "SUPERUSER" in str(refused.value)
    assert as_reader(world, cluster, Login("boss", "kept")).source("SELECT 1") == [(1,)]


def test_a_right_that_everybody_has_is_named(world: World, cluster: Cluster) -> None:
    deployed(world)
    world.change("GRANT UPDATE ON stream TO PUBLIC")
    with pytest.raises(SkyengError, match="can do more than read") as refused:
        deployed(world, Login("newcomer", "x"))
    assert refused.value.where == "pg_datasource: writing stream"
    assert cluster.scalar("SELECT count(*) FROM pg_roles WHERE rolname = 'newcomer'") == 0


def test_who_is_the_reader_already_makes_none(world: World) -> None:
    deployed(world)
    assert deployed(world, Login(OWNER.name, "other"))[1] == (
        f"datasource: connected as '{OWNER.name}' itself, its rights are left as they are"
    )
    assert world.source("SELECT 1") == [(1,)], "the password is the old one"


@pytest.mark.parametrize("name", ["", "a b", 'x"', "1st", "é", "a" * 64])
def test_names_that_need_escapes_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name of a role"):
        Login(name, "x")


def test_a_password_that_is_no_text_is_refused_unseen() -> None:
    with pytest.raises(UsageError) as refused:
        Login("reader", "se\x00cret")
    assert "cret" not in str(refused.value)


def test_the_command_says_what_it_did(cluster: Cluster, tmp_path: Path) -> None:
    cluster.execute("CREATE DATABASE by_command", "CREATE DATABASE by_command_w")
    variables = {
        "PG_DATASOURCE_URL": cluster.url("by_command"),
        "PG_DATAWAREHOUSE_URL": cluster.url("by_command_w"),
        "CH_DATAMART_URL": "",
        "SKYENG_HOME": str(tmp_path),
        "SKYENG_SAMPLE": "1",
        "SKYENG_READER": "by.command",
        "SKYENG_READER_PASSWORD": "se'cret%1",
        "SKYENG_ANALYST_PASSWORD": "se'cret%2",
    }
    done = subprocess.run(
        [sys.executable, "-m", "skyeng", "deploy"],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr.splitlines() == [
        "datasource: sample of model 'courses' created",
        "datasource: role 'by.command' may SELECT and nothing else",
        "warehouse and datamart: migrated for model 'courses'",
        "datamart: users exist on a ClickHouse server only, none made in the embedded engine",
    ]
    assert done.stdout == ""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"SKYENG_READER": "no good"}, (2, "'no good' cannot be the name of a role")),
        ({"PG_DATASOURCE_URL": "postgresql://me:se'cret%253@127.0.0.1:1/x"}, (1, "cannot connect to pg_datasource")),
    ],
)
def test_the_command_says_no_secret(change: dict[str, str], expected: tuple[int, str]) -> None:
    variables = {
        "PG_DATAWAREHOUSE_URL": "postgresql://me:se'cret%253@127.0.0.1:1/x",
        "PG_DATASOURCE_URL": "postgresql://me:se'cret%253@127.0.0.1:1/x",
        "SKYENG_READER_PASSWORD": "se'cret%1",
        "SKYENG_ANALYST_PASSWORD": "se'cret%2",
    }
    done = CliRunner().invoke(cli, ["--debug", "deploy", "--sample"], env=variables | change)
    assert done.exit_code == expected[0]
    assert f"error: {expected[1]}" in done.output
    assert "Traceback" in done.output, "--debug shows where"
    assert "se'cret" not in done.output


def test_help_names_the_variables() -> None:
    shown = CliRunner().invoke(cli, ["deploy", "--help"]).output
    for name in ("SAMPLE", "READER", "READER_PASSWORD", "ANALYST", "ANALYST_PASSWORD"):
        assert f"SKYENG_{name}" in shown
