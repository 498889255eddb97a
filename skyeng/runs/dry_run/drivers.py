"""Drivers of a dry run. Everything above them is the real code, also sessions and transactions.

Like psycopg2, a connection begins a transaction with its first statement, and commits only a transaction that was
begun.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace, TracebackType
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

import psycopg2.extensions

from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import Postgres
from skyeng.runs.dry_run.script import Answer, Script, shown
from skyeng.sql import idents, joined, literal, sql, written

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


@dataclass(frozen=True)
class DryRunPostgres(Postgres):
    """A PostgreSQL database that is never connected to."""

    script: Script = field(kw_only=True)

    def kept(self) -> AbstractContextManager[None]:
        """No-op: each session is shown with its own connection."""
        return nullcontext()

    def open(self) -> psycopg2.extensions.connection:
        return cast("psycopg2.extensions.connection", _Connection(self.name, self.script))


@dataclass(frozen=True)
class DryRunClickHouse(ClickHouse):
    """A ClickHouse database that is never connected to."""

    script: Script = field(kw_only=True)

    def _connect(self) -> Client:
        return cast("Client", _Client(self.name, self.script))


class _Connection:
    """The part of psycopg2's connection that our sessions use."""

    def __init__(self, server: str, script: Script) -> None:
        self._script, self._session = script, script.session(server)
        self._begin = "BEGIN"
        self._begun = False

    @property
    def info(self) -> SimpleNamespace:
        """Describes a server whose version has all settings."""
        return SimpleNamespace(backend_pid=1, server_version=180000)

    def set_session(self, *, isolation_level: str, readonly: bool) -> None:
        self._begin = f"BEGIN ISOLATION LEVEL {isolation_level} READ {'ONLY' if readonly else 'WRITE'}"

    def cursor(self) -> _Cursor:
        return _Cursor(self)

    def send(self, text: str, parameters: Mapping[str, Any] | None) -> Answer:
        if not self._begun:
            self._begun = True
            self._script.control(self._session, self._begin)
        return self._script.ask(self._session, text, parameters)

    def commit(self) -> None:
        if self._begun:
            self._begun = False
            self._script.control(self._session, "COMMIT")

    def close(self) -> None:
        """No-op: a transaction that was not committed ends with its connection, and nothing is sent."""


class _Column(NamedTuple):
    """Description of a column, as psycopg2 gives it. Here a type's number is its name."""

    name: str
    type_code: str
    precision: int | None = None
    scale: int | None = None


class _Cursor(AbstractContextManager["_Cursor"]):
    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._answer = Answer()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """No-op: there is nothing to release."""

    @property
    def rowcount(self) -> int:
        return self._answer.count

    @property
    def description(self) -> list[_Column] | None:
        return [_Column(*column) for column in self._answer.columns] or None

    def execute(self, text: str, parameters: Mapping[str, Any] | None = None) -> None:
        self._answer = self._connection.send(text, parameters)

    def fetchall(self) -> Sequence[tuple[Any, ...]]:
        return self._answer.rows

    def mogrify(self, text: str, parameters: Mapping[str, Any] | None) -> bytes:
        return shown(text, parameters).encode()

    def copy_expert(self, statement: str, stream: IO[bytes], **_options: int) -> None:
        """Record a COPY. Input rows are read to the end first, so that the sender's statement is recorded before it."""
        if stream.readable():
            while stream.read():
                pass
        self._answer = self._connection.send(statement, None)


class _Client:
    """The part of clickhouse-connect's client that our sessions use."""

    database, server_version = "", "26.8"

    def __init__(self, server: str, script: Script) -> None:
        self._script, self._session = script, script.session(server)

    def command(self, text: str, parameters: Mapping[str, Any]) -> None:
        self._script.ask(self._session, text, parameters)

    def query(self, text: str, parameters: Mapping[str, Any]) -> SimpleNamespace:
        return SimpleNamespace(result_rows=self._script.ask(self._session, text, parameters).rows)

    def raw_insert(
        self,
        table: str,
        *,
        column_names: Iterable[str],
        insert_block: Iterable[bytes],
        settings: Mapping[str, str | int],
        fmt: str,
    ) -> None:
        for _ in insert_block:
            pass
        statement = sql(
            "INSERT INTO {table} ({columns}) SETTINGS {settings} FORMAT {format}",
            table=written(table),
            columns=idents(column_names),
            settings=joined(
                ", ",
                (sql("{name} = {value}", name=written(name), value=literal(value)) for name, value in settings.items()),
            ),
            format=written(fmt),
        )
        self._script.ask(self._session, statement.text)

    def close(self) -> None:
        """No-op: nothing was opened."""
