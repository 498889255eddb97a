"""Connections that sessions leave to the next ones."""

from __future__ import annotations

import threading

import pytest

from conftest import Servers, World
from skyeng.db.postgres import Postgres
from skyeng.errors import SkyengError
from skyeng.sql import SQL

PID = "SELECT pg_backend_pid()"


@pytest.fixture
def database(servers: Servers) -> Postgres:
    return Postgres("pg_datawarehouse", servers.database("postgres"))


def pid(database: Postgres) -> int:
    with database.session() as session:
        return session.scalar(SQL(PID))


def test_a_connection_is_used_again_within_the_block_only(database: Postgres) -> None:
    assert pid(database) != pid(database)
    with database.kept():
        first = pid(database)
        with database.kept():
            assert pid(database) == first
        assert pid(database) == first, "the outer block holds"
    assert pid(database) != first


def test_two_sessions_at_once_have_two_connections(database: Postgres) -> None:
    found: list[int] = []
    with database.kept(), database.session() as session:
        inner = threading.Thread(target=lambda: found.append(pid(database)))
        inner.start()
        inner.join()
        assert found != [session.scalar(SQL(PID))]


def test_nothing_of_a_session_is_seen_by_the_next(database: Postgres) -> None:
    asked = SQL("SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')")
    with database.kept():
        with database.session(snapshot=True) as session:
            first = session.scalar(SQL(PID))
            session.execute(SQL("SET LOCAL statement_timeout = '7s'"))
            assert session.rows(asked) == [("7s", "on")]
        with database.session() as session:
            assert session.scalar(SQL(PID)) == first
            assert session.rows(asked) == [("0", "off")]


def test_one_that_failed_or_is_alone_is_not_used_again(database: Postgres) -> None:
    with database.kept():
        first = pid(database)
        with pytest.raises(SkyengError, match="division by zero"), database.session() as session:
            session.execute(SQL("SELECT 1 / 0"))
        second = pid(database)
        assert second != first
        with database.session(alone=True) as session:
            alone = session.scalar(SQL(PID))
            assert alone != second
            session.execute(SQL("SET statement_timeout = '7s'"))
        assert pid(database) == second


def test_one_that_the_server_ended_is_noticed(database: Postgres, servers: Servers) -> None:
    """An administrator, a timeout of idle sessions, a server that was started anew between two steps."""
    with database.kept():
        first = pid(database)
        servers.execute(f"SELECT pg_terminate_backend({first}, 5000)")
        assert pid(database) != first


def test_a_run_opens_few_connections(school: World) -> None:
    """One for the lock, one for the steps, and those of inserts that run at once; it was one for each session."""
    school.run()
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 1")
    opened: list[str] = []
    connect = Postgres.open

    def counted(database: Postgres) -> object:
        opened.append(database.name)
        return connect(database)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Postgres, "open", counted)
        school.run()
    assert len(opened) <= 10, opened
