"""Filling an empty table: its primary key is built once, after the rows, not row by row.

All in the transaction of the load, so that a crash leaves the key where it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from skyeng.postgres import Session
from skyeng.sql import SQL, ident, idents, literal, sql

#: For fewer rows the change of the table's definition costs more than it saves.
WORTH_BULK = 50_000


def may_fill(session: Session, schema: str, table: str, rows: SQL) -> bool:
    """Whether `rows` gives none, and the table is ours to alter."""
    return session.scalar(
        sql(
            """SELECT NOT EXISTS ({rows}) AND pg_has_role(relowner, 'USAGE')
FROM pg_class WHERE oid = {name}::regclass""",
            rows=rows,
            name=literal(ident(schema, table).text),
        )
    )


@contextmanager
def without_primary_key(session: Session, schema: str, table: str, columns: Sequence[str]) -> Iterator[None]:
    """Drop a table's primary key for a block, and build it again, under the same name."""
    names = {"table": ident(schema, table), "key": ident(f"pk_{table}")}
    session.execute(sql("ALTER TABLE {table} DROP CONSTRAINT {key}", **names))
    yield
    session.execute(
        sql("ALTER TABLE {table} ADD CONSTRAINT {key} PRIMARY KEY ({columns})", columns=idents(columns), **names)
    )
