"""Handles the HTTP requests of a connection, one after another."""

from __future__ import annotations

import errno
import json
import select
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from itertools import chain
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from skyeng.local.clickhouse_http import access, bodies, statement
from skyeng.local.clickhouse_http.engine import Running
from skyeng.local.clickhouse_http.refusal import CODES, Refused, refusal
from skyeng.local.clickhouse_http.request import Request, sorted_out

if TYPE_CHECKING:
    from skyeng.local.clickhouse_http.server import ClickHouseHttpServer

NAME = "skyeng-standin"
#: Maximum length of a statement in bytes, without data. The engine's own limit (`max_query_size`) is lower.
_LONGEST_STATEMENT = 1 << 22
#: Number of bytes of a result that are collected before its beginning is sent.
_GATHERED = 1 << 20
_CONTENT_TYPES = {
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "JSON": "application/json; charset=UTF-8",
}


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    server: ClickHouseHttpServer  # pyright: ignore[reportIncompatibleVariableOverride]
    protocol_version = "HTTP/1.1"
    error_message_format, error_content_type = "%(code)d %(message)s\n", "text/plain"
    disable_nagle_algorithm = True
    timeout = 600
    query_id = ""

    def version_string(self) -> str:
        return f"{NAME} (no ClickHouse server)"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """No access log: URLs can contain passwords and data."""

    def do_GET(self) -> None:
        self.query_id = ""
        body: bodies.Body | None = None
        try:
            body = bodies.Body(self.rfile, self.headers)
            self._respond(body)
        except Refused as exc:
            self._refuse(exc)
        except OSError as exc:
            if exc.errno != errno.ENOSPC:
                raise  # the client has disconnected
            self._refuse(refusal("NOT_ENOUGH_SPACE", "no space left in the folder for temporary files"))
        if body is None or not body.drain():
            self.close_connection = True

    def do_POST(self) -> None:
        self.do_GET()

    def _respond(self, body: bodies.Body) -> None:
        target = urlsplit(self.path)
        fields = dict(parse_qsl(target.query, keep_blank_values=True, errors="surrogateescape"))
        asked = fields or self.command == "POST" or target.path != "/"
        if target.path in ("/ping", "/replicas_status") or not asked:
            self._answer(b"Ok.\n", {})
            return
        user = self.server.users.who(self.headers, fields)
        if target.path != "/":
            raise refusal("BAD_ARGUMENTS", "There is no handle for this path", status=404)
        chunks = bodies.unpacked(body.chunks(), self.headers.get("Content-Encoding", ""))
        kind = self.headers.get("Content-Type", "")
        if kind.startswith("multipart/form-data"):
            fields |= bodies.form_fields(_beginning(chunks), kind)
            if any(chunks):
                raise refusal("BAD_ARGUMENTS", f"a form is longer than {_LONGEST_STATEMENT} bytes")
        request = sorted_out(user, fields, self.headers)
        self.query_id = request.query_id
        self._run(request, chunks)

    def _run(self, request: Request, chunks: Iterator[bytes]) -> None:
        text = _beginning(chunks, request.query.rstrip() + b"\n" if request.query else b"")
        insert = statement.inline_insert(text)
        if insert:
            self._may_write(request)
            self._insert(request, insert, chain([text[insert.data_at :]], chunks))
            return
        if any(chunks):
            raise refusal("SYNTAX_ERROR", "Syntax error: Max query size exceeded.")
        query = statement.read(text)
        if not query.changes_nothing:
            self._may_write(request)
        with self.server.work():
            if query.place is None:
                self._other(request, query)
            else:
                self._query(request, query)

    def _may_write(self, request: Request) -> None:
        if request.reader:
            raise refusal("READONLY", f"{request.user}: Cannot execute query in readonly mode.")
        if self.command == "GET":
            raise refusal(
                "READONLY",
                "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly."
                " You should use method POST for modifying queries.",
            )

    def _readonly(self, request: Request, text: bytes, pipe: str = "") -> str:
        engine = self.server.engine
        return access.readonly_level(engine, text, request.parameters, pipe) if request.reader else ""

    def _insert(self, request: Request, insert: statement.Insert, data: Iterator[bytes]) -> None:
        """Insert a body after all of it has arrived."""
        with _file(data) as file, self.server.work(), self.server.sessions.lend(request, "INSERT", "") as connection:
            result = connection.execute(insert.reading(f"/dev/fd/{file.fileno()}"), request.parameters)
        self._answer(b"", {"X-ClickHouse-Summary": _summary(result)})

    def _other(self, request: Request, query: statement.Statement) -> None:
        """Answer a statement that returns no rows, or few."""
        readonly = self._readonly(request, query.text)
        with self.server.sessions.lend(request, query.verb, readonly) as connection:
            result = connection.execute(query.text, request.parameters, request.default_format)
            rows = bytes(result.bytes() or b"")
        described = _described(query.format or request.default_format) if rows else {}
        self._answer(rows, described | {"X-ClickHouse-Summary": _summary(result)})

    def _query(self, request: Request, query: statement.Statement) -> None:
        """Answer a statement whose rows are streamed."""
        server = self.server
        try:
            with Running(server.engine) as running:
                text = query.writing(running.path, request.default_format)
                readonly = self._readonly(request, text, running.path)
                with (
                    server.sessions.lend(request, query.verb, readonly) as connection,
                    running.at_work(connection, text, request.parameters),
                ):
                    self._flow(request, _described(query.format or request.default_format), running)
        except Refused as exc:
            if exc.code != CODES["SYNTAX_ERROR"]:
                raise
            # Parse the statement as it was sent, so that the error refers to that text. If it has no error, our pipe
            # caused it: run the statement without the pipe.
            server.engine.canonical(query.text)
            self._other(request, query)

    def _flow(self, request: Request, described: dict[str, str], running: Running) -> None:
        chunks = running.chunks(self._is_gone if request.cancellable else lambda: False)
        old = self.request_version == "HTTP/1.0"
        encoding = bodies.packing(self.headers.get("Accept-Encoding", "")) if request.compressible and not old else ""
        with tempfile.SpooledTemporaryFile(2 * _GATHERED) as gathered:
            for chunk in chunks:
                gathered.write(chunk)
                if gathered.tell() > _GATHERED and not (request.whole or old):
                    break
            else:
                described["X-ClickHouse-Summary"] = _summary(running.finish())
                self._answer_file(gathered, described, encoding)
                return
            gathered.seek(0)
            self._stream(chain([gathered.read()], chunks), described, encoding, running.finish)

    def _answer_file(self, gathered: IO[bytes], described: Mapping[str, str], encoding: str) -> None:
        length = gathered.tell()
        gathered.seek(0)
        pieces = iter(partial(gathered.read, bodies.CHUNK), b"")
        if encoding and length:
            self._stream(pieces, described, encoding, lambda: None)
            return
        self._start(200, {**described, "Content-Length": str(length)})
        for piece in pieces:
            self.wfile.write(piece)

    def _stream(
        self, pieces: Iterator[bytes], described: Mapping[str, str], encoding: str, finish: Callable[[], object]
    ) -> None:
        """Send a body of unknown length. If `finish` fails, the connection ends before the body's end."""
        tag = uuid.uuid4().hex[:16]
        packed = {"Content-Encoding": encoding} if encoding else {}
        self._start(200, {**described, **packed, "Transfer-Encoding": "chunked", "X-ClickHouse-Exception-Tag": tag})
        packer = bodies.packer(encoding)
        for piece in pieces:
            self._chunk(packer.compress(piece))
        try:
            finish()
        except Refused as exc:
            self._chunk(packer.compress(_in_band(exc, tag)) + packer.flush())
            self.close_connection = True
            return
        self._chunk(packer.flush())
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _refuse(self, exc: Refused) -> None:
        headers = {"X-ClickHouse-Exception-Code": str(exc.code), "Content-Type": "text/plain; charset=UTF-8"}
        if exc.status == 401:
            headers["WWW-Authenticate"] = f'Basic realm="{NAME}"'
        self._answer(exc.text.encode(errors="replace") + b"\n", headers, exc.status)

    def _answer(self, body: bytes, headers: Mapping[str, str], status: int = 200) -> None:
        self._start(status, {**headers, "Content-Length": str(len(body))})
        self.wfile.write(body)

    def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        self.send_header("X-ClickHouse-Server-Display-Name", NAME)
        self.send_header("X-ClickHouse-Timezone", self.server.engine.timezone)
        if self.query_id:
            self.send_header("X-ClickHouse-Query-Id", _one_line(self.query_id))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _is_gone(self) -> bool:
        """Whether the client has closed its side of the connection."""
        arrived = select.poll()
        arrived.register(self.connection, select.POLLIN)
        return bool(arrived.poll(0)) and not self.connection.recv(1, socket.MSG_PEEK)


def _beginning(chunks: Iterator[bytes], before: bytes = b"") -> bytes:
    """The beginning of a body, up to the maximum length of a statement."""
    found = bytearray(before)
    while len(found) <= _LONGEST_STATEMENT:
        try:
            found += next(chunks)
        except StopIteration:
            break
    return bytes(found)


@contextmanager
def _file(data: Iterator[bytes]) -> Iterator[IO[bytes]]:
    """All data in a temporary file without a name. Nothing remains of it afterwards, even after a crash."""
    with tempfile.TemporaryFile() as file:
        for piece in data:
            file.write(piece)
        file.flush()
        file.seek(0)
        yield file


def _described(format_: str) -> dict[str, str]:
    return {
        "X-ClickHouse-Format": format_,
        "Content-Type": _CONTENT_TYPES.get(format_, "application/octet-stream"),
    }


def _summary(result: Any) -> str:
    """Counts of what was read and written, with the numbers as strings, as a server sends them."""
    counts = {
        "read_rows": result.rows_read(),
        "read_bytes": result.bytes_read(),
        "written_rows": result.rows_written(),
        "written_bytes": result.bytes_written(),
        "elapsed_ns": int(result.elapsed() * 1e9),
    }
    return json.dumps({name: str(count) for name, count in counts.items()})


def _in_band(exc: Refused, tag: str) -> bytes:
    """An error after rows that were already sent, in the format that clients expect since ClickHouse 25.11."""
    text = exc.text.encode(errors="replace") + b"\n"
    return b"\r\n__exception__\r\n%b\r\n%b%d %b\r\n__exception__\r\n" % (tag.encode(), text, len(text), tag.encode())


def _one_line(value: str) -> str:
    return "".join(char for char in value if char.isprintable()).encode("latin-1", "replace").decode("latin-1")
