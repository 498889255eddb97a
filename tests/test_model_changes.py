"""A model that was edited: what can be carried out keeps every past state, and the rest is refused with a way on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import Servers
from edited_models import Edit, Past, Rows, Shop, in_order, with_past

from skyeng.hashing import HASH_VERSION
from skyeng.model import Model


@pytest.fixture
def edited(servers: Servers, shop: Model, tmp_path: Path) -> Shop:
    return with_past(servers, shop, tmp_path)


ORDERS = """SELECT customer_country, customer_number, customer_name, customer_born_on, customer_member_since,
customer_settings, product_sku, {price}, product_weight, vegan, product_ean{more}
FROM flat_order WHERE note NOT LIKE '%cancelled%'"""


def orders(more: str = "", price: str = "product_price") -> dict[str, str]:
    """The query of the feed `orders`, with more columns."""
    return {"orders.sql": ORDERS.format(price=price, more=f", {more}" if more else "")}


STOCKS = "SELECT code AS depot_code, sku AS product_sku, {pieces} FROM stock"


def stocks(pieces: str = "pieces AS product_pieces") -> dict[str, str]:
    return {"stocks.sql": STOCKS.format(pieces=pieces)}


def attribute(satellite: str, name: str, type_: Any) -> Edit:
    return lambda model: model["satellites"][satellite]["attributes"].update({name: type_})


def new_satellite(model: dict[str, Any]) -> None:
    model["satellites"]["product_label"] = {
        "plural": "products_labels",
        "parent": "product",
        "feed": "orders",
        "attributes": {"label": "text"},
    }


def new_feed(model: dict[str, Any]) -> None:
    """A feed with its link, a hub of its own, and satellites of a new and of a known hub."""
    model["feeds"]["returns"] = {"query": "returns.sql", "grain": "parcel_product"}
    model["hubs"]["parcel"] = {"plural": "parcels", "business_key": {"code": "text"}}
    model["links"]["parcel_product"] = {"plural": "parcels_products", "hubs": ["parcel", "product"]}
    model["satellites"]["parcel"] = {"plural": "parcels", "feed": "returns", "attributes": {"reason": "text"}}
    model["satellites"]["product_return"] = {
        "plural": "products_returns",
        "parent": "product",
        "feed": "returns",
        "attributes": {"rate": "numeric(4,2)"},
    }


def new_mart(model: dict[str, Any]) -> None:
    model["marts"] = {"stock": {"plural": "stocks", "feed": "stocks", "columns": {"sku": "product_sku"}}}


RETURNS = {
    "returns.sql": """SELECT code AS parcel_code, 'late' AS parcel_reason, sku AS product_sku,
    NULL::numeric(4,2) AS product_rate FROM (VALUES ('r1', 'apple'), ('r2', 'pear')) AS it (code, sku)"""
}


@dataclass
class Case:
    """A change that is carried out."""

    edits: tuple[Edit, ...]
    queries: Mapping[str, str] = field(default_factory=dict)
    #: What the views of the past call a column now, by its old name.
    called: Mapping[str, str] = field(default_factory=dict)
    #: Rows of each feed that the next run finds new.
    new: Mapping[str, int] = field(default_factory=dict)


CARRIED_OUT = {
    "attribute added": Case((attribute("product_offer", "colour", "text"),), orders("NULL::text AS product_colour")),
    "two attributes added to two satellites": Case(
        (attribute("customer", "phone", "text"), attribute("product_stock", "shelf", {"type": "uuid", "column": "at"})),
        orders("NULL::text AS customer_phone") | stocks("pieces AS product_pieces, NULL::uuid AS at"),
    ),
    "smallint to integer": Case((attribute("product_stock", "pieces", "integer"),)),
    "smallint to bigint": Case((attribute("product_stock", "pieces", "bigint"),)),
    "more digits": Case(
        (attribute("product_offer", "price", "numeric(14,2)"),),
        orders(price="product_price::numeric(14,2)"),
    ),
    "feed column renamed": Case(
        (attribute("product_stock", "pieces", {"type": "smallint", "column": "quantity"}),),
        stocks("pieces AS quantity"),
        called={"product_pieces": "quantity"},
    ),
    "feed column of a business key renamed": Case(
        (lambda model: model["hubs"]["depot"].update(business_key={"code": {"type": "bigint", "column": "depot"}}),),
        {"stocks.sql": "SELECT code AS depot, sku AS product_sku, pieces AS product_pieces FROM stock"},
        called={"depot_code": "depot"},
    ),
    "satellite added": Case((new_satellite,), orders("NULL::text AS product_label")),
    "feed, link, hub and satellites added": Case((new_feed,), RETURNS, new={"returns": 2}),
    "mart added": Case((new_mart,)),
    "source renamed": Case((lambda model: model.update(source="pg_shop"),)),
}


def as_before(rows: Rows, called: Mapping[str, str], known: set[str]) -> Rows:
    """Rows under the names that columns had; what is new must be NULL."""
    names = {new: old for old, new in called.items()}
    renamed = [{names.get(name, name): value for name, value in row.items()} for row in rows]
    assert all(value is None for row in renamed for name, value in row.items() if name not in known)
    return in_order({name: row[name] for name in row if name in known} for row in renamed)


def assert_past_is_kept(before: Past, after: Past, called: Mapping[str, str]) -> None:
    for feed, by_load in before.feeds.items():
        for ts, rows in by_load.items():
            known = {name for every in by_load.values() for row in every for name in row}
            assert as_before(after.feeds[feed][ts], called, known) == rows, (feed, ts)
    for table, rows in before.tables.items():
        known = {name for row in rows for name in row}
        assert as_before(after.tables[table], {}, known) == rows, table


@pytest.mark.slow
@pytest.mark.parametrize("name", CARRIED_OUT)
def test_what_is_carried_out_keeps_every_past_state(edited: Shop, name: str) -> None:
    case = CARRIED_OUT[name]
    before = edited.past()
    edited.edit(*case.edits, queries=case.queries)
    assert edited.revise() is not None
    edited.migrate()
    assert_past_is_kept(before, edited.past(), case.called)
    report = edited.run(only="to_datawarehouse")
    assert {feed: changes.new for feed, changes in report.changes.items() if changes} == case.new
    assert_past_is_kept(before, edited.past(), case.called)
    if not edited.model.marts:
        assert edited.differences() == []
    assert edited.revise() is None, "nothing is left to be written"
    edited.run(only="to_datawarehouse", full=True)
    assert_past_is_kept(before, edited.past(), case.called)
