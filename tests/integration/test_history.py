"""An entity's life as the vault tells it: every kind of change, in both models, and who may ask how."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import skyeng
from conftest import World
from skyeng.cli.main import cli
from skyeng.config import Settings
from skyeng.errors import SkyengError, UnknownKey, UsageError
from skyeng.sql import SQL
from skyeng.vault.entity_history import Event, entity_history, find_hub

Told = tuple[str, str, tuple[str, ...], tuple[str, ...]]


def events(world: World, hub: str, *key: str) -> list[Event]:
    with world.stores.warehouse.session(snapshot=True) as session:
        return entity_history(session, world.model, find_hub(world.model, hub), key)


def told(world: World, hub: str, *key: str) -> list[list[Told]]:
    """What each load changed, without its timestamp."""
    found: dict[Any, list[Told]] = {}
    for it in events(world, hub, *key):
        found.setdefault(it.load_ts, []).append((it.event, it.what, it.old, it.new))
    assert list(found) == sorted(found)
    return list(found.values())


def later(world: World, *changes: str) -> None:
    for change in changes:
        world.change(change)
        world.run(only="to_datawarehouse", may_be_empty=True)


@pytest.fixture
def loaded(school: World) -> World:
    school.run(only="to_datawarehouse")
    return school


def test_the_first_load_tells_attributes_and_combinations(loaded: World) -> None:
    (((ts,),), first) = (loaded.vault("SELECT load_ts FROM control.loads"), events(loaded, "module", "2"))
    assert {it.load_ts for it in first} == {ts}
    assert [(it.event, it.what, it.old, it.new) for it in first if it.what != "created_at"] == [
        ("appeared", "", (), ()),
        ("changed", "title", (), ("Math",)),
        ("changed", "order_in_stream", (), ("2",)),
        ("linked", "course", (), ("1",)),
        ("linked", "lesson", (), ("3", "4")),
        ("linked", "stream", (), ("1",)),
    ]


def test_renames_there_and_back(loaded: World) -> None:
    rename = "UPDATE course SET title = '{}' WHERE id = 1".format
    later(loaded, rename("B"), rename("Data Science"))
    assert told(loaded, "course", "1")[1:] == [
        [("changed", "title", ("Data Science",), ("B",))],
        [("changed", "title", ("B",), ("Data Science",))],
    ]


def test_a_move_there_and_back_is_told_in_business_keys(loaded: World) -> None:
    move = "UPDATE stream_module_lesson SET stream_module_id = {} WHERE id = 1".format
    later(loaded, move(2), move(6), move(1))
    assert told(loaded, "lesson", "1")[1:] == [
        [("linked", "module", ("1",), ("2",))],
        [
            ("linked", "course", ("1",), ("2",)),
            ("linked", "module", ("2",), ("6",)),
            ("linked", "stream", ("1",), ("2",)),
        ],
        [
            ("linked", "course", ("2",), ("1",)),
            ("linked", "module", ("6",), ("1",)),
            ("linked", "stream", ("2",), ("1",)),
        ],
    ]
    assert told(loaded, "course", "1")[1:] == [
        [("linked", "lesson", ("1",), ())],
        [("linked", "lesson", (), ("1",))],
    ], "a move within the course is nothing to the course"
    assert told(loaded, "module", "2")[1:] == [
        [("linked", "lesson", (), ("1",))],
        [("linked", "lesson", ("1",), ())],
    ]


def test_deleted_and_inserted_again_with_another_title(loaded: World) -> None:
    later(
        loaded,
        "DELETE FROM stream_module_lesson WHERE id = 1",
        "INSERT INTO stream_module_lesson (id, title, stream_module_id) VALUES (1, 'Again', NULL)",
        "DELETE FROM stream_module_lesson WHERE id = 1",
    )
    ended = ("linked", "course", ("1",), ()), ("linked", "module", ("1",), ()), ("linked", "stream", ("1",), ())
    _, gone, again, last = told(loaded, "lesson", "1")
    assert gone == [("deleted", "", (), ()), *ended]
    assert again[0] == ("reappeared", "", (), ())
    assert ("changed", "title", ("Variables",), ("Again",)) in again
    assert not any(event == "linked" for event, *_ in again), "without a module there is no pair to tell of"
    assert last == [("deleted", "", (), ())]


def test_null_empty_and_values_that_need_care(loaded: World) -> None:
    title = "UPDATE course SET title = {} WHERE id = 1".format
    later(loaded, title("NULL"), title("''"), title("'Łódź ''n'' \\N; {x} 100%'"))
    assert told(loaded, "course", "1")[1:] == [
        [("changed", "title", ("Data Science",), ())],
        [("changed", "title", (), ("",))],
        [("changed", "title", ("",), ("Łódź 'n' \\N; {x} 100%",))],
    ]


def test_a_load_that_is_not_closed_or_was_rolled_back_is_not_told(
    loaded: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skyeng.runs.to_datawarehouse import ToDatawarehouse

    before = {key: told(loaded, *key) for key in (("course", "1"), ("lesson", "1"))}

    def broken(*_: object) -> None:
        raise SkyengError("the machine went away")

    loaded.change("""UPDATE course SET title = 'never' WHERE id = 1;
        UPDATE stream_module_lesson SET stream_module_id = 6 WHERE id = 1;
        INSERT INTO course (id, title) VALUES (9, 'never')""")
    with monkeypatch.context() as patched:
        patched.setattr(ToDatawarehouse, "close", broken)
        patched.setattr(ToDatawarehouse, "roll_back", broken)
        with pytest.raises(SkyengError, match="went away"):
            loaded.run(only="to_datawarehouse")
    assert loaded.vault("SELECT count(*) FROM vault.h_courses WHERE h_course_id = 9") == [(1,)]
    check = lambda: {key: told(loaded, *key) for key in before}  # noqa: E731
    assert check() == before
    with pytest.raises(UnknownKey):
        events(loaded, "course", "9")
    later(
        loaded,
        """UPDATE course SET title = 'Data Science' WHERE id = 1;
        UPDATE stream_module_lesson SET stream_module_id = 1 WHERE id = 1; DELETE FROM course WHERE id = 9""",
    )
    assert check() == before


SHOP = """
INSERT INTO flat_order (customer_country, customer_number, customer_name, product_sku, product_price, product_weight)
VALUES ('PL', '1', 'Łucja', 'apple', 1.50, 0), ('a,b', '"', 'x', 'pear', 2, 1);
INSERT INTO stock VALUES (7, 'apple', 3)"""


def test_composite_keys_and_a_hub_that_two_feeds_load(empty_shop: World) -> None:
    later(
        empty_shop,
        SHOP,
        "UPDATE flat_order SET customer_number = '2' WHERE customer_number = '1'",
        "UPDATE flat_order SET product_weight = '-0', product_price = 1.51 WHERE product_sku = 'apple'",
        "DELETE FROM flat_order WHERE product_sku = 'apple'",
        "DELETE FROM stock",
        "INSERT INTO stock VALUES (8, 'apple', 3)",
    )
    assert told(empty_shop, "product", "apple") == [
        [
            ("appeared", "", (), ()),
            ("changed", "price", (), ("1.50",)),
            ("changed", "weight", (), ("0",)),
            ("changed", "pieces", (), ("3",)),
            ("linked", "customer", (), ("PL,1",)),
            ("linked", "depot", (), ("7",)),
        ],
        [("linked", "customer", ("PL,1",), ("PL,2",))],
        [("changed", "price", ("1.50",), ("1.51",)), ("changed", "weight", ("0",), ("-0",))],
        [("linked", "customer", ("PL,2",), ())],
        [("deleted", "", (), ()), ("linked", "depot", ("7",), ())],
        [("reappeared", "", (), ()), ("linked", "depot", (), ("8",))],
    ], "a product is there as long as any feed has it"
    assert told(empty_shop, "customer", "PL", "1")[1:] == [
        [("deleted", "", (), ()), ("linked", "product", ("apple",), ())]
    ]
    assert told(empty_shop, "product", "pear")[0][-1] == ("linked", "customer", (), ('"a,b",""""',))


def test_what_cannot_be_a_key_is_refused(loaded: World) -> None:
    for key in (("abc",), ("",), ("1.5",), ("99999999999",), ("1", "2"), (), ("1\0",)):
        with pytest.raises(UsageError, match="no business key of hub 'course'") as caught:
            events(loaded, "course", *key)
        assert "id: integer" in str(caught.value)


# The command and the notebook function


def skyeng_history(world: World, tmp_path: Path, *arguments: str) -> Result:
    stores = world.stores
    return CliRunner().invoke(
        cli,
        ["history", *arguments],
        env={
            "PG_DATASOURCE_URL": stores.source.url,
            "PG_DATAWAREHOUSE_URL": stores.warehouse.url,
            "CH_DATAMART_URL": "",
            "SKYENG_HOME": str(tmp_path),
        },
    )


def test_a_table_that_fits_a_terminal(loaded: World, tmp_path: Path) -> None:
    later(loaded, "UPDATE course SET title = '' WHERE id = 1; UPDATE course SET title = NULL WHERE id = 2")
    done = skyeng_history(loaded, tmp_path, "course", "1")
    assert (done.exit_code, done.stderr) == (0, "")
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in done.stdout.splitlines() if "│" in line]
    assert max(map(len, done.stdout.splitlines())) <= 80
    ((ts,),) = loaded.vault("SELECT to_char(max(load_ts), 'YYYY-MM-DD HH24:MI:SS.US') FROM control.loads")
    assert lines[-2] == [ts[:10], "title", "Data Science", '""']
    assert lines[-1] == [ts[11:], "", "", ""]
    assert ["", "lesson", "", "1; 2; 3; 4; 5; 6"] in lines


def test_many_keys_are_counted_for_people_and_whole_for_machines(loaded: World, tmp_path: Path) -> None:
    later(
        loaded,
        """INSERT INTO stream_module_lesson (id, title, stream_module_id)
        SELECT id, 'x', 1 FROM generate_series(101, 130) AS id""",
    )
    shown = skyeng_history(loaded, tmp_path, "module", "1").stdout
    assert "and 20 more" in " ".join(shown.replace("│", " ").split())
    rows = json.loads(skyeng_history(loaded, tmp_path, "--format", "json", "module", "1").stdout)
    assert rows[-1]["to"] == "; ".join(map(str, range(101, 131)))


def test_csv_and_json_tell_null_from_empty(loaded: World, tmp_path: Path) -> None:
    later(loaded, "UPDATE course SET title = '' WHERE id = 1", "UPDATE course SET title = 'a \"b\",\nc' WHERE id = 1")
    written = skyeng_history(loaded, tmp_path, "-m", "courses", "course", "1", "--format", "csv").stdout
    assert '"title","Data Science",""\n' in written
    rows = list(csv.DictReader(io.StringIO(written)))
    assert list(rows[0].values())[1:] == ["appeared", "\\N", "\\N", "\\N"]
    assert rows[-1]["to"] == 'a "b",\nc'
    found = json.loads(skyeng_history(loaded, tmp_path, "course", "1", "--format", "json").stdout)
    assert [{name: value or "" for name, value in row.items()} for row in found] == [
        {name: "" if value == "\\N" else value for name, value in row.items()} for row in rows
    ]
    assert (found[0]["from"], found[-1]["from"]) == (None, "")


def test_composite_keys_part_by_part(empty_shop: World, tmp_path: Path) -> None:
    later(empty_shop, SHOP)
    model = ("-m", str(empty_shop.model.directory))
    for arguments in (
        (*model, "customer", "PL", "1"),
        ("customer", "PL", "1", *model),
        ("customer", *model, "PL", "1"),
    ):
        assert "Łucja" in skyeng_history(empty_shop, tmp_path, *arguments).stdout
    assert "pear" in skyeng_history(empty_shop, tmp_path, *model, "customer", "a,b", '"').stdout
    for negative in (("depot", "-1"), ("depot", "--", "-1")):
        done = skyeng_history(empty_shop, tmp_path, *model, *negative)
        assert (done.exit_code, "business key -1" in done.stderr) == (1, True)
    alone = skyeng_history(empty_shop, tmp_path, *model, "customer", "PL")
    assert (alone.exit_code, alone.stdout) == (2, "")
    assert "2 parts (country: text, number: text)" in alone.stderr


MISTAKES: list[tuple[tuple[str, ...], int, str]] = [
    ((), 2, "course (id: integer)"),
    (("course",), 2, "1 part (id: integer)"),
    (("course", "1", "2"), 2, "1 part (id: integer)"),
    (("course", "abc"), 2, 'invalid input syntax for type integer: "abc"'),
    (("teacher", "1"), 2, "model 'courses' has no hub 'teacher'"),
    (("course", "99"), 1, "no load has brought a 'course' with the business key 99"),
    (("-m", "nosuch", "course", "1"), 2, "there is no model 'nosuch'"),
    (("course", "1", "--format", "xml"), 2, "'xml' is not one of"),
]


def test_mistakes_get_words_and_a_code(loaded: World, tmp_path: Path) -> None:
    for arguments, code, words in MISTAKES:
        done = skyeng_history(loaded, tmp_path, *arguments)
        assert (done.exit_code, done.stdout) == (code, ""), arguments
        assert words in done.stderr


@pytest.mark.slow
def test_notebooks_get_a_frame(loaded: World, tmp_path: Path) -> None:
    settings = Settings(loaded.stores.source.url, loaded.stores.warehouse.url, None, tmp_path)
    later(loaded, "UPDATE course SET title = NULL WHERE id = 1")
    frame = skyeng.history("course", 1, settings=settings)
    assert list(frame.columns) == ["load_ts", "event", "what", "from", "to"]
    assert str(frame["load_ts"].dtype) == "datetime64[us, UTC]"
    *_, last = frame.itertuples(index=False)
    assert tuple(last)[1:4] == ("changed", "title", "Data Science")
    assert frame["to"].isna().iloc[-1]
    with loaded.stores.warehouse.session() as session:
        assert session.scalar(SQL("SELECT max(load_ts) FROM control.loads")) == last[0]
    with pytest.raises(UsageError, match="no part of a business key"):
        skyeng.history("course", None, settings=settings)
    with pytest.raises(UsageError, match="no hub 'teacher'"):
        skyeng.history("teacher", 1, settings=settings)
