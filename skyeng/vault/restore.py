"""Creates lost tables, keys and indexes again, where no history is lost. Only migrations import this module.

Staging is empty between loads, and active rows can be computed from the vault. A table of the vault, or a log of
changes, is created again only if no closed load ever filled it.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from skyeng.control import models as control_models
from skyeng.db.postgres import Session
from skyeng.errors import NotMigrated, ObjectsLost
from skyeng.model import Model, argument
from skyeng.sql import ident, idents, sql
from skyeng.vault import objects, ownership
from skyeng.vault.objects import ENGINE_DERIVABLE, Fault
from skyeng.vault.schema import Table
from skyeng.vault.tables import control_metadata, model_metadata


def restore_engine(session: Session, connection: sa.Connection) -> None:
    """Create lost tables of the engine again that can be derived, or that are empty between loads.

    Raises `ObjectsLost` where another one is missing.
    """
    metadata = control_metadata()
    wanted = [table for table in metadata.sorted_tables if (table.schema, table.name) in ENGINE_DERIVABLE]
    lost = objects.engine_faults(session)
    objects.refuse([it for it in lost if not it.derivable])
    _check_names(session, [(it.expected.schema, f"pk_{it.expected.name}") for it in lost])
    metadata.create_all(connection, tables=wanted, checkfirst=True)


def restore_model(session: Session, connection: sa.Connection, model: Model) -> None:
    """Create a model's lost tables, keys and indexes again. Raises `ObjectsLost` where history is lost with one.

    Raises `NotMigrated` for a table that the model's revisions never created. A load under way whose staging
    was lost starts again. After a loss in `control`, the next run compares with the vault itself.
    """
    found = [it for it in objects.faults(session, model) if it.expected.table]
    if not found:
        return
    _check_made(session, model, found)
    filled = _filled_feeds(session, model)
    objects.refuse([it for it in found if not _may_make(it, filled)], model)
    remade = {it.expected.table for it in found if it.expected.kind in ("table", "column")}
    tables = [table for table in remade if table]
    for table in tables:
        session.execute(sql("DROP TABLE IF EXISTS {table}", table=ident(table.schema, table.name)))
    _check_names(session, [(table.schema, name) for table in tables for name in table.index_names])
    metadata = model_metadata(model)
    names = sorted(f"{table.schema}.{table.name}" for table in tables)
    metadata.create_all(connection, tables=[metadata.tables[name] for name in names], checkfirst=False)
    for fault in found:
        if fault.expected.table and fault.expected.table not in remade:
            _make_again(session, fault.expected.table, fault.expected.part)
    _forget(session, model, tables)


def _check_made(session: Session, model: Model, found: Sequence[Fault]) -> None:
    """Raise `NotMigrated` where a missing table was never created by a revision, and so is not lost."""
    owned = ownership.owned(session, model)
    missing = [(it.expected.schema, it.expected.name) for it in found if it.expected.kind == "table" and not it.found]
    if unmade := [".".join(name) for name in missing if name not in owned]:
        raise NotMigrated(
            f"no revision of model '{model.name}' makes tables that it declares",
            where="\n".join(unmade),
            expected="revisions that lead to what the model says",
            remedy=f"write the next one: `skyeng model revise {argument(model)} -m 'what it is for'`",
        )


def _filled_feeds(session: Session, model: Model) -> set[str]:
    """Names of the feeds of which a closed load changed rows."""
    rows = session.rows(
        sql("""SELECT DISTINCT feed FROM control.loads JOIN control.load_feeds USING (load_id)
WHERE model = %(model)s AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0"""),
        {"model": model.name},
    )
    return {feed for (feed,) in rows}


def _may_make(fault: Fault, filled: set[str]) -> bool:
    """Whether nothing is lost with the object. A table that exists with other columns may hold a user's rows."""
    table = fault.expected.table
    never_filled = table is not None and not filled.intersection(table.feeds)
    return fault.derivable or (fault.expected.kind == "table" and not fault.found and never_filled)


def _check_names(session: Session, indexes: Sequence[ownership.Name]) -> None:
    """Raise `ObjectsLost` where an index of this name exists: a renamed table keeps its indexes and their names."""
    rows = session.rows(
        sql("""SELECT table_space.nspname, renamed.relname, index.relname
FROM unnest(%(schemas)s::text[], %(names)s::text[]) AS wanted (schema_name, name)
JOIN pg_class AS index ON index.relnamespace = to_regnamespace(schema_name) AND index.relname = name
JOIN pg_index ON indexrelid = index.oid
JOIN pg_class AS renamed ON renamed.oid = indrelid
JOIN pg_namespace AS table_space ON table_space.oid = renamed.relnamespace"""),
        {"schemas": [schema for schema, _ in indexes], "names": [name for _, name in indexes]},
    )
    if rows:
        raise ObjectsLost(
            "tables that are to be made again seem to have been renamed; nothing was changed",
            where="\n".join(f"{schema}.{table} has the index {index}" for schema, table, index in rows),
            expected="nothing under the names of the tables' indexes",
            remedy="give the table its name back, or drop it, then migrate again",
        )


def _make_again(session: Session, table: Table, part: str) -> None:
    """Create a primary key or an index again. Another primary key of the table is dropped."""
    name = ident(table.schema, table.name)
    if part != table.primary_key:
        index = next(it for it in table.indexes if it.name == part)
        made = sql(
            "CREATE INDEX {index} ON {table} USING {method} ({column})",
            index=ident(index.name),
            table=name,
            method=ident(index.method),
            column=ident(index.column),
        )
        _check_names(session, [(table.schema, index.name)])
        session.execute(made)
        return
    other = session.scalar(
        sql("SELECT conname FROM pg_constraint WHERE conrelid = to_regclass(%(table)s) AND contype = 'p'"),
        {"table": name.text},
    )
    if other:
        session.execute(sql("ALTER TABLE {table} DROP CONSTRAINT {other}", table=name, other=ident(other)))
    _check_names(session, [(table.schema, part)])
    session.execute(
        sql(
            "ALTER TABLE {table} ADD CONSTRAINT {key} PRIMARY KEY ({columns})",
            table=name,
            key=ident(part),
            columns=idents(table.key),
        )
    )


def _forget(session: Session, model: Model, tables: Sequence[Table]) -> None:
    """Delete the row selections of staging tables that are empty now.

    If a table of `control` is empty now, the recorded active rows are marked as not valid.
    """
    staged = {feed for table in tables if table.schema == "stage" for feed in table.feeds}
    session.execute(
        sql("DELETE FROM stage.selections WHERE model = %(model)s AND feed = ANY(%(feeds)s)"),
        {"model": model.name, "feeds": sorted(staged)},
    )
    if any(table.schema == "control" for table in tables):
        control_models.distrust(session, model)
