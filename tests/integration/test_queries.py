"""Named queries against answers computed by hand on the sample, and what notebooks get."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

import skyeng
from conftest import World
from skyeng.config import Settings
from skyeng.errors import UsageError
from skyeng.marts import queries
from skyeng.sql import SQL

DM = "dm_courses_modules_lessons_streams"


def ask(world: World, name: str) -> list[tuple[Any, ...]]:
    return world.mart(queries.find(world.model, name).statement.text)


@pytest.fixture
def loaded(school: World) -> World:
    school.run()
    return school


def today(world: World) -> date:
    ((day,),) = world.source("SELECT start_at::date + 17 FROM stream WHERE id = 1")
    return day


def test_every_query_says_what_it_answers(school: World) -> None:
    known = queries.named_queries(school.model)
    assert [query.name for query in known] == ["lessons-lacking", "lessons-per-course", "open-streams", "teacher-load"]
    for query in known:
        assert query.question.endswith("?")
        assert query.notes.endswith(".")


def test_lessons_per_course(loaded: World) -> None:
    assert ask(loaded, "lessons-per-course") == [("Data Analysis", 6), ("Data Engineering", 6), ("Data Science", 6)]


def test_open_streams_with_their_next_lesson(loaded: World) -> None:
    """Three run: DS began 17 days ago, DE 10, DA 3, a lesson a week: theirs are the 4th, 3rd and 2nd.
    One is to come in 30 days; two are over.
    """
    day = today(loaded)
    at = lambda days: datetime.combine(day + timedelta(days=days), datetime.min.time()) + timedelta(hours=18)  # noqa: E731
    assert ask(loaded, "open-streams") == [
        ("Data Analysis", "DA_Stream_2", at(4), "Data Structures"),
        ("Data Engineering", "DE_Stream_2", at(4), "SQL"),
        ("Data Science", "DS_Stream_1", at(4), "Linear Algebra"),
        ("Data Analysis", "DA_Stream_3", at(30), "Variables"),
    ]


def test_open_streams_leave_out_the_closed_and_deleted_and_show_those_without_a_lesson(loaded: World) -> None:
    loaded.change("""
        UPDATE stream SET is_open = false WHERE id = 1;
        UPDATE stream SET deleted_at = now() WHERE id = 3;
        UPDATE stream_module_lesson SET deleted_at = now() WHERE title = 'Data Structures';
        INSERT INTO stream (id, course_id, name, is_open) VALUES (9, 1, 'Bare', true)""")
    loaded.run()
    assert [(stream, lesson) for _, stream, _, lesson in ask(loaded, "open-streams")] == [
        ("DA_Stream_2", "Apache Superset"),
        ("DA_Stream_3", "Variables"),
        ("Bare", None),
    ]


def test_teacher_load_by_week(loaded: World) -> None:
    """A teacher a stream, a lesson of 90 minutes a week: six weeks of one lesson each."""
    rows = ask(loaded, "teacher-load")
    assert len(rows) == 36
    assert {(lessons, hours) for _, _, lessons, hours in rows} == {(1, 1.5)}
    assert {teacher for teacher, *_ in rows} == {101, 102, 103, 104, 105, 106}
    assert all(week.weekday() == 0 for _, week, _, _ in rows)
    loaded.change(
        "UPDATE stream_module_lesson SET teacher_id = 101, start_at = '2026-01-07', end_at = '2026-01-07 00:20'"
        " WHERE id > 30"
    )
    loaded.run()
    assert (101, date(2026, 1, 5), 6, 2.0) in ask(loaded, "teacher-load")


def test_lessons_lacking_homework_or_recording(loaded: World) -> None:
    """No Calculus has homework; of the lessons that are over, Reporting alone was not recorded."""
    assert ask(loaded, "lessons-lacking") == [
        ("Data Analysis", "DA_Stream_1", "Reporting", False, True),
        ("Data Science", "DS_Stream_1", "Calculus", True, False),
    ]


def test_an_unknown_query_lists_those_there_are(school: World) -> None:
    with pytest.raises(UsageError) as caught:
        queries.find(school.model, "nosuch")
    assert "open-streams: Which streams are open now" in str(caught.value)


def test_as_of_reads_the_mart_as_it_was(loaded: World) -> None:
    ((first,),) = loaded.vault("SELECT max(load_ts) FROM control.loads")
    loaded.change(
        "UPDATE course SET title = 'Renamed' WHERE id = 1; DELETE FROM stream_module_lesson WHERE stream_module_id > 9"
    )
    loaded.run()
    statement = queries.find(loaded.model, "lessons-per-course").statement
    assert ask(loaded, "lessons-per-course")[-1] == ("Renamed", 6)
    assert loaded.mart(queries.as_of(statement, loaded.model, first).text)[-1] == ("Data Science", 6)
    earlier = queries.as_of(statement, loaded.model, first - timedelta(microseconds=1))
    assert loaded.mart(earlier.text) == []


@pytest.mark.parametrize(
    "statement",
    [
        f"SELECT count() FROM {DM}",
        f"WITH 1 AS one SELECT count() * one FROM {DM}",
        f"-- a comment\nWITH x AS (SELECT * FROM {DM}) SELECT count() FROM x",
        f"/* WITH */ SELECT count() FROM (SELECT * FROM {DM})",
        f"WITH RECURSIVE x AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM x WHERE i < 2) SELECT count() FROM {DM}",
    ],
)
def test_as_of_takes_any_statement(loaded: World, statement: str) -> None:
    ((first,),) = loaded.vault("SELECT max(load_ts) FROM control.loads")
    loaded.change("DELETE FROM stream_module_lesson")
    loaded.run()
    assert loaded.mart(queries.as_of(SQL(statement), loaded.model, first).text) == [(36,)]


def test_as_of_takes_a_time_in_any_zone(loaded: World) -> None:
    ((first,),) = loaded.vault("SELECT max(load_ts) FROM control.loads")
    loaded.change("DELETE FROM stream_module_lesson")
    loaded.run()
    count = SQL(f"SELECT count() FROM {DM}")
    west = first.astimezone(timezone(timedelta(hours=-5)))
    assert loaded.mart(queries.as_of(count, loaded.model, west).text) == [(36,)]
    assert loaded.mart(queries.as_of(count, loaded.model, first.replace(tzinfo=None)).text) == [(36,)]


def test_as_of_refuses_what_would_read_the_present(loaded: World) -> None:
    with pytest.raises(UsageError, match="without its database"):
        queries.as_of(SQL(f"SELECT count() FROM datamart.{DM}"), loaded.model, datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.slow
def test_notebooks_get_frames_with_right_dtypes(loaded: World, tmp_path: Path) -> None:
    settings = Settings(
        datasource_url=loaded.stores.source.url,
        warehouse_url=loaded.stores.warehouse.url,
        datamart_url=loaded.stores.datamart.url,
        home=tmp_path,
    )
    loaded.change(
        "INSERT INTO course (id, title) VALUES (4, 'Design');"
        "UPDATE stream_module_lesson SET teacher_id = NULL WHERE id = 1"
    )
    report = skyeng.run(settings=settings)
    assert report.changes["courses"].new == 1
    assert all(result.equal for result in skyeng.verify(settings=settings))
    frame = skyeng.query("lessons-per-course", settings=settings)
    assert dict(zip(frame["course"], frame["lessons"], strict=True)) == {
        "Data Analysis": 6,
        "Data Engineering": 6,
        "Data Science": 6,
        "Design": 0,
    }
    whole = skyeng.query(sql=f"SELECT * FROM {DM} ORDER BY h_lesson_id", settings=settings)
    kinds = whole.dtypes.astype(str)
    assert kinds["s_lesson_teacher_id"] == "Int32"
    assert whole["s_lesson_teacher_id"].isna().sum() == 2
    assert kinds["s_stream_is_open"] == "boolean"
    assert kinds["s_lesson_start_at"].startswith("datetime64[us")
    assert whole["h_lesson_title"].isna().sum() == 1
    nothing = skyeng.query(sql=f"SELECT h_course_title, h_lesson_id FROM {DM} WHERE false", settings=settings)
    assert (list(nothing.columns), len(nothing)) == (["h_course_title", "h_lesson_id"], 0)
    assert str(nothing["h_lesson_id"].dtype) == "Int64"
    model = skyeng.load_model("courses")
    assert skyeng.query("lessons-per-course", model=model, settings=settings).equals(frame)
    with pytest.raises(UsageError, match="ask one question"):
        skyeng.query(settings=settings)
