"""Model files: all faults at once, each with its line and what was expected."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from conftest import MODELS

from skyeng.errors import ModelError
from skyeng.model import Model, built_in_models, load_model

COURSES = Path(load_model("courses").directory)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the courses model, to be spoilt."""
    return Path(shutil.copytree(COURSES, tmp_path / "model"))


def spoil(folder: Path, *replacements: tuple[str, str]) -> str:
    path = folder / "model.yaml"
    text = path.read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_built_in_models_load() -> None:
    assert "courses" in built_in_models()
    assert [load_model(name).name for name in built_in_models()] == built_in_models()


def test_names_are_derived_as_the_contract_says(courses: Model) -> None:
    assert [hub.table for hub in courses.hubs] == ["h_courses", "h_streams", "h_modules", "h_lessons"]
    assert [satellite.table for satellite in courses.satellites] == ["s_courses", "s_streams", "s_modules", "s_lessons"]
    (link,) = courses.links
    assert link.table == "l_courses_modules_lessons_streams"
    assert link.effectivity.table == "s_courses_modules_lessons_streams_effectivity"
    course, lesson = courses.hub("course"), courses.satellites[3]
    assert (course.column("id"), course.load_ts) == ("h_course_id", "h_course_load_ts")
    assert (lesson.column("start_at"), lesson.record_source) == ("s_lesson_start_at", "s_lesson_record_source")
    assert courses.marts[0].key == "dm_course_module_lesson_stream_uuid"


def test_values_are_frozen(courses: Model) -> None:
    with pytest.raises(ValueError, match="frozen"):
        courses.hubs[0].name = "other"
    assert hash(courses.hubs[0]) == hash(load_model("courses").hubs[0])


def test_every_fault_is_reported_at_once_with_its_line(folder: Path) -> None:
    message = spoil(
        folder,
        ("teacher_id: integer", "teacher_id: intger"),
        ("hubs: [course, module", "hubs: [course, modul"),
        ("    feed: courses", "    feed: nosuch\n    colour: red"),
        ("stream: {plural: streams, ", "stream: {"),
        ("source: pg_datasource", "source: PG-Source"),
    )
    lines = (folder / "model.yaml").read_text().splitlines()
    for needle, words in {
        "intger": "unknown type 'intger'; expected one of: boolean, smallint",
        "modul,": "refers to hub 'modul', which is not declared (declared: course, lesson, module, stream)",
        "nosuch": "refers to feed 'nosuch'",
        "colour": "is not a key of this part of a model",
        "stream: {business_key": "is missing",
        "PG-Source": "must be a plain name",
    }.items():
        number = next(place for place, line in enumerate(lines, start=1) if needle in line)
        assert any(f"line {number}:" in line and words in line for line in message.splitlines()), words
    assert message.startswith("6 faults in ")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("grain: course_module_lesson_stream", "grain: nothing", "refers to link 'nothing'"),
        ("query: source.sql", "query: absent.sql", "there is no file absent.sql beside the model file"),
        ("h_course_id: course_id", "h_course_id: course_ident", "feed 'courses' has no column 'course_ident'"),
        ("order_by: [h_course_id", "order_by: [h_course_title", "'h_course_title' can change"),
        ("order_by: [h_course_id", "order_by: [h_nothing", "'h_nothing' is not a column of this mart"),
        (
            "course: {plural: courses, business_key: {id: integer}}",
            "course: {plural: courses, business_key: {id: double}}",
            "cannot identify anything",
        ),
        (
            "plural: courses_modules_lessons_streams\n    hubs",
            "plural: " + "x" * 60 + "\n    hubs",
            "at most 63 are kept",
        ),
        (
            "  lesson:\n    plural: lessons",
            "  lesson:\n    plural: modules",
            "the derived name s_modules is taken already",
        ),
        ("hubs: [course, module, lesson, stream]", "hubs: [course, module, lesson, course]", "names a hub twice"),
        ("hubs: [course, module, lesson, stream]", "hubs: [course, module, lesson]", "is in no link"),
        ("      teacher_id: integer", "      teacher_id: {type: integer, column: lesson_title}", "is used by both"),
        ("load: compare", "load: guess", "input should be 'compare'"),
        (
            "      order_in_stream: integer",
            "      order_in_stream: {type: integer, column: row_key}",
            "a name of the engine's own",
        ),
        (
            "      order_in_stream: integer",
            "      order_in_stream: {type: integer, column: module_digest_source}",
            "a name of the engine's own",
        ),
        ("h_course_id: course_id", "version: course_id\n      h_course_id: course_id", "a name of the engine's own"),
        ("model: courses", "model: control", "'control' is the engine's own name"),
    ],
)
def test_each_fault_has_words(folder: Path, old: str, new: str, words: str) -> None:
    assert words in spoil(folder, (old, new))


def test_several_feeds_ask_for_a_satellites_feed(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MODELS / "shop", tmp_path / "shop"))
    message = spoil(folder, ("    plural: customers\n    feed: orders\n", "    plural: customers\n"))
    assert "must name its feed: the model has several" in message


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"model: [unclosed", "is not valid YAML"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"", "holds no mapping"),
        (b"- a\n- b\n", "holds no mapping"),
        (b"model: x\n", "is missing"),
        (b"model: x\nmodel: y\n", "line 2"),
        (b"hubs:\n  a: {plural: as}\n  a: {plural: bs}\n", "'a' is declared twice"),
        (b"? [a, b]\n: c\n", "a key must be a name"),
        (b"model: \x07\n", "is not valid YAML"),
        (b"model: !nosuch x\n", "is missing"),
        (b"hubs: {on: {plural: ons, business_key: {id: integer}}}\n", "is missing"),
        (b"model: x\nsource: s\nfeeds: 3\nhubs: 4\nlinks: nothing\n", "links"),
    ],
)
def test_unreadable_files_have_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "model.yaml"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=words):
        load_model(path)


def test_an_unknown_model_lists_those_there_are() -> None:
    with pytest.raises(ModelError, match="there is no model 'curses'") as caught:
        load_model("curses")
    assert "courses" in str(caught.value)
