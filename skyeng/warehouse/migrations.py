"""Bringing a warehouse to head with Alembic, and writing new revisions from the model.

Slow to import: who only runs loads needs `skyeng.warehouse.revisions`.

The engine's own tables and each model have a folder of versions and a version table of their
own. Views, functions and zero records hold no history: they are derived anew each time.
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

from skyeng.errors import StatementFailed
from skyeng.model import Effectivity, Model, Satellite
from skyeng.postgres import Postgres, Session
from skyeng.sql import KEY_WORDS, SQL, ident, sql
from skyeng.warehouse.revisions import MIGRATIONS, History, control_history, files, model_history
from skyeng.warehouse.tables import SCHEMAS, control_metadata, model_metadata
from skyeng.warehouse.vault import zero_records
from skyeng.warehouse.views import applied_history_view, as_of_function, current_view


def migrate(warehouse: Postgres, model: Model) -> None:
    """Bring the warehouse to head for a model, all of it or nothing. Safe to repeat."""
    with _connection(warehouse) as (connection, session):
        _check_server(session)
        session.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended('skyeng.migrate', 0))"))
        for schema in SCHEMAS:
            session.execute(sql("CREATE SCHEMA IF NOT EXISTS {schema}", schema=ident(schema)))
        for feed in model.feeds:
            session.execute(sql("DROP VIEW IF EXISTS vault.{view}", view=ident(feed.name)))
            session.execute(sql("DROP FUNCTION IF EXISTS vault.{name}", name=ident(feed.as_of_function)))
        for part in _applied(model):
            session.execute(sql("DROP VIEW IF EXISTS vault.{view}", view=ident(part.history_view)))
        for history in (control_history(), model_history(model)):
            command.upgrade(_config(history, connection), "head")
        for statement in derived(model):
            session.execute(statement)


def derived(model: Model) -> Iterator[SQL]:
    """What is made anew at each migration."""
    yield from zero_records(model)
    for feed in model.feeds:
        yield current_view(model, feed)
        yield as_of_function(model, feed)
    for part in _applied(model):
        yield applied_history_view(model, part)


def _applied(model: Model) -> list[Satellite | Effectivity]:
    """Whose versions carry the time from which they hold."""
    parts = (*model.satellites, *(link.effectivity for link in model.links))
    return [part for part in parts if model.applied(part)]


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
        for schema in SCHEMAS:
            session.execute(sql("CREATE SCHEMA IF NOT EXISTS {schema}", schema=ident(schema)))
        history.folder.mkdir(parents=True, exist_ok=True)
        command.upgrade(_config(history, connection), "head")
        if not compare_metadata(_context(history, connection), _metadata(history)):
            return None
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
        # SQLAlchemy's own list lacks some of PostgreSQL's key words, such as `collation`.
        engine.dialect.identifier_preparer.reserved_words = {*KEY_WORDS}
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
