"""Errors of PostgreSQL and its driver, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from skyeng.errors import ConnectionFailed, SkyengError, StatementFailed

if TYPE_CHECKING:
    from skyeng.db.lock_waits import WatchedStatement
    from skyeng.db.postgres import Postgres

#: Objects of somebody's own stand on one that is to be dropped, or on a column that is to be altered.
_DEPENDED_ON = ("2BP01", "0A000")
_DEPENDS = re.compile(r"^(?:rule \S+ on )?(.+?) depends on ", re.MULTILINE)
_LOCK_NOT_AVAILABLE = "55P03"
#: Settings of the server by which it ends a session, by the code with which it says so.
_TIMEOUTS = {
    "25P03": "idle_in_transaction_session_timeout",
    "25P04": "transaction_timeout",
    "57P05": "idle_session_timeout",
}
#: The connection ended: without a word, by an administrator, or with its server.
_LOST = (None, "57P01", "57P02")

#: What to do about a value with which a query cannot go on, and about a text that is none.
_FIX_VALUE = "fix the row at the source, or let the query give NULL there (NULLIF, CASE)"
_FIX_TEXT = "fix the text at the source: it has bytes that are no characters of the database's encoding"

_EXAMPLE = "postgresql://user:password@host:5432/database"


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    shown = f"{user.partition(':')[0]}@{host}" if user else host
    query = re.sub(r"(?i)(password=)[^&]*", r"\1***", parts.query)
    return urlunsplit(parts._replace(netloc=shown, query=query))


def refused(exc: psycopg2.Error, database: Postgres) -> ConnectionFailed:
    """The error for a server that cannot be reached, or does not let us in."""
    reason = " ".join(str(exc).split()) or type(exc).__name__
    remedy = f"check that the server is up, then user, password and database in {database.variable}"
    if "unsupported startup parameter" in reason:
        remedy = (
            f"a pooler lets no `options` pass: take them out of {database.variable} and PGOPTIONS,"
            " or let it ignore them (PgBouncer: ignore_startup_parameters = options)"
        )
    return ConnectionFailed(
        f"cannot connect to {database.name}: {_without_secret(reason, database.url)}",
        where=without_password(database.url),
        expected=f"a running PostgreSQL 15 or later, {database.variable}={_EXAMPLE}",
        remedy=remedy,
    )


@contextmanager
def worded(database: Postgres, statement: WatchedStatement | None = None) -> Iterator[None]:
    """Translate driver errors, here and nowhere else. Of a statement it may be known who held it up."""
    try:
        yield
    except psycopg2.Error as exc:
        raise _translated(exc, database, statement) from exc


def _translated(exc: psycopg2.Error, database: Postgres, statement: WatchedStatement | None) -> SkyengError:
    diagnostics = exc.diag
    reason = diagnostics.message_primary or " ".join(str(exc).split()) or type(exc).__name__
    if timeout := _TIMEOUTS.get(exc.pgcode or ""):
        return _ended_by(timeout, database)
    if isinstance(exc, psycopg2.OperationalError | psycopg2.InterfaceError) and exc.pgcode in _LOST:
        return _why_it_is_lost(database) or ConnectionFailed(
            f"the connection to {database.name} was lost: {_without_secret(reason, database.url)}",
            where=without_password(database.url),
            remedy="run again: a load that died is rolled back first, nothing is lost or doubled",
        )
    where = diagnostics.context or diagnostics.message_detail
    expected = None
    remedy = _sound(diagnostics.message_hint) or _remedies(database).get(exc.pgcode or "")
    if exc.pgcode == _LOCK_NOT_AVAILABLE:
        where = (statement and statement.holders) or where
        remedy = "wait for that session, or end it (SELECT pg_terminate_backend(pid)), then run again"
        expected = f"the lock within {int(database.lock_wait.total_seconds())} s (SKYENG_LOCK_WAIT)"
    elif depend := _dependents(diagnostics.message_detail) if exc.pgcode in _DEPENDED_ON else None:
        where = diagnostics.message_detail
        remedy = f"save the definition of {depend}, drop it, migrate again, and create it again"
        expected = "nothing of somebody's own that stands on what a migration alters; nothing was changed"
    failure = StatementFailed(f"{database.name}: {reason}", where=where, expected=expected, remedy=remedy)
    failure.code, failure.server = exc.pgcode, database.name
    return failure


def _remedies(database: Postgres) -> dict[str, str]:
    """What to do, by SQLSTATE."""
    return {
        "42501": "grant the role the missing privilege; the datasource needs SELECT only",
        "42P01": "check that the connection leads to the right database and schema, and that the role may use it",
        "40001": "if the source is a hot standby: raise its max_standby_streaming_delay, or set hot_standby_feedback",
        "57014": f"find what slows the server down, or raise its limit: {_unset(database, 'statement_timeout')}",
        "53100": "free disk space on the server and run again",
        **dict.fromkeys(("22012", "22P02", "22003", "22007", "22008", "22018"), _FIX_VALUE),
        **dict.fromkeys(("22021", "22P05"), _FIX_TEXT),
    }


def _ended_by(timeout: str, database: Postgres) -> ConnectionFailed:
    return ConnectionFailed(
        f"{database.name} ended our session by its {timeout}",
        where=without_password(database.url),
        expected="sessions that last as long as a load, or a comparison, takes",
        remedy=f"as an administrator of that server: {_unset(database, timeout)}",
    )


def _why_it_is_lost(database: Postgres) -> ConnectionFailed | None:
    """Ask a server that answers again what ends sessions there: amid some statements the driver loses what it was told.

    Of limits, it can only be the one that we leave as it is.
    """
    try:
        with closing(database.open()) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("SELECT current_setting('transaction_timeout', true)")
            ((limit,),) = cursor.fetchall()
            if limit not in (None, "0") and not database.is_warehouse:
                return _ended_by(f"transaction_timeout ({limit})", database)
            try:
                cursor.execute("BEGIN")
            except psycopg2.OperationalError:
                return ConnectionFailed(
                    f"{database.name} is behind a pooler that knows no transactions",
                    where=without_password(database.url),
                    expected="one state of the database for as long as it is read",
                    remedy="let the pooler give a session (PgBouncer: pool_mode = session), or lead past it",
                )
    except psycopg2.Error:
        pass  # that it cannot be reached is all there is to say
    return None


def _unset(database: Postgres, setting: str) -> str:
    user = urlsplit(database.url).username or "the role"
    return f"ALTER ROLE {user} SET {setting.partition(' ')[0]} = 0"


def _dependents(detail: str | None) -> str:
    """What PostgreSQL says depends on another object; empty where it says of none."""
    return ", ".join(dict.fromkeys(_DEPENDS.findall(detail or "")))


def _sound(hint: str | None) -> str | None:
    """A server's own advice, unless it would take away what others built."""
    return None if hint and "CASCADE" in hint else hint


def _without_secret(text: str, url: str) -> str:
    password = urlsplit(url).password
    return text.replace(password, "***") if password else text
