"""DDL of a mart, derived from the model.

- `dm_..._history`: every row version, append-only; an exact retry collapses, because the whole
  sort key repeats.
- `dm_..._current`: the latest version of every row, kept by a materialised view on the history.
- `dm_...`: the view analysts use: what is current and not deleted, no FINAL to forget.
- `dm_..._as_of(ts)`: the same as of any time.
- `dm_..._loads`: which loads of the warehouse the mart holds.
- `dm_..._loads_kept`: which loads only the mart has; made when a warehouse was restored without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from skyeng.model import LogicalType, Mart, MartColumn, Model
from skyeng.sql import SQL, ident, idents, joined, sql

IS_DELETED, ROW_HASH = "is_deleted", "row_hash"


@dataclass(frozen=True)
class MartTables:
    """Names of a mart's tables; with a suffix, of those built beside and swapped in."""

    mart: Mart
    suffix: str = ""

    @property
    def history(self) -> str:
        return f"{self.mart.table}_history{self.suffix}"

    @property
    def current(self) -> str:
        return f"{self.mart.table}_current{self.suffix}"

    @property
    def loads(self) -> str:
        return f"{self.mart.table}_loads{self.suffix}"

    @property
    def kept(self) -> str:
        return f"{self.mart.table}_loads_kept"

    @property
    def feeder(self) -> str:
        """The materialised view that carries new history into `current`."""
        return f"{self.mart.table}_to_current"

    @property
    def view(self) -> str:
        return self.mart.table

    @property
    def as_of(self) -> str:
        return f"{self.mart.table}_as_of"


def types(model: Model, mart: Mart) -> list[tuple[MartColumn, LogicalType]]:
    """The mart's columns with the types of the feed's columns they show."""
    by_name = {column.name: column.type for column in model.feed_columns(model.feed(mart.feed))}
    return [(column, by_name[column.column]) for column in mart.columns]


def appended_columns(mart: Mart) -> list[str]:
    """Columns of a row version, in the order they are sent."""
    return [mart.key, mart.load_ts, IS_DELETED, ROW_HASH, *(column.name for column in mart.columns)]


def ddl(model: Model, mart: Mart) -> Iterator[SQL]:
    """Every statement that makes a mart, in order. Each is safe to repeat."""
    tables = MartTables(mart)
    yield history_table(model, mart, tables.history)
    yield current_table(model, mart, tables.current)
    yield loads_table(tables.loads)
    yield sql(
        """CREATE MATERIALIZED VIEW IF NOT EXISTS {feeder} TO {current} AS
SELECT {columns}
FROM {history}""",
        feeder=ident(tables.feeder),
        current=ident(tables.current),
        columns=idents(appended_columns(mart)),
        history=ident(tables.history),
    )
    yield analysts_view(mart)
    yield as_of_view(mart)


def history_table(model: Model, mart: Mart, name: str) -> SQL:
    return _table(model, mart, name, sql("ReplacingMergeTree"), ident(mart.load_ts))


def current_table(model: Model, mart: Mart, name: str) -> SQL:
    engine = sql(
        "ReplacingMergeTree({load_ts}, {is_deleted})", load_ts=ident(mart.load_ts), is_deleted=ident(IS_DELETED)
    )
    return _table(model, mart, name, engine)


def loads_table(name: str) -> SQL:
    return sql(
        """CREATE TABLE IF NOT EXISTS {name} (
    load_ts DateTime64(6, 'UTC') COMMENT 'A load of the warehouse that the mart holds',
    row_versions UInt64 COMMENT 'Row versions it brought',
    hash_sum UInt64 COMMENT 'Sum of their row hashes, modulo 2^64',
    rows_active UInt64 COMMENT 'Rows of the mart after it',
    appended_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree
ORDER BY load_ts""",
        name=ident(name),
    )


def analysts_view(mart: Mart) -> SQL:
    tables = MartTables(mart)
    return sql(
        """CREATE OR REPLACE VIEW {view} AS
SELECT {columns}
FROM {current} FINAL""",
        view=ident(tables.view),
        columns=idents((mart.key, mart.load_ts, *(column.name for column in mart.columns))),
        current=ident(tables.current),
    )


def as_of_view(mart: Mart) -> SQL:
    """Latest version at or before `ts`, row by row.

    Which version that is, is found from keys and timestamps alone, so that a query reads only the
    columns it asks for. FINAL collapses an append that was repeated.
    """
    tables = MartTables(mart)
    return sql(
        """CREATE OR REPLACE VIEW {view} AS
SELECT {columns}
FROM {history} FINAL
WHERE {is_deleted} = 0 AND ({key}, {load_ts}) IN (
    SELECT {key}, max({load_ts})
    FROM {history}
    WHERE {load_ts} <= {left}ts:DateTime64(6, 'UTC'){right}
    GROUP BY {key}
)""",
        view=ident(tables.as_of),
        columns=idents((mart.key, mart.load_ts, *(column.name for column in mart.columns))),
        key=ident(mart.key),
        load_ts=ident(mart.load_ts),
        is_deleted=ident(IS_DELETED),
        history=ident(tables.history),
        left=SQL("{"),
        right=SQL("}"),
    )


def _table(model: Model, mart: Mart, name: str, engine: SQL, *last_sorted: SQL) -> SQL:
    columns = [
        sql("{name} UUID", name=ident(mart.key)),
        sql("{name} DateTime64(6, 'UTC')", name=ident(mart.load_ts)),
        sql("{name} UInt8", name=ident(IS_DELETED)),
        sql("{name} Int64", name=ident(ROW_HASH)),
        *(sql("{name} {type}", name=ident(c.name), type=column_type(c, type_)) for c, type_ in types(model, mart)),
    ]
    sorted_by = [ident(name) for name in (*mart.order_by, mart.key)] + list(last_sorted)
    return sql(
        """CREATE TABLE IF NOT EXISTS {name} (
    {columns}
)
ENGINE = {engine}
ORDER BY ({sorted_by})
SETTINGS allow_nullable_key = 1""",
        name=ident(name),
        columns=joined(",\n", columns),
        engine=engine,
        sorted_by=joined(", ", sorted_by),
    )


def column_type(column: MartColumn, type_: LogicalType) -> SQL:
    """Every column may be NULL: a missing level is NULL, never an empty string or 0."""
    nullable = sql("Nullable({type})", type=SQL(type_.clickhouse))
    return sql("LowCardinality({type})", type=nullable) if column.low_cardinality else nullable
