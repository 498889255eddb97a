"""`skyeng model lint --source`: what the live source does not deliver is found before anything is migrated."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from conftest import MODELS, Servers, schema_only
from skyeng.cli.main import cli
from skyeng.db.postgres import Postgres
from skyeng.model import load_model
from skyeng.sql import SQL

_numbers = itertools.count(1)


@pytest.fixture
def shop_folder(tmp_path: Path) -> Path:
    """A copy of the shop model, which has two feeds."""
    return Path(shutil.copytree(MODELS / "shop", tmp_path / "shop"))


@pytest.fixture
def source(servers: Servers) -> Postgres:
    """A source with the shop's tables. No warehouse is migrated, and none is asked."""
    made = Postgres("pg_datasource", servers.database(f"lint_source_{next(_numbers)}"))
    schema_only(made, load_model(MODELS / "shop"))
    return made


def lint(folder: Path, url: str, *arguments: str) -> Result:
    urls = {
        "PG_DATASOURCE_URL": url,
        "PG_DATAWAREHOUSE_URL": "postgresql://nobody@localhost:1/none",
        "CH_DATAMART_URL": "clickhouse://nobody@localhost:1/none",
    }
    return CliRunner().invoke(cli, ["model", "lint", str(folder), *arguments], env=urls)


def line_of(folder: Path, needle: str) -> int:
    lines = (folder / "model.yaml").read_text().splitlines()
    return next(place for place, line in enumerate(lines, start=1) if needle in line)


def test_a_sound_source_is_sound(shop_folder: Path, source: Postgres) -> None:
    done = lint(shop_folder, source.url, "--source")
    assert done.exit_code == 0, done.output
    assert "model 'shop' is sound" in done.output


def test_all_faults_of_all_feeds_are_reported_at_once(shop_folder: Path, source: Postgres) -> None:
    """Missing, of another type, doubled: each with the line that declares it, what was expected and the cast."""
    with source.session() as session:
        session.execute(SQL("ALTER TABLE stock ALTER COLUMN pieces TYPE bigint"))
    orders = shop_folder / "orders.sql"
    orders.write_text(f"SELECT *, product_sku AS product_sku FROM (\n{orders.read_text().rstrip().rstrip(';')}\n) AS o")
    model = shop_folder / "model.yaml"
    model.write_text(model.read_text().replace("name: text, born_on: date", "name: text, nick: text, born_on: jsonb"))
    done = lint(shop_folder, source.url, "--source")
    assert done.exit_code == 1
    assert f"4 faults in {model}" in done.output
    declares = line_of(shop_folder, "born_on")
    for line, words in {
        declares: "column customer_nick of feed 'orders' is missing; expected text or character varying or character",
        line_of(
            shop_folder, "pieces: smallint"
        ): "column product_pieces of feed 'stocks' is bigint, declared as smallint;"
        " expected smallint: change the model, or write product_pieces::smallint in stocks.sql",
        line_of(shop_folder, "product: {plural"): "column product_sku of feed 'orders' is delivered 2 times",
    }.items():
        assert any(f"model.yaml, line {line}:" in it and words in it for it in done.output.splitlines()), words
    assert "column customer_born_on of feed 'orders' is date, declared as jsonb; expected jsonb" in done.output
    assert "Traceback" not in done.output
    assert lint(shop_folder, source.url).exit_code == 0, "without --source the file alone is checked"


def test_a_query_that_fails_is_a_fault_of_its_feed(shop_folder: Path, source: Postgres) -> None:
    """The other feed is checked all the same."""
    with source.session() as session:
        session.execute(SQL("ALTER TABLE stock ALTER COLUMN pieces TYPE text"))
    (shop_folder / "orders.sql").write_text("SELECT * FROM no_such_table")
    done = lint(shop_folder, source.url, "--source")
    assert done.exit_code == 1
    place = line_of(shop_folder, "orders: {query")
    assert (
        f'line {place}: feeds.orders.query: the query orders.sql fails on the datasource: relation "no_such_table"'
        in (done.output)
    )
    assert "product_pieces of feed 'stocks' is text, declared as smallint" in done.output


def test_the_time_that_a_row_holds_from_is_checked(tmp_path: Path, servers: Servers) -> None:
    folder = Path(shutil.copytree(MODELS / "campus", tmp_path / "campus"))
    source = Postgres("pg_datasource", servers.database(f"lint_source_{next(_numbers)}"))
    schema_only(source, load_model(folder))
    query = folder / "enrolments.sql"
    query.write_text(f"SELECT *, now()::date AS day FROM (\n{query.read_text().rstrip().rstrip(';')}\n) AS e")
    model = folder / "model.yaml"
    model.write_text(model.read_text().replace("applied: seen_at", "applied: day"))
    done = lint(folder, source.url, "--source")
    assert "feeds.enrolments.applied: column day of feed 'enrolments' is date, declared as timestamptz" in done.output


def test_a_source_that_is_down_is_the_usual_error(shop_folder: Path) -> None:
    done = lint(shop_folder, "postgresql://nobody@localhost:1/none", "--source")
    assert done.exit_code == 1
    assert "error: cannot connect to pg_datasource" in done.output
    assert "check that the server is up" in done.output


def test_faults_of_the_file_come_before_the_source_is_asked(shop_folder: Path) -> None:
    path = shop_folder / "model.yaml"
    path.write_text(path.read_text().replace("born_on: date", "born_on: datum"))
    done = lint(shop_folder, "postgresql://nobody@localhost:1/none", "--source")
    assert done.exit_code == 2
    assert "unknown type 'datum'" in done.output
