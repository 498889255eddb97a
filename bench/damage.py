"""Damage at scale: one altered byte, one missing row, one extra row. Tests whether `verify` names it.

There are two rounds for each kind. `outside` damages one lesson in the source, and another in the mart's history, from
which the current rows are read. Each comparison of `verify` then finds exactly one of the two. `vault` damages one row
of the vault, and every comparison must find it. Afterwards, all rows are restored exactly.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal

from skyeng import proof
from skyeng.db.postgres import Postgres
from skyeng.db.stores import Stores
from skyeng.marts.tables import MartTables
from skyeng.model import Model
from skyeng.sql import SQL, ident, literal, sql

KINDS = ("altered byte", "missing row", "extra row")
PLACES = ("outside", "vault")

Word = Literal["differs", "missing", "extra"]

#: The id of a lesson that exists in no school.
STRANGE = 2_000_000_000
_STRANGE_KEY = "00000000-0000-4000-8000-0000000000ff"

_LINK, _HK = "l_courses_modules_lessons_streams", "l_course_module_lesson_stream_hk"
_EFFECTIVITY = "s_courses_modules_lessons_streams_effectivity"
_IS_ACTIVE = "s_course_module_lesson_stream_effectivity_is_active"


@dataclass(frozen=True)
class Expected:
    """The only difference that a comparison must report: its kind, and its lesson."""

    word: Word
    lesson: int


@dataclass(frozen=True)
class Harm:
    """One damage: how to do and undo it, and what each comparison must report, by its target."""

    do: Callable[[], None]
    undo: Callable[[], None]
    expected: dict[str, Expected]


def try_out(model: Model, stores: Stores, kind: str, place: str, rows: int) -> list[dict[str, Any]]:
    """Do the damage, verify, and undo it. Returns for each comparison whether the damage was found, and the time."""
    made = _outside(model, stores, kind, rows) if place == "outside" else [_in_vault(model, stores, kind, rows)]
    with ExitStack() as stack:
        for harm in made:
            stack.callback(harm.undo)
            harm.do()
        begun = time.perf_counter()
        results = proof.verify(model, stores)
        seconds = time.perf_counter() - begun
    expected = {follower: it for harm in made for follower, it in harm.expected.items()}
    return [
        {
            "kind": kind,
            "place": place,
            "comparison": f"{result.source} and {result.target}",
            "found": _is_found(result.differences, expected[result.target], complete=result.complete),
            "said": str(result.differences[0])[:300] if result.differences else "",
            "seconds": round(seconds, 3),
        }
        for result in results
    ]


def _is_found(differences: tuple[Any, ...], expected: Expected, *, complete: bool) -> bool:
    """Whether the expected difference, with its lesson, was found, and no other."""
    if len(differences) != 1 or not complete:
        return False
    named = re.search(rf"\b(?:h_)?lesson_id = {expected.lesson}\b", differences[0].detail)
    return differences[0].kind == expected.word and named is not None


def _outside(model: Model, stores: Stores, kind: str, rows: int) -> list[Harm]:
    tables = MartTables(model.marts[0])
    in_source, in_mart = (_lesson(stores, rows * fifths // 5) for fifths in (1, 2))
    return [_in_source(stores, kind, in_source), _in_mart(model, stores, kind, tables, in_mart)]


def _lesson(stores: Stores, at_least: int) -> int:
    """A lesson to damage. It has a description, in which a byte can be altered."""
    with stores.source.session(snapshot=True) as session:
        return session.scalar(
            SQL("SELECT min(id) FROM stream_module_lesson WHERE id >= %(id)s AND description <> ''"), {"id": at_least}
        )


# --- PostgreSQL: rows are deleted, and altered ones are inserted.

Row = dict[str, Any]


def _held(store: Postgres, table: SQL, condition: SQL) -> list[Row]:
    with store.session(snapshot=True) as session:
        found = session.rows(
            sql("SELECT to_jsonb(held)::text FROM {table} AS held WHERE {condition}", table=table, condition=condition)
        )
    return [json.loads(text) for (text,) in found]


def _replace(store: Postgres, table: SQL, condition: SQL, rows: list[Row]) -> None:
    """Replace the rows that meet the condition by exactly these rows."""
    put = sql("INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, %(rows)s::jsonb)", table=table)
    with store.session() as session:
        session.execute(sql("DELETE FROM {table} WHERE {condition}", table=table, condition=condition))
        session.execute(put, {"rows": json.dumps(rows)})


def _one_byte(rows: list[Row], column: str) -> list[Row]:
    """The rows, with the first byte of a text altered."""
    return [row | {column: chr(ord(row[column][0]) ^ 1) + row[column][1:]} for row in rows]


def _in_source(stores: Stores, kind: str, lesson: int) -> Harm:
    table = ident("stream_module_lesson")
    condition = sql("id IN ({lesson}, {strange})", lesson=literal(lesson), strange=literal(STRANGE))
    held = _held(stores.source, table, condition)
    rows, expected = {
        "altered byte": (_one_byte(held, "description"), Expected("differs", lesson)),
        "missing row": ([], Expected("extra", lesson)),
        "extra row": ([*held, held[0] | {"id": STRANGE}], Expected("missing", STRANGE)),
    }[kind]
    return Harm(
        lambda: _replace(stores.source, table, condition, rows),
        lambda: _replace(stores.source, table, condition, held),
        {"warehouse": expected},
    )


def _in_vault(model: Model, stores: Stores, kind: str, rows: int) -> Harm:
    """Alter a byte in the lesson's satellite, or lose or revive a relationship in the effectivity satellite."""
    lesson, key = _gone(stores) if kind == "extra row" else (_lesson(stores, rows * 4 // 5), "")
    if kind == "altered byte":
        table, condition = ident("vault", "s_lessons"), _of_lesson(lesson, "h_lesson_hk", "h_lessons")
        changed = _one_byte(held := _held(stores.warehouse, table, condition), "s_lesson_description")
        words: tuple[Word, Word] = ("differs", "differs")
    else:
        table = ident("vault", _EFFECTIVITY)
        condition = sql("{hk} = {key}", hk=ident(_HK), key=literal(key)) if key else _of_lesson(lesson, _HK, _LINK)
        held = _held(stores.warehouse, table, condition)
        changed = [row | {_IS_ACTIVE: True} for row in held] if key else []
        words = ("extra", "missing") if key else ("missing", "extra")
    tables = MartTables(model.marts[0])
    warehouse, marts = (Expected(word, lesson) for word in words)
    return Harm(
        lambda: _replace(stores.warehouse, table, condition, changed),
        lambda: _replace(stores.warehouse, table, condition, held),
        {"warehouse": warehouse, tables.view: marts, tables.history: marts},
    )


def _of_lesson(lesson: int, column: str, table: str) -> SQL:
    """The condition for rows of the vault that belong to a lesson."""
    hub = SQL("") if table == "h_lessons" else SQL(" JOIN vault.h_lessons USING (h_lesson_hk)")
    return sql(
        "{column} IN (SELECT {column} FROM vault.{table}{hub} WHERE h_lesson_id = {lesson})",
        column=ident(column),
        table=ident(table),
        hub=hub,
        lesson=literal(lesson),
    )


def _gone(stores: Stores) -> tuple[int, str]:
    """A lesson that was deleted from the source, and the hash key of its last relationship."""
    ended = sql(
        """SELECT DISTINCT ON (h_lesson_id) h_lesson_id, {hk}::text
FROM vault.{effectivity} JOIN vault.{link} USING ({hk}) JOIN vault.h_lessons USING (h_lesson_hk)
WHERE NOT {is_active} AND h_lesson_id IS NOT NULL
ORDER BY h_lesson_id, s_course_module_lesson_stream_effectivity_load_ts DESC""",
        hk=ident(_HK),
        effectivity=ident(_EFFECTIVITY),
        link=ident(_LINK),
        is_active=ident(_IS_ACTIVE),
    )
    with stores.warehouse.session(snapshot=True) as warehouse, stores.source.session(snapshot=True) as source:
        candidates: dict[int, str] = dict(warehouse.rows(ended))
        there = source.rows(
            SQL("SELECT id FROM stream_module_lesson WHERE id = ANY(%(ids)s)"), {"ids": list(candidates)}
        )
    return min(candidates.items() - {(id_, candidates[id_]) for (id_,) in there})


# --- ClickHouse: rows are deleted, and altered ones are attached.

_ALTERED = SQL(
    "* REPLACE (char(bitXor(ascii(s_lesson_description), 1)) || substring(s_lesson_description, 2)"
    " AS s_lesson_description)"
)


@dataclass(frozen=True)
class _MartRows:
    """The row versions of one lesson in a mart's history."""

    stores: Stores
    table: str
    key: str
    lesson: int

    def do(self, kind: str) -> None:
        """Store a copy of the rows, and damage them."""
        key, id_ = literal(_STRANGE_KEY), literal(STRANGE)
        strange = sql("* REPLACE (toUUID({key}) AS {name}, {id} AS h_lesson_id)", key=key, name=ident(self.key), id=id_)
        statements = self._copy(self._held, SQL("*"))
        if kind != "missing row":
            statements += self._copy(self._harmed, _ALTERED if kind == "altered byte" else strange)
        if kind != "extra row":
            statements.append(self._delete())
        if kind != "missing row":
            statements.append(self._attach(self._harmed))
        self._run(statements)

    def undo(self) -> None:
        drops = [sql("DROP TABLE IF EXISTS {it}", it=it) for it in (self._held, self._harmed)]
        self._run([self._delete(), self._attach(self._held), *drops])

    @property
    def _held(self) -> SQL:
        return ident(f"bench_held_{self.table}")

    @property
    def _harmed(self) -> SQL:
        return ident(f"bench_harmed_{self.table}")

    def _copy(self, name: SQL, columns: SQL) -> list[SQL]:
        """Statements that create a table of the same structure with these rows."""
        fill = sql(
            "INSERT INTO {name} SELECT {columns} FROM (SELECT * FROM {table} WHERE h_lesson_id = {lesson})",
            name=name,
            columns=columns,
            table=ident(self.table),
            lesson=literal(self.lesson),
        )
        drop = sql("DROP TABLE IF EXISTS {name}", name=name)
        return [drop, sql("CREATE TABLE {name} AS {table}", name=name, table=ident(self.table)), fill]

    def _delete(self) -> SQL:
        return sql(
            "DELETE FROM {table} WHERE h_lesson_id IN ({lesson}, {strange})",
            table=ident(self.table),
            lesson=literal(self.lesson),
            strange=literal(STRANGE),
        )

    def _attach(self, name: SQL) -> SQL:
        return sql("ALTER TABLE {table} ATTACH PARTITION tuple() FROM {name}", table=ident(self.table), name=name)

    def _run(self, statements: list[SQL]) -> None:
        with self.stores.datamart.session() as session:
            for statement in statements:
                session.execute(statement)


def _in_mart(model: Model, stores: Stores, kind: str, tables: MartTables, lesson: int) -> Harm:
    """Damage the history, and therefore also the analysts' view."""
    rows = _MartRows(stores, tables.history, model.marts[0].key, lesson)
    expected = {
        "altered byte": Expected("differs", lesson),
        "missing row": Expected("missing", lesson),
        "extra row": Expected("extra", STRANGE),
    }[kind]
    return Harm(lambda: rows.do(kind), rows.undo, {tables.view: expected, tables.history: expected})
