"""The tables and views of a mart, derived from the model, as values.

- `dm_..._history`: every row version, valid in [`load_ts`, `load_end_ts`). A load that deleted a row has a version of
  it that is never valid: both timestamps are the load's.
- `dm_..._loads`: the register of loads. It alone decides what is visible: the rows of a load can be seen once the load
  is listed here.
- `dm_...`: the analysts' view, with the row versions that are valid at the newest registered load.
- `dm_..._as_of(ts)`: the row versions that are valid at the newest registered load at or before a time.

One value (`skyeng.marts.definitions`) gives both the statement that creates an object and the check
that a datamart has it (`skyeng.marts.objects`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from skyeng.marts.definitions import Column, Mark, Object, Table, View
from skyeng.model import LogicalType, Mart, MartColumn, Model
from skyeng.sql import SQL, ident, idents, literal, sql

ROW_HASH = "row_hash"
#: The partition key of a history, so that current reads skip versions that ended long ago.
IS_PAST = "is_past"

#: The row hash of row versions that only the mart has. A row of the vault has it with a probability of 2^-64.
RETAINED_HASH = -1

#: Suffix of shadow tables, which are built next to those in use and swapped in.
SHADOW = "_shadow"
#: Suffix of copies that views read while shadow tables, perhaps with other columns, are swapped in.
BRIDGE = "_bridge"

_TIME = sql("DateTime64(6, 'UTC')")

#: The end that is sent with a version that no load has ended yet.
OPEN_END = "9999-12-31 23:59:59.999999"


def moment(text: str) -> SQL:
    """A timestamp as a ClickHouse constant."""
    return sql("toDateTime64({text}, 6, 'UTC')", text=literal(text))


def at(load_ts: datetime) -> SQL:
    """A load timestamp as a ClickHouse constant."""
    return moment(f"{load_ts:%Y-%m-%d %H:%M:%S.%f}")


@dataclass(frozen=True)
class MartTables:
    """Names of a mart's tables. A suffix gives the names of its shadow tables or other copies."""

    mart: Mart
    suffix: str = ""

    @property
    def history(self) -> str:
        return f"{self.mart.table}_history{self.suffix}"

    @property
    def loads(self) -> str:
        return f"{self.mart.table}_loads{self.suffix}"

    @property
    def both(self) -> tuple[str, str]:
        """The tables that are built together."""
        return self.history, self.loads

    @property
    def view(self) -> str:
        return self.mart.table

    @property
    def as_of(self) -> str:
        return f"{self.mart.table}_as_of"


def retired(mart: Mart) -> tuple[str, ...]:
    """Names that a mart had before its history became a table of intervals. The view between its tables comes first."""
    tables = (f"{mart.table}_{it}{suffix}" for suffix in ("", SHADOW) for it in ("current", "loads_kept"))
    return (f"{mart.table}_to_current", *tables)


def declaration(model: Model, mart: Mart) -> str:
    """A digest of what determines the rows of a mart: its row key, and the vault value that each column shows.

    Two declarations with the same digest give the same rows. The order in the file is ignored. Sort order
    and dictionaries are left out, because they can be read from the tables themselves.
    """
    feed = model.feed(mart.feed)
    columns = {column.name: column for column in model.feed_columns(feed)}
    said = {
        "feed": feed.name,
        "grain": feed.grain,
        "row_key": sorted((it.owner.table, it.vault_column, it.type.name) for it in model.row_key(feed)),
        "columns": sorted(
            (shown.name, it.owner.table, it.vault_column, it.type.name)
            for shown, it in ((shown, columns[shown.column]) for shown in mart.columns)
        ),
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]


def types(model: Model, mart: Mart) -> list[tuple[MartColumn, LogicalType]]:
    """The mart's columns with the types of the feed's columns that they show."""
    by_name = {column.name: column.type for column in model.feed_columns(model.feed(mart.feed))}
    return [(column, by_name[column.column]) for column in mart.columns]


def appended_columns(mart: Mart) -> list[str]:
    """Columns of a row version, in the order in which they are sent."""
    return [mart.key, mart.load_ts, mart.load_end_ts, ROW_HASH, *(column.name for column in mart.columns)]


def is_deletion(mart: Mart) -> SQL:
    """Condition on a row version: it records that its load deleted the row."""
    return sql("{end} = {start}", end=ident(mart.load_end_ts), start=ident(mart.load_ts))


def next_load(mart: Mart) -> SQL:
    """Expression over row versions: the load that ends a version, computed from all versions of the row."""
    return sql(
        "if({is_deletion}, {load_ts}, leadInFrame({load_ts}, 1, {open}) OVER (PARTITION BY {key} ORDER BY {load_ts}"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))",
        is_deletion=is_deletion(mart),
        load_ts=ident(mart.load_ts),
        key=ident(mart.key),
        open=moment(OPEN_END),
    )


def objects(model: Model, mart: Mart) -> tuple[Object, ...]:
    """Every table and view of a mart, each after those that it needs."""
    return *tables(model, mart), *views(model, mart)


def tables(model: Model, mart: Mart, suffix: str = "") -> tuple[Table, Table]:
    """History and register of loads; their names end with the suffix."""
    made = _Maker(model, mart, suffix)
    return made.history, made.loads


def views(model: Model, mart: Mart, suffix: str = "") -> tuple[View, View]:
    """The analysts' view and the as-of view, over tables whose names end with the suffix."""
    made = _Maker(model, mart, suffix)
    return made.analysts_view, made.as_of_view


@dataclass(frozen=True)
class _Maker:
    """Derives the objects of one mart. The suffix changes the names of tables, not those of views."""

    model: Model
    mart: Mart
    suffix: str

    @cached_property
    def names(self) -> MartTables:
        return MartTables(self.mart, self.suffix)

    @property
    def history(self) -> Table:
        end = Column(self.mart.load_end_ts, _TIME, comment="The load that replaced it or deleted the row")
        ended = sql("{end} < {open}", end=ident(end.name), open=moment(OPEN_END))
        past = Column(IS_PAST, sql("UInt8"), ended, "Whether it had ended when it was written here")
        hash_ = Column(ROW_HASH, sql("Int64"), comment="Of the vault's row; -1 where only the mart has it")
        key, load_ts, *shown = self._shown_columns
        return Table(
            self.names.history,
            "Every row version, and from which load to which it is valid",
            self._mark_with_declaration,
            (key, load_ts, end, past, hash_, *shown),
            (*self.mart.order_by, self.mart.key, self.mart.load_ts),
            engine="MergeTree",
            settings=(("allow_nullable_key", 1),),
            partitioned_by=IS_PAST,
        )

    @property
    def loads(self) -> Table:
        columns = (
            Column("load_ts", _TIME, comment="A load of the warehouse"),
            Column("is_retained", sql("Bool"), comment="Whether only the mart has these row versions"),
            Column("row_versions", sql("UInt64"), comment="Row versions it brought"),
            Column("hash_sum", sql("UInt64"), comment="Sum of their row hashes, modulo 2^64"),
            Column("rows_active", sql("UInt64"), comment="Rows of the mart after it"),
            Column("registered_at", _TIME, default=sql("now64(6)")),
        )
        purpose = "Loads that can be seen; the newest one is what is current"
        return Table(self.names.loads, purpose, self._mark_with_declaration, columns, ("load_ts", "is_retained"))

    @property
    def analysts_view(self) -> View:
        not_past = sql("{past} = 0\n    AND ", past=ident(IS_PAST))
        return self._valid_at(self.names.view, "What is current", sql(""), not_past)

    @property
    def as_of_view(self) -> View:
        until = sql(" WHERE load_ts <= {left}ts:DateTime64(6, 'UTC'){right}", left=SQL("{"), right=SQL("}"))
        return self._valid_at(self.names.as_of, "The mart as of any time", until, sql(""))

    def _valid_at(self, name: str, purpose: str, until: SQL, among: SQL) -> View:
        """View of what is valid at the newest registered load. ClickHouse runs equal scalar subqueries only once."""
        return View(
            name,
            purpose,
            self._mark,
            self._shown_columns,
            sql(
                """SELECT {columns}
FROM {history}
WHERE {among}{load_ts} <= {newest}
    AND {load_end_ts} > {newest}""",
                among=among,
                columns=_names(self._shown_columns),
                history=ident(self.names.history),
                load_ts=ident(self.mart.load_ts),
                load_end_ts=ident(self.mart.load_end_ts),
                newest=sql("(SELECT max(load_ts) FROM {loads}{until})", loads=ident(self.names.loads), until=until),
            ),
        )

    @cached_property
    def _shown_columns(self) -> tuple[Column, ...]:
        shown = (Column(column.name, column_type(column, type_)) for column, type_ in types(self.model, self.mart))
        load_ts = Column(self.mart.load_ts, _TIME, comment="The load that brought the row version")
        return (Column(self.mart.key, sql("UUID")), load_ts, *shown)

    @cached_property
    def _mark(self) -> Mark:
        return Mark(self.model.name, self.mart.name)

    @cached_property
    def _mark_with_declaration(self) -> Mark:
        return Mark(self.model.name, self.mart.name, declaration(self.model, self.mart))


def _names(columns: tuple[Column, ...]) -> SQL:
    return idents(column.name for column in columns)


def column_type(column: MartColumn, type_: LogicalType) -> SQL:
    """ClickHouse type of a column. Every column may be NULL: a missing entity has NULL, never an empty string or 0."""
    nullable = sql("Nullable({type})", type=SQL(type_.clickhouse))
    return sql("LowCardinality({type})", type=nullable) if column.low_cardinality else nullable
