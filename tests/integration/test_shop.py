"""The engine knows nothing of courses: another model, other types, through the same code."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import World
from samples import some
from skyeng.errors import SourceError
from skyeng.model import load_model

pytestmark = pytest.mark.slow

ROWS = """INSERT INTO flat_order (
    customer_country, customer_number, customer_name, customer_born_on, customer_member_since, customer_settings,
    product_sku, product_price, product_weight, vegan, product_ean
) VALUES
    ('PL', '1', 'Łucja', '1990-02-28', '2026-03-29 02:30:00+02', '{"a": [1, "x|y"], "b": null}',
     'apple', 1.50, 0.1, true, '6ba7b810-9dad-11d1-80b4-00c04fd430c8'),
    ('PL', '1', 'Łucja', '1990-02-28', '2026-03-29 02:30:00+02', '{"b": null, "a": [1, "x|y"]}',
     'pear', -0.01, 'NaN', NULL, NULL),
    ('DE', '1', '', NULL, NULL, NULL, 'apple', 1.50, 0.1, true, '6ba7b810-9dad-11d1-80b4-00c04fd430c8'),
    ('x|y', 'z', 'bar', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('x', 'y|z', 'bar', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO flat_order (customer_country, customer_number, note) VALUES ('PL', '9', 'cancelled 100% of it');
INSERT INTO stock VALUES (7, 'apple', 3), (9000000000, 'apple', 3), (7, 'melon', 0)"""


def test_the_second_model_loads_through_the_same_code(empty_shop: World) -> None:
    empty_shop.change(ROWS)
    report = empty_shop.run()
    assert {feed: changes.new for feed, changes in report.changes.items()} == {"orders": 5, "stocks": 3}
    assert empty_shop.differences() == []
    assert empty_shop.vault(
        "SELECT count(DISTINCT h_customer_hk) FROM vault.h_customers WHERE h_customer_load_ts > '-infinity'"
    ) == [(4,)]
    served = empty_shop.mart(
        "SELECT sku, toString(price), weight, is_vegan, settings, toString(member_since)"
        " FROM dm_orders WHERE country = 'PL' ORDER BY sku"
    )
    assert served[0][:4] == ("apple", "1.5", 0.1, True)
    assert json.loads(served[0][4]) == {"a": [1, "x|y"], "b": None}
    assert served[0][5] == "2026-03-29 00:30:00.000000"
    assert served[1][:2] == ("pear", "-0.01")
    assert served[1][2] != served[1][2], "NaN arrives as NaN"
    before = empty_shop.row_counts()
    assert not empty_shop.run().anything_new
    assert empty_shop.row_counts() == before


def test_both_feeds_load_a_hub_together_under_one_timestamp(empty_shop: World) -> None:
    empty_shop.change(ROWS)
    empty_shop.run()
    products = empty_shop.vault(
        "SELECT h_product_sku FROM vault.h_products WHERE h_product_load_ts > '-infinity' ORDER BY 1"
    )
    assert products == [("apple",), ("melon",), ("pear",)]
    stamps = empty_shop.vault("""SELECT count(DISTINCT load_ts) FROM (
        SELECT h_product_load_ts AS load_ts FROM vault.h_products UNION ALL
        SELECT s_product_offer_load_ts FROM vault.s_products_offers UNION ALL
        SELECT s_product_stock_load_ts FROM vault.s_products_stocks) AS every WHERE load_ts > '-infinity'""")
    assert stamps == [(1,)]


def test_a_change_in_one_feed_leaves_the_other_alone(empty_shop: World) -> None:
    empty_shop.change(ROWS)
    empty_shop.run()
    empty_shop.change("UPDATE stock SET pieces = 2 WHERE sku = 'apple'; DELETE FROM stock WHERE sku = 'melon'")
    report = empty_shop.run()
    assert not report.changes["orders"]
    assert (report.changes["stocks"].changed, report.changes["stocks"].deleted) == (2, 1)
    assert report.marts == {"dm_orders": 0, "dm_stocks": 3}
    assert empty_shop.differences() == []
    assert empty_shop.mart("SELECT code, pieces FROM dm_stocks ORDER BY code") == [(7, 2), (9000000000, 2)]


def test_composite_keys_that_only_look_alike_stay_apart(empty_shop: World) -> None:
    """('x|y', 'z') and ('x', 'y|z') are two customers."""
    empty_shop.change(ROWS)
    empty_shop.run()
    assert empty_shop.vault(
        "SELECT count(DISTINCT h_customer_hk) FROM vault.h_customers WHERE h_customer_country LIKE 'x%'"
    ) == [(2,)]
    empty_shop.change("UPDATE flat_order SET customer_name = 'other' WHERE customer_country = 'x'")
    empty_shop.run()
    assert empty_shop.differences() == []


def test_values_that_only_compare_as_equal_are_changes(empty_shop: World) -> None:
    """PostgreSQL calls 0 and -0, and 1.0 and 1.00 within jsonb, equal. They are not the same."""
    empty_shop.change("""INSERT INTO flat_order
        (customer_country, customer_number, customer_settings, product_sku, product_weight)
        VALUES ('PL', '1', '{"a": 1.0}', 'apple', 0)""")
    empty_shop.run()
    empty_shop.change("UPDATE flat_order SET customer_settings = '{\"a\": 1.00}', product_weight = '-0'")
    assert empty_shop.run().changes["orders"].changed == 1
    assert empty_shop.differences() == []
    assert empty_shop.mart("SELECT settings, toString(weight) FROM dm_orders") == [('{"a": 1.00}', "-0")]


#: Queries as people write them.
QUERIES = [
    "SELECT code AS depot_code, sku || 'p\nq' AS product_sku, pieces AS product_pieces FROM stock",
    "SELECT code AS depot_code, sku || E'\\np' || $$\n  two\n    lines$$ AS product_sku,"
    " pieces AS product_pieces FROM stock",
    "WITH s AS (SELECT * FROM stock)\nSELECT code AS depot_code, sku || ' {x} 100% :y' AS product_sku,"
    "\n pieces AS product_pieces FROM s",
    "\ufeffSELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock; -- done",
    "SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock ;\n;\n-- the end\n",
    'SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock; -- it\'s "done", $1',
    "SELECT code AS depot_code, sku AS product_sku, pieces AS product_pieces FROM stock -- it's\n;/* 'b /* c */ */",
    "SELECT code AS depot_code, sku || $a$;'$a$ AS product_sku, pieces AS product_pieces FROM stock; /* no end",
    "SELECT code AS depot_code, sku || E'\\';--' AS product_sku, pieces AS product_pieces FROM stock;--",
    "SELECT code AS depot_code, sku || '; --' AS product_sku, pieces AS product_pieces FROM stock -- it's",
]


@pytest.mark.parametrize("query", some(QUERIES, 2))
def test_a_feeds_query_reaches_the_server_as_it_was_written(empty_shop: World, tmp_path: Path, query: str) -> None:
    folder = Path(shutil.copytree(empty_shop.model.directory, tmp_path / "shop"))
    (folder / "stocks.sql").write_text(query, encoding="utf-8")
    world = replace(empty_shop, model=load_model(folder))
    world.change("INSERT INTO stock SELECT i, 's' || i, 1 FROM generate_series(1, 40) AS i")
    world.run()
    own = re.split(r"; -- done|; -- it's|\n;/\*|; /\*| ;\n;|; /\*|;--$", query.removeprefix("\ufeff"))[0]
    assert world.vault("SELECT product_sku FROM vault.stocks ORDER BY 1") == sorted(
        world.source(f"SELECT product_sku FROM (\n{own}\n) AS own")
    )
    world.change("UPDATE stock SET pieces = 2 WHERE code < 20; DELETE FROM stock WHERE code > 30")
    changes = world.run().changes["stocks"]
    assert (changes.changed, changes.deleted) == (19, 10)
    assert world.differences() == []


@pytest.mark.parametrize(("given", "price"), [("numeric(5,-2)", 12300), ("numeric(3,1)", 1.5), ("numeric(2,2)", 0.15)])
def test_a_narrower_numeric_loads_as_it_is(empty_shop: World, given: str, price: float) -> None:
    world = empty_shop
    world.change(
        f"ALTER TABLE flat_order ALTER COLUMN product_price TYPE {given};"
        "INSERT INTO flat_order (customer_country, customer_number, product_sku, product_price)"
        f" VALUES ('PL', '1', 'apple', {price})"
    )
    world.run()
    assert [float(it) for (it,) in world.vault("SELECT product_price FROM vault.orders")] == [price]
    assert world.differences() == []


@pytest.mark.parametrize("given", ["numeric(13,2)", "numeric(12,3)", "numeric", "numeric(3,10)"])
def test_a_wider_numeric_is_refused(empty_shop: World, given: str) -> None:
    empty_shop.change(f"ALTER TABLE flat_order ALTER COLUMN product_price TYPE {given}")
    with pytest.raises(SourceError, match=re.escape(f"product_price is {given}, declared as numeric(12,2)")):
        empty_shop.run()


def test_a_column_delivered_twice_is_named(empty_shop: World, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(empty_shop.model.directory, tmp_path / "shop"))
    (folder / "stocks.sql").write_text(
        "SELECT code AS depot_code, sku AS product_sku, 1::smallint AS product_pieces, sku AS product_sku FROM stock"
    )
    with pytest.raises(SourceError, match="column product_sku is delivered 2 times"):
        replace(empty_shop, model=load_model(folder)).run()


def test_a_numeric_without_a_scale_is_refused_since_it_could_be_rounded(empty_shop: World) -> None:
    empty_shop.change("ALTER TABLE flat_order ALTER COLUMN product_price TYPE numeric")
    with pytest.raises(SourceError, match=r"column product_price is numeric, declared as numeric\(12,2\)"):
        empty_shop.run()
