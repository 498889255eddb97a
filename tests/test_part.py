"""`run --where`: a part of the source, by ranges of business keys; slice by slice, and resumed."""

from __future__ import annotations

import pytest
from conftest import World

from skyeng.errors import UsageError
from skyeng.part import Part, Range
from skyeng.pipeline import run


def load(world: World, *where: str) -> tuple[int, int, int]:
    changes = run(world.model, world.stores, where=where).changes["courses"]
    return changes.new, changes.changed, changes.gone


def test_slices_load_what_the_whole_would(school: World) -> None:
    assert load(school, "lesson_id=1..10") == (10, 0, 0)
    assert load(school, "lesson_id=11..30") == (20, 0, 0)
    assert load(school, "lesson_id=31..") == (6, 0, 0)
    assert school.differences() == []
    assert not school.run().anything_new


def test_a_backfill_is_taken_up_where_it_was_broken_off(school: World) -> None:
    load(school, "lesson_id=1..10")
    assert load(school, "lesson_id=1..10") == (0, 0, 0)
    assert load(school, "lesson_id=11..20") == (10, 0, 0)


def test_what_lies_outside_of_the_part_neither_changes_nor_goes(school: World) -> None:
    school.run()
    school.change(
        "DELETE FROM stream_module_lesson WHERE id IN (5, 25);"
        "UPDATE stream_module_lesson SET title = 'Renamed' WHERE id IN (6, 26)"
    )
    assert load(school, "lesson_id=1..10") == (0, 1, 1)
    assert load(school, "lesson_id=20..30") == (0, 1, 1)
    assert school.differences() == []


def test_a_changed_course_is_told_of_all_its_lessons(school: World) -> None:
    """The part brings the course's new title; the warehouse holds it for every row of the course."""
    school.run()
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 1")
    new, changed, gone = load(school, "lesson_id=1..2")
    assert (new, gone) == (0, 0)
    assert changed == 6, "lessons of the course, also those outside of the part"
    assert school.differences() == []
    assert not school.run().anything_new


def test_several_ranges_hold_at_once(school: World) -> None:
    new, _, _ = load(school, "course_id=2", "lesson_id=..18")
    assert 0 < new < 36
    assert school.run().changes["courses"].new == 36 - new


def test_rows_without_the_key_are_in_no_part(school: World) -> None:
    school.change("INSERT INTO course (id, title) VALUES (99, 'Without streams')")
    assert load(school, "lesson_id=1..") == (36, 0, 0)
    assert load(school) == (1, 0, 0)
    assert school.differences() == []


@pytest.mark.parametrize("text", ["lesson_id", "lesson_id=", "lesson_id=..", "=1..2", "lesson id=1", "1=1 --"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read the range"):
        Range.read(text)


def test_a_column_that_is_no_business_key_is_refused(school: World) -> None:
    with pytest.raises(UsageError, match="no feed of model 'courses' has lesson_title as business key") as raised:
        Part.of(school.model, ["lesson_title=a..b"])
    assert "lesson_id" in str(raised.value.expected)


def test_an_apostrophe_ends_no_literal(school: World) -> None:
    with pytest.raises(Exception, match="invalid input syntax for type integer"):
        load(school, "lesson_id=1' OR '1'='1..2")
    assert school.row_counts()["h_lessons"] == 0
