"""A model's marts change: revisions of their DDL, and marts rebuilt with all their past."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from conftest import MODELS, Servers, World, schema_only
from restored import forget_last_load
from samples import some
from skyeng import runs
from skyeng.cli.main import cli
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.errors import DatamartAhead, MartDamaged, NameTaken, NotMigrated, SkyengError
from skyeng.marts import migrations as mart_migrations
from skyeng.model import Model, load_model
from skyeng.runs.plan import plan
from skyeng.runs.status import mart_states
from skyeng.vault import migrations
from skyeng.vault.revisions import changes_to_revise, model_history

pytestmark = pytest.mark.slow

CHANGES = [
    """INSERT INTO flat_order (customer_country, customer_number, customer_name, product_sku, vegan) VALUES
    ('PL', '1', 'Ann', 'apple', true), ('PL', '1', 'Ann', 'pear', false), ('DE', '2', 'Eve', 'apple', true);
    INSERT INTO stock VALUES (7, 'apple', 3), (7, 'pear', 3), (8, 'apple', 3)""",
    "UPDATE flat_order SET customer_name = 'Ada' WHERE customer_number = '1'; UPDATE stock SET pieces = pieces + 1",
    "DELETE FROM flat_order WHERE product_sku = 'pear'; UPDATE stock SET pieces = 5 WHERE sku = 'pear'",
]


@pytest.fixture
def shop_by_path(servers: Servers, tmp_path: Path) -> Iterator[World]:
    """A copy of the second model with its files, after three loads. The warehouse is loaded once for all tests."""
    model = load_model(shutil.copytree(MODELS / "shop", tmp_path / "shop"))
    source = "mart_revisions_source"

    def load(url: str) -> None:
        stores = Stores(
            Postgres("pg_datasource", servers.database(source)), Postgres("pg_datawarehouse", url), servers.datamart()
        )
        migrations.migrate(stores.warehouse, model)
        for change in CHANGES:
            World(model, stores).change(change)
            runs.run(model, stores, only="to_datawarehouse")

    servers.clone(source, lambda url: schema_only(Postgres("pg_datasource", url), model))
    warehouse = servers.clone("mart_revisions_warehouse", load)
    stores = Stores(
        Postgres("pg_datasource", servers.clone(source, lambda _: None)),
        Postgres("pg_datawarehouse", warehouse),
        servers.datamart(),
    )
    mart_migrations.migrate(stores.datamart, model)
    with stores.datamart.kept():
        runs.run(model, stores, only="to_datamart")
        yield World(model, stores)


def edited(world: World, *edits: tuple[str, str]) -> World:
    """The same world after the model file was edited."""
    path = world.model.directory / "model.yaml"
    text = path.read_text()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text)
    return replace(world, model=load_model(path))


def past(world: World, table: str, columns: str) -> list[object]:
    """What a mart shows, as of every load that it holds and now."""
    loads = world.mart(f"SELECT toString(load_ts) FROM {table}_loads FINAL ORDER BY load_ts")
    seen: list[object] = [
        (ts, world.mart(f"SELECT {columns} FROM {table}_as_of(ts = '{ts}') ORDER BY ALL")) for (ts,) in loads
    ]
    return [*seen, world.mart(f"SELECT {columns} FROM {table} ORDER BY ALL")]


def migrate(world: World) -> None:
    mart_migrations.migrate(world.stores.datamart, world.model)


def assert_right(world: World) -> None:
    assert world.differences() == []
    assert [it for state in mart_states(world.model, world.stores) for it in state.differences] == []
    assert not world.run().anything_new


#: By what changes: edits of the model file.
EDITS: dict[str, tuple[tuple[str, str], ...]] = {
    "attribute added": (("      ean: product_ean\n", "      ean: product_ean\n      who: customer_name\n"),),
    "attribute removed": (("      weight: product_weight\n", ""),),
    "attribute renamed": (("      name: {column", "      called: {column"),),
    "order_by changed": (("    order_by: [sku]", "    order_by: [number, country]"),),
    "low_cardinality changed": (("customer_name, low_cardinality: true}", "customer_name}"),),
}


def assert_refused_as_not_revised(world: World) -> None:
    with pytest.raises(NotMigrated, match="not as its newest DDL file says") as caught:
        migrate(world)
    assert "skyeng model revise" in str(caught.value)
    for refused in (world.run, lambda: plan(world.model)):
        with pytest.raises(NotMigrated, match="skyeng model revise"):
            refused()


def revise_warehouse(world: World, message: str) -> None:
    """The warehouse's half: what a model says of its marts is part of its signature."""
    migrations.revise(world.stores.warehouse, model_history(world.model), message)
    migrations.migrate(world.stores.warehouse, world.model)


def revise_and_migrate(world: World, message: str) -> None:
    """Both stores."""
    mart_migrations.revise(world.model, message)
    revise_warehouse(world, message)
    migrate(world)


def test_a_mart_changes_and_is_rebuilt_with_all_its_past(shop_by_path: World) -> None:
    world = shop_by_path
    for number, (what, edits) in enumerate(some(list(EDITS.items()), 1), 2):
        before = past(world, "dm_orders", "country, sku, dm_order_uuid")
        old = world.mart("SELECT * FROM dm_orders ORDER BY ALL")
        world = edited(world, *edits)
        assert_refused_as_not_revised(world)
        written = mart_migrations.revise(world.model, what)
        assert written is not None, what
        assert written.name.startswith(f"{number:03d}_"), what
        assert mart_migrations.revise(world.model, what) is None
        revise_warehouse(world, what)
        with pytest.raises(NotMigrated, match=re.escape(written.name)):
            world.run()
        migrate(world)
        assert world.mart("SELECT * FROM dm_orders ORDER BY ALL") == old, "the old mart answers until then"
        report = world.run(only="to_datamart")
        assert list(report.rebuilt) == ["dm_orders"], what
        assert past(world, "dm_orders", "country, sku, dm_order_uuid") == before, what
        assert_right(world)


#: A model file after which the same marts and columns stand in another order.
IN_ANOTHER_ORDER: dict[str, Callable[[dict[str, Any]], None]] = {
    "marts": lambda declared: declared.update(marts=backwards(declared["marts"])),
    "everything": lambda declared: declared.update(
        marts={
            name: {**mart, "columns": backwards(mart["columns"])} for name, mart in backwards(declared["marts"]).items()
        }
    ),
    "columns": lambda declared: declared["marts"]["order"].update(
        columns=backwards(declared["marts"]["order"]["columns"])
    ),
}


def backwards(section: dict[str, Any]) -> dict[str, Any]:
    return dict(reversed(section.items()))


@pytest.mark.parametrize("what", some(list(IN_ANOTHER_ORDER), 1))
def test_order_in_the_model_file_asks_for_no_revision_and_rebuilds_nothing(shop_by_path: World, what: str) -> None:
    path = shop_by_path.model.directory / "model.yaml"
    declared = yaml.safe_load(path.read_text())
    IN_ANOTHER_ORDER[what](declared)
    path.write_text(yaml.safe_dump(declared, sort_keys=False))
    world = replace(shop_by_path, model=load_model(path))
    before = past(world, "dm_orders", "country, sku, dm_order_uuid"), in_order(world, "dm_orders")
    assert_right(world)
    migrate(world)
    assert_right(world)
    world.change(
        "UPDATE stock SET pieces = 9; UPDATE flat_order SET product_ean = '00000000-0000-0000-0000-000000000007'"
    )
    report = world.run()
    assert report.rebuilt == {}
    assert all(report.marts.values())
    assert past(world, "dm_orders", "country, sku, dm_order_uuid")[: len(before[0]) - 1] == before[0][:-1]
    assert_right(world)


def in_order(world: World, view: str) -> list[str]:
    return [name for name, *_ in world.mart(f"DESCRIBE TABLE {view}")]


def test_views_show_the_order_of_the_model_after_a_revision(shop_by_path: World) -> None:
    world = edited(
        shop_by_path,
        ("      number: customer_number\n", ""),
        ("      born_on: customer_born_on\n", "      born_on: customer_born_on\n      number: customer_number\n"),
    )
    names = [world.model.marts[0].key, world.model.marts[0].load_ts, *(it.name for it in world.model.marts[0].columns)]
    assert in_order(world, "dm_orders") != names
    assert mart_migrations.revise(world.model, "order") is not None
    assert mart_migrations.revise(world.model, "order") is None
    migrate(world)
    assert in_order(world, "dm_orders") == in_order(world, "dm_orders_as_of(ts = '2100-01-01')") == names
    assert_right(world)


def test_what_a_column_shows_changes_with_its_past(shop_by_path: World) -> None:
    """The shape of the tables stays: another feed column of the same type; then it moves back."""
    world = shop_by_path
    skus, numbers = past(world, "dm_orders", "sku"), past(world, "dm_orders", "number")
    assert skus != numbers
    for edit, shown in (
        (("number: customer_number", "number: product_sku"), skus),
        (("number: product_sku", "number: customer_number"), numbers),
    ):
        world = edited(world, edit)
        assert mart_migrations.revise(world.model, "number") is not None
        revise_warehouse(world, "number")
        migrate(world)
        report = world.run()
        assert "was built by another declaration of the mart" in report.rebuilt["dm_orders"]
        assert past(world, "dm_orders", "number") == shown
        assert_right(world)


@pytest.mark.parametrize("without_comment", some([True, False], 1))
def test_loads_that_only_the_mart_has_move_with_it_to_another_name(shop_by_path: World, without_comment: bool) -> None:
    """The plural stays, hence the tables do; their columns are named by the mart."""
    world = shop_by_path
    lost = forget_last_load(world)
    world.run(full=True)
    before = past(world, "dm_orders", "country, sku, number, dm_order_uuid")
    alone = world.mart(f"SELECT country, sku, number FROM dm_orders_as_of(ts = '{lost}') ORDER BY ALL")
    world = edited(world, ("  order:\n    plural: orders\n    feed", "  sale:\n    plural: orders\n    feed"))
    found = "\n".join(map(str, changes_to_revise(world.model)))
    assert "mart 'order' is called 'sale' now: it is built again" in found
    revise_and_migrate(world, "sale")
    if without_comment:
        world.mart_command("ALTER TABLE dm_orders_history MODIFY COMMENT ''")
    reason = world.run().rebuilt["dm_orders"]
    if without_comment:
        assert "the rows of 1 loads, the last of " in reason
    else:
        assert "lost" not in reason
        assert past(world, "dm_orders", "country, sku, number, dm_sale_uuid") == before
        assert world.mart(f"SELECT country, sku, number FROM dm_orders_as_of(ts = '{lost}') ORDER BY ALL") == alone
    assert_right(world)


def test_what_retained_rows_lose_by_another_column_or_plural_is_said(shop_by_path: World) -> None:
    """Another plural leaves the old tables as they are."""
    world = shop_by_path
    lost = forget_last_load(world)
    world.run(full=True)
    world = edited(world, ("      name: {column", "      called: {column"))
    revise_and_migrate(world, "called")
    assert "; called: NULL in the rows of 1 loads, the last of " in world.run().rebuilt["dm_orders"]
    assert_right(world)
    before = past(world, "dm_orders", "country, sku, dm_order_uuid")
    world = edited(world, ("  order:\n    plural: orders\n    feed", "  order:\n    plural: sales\n    feed"))
    found = "\n".join(map(str, changes_to_revise(world.model)))
    assert "the tables dm_orders_... stay as they are, with the loads that only they have" in found
    revise_and_migrate(world, "sales")
    world.run()
    assert past(world, "dm_orders", "country, sku, dm_order_uuid") == before
    assert world.mart(f"SELECT count() FROM dm_sales_history WHERE dm_order_load_ts = '{lost}'") == [(0,)]
    assert_right(world)


def test_a_wider_type_reaches_the_mart(shop_by_path: World) -> None:
    """Where it was not rebuilt, 3000000000 would become -1294967296 in a column of 32 bits."""
    world = edited(shop_by_path, ("{pieces: smallint}", "{pieces: bigint}"))
    before = past(world, "dm_stocks", "toInt64(pieces)")
    assert mart_migrations.revise(world.model, "wide") is not None
    world.change("ALTER TABLE stock ALTER COLUMN pieces TYPE bigint")
    revise_warehouse(world, "wide")
    migrate(world)
    world.change("UPDATE stock SET pieces = 3000000000 WHERE sku = 'apple'")
    report = world.run()
    assert "dm_stocks" in report.rebuilt
    assert world.mart("SELECT pieces FROM dm_stocks WHERE code = 8") == [(3_000_000_000,)]
    assert past(world, "dm_stocks", "toInt64(pieces)")[: len(before) - 1] == before[:-1]
    assert_right(world)


def test_a_mart_is_removed_and_another_added(shop_by_path: World) -> None:
    """Tables of a mart that is removed stay, and nothing loads them; its name is free when they are dropped."""
    world = edited(
        shop_by_path,
        (
            "  stock:\n    plural: stocks\n    feed: stocks\n    columns: {code: depot_code, sku: product_sku,"
            " pieces: product_pieces}\n",
            "  shelf:\n    plural: shelves\n    feed: stocks\n"
            "    columns: {sku: product_sku, pieces: product_pieces}\n",
        ),
    )
    before = world.mart("SELECT * FROM dm_stocks ORDER BY ALL")
    assert mart_migrations.revise(world.model, "shelves") is not None
    revise_warehouse(world, "shelves")
    migrate(world)
    world.change("UPDATE stock SET pieces = 9")
    world.run()
    assert world.mart("SELECT * FROM dm_stocks ORDER BY ALL") == before
    assert world.mart("SELECT DISTINCT pieces FROM dm_shelves") == [(9,)]
    assert len(world.mart("SELECT load_ts FROM dm_shelves_loads FINAL")) == len(CHANGES) + 1
    assert_right(world)


def carry_out(world: World, error: SkyengError) -> None:
    """Run the commands that an error names, as they stand there, and no others."""
    commands = re.findall(r"`skyeng ([^`]+)`", error.remedy or "")
    assert commands
    stores = world.stores
    urls = {
        "PG_DATASOURCE_URL": stores.source.url,
        "PG_DATAWAREHOUSE_URL": stores.warehouse.url,
        "CH_DATAMART_URL": stores.datamart.url,
    }
    for command in commands:
        done = CliRunner().invoke(cli, shlex.split(command), env=urls)
        assert done.exit_code == 0, (command, done.output)


def test_the_commands_that_errors_name_work_for_a_model_in_a_folder(shop_by_path: World) -> None:
    world = shop_by_path
    world.mart_command("TRUNCATE TABLE skyeng_ddl")
    with pytest.raises(NotMigrated, match="is not migrated") as refused:
        world.run()
    carry_out(world, refused.value)
    assert not world.run().anything_new
    world.mart_command("DROP VIEW dm_orders")
    with pytest.raises(MartDamaged) as damaged:
        world.differences()
    carry_out(world, damaged.value)
    assert_right(world)
    world = edited(world, ("      weight: product_weight\n", ""))
    with pytest.raises(NotMigrated, match="not as its newest DDL file says") as not_revised:
        migrate(world)
    carry_out(world, not_revised.value)
    world.run()
    assert_right(world)
    world.change("UPDATE stock SET pieces = 22")
    world.run()
    forget_last_load(world)
    world.mart_command("TRUNCATE TABLE dm_stocks_loads")
    with pytest.raises(DatamartAhead) as ahead:
        world.run(only="to_datamart")
    carry_out(world, ahead.value)
    assert_right(world)


def test_a_file_that_was_run_is_not_edited(shop_by_path: World) -> None:
    world = shop_by_path
    (path,) = mart_migrations.files(world.model)
    text = path.read_text()
    path.write_text("-- A remark.\n" + text)
    assert not world.run().anything_new, "comments are free"
    path.write_text(text.replace("Row versions it brought", "Rows"))
    assert_refused_as_not_revised(world)
    path.write_text(text)
    world = edited(world, ("      ean: product_ean\n", ""))
    assert mart_migrations.revise(world.model, "no ean") is not None
    revise_warehouse(world, "no ean")
    migrate(world)
    path.write_text(text.replace("Row versions it brought", "Rows"))
    for refused in (world.run, lambda: migrate(world)):
        with pytest.raises(NotMigrated, match=f"{path.name} of model 'shop' was edited after it was run") as caught:
            refused()
        assert "skyeng model revise" in str(caught.value)
    path.write_text(text)
    newest = mart_migrations.files(world.model)[-1]
    shutil.copy(newest, newest.with_name("002_other.sql"))
    with pytest.raises(NotMigrated, match="have the number 002"):
        world.run()
    newest.with_name("002_other.sql").unlink()
    # An older checkout: the model of before, and its file.
    newest.unlink()
    world = edited(world, ("      is_vegan: vegan\n", "      is_vegan: vegan\n      ean: product_ean\n"))
    with pytest.raises(NotMigrated, match="at a later revision of model 'shop' than its files") as caught:
        migrate(world)
    assert newest.name in str(caught.value)


def test_a_model_without_ddl_files_says_how_to_write_them(servers: Servers, shop: Model, tmp_path: Path) -> None:
    moved = shop.model_copy(update={"directory": tmp_path})
    with pytest.raises(NotMigrated, match="have no DDL file") as caught:
        mart_migrations.migrate(servers.datamart(), moved)
    assert "skyeng model revise" in str(caught.value)


def test_a_new_datamart_runs_the_newest_file_alone(shop_by_path: World, servers: Servers) -> None:
    world = edited(shop_by_path, ("      weight: product_weight\n", ""))
    mart_migrations.revise(world.model, "no weight")
    revise_warehouse(world, "no weight")
    fresh = replace(world, stores=replace(world.stores, datamart=servers.datamart()))
    migrate(fresh)
    assert fresh.mart("SELECT file FROM skyeng_ddl") == [("002_no_weight.sql",)]
    fresh.run()
    assert_right(fresh)
    assert fresh.mart("SELECT count() FROM dm_orders_loads") == [(len(CHANGES),)]


# Who owns a table or view.


def other_model(tmp_path: Path, world: World) -> Model:
    """A second model, whose mart has the plural of one of the first's."""
    folder = shutil.copytree(world.model.directory, tmp_path / "other")
    shutil.rmtree(folder / "ddl")
    path = folder / "model.yaml"
    path.write_text(path.read_text().replace("model: shop", "model: other"))
    model = load_model(path)
    mart_migrations.revise(model, "first")
    return model


def test_the_mart_of_another_model_is_not_taken_over(shop_by_path: World, tmp_path: Path) -> None:
    world, other = shop_by_path, other_model(tmp_path, shop_by_path)
    before = world.mart("SELECT * FROM dm_orders ORDER BY ALL")
    with pytest.raises(NameTaken, match="dm_orders_history belongs to model 'shop'") as caught:
        mart_migrations.migrate(world.stores.datamart, other)
    assert "rename or drop dm_orders_history" in str(caught.value)
    # Also where the comments that say so were removed, or the register.
    for name in ("dm_orders_history", "dm_orders_loads"):
        world.mart_command(f"ALTER TABLE {name} MODIFY COMMENT ''")
    with pytest.raises(NameTaken, match="belongs to model 'shop'"):
        mart_migrations.migrate(world.stores.datamart, other)
    world.run()
    world.mart_command("DROP TABLE skyeng_ddl SYNC")
    with pytest.raises(NameTaken, match="belongs to model 'shop'"):
        mart_migrations.migrate(world.stores.datamart, other)
    migrate(world)
    assert world.mart("SELECT * FROM dm_orders ORDER BY ALL") == before
    assert_right(world)


def test_a_table_that_nobody_of_ours_made_is_not_taken_over(servers: Servers, shop: Model) -> None:
    datamart = servers.datamart()
    with datamart.session(create=True) as session:
        session.client.command("CREATE TABLE dm_stocks_loads ENGINE = MergeTree ORDER BY tuple() AS SELECT 1 AS x")
    with pytest.raises(NameTaken, match="dm_stocks_loads is not registered for any model"):
        mart_migrations.migrate(datamart, shop)
    with datamart.session() as session:
        assert session.client.query("SELECT x FROM dm_stocks_loads").result_rows == [(1,)]
        session.client.command("DROP TABLE dm_stocks_loads SYNC")
    mart_migrations.migrate(datamart, shop)


def test_two_models_share_a_datamart(shop_by_path: World, servers: Servers, courses: Model) -> None:
    world = shop_by_path
    mart_migrations.migrate(world.stores.datamart, courses)
    assert_right(world)
    assert len(world.mart("SELECT DISTINCT model FROM skyeng_ddl")) == 2
