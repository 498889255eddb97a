"""Model files: all faults at once, each with its line and what was expected."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conftest import MODELS
from skyeng.errors import ModelError
from skyeng.model import Model, known_models, load_model

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


def test_known_models_load() -> None:
    assert "courses" in known_models()
    assert [load_model(name).name for name in known_models()] == list(known_models())


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
            "bytes, and at most 63 are allowed in schema vault",
        ),
        (
            # Its table has 60 letters, the index of its table 68.
            "plural: courses_modules_lessons_streams\n    hubs",
            "plural: " + "x" * 58 + "\n    hubs",
            "the derived index name ix_l_" + "x" * 58 + "_load_ts has 71 bytes",
        ),
        (
            "  lesson:\n    plural: lessons",
            "  lesson:\n    plural: modules",
            "the derived table name s_modules is taken already in schema vault: by satellites.module",
        ),
        ("hubs: [course, module, lesson, stream]", "hubs: [course, module, lesson, course]", "names a hub twice"),
        ("hubs: [course, module, lesson, stream]", "hubs: [course, module, lesson]", "is in no link"),
        (
            "      teacher_id: integer",
            "      teacher_id: {type: integer, column: lesson_title}",
            "the derived column name lesson_title is taken already in the rows of feed courses: "
            "by satellites.lesson.attributes.title; give one of the two another name",
        ),
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
        ("h_course_id: course_id", "row_key: course_id\n      h_course_id: course_id", "a name of the engine's own"),
        ("h_course_id: course_id", "row_hash: course_id\n      h_course_id: course_id", "a name of the engine's own"),
        ("h_course_id: course_id", "module_digest_0: course_id\n      h_course_id: course_id", "engine's own"),
        (
            "h_course_id: course_id",
            "dm_course_module_lesson_stream_uuid: course_id\n      h_course_id: course_id",
            "taken already in the columns of dm_courses_modules_lessons_streams_history: it is a name of the engine's",
        ),
        ("h_course_id: course_id", "not: course_id\n      h_course_id: course_id", "cannot read its own files again"),
        ("order_by: [h_course_id, ", "order_by: [h_course_id, h_course_id, ", "names 'h_course_id' twice"),
        (
            "s_stream_is_open: stream_is_open",
            "s_stream_is_open: {column: stream_is_open, low_cardinality: true}",
            "ClickHouse makes no dictionary of type boolean, only of text, uuid and jsonb; leave low_cardinality out",
        ),
        *(
            (
                "      order_in_stream: integer",
                f"      order_in_stream: {{type: integer, column: {name}}}",
                f"the derived column name {name} is taken already in the rows of feed courses: it is a name of the",
            )
            for name in ("ctid", "xmin", "tableoid", "row_place", "hashdiff", "load_ts", "h_lesson_hk")
        ),
        (
            "      order_in_stream: integer",
            "      order_in_stream: {type: integer, column: as_of}",
            "taken already in the columns of vault.courses_as_of: it is a name of the engine's own",
        ),
        ("order_in_stream: integer", "hashdiff: integer", "s_module_hashdiff is taken already in the columns of"),
        ("order_in_stream: integer", "load_ts: integer", "s_module_load_ts is taken already in the columns of"),
        ("order_in_stream: integer", "record_source: integer", "s_module_record_source is taken already"),
        (
            "business_key: {id: integer}}\n  stream",
            "business_key: {hk: integer}}\n  stream",
            "h_course_hk is taken already",
        ),
        ("plural: streams\n", "plural: courses_modules_lessons_streams_effectivity\n", "by satellites.stream"),
        ("model: courses", "model: " + "m" * 49, "at most 63 are allowed in schema control"),
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
    ("name", "words"),
    [
        ("orders_gone", "orders_gone is taken already in schema stage"),
        ("orders_shared", "orders_shared is taken already in schema stage"),
        ("selections", "selections is taken already in schema stage: it is a name of the engine's own"),
        ("pk_selections", "pk_selections is taken already in schema stage: it is a name of the engine's own"),
        ("h_customers", "h_customers is taken already in schema vault: by hubs.customer"),
        ("ix_h_customers_load_ts", "ix_h_customers_load_ts is taken already in schema vault: by hubs.customer"),
        ("pk_orders", "pk_orders_rows is taken already in schema control: by feeds.orders"),
        ("orders_as_of", "orders_as_of is taken already in schema vault: by feeds.orders"),
        ("s" * 45, "has 64 bytes, and at most 63 are allowed in schema control"),
    ],
)
def test_feeds_share_namespaces_with_tables_and_indexes(tmp_path: Path, name: str, words: str) -> None:
    folder = Path(shutil.copytree(MODELS / "shop", tmp_path / "shop"))
    path = folder / "model.yaml"
    path.write_text(path.read_text().replace("feed: stocks", f"feed: {name}").replace("  stocks: {", f"  {name}: {{"))
    with pytest.raises(ModelError) as caught:
        load_model(path)
    assert words in str(caught.value)


def test_a_mart_named_like_a_table_of_another_is_refused(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MODELS / "shop", tmp_path / "shop"))
    message = spoil(folder, ("    plural: stocks\n    feed: stocks", "    plural: orders_history\n    feed: stocks"))
    assert "the derived view name dm_orders_history is taken already in the datamart: by marts.order" in message


def test_a_link_that_no_feed_delivers_has_words_and_so_has_the_rest(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MODELS / "shop", tmp_path / "shop"))
    message = spoil(
        folder,
        ("\nlinks:\n", "\nlinks:\n  visit: {plural: visits, hubs: [customer, depot]}\n"),
        ("weight: product_weight", "weight: {column: product_weight, low_cardinality: true}"),
    )
    assert "links.visit: must be the grain of exactly one feed, is of 0" in message
    assert "marts.order.columns.weight.low_cardinality: ClickHouse makes no dictionary of type double" in message


def test_a_query_that_is_no_text_has_words(folder: Path) -> None:
    (folder / "source.sql").write_bytes(b"SELECT '\xff'")
    with pytest.raises(ModelError, match=r"line \d+: feeds\.courses\.query: the file source\.sql cannot be read"):
        load_model(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"model: [unclosed", "is not valid YAML"),
        (b"\xff\xfe\x00", "cannot be read"),
        (b"", "has no mapping"),
        (b"- a\n- b\n", "has no mapping"),
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
