"""A TCP proxy between a ClickHouse client and its server that cuts a connection at a chosen place."""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Segmentation:
    """Where to cut: the first request that has `marker` in its head."""

    marker: bytes
    #: So many bytes after the marker are let through; None: all of the request, but not the answer.
    after: int | None


class Proxy:
    """Passes everything on until the request to be cut, and what comes after it as well."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._segmentation: Segmentation | None = None
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_next(self, cut: Segmentation) -> None:
        self._segmentation = cut

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            _Passage(self, client, socket.create_connection(("127.0.0.1", self._to)))

    def taken(self, head: bytes) -> Segmentation | None:
        """The cut, if this is the request for it; it is made once."""
        cut = self._segmentation
        if cut is None or cut.marker not in head:
            return None
        self._segmentation, self.cuts = None, self.cuts + 1
        return cut


class _Passage:
    """One connection and its two directions."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy, self._client, self._server = proxy, client, server
        self._deaf = False
        for work in (self._forth, self._back):
            threading.Thread(target=work, daemon=True).start()

    def _forth(self) -> None:
        left: int | None = None
        while part := _received(self._client):
            if left is None and not self._deaf and (cut := self._proxy.taken(part)):
                if cut.after is None:
                    self._deaf = True
                else:
                    left = part.index(cut.marker) + len(cut.marker) + cut.after
            if left is not None:
                self._send(part[:left])
                left -= len(part)
                if left <= 0:
                    break
            else:
                self._send(part)
        self._end()

    def _back(self) -> None:
        while part := _received(self._server):
            if self._deaf:  # the request was carried out, and nobody hears of it
                break
            try:
                self._client.sendall(part)
            except OSError:
                break
        self._end()

    def _send(self, part: bytes) -> None:
        try:
            self._server.sendall(part)
        except OSError:
            self._end()

    def _end(self) -> None:
        """Reset both sides, as when a machine between them goes."""
        for side in (self._client, self._server):
            try:
                side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                side.close()


def _received(side: socket.socket) -> bytes:
    try:
        return side.recv(1 << 16)
    except (OSError, ValueError):
        return b""
