"""Damage by hand: `verify` names the rows, `run --full` repairs what can be repaired."""

from __future__ import annotations

import importlib

import pytest

from conftest import World
from samples import some
from skyeng import proof
from skyeng.errors import VaultDamaged
from skyeng.sql import SQL

pytestmark = pytest.mark.slow

MART = "dm_courses_modules_lessons_streams"
MART_END = "dm_course_module_lesson_stream_load_end_ts"


def mutate(world: World, statement: str) -> None:
    world.mart_command(statement + " SETTINGS mutations_sync = 2")


def test_one_altered_value_in_the_mart_is_named_and_repaired(school: World) -> None:
    school.run()
    mutate(school, f"ALTER TABLE {MART}_history UPDATE h_lesson_title = 'Variablez' WHERE h_lesson_id = 7")
    found, of_history = school.differences()
    assert "h_lesson_id = 7" in found
    assert f"h_lesson_title: warehouse has 'Variables', {MART} has 'Variablez'" in found
    assert of_history == found, "the history shows the same"
    assert not school.run().anything_new, "the usual run trusts the mart's register"
    report = school.run(full=True)
    assert report.rebuilt == {MART: "rows of the mart differ from the vault"}
    assert school.differences() == []
    assert not school.run(full=True).anything_new


def test_a_missing_and_an_extra_row_in_the_mart(school: World) -> None:
    """Of the same load, so that no count tells; the usual run trusts the register."""
    school.run()
    mutate(school, f"ALTER TABLE {MART}_history DELETE WHERE h_lesson_id = 9")
    school.mart_command(
        f"INSERT INTO {MART}_history SELECT * REPLACE (generateUUIDv4() AS dm_course_module_lesson_stream_uuid,"
        f" 999 AS h_lesson_id) FROM {MART}_history WHERE h_lesson_title = 'Variables' LIMIT 1"
    )
    found = sorted(it for it in school.differences() if "_history" not in it)
    assert len(found) == 2
    assert f"missing in {MART}" in found[0]
    assert "h_lesson_id = 9" in found[0]
    assert "h_lesson_id = 999" in found[1]
    assert f"only in {MART}" in found[1]
    assert not school.run().anything_new
    school.run(full=True)
    assert school.differences() == []


def test_a_row_version_that_is_missing_is_noticed_by_the_usual_run(school: World) -> None:
    school.run()
    mutate(school, f"ALTER TABLE {MART}_history DELETE WHERE h_lesson_id = 9")
    assert school.run().rebuilt == {MART: "rows of the mart were lost"}
    assert school.differences() == []


#: What happens to an old row version, and the words of `verify`.
ALTERED = {
    "a value": (
        "UPDATE h_lesson_title = 'Variablez'",
        "h_lesson_title: warehouse has 'Variables', {history} has 'Variablez'; load of ",
    ),
    "deleted": (
        "UPDATE dm_course_module_lesson_stream_load_end_ts = dm_course_module_lesson_stream_load_ts",
        "is_deleted: warehouse has '0', {history} has '1'; load_end_ts: warehouse has '",
    ),
    "its end": (
        "UPDATE dm_course_module_lesson_stream_load_end_ts"
        " = dm_course_module_lesson_stream_load_ts + INTERVAL 1 MICROSECOND",
        "load_end_ts: warehouse has '",
    ),
    "gone": ("DELETE", "missing in {history}: "),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", some(list(ALTERED), 1))
def test_a_past_row_version_that_was_altered_is_named_and_repaired(school: World, what: str) -> None:
    """What is current is right, and so is what the history says of now."""
    school.run()
    ((first,),) = school.mart(f"SELECT toString(max(load_ts)) FROM {MART}_loads")
    school.change("UPDATE stream_module_lesson SET title = 'Renamed' WHERE id = 7")
    school.run()
    past = school.mart(f"SELECT h_lesson_id, h_lesson_title FROM {MART}_as_of(ts = '{first}') ORDER BY 1")
    now = school.mart(f"SELECT h_lesson_id, h_lesson_title FROM {MART} ORDER BY 1")
    change, words = ALTERED[what]
    mutate(
        school,
        f"ALTER TABLE {MART}_history {change} WHERE h_lesson_id = 7"
        f" AND dm_course_module_lesson_stream_load_ts = '{first}'",
    )
    if what == "gone":  # what a row count would tell
        school.mart_command(
            f"INSERT INTO {MART}_history SELECT * REPLACE (generateUUIDv4() AS dm_course_module_lesson_stream_uuid,"
            f" (SELECT max(load_ts) FROM {MART}_loads) AS dm_course_module_lesson_stream_load_end_ts)"
            f" FROM {MART}_history WHERE h_lesson_id = 9"
        )
    found = school.differences()
    assert any(words.format(history=f"{MART}_history") in it for it in found), found
    counted = what in ("deleted", "its end")
    if not counted:
        assert school.mart(f"SELECT h_lesson_id, h_lesson_title FROM {MART}_as_of(ts = '{first}') ORDER BY 1") != past
        assert not school.run().anything_new, "the usual run trusts the register"
    reason = "rows of the mart were lost" if counted else "rows of the mart differ from the vault"
    assert school.run(full=not counted).rebuilt == {MART: reason}
    assert school.mart(f"SELECT h_lesson_id, h_lesson_title FROM {MART}_as_of(ts = '{first}') ORDER BY 1") == past
    assert school.mart(f"SELECT h_lesson_id, h_lesson_title FROM {MART} ORDER BY 1") == now
    assert school.differences() == []
    assert not school.run(full=True).anything_new


@pytest.mark.parametrize("part", ["history", "loads"])
def test_a_lost_table_is_noticed_by_the_usual_run(school: World, part: str) -> None:
    school.run()
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 1")
    school.run()
    school.mart_command(f"TRUNCATE TABLE {MART}_{part}")
    assert school.run().anything_new
    assert school.differences() == []
    ((versions,),) = school.mart(f"SELECT count() FROM {MART}_history")
    assert versions == 42, "the history is built anew too"


def test_one_altered_value_in_the_vault_is_named_and_gets_a_right_successor(school: World) -> None:
    school.run()
    school.damage_vault(
        "UPDATE vault.s_lessons SET s_lesson_description = 'x' WHERE s_lesson_title = 'Cron'"
        " AND s_lesson_description LIKE '%DE_Stream_1'"
    )
    found = school.differences()
    assert any(
        "lesson_id = 11, stream_id = 2; lesson_description: source has 'Lesson 5 of DE_Stream_1', warehouse has 'x'"
        in it
        for it in found
    )
    school.run(full=True)
    assert school.differences() == []
    assert school.row_counts()["s_lessons"] == 37


def test_a_damaged_hashdiff_blocks_nothing(school: World) -> None:
    """It is bookkeeping beside the attributes: what they say counts."""
    school.run()
    school.damage_vault(
        "UPDATE vault.s_courses SET s_course_hashdiff = gen_random_uuid() WHERE s_course_title = 'Data Science'"
    )
    school.change("INSERT INTO stream (course_id, name) VALUES (1, 'New')")
    assert school.run().changes["courses"].new == 1
    assert school.differences() == []


def test_a_row_removed_from_the_vault_is_named_and_gets_a_successor(school: World) -> None:
    """All sides are level again. That the past is gone is said when somebody needs it."""
    school.run()
    school.damage_vault("DELETE FROM vault.s_streams WHERE s_stream_name = 'DS_Stream_1'")
    found = school.differences()
    assert sum("missing in warehouse" in it for it in found) == 6
    report = school.run(full=True)
    assert report.marts == {MART: 6}
    assert school.differences() == []
    assert not school.run(full=True).anything_new
    mutate(school, f"ALTER TABLE {MART}_history DELETE WHERE {MART_END} < '9999-01-01'")
    with pytest.raises(VaultDamaged, match="gives back 36 row versions, its loads wrote 42"):
        school.run()
    assert school.mart(f"SELECT count() FROM {MART}") == [(36,)]


def test_damage_and_new_loads_together_are_both_brought_level_by_one_full_run(school: World) -> None:
    school.run()
    mutate(school, f"ALTER TABLE {MART}_history UPDATE h_lesson_title = 'Variablez' WHERE h_lesson_id = 7")
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 1")
    report = school.run(full=True)
    assert report.rebuilt == {MART: "rows of the mart differ from the vault"}
    assert school.differences() == []


def test_an_effectivity_changed_by_hand_is_named_and_repaired(school: World) -> None:
    school.run()
    effectivity = "s_course_module_lesson_stream_effectivity"
    with school.stores.warehouse.session() as session:
        session.execute(
            SQL(f"""UPDATE vault.s_courses_modules_lessons_streams_effectivity
            SET {effectivity}_is_active = false
            WHERE l_course_module_lesson_stream_hk = (SELECT l_course_module_lesson_stream_hk
                FROM vault.l_courses_modules_lessons_streams JOIN vault.h_lessons USING (h_lesson_hk)
                WHERE h_lesson_id = 5)""")
        )
    assert any("lesson_id = 5" in it and "missing in warehouse" in it for it in school.differences())
    school.run(full=True)
    assert school.differences() == []


def test_bookkeeping_damaged_by_hand_is_healed_by_full(school: World) -> None:
    school.run()
    school.change("UPDATE stream_module_lesson SET title = 'New' WHERE id = 1")
    with school.stores.warehouse.session() as session:
        session.execute(SQL("DELETE FROM control.courses_rows"))
    school.run(full=True)
    assert school.differences() == []
    assert school.row_counts()["s_lessons"] == 37


def test_what_is_not_loaded_yet_is_a_difference(school: World) -> None:
    school.run()
    school.change("UPDATE course SET title = 'Later' WHERE id = 3; DELETE FROM stream_module_lesson WHERE id = 1")
    found = school.differences()
    assert sum("course_title: source has 'Later', warehouse has 'Data Analysis'" in it for it in found) == 18
    assert sum("only in warehouse, not in source" in it for it in found) == 1


def test_a_great_many_differences_are_cut_short(school: World) -> None:
    school.run()
    school.change("TRUNCATE course, stream, stream_module, stream_module_lesson")
    first = proof.verify(school.model, school.stores)[0]
    assert len(first.differences) == 20
    assert not first.complete


def test_sides_that_differ_are_never_equal_even_if_no_row_is_named(
    school: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.run()
    school.change("DELETE FROM stream_module_lesson WHERE id = 1")
    monkeypatch.setattr(importlib.import_module("skyeng.proof.verification"), "_disagreeing", lambda *_: [])
    first = proof.verify(school.model, school.stores)[0]
    assert first.differences == ()
    assert not first.equal
    assert not first.complete


def test_a_vault_that_lost_rows_does_not_reach_the_mart(school: World) -> None:
    """Rows that no longer come back must not vanish from the mart without a word."""
    school.run()
    school.change("UPDATE stream SET name = 'Renamed' WHERE id = 1")
    school.run(only="to_datawarehouse")
    school.damage_vault("DELETE FROM vault.h_lessons WHERE h_lesson_id = 1")
    with pytest.raises(VaultDamaged, match="gives back 5 row versions, its loads wrote 6"):
        school.run(only="to_datamart")
    assert school.mart(f"SELECT count() FROM {MART} WHERE h_stream_name = 'DS_Stream_1'") == [(6,)]
