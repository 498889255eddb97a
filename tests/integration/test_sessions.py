"""Sessions on servers that are set as somebody else needs them: settings of roles, locks, dumps."""

from __future__ import annotations

import getpass
import logging
import os
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2
import pytest

from conftest import Servers, World
from samples import LONG, some
from skyeng.db import lock_waits
from skyeng.db import postgres as postgres_sessions
from skyeng.db.postgres import Postgres
from skyeng.errors import ConnectionFailed, SkyengError, SourceError
from skyeng.local.embedded_postgres import binaries
from skyeng.marts import migrations as mart_migrations
from skyeng.model import Model
from skyeng.sources import sample_data
from skyeng.vault import migrations
from skyeng.vault.revisions import control_history, model_history

pytestmark = pytest.mark.slow

#: What a role, or a database, may have been set to.
ANYWHERE = (
    "default_transaction_isolation = serializable",
    "default_transaction_read_only = on",
    "default_transaction_deferrable = on",
    "idle_in_transaction_session_timeout = '200ms'",
    "lock_timeout = '200ms'",
    "standard_conforming_strings = off",
    "client_encoding = LATIN1",
    "datestyle = 'SQL, DMY'",
)
OF_THE_WAREHOUSE = (
    *ANYWHERE,
    "search_path = vault, stage, control",
    "search_path = nowhere",
    "statement_timeout = '200ms'",
    "transaction_timeout = '200ms'",
    "idle_session_timeout = '200ms'",
)

#: For a session that may do as it likes.
_UNLIMITED = " ".join(
    f"-c {it}"
    for it in (
        "default_transaction_read_only=off",
        "default_transaction_isolation=read\\ committed",
        *(f"{it}=0" for it in ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")),
        *(f"{it}=0" for it in ("transaction_timeout", "idle_session_timeout")),
    )
)


def cases(settings: Sequence[str]) -> list[Any]:
    """All of them at once; with `SKYENG_LONG=1` one by one as well."""
    # Of two that are the same setting, the first.
    at_once = {it.partition(" ")[0]: it for it in reversed(settings)}
    alone = [pytest.param([it], id=it) for it in settings] if LONG else []
    return [pytest.param([*at_once.values()], id="all"), *alone]


@pytest.fixture
def school(servers: Servers, courses: Model) -> World:
    """The sample school, each session with a connection of its own: settings of a database hold for new ones."""
    return servers.world(courses, lambda source: sample_data.create_sample(source, courses), "sample")


@contextmanager
def set_to(servers: Servers, database: Postgres, *settings: str) -> Iterator[None]:
    name = urlsplit(database.url).path.strip("/")
    for setting in settings:
        servers.execute(f'ALTER DATABASE "{name}" SET {setting}')
    try:
        yield
    finally:
        servers.execute(f'ALTER DATABASE "{name}" RESET ALL')


@contextmanager
def held_up(world: World) -> Iterator[None]:
    """Something takes its time: steps wait for a lock at the warehouse, and other sessions for them."""
    with closing(psycopg2.connect(world.stores.warehouse.url, options=_UNLIMITED)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE stage.courses, vault.h_courses")
        released = threading.Timer(0.6, connection.rollback)
        released.start()
        yield
        released.join()


def works(world: World) -> None:
    world.change("UPDATE course SET title = title || '!'")
    with held_up(world):
        assert world.run().anything_new
    assert not world.run().anything_new
    assert world.differences() == []


@pytest.mark.parametrize("settings", cases(OF_THE_WAREHOUSE))
def test_whatever_the_warehouses_role_is_set_to(servers: Servers, school: World, settings: list[str]) -> None:
    """Loads, comparison, migration and revision give what they give anywhere."""
    school.run()
    with set_to(servers, school.stores.warehouse, *settings):
        works(school)
        migrations.migrate(school.stores.warehouse, school.model)
        assert migrations.differences(school.stores.warehouse, school.model) == []


@pytest.mark.parametrize("settings", cases(OF_THE_WAREHOUSE))
def test_a_revision_finds_nothing_new_whatever_the_role_is_set_to(
    servers: Servers, school: World, settings: list[str]
) -> None:
    with set_to(servers, school.stores.warehouse, *settings):
        for history in (model_history(school.model), control_history()):
            assert migrations.revise(school.stores.warehouse, history, "nothing") is None


@pytest.mark.parametrize("settings", cases([*ANYWHERE, "idle_session_timeout = '200ms'"]))
def test_whatever_the_sources_role_is_set_to(servers: Servers, school: World, settings: list[str]) -> None:
    school.run()
    school.change("UPDATE course SET title = title || '!'")
    with set_to(servers, school.stores.source, *settings), held_up(school):
        assert school.run().anything_new
        assert not school.run().anything_new
        assert school.differences() == []


def test_a_feed_is_read_along_its_roles_search_path(servers: Servers, school: World) -> None:
    school.run()
    school.change(
        "CREATE SCHEMA campus; ALTER TABLE course SET SCHEMA campus; UPDATE campus.course SET title = title || '!'"
    )
    with set_to(servers, school.stores.source, "search_path = campus, public"):
        assert school.run().anything_new
        assert school.differences() == []


@pytest.mark.parametrize("setting", ["transaction_timeout", "statement_timeout"])
def test_a_limit_of_the_source_is_named(servers: Servers, school: World, setting: str) -> None:
    """It is somebody's decision: the error says which, and how it is lifted for our role."""
    school.change("ALTER TABLE course RENAME TO courses")
    school.change("CREATE VIEW course AS SELECT courses.* FROM courses, pg_sleep(0.5)")
    with (
        set_to(servers, school.stores.source, f"{setting} = '200ms'"),
        pytest.raises((ConnectionFailed, SourceError)) as caught,
    ):
        school.run()
    assert setting.replace("_", " ") in str(caught.value).replace("_", " ")
    assert f"ALTER ROLE postgres SET {setting} = 0" in str(caught.value)


@contextmanager
def locked(database: Postgres, statement: str) -> Iterator[None]:
    """Somebody has a lock, in a transaction that stays open."""
    with closing(psycopg2.connect(database.url, application_name="somebody")) as connection:
        with connection.cursor() as cursor:
            cursor.execute(statement)
        yield
        connection.rollback()


@pytest.fixture
def impatient(school: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Waits are reported after a fifth of a second, and end after two."""
    monkeypatch.setattr(lock_waits, "GRACE_PERIOD", 0.2)
    monkeypatch.setattr(lock_waits, "_ROUND", 0.1)
    stores = school.stores
    wait = timedelta(seconds=2)
    return replace(
        school,
        stores=replace(
            stores, source=replace(stores.source, lock_wait=wait), warehouse=replace(stores.warehouse, lock_wait=wait)
        ),
    )


@pytest.mark.parametrize(
    ("which", "statement"),
    [("source", "LOCK TABLE course"), ("warehouse", "LOCK TABLE vault.h_courses; SELECT 'a lock on a hub'")],
)
def test_who_holds_a_lock_is_reported_and_then_named(
    impatient: World, caplog: pytest.LogCaptureFixture, which: str, statement: str
) -> None:
    database: Postgres = getattr(impatient.stores, which)
    impatient.run()
    impatient.change("INSERT INTO course (title) VALUES ('New')")
    with locked(database, statement), caplog.at_level(logging.WARNING), pytest.raises(SkyengError) as caught:
        impatient.run()
    said = " ".join(it.getMessage() for it in caplog.records)
    for text in (said, str(caught.value)):
        assert "of postgres (somebody), in a transaction since" in text
        assert statement[:20] in text or "a lock on a hub" in text
    assert f"{database.name}: a statement has been waiting for a lock for" in said
    assert "SKYENG_LOCK_WAIT" in str(caught.value)
    assert "pg_terminate_backend" in str(caught.value)
    works(impatient)


def test_a_lock_that_is_given_back_ends_the_wait(impatient: World, caplog: pytest.LogCaptureFixture) -> None:
    impatient.change("INSERT INTO course (title) VALUES ('New')")
    with closing(psycopg2.connect(impatient.stores.source.url)) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE course")
        released = threading.Timer(1.5, connection.rollback)
        released.start()
        with caplog.at_level(logging.WARNING):
            impatient.run()
        released.join()
    assert "waiting for a lock" in caplog.text
    assert impatient.differences() == []


def test_a_user_without_a_name(school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that is given a number to run as."""
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 54321)
    with pytest.raises((KeyError, OSError)):
        getpass.getuser()
    school.run()
    ((who,),) = school.vault("SELECT run_by FROM control.loads")
    assert who.startswith("user 54321@")


#: What `pg_dump` does first: it keeps every table from being dropped or truncated until it ends.
_AS_A_DUMP = """SELECT format('LOCK TABLE %s IN ACCESS SHARE MODE', string_agg(oid::regclass::text, ', '))
FROM pg_class WHERE relkind = 'r' AND relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN
('vault', 'control', 'stage'))"""


@pytest.mark.parametrize(("filled", "full"), some([(True, True), (False, False), (True, False)], 1))
def test_loads_go_on_while_the_warehouse_is_dumped(
    school: World, monkeypatch: pytest.MonkeyPatch, filled: bool, full: bool
) -> None:
    """Also the first one, which would take off keys, and one that computes its bookkeeping again."""
    from skyeng.vault import bulk, loading

    monkeypatch.setattr(postgres_sessions, "_TO_LOCK", "100ms")
    for place in (bulk, loading):
        monkeypatch.setattr(place, "WORTH_BULK", 1)
    if filled:
        school.run()
    ((lock,),) = school.vault(_AS_A_DUMP)
    with locked(school.stores.warehouse, lock):
        for title in "One", "Two":
            school.change(f"UPDATE course SET title = '{title}' WHERE id = 2")
            assert school.run(full=full).anything_new
        assert school.differences() == []
    works(school)


def test_a_dump_that_is_made_while_loads_run_is_one_state(school: World, servers: Servers, tmp_path: Path) -> None:
    """By the commands of the docs, restored and compared with the loads that it has."""
    school.run()
    ended = threading.Event()

    def load() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            school.change(f"UPDATE course SET title = 'Title {number}' WHERE id = 2")
            school.run(only="to_datawarehouse")

    loading = threading.Thread(target=load)
    loading.start()
    try:
        for number in range(3):
            postgres("pg_dump", "--format=custom", f"--file={tmp_path / str(number)}", school.stores.warehouse.url)
    finally:
        ended.set()
        loading.join()
    for number in range(3):
        url = servers.database(f"dumped_{number}")
        restored = Postgres("pg_datawarehouse", url)
        postgres("pg_restore", f"--dbname={url}", str(tmp_path / str(number)))
        world = replace(school, stores=replace(school.stores, warehouse=restored, datamart=servers.datamart()))
        migrations.migrate(restored, world.model)
        mart_migrations.migrate(world.stores.datamart, world.model)
        world.run()
        assert world.differences() == []


def postgres(program: str, *arguments: str) -> None:
    subprocess.run([str(binaries() / program), *arguments], check=True, capture_output=True)
