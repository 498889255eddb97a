"""Operating-system pipes between two databases: rows flow through, and are never held."""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

_CHUNK = 1 << 20


class Pipe:
    """The reading end of a pipe that another thread writes into."""

    def __init__(self, write: Callable[[IO[bytes]], object]) -> None:
        """`write` is called in a thread of its own with the writing end."""
        reading, writing = os.pipe()
        with suppress(AttributeError, OSError):  # Linux only, and never more than it allows
            fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, _CHUNK)
        self.reader: IO[bytes] = os.fdopen(reading, "rb", buffering=_CHUNK)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._write, args=(write, writing), name="pipe", daemon=True)
        self._thread.start()

    def _write(self, write: Callable[[IO[bytes]], object], writing: int) -> None:
        try:
            with os.fdopen(writing, "wb", buffering=_CHUNK) as end:
                write(end)
        except BaseException as exc:  # handed to the reader's thread by finish()
            self._error = exc

    def finish(self) -> None:
        """Wait for the writer. Raises its error: what was read is then not the whole."""
        self._thread.join()
        if self._error is not None and not isinstance(self._error, BrokenPipeError):
            raise self._error

    def chunks(self) -> Iterator[bytes]:
        """All bytes; raises the writer's error instead of ending early as if all were well."""
        while chunk := self.reader.read(_CHUNK):
            yield chunk
        self.finish()

    def close(self) -> None:
        """Close our end; a writer that still writes is told so."""
        self.reader.close()
        self._thread.join()


@contextmanager
def pipe(write: Callable[[IO[bytes]], object]) -> Iterator[Pipe]:
    """A pipe for the length of a block. The writer's error outranks the reader's."""
    opened = Pipe(write)
    try:
        yield opened
        opened.finish()
    except BaseException:
        opened.close()
        opened.finish()
        raise
    finally:
        opened.close()


@contextmanager
def named_pipe(chunks: Iterable[bytes]) -> Iterator[Path]:
    """A pipe with a name, for a reader that wants a file. An error of the chunks is raised at the end.

    Its reader sees the end of a file where the chunks broke off: what it read counts only if the
    block ends without an error.
    """
    errors: list[BaseException] = []
    over = threading.Event()

    def write() -> None:
        try:
            if end := _opened(path, over):
                with end:
                    for chunk in chunks:
                        end.write(chunk)
        except BrokenPipeError:
            pass  # the reader gave up, and says why
        except BaseException as exc:
            errors.append(exc)

    with tempfile.TemporaryDirectory(prefix="skyeng-") as folder:
        path = Path(folder) / "rows"
        os.mkfifo(path, 0o600)
        thread = threading.Thread(target=write, name="named pipe", daemon=True)
        thread.start()
        try:
            yield path
        except BaseException as exc:
            over.set()
            thread.join()
            if errors:  # the reader stumbled over rows that broke off
                raise errors[0] from exc
            raise
        over.set()
        thread.join()
    if errors:
        raise errors[0]


def _opened(path: Path, over: threading.Event) -> IO[bytes] | None:
    """The writing end, as soon as somebody reads; None if nobody does before it is over."""
    while not over.is_set():
        with suppress(OSError):  # nobody has opened the other end yet
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(descriptor, True)
            return os.fdopen(descriptor, "wb", buffering=0)
        over.wait(0.002)
    return None
