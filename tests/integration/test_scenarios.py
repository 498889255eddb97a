"""Scenarios as folders: changes to the source, and what warehouse and datamart hold after each.

A folder holds steps in the order of their names. `NN_name.sql` changes the source;
`NN_name.yaml` says what to expect then: `load` (rows new, changed, gone), and under `vault`
and `mart` queries with their rows. The name of a folder that starts with `empty_` means a
school without rows, else the sample is there and loaded.

After every step, whatever it expects: all three sides are equal; the vault gives the source
back; another run adds nothing anywhere. At the end every past load is read back, from the vault
and from the datamart, and equals the source as it was then.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import World

FOLDER = Path(__file__).parents[1] / "scenarios"
SCENARIOS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())

LESSONS_PER_COURSE = """
SELECT h_course_title, count(h_lesson_title) FROM (
    SELECT h_course_title, h_lesson_title FROM dm_courses_modules_lessons_streams
    GROUP BY h_course_title, h_lesson_title
) GROUP BY h_course_title ORDER BY h_course_title"""


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, request: pytest.FixtureRequest) -> None:
    world: World = request.getfixturevalue("empty_school" if name.startswith("empty_") else "school")
    past = Past(world)
    world.run()
    past.keep()
    steps = sorted((FOLDER / name).glob("*.sql"))
    assert steps, "a scenario has at least one step"
    for change in steps:
        world.change(change.read_text(encoding="utf-8"))
        report = world.run(may_be_empty=True)
        expected = yaml.safe_load(change.with_suffix(".yaml").read_text(encoding="utf-8"))
        check_expected(world, report.changes["courses"], expected, change.name)
        check_level(world)
        past.keep()
    past.check()


def check_expected(world: World, changes: Any, expected: dict[str, Any], step: str) -> None:
    assert {"new": changes.new, "changed": changes.changed, "deleted": changes.deleted} == expected["load"], step
    for query, rows in expected.get("vault", {}).items():
        assert as_lists(world.vault(query)) == rows, f"{step}: {query}"
    for query, rows in expected.get("mart", {}).items():
        query = LESSONS_PER_COURSE if query == "lessons per course" else query
        assert as_lists(world.mart(query)) == rows, f"{step}: {query}"


def check_level(world: World) -> None:
    """All sides are equal, and a second run adds nothing."""
    assert world.differences() == []
    before = world.row_counts()
    again = world.run()
    assert not again.anything_new
    assert world.row_counts() == before


class Past:
    """Snapshots of the source at each load, to be read back at the end."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.feed = (world.model.directory / "source.sql").read_text()
        self.snapshots: list[tuple[Any, list[str]]] = []

    def keep(self) -> None:
        ((load_ts,),) = self.world.vault("SELECT max(load_ts)::text FROM control.loads WHERE status = 'closed'")
        self.snapshots.append((load_ts, self._rows(self.world.source, f"({self.feed})")))

    def check(self) -> None:
        for load_ts, rows in self.snapshots:
            assert self._rows(self.world.vault, f"vault.courses_as_of('{load_ts}')") == rows
            at = load_ts.removesuffix("+00")
            keys = "h_course_id, h_module_id, h_lesson_id, h_stream_id, h_course_title, h_lesson_title"
            served = self.world.mart(f"SELECT {keys} FROM dm_courses_modules_lessons_streams_as_of(ts = '{at}')")
            expected = self.world.vault(
                f"""SELECT course_id, module_id, lesson_id, stream_id, course_title, lesson_title
                FROM vault.courses_as_of('{load_ts}')"""
            )
            assert sorted(map(repr, served)) == sorted(map(repr, expected))
        assert self._rows(self.world.vault, "vault.courses") == self.snapshots[-1][1]

    def _rows(self, ask: Any, table: str) -> list[str]:
        columns = ", ".join(column.name for column in self.world.model.feed_columns(self.world.model.feeds[0]))
        return sorted(text for (text,) in ask(f"SELECT (ROW({columns}))::text FROM {table} AS feed"))


def as_lists(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [[value if isinstance(value, int | str | bool | None) else str(value) for value in row] for row in rows]
