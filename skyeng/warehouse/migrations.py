"""Bringing a warehouse to head with Alembic, and writing new revisions from the model.

Slow to import: who only runs loads needs `skyeng.warehouse.revisions`.

The engine's own tables and each model have a folder of versions and a version table of their
own. Views, functions and zero records hold no history: they follow from the model.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg2
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.exc import DBAPIError

from skyeng.errors import NotMigrated, ObjectsLost, StatementFailed
from skyeng.model import Model, Satellite
from skyeng.model.signature import Signature, as_text, model_of, signature
from skyeng.postgres import Postgres, Session
from skyeng.sql import KEY_WORDS, ident, sql
from skyeng.warehouse import bookkeeping, derived, loads, locks, objects, ownership
from skyeng.warehouse.autogenerate import Directives, check_nothing_foreign
from skyeng.warehouse.restore import restore_engine, restore_model
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
from skyeng.warehouse.schema import SCHEMAS
from skyeng.warehouse.staging import WORTH_ANALYSING
from skyeng.warehouse.tables import control_metadata, model_metadata
from skyeng.warehouse.vault import null_versions, zero_records


def migrate(warehouse: Postgres, model: Model) -> None:
    """Bring the warehouse to head for a model, all of it or nothing. Safe to repeat.

    Raises `NotMigrated` where the model was edited after its newest revision, and `LoadInProgress` where there is
    something to do while a load of the model is under way.
    """
    ownership.check_in(warehouse, model)
    check_revised(model)
    with _connection(warehouse) as (connection, session):
        _check_server(session)
        session.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended('skyeng.migrate', 0))"))
        for history in (control_history(), model_history(model)):
            _check_known(session, history)
        stored = _stored(session, model)
        changes = bool(_pending(session, model)) or stored != signature(model)
        if changes:
            _claim(session, model)
        _upgrade_engine(session, connection)
        if changes:
            # With the tables that a load knew when it began.
            loads.roll_back_dead(session, model_of(stored, model) if stored else model, _claimant())
        _upgrade_model(session, connection, model)
        if changes:
            store_signature(session, model)
        objects.check(session, model)


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


def _claimant() -> locks.Runner:
    """Who migrates: it holds the model for one transaction."""
    return replace(locks.this_process(), lease=timedelta())


def _claim(session: Session, model: Model) -> None:
    """Keep runs off until the migration is committed. Raises `LoadInProgress` where one is under way.

    Who reads for a mart could find a table empty that is rewritten meanwhile.
    """
    for part in ("", *(mart.table for mart in model.marts)):
        if not locks.claim(session, model, _claimant(), part):
            raise locks.in_progress(session, model, part)


def _upgrade_engine(session: Session, connection: sa.Connection) -> None:
    """Bring the engine's own tables to head, and create those again that were lost and hold nothing."""
    for schema in SCHEMAS:
        session.execute(sql("CREATE SCHEMA IF NOT EXISTS {schema}", schema=ident(schema)))
    history = control_history()
    made = session.scalar(sql("SELECT to_regclass('control.loads') IS NOT NULL"))
    _check_version_table(session, history, made=made)
    was = revision(session, history)
    command.upgrade(_config(history, connection), "head")
    if was == head(history):
        restore_engine(session, connection)


def _check_version_table(session: Session, history: History, *, made: bool) -> None:
    """Revisions are run once: where it is lost which of them were, none can be run."""
    if made and revision(session, history) is None:
        raise ObjectsLost(
            f"control.{history.version_table} is missing or empty, and tables that it tells the revision of are there",
            where=session.database.name,
            expected="a table with one row: the revision that the warehouse is at",
            remedy="restore it from a backup of the warehouse",
        )


def _upgrade_model(session: Session, connection: sa.Connection, model: Model) -> None:
    """Bring a model's tables to head; views, functions and records that follow from the model are made to fit."""
    history = model_history(model)
    with ownership.claimed(session, model):
        made = bool(ownership.owned(session, model) - {("control", history.version_table)})
        _check_version_table(session, history, made=made)
        objects.check_kinds(session, model)
        outdated = derived.differing(session, model)
        grants = derived.drop(session, outdated)
        known = _tables(session)
        command.upgrade(_config(history, connection), "head")
        restore_model(session, connection, model)
        for satellite in (it for it in model.satellites if it.table not in known):
            _describe_known_parents(session, model, satellite)
        derived.create(session, model, outdated, grants)
    _make_zero_records(session, model)


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


def _make_zero_records(session: Session, model: Model) -> None:
    """Make the records that stand for what is missing; a table that lost its own may have lost more."""
    if sum(session.execute(record) for record in zero_records(model)):
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
    """Write the next revision: what the model says and the warehouse lacks, with the model's signature.

    The warehouse is brought to the newest revision first. Returns the new file, or None where nothing differs.
    Raises `ModelChangeRefused`, before anything is written or changed, where history would be lost.
    """
    if history.model:
        ownership.check_in(warehouse, history.model)
        changes_to_revise(history.model)
    before = newest_signature(history) if history.model else None
    if history.model and before:
        migrate(warehouse, model_of(before, history.model))
    with _connection(warehouse) as (connection, session):
        _upgrade_engine(session, connection)
        _check_known(session, history)
        if history.model:
            check_nothing_foreign(session, model_of(before, history.model) if before else None, history.model)
        # Alembic creates the table of the model's revision.
        with ownership.claimed(session, history.model) if history.model else nullcontext():
            return _write(connection, history, message, Directives(history, before))


def _write(connection: sa.Connection, history: History, message: str, directives: Directives) -> Path | None:
    """Let Alembic compare and write the file."""
    history.folder.mkdir(parents=True, exist_ok=True)
    with redirect_stdout(io.StringIO()):  # what was written is ours to say
        script = command.revision(
            _config(history, connection, directives),
            message=message,
            autogenerate=True,
            rev_id=f"{len(files(history)) + 1:04d}",
            version_path=str(history.folder),
        )
    return Path(script.path) if script and not isinstance(script, list) else None


def _metadata(history: History) -> sa.MetaData:
    """What a history leads to."""
    return model_metadata(history.model) if history.model else control_metadata()


def _config(history: History, connection: sa.Connection, directives: Directives | None = None) -> Config:
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
        # SQLAlchemy, which asks when it connects, takes tables of the first schema on the path for those of none.
        session.execute(sql("SET search_path = pg_catalog"))
        session.commit()
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
