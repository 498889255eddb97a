"""Operating-system pipes between two databases: rows flow through, and are never held."""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import IO

_CHUNK = 1 << 20

#: Writes into the end of a pipe that it is given.
Write = Callable[[IO[bytes]], object]


class _Writer:
    """A thread that writes into a pipe, and the error that it ended with."""

    def __init__(self, write: Write, opened: Callable[[], int | None]) -> None:
        """`opened` gives the writing end, in the thread; None if nobody will read."""
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._write, args=(write, opened), name="pipe", daemon=True)
        self._thread.start()

    def _write(self, write: Write, opened: Callable[[], int | None]) -> None:
        try:
            if (descriptor := opened()) is not None:
                with _writing(descriptor) as end:
                    write(end)
        except BrokenPipeError:
            pass  # the reader gave up, and says why
        except BaseException as exc:  # handed to the reader's thread by finish()
            self._error = exc

    def finish(self) -> None:
        """Wait for the end. Raises the writer's error: what was read is then not the whole."""
        self._thread.join()
        if self._error is not None:
            raise self._error


def _writing(descriptor: int) -> BufferedWriter:
    with suppress(AttributeError, OSError):  # Linux only, and never more than it allows
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _CHUNK)
    return BufferedWriter(FileIO(descriptor, "wb"), _CHUNK)


class Pipe:
    """The reading end of a pipe that another thread writes into."""

    def __init__(self, write: Write) -> None:
        reading, writing = os.pipe()
        self.reader: IO[bytes] = os.fdopen(reading, "rb", buffering=_CHUNK)
        self._writer = _Writer(write, lambda: writing)

    def finish(self) -> None:
        """Wait for the writer. Raises its error: what was read is then not the whole."""
        self._writer.finish()

    def chunks(self) -> Iterator[bytes]:
        """All bytes; raises the writer's error instead of ending early as if all were well."""
        while chunk := self.reader.read(_CHUNK):
            yield chunk
        self.finish()


@contextmanager
def pipe(write: Write) -> Iterator[Pipe]:
    """A pipe for the length of a block. The writer's error outranks the reader's."""
    opened = Pipe(write)
    try:
        yield opened
        opened.finish()
    except BaseException:
        opened.reader.close()  # a writer that still writes is told so
        opened.finish()
        raise
    finally:
        opened.reader.close()


@contextmanager
def named_pipe(write: Write) -> Iterator[Path]:
    """A pipe with a name, for a reader that wants a file. The writer's error outranks the reader's.

    Its reader sees the end of a file where the writer broke off: what it read counts only if the
    block ends without an error.
    """
    over = threading.Event()
    with tempfile.TemporaryDirectory(prefix="skyeng-") as folder:
        path = Path(folder) / "rows"
        os.mkfifo(path, 0o600)
        writer = _Writer(write, lambda: _opened(path, over))
        try:
            yield path
        finally:
            over.set()
            writer.finish()


def _opened(path: Path, over: threading.Event) -> int | None:
    """The writing end, as soon as somebody reads; None if nobody does before it is over."""
    while not over.is_set():
        with suppress(OSError):  # nobody has opened the other end yet
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(descriptor, True)
            return descriptor
        over.wait(0.002)
    return None
