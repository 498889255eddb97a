"""A shop with a past, and its model in a folder of a test's own, to be edited."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from conftest import Servers, World, schema_only
from skyeng import runs
from skyeng.control import loads
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.model import Model, load_model
from skyeng.vault import migrations
from skyeng.vault.revisions import model_history

#: Changes a model file, as a person would in an editor.
Edit = Callable[[dict[str, Any]], object]

#: Rows of a table or view: each as a mapping of column to value.
Rows = list[dict[str, Any]]

#: What the source goes through, a load after each.
LOADS = (
    """INSERT INTO flat_order (customer_country, customer_number, customer_name, product_sku, product_price) VALUES
    ('PL', '1', 'Łucja', 'apple', 1.50), ('PL', '1', 'Łucja', 'pear', 2.00), ('DE', '2', NULL, 'apple', 1.50);
    INSERT INTO stock VALUES (1, 'apple', 5), (2, 'pear', 7)""",
    """UPDATE flat_order SET product_price = 1.75 WHERE product_sku = 'apple';
    INSERT INTO flat_order (customer_country, customer_number, product_sku) VALUES ('FR', '3', 'plum');
    UPDATE stock SET pieces = 8 WHERE sku = 'pear'""",
    """DELETE FROM flat_order WHERE customer_country = 'DE';
    UPDATE flat_order SET customer_name = 'Lucy' WHERE customer_number = '1';
    DELETE FROM stock WHERE code = 1; INSERT INTO stock VALUES (3, 'plum', 0)""",
)


@dataclass
class Past:
    """What a warehouse gave back after each load, and what its tables hold."""

    #: Rows of each feed, by load timestamp.
    feeds: dict[str, dict[Any, Rows]]
    tables: dict[str, Rows]


@dataclass
class Shop:
    """A world whose model is edited."""

    world: World

    @property
    def model(self) -> Model:
        return self.world.model

    @property
    def warehouse(self) -> Postgres:
        return self.world.stores.warehouse

    def edit(self, *edits: Edit, queries: Mapping[str, str] | None = None) -> Model:
        """Change the model file, and the files of its queries."""
        file = self.model.directory / "model.yaml"
        declared = yaml.safe_load(file.read_text())
        for one in edits:
            one(declared)
        file.write_text(yaml.safe_dump(declared, sort_keys=False))
        for name, text in (queries or {}).items():
            (self.model.directory / name).write_text(text)
        self.world = replace(self.world, model=load_model(file))
        return self.model

    def revise(self) -> Path | None:
        return migrations.revise(self.warehouse, model_history(self.model), "edited")

    def migrate(self) -> None:
        migrations.migrate(self.warehouse, self.model)

    def run(self, **options: Any) -> runs.Report:
        return self.world.run(**options)

    def revisions(self) -> dict[str, str]:
        """The revision files, and what is in them."""
        return {file.name: file.read_text() for file in sorted(model_history(self.model).folder.glob("*.py"))}

    def rows(self, relation: str) -> Rows:
        return in_order(row for (row,) in self.world.vault(f"SELECT to_jsonb(it) FROM {relation} AS it"))

    def past(self) -> Past:
        closed = [f"{ts.isoformat()}" for (ts,) in self.world.vault(CLOSED)]
        feeds = {
            feed.name: {ts: self.rows(f"vault.{feed.as_of_function}('{ts}')") for ts in closed}
            for feed in self.model.feeds
        }
        tables = {it.table: self.rows(f"vault.{it.table}") for it in loads.vault_tables(self.model)}
        return Past(feeds, tables)

    def differences(self) -> list[str]:
        return self.world.differences()


def in_order(rows: Iterable[dict[str, Any]]) -> Rows:
    return sorted(rows, key=lambda row: str(sorted(row.items())))


CLOSED = "SELECT load_ts FROM control.loads WHERE status = 'closed' ORDER BY load_ts"


def without_marts(declared: dict[str, Any]) -> None:
    """Marts have migrations of their own: a warehouse is tested by itself."""
    del declared["marts"]


def copied(model: Model, folder: Path) -> Model:
    """A model's folder with its revisions, in a place where it may be edited."""
    target = folder / model.name
    shutil.copytree(model.directory, target, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(
        model_history(model).folder,
        target / "migrations",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    return load_model(target)


def with_past(servers: Servers, model: Model, folder: Path, changes: tuple[str, ...] = LOADS) -> Shop:
    """A model without marts that was loaded several times, in databases of the test's own."""
    base, original = f"past_{model.name}", servers.folder / f"past_{model.name}"

    def load(url: str) -> None:
        made = Shop(_world(servers, copied(model, original), servers.database(f"{base}_source"), url))
        made.edit(without_marts)
        made.revise()
        made.migrate()
        for statements in changes:
            made.world.change(statements)
            made.run()

    servers.clone(f"{base}_source", lambda url: schema_only(Postgres("pg_datasource", url), model))
    warehouse = servers.clone(f"{base}_warehouse", load)
    source = servers.clone(f"{base}_source", lambda _: None)
    return Shop(_world(servers, copied(load_model(original / model.name), folder), source, warehouse))


def _world(servers: Servers, model: Model, source: str, warehouse: str) -> World:
    return World(
        model, Stores(Postgres("pg_datasource", source), Postgres("pg_datawarehouse", warehouse), servers.datamart())
    )
