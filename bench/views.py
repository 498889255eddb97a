"""The cost of the analysts' views: the same statements on the views, and on a plain MergeTree table of their rows.

The as-of view is queried for the middle load. It returns other rows, but about as many.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from skyeng.db.clickhouse import ClickHouse, ClickHouseSession
from skyeng.marts import contents
from skyeng.marts.queries import as_of, named_queries
from skyeng.marts.tables import MartTables
from skyeng.model import Mart, Model
from skyeng.sql import SQL, ident, idents, literal, sql

#: A separate database. In it, the table has the view's name, so that statements run unchanged.
_PLAIN = "bench_plain"

#: Number of warm-up rounds, and of measured rounds. During warm-up, caches fill. The engine compiles an expression at
#: its fourth use.
_WARM, _REPEATS = 3, 5


def compare(model: Model, datamart: ClickHouse) -> dict[str, Any]:
    """Seconds of every named query and of two scans, on view and table in turn."""
    mart = model.marts[0]
    plain = replace(datamart, url=urlunsplit(urlsplit(datamart.url)._replace(query=f"database={_PLAIN}")))
    with datamart.session() as view, _plain_table(mart, datamart, plain) as table:
        _same_rows(view, table, mart)
        loads = contents.registered(view, mart).loads
        middle = loads[len(loads) // 2].load_ts
        return {
            "loads": len(loads),
            "rows": view.scalar(sql("SELECT count() FROM {mart}", mart=ident(mart.table))),
            "row_versions": sum(it.row_versions for it in loads),
            "parts": _parts(view, MartTables(mart).history),
            "parts_plain": _parts(table, mart.table),
            "bytes": _bytes(view, MartTables(mart).history),
            "bytes_plain": _bytes(table, mart.table),
            "queries": {
                name: _timed(view, table, it, as_of(it, model, middle)) for name, it in _statements(model, mart).items()
            },
        }


def _statements(model: Model, mart: Mart) -> dict[str, SQL]:
    return {
        **{query.name: query.statement for query in named_queries(model)},
        "scan of every column": sql("SELECT sum(ignore(*)) FROM {mart}", mart=ident(mart.table)),
        "scan of one column": sql("SELECT sum(s_lesson_teacher_id) FROM {mart}", mart=ident(mart.table)),
    }


@contextmanager
def _plain_table(mart: Mart, datamart: ClickHouse, plain: ClickHouse) -> Iterator[ClickHouseSession]:
    """A session in which the mart's name is a MergeTree table, with the same sort order and merged into one part."""
    with plain.session(create=True) as session:
        try:
            session.execute(sql("DROP TABLE IF EXISTS {mart}", mart=ident(mart.table)))
            session.execute(
                sql(
                    """CREATE TABLE {mart} ENGINE = MergeTree ORDER BY ({key})
SETTINGS allow_nullable_key = 1 AS SELECT * FROM {view}""",
                    mart=ident(mart.table),
                    key=idents((*mart.order_by, mart.key)),
                    view=ident(datamart.database, mart.table),
                )
            )
            session.execute(sql("OPTIMIZE TABLE {mart} FINAL", mart=ident(mart.table)))
            yield session
        finally:
            session.execute(sql("DROP DATABASE {plain}", plain=ident(_PLAIN)))


def _same_rows(view: ClickHouseSession, table: ClickHouseSession, mart: Mart) -> None:
    statement = sql(
        "SELECT currentDatabase(), count(), sum(cityHash64({key})) FROM {mart}",
        key=ident(mart.key),
        mart=ident(mart.table),
    )
    (ours,), (plain,) = view.rows(statement), table.rows(statement)
    assert ours[0] != plain[0], "both sessions read the same database"
    assert ours[1:] == plain[1:], "the table does not hold the view's rows"


def _parts(session: ClickHouseSession, table: str) -> int:
    return session.scalar(
        sql(
            "SELECT count() FROM system.parts WHERE active AND database = currentDatabase() AND table = {table}",
            table=literal(table),
        )
    )


def _bytes(session: ClickHouseSession, table: str) -> int:
    return session.scalar(
        sql(
            """SELECT sum(bytes_on_disk)
FROM system.parts
WHERE active AND database = currentDatabase() AND table = {table}""",
            table=literal(table),
        )
    )


def _timed(view: ClickHouseSession, table: ClickHouseSession, statement: SQL, past: SQL) -> dict[str, Any]:
    """Median seconds of the engine alone: results are computed completely, but not sent."""
    asked = {"view": (view, statement), "as_of": (view, past), "plain": (table, statement)}
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(_WARM + _REPEATS):
        for name, (session, text) in asked.items():
            begun = time.perf_counter()
            session.client.raw_query(text.text, fmt="Null")
            taken[name].append(time.perf_counter() - begun)
    medians = {name: statistics.median(each[_WARM:]) for name, each in taken.items()}
    return {
        **{name: round(seconds, 4) for name, seconds in medians.items()},
        "ratio": round(medians["view"] / medians["plain"], 2),
        "as_of_ratio": round(medians["as_of"] / medians["plain"], 2),
    }
