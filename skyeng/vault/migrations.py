"""Migrates a warehouse to head with Alembic, and writes new revisions from the model.

This module is slow to import: code that only runs loads needs `skyeng.vault.revisions`.

The engine's own tables and each model have their own folder of revisions and version table.
Views, functions and zero records hold no history: they are derived from the model.
"""

from __future__ import annotations

import io
from contextlib import nullcontext, redirect_stdout
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata

from skyeng.control import loads, locks
from skyeng.control import models as control_models
from skyeng.db.postgres import Postgres, Session
from skyeng.errors import LoadInProgress, NotMigrated, ObjectsLost, StatementFailed
from skyeng.model import Model, Satellite, one_line
from skyeng.model.signature import Signature, model_of, signature
from skyeng.sql import ident, sql
from skyeng.vault import derived, objects, ownership
from skyeng.vault.alembic_runs import config_of, connection_to, context_of, metadata_of
from skyeng.vault.autogenerate import Directives, check_nothing_foreign
from skyeng.vault.loading import null_versions, zero_records
from skyeng.vault.restore import restore_engine, restore_model
from skyeng.vault.revisions import (
    History,
    changes_to_revise,
    check_revised,
    check_same_line,
    control_history,
    files,
    has_models,
    head,
    model_history,
    newest_file,
    newest_signature,
    numbers,
    revision,
    store_signature,
    stored_models,
    stored_signature,
)
from skyeng.vault.schema import SCHEMAS
from skyeng.vault.staging import WORTH_ANALYSING

#: How long a migration waits for another one.
_TURN = "60s"
_LOCK_NOT_AVAILABLE = "55P03"


def migrate(warehouse: Postgres, model: Model) -> None:
    """Migrate the warehouse to head for a model, completely or not at all. Safe to repeat.

    Raises `NotMigrated` where the model was edited after its newest revision, or the warehouse was migrated by other
    revisions. Raises `ModelChangeRefused` where the model has less than what the warehouse is migrated for. Raises
    `LoadInProgress` where there is something to do while a load, or another migration, is under way.
    """
    ownership.check_in(warehouse, model)
    check_revised(model)
    with connection_to(warehouse) as (connection, session):
        _check_server(session)
        _take_turn(session)
        for history in (control_history(), model_history(model)):
            _check_known(session, history)
        stored = _stored(session, model)
        if stored:
            check_same_line(session, model, stored)
        concerned = _concerned(session, model, stored)
        for it in concerned:
            _claim(session, it)
        _upgrade_engine(session, connection)
        for it in concerned:
            # Before the model's revisions: the load wrote into the tables that existed when it began.
            loads.roll_back_dead(session, it, _claimant())
            control_models.distrust(session, it)
        _upgrade_model(session, connection, model)
        if stored != signature(model):
            store_signature(session, model)
        objects.check(session, model)


def _take_turn(session: Session) -> None:
    """Take the lock for migrations and revisions until the transaction ends. Waits one minute for another one."""
    session.execute(sql("SELECT set_config('lock_timeout', %(wait)s, true)"), {"wait": _TURN})
    try:
        session.execute(sql("SELECT pg_advisory_xact_lock(hashtextextended('skyeng.migrate', 0))"))
    except StatementFailed as exc:
        if exc.code != _LOCK_NOT_AVAILABLE:
            raise
        raise LoadInProgress(
            "another migration of this warehouse is under way",
            where=session.database.name,
            remedy="wait for it to end, then do it again",
        ) from exc
    session.execute(sql("SET LOCAL lock_timeout = {usual}", usual=session.lock_timeout))


def _concerned(session: Session, model: Model, stored: Signature | None) -> list[Model]:
    """The models whose tables or registers a migration changes, each as the warehouse is migrated for it."""
    engine, own = (revision(session, it) != head(it) for it in (control_history(), model_history(model)))
    mine = model_of(stored, model) if stored else model
    if engine:
        return [mine, *(it for it in stored_models(session, model) if it.name != model.name)]
    return [mine] if own or stored != signature(model) else []


def _check_known(session: Session, history: History) -> None:
    """Raise `NotMigrated` where the warehouse is at a revision that has no file."""
    found = revision(session, history)
    if found is not None and found not in numbers(history):
        raise NotMigrated(
            f"the warehouse is at revision {found} of '{history.name}', and its file is not there",
            where=str(history.folder),
            expected=f"revisions up to {found}; the newest is {head(history)}",
            remedy="restore the files of the migrations, or use the release and the model that wrote them",
        )


def _stored(session: Session, model: Model) -> Signature | None:
    """The signature that the warehouse is migrated for. None if it has none, or has no register of models yet."""
    return stored_signature(session, model) if has_models(session) else None


def _claimant() -> locks.Runner:
    """The runner of a migration. It locks a model for one transaction."""
    return replace(locks.this_process(), lease=timedelta())


def _claim(session: Session, model: Model) -> None:
    """Lock out runs until the migration is committed. Raises `LoadInProgress` where one is under way.

    Marts are locked too: their runs could find a table empty that is rewritten meanwhile.
    """
    for part in ("", *(mart.table for mart in model.marts)):
        if not locks.claim(session, model, _claimant(), part):
            raise locks.in_progress(session, model, part)


def _upgrade_engine(session: Session, connection: sa.Connection) -> None:
    """Migrate the engine's own tables to head, and create lost ones again that hold no history."""
    for schema in SCHEMAS:
        session.execute(sql("CREATE SCHEMA IF NOT EXISTS {schema}", schema=ident(schema)))
    history = control_history()
    made = session.scalar(sql("SELECT to_regclass('control.loads') IS NOT NULL"))
    _check_version_table(session, history, made=made)
    was = revision(session, history)
    command.upgrade(config_of(history, connection), "head")
    if was == head(history):
        restore_engine(session, connection)


def _check_version_table(session: Session, history: History, *, made: bool) -> None:
    """Raise `ObjectsLost` where tables were `made`, and their revision is not recorded.

    Each revision runs once. Without the record, none can be run.
    """
    if made and revision(session, history) is None:
        raise ObjectsLost(
            f"control.{history.version_table} is missing or empty, and tables that it tells the revision of are there",
            where=session.database.name,
            expected="a table with one row: the revision that the warehouse is at",
            remedy="restore it from a backup of the warehouse",
        )


def _upgrade_model(session: Session, connection: sa.Connection, model: Model) -> None:
    """Migrate a model's tables to head, and update the views, functions and records that are derived from it."""
    history = model_history(model)
    with ownership.claimed(session, model):
        made = bool(ownership.owned(session, model) - {("control", history.version_table)})
        _check_version_table(session, history, made=made)
        objects.check_kinds(session, model)
        outdated = derived.differing(session, model)
        properties = derived.drop(session, outdated)
        known = _tables(session)
        command.upgrade(config_of(history, connection), "head")
        restore_model(session, connection, model)
        for satellite in (it for it in model.satellites if it.table not in known):
            _describe_known_parents(session, model, satellite)
        derived.create(session, model, outdated, properties)
    _make_zero_records(session, model)


def _tables(session: Session) -> set[str]:
    """Names of the tables of the vault that exist."""
    return {name for (name,) in session.rows(sql("SELECT tablename::text FROM pg_tables WHERE schemaname = 'vault'"))}


def _describe_known_parents(session: Session, model: Model, satellite: Satellite) -> None:
    """Insert a version with NULL attributes for entities that were loaded before a satellite was added."""
    if session.execute(null_versions(model, satellite)) >= WORTH_ANALYSING:
        session.execute(
            sql(
                "ANALYZE vault.{table} ({key})",
                table=ident(satellite.table),
                key=ident(model.hub(satellite.hub_name).key),
            )
        )


def _make_zero_records(session: Session, model: Model) -> None:
    """Insert missing zero keys and ghost records.

    A table that lost its record may have lost more, so the next run compares with the vault itself.
    """
    if sum(session.execute(record) for record in zero_records(model)):
        control_models.distrust(session, model)


def differences(warehouse: Postgres, model: Model) -> list[object]:
    """What Alembic would change so that the database equals the model. Empty if they are equal."""
    with connection_to(warehouse) as (connection, _):
        return [
            difference
            for history in (control_history(), model_history(model))
            for difference in compare_metadata(context_of(history, connection), metadata_of(history))
        ]


def revise(warehouse: Postgres, history: History, message: str) -> Path | None:
    """Write the next revision: the changes from the warehouse to the model, and the model's signature.

    The warehouse is migrated to the newest revision first. Returns the new file, or None where nothing differs.
    Raises `ModelChangeRefused`, before anything is written or changed, where history would be lost.
    """
    if history.model:
        ownership.check_in(warehouse, history.model)
        changes_to_revise(history.model)
    before = newest_signature(history) if history.model else None
    if history.model and before:
        migrate(warehouse, model_of(before, history.model))
    with connection_to(warehouse) as (connection, session):
        _take_turn(session)
        _upgrade_engine(session, connection)
        _check_known(session, history)
        if history.model and newest_signature(history) != before:
            raise NotMigrated(
                f"another revision of '{history.name}' was written meanwhile",
                where=str(newest_file(history)),
                remedy="look at it, and do this again where something is missing",
            )
        if history.model:
            check_nothing_foreign(session, model_of(before, history.model) if before else None, history.model)
        # Alembic creates the model's version table.
        with ownership.claimed(session, history.model) if history.model else nullcontext():
            return _write(connection, history, message, Directives(history, before))


def _write(connection: sa.Connection, history: History, message: str, directives: Directives) -> Path | None:
    """Let Alembic compare and write the file. The message becomes its docstring."""
    history.folder.mkdir(parents=True, exist_ok=True)
    words = one_line(message).replace("\\", "/").replace('"', "'")
    with redirect_stdout(io.StringIO()):  # the caller reports the new file
        script = command.revision(
            config_of(history, connection, directives),
            message=words,
            autogenerate=True,
            rev_id=f"{len(files(history)) + 1:04d}",
            version_path=str(history.folder),
        )
    return Path(script.path) if script and not isinstance(script, list) else None


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
