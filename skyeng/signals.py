"""Work that a signal must not cut in two: put off until it is done, or not heeded at all."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: What asks a program to end: Ctrl-C, `kill`, and a terminal that is closed.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def deferred() -> Iterator[None]:
    """A signal that arrives within the block takes effect at its end."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    arrived: list[int] = []
    before = _set(lambda number, _frame: arrived.append(number))
    try:
        yield
    finally:
        _restore(before)
        for number in arrived[:1]:
            signal.raise_signal(number)


@contextmanager
def ignored() -> Iterator[None]:
    """Signals that arrive within the block are of no effect, such as a second Ctrl-C while we end."""
    before = _set(signal.SIG_IGN)
    try:
        yield
    finally:
        _restore(before)


def _set(handler: Any) -> dict[signal.Signals, Any]:
    """Signals that are ignored already stay so, as `nohup` wants it."""
    heeded = [number for number in ENDING if signal.getsignal(number) not in (signal.SIG_IGN, None)]
    return {number: signal.signal(number, handler) for number in heeded}


def _restore(before: dict[signal.Signals, Any]) -> None:
    for number, handler in before.items():
        signal.signal(number, handler)
