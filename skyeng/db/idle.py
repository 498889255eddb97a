"""Connections that one session leaves to the next."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Generic, Protocol, TypeVar


class _Connection(Protocol):
    def close(self) -> object: ...


class _Socket(Protocol):
    def fileno(self) -> int: ...


def is_silent(connection: _Socket) -> bool:
    """Whether nothing came over a connection that nobody used: a server says that it ends one, or ends itself."""
    try:
        arrived = select.poll()
        arrived.register(connection.fileno(), select.POLLIN)
        return not arrived.poll(0)
    except OSError:
        return False


C = TypeVar("C", bound=_Connection)


class Idle(Generic[C]):
    """Connections to one database that wait for the next session, within a `kept` block; any thread may ask."""

    def __init__(self, is_sound: Callable[[C], bool] = lambda _: True) -> None:
        self._is_sound = is_sound
        self._blocks: list[list[C]] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep connections for the length of the block, or of one around it; they are closed at its end."""
        if self._blocks:
            yield
            return
        waiting: list[C] = []
        self._blocks.append(waiting)
        try:
            yield
        finally:
            self._blocks.remove(waiting)
            for connection in waiting:
                connection.close()

    def take(self) -> C | None:
        """A connection that another session left, and that is sound still; None where there is none."""
        while self._blocks and self._blocks[-1]:
            with suppress(IndexError):  # another thread was faster
                connection = self._blocks[-1].pop()
                if self._is_sound(connection):
                    return connection
                connection.close()
        return None

    def leave(self, connection: C) -> None:
        """Leave a sound connection to the next session, or close it where none is kept."""
        if self._blocks:
            self._blocks[-1].append(connection)
        else:
            connection.close()
