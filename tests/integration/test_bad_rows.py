"""Rows that cannot be loaded: the load stops before anything is written, and says which and why."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from conftest import Servers, World
from declared import declared, migrated
from samples import some
from skyeng.errors import BadRowsError, SourceError
from skyeng.model import load_model

pytestmark = pytest.mark.slow

GOOD = """INSERT INTO flat_order (customer_country, customer_number, customer_name, product_sku, product_price)
VALUES ('PL', '1', 'Łucja', 'apple', 1.50), ('PL', '2', 'O''Hara', 'apple', 1.50);
INSERT INTO stock VALUES (1, 'apple', 5)"""


def refused(world: World, change: str, **options: Any) -> str:
    """The message of a run after a change that must not load; nothing may have been written."""
    before = world.row_counts()
    world.change(change)
    with pytest.raises(BadRowsError) as caught:
        world.run(**options)
    assert world.row_counts() == before
    ((status,),) = world.vault("SELECT status FROM control.loads ORDER BY load_id DESC LIMIT 1")
    assert status == "rolled back"
    return str(caught.value)


@pytest.mark.parametrize("value", ["infinity", "-infinity", "0001-01-01 BC", "10000-01-01"])
def test_a_timestamp_that_clickhouse_would_bend(school: World, value: str) -> None:
    school.run()
    message = refused(school, f"UPDATE stream_module_lesson SET end_at = '{value}' WHERE id = 12")
    assert "lesson_end_at = " in message
    assert (
        "is a value that the datamart cannot store (it stores 0001-01-01 00:00:00 to 9999-12-31 23:59:59.999999)"
        in message
    )
    assert '"lesson_id": 12' in message
    assert "nothing was written" in message
    school.change("UPDATE stream_module_lesson SET end_at = NULL WHERE id = 12")
    school.run()
    assert school.differences() == []


def test_the_warehouse_alone_may_hold_infinity(school: World) -> None:
    """The limit is the mart's: a model without one loads such a value as it is."""
    alone = school.without_datamart()
    alone.change("UPDATE stream_module_lesson SET end_at = 'infinity' WHERE id = 12")
    alone.run()
    assert alone.vault("SELECT count(*) FROM vault.courses WHERE lesson_end_at = 'infinity'") == [(1,)]
    assert alone.differences() == []


def test_many_bad_rows_are_cut_short(school: World) -> None:
    message = refused(school, "UPDATE stream_module_lesson SET end_at = 'infinity', description = repeat('long ', 999)")
    assert message.count("row: ") == 5
    assert "and more" in message
    assert len(message) < 5000


def test_part_of_a_business_key_is_missing(empty_shop: World) -> None:
    empty_shop.change(GOOD)
    empty_shop.run()
    message = refused(empty_shop, "INSERT INTO flat_order (customer_country, product_sku) VALUES ('DE', 'pear')")
    assert "the business key of 'customer' is incomplete (customer_country, customer_number)" in message
    assert '"customer_country": "DE"' in message


def test_a_row_without_any_business_key(empty_shop: World) -> None:
    message = refused(empty_shop, GOOD + "; INSERT INTO flat_order (customer_name) VALUES ('nobody')")
    assert "the row key is empty" in message
    assert "nobody" in message


@pytest.mark.parametrize("loaded", [False, True])
def test_a_row_key_delivered_twice(empty_shop: World, loaded: bool) -> None:
    """Also where one of the two rows is known: else it would be forgotten, and the other one loaded over it."""
    empty_shop.change(GOOD)
    if loaded:
        empty_shop.run()
    message = refused(empty_shop, "INSERT INTO stock VALUES (1, 'apple', 6)")
    assert "feed 'stocks'" in message
    assert "more than one row with this row key" in message
    assert '"product_pieces": 6' in message
    empty_shop.change("DELETE FROM stock WHERE pieces = 5")
    assert empty_shop.run().anything_new
    assert empty_shop.differences() == []


@pytest.mark.parametrize(("loaded", "full"), some(list(product([False, True], repeat=2)), 2))
def test_a_row_delivered_twice(empty_shop: World, loaded: bool, full: bool) -> None:
    empty_shop.change(GOOD)
    if loaded:
        empty_shop.run()
    message = refused(empty_shop, "INSERT INTO stock VALUES (1, 'apple', 5)", full=full)
    assert "feed 'stocks'" in message
    assert "the feed delivers this row more than once: write SELECT DISTINCT" in message
    assert message.count('"depot_code": 1') == 2
    empty_shop.change("UPDATE stock SET pieces = 7")
    assert "this row more than once" in refused(empty_shop, "SELECT")
    empty_shop.change("DELETE FROM stock WHERE ctid = (SELECT min(ctid) FROM stock)")
    empty_shop.run()
    assert empty_shop.differences() == []


@pytest.mark.parametrize("loaded", [False, True])
def test_attributes_of_what_has_no_key(empty_shop: World, loaded: bool) -> None:
    """They would be dropped without a word, and the source never be equal to the warehouse."""
    if loaded:
        empty_shop.change(GOOD)
        empty_shop.run()
    message = refused(
        empty_shop,
        "INSERT INTO flat_order (customer_country, customer_number, product_price) VALUES ('PL', '1', 2.50)",
    )
    assert "the business key of 'product' is empty, and attributes of it are there" in message
    assert '"product_price": 2.50' in message
    empty_shop.change("UPDATE flat_order SET product_price = NULL, customer_name = 'Łucja' WHERE product_sku IS NULL")
    empty_shop.run()
    assert empty_shop.differences() == []


#: Shelves, of which each stands in one room: the driving key is a text, or a number by which rows are placed.
KEYS = {"text": ("text", "'s' || "), "integer": ("integer", ""), "two": ("text", "'s' || ")}


@pytest.fixture(params=some(sorted(KEYS), 2))
def shelves(request: pytest.FixtureRequest, servers: Servers, tmp_path: Path) -> World:
    type_, written = KEYS[request.param]
    two = request.param == "two"
    model = declared(
        tmp_path / "store",
        {
            "model": "store",
            "source": "pg_datasource",
            "feeds": {"shelves": {"query": "q.sql", "grain": "shelf_room"}},
            "hubs": {
                "shelf": {"plural": "shelves", "business_key": {"id": type_, **({"side": "integer"} if two else {})}},
                "room": {"plural": "rooms", "business_key": {"id": "integer"}},
            },
            "satellites": {"shelf": {"plural": "shelves", "attributes": {"note": "text"}}},
            "links": {"shelf_room": {"plural": "shelves_rooms", "hubs": ["shelf", "room"], "driving_key": ["shelf"]}},
            "marts": {
                "shelf": {"plural": "shelves", "feed": "shelves", "columns": {"shelf": "shelf_id", "room": "room_id"}}
            },
        },
        {
            "q.sql": f"SELECT {written}shelf AS shelf_id, {'shelf AS shelf_side,' if two else ''} room AS room_id, note"
            " AS shelf_note FROM standing"
        },
    )
    return migrated(
        servers,
        model,
        "CREATE TABLE standing (shelf integer, room integer, note text);"
        "INSERT INTO standing SELECT i, i % 5, 'n' FROM generate_series(1, 40) AS i;"
        "INSERT INTO standing VALUES (NULL, 7), (NULL, 8)",
    )


def test_a_driving_key_stands_in_one_combination(shelves: World) -> None:
    """Delivered together, or beside one that stays; what has no key drives nothing, and a move is no violation."""
    words = "more than one relationship of this shelf: 'shelf_room' has one at a time"
    assert words in refused(shelves, "INSERT INTO standing VALUES (3, 9, 'n')")
    shelves.change("DELETE FROM standing WHERE room = 9")
    shelves.run()
    message = refused(shelves, "INSERT INTO standing VALUES (4, 9, 'n')")
    assert words in message
    assert '"room_id": 9' in message
    assert words in refused(shelves, "UPDATE standing SET note = 'm' WHERE shelf = 4")
    shelves.change("DELETE FROM standing WHERE shelf = 4 AND room <> 9; INSERT INTO standing VALUES (NULL, 9)")
    assert shelves.run().anything_new
    assert shelves.differences() == []
    shelves.change("UPDATE standing SET room = room + 1 WHERE shelf % 2 = 0")
    assert shelves.run().anything_new
    assert shelves.differences() == []


@pytest.mark.parametrize("full", [False, True])
def test_a_feed_that_is_suddenly_empty(empty_shop: World, full: bool) -> None:
    """A table that is filled anew looks the same: nothing ends before somebody said that it is right."""
    empty_shop.change(GOOD)
    empty_shop.run()
    before = empty_shop.row_counts()
    empty_shop.change("DELETE FROM stock")
    with pytest.raises(SourceError, match="feed 'stocks' gives no row, and gave 1 before") as caught:
        empty_shop.run(full=full)
    assert "stocks.sql" in str(caught.value)
    assert "--may-be-empty" in str(caught.value)
    assert empty_shop.row_counts() == before
    assert empty_shop.vault("SELECT count(*) FROM vault.stocks") == [(1,)]
    assert empty_shop.run(full=full, may_be_empty=True).changes["stocks"].deleted == 1
    assert empty_shop.differences() == []
    assert not empty_shop.run().anything_new
    empty_shop.change("INSERT INTO stock VALUES (2, 'pear', 5)")
    empty_shop.run()
    empty_shop.change("UPDATE stock SET code = 3")
    assert empty_shop.run().changes["stocks"].deleted == 1, "all gone, and another one came"


def test_a_feed_that_may_be_empty(empty_shop: World, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(empty_shop.model.directory, tmp_path / "shop"))
    text = (folder / "model.yaml").read_text()
    (folder / "model.yaml").write_text(text.replace("{query: stocks.sql,", "{query: stocks.sql, may_be_empty: true,"))
    world = replace(empty_shop, model=load_model(folder))
    world.change(GOOD)
    world.run()
    world.change("DELETE FROM stock")
    assert world.run().changes["stocks"].deleted == 1
    world.change("DELETE FROM flat_order")
    with pytest.raises(SourceError, match="feed 'orders' gives no row"):
        world.run()


def test_two_rows_contradict_each_other(empty_shop: World) -> None:
    """One customer under two names, in rows that arrive together."""
    message = refused(
        empty_shop,
        GOOD + "; INSERT INTO flat_order (customer_country, customer_number, customer_name, product_sku)"
        " VALUES ('PL', '1', 'Lucja', 'pear')",
    )
    assert "one 'customer', two different sets of attributes of 'customer'" in message
    assert "Łucja" in message
    assert "Lucja" in message


def test_a_changed_row_contradicts_one_that_stays(empty_shop: World) -> None:
    """One product at two prices, where only one of the rows has changed since the last load."""
    empty_shop.change(GOOD)
    empty_shop.run()
    message = refused(empty_shop, "UPDATE flat_order SET product_price = 2 WHERE customer_number = '2'")
    assert "changes 'product_offer' here, while other rows of the same 'product' do not" in message
    assert '"product_price": 2.00' in message, "as it stands in the source, not as a float"
    empty_shop.change("UPDATE flat_order SET product_price = 2")
    assert empty_shop.run().changes["orders"].changed == 2
    assert empty_shop.differences() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("DROP TABLE stream_module_lesson", 'relation "stream_module_lesson" does not exist'),
        ("ALTER TABLE course DROP COLUMN icon_url", "column course.icon_url does not exist"),
        (
            "ALTER TABLE course ALTER COLUMN title TYPE json USING to_json(title)",
            "json has no hash function, write course_title::jsonb",
        ),
        (
            "ALTER TABLE stream_module_lesson ALTER COLUMN teacher_id TYPE bigint",
            "column lesson_teacher_id is bigint, declared as integer",
        ),
        (
            "ALTER TABLE stream ALTER COLUMN start_at TYPE timestamptz",
            "column stream_start_at is timestamp with time zone, declared as timestamp",
        ),
    ],
)
def test_a_source_that_is_not_as_declared(school: World, change: str, words: str) -> None:
    school.run()
    before = school.row_counts()
    school.change(change)
    with pytest.raises(SourceError) as caught:
        school.run()
    assert words in str(caught.value)
    assert "source.sql" in str(caught.value)
    assert school.row_counts() == before
    assert school.vault("SELECT count(*) FROM control.loads WHERE status = 'open'") == [(0,)]


def test_several_columns_are_reported_at_once(school: World) -> None:
    school.change("ALTER TABLE stream ALTER COLUMN start_at TYPE timestamptz, ALTER COLUMN is_open TYPE text")
    with pytest.raises(SourceError) as caught:
        school.run()
    assert "stream_start_at" in str(caught.value)
    assert "column stream_is_open is text, declared as boolean" in str(caught.value)


def test_narrower_source_types_are_taken(school: World) -> None:
    school.change("ALTER TABLE stream ALTER COLUMN homework_deadline_days TYPE smallint")
    school.run()
    assert school.differences() == []


#: What a view does with one row of 36, and what PostgreSQL says of it.
FAILING = {
    "1 / (id - 7)": ("division by zero", "fix the row at the source, or let the query give NULL there"),
    "(CASE id WHEN 7 THEN 'seven' ELSE '1' END)::integer": ('invalid input syntax for type integer: "seven"', "fix"),
    "failing(id)": ("no seventh lesson", "PL/pgSQL function failing(integer) line 1 at RAISE"),
}


@pytest.mark.parametrize(("expression", "loaded"), some(list(product(sorted(FAILING), [False, True])), 3))
def test_a_query_that_fails_amid_its_rows(school: World, expression: str, loaded: bool) -> None:
    """The error names the feed, what was wrong, and where as far as PostgreSQL says it; nothing was written."""
    school.change(
        "CREATE FUNCTION failing(integer) RETURNS integer LANGUAGE plpgsql AS "
        "'BEGIN IF $1 = 7 THEN RAISE EXCEPTION ''no seventh lesson''; END IF; RETURN 1; END'"
    )
    if loaded:
        school.run()
    before = school.row_counts()
    school.change(
        "ALTER TABLE stream_module_lesson RENAME TO lessons;"
        "CREATE VIEW stream_module_lesson AS SELECT id, title, description, start_at, end_at, homework_url,"
        f" {expression} AS teacher_id, stream_module_id, deleted_at, online_lesson_join_url,"
        " online_lesson_recording_url FROM lessons"
    )
    words, hint = FAILING[expression]
    for command in school.run, school.differences if loaded else school.run:
        with pytest.raises(SourceError) as caught:
            command()
        assert f"the query of feed 'courses' fails on the datasource: {words}" in str(caught.value)
        assert "source.sql" in str(caught.value)
        assert hint in str(caught.value)
    assert school.row_counts() == before
