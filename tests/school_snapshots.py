"""The denormalised school as text, in the same words from source, vault and mart; and its digest.

Written for the tests alone: nothing of it comes from the engine's own queries, hashes or
canonical texts. A row is its 33 values as quoted literals, NULL unquoted; a state is its rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Literal

from school_changes import TABLES
from school_values import Kind

Engine = Literal["PostgreSQL", "ClickHouse"]
#: How a place calls a column of a level: `course.title`, `course_title`, `h_course_title`.
Naming = Callable[[str, str], str]

COLUMNS: list[tuple[str, str, Kind]] = [
    (table.level, column, kind)
    for table in TABLES
    for column, kind in {"id": "integer", **table.columns}.items()  # pyright: ignore[reportAssignmentType]
]
_TIME = "to_char({x}, 'YYYY-MM-DD HH24:MI:SS.US')"
_POSTGRES_TEXT: dict[Kind, str] = {
    "text": "{x}",
    "timestamp": _TIME,
    "second": _TIME,
    "integer": "({x})::text",
    "boolean": "({x})::text",
}
_QUOTED = "coalesce('''' || replace({x}, '''', '''''') || '''', 'NULL')"


def in_source(level: str, column: str) -> str:
    return f"{level}.{column}"


def in_vault(level: str, column: str) -> str:
    return f"{level}_{column}"


def in_mart(level: str, column: str) -> str:
    if column in ("id", "title", "name"):
        return f"h_{level}_{column}"
    return f"{'l' if column == 'order_in_stream' else 's'}_{level}_{column}"


def text(engine: Engine, naming: Naming, columns: Iterable[tuple[str, str, Kind]] = tuple(COLUMNS)) -> str:
    """Expression: a row's values as one text."""
    if engine == "ClickHouse":
        # One lambda, not one expression a column: the engine is slow to analyse long ones.
        values = ", ".join(f"toString({naming(level, column)})" for level, column, _ in columns)
        return f"arrayStringConcat(arrayMap(x -> {_QUOTED.replace('{x}', 'x')}, [{values}]), ', ')"
    return " || ', ' || ".join(
        _QUOTED.replace("{x}", _POSTGRES_TEXT[kind].replace("{x}", naming(level, column)))
        for level, column, kind in columns
    )


def key(engine: Engine, naming: Naming) -> str:
    """Expression: the ids of a row's levels as one text."""
    return text(engine, naming, [column for column in COLUMNS if column[1] == "id"])


def _from_below(level: int) -> str:
    """Rows whose lowest level is this one, with whatever is above them."""
    joins = [f"FROM {TABLES[level].name} AS {TABLES[level].level}"]
    for table, below in zip(reversed(TABLES[:level]), reversed(TABLES[1 : level + 1]), strict=True):
        joins.append(f"LEFT JOIN {table.name} AS {table.level} ON {table.level}.id = {below.level}.{below.parent}")
    joins += [f"LEFT JOIN {table.name} AS {table.level} ON false" for table in TABLES[level + 1 :]]
    if level + 1 < len(TABLES):
        child = TABLES[level + 1]
        joins.append(
            f"WHERE {TABLES[level].level}.id NOT IN"
            f" (SELECT {child.parent} FROM {child.name} WHERE {child.parent} IS NOT NULL)"
        )
    return "\n".join(joins)


#: Every row of the denormalised source: key and text. Lessons with what is above them, then
#: modules that have no lesson, streams that have no module, courses that have no stream.
SNAPSHOT = "\nUNION ALL\n".join(
    f"SELECT {key('PostgreSQL', in_source)}, {text('PostgreSQL', in_source)}\n{_from_below(level)}"
    for level in reversed(range(len(TABLES)))
)


def digest(rows: Iterable[str]) -> str:
    """One digest of rows, whatever their order. The engines compute the same."""
    return _md5("".join(sorted(map(_md5, rows))))


def _md5(words: str) -> str:
    return hashlib.md5(words.encode(), usedforsecurity=False).hexdigest()


def digest_in_postgres(rows: str, naming: Naming = in_vault) -> str:
    """Scalar query: the digest of a table, a view or a call of a function."""
    return f"""SELECT md5(coalesce(string_agg(digest, '' ORDER BY digest COLLATE "C"), ''))
        FROM (SELECT md5({text("PostgreSQL", naming)}) AS digest FROM {rows}) AS digests"""


def digest_in_clickhouse(rows: str) -> str:
    """Scalar query: the digest of a table or a view of the mart."""
    md5 = "lower(hex(MD5({x})))"
    each = md5.replace("{x}", text("ClickHouse", in_mart))
    return f"SELECT {md5.replace('{x}', f'arrayStringConcat(arraySort(groupArray({each})))')} AS digest FROM {rows}"
