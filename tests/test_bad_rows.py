"""Rows that cannot be loaded: the load stops before anything is written, and says which and why."""

from __future__ import annotations

import pytest
from conftest import World

from skyeng.errors import BadRowsError, SourceError

GOOD = """INSERT INTO flat_order (customer_country, customer_number, customer_name, product_sku, product_price)
VALUES ('PL', '1', 'Łucja', 'apple', 1.50), ('PL', '2', 'O''Hara', 'apple', 1.50);
INSERT INTO stock VALUES (1, 'apple', 5)"""


def refused(world: World, change: str) -> str:
    """The message of a run after a change that must not load; nothing may have been written."""
    before = world.row_counts()
    world.change(change)
    with pytest.raises(BadRowsError) as caught:
        world.run()
    assert world.row_counts() == before
    ((status,),) = world.vault("SELECT status FROM control.loads ORDER BY load_id DESC LIMIT 1")
    assert status == "rolled back"
    return str(caught.value)


@pytest.mark.parametrize("value", ["infinity", "-infinity", "0001-01-01 BC", "10000-01-01"])
def test_a_timestamp_that_clickhouse_would_bend(school: World, value: str) -> None:
    school.run()
    message = refused(school, f"UPDATE stream_module_lesson SET end_at = '{value}' WHERE id = 12")
    assert "lesson_end_at = " in message
    assert "is a value the datamart cannot hold (it holds 0001-01-01 00:00:00 to 9999-12-31 23:59:59.999999)" in message
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


def test_a_row_key_delivered_twice(empty_shop: World) -> None:
    message = refused(empty_shop, GOOD + "; INSERT INTO stock VALUES (1, 'apple', 5)")
    assert "feed 'stocks'" in message
    assert "more than one row with this row key" in message


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
