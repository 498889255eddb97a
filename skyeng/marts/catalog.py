"""The tables and views that a datamart has, read from its system tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from skyeng.db.clickhouse import ClickHouseSession
from skyeng.marts.definitions import Mark, Object, Table
from skyeng.sql import SQL, joined, literal, sql

_MARK = re.compile(r"\bmodel (\w+), mart (\w+)(?:, declaration ([0-9a-f]+))?")


@dataclass(frozen=True)
class FoundObject:
    """A table or view as the server describes it, without the name of its database."""

    name: str
    engine: str
    engine_full: str
    sorting_key: str
    partition_key: str
    comment: str
    select: str
    create: str
    #: Type and default of each column, by name.
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return {"View": "view", "MaterializedView": "materialized view"}.get(self.engine, "table")

    @property
    def mark(self) -> Mark | None:
        """The origin that our comment states; None where it has no such comment."""
        return _mark(self.comment)


@dataclass(frozen=True)
class Found:
    """The requested objects as the database has them."""

    objects: Mapping[str, FoundObject]
    #: Names of detached objects: no query finds them, but their names are taken.
    detached: frozenset[str]
    #: How the server writes the SELECT of each declared view.
    selects: Mapping[str, str]


def read(session: ClickHouseSession, declared: Sequence[Object]) -> Found:
    """Read these objects from the database: two queries of system tables, and one more if an object is missing."""
    columns: dict[str, dict[str, tuple[str, str]]] = {}
    for table, name, type_, kind, default in described_columns(session, [it.name for it in declared]):
        columns.setdefault(table, {})[name] = type_, f"{kind} {default}".strip()
    plain = _Unqualified(session.database.database)
    objects = {
        name: FoundObject(name, engine, *(plain(text) for text in texts), columns=columns.get(name, {}))
        for name, engine, *texts in described(session, declared)
    }
    views = [it for it in declared if not isinstance(it, Table)]
    missing = [it for it in declared if it.name not in objects]
    return Found(
        objects,
        detached(session, missing) if missing else frozenset(),
        {it.name: plain(text) for it, text in zip(views, session.formatted([it.select for it in views]), strict=True)},
    )


def marks(session: ClickHouseSession, names: Sequence[str]) -> dict[str, Mark | None]:
    """Read the origin of tables and views from their comments. Names that no object has are left out."""
    rows = session.rows(
        sql(
            "SELECT name, comment FROM system.tables WHERE database = currentDatabase() AND name IN ({names})",
            names=joined(", ", map(literal, names)),
        )
    )
    return {name: _mark(comment) for name, comment in rows}


def _mark(comment: str) -> Mark | None:
    found = _MARK.search(comment)
    return Mark(found[1], found[2], found[3] or "") if found else None


def described(session: ClickHouseSession, declared: Sequence[Object]) -> list[tuple[str, ...]]:
    """Read the declared tables and views that the datamart has."""
    return session.rows(
        sql(
            """SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ({names})""",
            names=_names(declared),
        )
    )


def described_columns(session: ClickHouseSession, tables: Sequence[str]) -> list[tuple[str, ...]]:
    """Read the columns that tables and views have."""
    return session.rows(
        sql(
            """SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ({names})""",
            names=joined(", ", map(literal, tables)),
        )
    )


def detached(session: ClickHouseSession, missing: Sequence[Object]) -> frozenset[str]:
    """Find which of the missing objects are only detached, as far as the user has the right to see it."""
    rows = session.rows_if_allowed(
        sql(
            "SELECT table FROM system.detached_tables WHERE database = currentDatabase() AND table IN ({names})",
            names=_names(missing),
        )
    )
    return frozenset(name for (name,) in rows)


def _names(declared: Sequence[Object]) -> SQL:
    return joined(", ", (literal(it.name) for it in declared))


class _Unqualified:
    """Removes the database's name before table names, and the backquotes around names."""

    def __init__(self, database: str) -> None:
        self._qualifier = re.compile(rf"(?<![\w.`])(?:`{re.escape(database)}`|{re.escape(database)})\.")

    def __call__(self, text: str) -> str:
        return self._qualifier.sub("", text).replace("`", "")
