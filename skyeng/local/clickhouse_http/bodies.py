"""Bodies of requests and responses. Incomplete bodies are refused; compression is done on the stream."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from email.message import Message
from io import BufferedIOBase
from typing import Any, Protocol

import lz4.frame
from backports import zstd  # both come with clickhouse-connect

from skyeng.local.clickhouse_http.refusal import Refused, refusal

CHUNK = 1 << 18
#: Maximum number of bytes to read from a refused body. The sender reads the error only after it has sent the body.
_LONGEST_DRAIN = 1 << 26


class Body:
    """The body of one request, as it was sent."""

    def __init__(self, stream: BufferedIOBase, headers: Message) -> None:
        self._stream = stream
        self._chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
        self._left = 0 if self._chunked else _length(headers.get("Content-Length", "0"))
        self.ended = not self._chunked and not self._left

    def chunks(self) -> Iterator[bytes]:
        """All bytes. Raises `Refused` if the sender stopped before the announced end."""
        while not self.ended:
            if self._chunked and not self._left:
                self._next_chunk()
                continue
            data = self._stream.read(min(CHUNK, self._left))
            if not data:
                raise _broken_off()
            self._left -= len(data)
            if self._chunked and not self._left:
                self._line()
            self.ended = not self._chunked and not self._left
            yield data

    def drain(self) -> bool:
        """Read the rest, up to a limit. True if the end was reached."""
        passed = 0
        try:
            for data in self.chunks():
                passed += len(data)
                if passed > _LONGEST_DRAIN:
                    return False
        except (Refused, OSError):
            return False
        return True

    def _next_chunk(self) -> None:
        try:
            size = int(self._line().partition(b";")[0], 16)
        except ValueError:
            raise _broken_off() from None
        if size < 0:
            raise _broken_off()
        self._left = size
        if not size:
            while self._line().strip():
                pass  # trailers
            self.ended = True

    def _line(self) -> bytes:
        line = self._stream.readline(CHUNK)
        if not line.endswith(b"\n"):
            raise _broken_off()
        return line


def _length(announced: str) -> int:
    if not announced.isascii() or not announced.isdigit():
        raise refusal("BAD_ARGUMENTS", "Content-Length is no number")
    return int(announced)


def _broken_off() -> Refused:
    return refusal("CANNOT_READ_ALL_DATA", "the request's body ended before its announced end; nothing was done")


_UNPACKERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(31),
    "deflate": zlib.decompressobj,
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": zstd.ZstdDecompressor,
}


def unpacked(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The decompressed bytes of a body. It may have several frames. Raises `Refused` if the last one is incomplete."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        yield from chunks
        return
    if name not in _UNPACKERS:
        raise refusal("NOT_IMPLEMENTED", f"Content-Encoding '{name}' is not among {', '.join(_UNPACKERS)}")
    piece: Any = None
    for chunk in chunks:
        packed = chunk
        while packed:
            piece = piece or _UNPACKERS[name]()
            try:
                yield piece.decompress(packed)
            except (zlib.error, RuntimeError, EOFError, zstd.ZstdError) as exc:
                raise refusal("INCORRECT_DATA", f"the body is not {name}: {exc}") from None
            packed = piece.unused_data or b"" if piece.eof else b""
            piece = None if piece.eof else piece
    if piece is not None:
        raise _broken_off()


class Packer(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class _Plain:
    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


class _Lz4:
    """An LZ4 frame. Its header is written with the first data."""

    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()

    def compress(self, data: bytes, /) -> bytes:
        begin = b"" if self._frame.started() else self._frame.begin()
        return begin + self._frame.compress(data)

    def flush(self) -> bytes:
        return self._frame.flush()


#: In order of preference: over loopback, the fastest is the best.
_PACKERS: dict[str, Callable[[], Packer]] = {
    "lz4": _Lz4,
    "zstd": lambda: zstd.ZstdCompressor(1),
    "gzip": lambda: zlib.compressobj(1, zlib.DEFLATED, 31),
    "deflate": lambda: zlib.compressobj(1),
}


def packing(accepted: str) -> str:
    """The encoding of the response, from what the client accepts; empty for plain bytes."""
    names = {part.partition(";")[0].strip().lower() for part in accepted.split(",")}
    return next((name for name in _PACKERS if name in names), "")


def packer(encoding: str) -> Packer:
    return _PACKERS[encoding]() if encoding else _Plain()


def form_fields(body: bytes, content_type: str) -> dict[str, str]:
    """The fields of a multipart form, which clients use for large parameters. Raises `Refused` for a file in it."""
    found: dict[str, str] = {}
    boundary = content_type.partition("boundary=")[2].partition(";")[0].strip('" ')
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        described = head.decode(errors="surrogateescape")
        if "filename=" in described:
            raise refusal("NOT_IMPLEMENTED", "external data are not supported by the local endpoint")
        name = described.partition('name="')[2].partition('"')[0]
        found[name] = value.removesuffix(b"\r\n").decode(errors="surrogateescape")
    return found
