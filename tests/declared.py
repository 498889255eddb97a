"""Models made up by a test: a model file, its queries and its source tables, and a world to run them in."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from conftest import Servers, World
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.marts import migrations as mart_migrations
from skyeng.model import Model, load_model
from skyeng.sql import SQL
from skyeng.vault import migrations
from skyeng.vault.revisions import files, model_history

_numbers = itertools.count(1)


def written(folder: Path, model: Mapping[str, Any], queries: Mapping[str, str]) -> Path:
    """The files of a model in a folder; the path of its model file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, query in queries.items():
        (folder / name).write_text(query, encoding="utf-8")
    path = folder / "model.yaml"
    path.write_text(yaml.safe_dump(dict(model), sort_keys=False), encoding="utf-8")
    return path


def declared(folder: Path, model: Mapping[str, Any], queries: Mapping[str, str]) -> Model:
    """The model of these files, checked as any other is."""
    return load_model(written(folder, model, queries))


def migrated(servers: Servers, model: Model, source: str = "SELECT") -> World:
    """A world of databases of its own, migrated for the model; `source` fills the source."""
    name = f"declared_{next(_numbers)}"
    stores = Stores(
        Postgres("pg_datasource", servers.database(f"{name}_source")),
        Postgres("pg_datawarehouse", servers.database(f"{name}_warehouse")),
        servers.datamart(),
    )
    with stores.source.session() as session:
        session.execute(SQL(source))
    if not files(model_history(model)):
        migrations.revise(stores.warehouse, model_history(model), "first")
    mart_migrations.revise(model, "first")
    migrations.migrate(stores.warehouse, model)
    mart_migrations.migrate(stores.datamart, model)
    return World(model, stores)


def everything(folder: Path) -> Model:
    """A model with all that the language has: feeds of each kind, shared hubs, composite keys, marts, key words."""
    types = {
        "flag": "boolean",
        "small": "smallint",
        "whole": "integer",
        "large": "bigint",
        "ratio": "double",
        "note": "text",
        "day": "date",
        "moment": "timestamp",
        "instant": "timestamptz",
        "token": "uuid",
        "body": "jsonb",
        "amount": "numeric(12,2)",
    }
    return declared(
        folder,
        {
            "model": "everything",
            "description": "All of the language.",
            "source": "pg_datasource",
            "feeds": {
                "orders": {"query": "q.sql", "load": "compare", "grain": "order_line", "description": "Compared."},
                "visits": {"query": "q.sql", "load": "delta", "grain": "customer_shop"},
                "prices": {"query": "q.sql", "load": "delta", "applied": "valid_from", "grain": "product_shop"},
            },
            "hubs": {
                "order": {"plural": "orders", "business_key": {"number": "bigint"}, "description": "An order."},
                "product": {"plural": "products", "business_key": {"country": "text", "sku": "text"}},
                "customer": {"plural": "customers", "business_key": {"id": {"type": "uuid", "column": "position"}}},
                "shop": {"plural": "shops", "business_key": {"values": "integer"}},
            },
            "satellites": {
                "order": {"plural": "orders", "feed": "orders", "attributes": types},
                "product": {"plural": "products", "feed": "orders", "attributes": {"name": "text"}},
                "product_price": {
                    "plural": "product_prices",
                    "parent": "product",
                    "feed": "prices",
                    "attributes": {"amount": "numeric(10,2)"},
                },
                "customer": {
                    "plural": "customers",
                    "feed": "visits",
                    "attributes": {"name": {"type": "text", "column": "time", "description": "As written."}},
                },
            },
            "links": {
                "order_line": {"plural": "order_lines", "hubs": ["order", "product"], "driving_key": ["order"]},
                "customer_shop": {"plural": "customers_shops", "hubs": ["customer", "shop"]},
                "product_shop": {
                    "plural": "products_shops",
                    "hubs": ["product", "shop"],
                    "driving_key": ["product", "shop"],
                },
            },
            "marts": {
                "order": {
                    "plural": "orders",
                    "feed": "orders",
                    "order_by": ["sku"],
                    "columns": {
                        "sku": "product_sku",
                        "name": {"column": "product_name", "low_cardinality": True},
                        **{name: f"order_{name}" for name in types},
                    },
                },
                "price": {
                    "plural": "prices",
                    "feed": "prices",
                    "columns": {"sku": "product_sku", "index": "product_amount"},
                },
            },
        },
        {"q.sql": "SELECT"},
    )
