"""Runs that are killed: at every failpoint of both pipelines, and at random instants.

A process is killed (SIGKILL) right after a statement, a commit or a part of a transfer; readers ask
warehouse and datamart all the while and must never see half a load; one more run brings all three
sides level. Of failpoints that differ by the name of a table alone, such as those of the four hubs,
and of repetitions, one counts, and none after what only reads; a sample of these is tried. With `SKYENG_LONG=1` all
failpoints are (of a first load, every eighth), and more random instants.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from conftest import Servers
from kill import Failpoint, Killer
from kill_school import School, growth
from samples import LONG, some
from skyeng.model import Model
from skyeng.sources import sample_data
from test_clickhouse_http import ClickHouseHttpServer, started, stop

pytestmark = pytest.mark.slow

RANDOM_KILLS = 120 if LONG else 3
SEED = 20260901

MART = "dm_courses_modules_lessons_streams"

#: A mart that lost a row and shows rows that nobody has. The next run builds it again.
DAMAGE = (
    f"INSERT INTO {MART}_history SELECT * REPLACE ('Forged' AS h_course_title, "
    f"generateUUIDv4() AS dm_course_module_lesson_stream_uuid) FROM {MART}_history WHERE h_lesson_id IN (2, 3)",
    f"ALTER TABLE {MART}_history DELETE WHERE h_lesson_id = 1 SETTINGS mutations_sync = 2",
)
#: What only reads: to be killed after it is to be killed after the statement before.
READ = re.compile(r"(?:COMMIT after )?(?:SELECT|SHOW|WITH)\b(?!.*(?:_lock\(|INSERT|UPDATE|DELETE|_summarize))")
PRIMARY_KEYS = """SELECT count(*) FROM pg_constraint
WHERE contype = 'p' AND connamespace IN ('vault'::regnamespace, 'control'::regnamespace)"""


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    started_killer = Killer()
    yield started_killer
    started_killer.close()


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHttpServer]:
    """The datamart of all tests here: a process that is killed must not take it along."""
    server = started(tmp_path_factory.mktemp("standin") / "data")
    yield server
    stop(server)


def new_school(
    servers: Servers, standin: ClickHouseHttpServer, courses: Model, killer: Killer, database: str
) -> School:
    world = servers.world(
        courses,
        lambda source: sample_data.create_sample(source, courses),
        "sample",
        datamart=standin.datamart(database=database),
    )
    return School(world, killer)


@pytest.fixture(scope="module")
def school(servers: Servers, standin: ClickHouseHttpServer, courses: Model, killer: Killer) -> Iterator[School]:
    """A school with some loads behind it, so that the next one is as usual."""
    made = new_school(servers, standin, courses, killer, "datamart")
    made.world.run()
    for _ in range(2):
        made.change()
        made.run()
    made.known = made.now()
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def level(request: pytest.FixtureRequest) -> Iterator[None]:
    """Readers read while runs were killed, and in the end all sides are equal, row by row."""
    used: School | None = request.getfixturevalue("school") if "school" in request.fixturenames else None
    kills, reads = (used.kills, used.reads_amid) if used else (0, 0)
    yield
    if used:
        assert used.kills > kills
        assert used.reads_amid - reads >= used.kills - kills
        assert used.world.differences() == []
        check_mart_sizes(used)
        print(f"{used.kills - kills} kills, {used.reads_amid - reads} reads amid them, {used.reads} reads in all")


def failpoints(passed: Sequence[Failpoint]) -> list[Failpoint]:
    """Those to be tried: all, or one of a kind of those that leave something behind."""
    if LONG:
        return list(passed)
    kinds = {
        re.sub(r"\w*(course|stream|module|lesson|migrations)\w*|pg_\w+\.", "*", it.done): it
        for it in passed[::-1]
        if not READ.match(it.done)
    }
    return list(kinds.values())[::-1]


def catch_up(school: School) -> None:
    """The datamart takes all the loads that it lacks."""
    school.run(only="to_datamart")
    school.check_level()
    check_mart_sizes(school)
    if LONG:
        assert school.world.differences() == []


def check_mart_sizes(school: School) -> None:
    """No version lost or doubled: the warehouse's log has as many, in as many loads."""
    vault, mart = school.sizes(), school.mart_sizes()
    assert mart == {"versions": vault["changes"], "current": vault["rows"], "held": vault["closed"]}


def usual(school: School) -> tuple[list[Failpoint], dict[str, int]]:
    """What a load does that nobody kills, and the rows it adds."""
    before = school.sizes()
    school.change()
    ended = school.killed(only="to_datawarehouse")
    assert (ended.killed, ended.error) == (False, "")
    return ended.passed, growth(before, school.sizes())


def kill(school: School, failpoint: Failpoint, **options: Any) -> None:
    """Kill a run there. Whether single rows differ, or whole buckets, is chance: a run may not come by."""
    ended = school.killed(only="to_datawarehouse", at=failpoint, **options)
    assert ended.killed or failpoint not in ended.passed, str(failpoint)


def test_to_datawarehouse_killed_after_every_statement(school: School) -> None:
    passed, grown = usual(school)
    assert len(passed) > 100
    for failpoint in some(failpoints(passed), 6):
        before = school.sizes()
        school.change()
        kill(school, failpoint)
        school.run()
        school.check_level()
        assert growth(before, school.sizes()) == grown, str(failpoint)
    check_mart_sizes(school)


def test_to_datamart_killed_after_every_statement(school: School) -> None:
    """Every other time it lacks two loads."""
    usual(school)
    ended = school.killed(only="to_datamart")
    assert len(ended.passed) > 20
    for number, failpoint in enumerate(some(failpoints(ended.passed), 4)):
        for _ in range(1 + number % 2):
            school.change()
            school.run(only="to_datawarehouse")
            school.check_level(marts=False)
        assert school.killed(only="to_datamart", at=failpoint).killed, str(failpoint)
        catch_up(school)


def damage(school: School) -> None:
    for statement in DAMAGE:
        school.world.mart_command(statement)
    school.known = school.now()


@pytest.mark.parametrize("full", [False, True])
def test_a_mart_that_is_built_anew_killed_after_every_statement(school: School, full: bool) -> None:
    """Analysts see the damaged mart or the right one, also between the swaps of its tables."""
    damage(school)
    ended = school.killed(only="to_datamart", full=full)
    assert sum("EXCHANGE" in it.done for it in ended.passed) == 2
    swaps = [it for it in ended.passed if re.match("EXCHANGE|DROP TABLE IF EXISTS dm", it.done)][-11:]
    tried = (ended.passed if LONG else swaps) if full else failpoints(ended.passed[20:])
    for failpoint in some(tried, 3):
        damage(school)
        assert school.killed(only="to_datamart", full=full, at=failpoint).killed, str(failpoint)
        catch_up(school)


def test_a_full_run_killed_after_every_statement(school: School) -> None:
    """What it recomputes from the vault is there whole, or as it was."""
    usual(school)
    school.change()
    ended = school.killed(only="to_datawarehouse", full=True)
    of_full = [it for it in ended.passed if LONG or "control.courses_rows" in it.done]
    for failpoint in some(failpoints(of_full), 3):
        school.change()
        kill(school, failpoint, full=True)
        school.run(only="to_datawarehouse")
        school.check_level(marts=False)
    catch_up(school)


def test_a_first_load_killed_after_every_statement(
    servers: Servers, standin: ClickHouseHttpServer, courses: Model, killer: Killer
) -> None:
    """Tables are filled without their primary keys, which must be there again."""

    def fresh(number: int) -> School:
        return new_school(servers, standin, courses, killer, f"first_{number}")

    unkilled = fresh(0)
    ended = unkilled.killed(bulk=True)
    assert ended.error == ""
    unkilled.check_level()
    expected, keys = unkilled.sizes(), unkilled.world.vault(PRIMARY_KEYS)
    unkilled.stop()
    tried = ended.passed[::8] if LONG else [it for it in ended.passed if "ALTER TABLE" in it.done]
    for number, failpoint in enumerate(some(failpoints(tried), 2)):
        school = fresh(number + 1)
        assert school.killed(bulk=True, at=failpoint).killed, str(failpoint)
        school.run()
        school.check_level()
        assert (school.sizes(), school.world.vault(PRIMARY_KEYS)) == (expected, keys), str(failpoint)
        assert school.world.differences() == []
        school.stop()


def test_killed_at_random_instants(school: School) -> None:
    _, grown = usual(school)
    catch_up(school)
    school.change()
    lasts = school.killed().seconds
    chosen = random.Random(SEED)  # noqa: S311 - instants, not secrets
    for _ in range(RANDOM_KILLS):
        before = school.sizes()
        school.change()
        school.killed(after=chosen.uniform(0, lasts))
        school.run()
        school.check_level()
        assert growth(before, school.sizes()) == grown
        check_mart_sizes(school)


def test_readers_would_see_half_a_load(
    servers: Servers, standin: ClickHouseHttpServer, courses: Model, killer: Killer
) -> None:
    """The check can fail: one title that the source does not have is a state that nobody knows."""
    school = new_school(servers, standin, courses, killer, "half")
    school.run()
    school.known = school.now()
    school.world.damage_vault(
        "UPDATE vault.s_courses SET s_course_title = 'Half' WHERE s_course_title = 'Data Science'"
    )
    with pytest.raises(AssertionError, match=r"vault\.courses"):
        school.check_seen()
    school.stop()
