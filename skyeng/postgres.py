"""PostgreSQL sessions: settings that results depend on, and driver errors put into words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import psycopg2.extensions

from skyeng.errors import ConnectionFailed, SkyengError, StatementFailed
from skyeng.sql import SQL, joined, literal, sql

Parameters = Mapping[str, Any]

#: Text of a timestamp or a float depends on these, and hashes depend on the text. Rows that a
#: policy would hide from us are an error, not a feed with fewer rows.
_SESSION = """SET datestyle = 'ISO'; SET timezone = 'UTC'; SET intervalstyle = 'postgres';
SET extra_float_digits = 1; SET bytea_output = 'hex'; SET quote_all_identifiers = off;
SET row_security = off; SET jit = off"""

#: Whole-table reads use the cores there are; the planner would think a small row's hash free. A join
#: is parallel only if its small side may be read so too.
_PARALLEL = "; SET parallel_tuple_cost = 0.01; SET min_parallel_table_scan_size = 0"

#: A server lets go of a client whose machine is gone after a minute, not after hours.
_KEEPALIVE = "; SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"

#: The driver looks at this one when it connects, and quotes by it ever after.
_AT_CONNECT = "-c standard_conforming_strings=on"

#: Objects of somebody's own stand on one that is to be dropped, or on a column that is to be altered.
_DEPENDED_ON = ("2BP01", "0A000")
_DEPENDS = re.compile(r"^(?:rule \S+ on )?(.+?) depends on ", re.MULTILINE)

_EXAMPLE = "postgresql://user:password@host:5432/database"


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    shown = f"{user.partition(':')[0]}@{host}" if user else host
    query = re.sub(r"(?i)(password=)[^&]*", r"\1***", parts.query)
    return urlunsplit(parts._replace(netloc=shown, query=query))


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL database, known by the name of its connection."""

    #: `pg_datasource` or `pg_datawarehouse`: also Airflow's connection id.
    name: str
    url: str = field(repr=False)

    @property
    def variable(self) -> str:
        """The environment variable that sets the URL."""
        return f"{self.name.upper()}_URL"

    @contextmanager
    def session(self, *, snapshot: bool = False) -> Iterator[Session]:
        """A session of one transaction: committed at the end, rolled back on an error.

        With `snapshot` all statements see the database as it was at the first one, and
        nothing can be written; a hot standby can give it too.
        """
        connection = self._connect()
        try:
            with _worded(self):
                session = Session(self, connection)
                if snapshot:
                    connection.set_session(isolation_level="REPEATABLE READ", readonly=True)
                yield session
                connection.commit()
        finally:
            connection.close()

    def _connect(self) -> psycopg2.extensions.connection:
        try:
            connection = self._driver()
            connection.set_client_encoding("UTF8")
            with connection.cursor() as cursor:
                cursor.execute(_SESSION + _PARALLEL + _KEEPALIVE)
            connection.commit()
        except psycopg2.Error as exc:
            raise self._refused(exc) from exc
        return connection

    def _driver(self) -> psycopg2.extensions.connection:
        """A new connection, as the driver gives it."""
        own = psycopg2.extensions.parse_dsn(self.url).get("options", "")
        return psycopg2.connect(
            self.url, application_name="skyeng", connect_timeout=10, options=f"{own} {_AT_CONNECT}".strip()
        )

    def _refused(self, exc: psycopg2.Error) -> ConnectionFailed:
        reason = " ".join(str(exc).split()) or type(exc).__name__
        return ConnectionFailed(
            f"cannot connect to {self.name}: {_without_secret(reason, self.url)}",
            where=without_password(self.url),
            expected=f"a running PostgreSQL 14 or later, {self.variable}={_EXAMPLE}",
            remedy=f"check that the server is up, then user, password and database in {self.variable}",
        )


class Session:
    """One open transaction. Statements are `SQL` values; parameters are bound by the driver."""

    def __init__(self, database: Postgres, connection: psycopg2.extensions.connection) -> None:
        self.database = database
        self.connection = connection

    def execute(self, statement: SQL, parameters: Parameters | None = None) -> int:
        """Run a statement; the number of rows it affected."""
        with self._cursor(statement, parameters) as cursor:
            return cursor.rowcount

    def empty(self, *tables: SQL, to_copy: bool = False) -> None:
        """Empty tables. To ask whether they are empty costs a tenth of it, and `copy_in` needs tables emptied anew."""
        truncate = sql("TRUNCATE {tables}", tables=joined(", ", tables))
        sizes = (sql("pg_relation_size({table})", table=literal(table.text)) for table in tables)
        if_filled = sql(
            "BEGIN IF {sizes} > 0 THEN {truncate}; END IF; END", sizes=joined(" + ", sizes), truncate=truncate
        )
        self.execute(truncate if to_copy else sql("DO {block}", block=literal(if_filled.text)))

    def rows(self, statement: SQL, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """All rows of a small result."""
        with self._cursor(statement, parameters) as cursor:
            return cursor.fetchall()

    def last_rows(self, statements: SQL, parameters: Parameters | None = None) -> list[tuple[Any, ...]]:
        """Rows of the last of several statements; none where it gives no rows."""
        with self._cursor(statements, parameters) as cursor:
            return cursor.fetchall() if cursor.description else []

    def row(self, statement: SQL, parameters: Parameters | None = None) -> tuple[Any, ...] | None:
        rows = self.rows(statement, parameters)
        return rows[0] if rows else None

    def scalar(self, statement: SQL, parameters: Parameters | None = None) -> Any:
        """The first value of the first row; None where there is no row."""
        row = self.row(statement, parameters)
        return row[0] if row else None

    def column_types(self, query: SQL) -> dict[str, list[str]]:
        """Columns of a query: name, and the type as PostgreSQL spells it, of each of that name."""
        with self._cursor(sql("SELECT * FROM (\n{query}\n) AS described LIMIT 0", query=query), None) as cursor:
            columns = list(cursor.description or ())
        oids = {"oids": [column.type_code for column in columns]}
        names = dict(self.rows(sql("SELECT oid, format_type(oid, NULL) FROM pg_type WHERE oid = ANY(%(oids)s)"), oids))
        found: dict[str, list[str]] = {}
        for column in columns:
            found.setdefault(column.name, []).append(_spelled(names[column.type_code], column))
        return found

    def copy_out(self, query: SQL, target: IO[bytes], parameters: Parameters | None = None, *, binary: bool) -> int:
        """Stream a query's rows into a file, in PostgreSQL's binary or text format; how many."""
        with self.connection.cursor() as cursor:
            bound = cursor.mogrify(query.text, parameters).decode()
        return self._copy(f"COPY (\n{bound}\n) TO STDOUT" + (" (FORMAT binary)" if binary else ""), target)

    def copy_in(self, table: SQL, columns: SQL, origin: IO[bytes]) -> int:
        """Stream binary rows from a file into a table that this transaction made or truncated; how many.

        Frozen: the rows are as good as committed when the transaction is, and no reader has to mark them so.
        """
        return self._copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT binary, FREEZE)", origin)

    def commit(self) -> None:
        with _worded(self.database):
            self.connection.commit()

    def _copy(self, statement: str, stream: IO[bytes]) -> int:
        with _worded(self.database), self.connection.cursor() as cursor:
            cursor.copy_expert(statement, stream, size=1 << 18)
            return cursor.rowcount

    @contextmanager
    def _cursor(self, statement: SQL, parameters: Parameters | None) -> Iterator[psycopg2.extensions.cursor]:
        with _worded(self.database), self.connection.cursor() as cursor:
            cursor.execute(statement.text, parameters)
            yield cursor


def _spelled(name: str, column: psycopg2.extensions.Column) -> str:
    """A numeric's precision and scale are part of its type; without any the driver gives nonsense."""
    if name == "numeric" and column.scale is not None and column.precision is not None and column.precision <= 1000:
        return f"numeric({column.precision},{column.scale})"
    return name


@contextmanager
def _worded(database: Postgres) -> Iterator[None]:
    """Translate driver errors, here and nowhere else."""
    try:
        yield
    except psycopg2.Error as exc:
        raise _translated(exc, database) from exc


def _translated(exc: psycopg2.Error, database: Postgres) -> SkyengError:
    diagnostics = exc.diag
    reason = diagnostics.message_primary or " ".join(str(exc).split()) or type(exc).__name__
    if isinstance(exc, psycopg2.OperationalError | psycopg2.InterfaceError) and exc.pgcode in (None, "57P01", "57P02"):
        return ConnectionFailed(
            f"the connection to {database.name} was lost: {_without_secret(reason, database.url)}",
            where=without_password(database.url),
            remedy="run again: a load that died is rolled back first, nothing is lost or doubled",
        )
    if depend := _dependents(diagnostics.message_detail) if exc.pgcode in _DEPENDED_ON else None:
        failure = StatementFailed(
            f"{database.name}: {reason}",
            where=diagnostics.message_detail,
            expected="nothing of somebody's own that stands on what a migration alters; nothing was changed",
            remedy=f"save the definition of {depend}, drop it, migrate again, and create it anew",
        )
        failure.code = exc.pgcode
        return failure
    remedy = _sound(diagnostics.message_hint) or {
        "42501": "grant the role the missing privilege; the datasource needs SELECT only",
        "42P01": "check that the connection leads to the right database and schema, and that the role may use it",
        "40001": "if the source is a hot standby: raise its max_standby_streaming_delay, or set hot_standby_feedback",
        "57014": "raise statement_timeout for this role, or find what holds the server up",
        "53100": "free disk space on the server and run again",
    }.get(exc.pgcode or "")
    failure = StatementFailed(
        f"{database.name}: {reason}",
        where=diagnostics.context or diagnostics.message_detail,
        remedy=remedy,
    )
    failure.code = exc.pgcode
    return failure


def _dependents(detail: str | None) -> str:
    """What PostgreSQL says depends on another object; empty where it says of none."""
    return ", ".join(dict.fromkeys(_DEPENDS.findall(detail or "")))


def _sound(hint: str | None) -> str | None:
    """A server's own advice, unless it would take away what others built."""
    return None if hint and "CASCADE" in hint else hint


def _without_secret(text: str, url: str) -> str:
    password = urlsplit(url).password
    return text.replace(password, "***") if password else text
