"""Records which model an object of the warehouse belongs to: each table, view and function has one owner.

A model still owns an object that it no longer declares, because it holds the model's history. An object
without a recorded owner belongs to a user, and is never taken over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from skyeng.db.postgres import Postgres, Session
from skyeng.errors import NotOwned
from skyeng.model import Model
from skyeng.sql import sql
from skyeng.vault.derived import derived
from skyeng.vault.schema import SCHEMAS, model_tables

#: Schema and name of a table, view or function.
Name = tuple[str, str]


def declared(model: Model) -> list[Name]:
    """Every object that a model declares, and its version table."""
    tables = [(table.schema, table.name) for table in model_tables(model)]
    return [*tables, *(("vault", it.name) for it in derived(model)), ("control", f"migrations_{model.name}")]


def check(session: Session, model: Model) -> None:
    """Raise `NotOwned` where a model declares an object of another model, or one without a recorded owner."""
    schemas, names = zip(*declared(model), strict=True)
    foreign = session.rows(
        sql("""SELECT declared.schema_name, declared.table_name, owned.model
FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS declared (schema_name, table_name)
LEFT JOIN control.model_tables AS owned USING (schema_name, table_name)
WHERE owned.model <> %(model)s OR owned.model IS NULL AND (
    EXISTS (
        SELECT FROM pg_class WHERE relnamespace = to_regnamespace(declared.schema_name) AND relname = table_name
    ) OR EXISTS (
        SELECT FROM pg_proc WHERE pronamespace = to_regnamespace(declared.schema_name) AND proname = table_name
    )
)"""),
        {"schemas": list(schemas), "names": list(names), "model": model.name},
    )
    if foreign:
        raise NotOwned(
            f"model '{model.name}' declares objects of the warehouse that are not its own; nothing was changed",
            where="\n".join(_owner(*row) for row in sorted(foreign)),
            expected="names that no other model and nobody else uses: a table, view or function has one owner",
            remedy="give the hub, link, satellite or feed another name or plural. What no model owns: rename or drop it"
            " if it is not the engine's; if rows of control.model_tables were lost, restore them from a backup",
        )


def _owner(schema: str, name: str, owner: str | None) -> str:
    return f"{schema}.{name} " + (f"belongs to model '{owner}'" if owner else "exists, and no model owns it on record")


def check_in(warehouse: Postgres, model: Model) -> None:
    """Run `check` in a warehouse that may never have been migrated: then nothing has an owner there."""
    with warehouse.session(snapshot=True) as session:
        if session.scalar(sql("SELECT to_regclass('control.model_tables') IS NOT NULL")):
            check(session, model)


def owned(session: Session, model: Model) -> set[Name]:
    """Every object that is recorded as the model's, whether or not it exists."""
    rows = session.rows(
        sql("SELECT schema_name, table_name FROM control.model_tables WHERE model = %(model)s"), {"model": model.name}
    )
    return {(schema, name) for schema, name in rows}


@contextmanager
def claimed(session: Session, model: Model) -> Iterator[None]:
    """Record the model as the owner of declared objects that exist after the block.

    Raises `NotOwned` before the block begins. All is done in one transaction, so that neither an object nor the
    record of its owner exists without the other.
    """
    check(session, model)
    yield
    made = _existing(session).intersection(declared(model))
    session.execute(
        sql("""INSERT INTO control.model_tables (schema_name, table_name, model)
SELECT schema_name, table_name, %(model)s
FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS made (schema_name, table_name)
ON CONFLICT (schema_name, table_name) DO NOTHING"""),
        {"schemas": [schema for schema, _ in made], "names": [name for _, name in made], "model": model.name},
    )


def _existing(session: Session) -> set[Name]:
    rows = session.rows(
        sql("""SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = ANY(%(schemas)s) AND relkind IN ('r', 'p', 'v', 'm', 'f')
UNION
SELECT nspname, proname FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname = ANY(%(schemas)s)"""),
        {"schemas": list(SCHEMAS)},
    )
    return {(schema, name) for schema, name in rows}
