"""The fields of a request, apart from its statement."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message

from skyeng.local.clickhouse_http import access
from skyeng.local.clickhouse_http.refusal import refusal

#: Fields of the HTTP interface, not settings of the engine. Those that only tune HTTP are accepted and have no effect.
_OF_HTTP = frozenset(
    [
        "query",
        "user",
        "password",
        "database",
        "default_format",
        "query_id",
        "quota_key",
        "session_id",
        "session_timeout",
        "session_check",
        "wait_end_of_query",
        "buffer_size",
        "enable_http_compression",
        "http_zlib_compression_level",
        "client_protocol_version",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "cancel_http_readonly_queries_on_client_close",
        "http_write_exception_in_output_format",
        "add_http_cors_header",
        "stacktrace",
        "log_comment",
        "compress",
        "decompress",
        "role",
    ]
)
#: Unsupported fields, each with the alternative.
_UNSUPPORTED = {
    "compress": "ask for HTTP compression (JDBC: compress=false)",
    "decompress": "send a Content-Encoding (JDBC: decompress=false)",
    "role": "there are no roles",
}
_NAME = re.compile(r"\w+", re.ASCII)
_LONGEST_SESSION = 3600


@dataclass(frozen=True)
class Request:
    """The parsed fields of a URL and a form."""

    user: str
    query: bytes
    database: str
    default_format: str
    query_id: str
    session: str
    session_seconds: int
    session_must_exist: bool
    #: Whether the end of the result must be known before its beginning is sent.
    whole: bool
    #: Whether a query is cancelled when its client disconnects.
    cancellable: bool
    compressible: bool
    parameters: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str] = field(repr=False)

    @property
    def reader(self) -> bool:
        return self.user != access.LOADER

    @property
    def keeps_state(self) -> bool:
        """Whether the connection is reused. A reader's is not, because `readonly` cannot be unset."""
        return bool(self.session) and not self.reader


def sorted_out(user: str, fields: Mapping[str, str], headers: Message) -> Request:
    """Parse the fields of a request. Raises `Refused` for those that are not supported or not allowed."""
    for name, instead in _UNSUPPORTED.items():
        if fields.get(name, "") not in ("", "0"):
            raise refusal("NOT_IMPLEMENTED", f"'{name}' in the URL is not supported by the local endpoint: {instead}")
    settings = {name: value for name, value in fields.items() if name not in _OF_HTTP and not name.startswith("param_")}
    if user != access.LOADER:
        access.check_settings(settings)
    session = fields.get("session_id", "")
    if session and "readonly" in settings:
        raise refusal("NOT_IMPLEMENTED", "'readonly' in the URL of a session is not supported by the local endpoint")
    return Request(
        user=user,
        query=fields.get("query", "").encode(errors="surrogateescape"),
        database=fields.get("database", "") or headers.get("X-ClickHouse-Database", ""),
        default_format=_format(fields.get("default_format", "") or headers.get("X-ClickHouse-Format", "")),
        query_id=fields.get("query_id", "") or str(uuid.uuid4()),
        session=session,
        session_seconds=_seconds(fields.get("session_timeout", "60")),
        session_must_exist=_flag(fields, "session_check"),
        whole=_flag(fields, "wait_end_of_query"),
        cancellable=_flag(fields, "cancel_http_readonly_queries_on_client_close"),
        compressible=_flag(fields, "enable_http_compression", "1"),
        parameters={name.removeprefix("param_"): value for name, value in fields.items() if name.startswith("param_")},
        settings=settings,
    )


def _flag(fields: Mapping[str, str], name: str, default: str = "0") -> bool:
    return fields.get(name, default).lower() in ("1", "true")


def _format(name: str) -> str:
    if name and not _NAME.fullmatch(name):
        raise refusal("BAD_ARGUMENTS", "default_format is no name of a format")
    return name or "TabSeparated"


def _seconds(given: str) -> int:
    if not (given.isascii() and given.isdigit()) or int(given) > _LONGEST_SESSION:
        raise refusal("BAD_ARGUMENTS", f"session_timeout is not a number of seconds up to {_LONGEST_SESSION}")
    return int(given)
