"""Signals that end a program, and blocks of work that they must not interrupt.

A signal handler can raise an exception between any two instructions, also during cleanup. Therefore a program that must
clean up runs in a `deferred` block. A signal interrupts it only within an `interruptible` part, and only once.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, ClassVar

#: Signals that do not end a program, and signals of a fault in the program itself. After a fault, Python could not
#: continue.
_OTHERS = frozenset(
    getattr(signal, name)
    for name in (
        *("SIGKILL", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT", "SIGCHLD", "SIGURG", "SIGWINCH", "SIGINFO"),
        *("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP", "SIGSYS", "SIGEMT"),
    )
    if hasattr(signal, name)
)

#: Every signal that ends a program by default: Ctrl-C, `kill`, a closed terminal, and others.
ENDING = tuple(sorted(signal.valid_signals() - _OTHERS))

#: How long a signal that took effect keeps further ones from disturbing the cleanup.
_DEAF_SECONDS = 10.0


def end_in_order() -> None:
    """Make signals end the program by an exception, so that it can clean up: `KeyboardInterrupt` for Ctrl-C."""
    for number in _handled_signals():
        signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    if _Deferral.is_over:
        return
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def ignore() -> None:
    """Ignore signals from now on: the program is already ending."""
    _Deferral.is_over = True  # first, because signals can arrive during the loop
    for number in _handled_signals():
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def deferred() -> Iterator[None]:
    """Delay signals that arrive within the block, to its end or to an `interruptible` part of it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread handles signals
    elif state := _Deferral.current:
        with state.interruptible(False):
            yield
    else:
        state = _Deferral({number: signal.getsignal(number) for number in _handled_signals()})
        try:
            state.begin()
            yield
        finally:
            state.end()


@contextmanager
def interruptible() -> Iterator[None]:
    """A part of a `deferred` block that a signal can interrupt. A signal that was delayed interrupts it at once.

    Further signals within ten seconds do not disturb the cleanup that follows. A later one interrupts again: the
    program may have swallowed the first.
    """
    state = _Deferral.current
    if state is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    with state.interruptible(True):
        yield


@dataclass
class _Deferral:
    """State of the outermost `deferred` block."""

    before: dict[int, Any]
    arrived: list[int] = field(default_factory=list)
    is_interruptible: bool = False
    #: Until when further signals are ignored, by the monotonic clock: one has taken effect.
    deaf_until: float = 0.0

    current: ClassVar[_Deferral | None] = None
    #: Whether the program is ending, and signals have no effect any more.
    is_over: ClassVar[bool] = False

    def begin(self) -> None:
        _Deferral.current = self
        for number in self.before:
            signal.signal(number, self._note)

    def end(self) -> None:
        _Deferral.current = None
        for number, handler in self.before.items():
            signal.signal(number, handler)
        if self.arrived:
            signal.raise_signal(self.arrived[0])

    @contextmanager
    def interruptible(self, now: bool) -> Iterator[None]:
        before = self.is_interruptible
        try:
            self.is_interruptible = now
            self._take_effect()
            yield
        finally:
            self.is_interruptible = before
        self._take_effect()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if _Deferral.current is not self:
            self._handle(number)  # the block has ended, and `end` is restoring the handlers
        if time.monotonic() >= self.deaf_until:
            self.arrived.append(number)
            self._take_effect()

    def _take_effect(self) -> None:
        if self.arrived and self.is_interruptible:
            number = self.arrived[0]
            self.arrived.clear()
            self.deaf_until = time.monotonic() + _DEAF_SECONDS
            self._handle(number)

    def _handle(self, number: int) -> None:
        handler = self.before[number]
        if callable(handler):
            handler(number, None)
        sys.exit(128 + number)


def _handled_signals() -> list[int]:
    """Signals to handle. Ignored signals stay ignored, as `nohup` requires. Handlers not set by Python also remain."""
    return [number for number in ENDING if signal.getsignal(number) not in (signal.SIG_IGN, None)]
