"""Runs Alembic on the engine's own connection: one transaction for each command.

Each history has its own folder of revisions.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from skyeng.db.postgres import Postgres, Session
from skyeng.model.signature import as_text, signature
from skyeng.sql import KEY_WORDS, sql
from skyeng.vault.autogenerate import Directives
from skyeng.vault.revisions import MIGRATIONS, History
from skyeng.vault.tables import control_metadata, model_metadata


def metadata_of(history: History) -> sa.MetaData:
    """The tables that the revisions of a history lead to."""
    return model_metadata(history.model) if history.model else control_metadata()


def config_of(history: History, connection: sa.Connection, directives: Directives | None = None) -> Config:
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
        metadata=metadata_of(history),
        version_table=history.version_table,
        directives=directives,
        signature=as_text(signature(history.model)) if history.model else None,
    )
    return config


def context_of(history: History, connection: sa.Connection) -> MigrationContext:
    owned = {(table.schema, table.name) for table in metadata_of(history).tables.values()}
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
def connection_to(warehouse: Postgres) -> Iterator[tuple[sa.Connection, Session]]:
    """Open one transaction, and give it as a SQLAlchemy connection and as a session."""
    with warehouse.session(alone=True) as session:
        # SQLAlchemy reads the path when it connects, and reports tables of its first schema as without a schema.
        session.execute(sql("SET search_path = pg_catalog"))
        session.commit()  # settings made with SET LOCAL end here; `settle` makes them again
        engine = sa.create_engine("postgresql+psycopg2://", creator=lambda: session.connection, poolclass=sa.StaticPool)
        # SQLAlchemy's own list lacks some of PostgreSQL's key words, such as `collation`.
        engine.dialect.identifier_preparer.reserved_words = {*KEY_WORDS}
        try:
            # Alembic joins this outer transaction, so that a migration is done completely or not at all.
            with engine.begin() as connection:
                session.settle()
                yield connection, session
        except DBAPIError as exc:
            # The session translates driver errors.
            raise exc.orig if isinstance(exc.orig, psycopg2.Error) else exc from exc
