"""A school whose loads are killed: changes that touch everything, and what must hold after each kill."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

from conftest import World
from kill import Ended, Killer
from kill_reader import Seen, State, readers, source_state
from skyeng.control import loads
from skyeng.errors import LoadInProgress
from skyeng.runs import Report

#: Every title names the generation, so that a row of another generation is seen in any state. Beside
#: that: a course and a lesson come and go, one lesson moves, one module changes its place.
_CHANGE = """
DELETE FROM stream_module_lesson WHERE title LIKE 'New%';
DELETE FROM course WHERE title LIKE 'New%';
INSERT INTO course (title) VALUES ('New');
INSERT INTO stream_module_lesson (title, stream_module_id) VALUES ('New', {generation} % 18 + 1);
UPDATE stream_module_lesson SET stream_module_id = {generation} % 2 + 1 WHERE id = 5;
UPDATE stream_module SET order_in_stream = {generation} WHERE id = 7;
UPDATE course SET title = split_part(title, ' ~', 1) || ' ~{generation}';
UPDATE stream SET name = split_part(name, ' ~', 1) || ' ~{generation}';
UPDATE stream_module SET title = split_part(title, ' ~', 1) || ' ~{generation}';
UPDATE stream_module_lesson SET title = split_part(title, ' ~', 1) || ' ~{generation}';
"""

#: What must be left of a load that is over: no load open, nothing staged.
_LEFT = """SELECT (SELECT count(*) FROM control.loads WHERE status = 'open'),
    (SELECT count(*) FROM stage.courses), (SELECT count(*) FROM stage.courses_gone)"""


#: A run that finds nothing new closes a load as well, of which no mart knows.
_LOADS_WITH_CHANGES = """SELECT count(*) FROM control.loads JOIN control.load_feeds USING (load_id)
WHERE status = 'closed' AND rows_new + rows_changed + rows_gone > 0"""


class School:
    """The sample school with readers of its warehouse and its datamart."""

    def __init__(self, world: World, killer: Killer) -> None:
        self.world, self.killer = world, killer
        self.generation = 0
        self.kills = self.reads_amid = 0
        self._kept = ExitStack()
        self._kept.enter_context(world.stores.datamart.kept())
        self.readers = readers(world)
        self.known = self.now()

    def stop(self) -> None:
        for reader in self.readers:
            reader.stop()
        self._kept.close()

    @property
    def reads(self) -> int:
        return sum(reader.reads for reader in self.readers)

    def now(self) -> dict[str, State]:
        """The state of every view; what was seen up to now is forgotten."""
        for reader in self.readers:
            reader.seen()
        return {name: states[-1] for name, states in self._seen().items()}

    def change(self) -> None:
        self.generation += 1
        self.world.change(_CHANGE.format(generation=self.generation))

    def killed(self, **how: Any) -> Ended:
        """A run that is killed. Readers saw the last state or the next one, and never went back."""
        before = self.reads
        for reader in self.readers:
            reader.ask()
        ended = self.killer.run(self.world.stores, **how)
        self.kills += ended.killed
        # Those that ended after the run's beginning, and began before its end.
        self.reads_amid += sum(reader.begun for reader in self.readers) - before
        self.check_seen()
        return ended

    def check_seen(self) -> None:
        wanted = source_state(self.world)
        for name, states in self._seen().items():
            assert states in ([self.known[name]], [self.known[name], wanted], [wanted]), f"{name}: {states}"
            self.known[name] = states[-1]

    def run(self, **options: Any) -> Report:
        """The next run. A server may still be ending the sessions of the one that was killed."""
        return patiently(lambda: self.world.run(**options))

    def check_level(self, *, marts: bool = True) -> None:
        """Every view that was run for is as the source is, and nothing is left of the run that was killed."""
        self.check_seen()
        wanted = source_state(self.world)
        assert {name for name, found in self.known.items() if found != wanted and (marts or "vault" in name)} == set()
        assert self.world.vault(_LEFT) == [(0, 0, 0)]

    def sizes(self) -> dict[str, int]:
        """Rows of every table that loads add to."""
        tables = loads.vault_tables(self.world.model)
        counted = [f"({loads.row_count(it).text})" for it in tables]
        counted += ["(SELECT count(*) FROM control.courses_rows)", "(SELECT count(*) FROM control.courses_changes)"]
        counted += [f"({_LOADS_WITH_CHANGES})"]
        (found,) = self.world.vault(f"SELECT {', '.join(counted)}")
        return dict(zip([*(it.table for it in tables), "rows", "changes", "closed"], found, strict=True))

    def mart_sizes(self) -> dict[str, int]:
        mart = self.world.model.marts[0].table
        ((versions, current, held),) = self.world.mart(
            f"""SELECT (SELECT count() FROM {mart}_history), (SELECT count() FROM {mart}),
            (SELECT count() FROM {mart}_loads FINAL WHERE NOT is_retained)"""
        )
        return {"versions": versions, "current": current, "held": held}

    def _seen(self) -> Seen:
        return {name: states for reader in self.readers for name, states in reader.seen().items()}


def patiently(run: Callable[[], Report]) -> Report:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(LoadInProgress):
            return run()
        time.sleep(0.01)
    return run()


def growth(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: after[name] - before[name] for name in after}
