"""Compares the objects of the warehouse with those that a model needs: tables, columns, keys, views, functions.

Each command runs one query of PostgreSQL's catalogue. A lost object is reported, and never treated as empty.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from skyeng.db.postgres import Session
from skyeng.errors import ObjectsLost
from skyeng.model import Model, argument
from skyeng.sql import sql
from skyeng.vault import ownership
from skyeng.vault.derived import derived
from skyeng.vault.schema import Table, model_tables

#: The engine's own tables. The data of the first ones is stored nowhere else.
ENGINE_HISTORY = (("control", "loads"), ("control", "load_feeds"), ("control", "model_tables"))
ENGINE_DERIVABLE = (
    *(("control", name) for name in ("load_steps", "models", "cuts")),
    ("stage", "selections"),
)

Kind = Literal["table", "column", "primary key", "index", "view", "function"]

#: Kinds of relations by their letter in PostgreSQL's catalogue.
_RELATION = {"r": "table", "p": "partitioned table", "v": "view", "m": "materialized view", "f": "foreign table"}


@dataclass(frozen=True)
class Expected:
    """One object that must exist."""

    kind: Kind
    schema: str
    #: The table, view or function.
    name: str
    #: A column, a key or an index of the table.
    part: str = ""
    #: A column's type.
    type: str = ""
    #: The table as declared, where it belongs to a model.
    table: Table | None = None

    @property
    def of_engine(self) -> bool:
        return self.table is None and self.kind == "table"

    @property
    def shown(self) -> str:
        place = f"{self.schema}.{self.name}"
        if self.kind == "column":
            return f"column {self.part} of {place}"
        return f"{self.kind} {self.part} of {place}" if self.part else f"{self.kind} {place}"


@dataclass(frozen=True)
class Fault:
    """An object that is missing, or exists with another type or as another kind."""

    expected: Expected
    #: The type of the column, or the kind of the object, that exists instead. Empty where none does.
    found: str = ""

    def __str__(self) -> str:
        if not self.found:
            return f"{self.expected.shown} is missing"
        wanted = self.expected.type or self.expected.kind
        return f"{self.expected.shown} is {self.found}, expected {wanted}"

    @property
    def derivable(self) -> bool:
        """Whether a migration creates it again whatever was loaded: it holds no history, and its name is free."""
        if self.expected.kind in ("primary key", "index"):
            return True
        if self.found and self.expected.kind != "column":
            return False
        if self.expected.table:
            return not self.expected.table.holds_history
        return (self.expected.schema, self.expected.name) not in ENGINE_HISTORY


def check_engine(session: Session) -> None:
    """Raise `ObjectsLost` where a table of the engine's own is missing."""
    refuse(engine_faults(session))


def check(session: Session, model: Model) -> None:
    """Raise `ObjectsLost` where a table, column, key, view or function is missing, or not as the model needs it.

    Raises `NotOwned` where one of them does not belong to the model.
    """
    found = faults(session, model)
    refuse([it for it in found if it.expected.of_engine])
    ownership.check(session, model)
    refuse(found, model)


def check_kinds(session: Session, model: Model) -> None:
    """Raise `ObjectsLost` where an object of another kind has the name of a table or view."""
    found = faults(session, model)
    refuse([it for it in found if it.found and it.expected.kind in ("table", "view")], model)


def refuse(lost: Collection[Fault], model: Model | None = None) -> None:
    """Raise `ObjectsLost` if there are faults. They are of the model's objects, or of the engine's without `model`."""
    if lost:
        needed_by, named = (f"model '{model.name}'", f" {argument(model)}") if model else ("the engine", "")
        raise ObjectsLost(
            f"the warehouse lacks what {needed_by} needs; nothing was changed",
            where="\n".join(map(str, lost)),
            expected="the tables, columns, keys, views and functions that `skyeng migrate` made",
            remedy=f"run `skyeng migrate{named}`: it makes these again"
            if all(it.derivable for it in lost)
            else "restore what is missing from a backup of the warehouse; `skyeng migrate` makes again what no closed"
            " load has filled. What was renamed or altered: give it its name and type back",
        )


def faults(session: Session, model: Model) -> list[Fault]:
    """Find the objects that are not as the model needs them."""
    return _faults(session, [*_of_engine(), *_of_model(model)])


def engine_faults(session: Session) -> list[Fault]:
    """Find the engine's own tables that are missing."""
    return _faults(session, list(_of_engine()))


def _faults(session: Session, wanted: Sequence[Expected]) -> list[Fault]:
    rows = session.rows(
        sql("""SELECT expected.place, coalesce(
    CASE WHEN expected.kind = 'column' THEN format_type(atttypid, atttypmod) END,
    CASE WHEN expected.kind IN ('table', 'view') THEN relation.relkind::text END,
    ''
)
FROM unnest(
    %(places)s::integer[], %(kinds)s::text[], %(schemas)s::text[], %(names)s::text[], %(parts)s::text[],
    %(types)s::text[]
) AS expected (place, kind, schema_name, name, part, type)
LEFT JOIN pg_namespace AS space ON space.nspname = expected.schema_name
LEFT JOIN pg_class AS relation ON relation.relnamespace = space.oid AND relation.relname = expected.name
LEFT JOIN pg_attribute ON attrelid = relation.oid AND attname = expected.part AND NOT attisdropped
WHERE CASE expected.kind
    WHEN 'table' THEN relation.relkind IS DISTINCT FROM 'r'
    WHEN 'view' THEN relation.relkind IS DISTINCT FROM 'v'
    WHEN 'column' THEN relation.relkind = 'r' AND format_type(atttypid, atttypmod) IS DISTINCT FROM expected.type
    WHEN 'function' THEN
        to_regprocedure(format('%%I.%%I(timestamp with time zone)', expected.schema_name, expected.name)) IS NULL
    ELSE relation.relkind = 'r' AND NOT EXISTS (
        SELECT FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        WHERE indrelid = relation.oid AND index.relname = expected.part
    )
END
ORDER BY expected.place"""),
        {
            "places": list(range(len(wanted))),
            "kinds": [it.kind for it in wanted],
            "schemas": [it.schema for it in wanted],
            "names": [it.name for it in wanted],
            "parts": [it.part for it in wanted],
            "types": [it.type for it in wanted],
        },
    )
    return [Fault(wanted[place], _RELATION.get(str(real), str(real))) for place, real in rows]


def _of_engine() -> Iterator[Expected]:
    for schema, name in (*ENGINE_HISTORY, *ENGINE_DERIVABLE):
        yield Expected("table", schema, name)


def _of_model(model: Model) -> Iterator[Expected]:
    """Every object that a model's commands need."""
    for table in model_tables(model):
        yield Expected("table", table.schema, table.name, table=table)
        for column in table.columns:
            yield Expected("column", table.schema, table.name, column.name, column.type, table)
        if table.key:
            yield Expected("primary key", table.schema, table.name, table.primary_key, table=table)
        for index in table.indexes:
            yield Expected("index", table.schema, table.name, index.name, table=table)
    for it in derived(model):
        yield Expected(it.kind, "vault", it.name)
