"""The life of a load: closed or rolled back, visible or not, one at a time."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from conftest import World, begun, insert_all, statuses
from samples import some
from skyeng.control import loads, locks
from skyeng.detection import active_rows
from skyeng.errors import BadRowsError, LoadRolledBack, SkyengError, StagingLost, StepMissing
from skyeng.runs.steps import Step
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.sql import SQL


def start(world: World, steps: int) -> None:
    """Begin a load and stop after so many steps, as a process that is killed would."""
    run = ToDatawarehouse(world.model, world.stores)
    load = run.e_from_pg_datawarehouse()
    parts: list[Callable[[], object]] = [
        lambda: run.e_from_pg_datasource(load),
        lambda: run.t_find_new_rows(load),
        *(step.work for step in run.insert_steps(load)),
    ]
    for part in itertools.islice(parts, steps):
        part()


@pytest.mark.parametrize("steps", some(range(12), 4))
def test_a_load_that_died_at_any_step_leaves_nothing(school: World, steps: int) -> None:
    school.run()
    before = school.row_counts()
    school.change(
        "UPDATE course SET title = 'Seen by the dead only' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id = 36"
    )
    start(school, steps)
    assert school.vault("SELECT count(*) FROM vault.courses WHERE course_title = 'Data Science'") == [(6,)]
    assert school.vault("SELECT count(*) FROM vault.courses WHERE lesson_id = 36") == [(1,)]
    school.change("UPDATE course SET title = 'Data Science' WHERE id = 1")
    report = school.run()
    assert (report.changes["courses"].changed, report.changes["courses"].deleted) == (0, 1)
    assert statuses(school) == ["closed", "rolled back", "closed"]
    assert school.vault("SELECT count(*) FROM vault.s_courses WHERE s_course_title LIKE 'Seen%'") == [(0,)]
    assert school.row_counts()["s_courses"] == before["s_courses"]
    assert school.differences() == []


def test_every_step_may_be_repeated(school: World) -> None:
    """Each step is run twice, as a retry after a lost answer would."""
    school.run()
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id = 36")
    run = ToDatawarehouse(school.model, school.stores)
    load = run.e_from_pg_datawarehouse()
    run.e_from_pg_datasource(load)
    run.e_from_pg_datasource(load)
    assert run.t_find_new_rows(load) == run.t_find_new_rows(load)
    for step in run.insert_steps(load):
        first, second = step.work(), step.work()
        assert first == second, step.name
    for _ in range(2):
        run.close(load)
    school.run(only="to_datamart")
    assert school.differences() == []
    assert school.vault(
        "SELECT count(*) FROM control.courses_changes WHERE load_ts = (SELECT max(load_ts) FROM control.loads)"
    ) == [(7,)]


def test_a_closed_load_is_not_rolled_back(school: World) -> None:
    school.run()
    run = ToDatawarehouse(school.model, school.stores)
    school.change("DELETE FROM stream_module_lesson WHERE id = 36")
    load = run.e_from_pg_datawarehouse()
    with school.stores.warehouse.session() as session:
        loads.roll_back_dead(session, school.model, locks.this_process())
    with pytest.raises(SkyengError, match="no longer open"):
        run.close(load)


def test_a_load_is_not_rolled_back_under_its_own_close(school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that takes another for dead waits for a close under way, and then leaves its rows alone."""
    run = ToDatawarehouse(school.model, school.stores)
    load = run.e_from_pg_datawarehouse()
    run.e_from_pg_datasource(load)
    run.t_find_new_rows(load)
    for step in run.insert_steps(load):
        step.work()
    closing, proceed = threading.Event(), threading.Event()
    keep = active_rows.record_changes

    def slow(*arguments: Any) -> None:
        closing.set()
        assert proceed.wait(30)
        keep(*arguments)

    def take_over() -> None:
        with school.stores.warehouse.session() as session:
            loads.roll_back_dead(session, school.model, locks.this_process())

    monkeypatch.setattr(active_rows, "record_changes", slow)
    closer, other = threading.Thread(target=run.close, args=(load,)), threading.Thread(target=take_over)
    closer.start()
    assert closing.wait(30)
    other.start()
    other.join(0.5)
    assert other.is_alive(), "it waits"
    proceed.set()
    closer.join()
    other.join()
    assert statuses(school) == ["closed"]
    assert school.row_counts()["h_lessons"] == 36
    school.run(only="to_datamart")
    assert school.differences() == []


def test_a_step_of_a_load_that_was_rolled_back_writes_nothing(school: World) -> None:
    run = ToDatawarehouse(school.model, school.stores)
    load = run.e_from_pg_datawarehouse()
    run.e_from_pg_datasource(load)
    run.t_find_new_rows(load)
    run.roll_back(load, "taken for dead")
    for step in run.insert_steps(load):
        with pytest.raises(SkyengError, match="no longer open"):
            step.work()
    assert school.row_counts()["h_lessons"] == 0


def test_a_failing_step_rolls_the_load_back_at_once(school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def boom() -> dict[str, int]:
        raise SkyengError("the disk is full")

    def steps(self: ToDatawarehouse, load: Any) -> Any:
        return [*original(self, load), Step("l_update_boom", boom)]

    original = ToDatawarehouse.insert_steps
    monkeypatch.setattr(ToDatawarehouse, "insert_steps", steps)
    with pytest.raises(SkyengError, match="the disk is full"):
        school.run()
    monkeypatch.undo()
    assert school.vault("SELECT status, error FROM control.loads") == [("rolled back", "the disk is full")]
    assert school.row_counts()["h_lessons"] == 0
    school.run()
    assert school.differences() == []


def test_load_timestamps_only_grow_even_if_the_clock_goes_back(school: World) -> None:
    school.run()
    school.damage_vault("UPDATE control.loads SET load_ts = '2999-01-01'")
    school.change("DELETE FROM stream_module_lesson WHERE id = 36")
    school.run(only="to_datawarehouse")
    ((later,),) = school.vault("SELECT bool_and(load_ts >= '2999-01-01') FROM control.loads")
    assert later


def test_only_one_pipeline_runs_when_asked(school: World) -> None:
    first = school.run(only="to_datawarehouse")
    assert first.marts == {}
    assert school.mart("SELECT count() FROM dm_courses_modules_lessons_streams") == [(0,)]
    second = school.run(only="to_datamart")
    assert second.changes == {}
    assert school.mart("SELECT count() FROM dm_courses_modules_lessons_streams") == [(36,)]


def test_the_mart_catches_up_load_by_load(school: World) -> None:
    """Loads made while the mart slept keep their own timestamps in its history."""
    school.run()
    for title in ("B", "A", "Data Science"):
        school.change(f"UPDATE course SET title = '{title}' WHERE id = 1")
        school.run(only="to_datawarehouse")
    report = school.run(only="to_datamart")
    assert report.marts["dm_courses_modules_lessons_streams"] == 18
    history = school.mart("""SELECT h_course_title FROM dm_courses_modules_lessons_streams_history
        WHERE h_lesson_id = 1 ORDER BY dm_course_module_lesson_stream_load_ts""")
    assert [title for (title,) in history] == ["Data Science", "B", "A", "Data Science"]
    assert school.differences() == []


def test_rows_in_use_are_counted_and_timed(school: World) -> None:
    report = school.run()
    assert report.counts["h_lessons"] == 36
    assert {"e_from_pg_datasource", "t_find_new_rows", "l_update_h_lesson", "close"} <= report.seconds.keys()
    ((counts, seconds),) = school.vault(
        "SELECT counts, seconds FROM control.load_steps WHERE step = 'l_update_s_lesson'"
    )
    assert counts == {"s_lessons": 36}
    assert seconds >= 0


def test_a_load_is_not_closed_before_every_step_is_done(school: World) -> None:
    """As when an operator marks a task as successful that never ran."""
    run, load = begun(school)
    *others, last = run.insert_steps(load)
    for step in others:
        step.work()
    with pytest.raises(StepMissing, match=rf"close: not done yet: {last.name}"):
        run.close(load)
    assert statuses(school) == ["open"]
    last.work()
    run.close(load)
    school.run(only="to_datamart")
    assert school.differences() == []


def test_a_step_that_comes_too_early_is_refused(school: World) -> None:
    run = ToDatawarehouse(school.model, school.stores)
    load = run.e_from_pg_datawarehouse()
    with pytest.raises(StepMissing, match="t_find_new_rows: not done yet: e_from_pg_datasource"):
        run.t_find_new_rows(load)
    run.e_from_pg_datasource(load)
    for step in run.insert_steps(load):
        with pytest.raises(StepMissing, match="not done yet: t_find_new_rows"):
            step.work()
    with pytest.raises(StepMissing):
        run.close(load)
    assert school.row_counts()["h_lessons"] == 0


def test_a_step_of_a_load_that_a_restored_warehouse_lost_writes_nothing(school: World) -> None:
    """Its number belongs to another load by now."""
    run, load = begun(school)
    lost = replace(load, load_ts=load.load_ts - timedelta(days=1))
    for step in run.insert_steps(lost):
        with pytest.raises(LoadRolledBack, match="a restored warehouse does not know it"):
            step.work()
    insert_all(run, load)
    run.close(load)
    assert school.row_counts()["h_lessons"] == 36


def test_a_load_may_begin_anew_from_the_source(school: World) -> None:
    """The source changed between the two extractions of one load: only the later one counts."""
    school.run()
    school.change("UPDATE course SET title = 'Seen first' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id = 36")
    run, load = begun(school)
    insert_all(run, load)
    school.change("UPDATE course SET title = 'Data Science' WHERE id = 1; UPDATE stream SET name = 'Seen later'")
    run.e_from_pg_datasource(load)
    with pytest.raises(StepMissing):
        run.close(load)
    changes = run.t_find_new_rows(load)["courses"]
    assert (changes.new, changes.changed, changes.deleted) == (0, 35, 1)
    insert_all(run, load)
    run.close(load)
    school.run(only="to_datamart")
    assert school.differences() == []
    assert school.vault("SELECT count(*) FROM vault.s_courses WHERE s_course_title = 'Seen first'") == [(0,)]


def test_steps_of_a_closed_load_change_nothing_and_say_what_they_did(school: World) -> None:
    run, load = begun(school)
    changes = run.t_find_new_rows(load)
    insert_all(run, load)
    run.close(load)
    before = school.row_counts()
    school.change("DELETE FROM stream_module_lesson WHERE id = 36")
    assert run.e_from_pg_datasource(load) == {"stage.courses": 36}
    assert run.t_find_new_rows(load) == changes
    insert_all(run, load)
    run.close(load)
    assert school.row_counts() == before
    assert school.run().changes["courses"].deleted == 1


def test_staging_that_a_crash_emptied_is_noticed(school: World) -> None:
    """Tables that are not logged are empty after a crash; that must not look like deletes."""
    school.run()
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 1")
    emptied = "TRUNCATE stage.courses, stage.courses_gone, stage.selections"
    run, load = begun(school)
    with school.stores.warehouse.session() as session:
        session.execute(SQL(emptied))
    for step in run.insert_steps(load):
        with pytest.raises(StagingLost):
            step.work()
    with pytest.raises(StagingLost):
        run.e_from_pg_datasource(load)
    assert school.run().changes["courses"].changed == 6
    assert school.differences() == []


def test_a_comparison_that_is_repeated_after_bad_rows_reads_the_source_again(school: World) -> None:
    """As an operator does who mends them, and clears the task that failed and those after it."""
    school.run()
    school.change("UPDATE course SET created_at = 'infinity' WHERE id = 1")
    run = ToDatawarehouse(school.model, school.stores)
    load = run.e_from_pg_datawarehouse()
    run.e_from_pg_datasource(load)
    for _ in range(2):
        with pytest.raises(BadRowsError):
            run.t_find_new_rows(load)
    school.change("UPDATE course SET created_at = now(), title = 'Mended' WHERE id = 1")
    assert run.t_find_new_rows(load)["courses"].changed == 6
    insert_all(run, load)
    run.close(load)
    assert school.run(only="to_datamart").anything_new
    assert school.differences() == []
