"""Filters the operations that Alembic generates from model and warehouse, so that no stored data is lost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from skyeng.db.postgres import Session
from skyeng.errors import NotMigrated
from skyeng.model import Model
from skyeng.model.signature import Signature, model_of, signature
from skyeng.sql import sql
from skyeng.vault.revisions import History

#: The type of each column that a model stores, by table and column.
Columns = dict[tuple[str, str], str]


def _declared_columns(model: Model) -> Columns:
    """The vault columns that a model declares: business keys and attributes, with their types."""
    columns = [column for hub in model.hubs for column in model.business_key(hub)]
    columns += [column for satellite in model.satellites for column in model.attributes(satellite)]
    return {(column.owner.table, column.vault_column): column.type.name for column in columns}


def check_nothing_foreign(session: Session, before: Model | None, after: Model) -> None:
    """Raise `NotMigrated` where a column that is to be added exists already.

    Alembic would leave it out of the revision, and no other warehouse would get it.
    """
    known = _declared_columns(before).keys() if before else set()
    foreign = _existing_columns(session) & (_declared_columns(after).keys() - known)
    if foreign:
        raise NotMigrated(
            "the warehouse has what no revision created: "
            + ", ".join(f"vault.{table}.{column}" for table, column in sorted(foreign)),
            where=session.database.name,
            expected="tables that only migrations change",
            remedy="rename it: what somebody added by hand is no part of the model's history",
        )


def _existing_columns(session: Session) -> set[tuple[str, str]]:
    """The columns that the tables of the vault really have, as (table, column)."""
    rows = session.rows(
        sql("""SELECT relname::text, attname::text
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'vault'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped""")
    )
    return {(table, column) for table, column in rows}


class Directives:
    """Alembic's hook: removes operations that would lose history, or that no change of the model asks for."""

    def __init__(self, history: History, before: Signature | None) -> None:
        self._history, self._before = history, before
        model = history.model
        old = _declared_columns(model_of(before, model)) if model and before else {}
        new = _declared_columns(model) if model else {}
        #: Columns of the vault whose type the model changed.
        self._retyped = {column for column, type_ in old.items() if new.get(column, type_) != type_}

    def __call__(self, _context: object, _revision: object, directives: list[Any]) -> None:
        """Filter the operations of a revision; empty the list where there is nothing to write."""
        upgrades = directives[0].upgrade_ops
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
                pass  # a comment that was written by hand stays
            case ops.AlterColumnOp(schema="stage", modify_type=type_) if type_ is not None:
                # Not every type can be altered to every other, and staging is empty between loads.
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
