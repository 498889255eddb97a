"""`run --where`: a part of the source, by ranges of business keys; slice by slice, and resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import World
from skyeng.detection.key_range import KeyRange, KeyRanges
from skyeng.errors import BadRowsError, UsageError
from skyeng.model import Model
from skyeng.runs import run
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.sql import SQL

pytestmark = pytest.mark.slow


def load(world: World, *where: str) -> tuple[int, int, int]:
    changes = run(world.model, world.stores, where=where).changes["courses"]
    return changes.new, changes.changed, changes.deleted


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


def test_a_slice_that_died_half_way_is_loaded_by_the_next_try(school: World) -> None:
    load(school, "lesson_id=1..10")
    slice_ = ToDatawarehouse(school.model, school.stores, key_ranges=KeyRanges.of(school.model, ["lesson_id=11..20"]))
    died = slice_.e_from_pg_datawarehouse()
    slice_.e_from_pg_datasource(died)
    slice_.t_find_new_rows(died)
    for step in slice_.insert_steps(died)[:2]:
        step.work()
    assert load(school, "lesson_id=1..10") == (0, 0, 0)
    assert load(school, "lesson_id=11..20") == (10, 0, 0)
    assert load(school, "lesson_id=21..") == (16, 0, 0)
    assert school.differences() == []


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
    assert load(school, "lesson_id=5..20", "lesson_id=..10") == (6, 0, 0)


def test_a_lesson_that_moved_is_in_one_place_whatever_the_part(school: World) -> None:
    """Only the driving key cuts: a lesson's old place and its new one are in the same part."""
    school.run()
    school.change("UPDATE stream_module_lesson SET stream_module_id = 18 WHERE id = 1")
    assert load(school, "lesson_id=1") == (1, 0, 1)
    assert school.differences() == []
    for other in ("module_id=18", "course_id=1..2", "stream_id=1"):
        with pytest.raises(UsageError, match="can be limited by"):
            load(school, other)


def test_a_contradiction_within_the_part_stops_it(school: World, tmp_path: Path) -> None:
    """Two rows of a course that do not agree, as a query of one's own may deliver them."""
    school.run()
    feed = school.model.feeds[0]
    query = (school.model.directory / feed.query).read_text()
    wrong = query.replace("course.title ", "CASE WHEN lesson.id = 1 THEN 'Another' ELSE course.title END ", 1)
    assert wrong != query
    (tmp_path / feed.query).write_text(wrong)
    model = school.model.model_copy(update={"directory": tmp_path})
    steps = ToDatawarehouse(model, school.stores, key_ranges=KeyRanges.of(model, ["lesson_id=1..6"]))
    begun = steps.e_from_pg_datawarehouse()
    steps.e_from_pg_datasource(begun)
    with pytest.raises(BadRowsError, match="changes 'course' here, while other rows"):
        steps.t_find_new_rows(begun)


def test_texts_are_compared_byte_by_byte(shop: Model) -> None:
    """Whatever the collations of two servers."""
    part = KeyRanges((KeyRange("product_sku", "a", "z"),))
    feed = next(feed for feed in shop.feeds if part.covers(shop, feed))
    condition = part.condition(shop, feed, {column.name: SQL("x") for column in shop.row_key(feed)})
    assert condition.text.count('COLLATE "C"') == 4


def test_the_datamart_has_no_part(school: World) -> None:
    with pytest.raises(UsageError, match="to_datamart does not read the source"):
        run(school.model, school.stores, only="to_datamart", where=["lesson_id=1"])


@pytest.mark.parametrize("text", ["lesson_id=abc", "lesson_id=1' OR '1'='1..2", "lesson_id=9..1"])
def test_what_is_no_number_is_refused_before_anything_is_opened(school: World, text: str) -> None:
    with pytest.raises(UsageError):
        load(school, text)
    assert school.vault("SELECT count(*) FROM control.loads") == [(0,)]


def test_rows_without_the_key_are_in_no_part(school: World) -> None:
    school.change("INSERT INTO course (id, title) VALUES (99, 'Without streams')")
    assert load(school, "lesson_id=1..") == (36, 0, 0)
    assert load(school) == (1, 0, 0)
    assert school.differences() == []


@pytest.mark.parametrize("text", ["lesson_id", "lesson_id=", "lesson_id=..", "=1..2", "lesson id=1", "1=1 --"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read the range"):
        KeyRange.read(text)


def test_a_column_that_is_no_business_key_is_refused(school: World) -> None:
    with pytest.raises(UsageError, match="no feed of model 'courses' can be limited by lesson_title") as raised:
        KeyRanges.of(school.model, ["lesson_title=a..b"])
    assert "lesson_id" in str(raised.value.expected)
