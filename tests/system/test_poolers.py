"""Poolers before the servers: a real PgBouncer in each of its modes, with its default settings."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg2
import pytest

from conftest import Servers, World
from skyeng.db.postgres import Postgres
from skyeng.errors import ConnectionFailed, SkyengError, StatementFailed
from skyeng.vault import migrations

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PGBOUNCER is None, reason="needs PgBouncer (Debian's package pgbouncer)"),
]

_CONFIGURATION = """[databases]
* = host={socket}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = {mode}
logfile = {folder}/pgbouncer.log
"""

#: What a client of the source's pool finds, who has set nothing.
_SETTINGS = ("datestyle", "timezone", "row_security", "search_path", "lock_timeout", "jit", "parallel_tuple_cost")

Pooled = Callable[[Postgres, str], Postgres]


@pytest.fixture
def pooled(servers: Servers) -> Iterator[Pooled]:
    """Puts a pooler of a mode before a database."""
    running: list[subprocess.Popen[bytes]] = []
    # A folder of pytest's lies within folders that nobody else may enter.
    base = Path(tempfile.mkdtemp(prefix="skyeng-pooler-"))
    (directory,) = parse_qs(urlsplit(servers.database("postgres")).query)["host"]

    def start(database: Postgres, mode: str) -> Postgres:
        folder = base / str(len(running))
        folder.mkdir()
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        settings = _CONFIGURATION.format(socket=directory, port=port, mode=mode, folder=folder)
        (folder / "pgbouncer.ini").write_text(settings)
        (folder / "users").write_text('"postgres" ""\n"watched" ""\n')
        as_root = os.geteuid() == 0
        if as_root:  # PgBouncer refuses to be root
            nobody = pwd.getpwnam("nobody")
            for path in (base, folder, *folder.iterdir()):
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
        command = [str(PGBOUNCER), str(folder / "pgbouncer.ini")]
        running.append(
            subprocess.Popen(
                command, user="nobody" if as_root else None, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )
        url = urlsplit(database.url)
        through = replace(database, url=f"postgresql://postgres@127.0.0.1:{port}{url.path}")
        _wait_for(through, folder)
        return through

    yield start
    for process in running:
        process.terminate()
        process.wait(10)
    shutil.rmtree(base)


def _wait_for(database: Postgres, folder: Path) -> None:
    for _ in range(100):
        with suppress(psycopg2.OperationalError), closing(psycopg2.connect(database.url)):
            return
        time.sleep(0.1)
    raise AssertionError((folder / "pgbouncer.log").read_text())


def settings_of(database: Postgres) -> list[str]:
    """What a client finds that sets nothing itself."""
    with closing(psycopg2.connect(database.url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'current_setting({name!r})' for name in _SETTINGS)}")
        (row,) = cursor.fetchall()
    return list(row)


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_before_the_source(school: World, pooled: Pooled, mode: str) -> None:
    """Rows are read as without it, and whoever is given our session finds nothing of ours."""
    source = pooled(school.stores.source, mode)
    before = settings_of(source)
    through = replace(school, stores=replace(school.stores, source=source))
    through.run()
    through.change("UPDATE course SET title = title || '!'; DELETE FROM stream_module_lesson WHERE id = 7")
    assert through.run().anything_new
    assert through.differences() == []
    assert school.differences() == []
    assert not school.run().anything_new
    assert [settings_of(source) for _ in range(3)] == [before] * 3


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_rows_that_a_policy_hides_are_an_error_through_a_pooler(school: World, pooled: Pooled, mode: str) -> None:
    """They would be recorded as deleted."""
    school.run()
    school.change(
        """DO 'BEGIN CREATE ROLE watched LOGIN; EXCEPTION WHEN duplicate_object THEN END';
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO watched;
        ALTER TABLE course ENABLE ROW LEVEL SECURITY;
        CREATE POLICY not_all ON course FOR SELECT TO watched USING (id > 1)"""
    )
    through = pooled(school.stores.source, mode)
    watched = replace(through, url=through.url.replace("postgres@", "watched@"))
    with pytest.raises(SkyengError, match="row-level security"):
        replace(school, stores=replace(school.stores, source=watched)).run()
    assert school.differences() == []


def test_a_pooler_of_transactions_before_the_warehouse_is_refused(school: World, pooled: Pooled) -> None:
    warehouse = pooled(school.stores.warehouse, "transaction")
    through = replace(school, stores=replace(school.stores, warehouse=warehouse))
    for refused in (through.run, through.differences, lambda: migrations.migrate(warehouse, school.model)):
        with pytest.raises(ConnectionFailed, match="gives each transaction another session") as caught:
            refused()
        assert "pool_mode = session" in str(caught.value)
        assert "PG_DATAWAREHOUSE_URL" in str(caught.value)
    assert school.vault("SELECT count(*) FROM control.loads") == [(0,)]


def test_a_pooler_of_sessions_before_the_warehouse(school: World, pooled: Pooled) -> None:
    warehouse = pooled(school.stores.warehouse, "session")
    through = replace(school, stores=replace(school.stores, warehouse=warehouse))
    migrations.migrate(warehouse, school.model)
    through.run()
    through.change("UPDATE course SET title = title || '!'")
    assert through.run().anything_new
    assert through.differences() == []


def test_a_pooler_of_statements_is_named(school: World, pooled: Pooled) -> None:
    source = pooled(school.stores.source, "statement")
    with pytest.raises((StatementFailed, ConnectionFailed)) as caught:
        replace(school, stores=replace(school.stores, source=source)).run()
    assert "pool_mode" in str(caught.value)


@pytest.mark.parametrize("given", ["url", "PGOPTIONS"])
def test_options_that_a_pooler_does_not_let_pass_are_named(
    school: World, pooled: Pooled, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    source = pooled(school.stores.source, "session")
    if given == "url":
        source = replace(source, url=f"{source.url}?options=-c%20search_path%3Dpublic")
    else:
        monkeypatch.setenv("PGOPTIONS", "-c search_path=public")
    stores = replace(school.stores, source=source)
    with pytest.raises(ConnectionFailed) as caught:
        replace(school, stores=stores).run()
    assert "take them out of PG_DATASOURCE_URL and PGOPTIONS" in str(caught.value)
