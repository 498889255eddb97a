"""Two models in one warehouse: each has its own tables, loads, locks and DAGs; what both want is refused."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from airflow_home import Airflow, connected
from conftest import MODELS, Servers, World, begun, end_leases, insert_all
from kill import Killer
from kill_school import patiently
from skyeng.cli.main import cli
from skyeng.control import loads, locks
from skyeng.control.loads import Load
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.detection import validity
from skyeng.errors import LoadInProgress, LoadRolledBack, ModelError, NotOwned
from skyeng.marts import migrations as mart_migrations
from skyeng.model import Model, load_model
from skyeng.runs.status import mart_states
from skyeng.sources import sample_data
from skyeng.sql import SQL
from skyeng.vault import migrations, ownership
from test_locks import a_dag_run
from test_shop import ROWS

COURSE = (
    "UPDATE course SET title = 'Course {0}' WHERE id = 1; UPDATE stream_module_lesson SET title = 'L {0}' WHERE id = 7"
)
STOCK = "UPDATE stock SET pieces = {0} WHERE sku = 'apple'"


@dataclass(frozen=True)
class Both:
    """A school and a shop in one warehouse, from one source, served by one datamart."""

    school: World
    shop: World

    @property
    def worlds(self) -> tuple[World, World]:
        return self.school, self.shop


def fill(source: Postgres, courses: Model, shop: Model) -> None:
    sample_data.create_sample(source, courses)
    with source.session() as session:
        session.execute(SQL((shop.directory / "data" / "schema.sql").read_text()))
        session.execute(SQL(ROWS))


def migrate_both(url: str, courses: Model, shop: Model) -> None:
    for model in (courses, shop):
        migrations.migrate(Postgres("pg_datawarehouse", url), model)


@pytest.fixture
def both(servers: Servers, courses: Model, shop: Model) -> Iterator[Both]:
    source = servers.clone("source_of_both", lambda url: fill(Postgres("pg_datasource", url), courses, shop))
    warehouse = servers.clone("warehouse_of_both", lambda url: migrate_both(url, courses, shop))
    stores = Stores(Postgres("pg_datasource", source), Postgres("pg_datawarehouse", warehouse), servers.datamart())
    for model in (courses, shop):
        mart_migrations.migrate(stores.datamart, model)
    with stores.datamart.kept():
        yield Both(World(courses, stores), World(shop, stores))


def other_shop(folder: Path, words: Mapping[str, str] | None = None) -> Model:
    """A model named `market` like the shop, some words of its file replaced."""
    copied = Path(
        shutil.copytree(MODELS / "shop", folder / "market", ignore=shutil.ignore_patterns("migrations", "ddl"))
    )
    text = (copied / "model.yaml").read_text().replace("model: shop", "model: market")
    for old, new in (words or {}).items():
        text = text.replace(old, new)
    (copied / "model.yaml").write_text(text)
    return load_model(copied)


def shared_hub(folder: Path) -> Model:
    """Its own feeds, links, satellites and hubs, but for the products."""
    return other_shop(
        folder,
        {
            "  orders: {query": "  deals: {query",
            "feed: orders": "feed: deals",
            "  stocks: {query": "  piles: {query",
            "feed: stocks": "feed: piles",
            "plural: customers\n": "plural: buyers\n",
            "plural: customers,": "plural: buyers,",
            "plural: depots,": "plural: sheds,",
            "plural: products_offers": "plural: articles_offers",
            "plural: products_stocks": "plural: articles_stocks",
            "plural: customers_products": "plural: buyers_products",
            "plural: depots_products": "plural: sheds_products",
        },
    )


# Ownership


@pytest.mark.slow
def test_a_second_model_with_the_same_tables_is_refused_before_anything_is_changed(both: Both, tmp_path: Path) -> None:
    """By `migrate`, `model revise` and `model lint --warehouse`; the first one's columns stay."""
    shop, market = both.shop, other_shop(tmp_path)
    (market.directory / "model.yaml").write_text(
        (market.directory / "model.yaml")
        .read_text()
        .replace("born_on: date, ", "")
        .replace("      born_on: customer_born_on\n", "")
    )
    market = load_model(market.directory)
    shop.run()
    files = sorted(market.directory.rglob("*"))
    stores = shop.stores
    environment = {
        "PG_DATASOURCE_URL": stores.source.url,
        "PG_DATAWAREHOUSE_URL": stores.warehouse.url,
        "CH_DATAMART_URL": stores.datamart.url,
    }
    path = str(market.directory)
    for arguments in (
        ["migrate", path],
        ["model", "revise", path, "-m", "first"],
        ["model", "lint", path, "--warehouse"],
    ):
        done = CliRunner().invoke(cli, arguments, env=environment)
        said = " ".join(done.output.split())
        assert done.exit_code == 1, said
        assert "vault.s_customers belongs to model 'shop'" in said
        assert "control.orders_rows belongs to model 'shop'" in said
        assert "give the hub, link, satellite or feed another name or plural" in said
    assert sorted(market.directory.rglob("*")) == files
    assert CliRunner().invoke(cli, ["model", "lint", path], env=environment).exit_code == 0
    own = CliRunner().invoke(cli, ["model", "lint", str(shop.model.directory), "--warehouse"], env=environment)
    assert own.exit_code == 0, own.output
    shop.change(STOCK.format(5))
    shop.run()
    assert shop.differences() == []


def test_a_hub_that_another_model_has_is_refused_so_that_no_roll_back_reaches_it(both: Both, tmp_path: Path) -> None:
    """A dead load of the second model brought a product first that a closed load of the first relies on."""
    market = shared_hub(tmp_path)
    with pytest.raises(NotOwned) as refused:
        migrations.migrate(both.shop.stores.warehouse, market)
    assert re.findall(r"\S+ belongs to model 'shop'", str(refused.value)) == [
        "vault.h_products belongs to model 'shop'"
    ]
    with both.shop.stores.warehouse.session() as session, pytest.raises(NotOwned, match=r"vault\.h_products"):
        ownership.check(session, market)
    both.shop.run()
    _, load = begun(both.school)
    with both.shop.stores.warehouse.session() as session:
        loads.roll_back(session, both.school.model, load, "died")
    assert both.shop.differences() == []


def test_what_nobody_owns_on_record_is_not_taken_over(servers: Servers, shop: Model) -> None:
    warehouse = Postgres("pg_datawarehouse", servers.database("somebodys_own"))
    with warehouse.session() as session:
        session.execute(SQL("CREATE SCHEMA vault; CREATE TABLE vault.h_products (mine text);"))
        session.execute(SQL("CREATE VIEW vault.stocks AS SELECT 'mine' AS mine"))
        session.execute(SQL("CREATE FUNCTION vault.orders_as_of(text) RETURNS text LANGUAGE sql AS 'SELECT $1'"))
    with pytest.raises(NotOwned) as refused:
        migrations.migrate(warehouse, shop)
    for name in ("h_products", "stocks", "orders_as_of"):
        assert f"vault.{name} exists, and no model owns it on record" in str(refused.value)
    with warehouse.session() as session:
        assert session.scalar(SQL("SELECT to_regclass('control.loads')")) is None, "nothing was changed"
        assert session.rows(SQL("SELECT mine FROM vault.stocks")) == [("mine",)]
        session.execute(
            SQL("DROP TABLE vault.h_products; DROP VIEW vault.stocks; DROP FUNCTION vault.orders_as_of(text)")
        )
    migrations.migrate(warehouse, shop)
    with warehouse.session() as session:
        assert ownership.owned(session, shop) == set(ownership.declared(shop))


def test_what_a_model_no_longer_declares_stays_its_own(both: Both, tmp_path: Path) -> None:
    smaller = both.shop.model.model_copy(update={"satellites": both.shop.model.satellites[:2]})
    with both.shop.stores.warehouse.session() as session:
        with ownership.claimed(session, smaller):
            pass
        assert ("vault", "s_products_stocks") in ownership.owned(session, smaller)
        assert ("vault", "s_products_stocks") not in ownership.declared(smaller)
        other = both.shop.model.model_copy(update={"name": "market"})
        with pytest.raises(NotOwned, match=r"vault\.s_products_stocks belongs to model 'shop'"):
            ownership.check(session, other)


def test_a_feed_may_not_be_named_like_the_revisions_of_another_model(servers: Servers, shop: Model) -> None:
    """`control.migrations_rows`: of the model `rows`, or what is held of the feed `migrations`."""
    warehouse = Postgres("pg_datawarehouse", servers.database("named_alike"))
    migrations.migrate(warehouse, shop)
    with warehouse.session() as session:
        session.execute(SQL("INSERT INTO control.model_tables VALUES ('control', 'migrations_rows', 'rows')"))
        feeds = tuple(feed.model_copy(update={"name": "migrations"}) for feed in shop.feeds[:1])
        with pytest.raises(NotOwned, match=r"control\.migrations_rows belongs to model 'rows'"):
            ownership.check(session, shop.model_copy(update={"feeds": (*feeds, *shop.feeds)}))


# Timestamps, locks, registers


def test_a_load_timestamp_is_unique_whoever_asks_at_once_and_whatever_the_clock(both: Both) -> None:
    """Eight models, of which each had its last load in the future, so that all want the same microsecond."""
    warehouse, names = both.shop.stores.warehouse, [f"model_{number}" for number in range(8)]
    with warehouse.session() as session:
        for number, name in enumerate(names):
            session.execute(
                SQL("""INSERT INTO control.loads (model, load_ts, status, run_by, hash_version)
                VALUES (
                    %(name)s, timestamptz '2999-01-01' - %(number)s * interval '1 microsecond', 'closed', 'x', 1
                )"""),
                {"name": name, "number": number},
            )
    together = threading.Barrier(len(names))

    def opened(name: str) -> list[Load]:
        model = both.shop.model.model_copy(update={"name": name})
        found: list[Load] = []
        for _ in range(5):
            together.wait(30)
            with warehouse.session() as session:
                found.append(loads.open_load(session, model, "text", locks.this_process()))
            with warehouse.session() as session:
                loads.mark_closed(session, found[-1])
        return found

    with ThreadPoolExecutor(len(names)) as pool:
        of_each = list(pool.map(opened, names))
    stamps = [load.load_ts for found in of_each for load in found]
    assert len(set(stamps)) == len(stamps) == 40
    for found in of_each:
        assert [load.load_ts for load in found] == sorted(load.load_ts for load in found)
    assert both.shop.vault("SELECT bool_and(load_ts >= '2998-12-31') FROM control.loads WHERE model LIKE 'model%'") == [
        (True,)
    ]
    school = begun(both.school)[1]
    assert school.load_ts.year < 2999, "another model's clock is not ours"


def test_registers_are_read_by_model_and_feed(both: Both) -> None:
    """Feeds of two models may once have had one name; the newest load is the model's own."""
    both.shop.run()
    with both.shop.stores.warehouse.session() as session:
        session.execute(
            SQL("""WITH other AS (
                INSERT INTO control.loads (model, load_ts, status, run_by, hash_version)
                VALUES ('other', clock_timestamp(), 'closed', 'x', 1) RETURNING load_id
            )
            INSERT INTO control.load_feeds SELECT load_id, 'stocks', 77, 0, 0, 77, 0 FROM other""")
        )
        assert loads.rows_active(session, both.shop.model, both.shop.model.feed("stocks")) == 3
        assert validity.rows_active(session, both.shop.model) == {"orders": 5, "stocks": 3}
        assert {row[3] for row in loads.closed_loads(session, both.shop.model, both.shop.model.feed("stocks"))} == {3}
    assert not both.shop.run().anything_new
    assert both.shop.differences() == []


@pytest.mark.parametrize("name", ["migrate", "load", "skyeng"])
def test_the_lock_of_a_model_is_no_other_lock(both: Both, name: str) -> None:
    """A model named like a lock of the engine's own holds up nobody."""
    warehouse = both.shop.stores.warehouse
    with locks.exclusive(warehouse, both.shop.model.model_copy(update={"name": name})):
        with warehouse.session() as session:
            free = "SELECT pg_try_advisory_xact_lock(hashtextextended('skyeng.migrate', 0))"
            assert session.scalar(SQL(free))
            assert loads.roll_back_dead(session, both.shop.model, a_dag_run(1)) == 0
        with locks.exclusive(warehouse, both.shop.model), locks.exclusive(warehouse, both.school.model):
            pass


@pytest.mark.slow
def test_two_models_of_one_name_get_the_dags_of_the_first(
    airflow: Airflow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from skyeng.model.discovery import check_models, sound_models

    shutil.copytree(MODELS / "shop", tmp_path / "one")
    shutil.copytree(MODELS / "shop", tmp_path / "two")
    monkeypatch.setenv("SKYENG_MODELS", str(tmp_path))
    assert [model.directory.name for model in sound_models()] == ["courses", "one"]
    with pytest.raises(ModelError, match="two models have the name 'shop'"):
        check_models()


# Side by side


def check_both(both: Both, past: dict[str, tuple[object, ...]]) -> None:
    """Status, verify and every past state of each."""
    for world in both.worlds:
        assert world.differences() == []
        assert [it.loads_behind for it in mart_states(world.model, world.stores)] == [0] * len(world.model.marts)
        with world.stores.warehouse.session() as session:
            recent = loads.recent(session, world.model)
            own = session.rows(
                SQL("SELECT load_ts FROM control.loads WHERE model = %(model)s ORDER BY load_ts DESC LIMIT 10"),
                {"model": world.model.name},
            )
        assert [row[0] for row in recent] == [ts for (ts,) in own]
    for moment, seen in past.items():
        assert seen_as_of(both, moment) == seen


def seen_as_of(both: Both, moment: str) -> tuple[object, ...]:
    utc = moment.removesuffix("+00")
    vault = (
        tuple(both.shop.vault(f"SELECT {feed}::text FROM vault.{feed}_as_of('{moment}') AS {feed} ORDER BY 1"))
        for feed in ("courses", "orders", "stocks")
    )
    marts = (
        tuple(both.shop.mart(f"SELECT {shown} FROM {mart}_as_of(ts = '{utc}') ORDER BY ALL"))
        for mart, shown in (
            ("dm_courses_modules_lessons_streams", "h_lesson_id, h_course_title, h_lesson_title"),
            ("dm_stocks", "code, sku, pieces"),
        )
    )
    return (*vault, *marts)


def now(world: World) -> str:
    return world.vault("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::text || '+00'")[0][0]


@pytest.mark.slow
def test_two_models_load_at_once(both: Both) -> None:
    """Each from a thread, again and again, while the source changes for both."""
    for world in both.worlds:
        world.run()
    past = {(moment := now(both.shop)): seen_as_of(both, moment)}

    def load(world: World, change: str) -> None:
        # An embedded engine's client is one thread's: the datamarts follow afterwards.
        for number in range(6):
            world.change(change.format(number + 10))
            assert world.run(only="to_datawarehouse").anything_new

    threads = [
        threading.Thread(target=load, args=(world, change))
        for world, change in zip(both.worlds, (COURSE, STOCK), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for world in both.worlds:
        world.run()
    assert both.shop.vault("SELECT count(DISTINCT load_ts) = count(*), count(*) FROM control.loads") == [(True, 16)]
    check_both(both, past)


@pytest.mark.slow
def test_a_load_that_is_rolled_back_leaves_the_other_models_closed_load(both: Both) -> None:
    """Also where both were under way together, and the other closed meanwhile."""
    for world in both.worlds:
        world.run()
    past = {(moment := now(both.shop)): seen_as_of(both, moment)}
    both.school.change(COURSE.format("dead"))
    both.shop.change(STOCK.format(8))
    dying, dead = begun(both.school, a_dag_run(1))
    living, load = begun(both.shop, a_dag_run(2))
    insert_all(dying, dead)
    insert_all(living, load)
    with pytest.raises(LoadInProgress, match=r"model 'courses' is working: DAG run 1, since"):
        both.school.run()
    living.close(load)
    end_leases(both.school)
    both.school.run(only="to_datawarehouse")
    with pytest.raises(LoadRolledBack):
        dying.close(dead)
    assert living.close(load)["stocks"].changed == 2
    for world in both.worlds:
        world.run()
    assert both.shop.vault("SELECT model, status FROM control.loads WHERE load_id IN (3, 4) ORDER BY 1") == [
        ("courses", "rolled back"),
        ("shop", "closed"),
    ]
    check_both(both, past)


@pytest.mark.slow
def test_a_step_of_one_model_that_hangs_is_ended_without_the_others(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session of the hanging step is known by its load, which is one model's."""
    monkeypatch.setattr(loads, "GRACE_PERIOD", 0.2)
    for world in both.worlds:
        world.run(only="to_datawarehouse")
    both.school.change(COURSE.format("hangs"))
    both.shop.change(STOCK.format(9))
    _, hanging = begun(both.school)
    living, load = begun(both.shop)
    with both.shop.stores.warehouse.session() as session:
        loads.is_closed(session, load)  # a step of the shop, in the middle of its transaction
        with locks.exclusive(both.school.stores.warehouse, both.school.model):
            held = both.school.stores.warehouse._connect()
            try:
                with held.cursor() as cursor:
                    cursor.execute(f"SET application_name = 'skyeng load {hanging.load_id}'")
                    cursor.execute(f"SELECT FROM control.loads WHERE load_id = {hanging.load_id} FOR SHARE")
                with both.school.stores.warehouse.session() as taking_over:
                    assert loads.roll_back_dead(taking_over, both.school.model, locks.this_process()) == 1
                assert held.closed or not is_alive(held)
            finally:
                held.close()
        assert session.scalar(SQL("SELECT 1")) == 1, "the shop's session lives"
    insert_all(living, load)
    living.close(load)
    for world in both.worlds:
        world.run()
        assert world.differences() == []


def is_alive(connection: object) -> bool:
    try:
        with connection.cursor() as cursor:  # type: ignore[attr-defined]
            cursor.execute("SELECT 1")
    except Exception:
        return False
    return True


@pytest.mark.slow
def test_one_model_is_killed_while_the_other_loads(both: Both) -> None:
    """After a sample of a load's statements; the other model loads all the while, and both are right at the end."""
    killer = Killer()
    try:
        for world in both.worlds:
            world.run()
        past = {(moment := now(both.shop)): seen_as_of(both, moment)}
        both.school.change(COURSE.format(0))
        ended = killer.run(both.school.stores, only="to_datawarehouse")
        assert ended.error == ""
        writes = [it for it in ended.passed if re.match(r"INSERT|UPDATE|DELETE|COPY|COMMIT", it.done)]
        stop, loaded = threading.Event(), []

        def keep_loading() -> None:
            number = 100
            while not stop.is_set():
                number += 1
                both.shop.change(STOCK.format(number))
                loaded.append(both.shop.run(only="to_datawarehouse").changes["stocks"].changed)

        shop = threading.Thread(target=keep_loading)
        shop.start()
        try:
            for number, failpoint in enumerate(writes[:: max(1, len(writes) // 7)]):
                both.school.change(COURSE.format(number + 1))
                killed = killer.run(both.school.stores, at=failpoint, only="to_datawarehouse")
                assert killed.killed or failpoint not in killed.passed
                patiently(lambda: both.school.run(only="to_datawarehouse"))
        finally:
            stop.set()
            shop.join()
        assert len(loaded) >= 2
        assert set(loaded) == {2}
        for world in both.worlds:
            world.run()
        check_both(both, past)
    finally:
        killer.close()


@pytest.mark.slow
def test_the_dags_of_two_models_run_in_one_airflow(
    airflow: Airflow, both: Both, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(MODELS / "shop", tmp_path / "shop")
    monkeypatch.setenv("SKYENG_MODELS", str(tmp_path))
    dags = airflow.bag().dags
    assets = {
        name: {asset.name for task in dags[name].tasks for asset in task.outlets}
        for name in ("to_datawarehouse", "to_datawarehouse_shop")
    }
    assert assets == {"to_datawarehouse": {"datawarehouse_courses"}, "to_datawarehouse_shop": {"datawarehouse_shop"}}
    with connected(both.shop):
        for world in both.worlds:
            world.run()
        past = {(moment := now(both.shop)): seen_as_of(both, moment)}
        both.school.change(COURSE.format(1))
        both.shop.change(STOCK.format(4))
        _, load = begun(both.school, a_dag_run(1, "another Airflow"))
        assert airflow.run("to_datawarehouse_shop").state == "success"
        with both.school.stores.warehouse.session() as session:
            loads.roll_back(session, both.school.model, load, "ended by hand")
        assert airflow.run("to_datawarehouse").state == "success"
        for dag in ("to_datamart", "to_datamart_shop"):
            assert airflow.run(dag).state == "success"
        with both.shop.stores.warehouse.session() as session:
            session.execute(SQL("ALTER TABLE vault.s_customers RENAME TO elsewhere"))
        for dag in ("to_datawarehouse_shop", "to_datamart_shop"):
            failed = airflow.run(dag)
            assert failed.state == "failed"
            assert "failed" in failed.tasks.values()
        assert airflow.run("to_datawarehouse").state == "success", "the other model goes on"
        with both.shop.stores.warehouse.session() as session:
            session.execute(SQL("ALTER TABLE vault.elsewhere RENAME TO s_customers"))
    check_both(both, past)
