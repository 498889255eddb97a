"""Whom alerts reach: a hook that takes JSON, and a mail server; real ones, of a test's own."""

from __future__ import annotations

import json
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any


@contextmanager
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Address of a hook, and what was posted to it, each with its path; it refuses what comes to /broken."""
    taken: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append({**json.loads(body), "path": self.path})
            self.send_response(500 if "broken" in self.path else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002 - the base class has it

    with serving(HTTPServer(("127.0.0.1", 0), Hook)) as port:
        yield f"http://127.0.0.1:{port}", taken


@contextmanager
def mailbox() -> Iterator[tuple[int, list[str]]]:
    """Port of a mail server, with as much of SMTP as a client asks for, and the letters that it took."""
    taken: list[str] = []

    class Mail(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline():
                match line[:4].upper():
                    case b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        taken.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                        self.wfile.write(b"250 taken\r\n")
                    case b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    case _:
                        self.wfile.write(b"250 well\r\n")

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Mail)) as port:
        yield port, taken


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    """A server's port, for the length of a block."""
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
