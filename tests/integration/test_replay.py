"""Replay: random histories of the source, and every past load read back exactly.

A state machine changes the school at random, loads (whole, the warehouse alone, with `full`, after
a load that died, with a mart that was emptied) and keeps its own snapshot of the source at each
load, taken by a query of the tests' own. At the end every past load, and the moments around it,
are read as of their time from the vault and from the mart, and must equal the snapshots.

Usually it is a few histories with some 35 loads, the same ones each time. The long mode is one
history of at least 500 loads and 10,000 changes:

    SKYENG_LONG=1 ./run test -n 0 -s tests/integration/test_replay.py

`SKYENG_REPLAY_LOADS` and `SKYENG_REPLAY_CHANGES` set other sizes, `SKYENG_REPLAY_SEED` repeats a
history; seed and figures are printed.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from random import Random, SystemRandom

import pytest
from hypothesis import HealthCheck, Phase, currently_in_test_context, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from conftest import Servers, schema_only
from samples import LONG
from school_changes import CHANGES
from school_history import LOADS as WAYS
from school_history import History
from skyeng.model import Model
from skyeng.sources import sample_data

#: What follows a change, by how often of all; nothing first, so that it is the simplest.
THEN = (
    (None,) * 4
    + ("warehouse",) * 9
    + ("whole", "whole", "full", "emptied_mart", "mart_catches_up", "dead", "look_back")
)
KINDS = (*CHANGES, "insert", "insert", "update", "revert")
#: Loads that the usual run has at least.
LOADS = 30


@dataclass
class Figures:
    """What the histories of a test came to. A history counts when its end was proved."""

    histories: int = 0
    loads: int = 0
    rows_touched: int = 0
    row_versions: int = 0
    moments: int = 0
    seconds_loading: float = 0.0
    changes: Counter[str] = field(default_factory=Counter)
    then: Counter[str] = field(default_factory=Counter)

    def add(self, history: History, moments: int) -> None:
        self.histories += 1
        self.loads += len(history.snapshots)
        self.rows_touched += history.school.rows_touched
        self.row_versions += history.row_versions
        self.moments += moments
        self.seconds_loading += history.seconds_loading
        self.changes += history.school.made

    def __str__(self) -> str:
        return (
            f"{self.histories} histories, {self.changes.total()} changes ({self.rows_touched} rows of the source),"
            f" {self.loads} loads with {self.row_versions} row versions, {self.moments} moments read back;"
            f" {self.seconds_loading:.0f} s of loads\nchanges: {dict(self.changes)}\nthen: {dict(self.then)}"
        )


class Replay(RuleBasedStateMachine):
    """One history: changes to the source, a load now and then, and the proof at its end."""

    def __init__(self, servers: Servers, model: Model, figures: Figures) -> None:
        super().__init__()
        self.servers, self.model, self.figures = servers, model, figures
        self.kind = "empty"
        self.history: History | None = None
        #: False while a step is under way: one that fails is not followed by the proof.
        self.sound = True

    @initialize(kind=st.sampled_from(("empty", "sample")))
    def begin(self, kind: str) -> None:
        self.kind = kind

    @rule(
        kinds=st.lists(st.sampled_from(KINDS), max_size=8),
        chance=st.randoms(use_true_random=True),
        then=st.sampled_from(THEN),
    )
    def change(self, kinds: list[str], chance: Random, then: str | None) -> None:
        """None, one or several changes to the source, then perhaps a load."""
        if not kinds and not then:
            return
        self.sound = False
        self.history = self.history or self._new_history()
        for kind in kinds:
            self.history.school.change(kind, chance)
        if then:
            self.history.load(then, chance)
            self.figures.then[then] += 1
        self.sound = True

    def _new_history(self) -> History:
        fill = {"sample": sample_data.create_sample, "empty": schema_only}[self.kind]
        return History(self.servers.world(self.model, lambda source: fill(source, self.model), self.kind), _tell)

    def teardown(self) -> None:
        if self.history is None:
            return
        try:
            if self.sound:
                self.figures.add(self.history, self.history.check())
        finally:
            self.history.close()


def _tell(text: str) -> None:
    """Statements are shown for a history that fails, once it is as short as can be."""
    if currently_in_test_context():
        note(text)


@pytest.mark.longest
@pytest.mark.slow
@pytest.mark.skipif(LONG, reason="the long mode is asked for")
def test_every_past_load_is_read_back(servers: Servers, courses: Model) -> None:
    figures = Figures()
    for number in range(20):
        if figures.loads < LOADS or set(figures.then) != set(WAYS):
            # Two examples: hypothesis begins with the one where nothing happens.
            run_state_machine_as_test(
                seed(number)(partial(Replay, servers, courses, figures)),  # pyright: ignore[reportArgumentType]
                settings=settings(
                    max_examples=2,
                    stateful_step_count=60,
                    database=None,
                    deadline=None,
                    print_blob=True,
                    phases=(Phase.generate, Phase.shrink),
                    suppress_health_check=(
                        HealthCheck.too_slow,
                        HealthCheck.data_too_large,
                        HealthCheck.large_base_example,
                    ),
                ),
            )
    print(figures)
    assert figures.loads >= LOADS
    assert figures.changes.total() >= 2 * LOADS
    assert set(figures.changes) == set(CHANGES), "every kind of change"
    assert set(figures.then) == set(WAYS), "every kind of load"


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="takes minutes: SKYENG_LONG=1")
def test_a_long_history_is_read_back(servers: Servers, courses: Model) -> None:
    """The machine's rules, without hypothesis: a history as long is not to be made shorter."""
    loads = int(os.environ.get("SKYENG_REPLAY_LOADS", "500"))
    changes = int(os.environ.get("SKYENG_REPLAY_CHANGES", "10000"))
    chosen = os.environ.get("SKYENG_REPLAY_SEED") or str(SystemRandom().randrange(2**32))
    print(f"\nSKYENG_REPLAY_SEED={chosen}")
    figures, chance, begun = Figures(), Random(chosen), time.perf_counter()  # noqa: S311
    machine = Replay(servers, courses, figures)
    machine.begin("sample")
    machine.change(["insert"], chance, "whole")
    history = machine.history
    assert history
    try:
        while len(history.snapshots) < loads or history.school.made.total() < changes:
            # Mostly some, now and then many or none, so that both ends are reached together.
            most = chance.choice((0, 5, 20, 80)) * changes // (20 * loads)
            machine.change(chance.choices(KINDS, k=chance.randrange(most + 1)), chance, chance.choice(THEN))
    finally:
        machine.teardown()
    print(f"{figures}\n{time.perf_counter() - begun:.0f} s in all")
    assert figures.loads >= loads
    assert figures.changes.total() >= changes
