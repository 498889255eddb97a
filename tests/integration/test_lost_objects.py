"""Every table, view and function of a warehouse lost, emptied, renamed or altered: made again, or named.

A command that ends well has left both stores right, whatever was done to the warehouse before. Every
object is tried, each on a copy of one warehouse with a history of three loads.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from click.testing import CliRunner

from conftest import Servers, World, schema_only
from samples import LONG, some
from skyeng.cli.main import cli
from skyeng.detection import segment_checksums, validity
from skyeng.errors import NotMigrated, NotOwned, ObjectsLost, SkyengError, StagingLost, VaultDamaged
from skyeng.model import Model
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.sql import SQL, ident
from skyeng.vault import derived, migrations, objects
from skyeng.vault.revisions import check_migrated
from skyeng.vault.schema import model_tables
from skyeng.vault.tables import control_metadata, model_metadata
from test_shop import ROWS

CHANGES = (
    """UPDATE flat_order SET customer_name = 'Anna' WHERE customer_number = '1' AND customer_country = 'PL';
    DELETE FROM stock WHERE sku = 'melon'""",
    "UPDATE stock SET pieces = pieces + 1; INSERT INTO stock VALUES (8, 'plum', 1)",
)
#: What the source goes through while a warehouse is damaged: rows come, change, go.
NEXT = (
    """UPDATE flat_order SET customer_name = 'Anja' WHERE customer_number = '1' AND customer_country = 'PL';
    DELETE FROM flat_order WHERE customer_country = 'x'; INSERT INTO stock VALUES (9, 'fig', 1)""",
    "UPDATE stock SET pieces = 7 WHERE code = 9; DELETE FROM stock WHERE code = 8",
    "INSERT INTO stock VALUES (10, 'date', 2); DELETE FROM flat_order WHERE product_sku = 'pear'",
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Loaded:
    """A shop with three loads behind it, to be copied."""

    servers: Servers
    world: World
    #: What `vault.orders_as_of` and `vault.stocks_as_of` gave after each load.
    past: dict[str, tuple[object, ...]]

    def copy(self) -> World:
        """Databases of a test's own, and an empty datamart."""
        return self.servers.copy(self.world)


def seen_as_of(world: World, moment: str) -> tuple[object, ...]:
    return tuple(
        tuple(world.vault(f"SELECT {feed}::text FROM vault.{feed}_as_of('{moment}') AS {feed} ORDER BY 1"))
        for feed in ("orders", "stocks")
    )


@pytest.fixture(scope="module")
def loaded(servers: Servers, shop: Model) -> Loaded:
    world = servers.world(shop, lambda source: schema_only(source, shop), "empty")
    for change in (ROWS, *CHANGES):
        world.change(change)
        world.run(only="to_datawarehouse")
    times = [ts for (ts,) in world.vault("SELECT load_ts::text FROM control.loads ORDER BY load_ts")]
    return Loaded(servers, world, {ts: seen_as_of(world, ts) for ts in times})


@pytest.fixture
def copied(loaded: Loaded) -> Iterator[World]:
    world = loaded.copy()
    with world.stores.datamart.kept():
        yield world


def execute(world: World, *statements: str) -> None:
    with world.stores.warehouse.session() as session:
        for statement in statements:
            session.execute(SQL(statement))


def migrate(world: World) -> None:
    migrations.migrate(world.stores.warehouse, world.model)


def check_right(world: World) -> None:
    """All three sides are equal, and the views that people read show what the source has."""
    assert world.differences() == []
    for feed, query in (("orders", "product_sku, customer_name"), ("stocks", "product_sku, product_pieces::text")):
        own = (world.model.directory / f"{feed}.sql").read_text().rstrip().rstrip(";")
        expected = sorted(world.source(f"SELECT {query} FROM (\n{own}\n) AS own"), key=str)
        assert sorted(world.vault(f"SELECT {query} FROM vault.{feed}"), key=str) == expected


# What every command compares


def test_every_table_is_compared(shop: Model, courses: Model, campus: Model) -> None:
    """Nobody adds a table that the comparison does not know."""
    for model in (shop, courses, campus):
        ours = {(table.schema, table.name): table for table in model_tables(model)}
        theirs = model_metadata(model).sorted_tables
        assert ours.keys() == {(table.schema, table.name) for table in theirs}
        for table in theirs:
            own = ours[str(table.schema), table.name]
            assert [it.name for it in own.columns] == [it.name for it in table.columns]
            assert own.key == tuple(it.name for it in table.primary_key.columns)
            assert {it.name for it in own.indexes} == {it.name for it in table.indexes}
    engine = {(table.schema, table.name) for table in control_metadata().sorted_tables}
    assert engine == {*objects.ENGINE_HISTORY, *objects.ENGINE_DERIVABLE}


def damages(model: Model) -> Iterator[tuple[str, str]]:
    """A statement that takes an object away or alters it, and how the error names the object."""
    for schema, name in (*objects.ENGINE_HISTORY, *objects.ENGINE_DERIVABLE):
        yield f"DROP TABLE {schema}.{name} CASCADE", f"table {schema}.{name} is missing"
        yield f"ALTER TABLE {schema}.{name} RENAME TO elsewhere", f"table {schema}.{name} is missing"
    for table in model_tables(model):
        name = ident(table.schema, table.name).text
        shown = f"{table.schema}.{table.name}"
        yield f"DROP TABLE {name} CASCADE", f"table {shown} is missing"
        yield f"ALTER TABLE {name} RENAME TO elsewhere", f"table {shown} is missing"
        yield f"ALTER TABLE {name} SET SCHEMA public", f"table {shown} is missing"
        yield f"DROP TABLE {name} CASCADE; CREATE VIEW {name} AS SELECT 1", f"table {shown} is view, expected table"
        for column in table.columns:
            of = f"column {column.name} of {shown} is"
            yield f"ALTER TABLE {name} DROP COLUMN {ident(column.name)} CASCADE", f"{of} missing"
            yield f"ALTER TABLE {name} RENAME COLUMN {ident(column.name)} TO elsewhere", f"{of} missing"
        *_, last = table.columns
        yield (
            f"ALTER TABLE {name} DROP COLUMN {ident(last.name)} CASCADE; ALTER TABLE {name} ADD {ident(last.name)} xml",
            f"column {last.name} of {shown} is xml, expected {last.type}",
        )
        if table.key:
            dropped = f"ALTER TABLE {name} DROP CONSTRAINT {ident(table.primary_key)}"
            yield dropped, f"primary key {table.primary_key} of {shown} is missing"
        for index in table.indexes:
            yield f"DROP INDEX {ident(table.schema, index.name)}", f"index {index.name} of {shown} is missing"
    for it in derived.derived(model):
        yield f"DROP {it.kind} vault.{it.name} CASCADE", f"{it.kind} vault.{it.name} is missing"
        yield f"ALTER {it.kind} vault.{it.name} RENAME TO elsewhere", f"{it.kind} vault.{it.name} is missing"


@pytest.mark.slow
def test_whatever_is_missing_or_altered_is_named(loaded: Loaded) -> None:
    """Every object, one by one; the check itself costs a query and changes nothing."""
    model, tried = loaded.world.model, 0
    with loaded.world.stores.warehouse.session() as session:
        objects.check(session, model)
        for statement, named in damages(model):
            session.execute(SQL("SAVEPOINT before"))
            session.execute(SQL(statement))
            with pytest.raises(ObjectsLost) as refused:
                objects.check(session, model)
            assert named in str(refused.value), statement
            session.execute(SQL("ROLLBACK TO SAVEPOINT before"))
            tried += 1
        objects.check(session, model)
    assert tried > 200


@pytest.mark.parametrize("command", ["run", "status", "verify", "history"])
def test_every_command_names_what_is_missing(copied: World, command: str) -> None:
    execute(copied, "ALTER TABLE vault.s_customers RENAME COLUMN s_customer_name TO elsewhere")
    model = str(copied.model.directory)
    arguments = ["history", "customer", "PL", "1", "-m", model] if command == "history" else [command, model]
    stores = copied.stores
    environment = {
        "PG_DATASOURCE_URL": stores.source.url,
        "PG_DATAWAREHOUSE_URL": stores.warehouse.url,
        "CH_DATAMART_URL": stores.datamart.url,
    }
    done = CliRunner().invoke(cli, arguments, env=environment)
    assert done.exit_code == 1
    assert "column s_customer_name of vault.s_customers is missing" in done.output
    assert "restore what is missing from a backup" in " ".join(done.output.split())


# What is made again


def test_what_can_be_derived_is_made_again(copied: World, loaded: Loaded) -> None:
    """All of it at once: staging, active rows, their checksums, keys, indexes, views and functions."""
    execute(
        copied,
        "DROP TABLE stage.orders, stage.stocks_gone, stage.selections, control.stocks_rows, control.orders_buckets",
        "DROP TABLE control.cuts, control.models, control.load_steps",
        "ALTER TABLE control.orders_rows DROP COLUMN row_place",
        "DROP VIEW vault.orders; DROP FUNCTION vault.stocks_as_of",
        "ALTER TABLE vault.s_customers DROP CONSTRAINT pk_s_customers; DROP INDEX vault.ix_h_products_load_ts",
    )
    copied.change(NEXT[0])
    with pytest.raises(ObjectsLost):
        copied.run()
    migrate(copied)
    assert migrations.differences(copied.stores.warehouse, copied.model) == []
    changes = copied.run().changes
    assert (changes["orders"].new, changes["orders"].changed, changes["orders"].deleted) == (0, 2, 1)
    assert (changes["stocks"].new, changes["stocks"].changed, changes["stocks"].deleted) == (1, 0, 0)
    check_right(copied)
    assert {ts: seen_as_of(copied, ts) for ts in loaded.past} == loaded.past


@pytest.mark.parametrize(
    "replaced",
    [
        "CREATE OR REPLACE VIEW vault.stocks AS SELECT 1::bigint AS depot_code, 'x' AS product_sku,"
        " 2::smallint AS product_pieces",
        "DROP FUNCTION vault.stocks_as_of; CREATE FUNCTION vault.stocks_as_of(as_of timestamptz)"
        " RETURNS TABLE (depot_code bigint, product_sku text, product_pieces smallint) LANGUAGE sql"
        " AS 'SELECT 1::bigint, ''x'', 2::smallint'",
    ],
)
def test_a_view_or_function_that_was_replaced_is_noticed_and_made_again(
    copied: World, loaded: Loaded, replaced: str
) -> None:
    execute(copied, replaced)
    for command in (copied.run, copied.differences):
        with pytest.raises(ObjectsLost, match=r"(view|function) vault\.stocks"):
            command()
    migrate(copied)
    copied.run()
    check_right(copied)
    assert {ts: seen_as_of(copied, ts) for ts in loaded.past} == loaded.past


def test_views_that_are_as_they_should_be_are_left_alone(copied: World) -> None:
    """What somebody built on them stays, and so do rights."""
    execute(
        copied,
        "CREATE VIEW public.cheap AS SELECT * FROM vault.stocks WHERE product_pieces < 3",
        "GRANT SELECT ON vault.stocks TO PUBLIC",
    )
    numbers = copied.vault("SELECT 'vault.stocks'::regclass::oid, 'vault.orders_as_of'::regproc::oid")
    migrate(copied)
    assert copied.vault("SELECT 'vault.stocks'::regclass::oid, 'vault.orders_as_of'::regproc::oid") == numbers
    assert copied.vault("SELECT relacl::text LIKE '%=r/%' FROM pg_class WHERE oid = 'vault.stocks'::regclass") == [
        (True,)
    ]


def test_somebodys_own_view_on_ours_is_named_and_never_to_be_dropped_with_all_the_rest(copied: World) -> None:
    execute(
        copied,
        "CREATE VIEW public.cheap AS SELECT * FROM vault.stocks WHERE product_pieces < 3",
        "CREATE OR REPLACE VIEW vault.stocks AS SELECT 1::bigint AS depot_code, 'x' AS product_sku,"
        " 2::smallint AS product_pieces",
    )
    with pytest.raises(SkyengError, match="other objects depend on it") as refused:
        migrate(copied)
    assert "view public.cheap depends on view vault.stocks" in str(refused.value)
    assert "save the definition of view cheap, drop it" in str(refused.value).replace("public.", "")
    assert "CASCADE" not in str(refused.value)
    with pytest.raises(SkyengError) as altered:
        execute(copied, "ALTER TABLE vault.h_depots ALTER h_depot_code TYPE text")
    assert "CASCADE" not in str(altered.value)
    assert "drop it, migrate again, and create it again" in str(altered.value)


def test_a_table_in_the_place_of_a_view_is_named(copied: World) -> None:
    execute(copied, "DROP VIEW vault.stocks; CREATE TABLE vault.stocks AS SELECT 1 AS mine")
    for command in (copied.run, lambda: migrate(copied)):
        with pytest.raises(ObjectsLost, match=r"view vault\.stocks is table, expected view"):
            command()
    assert copied.vault("SELECT mine FROM vault.stocks") == [(1,)]


def test_a_lost_table_that_no_closed_load_filled_is_made_again(loaded: Loaded, shop: Model) -> None:
    world = loaded.servers.world(shop, lambda source: schema_only(source, shop), "empty")
    execute(world, "DROP TABLE vault.h_products, vault.s_customers, control.orders_changes CASCADE")
    with pytest.raises(ObjectsLost, match="makes again what no closed"):
        world.run()
    migrate(world)
    world.change(ROWS)
    world.run()
    check_right(world)


def test_a_load_whose_staging_was_lost_begins_again(copied: World) -> None:
    """A table made again is empty, and that must not look like deletes."""
    copied.change(NEXT[0])
    run = ToDatawarehouse(copied.model, copied.stores)
    load = run.e_from_pg_datawarehouse()
    run.e_from_pg_datasource(load)
    execute(copied, "DROP TABLE stage.stocks")
    migrate(copied)
    with pytest.raises(StagingLost):
        run.t_find_new_rows(load)
    assert copied.run().changes["stocks"].deleted == 0
    check_right(copied)


# What was emptied


@pytest.mark.parametrize("emptied", some(["control.stocks_rows", "control.stocks_buckets", "control.cuts"], 1))
def test_bookkeeping_that_was_emptied_is_computed_from_the_vault_again(
    copied: World, loaded: Loaded, emptied: str
) -> None:
    """Nothing looks new, and a row that went while it was empty is seen."""
    execute(copied, f"TRUNCATE {emptied}")
    copied.change(NEXT[0])
    changes = copied.run().changes["stocks"]
    assert (changes.new, changes.changed, changes.deleted) == (1, 0, 0)
    check_right(copied)
    copied.change("DELETE FROM stock WHERE code = 9000000000")
    execute(copied, f"TRUNCATE {emptied}")
    changes = copied.run().changes["stocks"]
    assert (changes.new, changes.changed, changes.deleted) == (0, 0, 1)
    check_right(copied)
    assert copied.vault(
        """SELECT rows_active = (SELECT count(*) FROM control.stocks_rows) FROM control.load_feeds
        WHERE feed = 'stocks' ORDER BY load_id DESC LIMIT 1"""
    ) == [(True,)]
    assert {ts: seen_as_of(copied, ts) for ts in loaded.past} == loaded.past


@pytest.mark.slow
def test_bookkeeping_that_fits_is_not_computed_again(copied: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison with the register costs no read of the vault in a usual run, of a part neither."""

    def never(*_: object) -> None:
        raise AssertionError("computed again")

    copied.run()
    monkeypatch.setattr(validity, "rebuild_rows", never)
    for number, change in enumerate(NEXT):
        copied.change(change)
        copied.run(where=["depot_code=1..100"] if number == 1 else [])
    copied.run()
    check_right(copied)


@pytest.mark.slow
def test_a_full_run_brings_back_combinations_that_the_vault_lost(copied: World) -> None:
    """All of them are active by the log of changes; one has gone from the source meanwhile."""
    copied.run()
    execute(copied, "DELETE FROM vault.s_depots_products_effectivity")
    copied.change("DELETE FROM stock WHERE sku = 'apple' AND code = 7")
    held = copied.source("SELECT count(*) FROM stock")
    changes = copied.run(full=True).changes["stocks"]
    assert (changes.changed, changes.deleted) == (held[0][0], 1)
    check_right(copied)
    assert not copied.run(full=True).anything_new


@pytest.mark.slow
def test_bookkeeping_that_lost_some_rows_is_computed_again(copied: World) -> None:
    copied.run()
    execute(
        copied,
        "DELETE FROM control.stocks_rows WHERE ctid = (SELECT min(ctid) FROM control.stocks_rows)",
        "TRUNCATE control.stocks_buckets",
    )
    copied.run()
    execute(copied, "UPDATE control.stocks_buckets SET row_count = row_count + 1")
    with copied.stores.warehouse.session() as session:
        active = validity.rows_active(session, copied.model)["stocks"]
        assert segment_checksums.statistics(session, copied.model.feed("stocks")).rows != active
    copied.change("DELETE FROM stock")
    copied.run(may_be_empty=True)
    check_right(copied)


@pytest.mark.parametrize("table", some(["vault.h_depots", "vault.s_products_stocks"], 1))
def test_a_hub_or_satellite_that_was_emptied_is_named(copied: World, table: str) -> None:
    """A migration makes the records that stand for what is missing again, and does not hide the loss by that."""
    copied.run()
    execute(copied, f"TRUNCATE {table}")
    with pytest.raises(VaultDamaged, match=table.replace(".", r"\.")) as refused:
        copied.run()
    assert "restore the warehouse from a backup" in str(refused.value)
    migrate(copied)
    copied.run()
    check_right(copied)


@pytest.mark.parametrize("table", some(["vault.l_depots_products", "vault.s_depots_products_effectivity"], 1))
def test_a_link_that_was_emptied_is_named(copied: World, table: str) -> None:
    execute(copied, f"TRUNCATE {table}")
    with pytest.raises(VaultDamaged, match=table.replace(".", r"\.")):
        copied.run()
    migrate(copied)
    with pytest.raises(VaultDamaged):
        copied.run()
    copied.run(full=True, only="to_datawarehouse")
    assert copied.vault("SELECT count(*) FROM vault.stocks") == copied.source("SELECT count(*) FROM stock")


def test_a_register_of_loads_that_was_emptied_is_named(copied: World) -> None:
    execute(copied, "TRUNCATE control.load_feeds")
    for full in (False, True):
        with pytest.raises(VaultDamaged, match=r"control\.load_feeds does not know what load 3"):
            copied.run(full=full)
    execute(copied, "TRUNCATE control.loads CASCADE")
    for full in (False, True):
        with pytest.raises(VaultDamaged, match=r"control\.loads knows no load that brought them"):
            copied.run(full=full)
    assert copied.differences() != [], "nothing is visible without its load"


@pytest.mark.parametrize("history", ["shop", "control"])
def test_a_lost_record_of_revisions_is_named(copied: World, history: str) -> None:
    execute(copied, f"DROP TABLE control.migrations_{history}")
    with pytest.raises(NotMigrated, match="it is at nothing"):
        check_migrated(copied.stores.warehouse, copied.model)
    with pytest.raises(ObjectsLost, match=rf"control\.migrations_{history} is missing or empty"):
        migrate(copied)


# Every object and every way, to the end


def ways(model: Model) -> dict[str, tuple[str, ...]]:
    """What is done to each object."""

    def of_table(name: str) -> tuple[str, ...]:
        return (
            f"DROP TABLE {name} CASCADE",
            f"TRUNCATE {name} CASCADE",
            f"ALTER TABLE {name} RENAME TO elsewhere",
            f"ALTER TABLE {name} RENAME TO elsewhere;"
            f" CREATE TABLE {name} (LIKE {name.partition('.')[0]}.elsewhere INCLUDING ALL)"
            if "migrations" in name
            else f"CREATE TABLE {name}_copy (LIKE {name} INCLUDING ALL); ALTER TABLE {name} RENAME TO elsewhere;"
            f" ALTER TABLE {name}_copy RENAME TO {name.partition('.')[2]}",
        )

    found = {f"{table.schema}.{table.name}": of_table(f"{table.schema}.{table.name}") for table in model_tables(model)}
    engine = (*objects.ENGINE_HISTORY, *objects.ENGINE_DERIVABLE, ("control", "migrations_shop"))
    found |= {f"{schema}.{name}": of_table(f"{schema}.{name}") for schema, name in engine}
    for it in derived.derived(model):
        name = f"vault.{it.name}"
        found[name] = f"DROP {it.kind} {name}", f"ALTER {it.kind} {name} RENAME TO elsewhere"
    return found


#: One object of each kind with one way, where not all are tried.
SAMPLE = {
    "vault.s_depots_products_effectivity": 1,
    "vault.s_customers": 0,
    "control.orders_changes": 1,
    "control.orders_rows": 3,
    "stage.orders": 2,
    "vault.orders_as_of": 0,
}


#: What an error says of a table where that is not its name: views follow one that was renamed.
SAID = {"migrations": "it is at nothing", "control.loads": "views or functions of model 'shop' are not as"}


def attempted(world: World, what: str, name: str) -> bool:
    """A command, with changes at the source before it; an error names the object, or what was lost with it."""
    try:
        if what == "migrate":
            migrate(world)
            return True
        world.run(full=what == "full")
    except VaultDamaged:
        return False
    except (ObjectsLost, NotOwned, NotMigrated) as exc:
        refusal = str(exc)
    else:
        refusal = ""
    if refusal:
        said = [words for of, words in SAID.items() if of in name]
        assert any(words in refusal for words in (name.partition(".")[2], *said)), (name, refusal)
        return False
    check_right(world)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("number", range(12 if LONG else 2))
def test_no_command_ends_well_with_wrong_data(loaded: Loaded, number: int) -> None:
    """Run, migrate, run, run in full: each is refused in words, or leaves source, vault, views and marts equal."""
    every = ways(loaded.world.model)
    sample = [(name, every[name][way]) for name, way in SAMPLE.items()]
    for name, way in [(it, way) for it in every for way in every[it]][number::12] if LONG else sample[number::3]:
        world = loaded.copy()
        with world.stores.datamart.kept():
            if number % 2:
                world.run()  # else a mart that is empty needs all of the vault's past
            execute(world, way)
            done = []
            for step, what in enumerate(("run", "migrate", "run", "full")):
                if what != "migrate":
                    world.change(NEXT[step - (step > 0)])
                done.append(attempted(world, what, name))
            print(name, way, done)
