"""What the analysts' view costs: the same statements on it and on a plain MergeTree table of its rows."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from skyeng.datamart import append
from skyeng.datamart.client import ClickHouse, Session
from skyeng.datamart.queries import named_queries
from skyeng.datamart.tables import MartTables
from skyeng.model import Mart, Model
from skyeng.sql import SQL, ident, idents, literal, sql

#: A database of its own, in which the table has the view's name: statements run unchanged.
_PLAIN = "bench_plain"

#: Rounds that are not counted, and that are. Caches fill, and the engine compiles an
#: expression when it meets it a fourth time.
_WARM, _REPEATS = 3, 5


def compare(model: Model, datamart: ClickHouse) -> dict[str, Any]:
    """Seconds of every named query and of two scans, on view and table in turn."""
    mart = model.marts[0]
    plain = replace(datamart, url=urlunsplit(urlsplit(datamart.url)._replace(query=f"database={_PLAIN}")))
    with datamart.session() as view, _plain_table(mart, datamart, plain) as table:
        _same_rows(view, table, mart)
        return {
            "loads": len(append.held_loads(view, mart)),
            "rows": view.scalar(sql("SELECT count() FROM {mart}", mart=ident(mart.table))),
            "parts": _parts(view, MartTables(mart).current),
            "parts_plain": _parts(table, mart.table),
            "queries": {name: _timed(view, table, it) for name, it in _statements(model, mart).items()},
        }


def _statements(model: Model, mart: Mart) -> dict[str, SQL]:
    return {
        **{query.name: query.statement for query in named_queries(model)},
        "scan of every column": sql("SELECT sum(ignore(*)) FROM {mart}", mart=ident(mart.table)),
        "scan of one column": sql("SELECT sum(s_lesson_teacher_id) FROM {mart}", mart=ident(mart.table)),
    }


@contextmanager
def _plain_table(mart: Mart, datamart: ClickHouse, plain: ClickHouse) -> Iterator[Session]:
    """A session in which the mart's name is a MergeTree table, sorted alike and merged into one part."""
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


def _same_rows(view: Session, table: Session, mart: Mart) -> None:
    statement = sql(
        "SELECT currentDatabase(), count(), sum(cityHash64({key})) FROM {mart}",
        key=ident(mart.key),
        mart=ident(mart.table),
    )
    (ours,), (plain,) = view.rows(statement), table.rows(statement)
    assert ours[0] != plain[0], "both sessions read the same database"
    assert ours[1:] == plain[1:], "the table does not hold the view's rows"


def _parts(session: Session, table: str) -> int:
    return session.scalar(
        sql(
            "SELECT count() FROM system.parts WHERE active AND database = currentDatabase() AND table = {table}",
            table=literal(table),
        )
    )


def _timed(view: Session, table: Session, statement: SQL) -> dict[str, Any]:
    """The engine alone: results are computed whole, and not sent."""
    taken: dict[str, list[float]] = {"view": [], "plain": []}
    for _ in range(_WARM + _REPEATS):
        for name, session in (("view", view), ("plain", table)):
            begun = time.perf_counter()
            session.client.raw_query(statement.text, fmt="Null")
            taken[name].append(time.perf_counter() - begun)
    medians = {name: statistics.median(each[_WARM:]) for name, each in taken.items()}
    return {
        **{name: round(seconds, 4) for name, seconds in medians.items()},
        "ratio": round(medians["view"] / medians["plain"], 2),
    }
