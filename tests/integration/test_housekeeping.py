"""What ended is set apart from what is current: no answer changes, and current reads do not grow with the past.

Usually the past of a few loads; with `SKYENG_LONG=1` that of 500.
"""

from __future__ import annotations

import re

import pytest

from conftest import Servers, World
from samples import LONG
from skyeng.db.clickhouse import ClickHouseSession
from skyeng.db.postgres import Postgres
from skyeng.errors import MartDamaged, SkyengError
from skyeng.marts import housekeeping
from skyeng.model import Model
from skyeng.sources import sample_data
from skyeng.sql import SQL
from test_mart_readers import MART, state

pytestmark = pytest.mark.slow

ROWS, LOADS = (20_000, 500) if LONG else (20_000, 8)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a load ends is set apart after it."""
    monkeypatch.setattr(housekeeping, "LEAST_ENDED", 1)
    monkeypatch.setattr(housekeeping, "MOST_ENDED", 0.0)


def read_for(world: World, view: str) -> int:
    """How many rows of the history a query of a view reads, by ClickHouse's own estimate."""
    return sum(
        rows for _, table, _, rows, _ in world.mart(f"EXPLAIN ESTIMATE SELECT * FROM {view}") if "history" in table
    )


def partitions(world: World) -> dict[int, int]:
    return dict(world.mart(f"SELECT is_past, count() FROM {MART}_history GROUP BY is_past"))


def as_of_all(world: World) -> list[tuple[str, tuple[int, int]]]:
    loads = world.mart(f"SELECT toString(load_ts) FROM {MART}_loads FINAL ORDER BY load_ts")
    return [(ts, world.mart(state(f"{MART}_as_of(ts = '{ts}')"))[0][0]) for (ts,) in loads]


def test_current_reads_do_not_grow_with_the_past(servers: Servers, courses: Model) -> None:
    """Each load changes a tenth of the rows, deletes some and brings others."""

    def fill(source: Postgres) -> None:
        sample_data.generate(source, courses, ROWS)

    world = servers.world(courses, fill, f"past_{ROWS}")
    world.run()
    states = as_of_all(world)
    most = active = 0
    for number in range(LOADS):
        world.change(
            f"""UPDATE stream_module_lesson SET description = 'load {number}' WHERE id % 10 = {number % 10};
            DELETE FROM stream_module_lesson WHERE id % 1000 = {number} % 1000;
            INSERT INTO stream_module_lesson (id, title, stream_module_id)
            SELECT 1000000 + {number} * 1000 + id, 'come', stream_module_id
            FROM stream_module_lesson WHERE id < 1000 AND id % 50 = 3"""
        )
        world.run()
        states.append(
            (world.mart(f"SELECT toString(max(load_ts)) FROM {MART}_loads")[0][0], world.mart(state(MART))[0][0])
        )
        ((active,),) = world.mart(f"SELECT count() FROM {MART}")
        most = max(most, read_for(world, MART) - active)
        assert most < max(housekeeping.LEAST_ENDED, housekeeping.MOST_ENDED * active)
    assert most > ROWS / 10, "it is not done after each load"
    past, known = partitions(world)[1], world.vault("SELECT count(*) FROM control.courses_changes")[0][0]
    assert sum(partitions(world).values()) == known
    assert past >= known - active - most > 0
    assert as_of_all(world) == states
    assert world.differences() == []
    print(f"{past} versions set apart, at most {most} that ended among {active}")


def test_nothing_is_lost_and_nobody_sees_a_difference(school: World, always: None) -> None:
    """Deletes, rows that come back, several loads at once, a rebuild; the past is where it belongs after each."""
    school.run()
    states = as_of_all(school)
    assert set(partitions(school)) == {0}
    for number in range(6):
        school.change(
            f"UPDATE course SET title = 'Title {number}' WHERE id = {number % 3 + 1};"
            f"DELETE FROM stream_module_lesson WHERE id = {number + 1}"
        )
        school.run(only="to_datawarehouse")
        if number % 2:
            school.run(only="to_datamart")
            assert partitions(school)[0] == read_for(school, MART) == school.mart(f"SELECT count() FROM {MART}")[0][0]
    assert len(as_of_all(school)) == len(states) + 6
    assert school.differences() == []
    before, held = as_of_all(school), partitions(school)
    school.mart_command(f"TRUNCATE TABLE {MART}_history")
    school.run(only="to_datamart")
    assert (as_of_all(school), partitions(school)) == (before, held)


def test_a_history_that_is_newer_than_its_register_is_built_again(school: World, always: None) -> None:
    """As after a backup that was taken between the two: what is set apart ended at a load that nobody knows."""
    school.run()
    school.change("UPDATE course SET title = 'One' WHERE id = 2")
    school.run()
    loads, newest = f"{MART}_loads", f"(SELECT max(load_ts) FROM {MART}_loads)"
    school.mart_command(f"ALTER TABLE {loads} DELETE WHERE load_ts = {newest} SETTINGS mutations_sync = 2")
    assert school.run().rebuilt == {MART: "rows of the mart were lost"}
    assert school.mart(f"SELECT countIf(h_course_title = 'One'), count() FROM {MART}") == [(12, 36)]
    assert school.differences() == []
    assert not school.run().anything_new


def test_an_administrators_indexes_and_codecs_go_along(school: World, always: None) -> None:
    school.run()
    school.mart_command(f"ALTER TABLE {MART}_history ADD INDEX by_title h_lesson_title TYPE bloom_filter GRANULARITY 1")
    school.mart_command(f"ALTER TABLE {MART}_history MODIFY COLUMN h_lesson_title CODEC(ZSTD(3))")
    for title in "One", "Two":
        school.change(f"UPDATE course SET title = '{title}' WHERE id = 2")
        school.run()
        ((create,),) = school.mart(f"SHOW CREATE TABLE {MART}_history")
        assert re.search(r"INDEX by_title .* bloom_filter", create)
        assert "`h_lesson_title` Nullable(String) CODEC(ZSTD(3))" in create
    assert partitions(school) == {0: 36, 1: 24}
    assert school.differences() == []


def test_it_dies_after_any_statement(school: World, always: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The load is there; the next one sets apart what ended."""
    school.run()
    execute, left, survived = ClickHouseSession.execute, [0], 0

    def dies(self: ClickHouseSession, statement: SQL, *rest: object) -> None:
        if re.match("CREATE TABLE|DROP|EXCHANGE|INSERT.*shadow|.*ATTACH", statement.text):
            left[0] -= 1
            if left[0] < 0:
                raise SkyengError("killed")
        execute(self, statement, *rest)  # pyright: ignore[reportArgumentType]

    while True:
        school.change(f"UPDATE course SET title = 'Title {survived}' WHERE id = 2")
        left[0] = survived
        monkeypatch.setattr(ClickHouseSession, "execute", dies)
        try:
            school.run()
            break
        except SkyengError as exc:
            assert exc.what == "killed"  # noqa: PT017 - the last run ends well
        finally:
            monkeypatch.setattr(ClickHouseSession, "execute", execute)
        assert school.mart(f"SELECT countIf(h_course_title = 'Title {survived}'), count() FROM {MART}") == [(12, 36)]
        assert school.differences() == []
        assert not school.run().anything_new
        survived += 1
    assert survived > 5
    assert partitions(school) == {0: 36, 1: 12 * (survived + 1)}
    assert school.mart(f"EXISTS TABLE {MART}_history_shadow") == [(0,)]
    assert school.differences() == []


def test_a_copy_that_is_not_what_was_there_is_not_used(
    school: World, always: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody adds a row to it before it is swapped in."""
    school.run()
    execute = ClickHouseSession.execute

    def disturbed(self: ClickHouseSession, statement: SQL, *rest: object) -> None:
        execute(self, statement, *rest)  # pyright: ignore[reportArgumentType]
        if statement.text.startswith(f"INSERT INTO {MART}_history_shadow"):
            execute(self, SQL(f"INSERT INTO {MART}_history_shadow SELECT * FROM {MART}_history LIMIT 1"))

    school.change("UPDATE course SET title = 'One' WHERE id = 2")
    with monkeypatch.context() as patched:
        patched.setattr(ClickHouseSession, "execute", disturbed)
        with pytest.raises(MartDamaged, match="other row versions than it had"):
            school.run()
    assert school.differences() == []
    assert partitions(school) == {0: 48}
    school.change("UPDATE course SET title = 'Two' WHERE id = 2")
    school.run()
    assert partitions(school) == {0: 36, 1: 24}
    assert school.differences() == []
