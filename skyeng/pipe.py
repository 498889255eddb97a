"""An operating-system pipe between two databases: rows flow through, and are never held."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
