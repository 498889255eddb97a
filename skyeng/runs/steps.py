"""Steps in order: what runs after what, what may run at once, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar


@dataclass(frozen=True)
class Step:
    """One named piece of work. It returns rows written, by table."""

    name: str
    work: Callable[[], dict[str, int]]


Result = TypeVar("Result")

#: Steps of one stage may run at once; a stage begins when the one before it has ended.
Stage = Sequence[Step]


#: `waiting`: one of a stage that is about to begin.
State = Literal["waiting", "started", "done", "failed"]


class Observer(Protocol):
    """Told of every step's beginning and end, and first which steps may run at once."""

    def __call__(self, step: str, state: State, seconds: float, /) -> None: ...


def unobserved(step: str, state: State, seconds: float) -> None:
    """Tells nobody."""


@dataclass
class StepLog:
    """What the steps did: counts and timing are kept around them, not by them."""

    observer: Observer = unobserved
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, step: Step) -> None:
        """Run a step and book what it wrote. Its error passes through."""
        self.counts.update(self.timed(step.name, step.work))

    def timed(self, name: str, work: Callable[[], Result]) -> Result:
        """Run a piece of work under a name, and book how long it took."""
        begun = time.perf_counter()
        self.observer(name, "started", 0.0)
        state: State = "failed"
        try:
            result = work()
            state = "done"
            return result
        finally:
            self.seconds[name] = time.perf_counter() - begun
            self.observer(name, state, self.seconds[name])

    def run_stage(self, stage: Stage, workers: int = 4) -> None:
        """Run a stage's steps at once; all have ended when this returns or raises."""
        for step in stage:
            self.observer(step.name, "waiting", 0.0)
        if len(stage) == 1:
            self.run(stage[0])
            return
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="step") as pool:
            running = [pool.submit(self.run, step) for step in stage]
        for done in running:
            done.result()
