"""Which revisions a warehouse is at, and should be: asked at each run, so without loading Alembic."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from skyeng.errors import NotMigrated
from skyeng.model import Model, kept_in
from skyeng.postgres import Postgres, Session
from skyeng.sql import ident, literal, sql
from skyeng.warehouse import objects

#: Top folder of the built-in migrations.
MIGRATIONS = Path(__file__).parents[2] / "warehouse" / "migrations"


@dataclass(frozen=True)
class History:
    """One sequence of revisions: what it is of, and where it is written."""

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
    """Raise `NotMigrated` unless the warehouse is at the revisions this code has.

    Raises `ObjectsLost` or `NotOwned` where it does not hold what they made.
    """
    with warehouse.session() as session:
        for history in (control_history(), model_history(model)):
            expected, found = head(history), revision(session, history)
            if found != expected:
                raise NotMigrated(
                    f"the warehouse is not migrated for '{history.name}': it is at {found or 'nothing'}",
                    where=warehouse.name,
                    expected=f"revision {expected}",
                    remedy="run `skyeng migrate`" if expected else "write a first revision: `skyeng model revise`",
                )
        objects.check(session, model)


def head(history: History) -> str | None:
    """The last revision that is written; None where there is none. They are numbered, and so are their files."""
    numbers = sorted(file.name.partition("_")[0] for file in files(history))
    if doubled := next((one for one, two in pairwise(numbers) if one == two), None):
        raise NotMigrated(
            f"two migrations of '{history.name}' have the number {doubled}",
            where=str(history.folder),
            expected="one after the other",
            remedy="give the later one the next number: its file, `revision` and `down_revision`",
        )
    return numbers[-1] if numbers else None


def files(history: History) -> list[Path]:
    return list(history.folder.glob("[0-9]*.py"))


def revision(session: Session, history: History) -> str | None:
    """The revision that a warehouse is at; None where it was never migrated."""
    table = ident("control", history.version_table)
    if session.scalar(sql("SELECT to_regclass({table})", table=literal(table.text))) is None:
        return None
    return session.scalar(sql("SELECT version_num FROM {table}", table=table))
