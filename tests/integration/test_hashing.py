"""Hash keys and hashdiffs as the documentation tells others to compute them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from conftest import World
from test_shop import ROWS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "hashing.md").read_text()
ZERO_KEY = UUID(int=0)


def documented(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return code


@pytest.fixture
def recipe() -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(documented("python"), names)  # noqa: S102 - our own document
    return names


@pytest.fixture
def loaded(empty_shop: World) -> World:
    empty_shop.change(ROWS)
    empty_shop.run()
    return empty_shop


def escaped(text: str | None) -> str | None:
    return text and text.replace("\\", "\\\\").replace("|", "\\|")


def test_keys_of_hubs_and_links(loaded: World, recipe: dict[str, Any]) -> None:
    links = loaded.vault("""SELECT l_customer_product_hk::text, h_customer_hk::text, h_product_hk::text,
        h_customer_country, h_customer_number, h_product_sku
        FROM vault.l_customers_products
        LEFT JOIN vault.h_customers USING (h_customer_hk)
        LEFT JOIN vault.h_products USING (h_product_hk)""")
    assert len(links) > 4
    for link, customer, product, country, number, sku in links:
        of_customer = {("customer", "number"): escaped(number), ("customer", "country"): escaped(country)}
        of_product = {("product", "sku"): escaped(sku)}
        for key, parts in ((customer, of_customer), (product, of_product)):
            expected = recipe["hash_key"](parts) if any(parts.values()) else ZERO_KEY
            assert UUID(key) == expected, parts
        if any((of_customer | of_product).values()):
            assert UUID(link) == recipe["hash_key"](of_product | of_customer)


def test_hashdiffs(loaded: World, recipe: dict[str, Any]) -> None:
    """Among them one attribute of each type."""
    offers = loaded.vault("""SELECT s_product_offer_hashdiff::text, s_product_offer_price::text,
        s_product_offer_weight::float8, s_product_offer_is_vegan, s_product_offer_ean::text
        FROM vault.s_products_offers WHERE s_product_offer_load_ts > '-infinity'""")
    assert len(offers) > 1
    for digest, price, weight, vegan, ean in offers:
        texts = {
            "weight": weight and ("NaN" if weight != weight else {0.1: "3fb999999999999a"}[weight]),
            "price": price and price.rstrip("0").rstrip("."),
            "is_vegan": None if vegan is None else str(vegan).lower(),
            "ean": ean,
        }
        assert UUID(digest) == recipe["hashdiff"](texts)
    customers = loaded.vault("""SELECT s_customer_hashdiff::text, s_customer_name, s_customer_born_on::text,
        (s_customer_member_since AT TIME ZONE 'UTC')::text, s_customer_settings::text
        FROM vault.s_customers WHERE s_customer_load_ts > '-infinity'""")
    assert len(customers) > 3
    for digest, name, born_on, member_since, kept in customers:
        texts = {"settings": escaped(kept), "member_since": member_since, "name": escaped(name), "born_on": born_on}
        assert UUID(digest) == recipe["hashdiff"](texts)


def test_clickhouse_gets_the_same(loaded: World) -> None:
    ((key,),) = loaded.mart(documented("sql"))
    assert loaded.vault(f"""SELECT h_customer_country, h_customer_number FROM vault.h_customers
        WHERE h_customer_hk = '{key}'""") == [("PL", "1")]
