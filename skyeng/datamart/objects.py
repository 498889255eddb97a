"""What the tables and views of a datamart really are, compared with what a model declares.

Nothing here knows which objects a mart has: everything follows from the values that the DDL follows
from too. ClickHouse reprints what it is given (it qualifies names, adds brackets), so the server itself
is asked how it writes a declared SELECT.

What does not change an answer is no difference: a replicated or shared variant of the engine,
settings, codecs, skip indexes, comments of columns, the order of a table's columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from skyeng.datamart.client import Session
from skyeng.datamart.definitions import Column, Mark, MaterializedView, Object, Table, View
from skyeng.errors import MartDamaged
from skyeng.sql import SQL, joined, literal, sql

_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'")
_MARK = re.compile(r"\bmodel (\w+), mart (\w+)(?:, declaration ([0-9a-f]+))?")
_TARGET = re.compile(r"CREATE MATERIALIZED VIEW \S+ TO (\S+)")
#: An engine with its arguments, and what begins the clauses behind it.
_ENGINE = re.compile(
    r"(?P<name>\w+)(?:\((?P<arguments>.*?)\))?(?: (?:PARTITION|PRIMARY|ORDER|SAMPLE|TTL|SETTINGS)\b.*)?"
)
#: Clauses that remove or refuse rows, and that no declared table has.
_UNDECLARED = {"TTL": re.compile(r"\bTTL\b"), "constraint": re.compile(r"\bCONSTRAINT\b")}

#: In place of an engine's name, in rows that say how the server writes a declared SELECT.
DECLARED = "declared"

_KINDS: dict[type[Object], str] = {Table: "table", View: "view", MaterializedView: "materialized view"}


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
        """What our comment says of its origin; None where it has no such comment."""
        found = _MARK.search(self.comment)
        return Mark(found[1], found[2], found[3] or "") if found else None


@dataclass(frozen=True)
class Found:
    """What a database has of the objects that were asked for."""

    objects: Mapping[str, FoundObject]
    #: Names of those that are detached: no query finds them, and their names are taken.
    detached: frozenset[str]
    #: How the server writes the SELECT of each declared view.
    selects: Mapping[str, str]


@dataclass(frozen=True)
class Difference:
    """One way in which an object is not as declared."""

    object: Object
    what: str

    @property
    def concerns_rows(self) -> bool:
        """Whether rows may be lost or wrong. A plain view can be replaced, and that is all."""
        return not isinstance(self.object, View)

    def __str__(self) -> str:
        return f"{self.object.name} {self.what}"


@dataclass(frozen=True)
class Compared:
    """What the datamart has of a mart's tables and views, and where they are not as declared."""

    found: Found
    differences: tuple[Difference, ...]

    @property
    def lost(self) -> str:
        """What cannot be trusted any more to have all rows, in words."""
        return "; ".join(str(it) for it in self.differences if it.concerns_rows)

    @property
    def views(self) -> tuple[str, ...]:
        return tuple(str(it) for it in self.differences if not it.concerns_rows)

    def as_declared(self, name: str) -> bool:
        return all(it.object.name != name for it in self.differences)


def read(session: Session, declared: Sequence[Object]) -> Found:
    """What the database has of these objects, by two queries of system tables; by a third where one is missing."""
    rows = described(session, declared)
    columns: dict[str, dict[str, tuple[str, str]]] = {}
    for table, name, type_, kind, default in described_columns(session, declared):
        columns.setdefault(table, {})[name] = type_, f"{kind} {default}".strip()
    plain = _Unqualified(session.database.database)
    objects = {
        name: FoundObject(name, engine, *(plain(text) for text in texts), columns=columns.get(name, {}))
        for name, engine, *texts in rows
        if engine != DECLARED
    }
    missing = [it for it in declared if it.name not in objects]
    return Found(
        objects,
        detached(session, missing) if missing else frozenset(),
        {name: plain(select) for name, engine, *_, select, _ in rows if engine == DECLARED},
    )


def described(session: Session, declared: Sequence[Object]) -> list[tuple[str, ...]]:
    """What the datamart has of the declared tables and views, and how the server writes their SELECT."""
    written = (
        sql(
            "\nUNION ALL\nSELECT {name}, {declared}, '', '', '', '', formatQuerySingleLine({select}), ''",
            name=literal(it.name),
            declared=literal(DECLARED),
            select=literal(it.select.text),
        )
        for it in declared
        if not isinstance(it, Table)
    )
    return session.rows(
        sql(
            """SELECT name, engine, engine_full, sorting_key, partition_key, comment, as_select, create_table_query
FROM system.tables
WHERE database = currentDatabase() AND name IN ({names}){written}""",
            names=_names(declared),
            written=joined("", written),
        )
    )


def described_columns(session: Session, declared: Sequence[Object]) -> list[tuple[str, ...]]:
    """The columns that the declared tables and views really have."""
    return session.rows(
        sql(
            """SELECT table, name, type, default_kind, default_expression
FROM system.columns
WHERE database = currentDatabase() AND table IN ({names})""",
            names=_names(declared),
        )
    )


def detached(session: Session, missing: Sequence[Object]) -> frozenset[str]:
    """Which of the missing objects are only detached, as far as the user's rights show."""
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
    """Takes the database's name from the front of table names, and the quotes from names that need none."""

    def __init__(self, database: str) -> None:
        self._qualifier = re.compile(rf"(?<![\w.`])(?:`{re.escape(database)}`|{re.escape(database)})\.")

    def __call__(self, text: str) -> str:
        return self._qualifier.sub("", text).replace("`", "")


def differences(declared: Sequence[Object], found: Found) -> tuple[Difference, ...]:
    """Where the database is not as declared, object by object; empty if all is well."""
    return tuple(Difference(it, what) for it in declared for what in _differences(it, found))


def check(declared: Sequence[Object], found: Found) -> None:
    """Raise `MartDamaged` that names each object which is not as declared."""
    if different := differences(declared, found):
        raise damaged(different)


def damaged(different: Sequence[Difference]) -> MartDamaged:
    """The error for objects that are not as declared."""
    return MartDamaged(
        "tables or views of the datamart are not as the model declares them",
        where="\n".join(map(str, different)),
        remedy="run `skyeng run`, which makes them again",
    )


def _differences(declared: Object, found: Found) -> Iterator[str]:
    if declared.name in found.detached:
        yield "is detached"
        return
    it = found.objects.get(declared.name)
    if it is None:
        yield "is missing"
        return
    if it.kind != kind_of(declared):
        yield f"is a {it.kind}, not a {kind_of(declared)}"
        return
    match declared:
        case Table():
            yield from _of_table(declared, it)
        case View():
            yield from _of_select(declared, it, found)
        case MaterializedView():
            target = _TARGET.match(it.create)
            if target is None or target[1] != declared.to:
                yield f"writes to {target[1] if target else 'a table of its own'}, not to {declared.to}"
            yield from _of_select(declared, it, found)


def kind_of(declared: Object) -> str:
    return _KINDS[type(declared)]


def _of_table(declared: Table, it: FoundObject) -> Iterator[str]:
    arguments = f"({', '.join(declared.engine_arguments)})" if declared.engine_arguments else ""
    if (engine := _engine(it.engine_full)) != declared.engine + arguments:
        yield f"has the engine {engine}, not {declared.engine}{arguments}"
    if (key := _without_brackets(it.sorting_key)) != ", ".join(declared.sorted_by):
        yield f"is sorted by {key or 'nothing'}, not by {', '.join(declared.sorted_by)}"
    if it.partition_key:
        yield f"is partitioned by {it.partition_key}, and should not be"
    yield from _of_columns(declared.columns, it)
    said = _QUOTED.sub("''", it.create)
    for clause, pattern in _UNDECLARED.items():
        if pattern.search(said):
            yield f"has a {clause} that the model does not declare"
    if declared.mark and it.mark is None:
        yield "does not say any more by which declaration of the mart it was built"
    elif declared.mark and it.mark != declared.mark:
        yield "was built by another declaration of the mart"


def _of_select(declared: View | MaterializedView, it: FoundObject, found: Found) -> Iterator[str]:
    if it.select != found.selects[declared.name]:
        yield "has another SELECT"
    # A view with parameters has no columns of its own in the system tables.
    elif it.columns:
        yield from _of_columns(tuple(Column(column.name, column.type) for column in declared.columns), it)


def _of_columns(declared: Sequence[Column], it: FoundObject) -> Iterator[str]:
    for column in declared:
        if column.name not in it.columns:
            yield f"has no column {column.name}"
            continue
        type_, default = it.columns[column.name]
        expected = f"DEFAULT {column.default}" if column.default else ""
        if type_ != column.type.text:
            yield f"has the column {column.name} as {type_}, not {column.type}"
        if default != expected:
            yield f"has {default or 'no default'} for {column.name}, not {expected or 'no default'}"
    known = {column.name for column in declared}
    for name in it.columns:
        if name not in known:
            yield f"has a column {name} that the model does not declare"


def _engine(written: str) -> str:
    """The engine as it would be without replication; those arguments are the server's own."""
    parts = _ENGINE.fullmatch(_QUOTED.sub("''", written))
    if parts is None:
        return written
    name = re.sub(r"^(?:Replicated|Shared)(?=\w*MergeTree$)", "", parts["name"])
    arguments = [it for it in (parts["arguments"] or "").split(", ") if it and it != "''"]
    return name + (f"({', '.join(arguments)})" if arguments else "")


def _without_brackets(key: str) -> str:
    return key[1:-1] if key.startswith("(") and key.endswith(")") and "(" not in key[1:] else key
