"""Bringing a warehouse to head with Alembic, and writing new revisions from the model.

Slow to import: who only runs loads needs `skyeng.warehouse.revisions`.

The engine's own tables and each model have a folder of versions and a version table of their
own. Views, functions and zero records hold no history: they follow from the model.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import ops
from sqlalchemy.exc import DBAPIError

from skyeng.errors import NotMigrated, StatementFailed
from skyeng.model import Model, Satellite
from skyeng.model.signature import Signature, as_text, model_of, signature
from skyeng.postgres import Postgres, Session
from skyeng.sql import ident, sql
from skyeng.warehouse import derived, loads, locks
from skyeng.warehouse.revisions import (
    MIGRATIONS,
    History,
    changes_to_revise,
    check_revised,
    control_history,
    files,
    head,
    model_history,
    newest_signature,
    numbers,
    revision,
    store_signature,
    stored_signature,
)
from skyeng.warehouse.staging import WORTH_ANALYSING
from skyeng.warehouse.tables import SCHEMAS, control_metadata, model_metadata
from skyeng.warehouse.vault import null_versions, zero_records


def migrate(warehouse: Postgres, model: Model) -> None:
    """Bring the warehouse to head for a model, all of it or nothing. Safe to repeat.

    Raises `NotMigrated` where the model was edited after its newest revision, and `LoadInProgress` where there is
    something to do while a load of the model is under way.
    """
    check_revised(model)
    with _dependents_in_words(), _connection(warehouse) as (connection, session):
        _check_server(session)
        if _is_due(session, model):
            session.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended('skyeng.migrate', 0))"))
            _migrate(connection, session, model)
        for statement in zero_records(model):
            session.execute(statement)


def _is_due(session: Session, model: Model) -> bool:
    if _pending(session, model) or _stored(session, model) != signature(model):
        return True
    return bool(derived.outdated(session, model))


def _pending(session: Session, model: Model) -> list[History]:
    """The histories of which a warehouse lacks revisions."""
    return [it for it in (control_history(), model_history(model)) if revision(session, it) != head(it)]


def _check_known(session: Session, history: History) -> None:
    """Raise `NotMigrated` where the warehouse is at a revision of which there is no file."""
    found = revision(session, history)
    if found is not None and found not in numbers(history):
        raise NotMigrated(
            f"the warehouse is at revision {found} of '{history.name}', and its file is not there",
            where=str(history.folder),
            expected=f"revisions up to {found}; the newest is {head(history)}",
            remedy="restore the files of the migrations, or use the release and the model that wrote them",
        )


def _stored(session: Session, model: Model) -> Signature | None:
    """What the warehouse is migrated for, also where it has no register of models yet."""
    if session.scalar(sql("SELECT to_regclass('control.models')")) is None:
        return None
    return stored_signature(session, model)


def _migrate(connection: sa.Connection, session: Session, model: Model) -> None:
    """All that is to be done, by what the warehouse is at now that no other migration is under way."""
    for history in (control_history(), model_history(model)):
        _check_known(session, history)
    for schema in SCHEMAS:
        session.execute(sql("CREATE SCHEMA IF NOT EXISTS {schema}", schema=ident(schema)))
    stored = _stored(session, model)
    if changes := bool(_pending(session, model)) or stored != signature(model):
        runner = replace(locks.this_process(), lease=timedelta())
        # Who reads for a mart could find a table empty that is rewritten meanwhile.
        for part in ("", *(mart.table for mart in model.marts)):
            if not locks.claim(session, model, runner, part):
                raise locks.in_progress(session, model, part)
        command.upgrade(_config(control_history(), connection), "head")
        # With the tables that a load knew when it began.
        loads.roll_back_dead(session, model_of(stored, model) if stored else model, runner)
    outdated = derived.outdated(session, model)
    grants = derived.drop(session, outdated)
    known = _tables(session)
    command.upgrade(_config(model_history(model), connection), "head")
    _check_nothing_lost(session, model)
    for satellite in model.satellites:
        if satellite.table not in known:
            _describe_known_parents(session, model, satellite)
    derived.create(session, model, outdated, grants)
    if changes:
        store_signature(session, model)


def _tables(session: Session) -> set[str]:
    """Tables of the vault that exist."""
    return {name for (name,) in session.rows(sql("SELECT tablename::text FROM pg_tables WHERE schemaname = 'vault'"))}


def _describe_known_parents(session: Session, model: Model, satellite: Satellite) -> None:
    """Give what was loaded before a satellite was added the version that reads NULL."""
    if session.execute(null_versions(model, satellite)) >= WORTH_ANALYSING:
        session.execute(
            sql(
                "ANALYZE vault.{table} ({key})",
                table=ident(satellite.table),
                key=ident(model.hub(satellite.hub_name).key),
            )
        )


@contextmanager
def _dependents_in_words() -> Iterator[None]:
    """Say what to do where an object that is not ours depends on what a migration changes.

    Its owner alone knows how to create it again: nothing is dropped with all that depends on it.
    """
    try:
        yield
    except StatementFailed as exc:
        if exc.code not in _DEPENDED_UPON:
            raise
        raise StatementFailed(
            "an object that is not the engine's depends on what the migration changes; nothing was changed",
            where=exc.where or exc.what,
            expected="no object of other owners on the tables, views and functions that change",
            remedy="save the definition of that object, drop it, run `skyeng migrate`, and create it again",
        ) from exc


#: PostgreSQL's codes for 'other objects depend on it', and for a column whose type a view shows.
_DEPENDED_UPON = ("2BP01", "0A000")


def differences(warehouse: Postgres, model: Model) -> list[object]:
    """What Alembic would change so that the database equals the model: nothing, if all is well."""
    with _connection(warehouse) as (connection, _):
        return [
            difference
            for history in (control_history(), model_history(model))
            for difference in compare_metadata(_context(history, connection), _metadata(history))
        ]


def revise(warehouse: Postgres, history: History, message: str) -> Path | None:
    """Write the next revision: what the model says and the warehouse lacks, with the model's signature.

    The warehouse is brought to the newest revision first. Returns the new file, or None where nothing differs.
    Raises `ModelChangeRefused`, before anything is written or changed, where history would be lost.
    """
    if history.model:
        changes_to_revise(history.model)
    before = newest_signature(history) if history.model else None
    if history.model and before:
        migrate(warehouse, model_of(before, history.model))
    with _connection(warehouse) as (connection, session):
        for schema in SCHEMAS:
            session.execute(sql("CREATE SCHEMA IF NOT EXISTS {schema}", schema=ident(schema)))
        command.upgrade(_config(control_history(), connection), "head")
        _check_known(session, history)
        if history.model:
            _check_nothing_foreign(session, model_of(before, history.model) if before else None, history.model)
        history.folder.mkdir(parents=True, exist_ok=True)
        with redirect_stdout(io.StringIO()):  # what was written is ours to say
            script = command.revision(
                _config(history, connection, _Directives(history, before)),
                message=message,
                autogenerate=True,
                rev_id=f"{len(files(history)) + 1:04d}",
                version_path=str(history.folder),
            )
        return Path(script.path) if script and not isinstance(script, list) else None


#: Table and column of what a model stores, with its type.
Columns = dict[tuple[str, str], str]


def _declared_columns(model: Model) -> Columns:
    """What a model itself stores in the vault: business keys and attributes."""
    columns = [column for hub in model.hubs for column in model.business_key(hub)]
    columns += [column for satellite in model.satellites for column in model.attributes(satellite)]
    return {(column.owner.table, column.vault_column): column.type.name for column in columns}


def _check_nothing_lost(session: Session, model: Model) -> None:
    """Raise `NotMigrated` where the vault lacks a column that the model's revisions have created."""
    _check_none(session, _declared_columns(model).keys() - _existing_columns(session), _LOST)


def _check_nothing_foreign(session: Session, before: Model | None, after: Model) -> None:
    """Raise `NotMigrated` where a table or column that is to be added exists: a revision would add it nowhere else."""
    old_columns = _declared_columns(before).keys() if before else set()
    old_tables = {it.table for it in loads.vault_tables(before)} if before else set()
    columns = _declared_columns(after).keys() - old_columns
    tables = {it.table for it in loads.vault_tables(after)} - old_tables
    foreign = {it for it in _existing_columns(session) if it in columns or it[0] in tables}
    _check_none(session, foreign, _FOREIGN)


#: What is wrong with columns of the vault that somebody altered by hand, and what to do.
_LOST = ("lacks what its revisions created", "restore it from a backup")
_FOREIGN = ("has what no revision created", "rename or drop it")


def _existing_columns(session: Session) -> set[tuple[str, str]]:
    """Tables of the vault and their columns, as they are."""
    rows = session.rows(
        sql("""SELECT relname::text, attname::text
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'vault'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped""")
    )
    return {(table, column) for table, column in rows}


def _check_none(session: Session, faulty: set[tuple[str, str]], fault: tuple[str, str]) -> None:
    if faulty:
        what, remedy = fault
        raise NotMigrated(
            f"the warehouse {what}: {', '.join(f'vault.{table}.{column}' for table, column in sorted(faulty))}",
            where=session.database.name,
            expected="tables that migrations alone change",
            remedy=remedy,
        )


class _Directives:
    """What Alembic found for a revision, without what would lose history or belongs to nobody's change."""

    def __init__(self, history: History, before: Signature | None) -> None:
        self._history, self._before = history, before
        model = history.model
        old = _declared_columns(model_of(before, model)) if model and before else {}
        new = _declared_columns(model) if model else {}
        #: Columns of the vault whose type the model changed.
        self._retyped = {column for column, type_ in old.items() if new.get(column, type_) != type_}
        #: Tables that the revision creates.
        self._new_tables: set[str] = set()

    def __call__(self, _context: object, _revision: object, directives: list[Any]) -> None:
        """Alembic's hook: empties the list where nothing is to be written."""
        upgrades = directives[0].upgrade_ops
        self._new_tables = {it.table_name for it in upgrades.ops if isinstance(it, ops.CreateTableOp)}
        upgrades.ops[:] = self._without_losses(upgrades.ops)
        same = self._history.model is None or self._before == signature(self._history.model)
        if upgrades.is_empty() and same:
            directives.clear()

    def _without_losses(self, operations: Iterable[Any]) -> list[Any]:
        return [safe for operation in operations for safe in self._safe(operation)]

    def _safe(self, operation: Any) -> Iterator[Any]:
        match operation:
            case ops.ModifyTableOps():
                operation.ops[:] = self._without_losses(operation.ops)
                if operation.ops:
                    yield operation
            case ops.DropTableCommentOp(schema="vault"):
                """A comment that somebody else has written stays."""
            case ops.CreateIndexOp() if operation.table_name not in self._new_tables:
                # It may be missing in this warehouse alone.
                operation.if_not_exists = True
                yield operation
            case ops.AlterColumnOp(schema="stage", modify_type=type_) if type_ is not None:
                # Staging holds nothing between loads, and not every type can be altered to every other.
                table, column = operation.table_name, operation.column_name
                yield ops.DropColumnOp(table, column, schema="stage")
                yield ops.AddColumnOp(table, sa.Column(column, type_), schema="stage")
            case ops.AlterColumnOp(schema="vault"):
                if (operation.table_name, operation.column_name) not in self._retyped:
                    operation.modify_type = None
                if operation.modify_comment is None:
                    operation.modify_comment = False
                operation.modify_nullable = None
                if operation.has_changes():
                    yield operation
            case _:
                yield operation


def _metadata(history: History) -> sa.MetaData:
    """What a history leads to."""
    return model_metadata(history.model) if history.model else control_metadata()


def _config(history: History, connection: sa.Connection, directives: _Directives | None = None) -> Config:
    config = Config(stdout=io.StringIO())
    options = {
        "script_location": str(MIGRATIONS),
        "version_locations": str(history.folder),
        "path_separator": "newline",  # any other separator may be part of a path
        "file_template": "%(rev)s_%(slug)s",
    }
    for name, value in options.items():
        config.set_main_option(name, value.replace("%", "%%"))
    config.attributes.update(
        connection=connection,
        metadata=_metadata(history),
        version_table=history.version_table,
        directives=directives,
        signature=as_text(signature(history.model)) if history.model else None,
    )
    return config


def _context(history: History, connection: sa.Connection) -> MigrationContext:
    owned = {(table.schema, table.name) for table in _metadata(history).tables.values()}
    return MigrationContext.configure(
        connection,
        opts={
            "version_table": history.version_table,
            "version_table_schema": "control",
            "include_schemas": True,
            "include_name": lambda name, type_, parents: type_ != "table" or (parents["schema_name"], name) in owned,
        },
    )


@contextmanager
def _connection(warehouse: Postgres) -> Iterator[tuple[sa.Connection, Session]]:
    """One transaction, as SQLAlchemy sees it and as we do."""
    with warehouse.session() as session:
        engine = sa.create_engine("postgresql+psycopg2://", creator=lambda: session.connection, poolclass=sa.StaticPool)
        try:
            # One outer transaction, which Alembic joins: all of a migration, or nothing.
            with engine.begin() as connection:
                # Alembic takes tables on the path of the role for those of no schema.
                session.execute(sql("SET LOCAL search_path = pg_catalog"))
                yield connection, session
        except DBAPIError as exc:
            # Driver errors are put into words by the session.
            raise exc.orig if isinstance(exc.orig, psycopg2.Error) else exc from exc


def _check_server(session: Session) -> None:
    encoding = session.scalar(
        sql("SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()")
    )
    if encoding != "UTF8":
        raise StatementFailed(
            f"the warehouse's encoding is {encoding}",
            where=session.database.name,
            expected="UTF8, which holds every text of every source",
            remedy="create the database with ENCODING 'UTF8'",
        )
