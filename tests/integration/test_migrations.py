"""Migrations lead where the model points, repeat safely, and refuse to be skipped."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from conftest import Servers, World
from skyeng import runs
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.errors import NotMigrated
from skyeng.marts import migrations as mart_migrations
from skyeng.marts.tables import objects
from skyeng.model import Model, load_model
from skyeng.sql import SQL
from skyeng.vault import migrations
from skyeng.vault.revisions import MIGRATIONS, check_migrated, control_history, head, model_history


def fresh_stores(servers: Servers, name: str) -> Stores:
    url = servers.database(name)
    return Stores(Postgres("pg_datasource", url), Postgres("pg_datawarehouse", url), servers.datamart())


@pytest.mark.parametrize("which", ["courses", "shop", "campus"])
def test_migrations_lead_to_what_the_model_says(request: pytest.FixtureRequest, servers: Servers, which: str) -> None:
    model: Model = request.getfixturevalue(which)
    warehouse = fresh_stores(servers, f"migrated_{which}").warehouse
    migrations.migrate(warehouse, model)
    assert migrations.differences(warehouse, model) == []


def test_a_difference_between_model_and_migrations_is_seen(servers: Servers, courses: Model) -> None:
    """The check above can fail: a column by hand shows up."""
    warehouse = fresh_stores(servers, "altered").warehouse
    migrations.migrate(warehouse, courses)
    with warehouse.session() as session:
        session.execute(SQL("ALTER TABLE vault.s_courses ADD COLUMN s_course_colour text"))
    assert "s_course_colour" in str(migrations.differences(warehouse, courses))


@pytest.mark.slow
def test_two_models_share_a_warehouse(servers: Servers, courses: Model, shop: Model) -> None:
    stores = fresh_stores(servers, "shared")
    for model in (courses, shop, courses, shop):
        migrations.migrate(stores.warehouse, model)
        mart_migrations.migrate(stores.datamart, model)
    for model in (courses, shop):
        check_migrated(stores.warehouse, model)
        assert migrations.differences(stores.warehouse, model) == []


def test_migrating_again_keeps_the_data(school: World) -> None:
    school.run()
    before = school.row_counts()
    migrations.migrate(school.stores.warehouse, school.model)
    mart_migrations.migrate(school.stores.datamart, school.model)
    assert school.row_counts() == before
    assert school.differences() == []


def test_zero_keys_and_ghost_records_are_there(school: World) -> None:
    for hub in school.model.hubs:
        zero = school.vault(f"SELECT {hub.column('id')} FROM vault.{hub.table} WHERE {hub.key} = '{'0' * 32}'")
        assert zero == [(None,)]
    for satellite in school.model.satellites:
        key = school.model.hub(satellite.hub_name).key
        ghosts = school.vault(
            f"SELECT {satellite.load_ts}::text FROM vault.{satellite.table} WHERE {key} = '{'0' * 32}'"
        )
        assert ghosts == [("-infinity",)]


@pytest.mark.parametrize("which", ["courses", "shop", "campus"])
def test_ddl_files_lead_to_what_the_model_says(request: pytest.FixtureRequest, servers: Servers, which: str) -> None:
    model: Model = request.getfixturevalue(which)
    by_files, by_model = servers.datamart(), servers.datamart()
    mart_migrations.migrate(by_files, model)
    with by_model.session(create=True) as session:
        for mart in model.marts:
            for it in objects(model, mart):
                session.execute(it.create)
    described = []
    for datamart in (by_files, by_model):
        with datamart.session() as session:
            rows = session.rows(
                SQL("""SELECT name, replaceAll(create_table_query, currentDatabase() || '.', '') FROM system.tables
                WHERE database = currentDatabase() AND name NOT LIKE 'skyeng%' ORDER BY name""")
            )
        described.append(rows)
    assert described[0] == described[1]
    assert len(described[0]) == 4 * len(model.marts)
    assert mart_migrations.revise(model, "nothing to write") is None


def test_an_empty_warehouse_is_refused_with_the_remedy(servers: Servers, courses: Model) -> None:
    with pytest.raises(NotMigrated, match="it is at nothing") as caught:
        runs.run(courses, fresh_stores(servers, "unmigrated"))
    assert "skyeng migrate" in str(caught.value)


def test_a_datamart_that_was_not_migrated_is_refused(school: World, servers: Servers) -> None:
    elsewhere = servers.datamart()
    with elsewhere.session(create=True):
        pass
    world = replace(school, stores=replace(school.stores, datamart=elsewhere))
    with pytest.raises(NotMigrated, match=r"003_what_is_past\w+\.sql"):
        world.run()


def test_a_model_without_migrations_says_how_to_write_them(servers: Servers, shop: Model, tmp_path) -> None:
    moved = shop.model_copy(update={"directory": tmp_path})
    stores = fresh_stores(servers, "norevision")
    written = migrations.revise(stores.warehouse, model_history(moved), "first")
    assert written is not None
    assert written.parent == tmp_path / "migrations"
    assert mart_migrations.revise(moved, "Shop, first") == tmp_path / "ddl" / "001_shop_first.sql"
    migrations.migrate(stores.warehouse, moved)
    assert migrations.differences(stores.warehouse, moved) == []
    assert migrations.revise(stores.warehouse, model_history(moved), "again") is None


def test_what_is_written_for_a_copy_of_a_built_in_model_stays_beside_the_copy(courses: Model, tmp_path: Path) -> None:
    copied = load_model(shutil.copytree(courses.directory, tmp_path / "models" / courses.name))
    assert model_history(copied).folder == copied.directory / "migrations"
    assert mart_migrations.folder(copied) == copied.directory / "ddl"
    assert model_history(courses).folder == MIGRATIONS / courses.name


@pytest.mark.parametrize("which", ["courses", "shop", "campus", "control"])
def test_the_last_file_is_the_head_that_alembic_finds(request: pytest.FixtureRequest, which: str) -> None:
    history = control_history() if which == "control" else model_history(request.getfixturevalue(which))
    script = ScriptDirectory(str(MIGRATIONS), version_locations=[str(history.folder)])
    assert head(history) == script.get_current_head()
