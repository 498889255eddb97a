"""Random changes to the school's database, as its application and its editors might make them.

The source's rows are kept here too, with every earlier version of each, so that a change can
bring an old value or a deleted row back. All chance comes from the `Random` that is passed in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import psycopg2
from psycopg2 import sql

from school_values import INTEGERS, Kind, value

Row = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """One table of the source, and what the denormalised feed calls it."""

    name: str
    level: str
    #: Column that refers to the level above; NULL for an orphan.
    parent: str | None
    columns: dict[str, Kind]
    #: What people call a row by.
    label: str = "title"


_TIMES: dict[str, Kind] = {"created_at": "timestamp", "updated_at": "timestamp"}
_FLAGS: dict[str, Kind] = {"is_auto_course_enroll": "boolean", "is_demo_enroll": "boolean"}
COURSE = Table(
    "course", "course", None, {"title": "text", "icon_url": "text", **_FLAGS, **_TIMES, "deleted_at": "second"}
)
STREAM = Table(
    "stream",
    "stream",
    "course_id",
    {
        "name": "text",
        "is_open": "boolean",
        "homework_deadline_days": "integer",
        "start_at": "timestamp",
        "end_at": "timestamp",
        **_TIMES,
        "deleted_at": "timestamp",
    },
    label="name",
)
MODULE = Table(
    "stream_module",
    "module",
    "stream_id",
    {"title": "text", "order_in_stream": "integer", **_TIMES, "deleted_at": "timestamp"},
)
LESSON = Table(
    "stream_module_lesson",
    "lesson",
    "stream_module_id",
    {
        "title": "text",
        "description": "text",
        "teacher_id": "integer",
        "start_at": "timestamp",
        "end_at": "timestamp",
        "homework_url": "text",
        "online_lesson_join_url": "text",
        "online_lesson_recording_url": "text",
        "deleted_at": "second",
    },
)
#: From the top level down.
TABLES = (COURSE, STREAM, MODULE, LESSON)

#: No table grows beyond.
MOST_ROWS = 60


class School:
    """The source's four tables, changed through a connection of its own."""

    def __init__(self, url: str, tell: Callable[[str], None] = lambda _: None) -> None:
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True
        self._tell = tell
        self.rows = {table.name: self._read_table(table) for table in TABLES}
        #: Versions that a row had before, the latest last; a deleted row keeps its own.
        self._past: dict[tuple[str, int], list[Row]] = {}
        #: Changes that had an effect, by kind.
        self.made: Counter[str] = Counter()
        #: Rows written or deleted by them.
        self.rows_touched = 0

    def close(self) -> None:
        self._connection.close()

    def change(self, kind: str, random: Random) -> None:
        """Make one change of a kind; where there is nothing to change, none."""
        before = self.rows_touched
        CHANGES[kind](self, random)
        self.made[kind] += self.rows_touched > before

    def insert(self, random: Random) -> None:
        """A new row, below any parent or none."""
        table = random.choice(TABLES)
        if len(self.rows[table.name]) < MOST_ROWS:
            new = random.choice((random.randrange(10**6), random.randrange(200), *INTEGERS))
            if new not in self.rows[table.name]:
                self._insert(table, new, self._any_row(table, random))

    def update(self, random: Random) -> None:
        """Any columns of a row."""
        if chosen := self._any(random):
            table, row_id = chosen
            columns = [random.choice(list(table.columns)) for _ in range(random.randrange(1, 4))]
            self._update(table, row_id, {name: value(random, table.columns[name]) for name in columns})

    def set_to_null(self, random: Random) -> None:
        """Every attribute of a row, or one."""
        if chosen := self._any(random):
            table, row_id = chosen
            columns = random.choice(([random.choice(list(table.columns))], list(table.columns)))
            self._update(table, row_id, dict.fromkeys(columns))

    def revert(self, random: Random) -> None:
        """A row as it was at some time before: A, B, A."""
        if chosen := self._any(random):
            table, row_id = chosen
            if past := self._past.get((table.name, row_id)):
                self._update(table, row_id, self._with_living_parent(table, random.choice(past)))

    def rename(self, random: Random) -> None:
        """A row gets the name of another, or the two exchange theirs."""
        if (one := self._any(random)) and (other := self._any(random, one[0])):
            table, label = one[0], one[0].label
            mine, theirs = (self.rows[table.name][row_id][label] for row_id in (one[1], other[1]))
            self._update(table, one[1], {label: theirs})
            if random.choice((False, True)):
                self._update(table, other[1], {label: mine})

    def move(self, random: Random) -> None:
        """A lesson to another module, a module to another stream, a stream to another course; or to none."""
        if chosen := self._any(random, random.choice(TABLES[1:])):
            table, row_id = chosen
            self._update(table, row_id, {str(table.parent): self._any_parent(table, random)})

    def delete(self, random: Random) -> None:
        """A row with everything below it."""
        if chosen := self._any(random):
            self._delete_below(*chosen)
            self._delete(*chosen)

    def delete_parent(self, random: Random) -> None:
        """A row whose children stay behind as orphans."""
        if chosen := self._any(random, random.choice(TABLES[:-1])):
            for table, row_id in self._children(*chosen):
                self._update(table, row_id, {str(table.parent): None})
            self._delete(*chosen)

    def insert_again(self, random: Random) -> None:
        """A deleted row under its old id, as it was before, or otherwise."""
        gone = [key for key in self._past if key[1] not in self.rows[key[0]]]
        if gone:
            name, row_id = random.choice(gone)
            table = next(table for table in TABLES if table.name == name)
            old = self._with_living_parent(table, self._past[name, row_id][-1])
            self._insert(table, row_id, random.choice((old, self._any_row(table, random))))

    def there_and_back(self, random: Random) -> None:
        """A row is changed, or deleted, and is as before by the time anybody looks."""
        if chosen := self._any(random, random.choice((None, LESSON))):
            table, row_id = chosen
            row = dict(self.rows[table.name][row_id])
            if table is LESSON and random.choice((False, True)):
                self._delete(table, row_id)
                self._insert(table, row_id, row)
            else:
                self._update(table, row_id, self._any_row(table, random))
                self._update(table, row_id, row)

    def _any(self, random: Random, table: Table | None = None) -> tuple[Table, int] | None:
        filled = [it for it in TABLES if self.rows[it.name] and table in (None, it)]
        if not filled:
            return None
        chosen = random.choice(filled)
        return chosen, random.choice(sorted(self.rows[chosen.name]))

    def _any_row(self, table: Table, random: Random) -> Row:
        row = {name: value(random, kind) for name, kind in table.columns.items()}
        return row | {table.parent: self._any_parent(table, random)} if table.parent else row

    def _any_parent(self, table: Table, random: Random) -> int | None:
        return random.choice((*sorted(self.rows[_above(table).name]), None))

    def _with_living_parent(self, table: Table, row: Row) -> Row:
        if table.parent and row[table.parent] not in self.rows[_above(table).name]:
            return row | {table.parent: None}
        return row

    def _children(self, table: Table, row_id: int) -> Sequence[tuple[Table, int]]:
        if table is LESSON:
            return ()
        below = TABLES[TABLES.index(table) + 1]
        assert below.parent
        return [(below, child) for child, row in self.rows[below.name].items() if row[below.parent] == row_id]

    def _delete_below(self, table: Table, row_id: int) -> None:
        for child in self._children(table, row_id):
            self._delete_below(*child)
            self._delete(*child)

    def _insert(self, table: Table, row_id: int, row: Row) -> None:
        filled = {"id": row_id, **row}
        self._execute(
            "INSERT INTO {table} ({columns}) VALUES ({values})",
            list(filled.values()),
            table=sql.Identifier(table.name),
            columns=sql.SQL(", ").join(map(sql.Identifier, filled)),
            values=sql.SQL(", ").join(sql.Placeholder() * len(filled)),
        )
        self.rows[table.name][row_id] = dict(row)

    def _update(self, table: Table, row_id: int, wanted: Row) -> None:
        row = self.rows[table.name][row_id]
        changed = {name: wanted[name] for name in wanted if wanted[name] != row[name]}
        if not changed:
            return
        self._execute(
            "UPDATE {table} SET {assignments} WHERE id = %s",
            [*changed.values(), row_id],
            table=sql.Identifier(table.name),
            assignments=sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changed),
        )
        self._past.setdefault((table.name, row_id), []).append(row)
        self.rows[table.name][row_id] = row | changed

    def _delete(self, table: Table, row_id: int) -> None:
        self._execute("DELETE FROM {table} WHERE id = %s", [row_id], table=sql.Identifier(table.name))
        self._past.setdefault((table.name, row_id), []).append(self.rows[table.name].pop(row_id))

    def _execute(self, statement: str, parameters: list[Any], **parts: sql.Composable) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(**parts), parameters)
            assert cursor.rowcount == 1
            self._tell((cursor.query or b"").decode())
        self.rows_touched += 1

    def read(self, query: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def _read_table(self, table: Table) -> dict[int, Row]:
        columns = [*table.columns, *([table.parent] if table.parent else [])]
        found = self.read(f"SELECT id, {', '.join(columns)} FROM {table.name}")
        return {row_id: dict(zip(columns, values, strict=True)) for row_id, *values in found}


def _above(table: Table) -> Table:
    return TABLES[TABLES.index(table) - 1]


#: Every kind of change, by its name.
CHANGES: dict[str, Callable[[School, Random], None]] = {
    change.__name__: change
    for change in (
        School.insert,
        School.update,
        School.set_to_null,
        School.revert,
        School.rename,
        School.move,
        School.delete,
        School.delete_parent,
        School.insert_again,
        School.there_and_back,
    )
}
