"""What servers were really sent, by session: PostgreSQL's own log, and the calls of ClickHouse's client."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from clickhouse_connect.driver.binding import finalize_query
from clickhouse_connect.driver.client import Client

from conftest import Servers, World
from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import Postgres

_PREFIX = "<%c %d> "
_ENTRY = re.compile(r"<(?P<session>\S+) (?P<database>\S*)> (?P<level>[A-Z]+):  (?P<message>.*)", re.DOTALL)
_SENT = "statement: "


@dataclass
class Sessions:
    """Statements of each session, of each server; sessions in the order in which they began."""

    by_server: dict[str, list[list[str]]] = field(default_factory=dict)
    #: What the PostgreSQL sessions sent together, in the order in which it came: server and statement.
    in_order: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Recorded(ClickHouse):
    """A datamart whose clients note what they are asked to send."""

    sessions: list[list[str]] = field(default_factory=list, kw_only=True)

    def _connect(self) -> Client:
        client = super()._connect()
        sent: list[str] = []
        self.sessions.append(sent)
        command, query, raw_insert = client.command, client.query, client.raw_insert

        def noted_command(text: str, parameters: Mapping[str, Any] | None = None) -> Any:
            if not text.startswith("USE "):  # the embedded engine has no database in its address
                sent.append(finalize_query(text, dict(parameters or {})))
            return command(text, parameters=dict(parameters or {}))

        def noted_query(text: str, parameters: Mapping[str, Any]) -> Any:
            sent.append(finalize_query(text, dict(parameters)))
            return query(text, parameters=dict(parameters))

        def noted_insert(table: str, column_names: Sequence[str], settings: Mapping[str, Any], **options: Any) -> Any:
            done = raw_insert(table, column_names=column_names, settings=dict(settings), **options)
            values = (f"{name} = {value!r}" for name, value in settings.items())
            sent.append(
                f"INSERT INTO {table} ({', '.join(column_names)}) SETTINGS {', '.join(values)} FORMAT {options['fmt']}"
            )
            return done

        vars(client).update(command=noted_command, query=noted_query, raw_insert=noted_insert)
        return client


@dataclass(frozen=True)
class Apart(Postgres):
    """A database to which each session of ours has a connection of its own, so that the log tells them apart."""

    def kept(self) -> AbstractContextManager[None]:
        return nullcontext()


@contextmanager
def logged(servers: Servers, world: World) -> Iterator[tuple[World, Sessions]]:
    """The same world, its servers logging every statement; what they were sent is known when the block has ended."""
    databases = {_database(store): store.name for store in (world.stores.source, world.stores.warehouse)}
    datamart = Recorded(world.stores.datamart.url)
    found = Sessions({name: [] for name in databases.values()} | {datamart.name: datamart.sessions})
    _set_prefix(servers, f"'{_PREFIX}'")
    for database in databases:
        servers.execute(f"""ALTER DATABASE "{database}" SET log_statement = 'all'""")
    begun = servers.postgres.log.stat().st_size
    try:
        warehouse = Apart(world.stores.warehouse.name, world.stores.warehouse.url)
        yield replace(world, stores=replace(world.stores, warehouse=warehouse, datamart=datamart)), found
    finally:
        for database in databases:
            servers.execute(f'ALTER DATABASE "{database}" RESET log_statement')
        _set_prefix(servers, "DEFAULT")
    with servers.postgres.log.open("rb") as log:
        log.seek(begun)
        by_session: dict[str, list[str]] = {}
        for entry in _entries(log.read().decode()):
            if entry["database"] in databases:
                assert entry["level"] == "LOG", entry["message"]
                assert entry["message"].startswith(_SENT), entry["message"]
                server, statement = databases[entry["database"]], entry["message"].removeprefix(_SENT)
                if entry["session"] not in by_session:
                    by_session[entry["session"]] = []
                    found.by_server[server].append(by_session[entry["session"]])
                by_session[entry["session"]].append(statement)
                found.in_order.append((server, statement))


def _entries(text: str) -> Iterator[re.Match[str]]:
    """A line of an entry begins with the prefix, or with a tab where the entry goes on."""
    for entry in re.split(r"\n(?!\t)", text):
        if match := _ENTRY.fullmatch(entry.replace("\n\t", "\n")):
            yield match


def _database(store: Postgres) -> str:
    return urlsplit(store.url).path.strip("/")


def _set_prefix(servers: Servers, prefix: str) -> None:
    """The server takes a setting over a moment after it was told to."""
    servers.execute(f"ALTER SYSTEM SET log_line_prefix = {prefix}")
    servers.execute("SELECT pg_reload_conf()")
    wanted = _PREFIX if prefix != "DEFAULT" else "%m [%p] "
    maintenance = Postgres("pg_datawarehouse", servers.database("postgres"))
    for _ in range(1200):
        connection = maintenance.open()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW log_line_prefix")
                row = cursor.fetchone()
        finally:
            connection.close()
        if row == (wanted,):
            return
        time.sleep(0.05)
    raise AssertionError(f"the server's log_line_prefix does not become {wanted}")
