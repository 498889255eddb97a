"""Compares the revisions and the model of a warehouse with the files. Each run does so, so Alembic is not imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from skyeng import resources
from skyeng.db.postgres import Postgres, Session
from skyeng.errors import ModelChangeRefused, NotMigrated
from skyeng.model import Model, argument, kept_in
from skyeng.model.change import Change, as_list
from skyeng.model.changes import changes
from skyeng.model.signature import Signature, as_text, from_text, model_of, signature
from skyeng.sql import ident, literal, sql
from skyeng.vault import objects

#: Top folder of the built-in migrations.
MIGRATIONS = resources.folder("migrations")


@dataclass(frozen=True)
class History:
    """One sequence of revisions: of the engine or of a model, in a folder."""

    name: str
    folder: Path
    #: None: the engine's own tables.
    model: Model | None = None

    @property
    def version_table(self) -> str:
        return f"migrations_{self.name}"


def control_history() -> History:
    return History("control", MIGRATIONS / "control")


def model_history(model: Model) -> History:
    """The revisions of a model's own tables."""
    return History(model.name, kept_in(model, MIGRATIONS, "migrations"), model)


def check_migrated(warehouse: Postgres, model: Model) -> None:
    """Raise `NotMigrated` unless the warehouse is at the newest revisions, for the model as it is declared.

    Raises `ObjectsLost` or `NotOwned` where it does not have the objects that they created.
    """
    with warehouse.session() as session:
        for history in (control_history(), model_history(model)):
            expected, found = head(history), revision(session, history)
            if found != expected:
                raise NotMigrated(
                    f"the warehouse is not migrated for '{history.name}': it is at {found or 'nothing'}",
                    where=warehouse.name,
                    expected=f"revision {expected}",
                    remedy=f"run `skyeng migrate {argument(model)}`"
                    if expected
                    else f"write a first revision: `skyeng model revise {argument(model)} -m 'first'`",
                )
        objects.check_engine(session)
        check_signature(session, model)
        objects.check(session, model)


def check_signature(session: Session, model: Model) -> None:
    """Raise `NotMigrated` with a list of changes, where the model is not the one that the warehouse is migrated for.

    Each step checks this: a task reads the model file again, and it may have been edited since the load began.
    """
    stored = stored_signature(session, model)
    if stored is None:
        raise NotMigrated(
            f"the warehouse does not know model '{model.name}'",
            where=session.database.name,
            expected="the model that `skyeng migrate` stored",
            remedy=f"run `skyeng migrate {argument(model)}`",
        )
    if found := changes(stored, signature(model)):
        raise NotMigrated(
            f"model '{model.name}' was edited and not migrated:\n{as_list(found)}",
            where=session.database.name,
            remedy=f"run `skyeng model revise {argument(model)} -m 'what it is for'`,"
            f" then `skyeng migrate {argument(model)}`",
        )


def check_revised(model: Model) -> None:
    """Raise `NotMigrated` unless the newest revision file is for the model as it is declared."""
    before = newest_signature(model_history(model))
    if before is None:
        raise NotMigrated(
            f"model '{model.name}' has no revision",
            where=str(model_history(model).folder),
            remedy=f"write a first revision: `skyeng model revise {argument(model)} -m 'first'`",
        )
    if found := changes(before, signature(model)):
        raise NotMigrated(
            f"model '{model.name}' was edited after its newest revision:\n{as_list(found)}",
            where=str(newest_file(model_history(model))),
            remedy=f"run `skyeng model revise {argument(model)} -m 'what it is for'`",
        )


def check_same_line(session: Session, model: Model, stored: Signature) -> None:
    """Raise `NotMigrated` where the warehouse was migrated by another file with the same revision number.

    Two branches may each have written a next revision. Raises `ModelChangeRefused` where the model lacks something
    that the warehouse is migrated for.
    """
    history = model_history(model)
    file = next((it for it in files(history) if _number(it) == revision(session, history)), None)
    made = _signature_in(file) if file else None
    if made and (found := changes(stored, made)):
        raise NotMigrated(
            f"the warehouse was migrated by another revision of model '{model.name}' than this file, in which, as"
            f" seen from the warehouse:\n{as_list(found)}",
            where=f"{session.database.name}: {file}",
            expected="the revision files that the warehouse was migrated by, and later ones",
            remedy="get that file back (another branch has it), and merge both model files. Then delete the revision"
            f" that this branch wrote, and write it again: `skyeng model revise {argument(model)} -m 'what it is for'`",
        )
    if refused := [change for change in changes(stored, signature(model)) if change.refused]:
        raise ModelChangeRefused(
            f"the warehouse is migrated for a model '{model.name}' of which this one would leave something behind;"
            f" nothing was changed:\n{as_list(refused)}",
            where=session.database.name,
            expected="a model that has all that the warehouse has",
            remedy="take these changes back, or merge the model that the warehouse was migrated for",
        )


def changes_to_revise(model: Model) -> list[Change]:
    """List the changes since the newest revision. Empty where there is no revision.

    Raises `ModelChangeRefused` with a list of every change that would lose history.
    """
    before = newest_signature(model_history(model))
    found = [] if before is None else changes(before, signature(model))
    if refused := [change for change in found if change.refused]:
        raise ModelChangeRefused(
            f"model '{model.name}' was edited in a way that would lose history; nothing was written:\n"
            + as_list(refused),
            where=str(model.directory),
            expected=f"changes of {newest_file(model_history(model))} that keep what is stored",
            remedy="take these changes back, or do what is said of each; then revise again",
        )
    return found


# Signatures


def has_models(session: Session) -> bool:
    """Whether a warehouse has the register of models, which a revision of the engine added."""
    return session.scalar(sql("SELECT to_regclass('control.models') IS NOT NULL"))


def stored_models(session: Session, like: Model) -> list[Model]:
    """Every model that a warehouse is migrated for, as it was then, without its queries."""
    if not has_models(session):
        return []
    rows = session.rows(sql("SELECT signature FROM control.models ORDER BY model"))
    return [model_of(stored, like) for (stored,) in rows]


def stored_signature(session: Session, model: Model) -> Signature | None:
    """The signature of the model that a warehouse is migrated for. None where it is not migrated for it."""
    return session.scalar(sql("SELECT signature FROM control.models WHERE model = %(model)s"), {"model": model.name})


def store_signature(session: Session, model: Model) -> None:
    """Record the model that the warehouse is migrated for, in the transaction that migrates it.

    The recorded active rows become invalid. Before the first load there are none, so they stay valid.
    """
    session.execute(
        sql("""INSERT INTO control.models (model, signature, bookkeeping_valid)
VALUES (
    %(model)s, %(signature)s,
    NOT EXISTS (SELECT FROM control.loads WHERE loads.model = %(model)s AND status = 'closed')
)
ON CONFLICT (model) DO UPDATE
SET (signature, bookkeeping_valid, migrated_at)
    = (EXCLUDED.signature, EXCLUDED.bookkeeping_valid, clock_timestamp())"""),
        {"model": model.name, "signature": as_text(signature(model))},
    )


def newest_signature(history: History) -> Signature | None:
    """The signature in the newest revision file of a model. None where there is no file.

    Raises `NotMigrated` where the file has none.
    """
    file = newest_file(history)
    if file is None:
        return None
    try:
        if found := _signature_in(file):
            return found
    except (OSError, ValueError, SyntaxError) as exc:
        raise _without_signature(history, file, f"{type(exc).__name__}: {exc}") from exc
    raise _without_signature(history, file, "there is none")


def _signature_in(file: Path) -> Signature | None:
    """The signature in a revision file. None where it has none, as in the first ones of built-in models."""
    text = _assigned(ast.parse(file.read_text(encoding="utf-8")), "signature")
    return None if text is None else from_text(text)


def _assigned(module: ast.Module, name: str) -> str | None:
    """The text that a file assigns to a name at its top level. The file is not run."""
    for statement in module.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Constant(value=str(text))) if found == name:
                return text
    return None


def _without_signature(history: History, file: Path, reason: str) -> NotMigrated:
    return NotMigrated(
        f"the newest revision of '{history.name}' carries no signature of its model: {reason}",
        where=str(file),
        expected="the text `signature`, which `skyeng model revise` writes into each revision",
        remedy="restore the file; into one that was written by hand, copy the signature of the revision before it",
    )


# Revisions


def head(history: History) -> str | None:
    """The number of the newest revision file. None where there is none.

    Raises `NotMigrated` where two files have the same number.
    """
    known = numbers(history)
    if doubled := next((one for one, two in pairwise(known) if one == two), None):
        raise NotMigrated(
            f"two migrations of '{history.name}' have the number {doubled}",
            where=str(history.folder),
            expected="one after the other",
            remedy="keep the one that a warehouse was migrated by. Delete the other, and write it again from the merged"
            " model: `skyeng model revise -m 'what it is for'`",
        )
    return known[-1] if known else None


def files(history: History) -> list[Path]:
    """The revision files, in order."""
    return sorted(history.folder.glob("[0-9]*.py"))


def newest_file(history: History) -> Path | None:
    head(history)
    return next(reversed(files(history)), None)


def numbers(history: History) -> list[str]:
    """The numbers of the revisions, in order."""
    return [_number(file) for file in files(history)]


def _number(file: Path) -> str:
    return file.name.partition("_")[0]


def revision(session: Session, history: History) -> str | None:
    """The revision that a warehouse is at. None where it was never migrated."""
    table = ident("control", history.version_table)
    if session.scalar(sql("SELECT to_regclass({table})", table=literal(table.text))) is None:
        return None
    return session.scalar(sql("SELECT version_num FROM {table}", table=table))
