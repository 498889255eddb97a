"""Bringing a warehouse to head with Alembic, and writing new revisions from the model.

Slow to import: who only runs loads needs `skyeng.warehouse.revisions`.

The engine's own tables and each model have a folder of versions and a version table of their
own. Views, functions and zero records hold no history: they are made again where they are missing.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import psycopg2
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from skyeng.errors import ObjectsLost, StatementFailed
from skyeng.model import Model
from skyeng.postgres import Postgres, Session
from skyeng.sql import ident, sql
from skyeng.warehouse import bookkeeping, derived, objects, ownership
from skyeng.warehouse.restore import restore_engine, restore_model
from skyeng.warehouse.revisions import MIGRATIONS, History, control_history, files, head, model_history, revision
from skyeng.warehouse.schema import SCHEMAS
from skyeng.warehouse.tables import control_metadata, model_metadata
from skyeng.warehouse.vault import zero_records


def migrate(warehouse: Postgres, model: Model) -> None:
    """Bring the warehouse to head for a model, all of it or nothing. Safe to repeat."""
    with _connection(warehouse) as (connection, session):
        _check_server(session)
        session.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended('skyeng.migrate', 0))"))
        if _upgrade_engine(session, connection):
            restore_engine(session, connection)
        history = model_history(model)
        with ownership.claimed(session, model):
            made = bool(ownership.owned(session, model) - {("control", history.version_table)})
            _check_version_table(session, history, made=made)
            objects.check_kinds(session, model)
            if revision(session, history) != head(history):
                derived.drop(session, model)
            command.upgrade(_config(history, connection), "head")
            restore_model(session, connection, model)
            derived.make(session, model)
        _make_zero_records(session, model)
        objects.check(session, model)


def _upgrade_engine(session: Session, connection: sa.Connection) -> bool:
    """Bring the engine's own tables to head; whether they were there already."""
    history = control_history()
    for schema in SCHEMAS:
        session.execute(sql("CREATE SCHEMA IF NOT EXISTS {schema}", schema=ident(schema)))
    made = session.scalar(sql("SELECT to_regclass('control.loads') IS NOT NULL"))
    _check_version_table(session, history, made=made)
    was = revision(session, history)
    command.upgrade(_config(history, connection), "head")
    return was == head(history)


def _check_version_table(session: Session, history: History, *, made: bool) -> None:
    """Revisions are run once: where it is lost which of them were, none can be run."""
    if made and revision(session, history) is None:
        raise ObjectsLost(
            f"control.{history.version_table} is missing or empty, and tables that it tells the revision of are there",
            where=session.database.name,
            expected="a table with one row: the revision that the warehouse is at",
            remedy="restore it from a backup of the warehouse",
        )


def _make_zero_records(session: Session, model: Model) -> None:
    """Make the records that stand for what is missing; a table that lost its own may have lost more."""
    made = sum(session.execute(record) for record in zero_records(model))
    if made:
        bookkeeping.distrust(session, model)


def differences(warehouse: Postgres, model: Model) -> list[object]:
    """What Alembic would change so that the database equals the model: nothing, if all is well."""
    with _connection(warehouse) as (connection, _):
        return [
            difference
            for history in (control_history(), model_history(model))
            for difference in compare_metadata(_context(history, connection), _metadata(history))
        ]


def revise(warehouse: Postgres, history: History, message: str) -> Path | None:
    """Write the next revision from the difference between database and model.

    The warehouse is brought to head first. Returns the new file, or None where nothing differs.
    """
    with _connection(warehouse) as (connection, session):
        _upgrade_engine(session, connection)
        if history.model:
            with ownership.claimed(session, history.model):
                command.upgrade(_config(history, connection), "head")
        if not compare_metadata(_context(history, connection), _metadata(history)):
            return None
        history.folder.mkdir(parents=True, exist_ok=True)
        number = len(files(history)) + 1
        with redirect_stdout(io.StringIO()):  # what was written is ours to say
            script = command.revision(
                _config(history, connection),
                message=message,
                autogenerate=True,
                rev_id=f"{number:04d}",
                version_path=str(history.folder),
            )
        return Path(script.path) if script and not isinstance(script, list) else None


def _metadata(history: History) -> sa.MetaData:
    """What a history leads to."""
    return model_metadata(history.model) if history.model else control_metadata()


def _config(history: History, connection: sa.Connection | None = None) -> Config:
    config = Config(stdout=io.StringIO())
    options = {
        "script_location": str(MIGRATIONS),
        "version_locations": str(history.folder),
        "path_separator": "newline",  # any other separator may be part of a path
        "file_template": "%(rev)s_%(slug)s",
    }
    for name, value in options.items():
        config.set_main_option(name, value.replace("%", "%%"))
    config.attributes.update(connection=connection, metadata=_metadata(history), version_table=history.version_table)
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
