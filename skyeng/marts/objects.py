"""Comparison of the tables and views of a datamart with what a model declares.

This module does not know which objects a mart has: it reads the same values that give the DDL.
ClickHouse rewrites the SQL that it gets (it qualifies names, adds brackets), so the server itself is
asked how it writes a declared SELECT.

Differences that do not change a result are ignored: a replicated or shared variant of the engine,
settings, codecs, skip indexes, comments of columns, the order of columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from skyeng.errors import MartDamaged
from skyeng.marts.catalog import Found, FoundObject
from skyeng.marts.definitions import Column, Object, Table, View, without_order
from skyeng.model import Model, argument

_QUOTED = re.compile(r"'(?:[^'\\]|\\.|'')*'")
#: An engine with its arguments, and the key words that begin the clauses after it.
_ENGINE = re.compile(
    r"(?P<name>\w+)(?:\((?P<arguments>.*?)\))?(?: (?:PARTITION|PRIMARY|ORDER|SAMPLE|TTL|SETTINGS)\b.*)?"
)
#: Clauses that remove or refuse rows. No declared table has them.
_UNDECLARED = {"TTL": re.compile(r"\bTTL\b"), "constraint": re.compile(r"\bCONSTRAINT\b")}

_KINDS: dict[type[Object], str] = {Table: "table", View: "view"}


@dataclass(frozen=True)
class ObjectDifference:
    """One way in which an object is not as declared."""

    object: Object
    what: str

    @property
    def concerns_rows(self) -> bool:
        """Whether rows may be lost or wrong. A view has no rows and only needs to be replaced."""
        return not isinstance(self.object, View)

    def __str__(self) -> str:
        return f"{self.object.name} {self.what}"


@dataclass(frozen=True)
class Compared:
    """The tables and views of a mart that the datamart has, and how they differ from their declaration."""

    found: Found
    differences: tuple[ObjectDifference, ...]

    @property
    def lost(self) -> str:
        """Descriptions of differences of tables, which may have lost rows; empty if there are none."""
        return "; ".join(str(it) for it in self.differences if it.concerns_rows)

    @property
    def different_views(self) -> tuple[View, ...]:
        """Views that are missing or not as declared, each once."""
        return tuple({it.object.name: it.object for it in self.differences if isinstance(it.object, View)}.values())

    @property
    def views(self) -> tuple[str, ...]:
        """Descriptions of the differences of views."""
        return tuple(str(it) for it in self.differences if not it.concerns_rows)

    def as_declared(self, name: str) -> bool:
        return all(it.object.name != name for it in self.differences)


def differences(declared: Sequence[Object], found: Found) -> tuple[ObjectDifference, ...]:
    """The differences of the database from the declaration, object by object; empty if there are none."""
    return tuple(ObjectDifference(it, what) for it in declared for what in _differences(it, found))


def reordered(declared: Sequence[Object], found: Found) -> tuple[View, ...]:
    """Views that differ from their declaration only in the order of columns, which `differences` ignores."""
    return tuple(
        it
        for it in declared
        if isinstance(it, View)
        and it.name in found.objects
        and found.objects[it.name].select != found.selects[it.name]
        and not differences((it,), found)
    )


def check(model: Model, declared: Sequence[Object], found: Found) -> None:
    """Raise `MartDamaged`, which names each object that is not as declared."""
    if different := differences(declared, found):
        raise damaged(model, different)


def damaged(model: Model, different: Sequence[ObjectDifference]) -> MartDamaged:
    """The error for objects that are not as declared."""
    return MartDamaged(
        "tables or views of the datamart are not as the model declares them",
        where="\n".join(map(str, different)),
        remedy=f"run `skyeng run {argument(model)}`, which makes them again",
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


def kind_of(declared: Object) -> str:
    return _KINDS[type(declared)]


def _of_table(declared: Table, it: FoundObject) -> Iterator[str]:
    arguments = f"({', '.join(declared.engine_arguments)})" if declared.engine_arguments else ""
    if (engine := _engine(it.engine_full)) != declared.engine + arguments:
        yield f"has the engine {engine}, not {declared.engine}{arguments}"
    if (key := _without_brackets(it.sorting_key)) != ", ".join(declared.sorted_by):
        yield f"is sorted by {key or 'nothing'}, not by {', '.join(declared.sorted_by)}"
    if (partition := it.partition_key) != declared.partitioned_by:
        yield f"is partitioned by {partition or 'nothing'}, not by {declared.partitioned_by or 'nothing'}"
    yield from _of_columns(declared.columns, it)
    said = _QUOTED.sub("''", it.create)
    for clause, pattern in _UNDECLARED.items():
        if pattern.search(said):
            yield f"has a {clause} that the model does not declare"
    if declared.mark and it.mark is None:
        yield "does not say any more by which declaration of the mart it was built"
    elif declared.mark and it.mark != declared.mark:
        yield "was built by another declaration of the mart"


def _of_select(declared: View, it: FoundObject, found: Found) -> Iterator[str]:
    if without_order(it.select) != without_order(found.selects[declared.name]):
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
    """The engine without replication, and without quoted arguments, which are the server's own."""
    parts = _ENGINE.fullmatch(_QUOTED.sub("''", written))
    if parts is None:
        return written
    name = re.sub(r"^(?:Replicated|Shared)(?=\w*MergeTree$)", "", parts["name"])
    arguments = [it for it in (parts["arguments"] or "").split(", ") if it and it != "''"]
    return name + (f"({', '.join(arguments)})" if arguments else "")


def _without_brackets(key: str) -> str:
    return key[1:-1] if key.startswith("(") and key.endswith(")") and "(" not in key[1:] else key
