"""The benchmark of as-of reads: the cost of a full read as of a load, as a ratio to the current view.

    ./run bench --as-of --rows 1000000

Creates a school, and a series of loads with changes. Then reads everything as of the newest, the middle and the first
load, in the warehouse and in the datamart. Writes `bench/results/as_of_ROWS.json` and prints a table. With `--home`,
the history is stored there, and measured again the next time.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.size import machine, measured_at
from skyeng import runs
from skyeng.config import Settings
from skyeng.control import loads
from skyeng.db.stores import Stores
from skyeng.hashing.checksums import row_hash
from skyeng.hashing.hash_keys import Value, clickhouse_text_hash, row_values
from skyeng.local.stores import opened
from skyeng.marts import migrations as mart_migrations
from skyeng.marts.tables import MartTables, types
from skyeng.model import load_model
from skyeng.sources import sample_data
from skyeng.sql import SQL, ident, literal, sql
from skyeng.vault import migrations as warehouse_migrations

MODEL = load_model("courses")
FEED, MART = MODEL.feeds[0], MODEL.marts[0]

#: Changes in addition to one percent of the lessons: a rename that affects thousands of rows, a stream that moves to
#: another course (hundreds of relationships end and begin), a flag that is toggled.
_RENAME = SQL("UPDATE course SET title = left(title, 200) || ' (%(number)s)' WHERE id = 1 + mod(%(number)s, 200)")
_MOVE = SQL("""UPDATE stream SET course_id = 1 + mod(course_id, (SELECT max(id) FROM course))
WHERE id = 1 + mod(7 * %(number)s, 2000)""")
_TOGGLE = SQL("UPDATE stream SET is_open = NOT is_open WHERE mod(id, 500) = mod(%(number)s, 2)")
_ALSO = (_RENAME, _MOVE, _TOGGLE)


def build(stores: Stores, rows: int, changes: int) -> list[datetime]:
    """Create the history, or what is missing of it. Returns timestamps of loads with changes, oldest first."""
    warehouse_migrations.migrate(stores.warehouse, MODEL)
    mart_migrations.migrate(stores.datamart, MODEL)
    if not sample_data.has_tables(stores.source):
        sample_data.generate(stores.source, MODEL, rows)
        runs.run(MODEL, stores, only="to_datawarehouse")
    while len(done := _closed(stores)) <= changes:
        number = len(done)
        sample_data.change(stores.source, MODEL, 0.01, seed=number)
        with stores.source.session() as session:
            session.execute(_ALSO[number % len(_ALSO)], {"number": number})
        runs.run(MODEL, stores, only="to_datawarehouse")
    runs.run(MODEL, stores, only="to_datamart")
    return done


def _closed(stores: Stores) -> list[datetime]:
    with stores.warehouse.session(snapshot=True) as session:
        return [row[0] for row in loads.closed_loads(session, MODEL, FEED)]


def measure(home: Path, rows: int, changes: int, repeats: int) -> dict[str, Any]:
    """Medians of full reads, by store and as-of time."""
    with opened(Settings(home=home)) as stores:
        history = build(stores, rows, changes)
        moments = {"newest load": history[-1], "middle load": history[len(history) // 2], "first load": history[0]}
        return {
            "rows": rows,
            "measured_at": measured_at(),
            "machine": machine(stores),
            "loads": len(history),
            "warehouse": _medians(_warehouse_reads(stores, moments), repeats),
            "datamart": _medians(_mart_reads(stores, moments), repeats),
        }


Reads = dict[str, Callable[[], Any]]


def _medians(reads: Reads, repeats: int) -> dict[str, dict[str, float]]:
    """Seconds and rows of every read. Repeats are interleaved, so that a busy minute affects all reads equally."""
    taken: dict[str, list[float]] = {what: [] for what in reads}
    counted: dict[str, int] = {}
    for _ in range(repeats + 1):
        for what, read in reads.items():
            begun = time.perf_counter()
            counted[what] = read()
            taken[what].append(time.perf_counter() - begun)
    # The first round is not counted: it fills the caches.
    seconds = {what: statistics.median(each[1:]) for what, each in taken.items()}
    current = seconds["current"]
    return {
        what: {"rows": counted[what], "seconds": round(seconds[what], 3), "ratio": round(seconds[what] / current, 2)}
        for what in reads
    }


def _warehouse_reads(stores: Stores, moments: dict[str, datetime]) -> Reads:
    """Count and sum of row hashes: every column is read, but no rows leave the server."""

    def read(relation: SQL) -> Callable[[], int]:
        statement = sql(
            "SELECT count(*), sum({hash}) FROM {relation}",
            hash=row_hash(row_values(MODEL.feed_columns(FEED))),
            relation=relation,
        )

        def run() -> int:
            with stores.warehouse.session(snapshot=True) as session:
                return session.rows(statement)[0][0]

        return run

    function = ident("vault", FEED.as_of_function)
    past = {
        what: sql("{function}({moment})", function=function, moment=literal(moment.isoformat()))
        for what, moment in moments.items()
    }
    return {what: read(it) for what, it in {"current": ident("vault", FEED.name), **past}.items()}


def _mart_reads(stores: Stores, moments: dict[str, datetime]) -> Reads:
    tables = MartTables(MART)

    def read(relation: SQL) -> Callable[[], int]:
        columns = [Value(column.name, ident(column.name), type_) for column, type_ in types(MODEL, MART)]
        statement = sql(
            "SELECT count(), sum({hash}) FROM {relation}", hash=clickhouse_text_hash(columns), relation=relation
        )

        def run() -> int:
            with stores.datamart.session() as session:
                return session.rows(statement)[0][0]

        return run

    def past(moment: datetime) -> SQL:
        at = literal(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}")
        return sql("{view}(ts = {at})", view=ident(tables.as_of), at=at)

    return {"current": read(ident(tables.view)), **{what: read(past(moment)) for what, moment in moments.items()}}


def show(measured: dict[str, Any]) -> None:
    table = Table(title=f"{measured['rows']:,} lessons, {measured['loads']} loads: everything read back")
    for column in ("side", "as of", "rows", "seconds", "ratio to current"):
        table.add_column(column, justify="left" if column in ("side", "as of") else "right")
    for side in ("warehouse", "datamart"):
        for what, it in measured[side].items():
            table.add_row(side, what, f"{it['rows']:,}", f"{it['seconds']:.2f}", f"{it['ratio']:.2f}")
    Console().print(table)
