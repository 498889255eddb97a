"""A ClickHouse client for a server or the embedded engine, one code path for both."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from skyeng.db.chdb_options import OPTIONS
from skyeng.db.idle import Idle
from skyeng.db.pipe import Write, named_pipe, pipe
from skyeng.db.postgres_errors import without_password
from skyeng.db.statement_log import statement_logged
from skyeng.errors import ConnectionFailed, EmbeddedServerError, SkyengError, StatementFailed
from skyeng.sql import SQL, ident, idents, joined, literal, sql

if TYPE_CHECKING:
    import pandas as pd
    from clickhouse_connect.driver.client import Client

log = logging.getLogger(__name__)

VARIABLE = "CH_DATAMART_URL"
DEFAULT_DATABASE = "datamart"

#: ClickHouse's error codes that deserve words of ours.
_AUTHENTICATION, _TIMEOUT, _UNKNOWN_DATABASE, _UNKNOWN_TABLE = 516, 159, 81, 60
_READONLY, _ACCESS_DENIED = 164, 497


#: A block that was sent and removed comes again, and must reach the table; an insert is done when it returns.
_AT_ONCE = {"deduplicate_insert": "disable", "async_insert": 0}

#: What an error of a statement that was only to be parsed says of how it was parsed.
_ABOUT_FORMATTING = ": In scope SELECT formatQuerySingleLine("


@dataclass(frozen=True)
class ClickHouse:
    """One ClickHouse database; `chdb:///folder?database=name` is the embedded engine."""

    url: str = field(repr=False)
    name: str = "ch_datamart"
    _idle: Idle[Client] = field(default_factory=lambda: Idle(), init=False, repr=False, compare=False)
    #: How a version of the server writes a SELECT.
    _formatted: dict[tuple[str, str], str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def database(self) -> str:
        parts = urlsplit(self.url)
        if self.embedded:
            return parse_qs(parts.query).get("database", [DEFAULT_DATABASE])[0]
        return unquote(parts.path.strip("/")) or DEFAULT_DATABASE

    @property
    def embedded(self) -> bool:
        return urlsplit(self.url).scheme == "chdb"

    def kept(self) -> AbstractContextManager[None]:
        """Within the block, or one around it, a session leaves its client to the next one: to make one takes 40 ms."""
        return self._idle.kept()

    @contextmanager
    def session(self, *, create: bool = False, alone: bool = False) -> Iterator[ClickHouseSession]:
        """A connection to the database, made first where `create` is given.

        With `alone`, its client was not used before and is not used again: settings can stay set in it.
        """
        with _worded(self):
            client = (None if alone else self._idle.take()) or self._connect()
            sound = False
            try:
                if create:
                    client.command(f"CREATE DATABASE IF NOT EXISTS {ident(self.database)}")
                client.database = self.database
                if self.embedded:
                    client.command(f"USE {ident(self.database)}")
                yield ClickHouseSession(self, client)
                sound = not alone
            finally:
                if sound:
                    self._idle.leave(client)
                else:
                    client.close()

    def _connect(self) -> Client:
        # Slow to import, and chDB must be imported by the process that uses it.
        import clickhouse_connect
        from clickhouse_connect.driver.exceptions import ClickHouseError

        # What it logs it raises too, and we say it once.
        logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
        parts = urlsplit(self.url)
        options: dict[str, Any]
        if self.embedded:
            if importlib.util.find_spec("chdb") is None:
                raise EmbeddedServerError(
                    "the embedded datamart needs the package chdb, which is not installed",
                    where=without_password(self.url),
                    remedy="run `pip install 'skyeng[local]'`, or set CH_DATAMART_URL to a ClickHouse server",
                )
            # A question mark in chDB's path begins the engine's own options.
            path, _, own = unquote(parts.path).partition("?")
            options = {"interface": "chdb", "path": path, "chdb_options": {**OPTIONS, **dict(parse_qsl(own))}}
        else:
            options = {
                "host": parts.hostname or "localhost",
                "port": parts.port or (8443 if parts.scheme == "clickhouses" else 8123),
                "username": unquote(parts.username or "default"),
                "password": unquote(parts.password or ""),
                "secure": parts.scheme == "clickhouses",
                "connect_timeout": 10,
                "send_receive_timeout": 3600,
                "autogenerate_session_id": False,
            }
        try:
            return clickhouse_connect.get_client(**options)
        except ClickHouseError as exc:
            raise self._refused(exc) from exc

    def _refused(self, exc: Exception) -> SkyengError:
        reason = _first_line(exc)
        if self.embedded:
            return EmbeddedServerError(
                "the embedded datamart cannot be opened",
                where=f"{unquote(urlsplit(self.url).path)}: {reason}",
                expected="one process at a time",
                remedy="end the other command that uses it, or set CH_DATAMART_URL to a ClickHouse server",
            )
        return ConnectionFailed(
            f"cannot connect to {self.name}: {reason}",
            where=without_password(self.url),
            expected=f"a running ClickHouse server, {VARIABLE}=clickhouse://user:password@host:8123/database",
            remedy=f"check that the server is up, then user, password and HTTP port in {VARIABLE}",
        )


class ClickHouseSession:
    """One client. Values are bound as `{name:Type}` parameters by the server."""

    def __init__(self, database: ClickHouse, client: Client) -> None:
        self.database = database
        self.client = client

    def execute(self, statement: SQL, parameters: Mapping[str, Any] | None = None) -> None:
        with statement_logged(log, self.database.name, statement.text):
            self.client.command(statement.text, parameters=dict(parameters or {}))

    def drop(self, name: str) -> None:
        """Remove a table or view if it is there."""
        self.execute(sql("DROP TABLE IF EXISTS {name} SYNC", name=ident(name)))

    def rows(self, statement: SQL, parameters: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        with statement_logged(log, self.database.name, statement.text):
            result = self.client.query(statement.text, parameters=dict(parameters or {}))
        return [tuple(row) for row in result.result_rows]

    def rows_if_allowed(self, statement: SQL) -> list[tuple[Any, ...]]:
        """The same for what is good to know: no rows where the user has no right to read them."""
        from clickhouse_connect.driver.exceptions import ClickHouseError

        try:
            return self.rows(statement)
        except ClickHouseError as exc:
            if getattr(exc, "code", None) != _ACCESS_DENIED:
                raise
            return []

    def scalar(self, statement: SQL, parameters: Mapping[str, Any] | None = None) -> Any:
        rows = self.rows(statement, parameters)
        return rows[0][0] if rows else None

    def formatted(self, selects: Sequence[SQL]) -> list[str]:
        """How the server writes each of these SELECTs on one line. It is asked once, while its version stays."""
        known, version = self.database._formatted, str(self.client.server_version)
        unknown = [it.text for it in selects if (version, it.text) not in known]
        if unknown:
            known.update(zip(((version, it) for it in unknown), self._format(unknown), strict=True))
        return [known[version, it.text] for it in selects]

    def _format(self, selects: Sequence[str]) -> tuple[str, ...]:
        asked = (sql("formatQuerySingleLine({select})", select=literal(it)) for it in selects)
        return self.rows(sql("SELECT {asked}", asked=joined(",\n", asked)))[0]

    def frame(self, statement: SQL) -> pd.DataFrame:
        """A result as a pandas DataFrame; without rows it has its columns all the same."""
        found = self.client.query_df(statement.text)
        if len(found.columns):
            return found
        import pandas as pd

        described = self.rows(sql("DESCRIBE TABLE (\n{statement}\n)", statement=statement))
        return pd.DataFrame({str(name): pd.Series(dtype=_dtype(str(type_))) for name, type_, *_ in described})

    def text(self, statement: SQL, format_: Literal["csv", "json"]) -> bytes:
        """A result as the engine writes it: CSV with a header, or a JSON array of objects."""
        if format_ == "csv":
            return self.client.raw_query(statement.text, fmt="CSVWithNames")
        # Without settings, which a user's profile may forbid to change: the array is made of the lines here.
        return b"[\n" + b",\n".join(self.client.raw_query(statement.text, fmt="JSONEachRow").splitlines()) + b"\n]\n"

    def only_read(self, level: Literal[1, 2]) -> None:
        """Let the engine refuse whatever writes; at level 2 a query may have settings of its own.

        A user whose profile says so already is left as it is: such a profile cannot be changed.
        """
        if self.database.embedded:
            self.execute(sql("SET readonly = {level}", level=literal(level)))
        elif self.client.server_settings["readonly"].value == "0":
            self.client.set_client_setting("readonly", level)

    def insert(self, table: str, columns: Iterable[str], chunks: Iterable[bytes]) -> None:
        """Send rows in PostgreSQL's COPY text format, which ClickHouse parses itself."""
        with statement_logged(log, self.database.name, f"INSERT INTO {table}"):
            self.client.raw_insert(
                ident(table).text,
                column_names=list(columns),
                insert_block=iter(chunks),  # pyright: ignore[reportArgumentType]
                settings=dict(_AT_ONCE),
                fmt="TabSeparated",
            )

    def send(self, table: str, columns: Iterable[str], write: Write) -> None:
        """The same for rows that another thread writes. Its error is raised, and may leave some of them.

        A server reads while they come. The embedded engine would be sent a file of all of them first.
        """
        if not self.database.embedded:
            with pipe(write) as flow:
                self.insert(table, columns, flow.chunks())
            return
        with named_pipe(write) as path:
            self.execute(
                sql(
                    "INSERT INTO {table} ({columns}) FROM INFILE {path} SETTINGS {settings} FORMAT TabSeparated",
                    table=ident(table),
                    columns=idents(columns),
                    path=literal(str(path)),
                    settings=joined(
                        ", ", (sql("{name} = {value}", name=ident(k), value=literal(v)) for k, v in _AT_ONCE.items())
                    ),
                )
            )


def _dtype(type_: str) -> str:
    """The pandas dtype of an empty column of a ClickHouse type."""
    plain = type_.replace("LowCardinality(", "").replace("Nullable(", "")
    kinds = {"Int": "Int64", "UInt": "Int64", "Float": "Float64", "Bool": "boolean", "String": "string"}
    kinds["Date"] = "datetime64[us]"
    return next((dtype for kind, dtype in kinds.items() if plain.startswith(kind)), "object")


@contextmanager
def _worded(database: ClickHouse) -> Iterator[None]:
    """Translate driver errors, here and nowhere else."""
    try:
        yield
    except SkyengError:
        raise
    except Exception as exc:
        # Imported with the first client, if not before: slow, and not needed until something fails.
        from clickhouse_connect.driver.exceptions import ClickHouseError

        if not isinstance(exc, ClickHouseError):
            raise
        reason = _first_line(exc)
        code = getattr(exc, "code", None)
        remedy = {
            _UNKNOWN_DATABASE: "create it with `skyeng migrate MODEL`, or correct the database in CH_DATAMART_URL",
            _UNKNOWN_TABLE: "correct the table's name",
            _READONLY: "to load, set CH_DATAMART_URL to a user that may write; `skyeng query` only reads",
            _ACCESS_DENIED: "grant the user of CH_DATAMART_URL what it lacks: a load creates, alters, drops, reads and"
            " writes tables and views of its database",
            _TIMEOUT: "raise max_execution_time for this user",
            _AUTHENTICATION: "correct user and password in CH_DATAMART_URL",
        }.get(code or 0)
        raise StatementFailed(f"{database.name}: {reason}", remedy=remedy) from exc


def _first_line(exc: Exception) -> str:
    """The engine's own sentence, without its repetitions and version."""
    text = str(exc).strip()
    # What the client says around a server's own answer.
    _, answered, told = text.partition("server response: ")
    text = (told.rpartition(" (for url ")[0] or told) if answered else text
    text = text.partition(_ABOUT_FORMATTING)[0]
    for mark in ("DB::Exception: ", "DB::Exception:"):
        text = text.rpartition(mark)[2] if text.count(mark) > 1 else text
    return " ".join(text.split("\n(")[0].split())[:500]
