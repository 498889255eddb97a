"""Steps of a run: their order, which of them may run concurrently, and their durations."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """A named piece of work. It returns the rows written, by table."""

    name: str
    work: Callable[[], dict[str, int]]


Result = TypeVar("Result")

#: Steps of one stage may run concurrently. A stage begins when the previous one has ended.
Stage = Sequence[Step]


#: `waiting`: the step belongs to a stage that is about to begin.
State = Literal["waiting", "started", "done", "failed"]


class Observer(Protocol):
    """Called when a step begins and ends. Before a stage, called once for each of its steps."""

    def __call__(self, step: str, state: State, seconds: float, /) -> None: ...


def unobserved(step: str, state: State, seconds: float) -> None:
    """No-op observer."""


@dataclass
class StepLog:
    """Row counts and durations of steps. They are recorded here, not by the steps."""

    observer: Observer = unobserved
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, step: Step) -> None:
        """Run a step and record the rows it wrote. Its errors propagate."""
        self.counts.update(self.timed(step.name, step.work))

    def timed(self, name: str, work: Callable[[], Result]) -> Result:
        """Run a piece of work as the named step, and record how long it took."""
        begun = time.perf_counter()
        self.observer(name, "started", 0.0)
        state: State = "failed"
        try:
            result = work()
            state = "done"
            return result
        finally:
            self.seconds[name] = time.perf_counter() - begun
            log.info("step %s", state, extra={"step": name, "seconds": round(self.seconds[name], 3)})
            self.observer(name, state, self.seconds[name])

    def run_stage(self, stage: Stage, workers: int = 4) -> None:
        """Run the steps of a stage concurrently. All have ended when this returns or raises."""
        for step in stage:
            self.observer(step.name, "waiting", 0.0)
        if len(stage) == 1:
            self.run(stage[0])
            return
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="step") as pool:
            running = [pool.submit(self.run, step) for step in stage]
        for done in running:
            done.result()
