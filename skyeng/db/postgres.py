"""PostgreSQL sessions, and the settings that their results depend on."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import IO, Any

import psycopg2
import psycopg2.extensions

from skyeng.db import lock_waits
from skyeng.db.idle import Idle, is_silent
from skyeng.db.pooler import check_keeps_sessions
from skyeng.db.postgres_errors import refused, worded
from skyeng.db.statement_log import statement_logged
from skyeng.sql import SQL, joined, literal, sql

log = logging.getLogger(__name__)

Parameters = Mapping[str, Any]

#: The connection that leads to the warehouse. Any other leads to a source.
WAREHOUSE = "pg_datawarehouse"

#: Text of a timestamp or a float depends on these, and hashes depend on the text. Rows that a
#: policy would hide from us are an error, not a feed with fewer rows. A reading transaction waits while
#: the other side works.
_TRANSACTION = """SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; SET LOCAL intervalstyle = 'postgres';
SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL quote_all_identifiers = off;
SET LOCAL standard_conforming_strings = on; SET LOCAL row_security = off; SET LOCAL jit = off;
SET LOCAL idle_in_transaction_session_timeout = 0"""

#: Whole-table reads use the cores there are; the planner would think a small row's hash free. A join
#: is parallel only if its small side may be read so too.
_PARALLEL = "SET LOCAL parallel_tuple_cost = 0.01; SET LOCAL min_parallel_table_scan_size = 0"

#: A server lets go of a client whose machine is deleted after a minute, not after hours.
_KEEPALIVE = """SET LOCAL tcp_keepalives_idle = 30; SET LOCAL tcp_keepalives_interval = 10;
SET LOCAL tcp_keepalives_count = 3"""

#: Every name that we write for the warehouse is qualified; a load takes the time that it takes.
_OF_WAREHOUSE = "SET LOCAL search_path = pg_catalog; SET LOCAL statement_timeout = 0"
#: Servers from this version on have it.
_TRANSACTION_TIMEOUT = 170000
#: Of a session, not of a transaction: between two, the warehouse waits for the source.
_AT_FIRST = "SET idle_session_timeout = 0; "

#: How long it is tried to keep everybody else off a table. An autovacuum gives way after a second.
_TO_LOCK = "2s"


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL database, known by the name of its connection."""

    #: `pg_datasource` or `pg_datawarehouse`: also Airflow's connection id.
    name: str
    url: str = field(repr=False)
    #: How long a statement waits for a lock that somebody else has.
    lock_wait: timedelta = timedelta(minutes=10)
    _idle: Idle[psycopg2.extensions.connection] = field(
        default_factory=lambda: Idle(lambda it: not it.closed and is_silent(it)), init=False, repr=False, compare=False
    )

    @property
    def variable(self) -> str:
        """The environment variable that sets the URL."""
        return f"{self.name.upper()}_URL"

    @property
    def is_warehouse(self) -> bool:
        return self.name == WAREHOUSE

    def kept(self) -> AbstractContextManager[None]:
        """Within the block, or one around it, a session leaves its connection to the next one.

        To make one costs the server as much as twenty small statements.
        """
        return self._idle.kept()

    @contextmanager
    def session(self, *, snapshot: bool = False, alone: bool = False) -> Iterator[Session]:
        """A session of one transaction: committed at the end, rolled back on an error.

        With `snapshot` all statements see the database as it was at the first one, and
        nothing can be written; a hot standby can give it too. With `alone`, its connection was not used
        before and is not used again: settings and locks can stay in it.
        """
        connection = (None if alone else self._idle.take()) or self._connect()
        sound = False
        try:
            with worded(self):
                isolation = "REPEATABLE READ" if snapshot else "READ COMMITTED"
                connection.set_session(isolation_level=isolation, readonly=snapshot)
                yield Session(self, connection)
                connection.commit()
            sound = not alone
        finally:
            if sound:
                self._idle.leave(connection)
            else:
                connection.close()

    def _connect(self) -> psycopg2.extensions.connection:
        try:
            return self.open()
        except psycopg2.Error as exc:
            raise refused(exc, self) from exc

    def open(self) -> psycopg2.extensions.connection:
        """A new connection, as the driver gives it. What is asked for here, a pooler must allow."""
        return psycopg2.connect(
            self.url,
            application_name="skyeng",
            connect_timeout=10,
            client_encoding="UTF8",
            # A connection that waits for the next session may be forgotten on its way.
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )


class Session:
    """One open transaction. Statements are `SQL` values; parameters are bound by the driver."""

    def __init__(self, database: Postgres, connection: psycopg2.extensions.connection) -> None:
        self.database = database
        self.connection = connection
        self._is_settled = False
        #: Of the process that serves the transaction; a pooler may give each another one.
        self._pid: int | None = None

    def settle(self) -> None:
        """Begin a transaction, if none is under way, with the settings that its results depend on."""
        if self._is_settled:
            return
        with worded(self.database), self.connection.cursor() as cursor:
            cursor.execute(self._settings)
            ((pid,),) = cursor.fetchall()
        first, self._pid, self._is_settled = self._pid is None, pid, True
        if first and self.database.is_warehouse and pid != self.connection.info.backend_pid:
            check_keeps_sessions(self.database)

    @property
    def _settings(self) -> str:
        return (_AT_FIRST if self._pid is None and self.database.is_warehouse else "") + self._of_transaction

    @cached_property
    def _of_transaction(self) -> str:
        settings = [_TRANSACTION, f"SET LOCAL lock_timeout = {self.lock_timeout}", _PARALLEL, _KEEPALIVE]
        if self.database.is_warehouse:
            settings.append(_OF_WAREHOUSE)
            if self.connection.info.server_version >= _TRANSACTION_TIMEOUT:
                settings.append("SET LOCAL transaction_timeout = 0")
        return ";\n".join([*settings, "SELECT pg_backend_pid()"])

    @property
    def lock_timeout(self) -> SQL:
        """How long a statement waits for a lock, as a value of PostgreSQL's setting."""
        return literal(f"{round(self.database.lock_wait.total_seconds() * 1000)}ms")

    def execute(self, statement: SQL, parameters: Parameters | None = None) -> int:
        """Run a statement; the number of rows it affected."""
        with self._cursor(statement, parameters) as cursor:
            return cursor.rowcount

    def empty(self, *tables: SQL) -> None:
        """Empty tables: at once, or row by row where somebody keeps reading them, as a dump does.

        To ask whether they are empty costs a tenth of it.
        """
        sizes = (sql("pg_relation_size({table})", table=literal(table.text)) for table in tables)
        block = sql(
            """BEGIN
    IF {sizes} > 0 THEN
        {tried}
        TRUNCATE {tables};
    END IF;
EXCEPTION WHEN lock_not_available THEN
    {deletes};
END""",
            sizes=joined(" + ", sizes),
            tried=self._tried(tables),
            tables=joined(", ", tables),
            deletes=_deletes(tables),
        )
        self.execute(sql("DO {block}", block=literal(block.text)))

    def empty_to_copy(self, *tables: SQL) -> bool:
        """Empty tables; whether that was done so that `copy_in` may freeze the rows of one."""
        if not self.lock_alone(*tables):
            self.execute(_deletes(tables))
            return False
        self.execute(sql("TRUNCATE {tables}", tables=joined(", ", tables)))
        return True

    def lock_alone(self, *tables: SQL) -> bool:
        """Keep everybody else off tables until the transaction ends; whether that was possible at once."""
        block = sql(
            """BEGIN {tried}
    SET LOCAL skyeng.alone = on;
EXCEPTION WHEN lock_not_available THEN
    SET LOCAL skyeng.alone = off;
END""",
            tried=self._tried(tables),
        )
        ((alone,),) = self.rows(
            sql("DO {block};\nSELECT current_setting('skyeng.alone')::boolean", block=literal(block.text))
        )
        return alone

    def _tried(self, tables: Sequence[SQL]) -> SQL:
        return sql(
            """SET LOCAL lock_timeout = {grace_period};
    LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE;
    SET LOCAL lock_timeout = {usual};""",
            grace_period=literal(_TO_LOCK),
            usual=self.lock_timeout,
            tables=joined(", ", tables),
        )

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
        self.settle()
        with self.connection.cursor() as cursor:
            bound = cursor.mogrify(query.text, parameters).decode()
        return self._copy(f"COPY (\n{bound}\n) TO STDOUT" + (" (FORMAT binary)" if binary else ""), target)

    def copy_in(self, table: SQL, columns: SQL, origin: IO[bytes], *, freeze: bool = True) -> int:
        """Stream binary rows from a file into a table; how many.

        `freeze`: the rows are as good as committed when the transaction is, and no reader has to mark them so. For a
        table that this transaction made or truncated.
        """
        frozen = ", FREEZE" if freeze else ""
        return self._copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT binary{frozen})", origin)

    def commit(self) -> None:
        with worded(self.database):
            self._is_settled = False
            self.connection.commit()

    def _copy(self, statement: str, stream: IO[bytes]) -> int:
        with self._sending(statement) as cursor:
            cursor.copy_expert(statement, stream, size=1 << 18)
            return cursor.rowcount

    @contextmanager
    def _cursor(self, statement: SQL, parameters: Parameters | None) -> Iterator[psycopg2.extensions.cursor]:
        with self._sending(statement.text) as cursor:
            cursor.execute(statement.text, parameters)
            yield cursor

    @contextmanager
    def _sending(self, text: str) -> Iterator[psycopg2.extensions.cursor]:
        """A cursor for one statement. While it is in use, another thread reports waits for locks."""
        self.settle()
        with (
            statement_logged(log, self.database.name, text),
            lock_waits.watched(self.database, self._pid) as statement,
            worded(self.database, statement),
            self.connection.cursor() as cursor,
        ):
            yield cursor


def _spelled(name: str, column: psycopg2.extensions.Column) -> str:
    """A numeric's precision and scale are part of its type; without any the driver gives nonsense."""
    if name == "numeric" and column.scale is not None and column.precision is not None and column.precision <= 1000:
        # A negative scale, of 11 bits, comes without its sign.
        scale = column.scale - 2048 if column.scale > 1000 else column.scale
        return f"numeric({column.precision},{scale})"
    return name


def _deletes(tables: Sequence[SQL]) -> SQL:
    return joined("; ", (sql("DELETE FROM {table}", table=it) for it in tables))
