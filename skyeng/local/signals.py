"""Signals that ask a program to end, and work that they must not cut in two.

A signal's handler may raise between any two instructions, also those that tidy up. So a program that has something to
leave behind runs `deferred`, and says where it may be broken off: within `interruptible`, and there once.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, ClassVar

#: What ends no program, and what tells of a fault in the program itself: Python could not go on after it.
_OTHERS = frozenset(
    getattr(signal, name)
    for name in (
        *("SIGKILL", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT", "SIGCHLD", "SIGURG", "SIGWINCH", "SIGINFO"),
        *("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP", "SIGSYS", "SIGEMT"),
    )
    if hasattr(signal, name)
)

#: Every signal that ends a program which does not heed it: Ctrl-C, `kill`, a terminal that is closed, and the rest.
ENDING = tuple(sorted(signal.valid_signals() - _OTHERS))


def end_in_order() -> None:
    """Let signals end the program by an exception, `KeyboardInterrupt` for Ctrl-C, so that it can tidy up."""
    for number in _handled_signals():
        signal.signal(number, _end)


def _end(number: int, _frame: FrameType | None) -> None:
    if _Deferral.is_over:
        return
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def ignore() -> None:
    """Let signals be of no effect from now on: the program ends already."""
    _Deferral.is_over = True  # at once: while one after the other is ignored, others arrive
    for number in _handled_signals():
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def deferred() -> Iterator[None]:
    """A signal that arrives within the block takes effect at its end, or in a `interruptible` part of it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
    elif state := _Deferral.current:
        with state.heeding(False):
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
    """A part of a `deferred` block that a signal may break off; one that came before does so at once.

    Only the first signal does: what follows, tidying up, is not disturbed by a second one.
    """
    state = _Deferral.current
    if state is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    with state.heeding(True):
        yield


@dataclass
class _Deferral:
    """What the outermost of `deferred` blocks notes."""

    before: dict[int, Any]
    arrived: list[int] = field(default_factory=list)
    is_heeding: bool = False
    #: Whether a signal has taken effect.
    is_spent: bool = False

    current: ClassVar[_Deferral | None] = None
    #: Whether the program is over, and no signal matters any more.
    is_over: ClassVar[bool] = False

    def begin(self) -> None:
        _Deferral.current = self
        for number in self.before:
            signal.signal(number, self._note)

    def end(self) -> None:
        _Deferral.current = None
        for number, handler in self.before.items():
            signal.signal(number, handler)
        if self.arrived and not self.is_spent:
            signal.raise_signal(self.arrived[0])

    @contextmanager
    def heeding(self, heed: bool) -> Iterator[None]:
        before = self.is_heeding
        try:
            self.is_heeding = heed
            self._take_effect()
            yield
        finally:
            self.is_heeding = before
        self._take_effect()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if _Deferral.current is not self:
            self._handle(number)  # we are over, and our handlers are being taken back
        self.arrived.append(number)
        self._take_effect()

    def _take_effect(self) -> None:
        if self.arrived and self.is_heeding and not self.is_spent:
            self.is_spent = True
            self._handle(self.arrived[0])

    def _handle(self, number: int) -> None:
        handler = self.before[number]
        if callable(handler):
            handler(number, None)
        sys.exit(128 + number)


def _handled_signals() -> list[int]:
    """Signals that are ignored already stay so, as `nohup` wants it; so do those that are not Python's."""
    return [number for number in ENDING if signal.getsignal(number) not in (signal.SIG_IGN, None)]
