"""A table or view of the datamart is lost or altered: the next run makes it again with all its past.

The vault says what must be seen, now and as of every load: it is asked, not the datamart of before.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from click.testing import CliRunner

from conftest import Servers, World
from restored import forget_last_load
from samples import LONG, some
from skyeng import proof
from skyeng.cli.main import cli
from skyeng.errors import MartDamaged, NameTaken, NotMigrated, SkyengError, StatementFailed
from skyeng.model import Model
from skyeng.runs.status import mart_states
from skyeng.sources import sample_data

pytestmark = pytest.mark.slow

MART = "dm_courses_modules_lessons_streams"
TABLES = HISTORY, LOADS = f"{MART}_history", f"{MART}_loads"
VIEWS = MART, AS_OF = MART, f"{MART}_as_of"

#: Columns that can be altered: of the row versions, and of the register of loads.
COLUMN = {HISTORY: "h_course_title", LOADS: "rows_active"}
OTHER_TYPE = {HISTORY: "FixedString(40)", LOADS: "Int64"}
TIME = {HISTORY: "dm_course_module_lesson_stream_load_ts", LOADS: "load_ts"}

#: By what happens to a table: statements, and the words that `status` has for it, or none.
TO_TABLE = {
    "dropped": (("DROP TABLE {name} SYNC",), "{name} is missing"),
    "detached": (("DETACH TABLE {name}",), "{name} is detached"),
    "detached for good": (("DETACH TABLE {name} PERMANENTLY SYNC",), "{name} is detached"),
    "renamed": (("DROP TABLE IF EXISTS {name}_old SYNC", "RENAME TABLE {name} TO {name}_old"), "{name} is missing"),
    "truncated": (("TRUNCATE TABLE {name}",), ""),
    "column added": (
        ("ALTER TABLE {name} ADD COLUMN note String",),
        "{name} has a column note that the",
    ),
    "column dropped": (("ALTER TABLE {name} DROP COLUMN {column}",), "{name} has no column {column}"),
    "column renamed": (("ALTER TABLE {name} RENAME COLUMN {column} TO other",), "{name} has no column {column}"),
    "column of another type": (
        ("ALTER TABLE {name} MODIFY COLUMN {column} Nullable({type}) SETTINGS mutations_sync = 2",),
        "{name} has the column {column} as Nullable({type}), not ",
    ),
    "default": (("ALTER TABLE {name} MODIFY COLUMN {column} DEFAULT 7",), "{name} has DEFAULT 7 for {column}"),
    "ttl": (
        ("ALTER TABLE {name} MODIFY TTL toDateTime({time}) + INTERVAL 90 YEAR",),
        "{name} has a TTL that the",
    ),
    "ttl of a column": (
        ("ALTER TABLE {name} MODIFY COLUMN {column} TTL toDateTime({time}) + INTERVAL 90 YEAR",),
        "{name} has a TTL that the",
    ),
    "constraint": (("ALTER TABLE {name} ADD CONSTRAINT no CHECK 0",), "{name} has a constraint that the model"),
    "comment": (("ALTER TABLE {name} MODIFY COMMENT 'mine'",), "{name} does not say any more by which declaration"),
    "replaced by an empty one": (
        ("CREATE TABLE {name}_new AS {name}", "EXCHANGE TABLES {name}_new AND {name}", "DROP TABLE {name}_new SYNC"),
        "",
    ),
    "replaced by one with another sort key": (
        ("CREATE OR REPLACE TABLE {name} ENGINE = MergeTree ORDER BY tuple() AS SELECT * FROM {name}_aside",),
        "{name} is sorted by nothing, not by ",
    ),
}

TO_VIEW = {
    "dropped": (("DROP VIEW {name} SYNC",), "{name} is missing"),
    "detached": (("DETACH TABLE {name}",), "{name} is detached"),
    "detached for good": (("DETACH TABLE {name} PERMANENTLY SYNC",), "{name} is detached"),
    "renamed": (("DROP VIEW IF EXISTS {name}_old", "RENAME TABLE {name} TO {name}_old"), "{name} is missing"),
    "other": (("{other}",), "{name} has another SELECT"),
}
OTHER = {
    MART: f"CREATE OR REPLACE VIEW {MART} AS SELECT * FROM {HISTORY} LIMIT 3",
    AS_OF: f"CREATE OR REPLACE VIEW {AS_OF} AS SELECT * FROM {MART} WHERE {{ts:DateTime64(6, 'UTC')}} > 0",
}
#: An object, and what happens to it.
CASES = [(name, how) for name in TABLES for how in TO_TABLE] + [(name, how) for name in VIEWS for how in TO_VIEW]


def statements(name: str, how: str) -> tuple[list[str], str]:
    """What does this to an object, and what `status` says of it."""
    made, words = (TO_TABLE if name in TABLES else TO_VIEW)[how]
    names = {"name": name, "column": COLUMN.get(name), "time": TIME.get(name), "other": OTHER.get(name)}
    names["type"] = OTHER_TYPE.get(name)
    return [it.format(**names) for it in made], words.format(**names)


def damage(world: World, name: str, how: str) -> str:
    """Damage an object; the words that `status` must have for it."""
    made, words = statements(name, how)
    if "_aside" in made[0]:  # ClickHouse replaces no table by a query that reads it
        for statement in (f"DROP TABLE IF EXISTS {name}_aside", f"CREATE TABLE {name}_aside AS {name}"):
            world.mart_command(statement)
        world.mart_command(f"INSERT INTO {name}_aside SELECT * FROM {name}")
    for statement in made:
        world.mart_command(statement)
    return words


def said(world: World) -> str:
    return "\n".join(it for state in mart_states(world.model, world.stores) for it in state.differences)


SHOWN = "h_course_id, h_stream_id, h_module_id, h_lesson_id, h_course_title, h_stream_name, h_lesson_title"
SOURCE = "course_id, stream_id, module_id, lesson_id, course_title, stream_name, lesson_title"


def check_right(world: World) -> None:
    """Everything is as the vault says, now and as of every load, and every object as the model says."""
    assert said(world) == ""
    loads = world.vault(
        """SELECT (load_ts AT TIME ZONE 'UTC')::text FROM control.loads JOIN control.load_feeds USING (load_id)
        WHERE status = 'closed' AND rows_new + rows_changed + rows_gone > 0 ORDER BY load_ts"""
    )
    for (load_ts,) in loads:
        vault = world.vault(f"SELECT {SOURCE} FROM vault.courses_as_of('{load_ts} UTC')")
        mart = world.mart(f"SELECT {SHOWN} FROM {AS_OF}(ts = '{load_ts}')")
        assert sorted(map(repr, mart)) == sorted(map(repr, vault)), load_ts
    vault = world.vault(f"SELECT {SOURCE} FROM vault.courses")
    assert sorted(map(repr, world.mart(f"SELECT {SHOWN} FROM {MART}"))) == sorted(map(repr, vault))
    assert world.mart(f"SELECT count() FROM {LOADS} FINAL WHERE NOT is_retained") == [(len(loads),)]


def change(world: World, number: int) -> None:
    world.change(
        f"UPDATE course SET title = 'Title {number}' WHERE id = {number % 3 + 1};"
        f"DELETE FROM stream_module_lesson WHERE id = {36 - number}"
    )


@pytest.fixture(scope="module")
def past(servers: Servers, courses: Model) -> World:
    """A warehouse after three loads, to be copied."""
    world = servers.world(courses, lambda source: sample_data.create_sample(source, courses), "sample")
    for number in range(3):
        if number:
            change(world, number - 1)
        world.run(only="to_datawarehouse")
    return world


@pytest.fixture
def loaded(servers: Servers, past: World) -> Iterator[World]:
    """After three loads."""
    world = servers.copy(past)
    with world.stores.datamart.kept():
        world.run(only="to_datamart")
        yield world


def check_cases(world: World, cases: Sequence[tuple[str, str]]) -> None:
    """Each is seen and repaired by the next run, which finds something new as well each second time."""
    for number, (name, how) in enumerate(cases):
        words = damage(world, name, how)
        assert words in said(world), (name, how)
        if number % 2:
            change(world, 2 + number // 2 % 20)
        report = world.run(only=None if number % 2 else "to_datamart")
        assert report.anything_new, (name, how)
        check_right(world)
    assert world.differences() == []
    assert not world.run().anything_new


def test_a_view_is_lost_or_altered(loaded: World) -> None:
    check_cases(loaded, some([(name, how) for name, how in CASES if name in VIEWS], 3))


def test_a_table_is_lost_or_altered(loaded: World) -> None:
    check_cases(loaded, some([(TABLES[number % len(TABLES)], how) for number, how in enumerate(TO_TABLE)], 4))


@pytest.mark.skipif(not LONG, reason="the test above has each case for one table; SKYENG_LONG=1 runs all")
@pytest.mark.parametrize("name", TABLES)
def test_any_table_is_lost_or_altered(loaded: World, name: str) -> None:
    check_cases(loaded, [(name, how) for how in TO_TABLE])


PAIRS = [(one, two) for one, two in itertools.combinations(CASES, 2) if one[0] != two[0]]


def test_any_two_objects_are_lost_or_altered(loaded: World) -> None:
    check_pairs(loaded, some(PAIRS, 2))


def check_pairs(world: World, chosen: Sequence[tuple[tuple[str, str], tuple[str, str]]]) -> None:
    for number, pair in enumerate(chosen):
        for name, how in pair:
            with suppress(StatementFailed):  # what is lost first may be needed by what follows
                damage(world, name, how)
        if number % 2:
            change(world, 2 + number // 2 % 20)
        world.run(only=None if number % 2 else "to_datamart")
        check_right(world)


def test_tables_are_exchanged_and_what_changes_no_answer_stays(loaded: World) -> None:
    loaded.mart_command(f"EXCHANGE TABLES {HISTORY} AND {LOADS}")
    report = loaded.run(only="to_datamart")
    assert "is sorted by" in report.rebuilt[MART]
    check_right(loaded)
    for statement in (
        f"ALTER TABLE {HISTORY} ADD INDEX by_title h_course_title TYPE minmax",
        f"ALTER TABLE {HISTORY} MODIFY COLUMN s_lesson_description CODEC(ZSTD(3))",
        f"ALTER TABLE {HISTORY} MODIFY SETTING merge_with_ttl_timeout = 100",
        f"ALTER TABLE {HISTORY} COMMENT COLUMN h_course_title 'TTL and CONSTRAINT, in words'",
    ):
        loaded.mart_command(statement)
    assert not loaded.run(full=True).anything_new
    check_right(loaded)
    assert loaded.mart("SELECT count() FROM system.data_skipping_indices WHERE database = currentDatabase()") == [(1,)]


def test_what_somebody_put_in_the_place_of_an_object_stays_and_is_named(loaded: World) -> None:
    for name, made in (
        (LOADS, "CREATE VIEW {name} AS SELECT 1 AS x"),
        (HISTORY, "CREATE VIEW {name} AS SELECT 1 AS x"),
        (MART, "CREATE TABLE {name} ENGINE = MergeTree ORDER BY tuple() AS SELECT 1 AS x"),
    ):
        loaded.mart_command(f"DROP TABLE {name} SYNC")
        loaded.mart_command(made.format(name=name))
        for full in (False, True):
            with pytest.raises(NameTaken, match=rf"{name} is a (view|table), not the") as caught:
                loaded.run(full=full)
            assert f"rename or drop {name}" in str(caught.value)
        assert f"{name} is a " in said(loaded)
        assert f"; rename or drop {name} in ClickHouse" in said(loaded)
        assert "the next run makes it again" not in said(loaded)
        assert loaded.mart(f"SELECT x FROM {name}") == [(1,)]
        loaded.mart_command(f"DROP TABLE {name} SYNC")
        loaded.run()
        check_right(loaded)


def test_status_promises_nothing_of_an_object_of_another_model(loaded: World) -> None:
    loaded.mart_command(f"ALTER TABLE {HISTORY} MODIFY COMMENT 'Mine; model other, mart other'")
    with pytest.raises(NameTaken, match=f"{HISTORY} belongs to model 'other'"):
        loaded.run()
    (line,) = said(loaded).splitlines()
    assert line.startswith(f"{HISTORY} belongs to model 'other'; rename or drop {HISTORY} in ClickHouse")


def test_a_view_that_is_made_again_is_said_and_appends_go_on(loaded: World) -> None:
    loaded.mart_command(f"DROP VIEW {AS_OF}")
    change(loaded, 2)
    report = loaded.run()
    assert report.views == {MART: (f"{AS_OF} is missing",)}
    assert report.marts[MART] > 0
    assert report.rebuilt == {}
    check_right(loaded)
    loaded.mart_command(f"DROP VIEW {MART}")
    report = loaded.run(full=True)
    assert report.views == {MART: (f"{MART} is missing",)}
    assert (report.marts, report.rebuilt) == ({MART: 0}, {})
    check_right(loaded)


#: What happens after the warehouse forgot a load that the mart has.
TO_REGISTERS = (
    (LOADS, "dropped"),
    (LOADS, "truncated"),
    (LOADS, "column dropped"),
    (HISTORY, "column added"),
    (HISTORY, "replaced by one with another sort key"),
    (HISTORY, "column renamed"),
)
BESIDE_THE_REGISTER = (
    (MART, "dropped"),
    (LOADS, "dropped"),
    (LOADS, "truncated"),
    (HISTORY, "column added"),
)
RETAINED = f"{LOADS} WHERE is_retained"


def test_loads_that_only_the_mart_has_survive_a_lost_register(loaded: World) -> None:
    """The warehouse forgot a load, as if it was restored from a backup; then registers of the mart are lost."""
    forget_last_load(loaded)
    ((lost,),) = loaded.mart(f"SELECT toString(max(load_ts)) FROM {LOADS}")
    past = loaded.mart(f"SELECT {SHOWN} FROM {AS_OF}(ts = '{lost}') ORDER BY ALL")
    loaded.run(full=True)
    for name, how in some(TO_REGISTERS, 2):
        before = loaded.mart(f"SELECT {SHOWN} FROM {AS_OF}(ts = '{lost}') ORDER BY ALL")
        damage(loaded, name, how)
        loaded.run()
        check_right(loaded)
        seen = loaded.mart(f"SELECT {SHOWN} FROM {AS_OF}(ts = '{lost}') ORDER BY ALL")
        assert loaded.mart(f"SELECT count() FROM {RETAINED}") == [(1,)], how
        if how != "column renamed":
            assert seen == before == past, (name, how)
    damage(loaded, HISTORY, "dropped")
    report = loaded.run()
    assert "the rows of 1 loads, the last of " in report.rebuilt[MART]
    assert loaded.mart(f"SELECT count() FROM {RETAINED}") == [(0,)]
    check_right(loaded)


@pytest.mark.parametrize("back", some([False, True], 1), ids=lambda back: "went back" if back else "has it still")
def test_loads_that_only_the_mart_has_survive_when_two_objects_are_damaged(loaded: World, back: bool) -> None:
    """They are deleted from the register, and anything else is damaged: the history says which loads they are."""
    ((title,),) = loaded.source("SELECT title FROM course WHERE id = 2")
    loaded.change("UPDATE course SET title = 'In the lost load' WHERE id = 2")
    loaded.run()
    ((lost,),) = loaded.mart(f"SELECT toString(max(load_ts)) FROM {LOADS}")
    past = loaded.mart(f"SELECT {SHOWN} FROM {AS_OF}(ts = '{lost}') ORDER BY ALL")
    forget_last_load(loaded)
    if back:
        loaded.change(f"UPDATE course SET title = '{title}' WHERE id = 2")
    loaded.run(full=True)
    # Where nothing is new, the load that ends the lost one is the vault's, but only the mart has rows of it.
    registered = loaded.mart(f"SELECT load_ts, row_versions FROM {RETAINED} ORDER BY 1")
    assert len(registered) == 1 + back
    for other in (None, *some(BESIDE_THE_REGISTER, 1)):
        loaded.mart_command(f"ALTER TABLE {LOADS} DELETE WHERE is_retained SETTINGS mutations_sync = 2")
        if other:
            damage(loaded, *other)
        report = loaded.run()
        assert list(report.rebuilt) == [MART], other
        assert "lost" not in report.rebuilt[MART].replace("rows of the mart were lost", ""), other
        assert loaded.mart(f"SELECT load_ts, row_versions FROM {RETAINED} ORDER BY 1") == registered, other
        assert loaded.mart(f"SELECT {SHOWN} FROM {AS_OF}(ts = '{lost}') ORDER BY ALL") == past, other
        check_right(loaded)
        assert not loaded.run().anything_new, other
    # There is nothing to compare them with, and all the rest is compared.
    assert loaded.differences() == []
    assert not loaded.run(full=True).anything_new


def test_rows_of_a_load_that_only_the_mart_had_are_lost_and_counted(loaded: World) -> None:
    forget_last_load(loaded)
    ((lost,),) = loaded.mart(f"SELECT toString(max(load_ts)) FROM {LOADS}")
    loaded.run(full=True)
    loaded.mart_command(
        f"ALTER TABLE {HISTORY} DELETE WHERE {TIME[HISTORY]} = '{lost}' AND h_lesson_id % 2 SETTINGS mutations_sync = 2"
    )
    assert "the rows of 1 loads, the last of " in loaded.run().rebuilt[MART]
    check_right(loaded)
    damage(loaded, HISTORY, "dropped")
    damage(loaded, LOADS, "dropped")
    assert "loads that only it had are lost if there were any" in loaded.run().rebuilt[MART]
    check_right(loaded)


# What commands say.


def urls(world: World) -> dict[str, str]:
    stores = world.stores
    return {
        "PG_DATASOURCE_URL": stores.source.url,
        "PG_DATAWAREHOUSE_URL": stores.warehouse.url,
        "CH_DATAMART_URL": stores.datamart.url,
    }


def command(world: World, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, arguments, env=urls(world))
    return done.exit_code, " ".join(done.output.split())


def test_commands_name_what_is_lost_and_what_to_do(loaded: World) -> None:
    for name in (MART, HISTORY):
        damage(loaded, name, "dropped")
    code, output = command(loaded, "status")
    assert code == 0
    assert f"{MART} is missing; the next run makes it again" in output
    for arguments in (("verify",), ("query", "lessons-per-course"), ("query", "--sql", f"SELECT count() FROM {MART}")):
        code, output = command(loaded, *arguments)
        assert code == 1, arguments
        assert f"{MART} is missing" in output
        assert f"{HISTORY} is missing" in output
        assert "skyeng run" in output
        assert "Unknown table" not in output
    code, output = command(loaded, "run")
    assert code == 0
    assert f"rebuilt, because {HISTORY} is missing" in output
    assert f"view made again, because {MART} is missing" in output
    code, output = command(loaded, "status")
    assert "is missing" not in output
    check_right(loaded)
    damage(loaded, AS_OF, "dropped")
    with pytest.raises(MartDamaged, match="not as the model declares") as caught:
        proof.verify(loaded.model, loaded.stores)
    assert f"{AS_OF} is missing" in str(caught.value)


def test_migrate_makes_again_what_is_missing_and_the_next_run_what_was_in_it(loaded: World) -> None:
    for name in (MART, AS_OF, HISTORY, LOADS):
        damage(loaded, name, "detached for good" if name == AS_OF else "dropped")
        assert command(loaded, "migrate")[0] == 0
        assert said(loaded) == ""
        report = loaded.run(only="to_datamart")
        assert report.anything_new == (name in (HISTORY, LOADS)), name
        check_right(loaded)


def test_the_register_of_ddl_or_the_whole_database_is_lost(loaded: World) -> None:
    for lost in ("DROP TABLE skyeng_ddl SYNC", "TRUNCATE TABLE skyeng_ddl"):
        loaded.mart_command(lost)
        with pytest.raises(NotMigrated, match="not migrated") as caught:
            loaded.run()
        assert "skyeng migrate" in str(caught.value)
        assert command(loaded, "migrate")[0] == 0
        assert not loaded.run().anything_new
    loaded.mart_command("ALTER TABLE skyeng_ddl DROP COLUMN objects")
    with pytest.raises(NotMigrated, match="skyeng_ddl has no column objects") as caught:
        loaded.run()
    assert "drop the table skyeng_ddl" in str(caught.value)
    assert command(loaded, "migrate")[0] == 1
    loaded.mart_command("DROP TABLE skyeng_ddl SYNC")
    assert command(loaded, "migrate")[0] == 0
    assert not loaded.run().anything_new
    loaded.mart_command(f"DROP DATABASE {loaded.stores.datamart.database} SYNC")
    with pytest.raises(StatementFailed, match=loaded.stores.datamart.database) as caught:
        loaded.run()
    assert "skyeng migrate" in str(caught.value)
    assert command(loaded, "migrate")[0] == 0
    loaded.run()
    check_right(loaded)


def test_the_mart_of_another_warehouse_with_the_same_model_is_refused(loaded: World, school_elsewhere: World) -> None:
    """Two warehouses fill one database: the second is told, and what the first loaded stays."""
    other = replace(school_elsewhere, stores=replace(school_elsewhere.stores, datamart=loaded.stores.datamart))
    with pytest.raises(SkyengError, match="that the warehouse does not know"):
        other.run()
    check_right(loaded)


@pytest.fixture
def school_elsewhere(servers: Servers, courses: Model) -> Iterator[World]:
    yield from servers.kept_world(courses, lambda source: sample_data.create_sample(source, courses), "sample")
