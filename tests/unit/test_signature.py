"""A model's signature, and what each change of it means for stored history."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import MODELS
from skyeng.model import Model, load_model
from skyeng.model.change import Change, is_wider
from skyeng.model.changes import changes
from skyeng.model.signature import as_text, from_text, model_of, signature
from skyeng.vault.tables import model_metadata

#: A second reading of the model file, as a person edits it.
Declared = dict[str, Any]


def edited(tmp_path: Path, which: str, edit: Callable[[Declared], object]) -> Model:
    """A copy of a model of the tests with another model file."""
    for file in (MODELS / which).glob("*.sql"):
        (tmp_path / file.name).write_text(file.read_text())
    declared = yaml.safe_load((MODELS / which / "model.yaml").read_text())
    edit(declared)
    (tmp_path / "model.yaml").write_text(yaml.safe_dump(declared, sort_keys=False))
    return load_model(tmp_path)


def found(tmp_path: Path, which: str, edit: Callable[[Declared], object]) -> list[Change]:
    before = load_model(MODELS / which)
    return changes(signature(before), signature(edited(tmp_path, which, edit)))


def shuffled(value: Any, order: random.Random) -> Any:
    """The same mappings and lists of names in another order; that of `order_by` means something."""
    if isinstance(value, dict):
        items = [(key, part if key == "order_by" else shuffled(part, order)) for key, part in value.items()]
        order.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        return order.sample(value, len(value))
    return value


@pytest.mark.parametrize("which", ["courses", "shop", "campus"])
def test_order_in_the_file_means_nothing(request: pytest.FixtureRequest, tmp_path: Path, which: str) -> None:
    model: Model = request.getfixturevalue(which)
    for file in model.directory.glob("*.sql"):
        (tmp_path / file.name).write_text(file.read_text())
    declared = yaml.safe_load((model.directory / "model.yaml").read_text())
    for seed in range(5):
        other = shuffled(declared, random.Random(seed))  # noqa: S311 - a shuffle that repeats
        (tmp_path / "model.yaml").write_text(yaml.safe_dump(other, sort_keys=False))
        assert as_text(signature(load_model(tmp_path))) == as_text(signature(model))


def test_descriptions_and_queries_are_no_part_of_it(tmp_path: Path) -> None:
    def described(model: Declared) -> None:
        model["description"] = "Described."
        model["satellites"]["product_stock"]["attributes"]["pieces"] = {"type": "smallint", "description": "How many."}
        model["hubs"]["depot"]["description"] = "Where it lies."
        model["feeds"]["stocks"]["query"] = "orders.sql"
        model["feeds"]["stocks"]["load"] = "compare"  # what is the default anyway
        model["marts"]["stock"]["columns"]["pieces"] = {"column": "product_pieces", "description": "How many."}

    assert found(tmp_path, "shop", described) == []


@pytest.mark.parametrize("which", ["courses", "shop", "campus"])
def test_it_describes_the_tables(request: pytest.FixtureRequest, which: str) -> None:
    model: Model = request.getfixturevalue(which)
    again = model_of(from_text(as_text(signature(model))), model)
    assert signature(again) == signature(model)

    def shapes(of: Model) -> dict[str, set[str]]:
        return {
            str(table): {f"{it.name} {it.type}" for it in table.columns} for table in model_metadata(of).sorted_tables
        }

    assert shapes(again) == shapes(model)


def test_a_text_that_is_no_signature() -> None:
    for text in ("", "[]", "{"):
        with pytest.raises(ValueError, match=r"JSON|Expect"):
            from_text(text)


@pytest.mark.parametrize(
    ("before", "after", "is_"),
    [
        ("smallint", "integer", True),
        ("smallint", "bigint", True),
        ("integer", "bigint", True),
        ("bigint", "integer", False),
        ("numeric(12,2)", "numeric(13,2)", True),
        ("numeric(12,2)", "numeric(13,3)", True),
        ("numeric(12,2)", "numeric(12,3)", False),
        ("numeric(12,2)", "numeric(14,1)", False),
        ("numeric(12,2)", "numeric(11,2)", False),
        ("numeric(12,2)", "numeric(12,2)", False),
        ("integer", "numeric(12,2)", False),
        ("integer", "double", False),
        ("integer", "text", False),
        ("date", "timestamp", False),
        ("timestamp", "timestamptz", False),
    ],
)
def test_what_is_wider(before: str, after: str, is_: bool) -> None:
    assert is_wider(before, after) is is_


def put(*path: str, value: Any) -> Callable[[Declared], object]:
    """Edit that sets one key."""

    def edit(model: Declared) -> None:
        for key in path[:-1]:
            model = model.setdefault(key, {})
        model[path[-1]] = value

    return edit


def cut(*path: str) -> Callable[[Declared], object]:
    """Edit that removes one key."""

    def edit(model: Declared) -> None:
        for key in path[:-1]:
            model = model[key]
        del model[path[-1]]

    return edit


def several(*edits: Callable[[Declared], object]) -> Callable[[Declared], object]:
    def edit(model: Declared) -> None:
        for one in edits:
            one(model)

    return edit


def renamed(section: str, old: str, new: str, **other: Any) -> Callable[[Declared], object]:
    """Edit that gives a part another name."""

    def edit(model: Declared) -> None:
        model[section] = {new if name == old else name: part for name, part in model[section].items()}
        model[section][new] = {**model[section][new], **other}

    return edit


def attributes(satellite: str, **of: Any) -> Callable[[Declared], object]:
    return put("satellites", satellite, "attributes", value=of)


OFFER = {
    "price": "numeric(12,2)",
    "weight": "double",
    "is_vegan": {"type": "boolean", "column": "vegan"},
    "ean": "uuid",
}


def without(mapping: Declared, *names: str) -> Declared:
    return {name: part for name, part in mapping.items() if name not in names}


NO_MARTS = cut("marts")

#: What is refused: the edit of the shop, the part that is named, and words of the way on.
REFUSED: dict[str, tuple[Callable[[Declared], object], str, str]] = {
    "attribute removed": (
        several(NO_MARTS, attributes("product_offer", **without(OFFER, "weight"))),
        "attribute 'weight' of satellite 'product_offer' is missing",
        "deliver `NULL::double precision AS product_weight` in the query of feed 'orders'",
    ),
    "attribute renamed": (
        several(NO_MARTS, attributes("product_stock", number="smallint")),
        "attribute 'pieces' of satellite 'product_stock' is missing, and 'number' is new with the same type",
        "keep the name 'pieces'; where the feed's column has a new name, write `pieces: {type: smallint, column:",
    ),
    "attribute moved to a satellite of the same hub": (
        several(
            NO_MARTS,
            attributes("product_offer", **without(OFFER, "ean")),
            attributes("product_stock", pieces="smallint", ean="uuid"),
        ),
        "attribute 'ean' of satellite 'product_offer' is in satellite 'product_stock' now",
        "leave it in satellite 'product_offer'",
    ),
    "satellite split": (
        several(
            NO_MARTS,
            attributes("product_offer", **without(OFFER, "ean")),
            put(
                "satellites",
                "product_code",
                value={"plural": "codes", "parent": "product", "feed": "orders", "attributes": {"ean": "uuid"}},
            ),
        ),
        "attribute 'ean' of satellite 'product_offer' is in satellite 'product_code' now",
        "leave it in satellite 'product_offer'",
    ),
    "satellites merged": (
        several(
            NO_MARTS,
            cut("satellites", "product_stock"),
            attributes("product_offer", **OFFER, pieces="smallint"),
        ),
        "satellite 'product_stock' is missing, and its attributes are in product_offer now",
        "the query of feed 'stocks' may deliver as NULL",
    ),
    "satellite removed": (
        several(NO_MARTS, cut("satellites", "product_stock")),
        "satellite 'product_stock' is missing",
        "keep it",
    ),
    "satellite renamed": (
        renamed("satellites", "product_stock", "product_store", plural="products_stores"),
        "satellite 'product_stock' is missing, and 'product_store' is new with the same shape",
        "keep the name 'product_stock' and `plural: products_stocks`",
    ),
    "satellite under another plural": (
        put("satellites", "product_stock", "plural", value="stock_of_products"),
        "satellite 'product_stock' has the plural 'stock_of_products' instead of 'products_stocks'",
        "keep `plural: products_stocks`",
    ),
    "satellite of another hub": (
        several(NO_MARTS, put("satellites", "product_stock", "parent", value="depot")),
        "satellite 'product_stock' has the hub 'depot' instead of 'product'",
        "declare a satellite of another name with `parent: depot`",
    ),
    "satellite of another feed": (
        several(NO_MARTS, put("satellites", "product_stock", "feed", value="orders")),
        "satellite 'product_stock' has the feed 'orders' instead of 'stocks'",
        "declare a satellite of another name with `feed: orders`",
    ),
    "type changed to one that is not wider": (
        attributes("product_stock", pieces="double"),
        "attribute 'pieces' of satellite 'product_stock' is double instead of smallint",
        "keep smallint, with a cast in the feed's query where the source has another type (`::smallint`)",
    ),
    "type made narrower": (
        attributes("product_offer", **OFFER | {"price": "numeric(10,2)"}),
        "attribute 'price' of satellite 'product_offer' is numeric(10,2) instead of numeric(12,2)",
        "or declare an attribute of another name with numeric(10,2)",
    ),
    "fewer digits before the point": (
        attributes("product_offer", **OFFER | {"price": "numeric(12,4)"}),
        "attribute 'price' of satellite 'product_offer' is numeric(12,4) instead of numeric(12,2)",
        "keep numeric(12,2)",
    ),
    "hub removed": (
        several(
            NO_MARTS,
            cut("hubs", "depot"),
            cut("links", "depot_product"),
            cut("feeds", "stocks"),
            cut("satellites", "product_stock"),
        ),
        "hub 'depot' is missing",
        "let the feed's query deliver no row (`WHERE false`, and `may_be_empty: true` of the feed)",
    ),
    "hub renamed": (
        several(
            NO_MARTS,
            renamed("hubs", "depot", "store", plural="stores"),
            put("links", "depot_product", "hubs", value=["store", "product"]),
        ),
        "hub 'depot' is missing, and 'store' is new with the same shape",
        "keep the name 'depot' and `plural: depots`",
    ),
    "hub under another plural": (
        put("hubs", "depot", "plural", value="stores"),
        "hub 'depot' has the plural 'stores'",
        "keep `plural: depots`",
    ),
    "part of a business key added": (
        several(NO_MARTS, put("hubs", "depot", "business_key", value={"code": "bigint", "town": "text"})),
        "part 'town' of the business key of hub 'depot' is new",
        "keep the key of hub 'depot', and declare a new hub with the new key",
    ),
    "part of a business key removed": (
        several(NO_MARTS, put("hubs", "customer", "business_key", value={"number": "text"})),
        "part 'country' of the business key of hub 'customer' is missing",
        "declare a new hub with the new key, in a link and a feed of its own",
    ),
    "type of a business key": (
        put("hubs", "depot", "business_key", value={"code": "text"}),
        "part 'code' of the business key of hub 'depot' is text instead of bigint",
        "keep bigint, with a cast",
    ),
    "link removed": (
        several(
            NO_MARTS,
            cut("links", "depot_product"),
            cut("feeds", "stocks"),
            cut("satellites", "product_stock"),
            cut("hubs", "depot"),
        ),
        "link 'depot_product' is missing",
        "keep it with its feed",
    ),
    "link renamed": (
        several(
            renamed("links", "depot_product", "store_product", plural="stores_products"),
            put("feeds", "stocks", "grain", value="store_product"),
        ),
        "link 'depot_product' is missing, and 'store_product' is new with the same shape",
        "keep the name 'depot_product' and `plural: depots_products`",
    ),
    "link under another plural": (
        put("links", "depot_product", "plural", value="stores_products"),
        "link 'depot_product' has the plural 'stores_products'",
        "keep `plural: depots_products`",
    ),
    "hub added to a link": (
        several(NO_MARTS, put("links", "depot_product", "hubs", value=["depot", "product", "customer"])),
        "link 'depot_product' relates [customer, depot, product] instead of [depot, product]",
        "declare a new link with a feed of its own",
    ),
    "hub taken from a link": (
        several(
            NO_MARTS,
            put("hubs", "town", value={"plural": "towns", "business_key": {"name": "text"}}),
            put("links", "depot_product", "hubs", value=["depot", "town"]),
            put("satellites", "product_stock", "parent", value="depot"),
        ),
        "link 'depot_product' relates [depot, town] instead of [depot, product]",
        "keep link 'depot_product' as it is",
    ),
    "driving key": (
        put("links", "depot_product", "driving_key", value=["product"]),
        "link 'depot_product' has the driving key [product] instead of []",
        "declare a new link with a feed of its own",
    ),
    "feed removed": (
        several(
            NO_MARTS,
            cut("links", "depot_product"),
            cut("feeds", "stocks"),
            cut("satellites", "product_stock"),
            cut("hubs", "depot"),
        ),
        "feed 'stocks' is missing",
        "with a query without rows (`WHERE false`, and `may_be_empty: true`) its rows end",
    ),
    "feed renamed": (
        several(
            NO_MARTS,
            renamed("feeds", "stocks", "stores"),
            put("satellites", "product_stock", "feed", value="stores"),
        ),
        "feed 'stocks' is missing, and 'stores' is new with the same shape",
        "keep the name 'stocks';",
    ),
    "feed of another grain": (
        several(
            NO_MARTS,
            put("feeds", "stocks", "grain", value="customer_product"),
            put("feeds", "orders", "grain", value="depot_product"),
            cut("satellites", "customer"),
        ),
        "feed 'stocks' has `grain: customer_product` instead of `grain: depot_product`",
        "declare a new feed with a link of its own",
    ),
    "load mode": (
        put("feeds", "stocks", "load", value="delta"),
        "feed 'stocks' has `load: delta` instead of `load: compare`",
        "declare a new feed with a link of its own",
    ),
    "applied date added": (
        several(put("feeds", "stocks", "load", value="delta"), put("feeds", "stocks", "applied", value="seen_at")),
        "feed 'stocks' has an applied date",
        "declare a new feed with a link of its own",
    ),
    "model renamed": (
        put("model", value="market"),
        "model 'shop' is called 'market'",
        "keep `model: shop`",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_lose_history_is_refused_with_a_way_on(tmp_path: Path, name: str) -> None:
    edit, what, way_on = REFUSED[name]
    refused = [change for change in found(tmp_path, "shop", edit) if change.refused]
    (change,) = (change for change in refused if str(change).startswith(what))
    assert way_on in change.way_on


def test_a_rename_is_one_change(tmp_path: Path) -> None:
    """Whatever names the renamed part has no change of its own."""
    for name in ("hub renamed", "link renamed", "feed renamed", "satellite renamed", "attribute renamed"):
        refused = [it for it in found(tmp_path, "shop", REFUSED[name][0]) if it.refused]
        assert len(refused) == 1, (name, refused)


def test_applied_dates_of_a_delta(tmp_path: Path) -> None:
    (gone,) = found(tmp_path, "campus", cut("feeds", "enrolments", "applied"))
    assert (str(gone), gone.refused) == (
        "feed 'enrolments' has no applied date: the keys of stored versions have an applied date",
        True,
    )
    (other,) = found(tmp_path, "campus", put("feeds", "enrolments", "applied", value="changed_at"))
    assert (str(other), other.refused) == (
        "feed 'enrolments' has the applied date in column 'changed_at' instead of 'seen_at'",
        False,
    )


#: What is carried out: the edit of the shop, and what is said.
CARRIED_OUT: dict[str, tuple[Callable[[Declared], object], list[str]]] = {
    "attribute": (
        attributes("product_stock", pieces="smallint", shelf="text"),
        ["attribute 'shelf' of satellite 'product_stock' is new: it is NULL in what was loaded before"],
    ),
    "wider types": (
        several(
            attributes("product_stock", pieces="bigint"),
            attributes("product_offer", **OFFER | {"price": "numeric(14,4)"}),
        ),
        [
            "attribute 'price' of satellite 'product_offer' is numeric(14,4) instead of numeric(12,2): stored values"
            " stay as they are",
            "attribute 'pieces' of satellite 'product_stock' is bigint instead of smallint: stored values stay as they"
            " are",
        ],
    ),
    "feed's columns": (
        several(
            NO_MARTS,
            attributes("product_stock", pieces={"type": "smallint", "column": "number"}),
            put("hubs", "depot", "business_key", value={"code": {"type": "bigint", "column": "depot"}}),
        ),
        [
            "part 'code' of the business key of hub 'depot' is delivered by the feed's column 'depot' instead of"
            " 'depot_code'",
            "attribute 'pieces' of satellite 'product_stock' is delivered by the feed's column 'number' instead of"
            " 'product_pieces'",
            "mart 'order' is missing: its tables stay as they are, and are not loaded any more",
            "mart 'stock' is missing: its tables stay as they are, and are not loaded any more",
        ],
    ),
    "satellite": (
        put(
            "satellites",
            "product_label",
            value={"plural": "labels", "parent": "product", "feed": "orders", "attributes": {"label": "text"}},
        ),
        ["satellite 'product_label' is new: its columns are NULL in what was loaded before"],
    ),
    "source": (
        put("source", value="pg_shop"),
        ["source 'pg_datasource' is 'pg_shop' now: stored rows keep their record source, later rows get the new one"],
    ),
    "mart": (
        several(
            put("marts", "stock", "plural", value="stores"),
            put("marts", "stock", "order_by", value=["sku", "code"]),
            put(
                "marts",
                "stock",
                "columns",
                value={
                    "code": "depot_code",
                    "sku": {"column": "product_sku", "low_cardinality": True},
                    "number": "product_pieces",
                },
            ),
            put("marts", "order", "order_by", value=[]),
            put("marts", "order", "columns", "name", value="customer_name"),
            put("marts", "order", "columns", "number", value="customer_country"),
        ),
        [
            "mart 'order' has `order_by: []` instead of `order_by: [sku]`",
            "column 'number' of mart 'order' shows the feed's column 'customer_country' instead of 'customer_number'",
            "column 'name' of mart 'order' is not of low cardinality now",
            "mart 'stock' has `plural: stores` instead of `plural: stocks`: new tables are built from the vault;"
            " the tables dm_stocks_... stay as they are, with the loads that only they have",
            "mart 'stock' has `order_by: [sku, code]` instead of `order_by: []`",
            "column 'pieces' of mart 'stock' is missing",
            "column 'number' of mart 'stock' is new",
            "column 'sku' of mart 'stock' is of low cardinality now",
        ],
    ),
}


@pytest.mark.parametrize("name", CARRIED_OUT)
def test_what_is_carried_out_is_said(tmp_path: Path, name: str) -> None:
    edit, said = CARRIED_OUT[name]
    carried_out = found(tmp_path, "shop", edit)
    assert sorted(map(str, carried_out)) == sorted(said)
    assert not any(change.refused for change in carried_out)


def test_models_of_equal_signatures_are_equal(tmp_path: Path) -> None:
    """Digests of views are computed from them."""
    order = random.Random(3)  # noqa: S311 - a shuffle that repeats
    before = load_model(MODELS / "shop")
    after = edited(tmp_path, "shop", lambda model: model.update(shuffled(dict(model), order)))
    assert [hub.name for hub in after.hubs] != [hub.name for hub in before.hubs]
    assert model_of(signature(after), before) == model_of(signature(before), before)
