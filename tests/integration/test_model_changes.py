"""A model that was edited: what can be carried out keeps every past state, and the rest is refused with a way on."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from conftest import MODELS, Servers, begun, end_leases, insert_all, statuses
from edited_models import Edit, Past, Rows, Shop, in_order, with_past
from samples import some
from skyeng import api
from skyeng.cli.main import cli
from skyeng.config import Settings
from skyeng.control import loads
from skyeng.control.locks import Runner, exclusive
from skyeng.errors import (
    LoadInProgress,
    LoadRolledBack,
    ModelChangeRefused,
    NotMigrated,
    NotOwned,
    ObjectsLost,
    StatementFailed,
)
from skyeng.model import Model
from skyeng.model.signature import signature
from skyeng.runs.to_datamart import NO_LOADS, MartSummary, ToDatamart
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.sql import SQL
from skyeng.vault import loading, migrations
from skyeng.vault.entity_history import entity_history
from skyeng.vault.revisions import MIGRATIONS, model_history, newest_file, newest_signature, stored_signature


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


#: An attribute more, NULL everywhere.
SHELF = attribute("product_stock", "shelf", "text")
SHELVES = stocks("pieces AS product_pieces, NULL::text AS product_shelf")


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
    "attributes added to two satellites": Case(
        (attribute("customer", "phone", "text"), attribute("product_stock", "shelf", {"type": "uuid", "column": "at"})),
        orders("NULL::text AS customer_phone") | stocks("pieces AS product_pieces, NULL::uuid AS at"),
    ),
    "types widened": Case(
        (attribute("product_stock", "pieces", "bigint"), attribute("product_offer", "price", "numeric(14,2)")),
        orders(price="product_price::numeric(14,2)"),
    ),
    "scale widened": Case(
        (attribute("product_offer", "price", "numeric(14,4)"),), orders(price="product_price::numeric(14,4)")
    ),
    "feed columns renamed, of an attribute and of a business key": Case(
        (
            attribute("product_stock", "pieces", {"type": "smallint", "column": "quantity"}),
            lambda model: model["hubs"]["depot"].update(business_key={"code": {"type": "bigint", "column": "depot"}}),
        ),
        {"stocks.sql": "SELECT code AS depot, sku AS product_sku, pieces AS quantity FROM stock"},
        called={"product_pieces": "quantity", "depot_code": "depot"},
    ),
    "satellite added": Case((new_satellite,), orders("NULL::text AS product_label")),
    "feed, link, hub and satellites added": Case((new_feed,), RETURNS, new={"returns": 2}),
    "mart added, source renamed": Case((new_mart, lambda model: model.update(source="pg_shop"))),
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
@pytest.mark.parametrize("name", some(list(CARRIED_OUT), 3))
def test_what_is_carried_out_keeps_every_past_state(edited: Shop, name: str) -> None:
    case = CARRIED_OUT[name]
    before = edited.past()
    edited.edit(*case.edits, queries=case.queries)
    assert edited.revise() is not None
    edited.migrate()
    assert_past_is_kept(before, edited.past(), case.called)
    assert edited.world.vault("SELECT bookkeeping_valid FROM control.models") == [(False,)]
    report = edited.run(only="to_datawarehouse")
    assert {feed: changes.new for feed, changes in report.changes.items() if changes} == case.new
    assert_past_is_kept(before, edited.past(), case.called)
    assert edited.world.vault("SELECT bookkeeping_valid FROM control.models") == [(True,)]
    if not edited.model.marts:
        assert edited.differences() == []
    assert migrations.differences(edited.warehouse, edited.model) == []


@pytest.mark.slow
def test_values_of_what_is_new_are_loaded_from_then_on(edited: Shop) -> None:
    """An attribute, a satellite and a wider type at once: the versions that come have a reason, and no others do."""
    before = edited.past()
    edited.edit(
        new_satellite,
        attribute("product_stock", "pieces", "bigint"),
        attribute("product_stock", "shelf", "text"),
        queries=orders("CASE product_sku WHEN 'pear' THEN 'sweet' END AS product_label")
        | stocks(
            "pieces + CASE sku WHEN 'pear' THEN 3000000000 ELSE 0 END AS product_pieces, NULL::text AS product_shelf"
        ),
    )
    edited.revise()
    edited.migrate()
    report = edited.run()
    assert [(it.new, it.changed, it.deleted) for it in report.changes.values()] == [(0, 1, 0), (0, 1, 0)]
    assert edited.world.vault("SELECT product_sku, product_pieces FROM vault.stocks ORDER BY 1") == [
        ("pear", 3_000_000_008),
        ("plum", 0),
    ]
    assert edited.world.vault("SELECT DISTINCT product_sku, product_label FROM vault.orders ORDER BY 1") == [
        ("apple", None),
        ("pear", "sweet"),
        ("plum", None),
    ]
    new = {
        it.table: edited.world.vault(
            f"SELECT count(*) FROM vault.{it.table} WHERE {it.load_ts} = (SELECT max(load_ts) FROM control.loads)"
        )[0][0]
        for it in loads.vault_tables(edited.model)
    }
    assert {table: count for table, count in new.items() if count} == {"s_products_labels": 1, "s_products_stocks": 1}
    for table, rows in before.tables.items():
        assert len(edited.rows(f"vault.{table}")) == len(rows) + new[table]
    labels = edited.rows("vault.s_products_labels")
    assert len([row for row in labels if row["s_product_label_record_source"] == "ghost"]) == 3 + 1
    assert edited.differences() == []
    edited.world.change("UPDATE flat_order SET product_weight = 2 WHERE product_sku = 'apple'")
    edited.run()
    assert len(edited.rows("vault.s_products_labels")) == len(labels), "NULL that is known is no new version"
    edited.run(full=True)
    assert edited.differences() == []
    assert len(edited.rows("vault.s_products_labels")) == len(labels)


@pytest.mark.slow
def test_a_satellite_that_was_added_is_no_event_of_its_entities(edited: Shop) -> None:
    hub = edited.model.hub("product")
    with edited.warehouse.session() as session:
        before = entity_history(session, edited.model, hub, ["apple"])
    edited.edit(new_satellite, queries=orders("upper(product_sku) AS product_label"))
    edited.revise()
    edited.migrate()
    counts = edited.world.row_counts()
    assert counts["s_products_labels"] == 0, "what stands for 'not known then' is no row of a load"
    with edited.warehouse.session() as session:
        assert entity_history(session, edited.model, hub, ["apple"]) == before
    edited.run()
    with edited.warehouse.session() as session:
        *same, labelled = entity_history(session, edited.model, hub, ["apple"])
    assert same == before
    assert (labelled.event, labelled.what, labelled.old, labelled.new) == ("changed", "label", (), ("APPLE",))


@pytest.mark.slow
def test_a_large_first_load_of_a_satellite_that_was_added(edited: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is filled in bulk is one without any row: here each known parent has its version already."""
    monkeypatch.setattr(loading, "WORTH_BULK", 0)
    edited.edit(new_satellite, queries=orders("CASE product_sku WHEN 'pear' THEN 'sweet' END AS product_label"))
    edited.revise()
    edited.migrate()
    edited.world.change("UPDATE flat_order SET product_weight = 3")
    edited.run()
    assert edited.world.row_counts()["s_products_labels"] == 1
    assert edited.differences() == []


@pytest.mark.slow
def test_a_load_that_dies_after_a_satellite_was_added(edited: Shop) -> None:
    """Roll-back takes the rows of the load, not the versions that say that nothing was known."""
    edited.edit(new_satellite, queries=orders("upper(product_sku) AS product_label"))
    edited.revise()
    edited.migrate()
    before = edited.past()
    run, load = begun(edited.world)
    insert_all(run, load)
    assert edited.world.row_counts()["s_products_labels"] == 3
    run.roll_back(load, "killed")
    assert edited.past().tables == before.tables
    edited.run()
    assert edited.world.row_counts()["s_products_labels"] == 3
    assert edited.differences() == []
    for ts, rows in before.feeds["orders"].items():
        assert edited.rows(f"vault.orders_as_of('{ts}')") == rows


# Feeds that deliver changes only

ENROLMENTS = """INSERT INTO enrolment VALUES ('s1', 1, 'Ann', 'a@x', '2026-01-01'),
('s2', 1, 'Bob', NULL, '2026-01-02')"""
MOVED = "INSERT INTO enrolment VALUES ('s1', 2, 'Ann', 'b@x', '2026-02-01')"
LATE = "INSERT INTO enrolment VALUES ('s2', 3, 'Bobby', NULL, '2026-01-15')"
ROOMS = "; TRUNCATE room; INSERT INTO room VALUES "


@pytest.mark.slow
def test_feeds_that_deliver_changes_only(servers: Servers, campus: Model, tmp_path: Path) -> None:
    """With an applied date and without: a satellite and an attribute are added, a business key is widened."""
    edited = with_past(
        servers,
        campus,
        tmp_path,
        (
            ENROLMENTS + ROOMS + "(1, 'red', 20), (2, 'blue', 30)",
            MOVED + ROOMS + "(1, 'blue', 30)",
            LATE + ROOMS + "(3, 'red', 25)",
        ),
    )
    before = edited.past()

    def more(model: dict[str, Any]) -> None:
        model["hubs"]["group"]["business_key"] = {"number": "bigint"}
        model["satellites"]["group"] = {"plural": "groups", "feed": "enrolments", "attributes": {"topic": "text"}}
        model["satellites"]["room"]["attributes"]["floor"] = "integer"

    edited.edit(
        more,
        queries={
            "enrolments.sql": """SELECT student_code, group_number, student_name, student_email, seen_at,
            CASE WHEN seen_at > '2026-03-01' THEN 'art' END AS group_topic FROM enrolment""",
            "rooms.sql": "SELECT group_number, room_name, room_seats, NULL::integer AS room_floor FROM room",
        },
    )
    edited.revise()
    edited.migrate()
    assert migrations.differences(edited.warehouse, edited.model) == []
    assert_past_is_kept(before, edited.past(), {})
    edited.world.change("TRUNCATE enrolment, room; INSERT INTO enrolment VALUES ('s2', 3, 'Bobby', NULL, '2026-04-01')")
    report = edited.run()
    assert [(it.new, it.changed, it.deleted) for it in report.changes.values()] == [(0, 1, 0), (0, 0, 0)]
    assert edited.world.vault("SELECT student_code, group_topic FROM vault.enrolments ORDER BY 1") == [
        ("s1", None),
        ("s2", "art"),
    ]
    after = edited.past()
    for feed, by_load in before.feeds.items():
        for ts, rows in by_load.items():
            assert as_before(after.feeds[feed][ts], {}, set(rows[0])) == rows
    assert edited.world.vault("SELECT s_group_topic FROM vault.s_groups_history") == [("art",)]
    assert edited.differences() == []


# What is refused


def refused(model: dict[str, Any]) -> None:
    del model["satellites"]["product_stock"]["attributes"]["pieces"]
    model["satellites"]["product_stock"]["attributes"]["number"] = "smallint"
    model["satellites"]["product_offer"]["attributes"]["weight"] = "text"
    model["satellites"]["product_offer"]["attributes"]["colour"] = "text"


@pytest.mark.slow
def test_a_refused_change_writes_nothing_and_the_old_model_goes_on(edited: Shop) -> None:
    file = edited.model.directory / "model.yaml"
    old, files, past = file.read_text(), edited.revisions(), edited.past()
    known = edited.world.vault("SELECT to_jsonb(it)::text FROM control.models AS it")
    edited.edit(refused)
    with pytest.raises(ModelChangeRefused) as caught:
        edited.revise()
    message = str(caught.value)
    assert caught.value.exit_code == 2
    for words in (
        "attribute 'pieces' of satellite 'product_stock' is missing, and 'number' is new",
        "keep the name 'pieces'",
        "attribute 'weight' of satellite 'product_offer' is text instead of double",
        "keep double, with a cast",
        "nothing was written",
    ):
        assert words in message
    assert "colour" not in message, "what could be carried out is not in the way"
    for work in (edited.migrate, edited.run):
        with pytest.raises(NotMigrated, match="attribute 'weight' of satellite 'product_offer' is text"):
            work()
    done = CliRunner().invoke(cli, ["model", "revise", str(edited.model.directory), "-m", "x"])
    assert done.exit_code == 2
    assert "keep the name 'pieces'" in done.stderr
    assert edited.revisions() == files
    assert edited.world.vault("SELECT to_jsonb(it)::text FROM control.models AS it") == known
    assert vars(edited.past()) == vars(past)
    file.write_text(old)
    edited.edit()
    edited.world.change("UPDATE stock SET pieces = 9 WHERE sku = 'pear'")
    assert edited.run().changes["stocks"].changed == 1
    assert edited.differences() == []


@dataclass
class WayOn:
    """What a refusal advises: it is carried out, and the past stays as it was."""

    edits: tuple[Edit, ...]
    queries: Mapping[str, str]
    #: Rows new, changed and deleted that the next run finds, by feed.
    found: Mapping[str, tuple[int, int, int]]
    #: What the run is told.
    options: Mapping[str, Any] = field(default_factory=dict)


def another_link(model: dict[str, Any]) -> None:
    """A link with one hub more and a feed of its own, and a hub with another key."""
    model["hubs"]["town"] = {"plural": "towns", "business_key": {"country": "text", "name": "text"}}
    model["links"]["depot_product_town"] = {
        "plural": "depots_products_towns",
        "hubs": ["depot", "product", "town"],
        "driving_key": ["depot"],
    }
    model["feeds"]["placed_stocks"] = {"query": "placed_stocks.sql", "load": "delta", "grain": "depot_product_town"}


WAYS_ON = {
    "an attribute that is NULL, one that replaces it, and a satellite of another feed": WayOn(
        (
            attribute("product_stock", "shelf", {"type": "text", "column": "shelf"}),
            lambda model: model["satellites"].update(
                depot={"plural": "depots", "feed": "stocks", "attributes": {"pieces": "double"}}
            ),
        ),
        stocks("NULL::smallint AS product_pieces, 'a' AS shelf, pieces::double precision AS depot_pieces"),
        {"stocks": (0, 2, 0)},
    ),
    "another link with another load mode": WayOn(
        (another_link,),
        {
            "placed_stocks.sql": "SELECT code AS depot_code, sku AS product_sku, 'PL' AS town_country,"
            " 'Gdynia' AS town_name FROM stock"
        },
        {"placed_stocks": (2, 0, 0)},
    ),
    "a query without rows": WayOn(
        (),
        {
            "stocks.sql": "SELECT NULL::bigint AS depot_code, NULL::text AS product_sku,"
            " NULL::smallint AS product_pieces WHERE false"
        },
        {"stocks": (0, 0, 2)},
        {"may_be_empty": True},
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS_ON)
def test_the_ways_on_work(edited: Shop, name: str) -> None:
    way_on = WAYS_ON[name]
    before = edited.past()
    edited.edit(*way_on.edits, queries=way_on.queries)
    assert (edited.revise() is not None) == bool(way_on.edits)
    edited.migrate()
    report = edited.run(**way_on.options)
    found = {feed: (it.new, it.changed, it.deleted) for feed, it in report.changes.items() if it}
    assert found == way_on.found
    after = edited.past()
    for feed, by_load in before.feeds.items():
        known = {column for rows in by_load.values() for row in rows for column in row}
        for ts, rows in by_load.items():
            assert as_before(after.feeds[feed][ts], {}, known) == rows, (feed, ts)
    assert edited.differences() == []


# Order means nothing


def shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key], order) for key in order.sample(list(value), len(value))}
    return order.sample(value, len(value)) if isinstance(value, list) else value


def in_another_order(model: dict[str, Any]) -> None:
    other = shuffled(model, random.Random(8))  # noqa: S311 - a shuffle that repeats
    model.clear()
    model.update(other)


@pytest.mark.slow
def test_order_in_the_model_file_means_nothing(edited: Shop) -> None:
    """No revision, no migration, and views of users stay; loads go on, see the test below."""
    with edited.warehouse.session() as session:
        session.execute(SQL(NAMES_VIEW))
    before, links = edited.past(), [link.hubs for link in edited.model.links]
    edited.edit(in_another_order)
    assert [link.hubs for link in edited.model.links] != links
    assert edited.revise() is None
    edited.migrate()
    assert vars(edited.past()) == vars(before)


@pytest.mark.slow
def test_loads_go_on_with_a_model_in_another_order(edited: Shop) -> None:
    before = edited.past()
    edited.edit(in_another_order)
    for full in (False, True):
        assert not edited.run(full=full).anything_new
        assert edited.past().tables == before.tables
    edited.world.change("UPDATE flat_order SET product_weight = 2 WHERE product_sku = 'apple'")
    edited.run()
    counts = {table: len(rows) for table, rows in edited.past().tables.items()}
    assert counts == {**{table: len(rows) for table, rows in before.tables.items()}, "s_products_offers": 6}
    assert edited.differences() == []


# Commands and steps


def on_servers(edited: Shop, home: Path) -> dict[str, str]:
    stores = edited.world.stores
    return {
        "PG_DATASOURCE_URL": stores.source.url,
        "PG_DATAWAREHOUSE_URL": stores.warehouse.url,
        "CH_DATAMART_URL": "",
        "SKYENG_HOME": str(home),
    }


@pytest.mark.slow
def test_every_command_refuses_an_edited_model(edited: Shop, tmp_path: Path) -> None:
    edited.edit(attribute("product_stock", "pieces", "double"), new_mart)
    folder = str(edited.model.directory)
    for command in (
        ["run"],
        ["run", "--full"],
        ["status"],
        ["verify"],
        ["history", "-m", folder, "depot", "1"],
        ["migrate"],
        ["plan"],
    ):
        arguments = command if folder in command else [*command, folder]
        done = CliRunner().invoke(cli, arguments, env=on_servers(edited, tmp_path))
        assert done.exit_code == 1, command
        assert "attribute 'pieces' of satellite 'product_stock' is double instead of smallint" in done.stderr
        assert f"run `skyeng model revise {folder} -m 'what it is for'`" in " ".join(done.stderr.split())
    settings = Settings(edited.world.stores.source.url, edited.warehouse.url, None, tmp_path)
    for call in (
        lambda: api.run(edited.model, settings=settings),
        lambda: api.verify(edited.model, settings=settings),
        lambda: api.history("depot", 1, model=edited.model, settings=settings),
    ):
        with pytest.raises(NotMigrated, match="was edited and not migrated"):
            call()


@pytest.mark.slow
def test_every_step_refuses_an_edited_model(edited: Shop) -> None:
    """Each task of a DAG reads the model file again."""
    dag = Runner("Airflow", timedelta(minutes=15), "here")
    edited.world.change("UPDATE stock SET pieces = 9 WHERE sku = 'pear'")
    before = edited.world
    run, load = begun(before, dag)
    edited.edit(attribute("product_stock", "pieces", "double"), new_mart)
    later = ToDatawarehouse(edited.model, edited.world.stores, runner=dag)
    mart = ToDatamart(edited.model, edited.model.marts[0], edited.world.stores)
    steps: list[Callable[[], object]] = [
        later.e_from_pg_datawarehouse,
        lambda: later.e_from_pg_datasource(load),
        lambda: later.t_find_new_rows(load),
        *(step.work for step in later.insert_steps(load)),
        lambda: later.close(load),
        mart.e_from_ch_datamart,
        mart.e_from_pg_datawarehouse,
        mart.l_update_datamart,
        lambda: mart.t_find_new_rows(NO_LOADS, MartSummary((1, 1), whole=True)),
    ]
    with edited.world.stores.datamart.session(create=True):
        for step in steps:
            with pytest.raises(NotMigrated, match="pieces' of satellite 'product_stock' is double instead of smallint"):
                step()
    insert_all(run, load)
    assert run.close(load)["stocks"].changed == 1, "with the model that it began with the load goes on"


# Migrations and loads


@pytest.mark.slow
def test_a_migration_keeps_off_a_load_that_is_alive(edited: Shop) -> None:
    old = edited.world
    old.change("UPDATE stock SET pieces = 9 WHERE sku = 'pear'")
    edited.edit(new_satellite, queries=orders("NULL::text AS product_label"))
    edited.revise()
    with exclusive(edited.warehouse, edited.model), pytest.raises(LoadInProgress, match="process"):
        edited.migrate()
    run, load = begun(old, Runner("Airflow, run 1", timedelta(minutes=15), "here"))
    with pytest.raises(LoadInProgress, match=r"Airflow, run 1"):
        edited.migrate()
    assert edited.world.vault("SELECT to_regclass('vault.s_products_labels')") == [(None,)]
    end_leases(edited.world)
    edited.migrate()
    assert statuses(edited.world)[-1] == "rolled back"
    for step in run.insert_steps(load):
        with pytest.raises(LoadRolledBack):
            step.work()
    assert edited.run().changes["stocks"].changed == 1
    assert edited.differences() == []


@pytest.mark.slow
def test_a_migration_rolls_back_what_a_dead_process_left(edited: Shop) -> None:
    edited.world.change("UPDATE stock SET pieces = 9 WHERE sku = 'pear'")
    run, load = begun(edited.world)
    insert_all(run, load)
    edited.edit(new_satellite, queries=orders("NULL::text AS product_label"))
    edited.revise()
    edited.migrate()
    assert statuses(edited.world)[-1] == "rolled back"
    assert edited.run().changes["stocks"].changed == 1
    assert edited.differences() == []


def test_where_nothing_is_to_be_done_a_migration_needs_no_lock(edited: Shop) -> None:
    """It passes while a load is under way."""
    edited.world.change("UPDATE stock SET pieces = 9 WHERE sku = 'pear'")
    begun(edited.world)
    with exclusive(edited.warehouse, edited.model), edited.warehouse.session() as session:
        session.execute(SQL("SELECT FROM vault.orders; LOCK TABLE vault.orders IN ACCESS SHARE MODE"))
        edited.migrate()
    assert statuses(edited.world)[-1] == "open"


@pytest.mark.slow
def test_bookkeeping_that_no_longer_fits_is_not_trusted(edited: Shop) -> None:
    """What was recorded of active rows is wrong, and no row of the source changes: the vault itself is asked."""
    edited.edit(SHELF, queries=SHELVES)
    edited.revise()
    edited.migrate()
    with edited.warehouse.session() as session:
        session.execute(SQL("UPDATE control.stocks_rows SET row_hash = 1; DELETE FROM control.orders_rows"))
    assert not edited.run().anything_new
    assert edited.world.vault("SELECT count(*) FROM control.orders_rows") == [(3,)]
    assert edited.differences() == []


# What other people have in the warehouse

NAMES_VIEW = "CREATE VIEW public.names AS SELECT DISTINCT customer_name FROM vault.orders"
PIECES_VIEW = "CREATE VIEW public.pieces AS SELECT sum(s_product_stock_pieces) FROM vault.s_products_stocks"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "edit", "queries"),
    [
        (NAMES_VIEW, attribute("customer", "phone", "text"), orders("NULL::text AS customer_phone")),
        (PIECES_VIEW, attribute("product_stock", "pieces", "integer"), {}),
    ],
)
def test_a_view_of_a_users_is_named_and_never_dropped(
    edited: Shop, view: str, edit: Edit, queries: dict[str, str]
) -> None:
    name = view.split()[2]
    with edited.warehouse.session() as session:
        session.execute(SQL(view))
    before = edited.past()
    edited.edit(edit, queries=queries)
    edited.revise()
    with pytest.raises(StatementFailed) as caught:
        edited.migrate()
    assert f"view {name}" in str(caught.value)
    assert "drop it, migrate again, and create it again" in str(caught.value)
    assert "CASCADE" not in str(caught.value)
    assert vars(edited.past()) == vars(before)
    with edited.warehouse.session() as session:
        session.execute(SQL(f"DROP VIEW {name}"))
    edited.migrate()
    with edited.warehouse.session() as session:
        session.execute(SQL(view))
    edited.run()
    assert edited.differences() == []


@pytest.mark.slow
def test_what_does_not_depend_on_a_change_is_not_touched(edited: Shop) -> None:
    """Views of users on another feed, privileges, comments and columns by hand."""
    with edited.warehouse.session() as session:
        session.execute(
            SQL(f"""{NAMES_VIEW};
            DO $$ BEGIN CREATE ROLE past_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            GRANT SELECT ON vault.stocks, vault.orders TO past_reader WITH GRANT OPTION;
            REVOKE EXECUTE ON FUNCTION vault.stocks_as_of FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION vault.stocks_as_of TO past_reader;
            ALTER TABLE vault.h_depots ADD COLUMN checked_on date;
            CREATE INDEX by_hand ON vault.h_depots (h_depot_code);
            GRANT SELECT (product_sku) ON vault.stocks TO past_reader;
            COMMENT ON VIEW vault.stocks IS 'what is there';
            ALTER VIEW vault.stocks SET (security_barrier = true);
            ALTER FUNCTION vault.stocks_as_of OWNER TO past_reader;
            COMMENT ON COLUMN vault.s_customers.s_customer_name IS 'as in the passport';
            COMMENT ON TABLE vault.s_customers IS 'people'""")
        )
        orders_oid = session.scalar(SQL("SELECT 'vault.orders'::regclass::oid"))
    edited.edit(SHELF, queries=SHELVES)
    written = edited.revise()
    assert written is not None
    upgrade = written.read_text().partition("# The model that")[0]
    assert re.findall(r"op\.(\w+)\('(\w+)'", upgrade) == [
        ("add_column", "stocks"),
        ("add_column", "stocks_shared"),
        ("add_column", "s_products_stocks"),
    ]
    edited.migrate()
    with edited.warehouse.session() as session:
        for query, wanted in (
            ("SELECT 'vault.orders'::regclass::oid", orders_oid),
            ("SELECT has_table_privilege('past_reader', 'vault.stocks', 'SELECT WITH GRANT OPTION')", True),
            ("SELECT has_function_privilege('past_reader', 'vault.stocks_as_of(timestamptz)', 'EXECUTE')", True),
            ("SELECT count(*) FROM pg_proc, aclexplode(proacl) WHERE proname = 'stocks_as_of' AND grantee = 0", 0),
            ("SELECT col_description('vault.s_customers'::regclass, 4)", "as in the passport"),
            ("SELECT obj_description('vault.s_customers'::regclass)", "people"),
            ("SELECT obj_description('vault.stocks'::regclass)", "what is there"),
            ("SELECT reloptions FROM pg_class WHERE oid = 'vault.stocks'::regclass", ["security_barrier=true"]),
            ("SELECT count(attacl) FROM pg_attribute WHERE attrelid = 'vault.stocks'::regclass", 1),
            ("SELECT proowner::regrole::text FROM pg_proc WHERE proname = 'stocks_as_of'", "past_reader"),
        ):
            assert session.scalar(SQL(query)) == wanted
        session.execute(SQL("REASSIGN OWNED BY past_reader TO CURRENT_USER; DROP OWNED BY past_reader"))
    assert edited.revise() is None


@pytest.mark.slow
def test_a_vault_that_was_altered_by_hand_gives_no_revision(edited: Shop) -> None:
    files = edited.revisions()
    with edited.warehouse.session() as session:
        session.execute(SQL("ALTER TABLE vault.s_products_stocks ADD COLUMN s_product_stock_shelf text"))
    edited.edit(SHELF, queries=SHELVES)
    with pytest.raises(NotMigrated, match=r"has what no revision created: vault.s_products_stocks.s_product_stock_sh"):
        edited.revise()
    with edited.warehouse.session() as session:
        session.execute(
            SQL("""ALTER TABLE vault.s_products_stocks DROP COLUMN s_product_stock_shelf;
            ALTER TABLE vault.s_customers DROP COLUMN s_customer_settings CASCADE""")
        )
    with pytest.raises(ObjectsLost, match=r"column s_customer_settings of vault.s_customers is missing"):
        edited.revise()
    assert edited.revisions() == files


@pytest.mark.slow
def test_a_table_by_hand_gives_no_revision(edited: Shop) -> None:
    with edited.warehouse.session() as session:
        session.execute(SQL("CREATE TABLE vault.s_products_labels (h_product_hk uuid)"))
    edited.edit(new_satellite, queries=orders("NULL::text AS product_label"))
    with pytest.raises(NotOwned, match=r"vault.s_products_labels exists, and no model owns it on record"):
        edited.revise()


@pytest.mark.slow
def test_settings_and_indexes_of_one_warehouse_are_no_part_of_a_revision(edited: Shop) -> None:
    """A search path that names our schemas, and an index that somebody dropped."""
    with edited.warehouse.session() as session:
        name = session.scalar(SQL("SELECT current_database()"))
        session.execute(SQL(f'ALTER DATABASE "{name}" SET search_path = vault, control, stage, public'))
    assert edited.revise() is None
    with edited.warehouse.session() as session:
        session.execute(SQL("DROP INDEX vault.ix_h_depots_load_ts"))
    assert edited.revise() is None
    assert edited.differences() == []


@pytest.mark.slow
def test_a_view_that_was_dropped_is_created_again(edited: Shop) -> None:
    before = edited.past()
    with edited.warehouse.session() as session:
        session.execute(SQL("DROP VIEW vault.orders; DROP FUNCTION vault.stocks_as_of"))
    edited.migrate()
    assert vars(edited.past()) == vars(before)
    assert edited.rows("vault.orders")


# Revisions


@pytest.mark.slow
def test_a_revision_says_what_it_carries_out(edited: Shop, tmp_path: Path) -> None:
    edited.edit(new_satellite, queries=orders("NULL::text AS product_label"))
    folder = str(edited.model.directory)

    def revise() -> Result:
        return CliRunner().invoke(cli, ["model", "revise", folder, "-m", "labels"], env=on_servers(edited, tmp_path))

    done = revise()
    assert done.exit_code == 0, done.stderr
    assert "satellite 'product_label' is new: its columns are NULL in what was loaded before" in done.stderr
    assert f"run `skyeng migrate {folder}`" in done.stderr
    assert "_labels.py" in done.stderr
    assert newest_signature(model_history(edited.model)) == signature(edited.model)
    assert "nothing to write" in revise().stderr
    edited.migrate()
    assert "nothing to write" in revise().stderr


@pytest.mark.slow
def test_a_warehouse_that_is_behind_is_migrated_before_the_next_revision(edited: Shop) -> None:
    """A colleague's revision was fetched, and the model edited further: each step keeps what is loaded."""
    before = edited.past()
    edited.edit(new_satellite, queries=orders("NULL::text AS product_label"))
    edited.revise()
    edited.edit(SHELF, queries=SHELVES)
    written = edited.revise()
    assert written is not None
    assert "s_products_labels" not in written.read_text()
    edited.migrate()
    assert_past_is_kept(before, edited.past(), {})
    assert not edited.run().anything_new
    assert edited.differences() == []


def test_a_change_without_tables_is_a_revision_too(edited: Shop) -> None:
    edited.edit(new_mart)
    written = edited.revise()
    assert written is not None
    assert "op." not in written.read_text()
    edited.migrate()
    assert stored_signature_of(edited) == signature(edited.model)


def stored_signature_of(edited: Shop) -> object:
    with edited.warehouse.session() as session:
        return stored_signature(session, edited.model)


def test_a_revision_without_signature_is_an_error(edited: Shop) -> None:
    newest = newest_file(model_history(edited.model))
    assert newest is not None
    for text in ("signature = ''", "signature = '[]'", "revision = '1'", "signature = 1 +"):
        newest.write_text(text)
        for work in (edited.migrate, edited.revise):
            with pytest.raises(NotMigrated, match="carries no signature of its model"):
                work()


def test_a_revision_whose_file_is_missing_is_an_error(edited: Shop) -> None:
    folder = model_history(edited.model).folder
    newest = newest_file(model_history(edited.model))
    assert newest is not None
    newest.replace(folder / "kept.txt")
    edited.edit(lambda model: model.update(marts=load_yaml(MODELS / "shop" / "model.yaml")["marts"]))
    for work in (edited.migrate, edited.revise):
        with pytest.raises(NotMigrated, match=rf"at revision {newest.name[:4]} of 'shop', and its file is not there"):
            work()


def load_yaml(file: Path) -> dict[str, Any]:
    return yaml.safe_load(file.read_text())


def test_no_revision_drops_anything_of_the_vault() -> None:
    files = [*MIGRATIONS.glob("*/*.py"), *MODELS.glob("*/migrations/*.py")]
    assert len(files) > 15
    for file in files:
        dropped = re.findall(r"op\.drop_(?:table|column)\([^)]*\)", file.read_text())
        assert not [it for it in dropped if "schema='stage'" not in it and "'loads'" not in it], file
