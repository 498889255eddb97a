"""The callers of a statement: the functions on the call stack, and the purposes that their docstrings state.

A dry run must identify a statement to answer it, and know its purpose to comment it. Neither is read from the SQL
text, which changes whenever a statement is made faster. The calling function changes rarely, and its docstring states
its purpose.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from skyeng.runs.steps import StepLog

#: Modules that send statements for other modules.
_CARRIERS = ("skyeng.db.postgres", "skyeng.db.clickhouse", "skyeng.db.pipe")
_OURS = __name__.rpartition(".")[0]
_FIRST_SENTENCE = re.compile(r".*?[.](?=\s|$)|.*", re.DOTALL)


@dataclass(frozen=True)
class Callers:
    """The functions on the call stack of this thread, innermost first."""

    frames: tuple[FrameType, ...]

    @classmethod
    def here(cls) -> Callers:
        def outwards() -> Iterator[FrameType]:
            frame = inspect.currentframe()
            while frame := frame and frame.f_back:
                yield frame

        return cls(tuple(outwards()))

    def __contains__(self, function: Callable[..., Any]) -> bool:
        wanted = code_of(function)
        return any(frame.f_code is wanted for frame in self.frames)

    def arguments(self, function: Callable[..., Any]) -> dict[str, Any]:
        """The arguments of a function on the call stack."""
        wanted = code_of(function)
        return next(frame.f_locals for frame in self.frames if frame.f_code is wanted)

    def codes(self) -> Iterator[CodeType]:
        return (frame.f_code for frame in self.frames)

    def purpose(self) -> str:
        """Purpose of the innermost function that states one; empty if none does."""
        return next(self._purposes(), "")

    def purpose_of_step(self) -> str:
        """Purpose of the current step, as its function states it; empty if there is none."""
        return ["", *self._purposes()][-1]

    def _purposes(self) -> Iterator[str]:
        """Purposes of the functions within the current step, or of all functions outside a step, innermost first."""
        step_log = code_of(StepLog.timed)
        for frame in self.frames:
            if frame.f_code is step_log:
                return
            if _speaks(frame.f_globals.get("__name__", "")) and (text := _documented(frame)):
                yield text


def _speaks(module: str) -> bool:
    """Whether the docstrings of the module state the purpose of statements."""
    return module.startswith("skyeng.") and module not in _CARRIERS and not module.startswith(_OURS)


def code_of(function: Callable[..., Any]) -> CodeType:
    return inspect.unwrap(function).__code__


def _documented(frame: FrameType) -> str:
    """First sentence of the docstring of the function that a frame runs; empty for a nested or nameless one."""
    first, *rest = frame.f_code.co_qualname.split(".")
    found = frame.f_globals.get(first)
    for name in rest:
        found = getattr(found, name, None)
    if not inspect.isroutine(found):
        return ""
    paragraph = (inspect.getdoc(found) or "").partition("\n\n")[0]
    sentence = _FIRST_SENTENCE.match(" ".join(paragraph.split()))
    return sentence[0] if sentence else ""
