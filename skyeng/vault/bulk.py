"""Fills an empty table: its indexes are built once, after the rows, not row by row.

Before any load can be read, the table is truncated first. A server with `wal_level = minimal` then
writes the rows once, into the table, and not into its log too. All of this is done in the transaction
of the load, so that a crash leaves the table and its key as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from skyeng.db.postgres import Session
from skyeng.sql import SQL, ident, idents, literal, sql

#: Least number of rows: for fewer, changing the table's definition costs more than it saves.
WORTH_BULK = 50_000


def may_fill(session: Session, schema: str, table: str, rows: SQL) -> bool:
    """Whether a table may be filled in bulk: `rows` gives none, and the table can be altered now.

    It can be altered if this role owns it and no other session uses it (a dump uses it for hours). If so, it is
    locked until the transaction ends.
    """
    is_ours = session.scalar(
        sql(
            """SELECT NOT EXISTS ({rows}) AND pg_has_role(relowner, 'USAGE')
FROM pg_class WHERE oid = {name}::regclass""",
            rows=rows,
            name=literal(ident(schema, table).text),
        )
    )
    return is_ours and session.lock_alone(ident(schema, table))


@contextmanager
def filling(
    session: Session,
    schema: str,
    table: str,
    columns: Sequence[str],
    always: SQL | None = None,
    *,
    truncate: bool = True,
    indexed: Sequence[str] = (),
) -> Iterator[None]:
    """Drop a table's primary key, and indexes of the `indexed` columns, for the block that fills it.

    With `truncate`, the table is truncated first, and `always` inserts the rows that even an empty table has.
    A reader whose snapshot is older does not see these rows: do not use `truncate` where that matters.
    """
    names = {"table": ident(schema, table), "key": ident(f"pk_{table}")}
    session.execute(sql("ALTER TABLE {table} DROP CONSTRAINT {key}", **names))
    for column in indexed:
        session.execute(sql("DROP INDEX {index}", index=ident(schema, f"ix_{table}_{column}")))
    if truncate:
        session.execute(sql("TRUNCATE {table}", table=names["table"]))
        if always:
            session.execute(always)
    yield
    session.execute(
        sql("ALTER TABLE {table} ADD CONSTRAINT {key} PRIMARY KEY ({columns})", columns=idents(columns), **names)
    )
    for column in indexed:
        session.execute(
            sql(
                "CREATE INDEX {index} ON {table} ({column})",
                index=ident(f"ix_{table}_{column}"),
                table=names["table"],
                column=ident(column),
            )
        )


def summarise(session: Session, schema: str, table: str) -> None:
    """Add new rows to the summary of a table's index by load timestamp.

    Otherwise a query for later loads reads all rows of this load, until the table is vacuumed.
    """
    index = literal(ident(schema, f"ix_{table}_load_ts").text)
    session.execute(sql("SELECT brin_summarize_new_values({index})", index=index))
