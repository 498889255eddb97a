"""Names that are derived from a model: lint knows all of them, and what lint accepts works everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st

from conftest import Servers
from declared import declared, everything, migrated
from skyeng.db.postgres import Postgres
from skyeng.errors import ModelError
from skyeng.model import Model
from skyeng.model.names import DATAMART, SCHEMAS, derived_names, engine_names
from skyeng.runs.to_datawarehouse import inserts
from skyeng.sql import SQL, ident
from skyeng.vault import migrations
from skyeng.vault.tables import control_metadata, model_metadata

Names = set[tuple[str, str]]


@pytest.fixture
def whole(tmp_path: Path) -> Model:
    return everything(tmp_path / "everything")


def names_of(metadata: sa.MetaData) -> tuple[Names, Names]:
    """Relations (tables, indexes, and constraints that have one) and columns, each with where it stands."""
    relations: Names = set()
    columns: Names = set()
    for table in metadata.tables.values():
        named = [table.primary_key, *table.indexes]
        named += [it for it in table.constraints if isinstance(it, sa.UniqueConstraint)]
        relations |= {(f"schema {table.schema}", str(it.name)) for it in named if len(list(it.columns))}
        relations.add((f"schema {table.schema}", table.name))
        columns |= {(f"the columns of {table.schema}.{table.name}", column.name) for column in table.columns}
    return relations, columns


def derived(model: Model, *kinds: str) -> Names:
    return {(it.namespace.name, it.name) for it in derived_names(model) if it.kind in kinds}


@pytest.mark.parametrize("which", ["courses", "shop", "campus", "whole"])
def test_lint_derives_the_names_of_the_tables(request: pytest.FixtureRequest, which: str) -> None:
    """Exactly those: a table, column, index or constraint that is added must be added to what lint knows."""
    model: Model = request.getfixturevalue(which)
    relations, columns = names_of(model_metadata(model))
    version_table = {("schema control", f"migrations_{model.name}{suffix}") for suffix in ("", "_pkc")}
    assert derived(model, "table", "index") - _of_datamart(model) == relations | version_table
    tables = {namespace for namespace, _ in columns}
    assert {it for it in derived(model, "column") if it[0] in tables} == columns


def _of_datamart(model: Model) -> Names:
    return {(it.namespace.name, it.name) for it in derived_names(model) if it.namespace == DATAMART}


def test_lint_knows_the_names_of_the_engines_own_tables() -> None:
    relations, _ = names_of(control_metadata())
    known = {(it.namespace.name, it.name) for it in engine_names() if it.namespace != DATAMART}
    added = {("schema control", name) for name in ("migrations_control", "migrations_control_pkc", "loads_load_id_seq")}
    assert known == relations | added


@pytest.mark.parametrize("which", ["courses", "shop", "campus", "whole"])
def test_lint_derives_the_names_that_a_migration_makes(
    request: pytest.FixtureRequest, servers: Servers, which: str
) -> None:
    """By the catalogs of both servers: views, functions and their columns as well."""
    model: Model = request.getfixturevalue(which)
    world = migrated(servers, model)
    schemas = ", ".join(f"'{schema}'" for schema in SCHEMAS)
    relations = world.vault(
        f"""SELECT 'schema ' || nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname IN ({schemas})
        UNION ALL
        SELECT 'schema ' || nspname, proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
        WHERE nspname IN ({schemas})"""
    )
    ours = {(it.namespace.name, it.name) for it in engine_names()}
    kinds = ("table", "index", "view", "function")
    assert set(relations) - ours == derived(model, *kinds) - _of_datamart(model)
    columns = world.vault(
        """SELECT 'the columns of vault.' || relname, attname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'vault'::regnamespace AND relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT 'the columns of vault.' || proname, unnest(proargnames) FROM pg_proc
        WHERE pronamespace = 'vault'::regnamespace"""
    )
    assert {it for it in derived(model, "column") if it[0].startswith("the columns of vault.")} == set(columns)
    tables = {("the datamart", name) for (name,) in world.mart("SHOW TABLES")} - {("the datamart", "skyeng_ddl")}
    # Tables that are there while a mart is built again.
    made_by_a_run = {it for it in _of_datamart(model) if it[1].endswith(("_shadow", "_bridge", "_retained"))}
    assert _of_datamart(model) - made_by_a_run == tables
    columns_of_marts = world.mart(
        """SELECT concat('the columns of ', table), name FROM system.columns
        WHERE database = currentDatabase() AND table LIKE 'dm%'
        AND table NOT LIKE '%loads'"""
    )
    marts = {it for it in derived(model, "column") if it[0].startswith("the columns of dm_")}
    # ClickHouse does not list the columns of a view that takes an argument.
    assert {it for it in marts if not it[0].endswith("_as_of")} == {
        it for it in columns_of_marts if not it[0].endswith("_as_of")
    }


@pytest.mark.parametrize("which", ["courses", "shop", "campus", "whole"])
def test_lint_derives_the_names_of_the_steps(request: pytest.FixtureRequest, which: str) -> None:
    """Airflow limits the ids of tasks, and each step that loads the vault is one."""
    model: Model = request.getfixturevalue(which)
    steps = {insert.name for stage in inserts(model) for insert in stage} - {"l_update_links"}
    assert {name for _, name in derived(model, "task") if not name.startswith("dm_")} == steps


def test_a_key_word_that_postgresql_reserves_anywhere_is_quoted(servers: Servers) -> None:
    with Postgres("pg", servers.database("key_words")).session() as session:
        words = [word for (word,) in session.rows(SQL("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'"))]
    assert words
    assert [word for word in words if ident(word).text != f'"{word}"'] == []


#: Names that meet others, or that are near the longest that is allowed.
NASTY = [
    *("order", "values", "loads", "rows", "orders_rows", "orders_gone", "h_orders", "pk_orders", "selections"),
    *("as_of", "staged", "row", "not", "nan", "hk", "load_ts", "hashdiff", "record_source", "is_active", "applied_ts"),
    *(
        "is_deleted",
        "row_hash",
        "row_key",
        "position",
        "collation",
        "digest_0",
        "history",
        "row_deleted",
        "row_end_ts",
        "load_end_ts",
    ),
    *("n" * length for length in (38, 44, 47, 48, 49, 50, 53, 54, 55, 60, 63, 64, 126, 130)),
]


@st.composite
def nasty_models(draw: st.DrawFn) -> dict[str, Any]:
    """Small models with a nasty name in some places, each drawn by itself."""

    def name(plain: str) -> str:
        return draw(st.sampled_from(NASTY)) if draw(st.integers(0, 5)) == 0 else plain

    hubs = {plain: name(plain) for plain in ("thing", "group")}
    feed, link = name("orders"), name("thing_group")
    columns = {it: {"type": "text", "column": name(f"{it}_text")} for it in {name("title"), name("size")}}
    described: dict[str, Any] = {"plural": name("things"), "parent": hubs["thing"], "attributes": columns}
    return {
        "model": name("nasty"),
        "source": "pg_datasource",
        "feeds": {
            feed: {"query": "q.sql", "grain": link}
            | draw(st.sampled_from([{}, {"load": "delta"}, {"load": "delta", "applied": "seen_at"}]))
        },
        "hubs": {
            hub: {
                "plural": name(f"{plain}s"),
                "business_key": {name("id"): {"type": type_, "column": name(f"{plain}_id")}},
            }
            for (plain, hub), type_ in zip(hubs.items(), ("text", "integer"), strict=True)
        },
        "satellites": {name("thing"): described},
        "links": {
            link: {"plural": name("things_groups"), "hubs": [*hubs.values()], "driving_key": [hubs["thing"]]},
        },
        "marts": {
            name("thing"): {
                "plural": name("things"),
                "feed": feed,
                "columns": {
                    name(column["column"]): {"column": column["column"], "low_cardinality": True}
                    for column in columns.values()
                },
            }
        },
    }


def _linted(folder: Path, model: dict[str, Any]) -> tuple[Model | None, list[str]]:
    """The model, or what lint says of it, line by line."""
    try:
        return declared(folder, model, {"q.sql": "SELECT"}), []
    except ModelError as exc:
        return None, str(exc).splitlines()


@pytest.mark.slow
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(model=nasty_models())
def test_what_lint_accepts_can_be_migrated(
    servers: Servers, tmp_path_factory: pytest.TempPathFactory, model: dict[str, Any]
) -> None:
    """On real servers; and what it refuses, it refuses with a line."""
    folder = tmp_path_factory.mktemp("nasty")
    made, refused = _linted(folder, model)
    assert all("model.yaml, line " in line for line in refused[1:-1])
    assume(made)
    assert made
    event(" ".join(sorted({it for it in NASTY if it in str(model)})))
    world = migrated(servers, made)
    assert migrations.differences(world.stores.warehouse, made) == []
