"""The tables and views of a mart, derived from the model, as values.

- `dm_..._history`: every row version, append-only; an exact retry collapses, because the whole
  sort key repeats.
- `dm_..._current`: the latest version of every row, kept by a materialised view on the history.
- `dm_..._loads`: which loads of the warehouse the mart holds.
- `dm_..._loads_kept`: which loads only the mart has, since a warehouse was restored without them.
- `dm_...`: the view analysts use: what is current and not deleted, no FINAL to forget.
- `dm_..._as_of(ts)`: the same as of any time.

From one value (`skyeng.datamart.definitions`) follow both the statement that creates an object and the
check that a datamart really has it (`skyeng.datamart.objects`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

from skyeng.datamart.definitions import Column, Mark, MaterializedView, Object, Table, View
from skyeng.model import LogicalType, Mart, MartColumn, Model
from skyeng.sql import SQL, ident, idents, sql

IS_DELETED, ROW_HASH = "is_deleted", "row_hash"

#: The row hash of row versions that only the mart has. A row of the vault has it with a probability of 2^-64.
RETAINED_HASH = -1

#: Ends the names of tables that are built next to those in use and swapped in.
SHADOW = "_shadow"

_TIME = sql("DateTime64(6, 'UTC')")


@dataclass(frozen=True)
class MartTables:
    """Names of a mart's tables; with a suffix, of its shadow tables."""

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
        return f"{self.mart.table}_loads_kept{self.suffix}"

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


def declaration(model: Model, mart: Mart) -> str:
    """A digest of what decides the rows of a mart: its row key, and which value of the vault each column shows.

    Two declarations with the same digest give the same rows. Order in the file means nothing, and sort
    order and dictionaries are no part of it: they can be seen in the tables themselves.
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
    """The mart's columns with the types of the feed's columns they show."""
    by_name = {column.name: column.type for column in model.feed_columns(model.feed(mart.feed))}
    return [(column, by_name[column.column]) for column in mart.columns]


def appended_columns(mart: Mart) -> list[str]:
    """Columns of a row version, in the order they are sent."""
    return [mart.key, mart.load_ts, IS_DELETED, ROW_HASH, *(column.name for column in mart.columns)]


def objects(model: Model, mart: Mart) -> tuple[Object, ...]:
    """Every table and view of a mart, each after those that it needs."""
    made = _Maker(model, mart)
    return (
        made.history,
        made.current,
        made.loads(made.names.loads, "Loads of the warehouse that the mart holds"),
        made.loads(made.names.kept, "Loads that only the mart has"),
        made.feeder,
        made.analysts_view,
        made.as_of_view,
    )


@dataclass(frozen=True)
class _Maker:
    """Derives the objects of one mart."""

    model: Model
    mart: Mart

    @cached_property
    def names(self) -> MartTables:
        return MartTables(self.mart)

    @property
    def history(self) -> Table:
        key = (*self.mart.order_by, self.mart.key, self.mart.load_ts)
        return self._versions(self.names.history, "Every row version", key)

    @property
    def current(self) -> Table:
        arguments = (self.mart.load_ts, IS_DELETED)
        key = (*self.mart.order_by, self.mart.key)
        return self._versions(self.names.current, "The latest version of every row", key, arguments)

    def loads(self, name: str, purpose: str) -> Table:
        columns = (
            Column("load_ts", _TIME, comment="A load of the warehouse that the mart holds"),
            Column("row_versions", sql("UInt64"), comment="Row versions it brought"),
            Column("hash_sum", sql("UInt64"), comment="Sum of their row hashes, modulo 2^64"),
            Column("rows_active", sql("UInt64"), comment="Rows of the mart after it"),
            Column("appended_at", _TIME, default=sql("now64(6)")),
        )
        return Table(name, purpose, self._mark_with_declaration, columns, ("load_ts",))

    @property
    def feeder(self) -> MaterializedView:
        columns = self._version_columns
        return MaterializedView(
            self.names.feeder,
            "Carries each new row version on",
            self._mark,
            self.names.current,
            columns,
            sql(
                """SELECT {columns}
FROM {history}""",
                columns=_names(columns),
                history=ident(self.names.history),
            ),
        )

    @property
    def analysts_view(self) -> View:
        columns = self._shown_columns
        return View(
            self.names.view,
            "What is current and not deleted",
            self._mark,
            columns,
            sql(
                """SELECT {columns}
FROM {current} FINAL""",
                columns=_names(columns),
                current=ident(self.names.current),
            ),
        )

    @property
    def as_of_view(self) -> View:
        """Latest version at or before `ts`, row by row.

        Which version that is, is found from keys and timestamps alone, so that a query reads only the
        columns it asks for. FINAL collapses an append that was repeated.
        """
        columns = self._shown_columns
        return View(
            self.names.as_of,
            "The mart as of any time",
            self._mark,
            columns,
            sql(
                """SELECT {columns}
FROM {history} FINAL
WHERE {is_deleted} = 0 AND ({key}, {load_ts}) IN (
    SELECT {key}, max({load_ts})
    FROM {history}
    WHERE {load_ts} <= {left}ts:DateTime64(6, 'UTC'){right}
    GROUP BY {key}
)""",
                columns=_names(columns),
                key=ident(self.mart.key),
                load_ts=ident(self.mart.load_ts),
                is_deleted=ident(IS_DELETED),
                history=ident(self.names.history),
                left=SQL("{"),
                right=SQL("}"),
            ),
        )

    def _versions(
        self, name: str, purpose: str, sorted_by: tuple[str, ...], engine_arguments: tuple[str, ...] = ()
    ) -> Table:
        return Table(
            name,
            purpose,
            self._mark_with_declaration,
            self._version_columns,
            sorted_by,
            engine_arguments=engine_arguments,
            settings=(("allow_nullable_key", 1),),
        )

    @cached_property
    def _version_columns(self) -> tuple[Column, ...]:
        key, load_ts, *shown = self._shown_columns
        return (key, load_ts, Column(IS_DELETED, sql("UInt8")), Column(ROW_HASH, sql("Int64")), *shown)

    @cached_property
    def _shown_columns(self) -> tuple[Column, ...]:
        shown = (Column(column.name, column_type(column, type_)) for column, type_ in types(self.model, self.mart))
        return (Column(self.mart.key, sql("UUID")), Column(self.mart.load_ts, _TIME), *shown)

    @cached_property
    def _mark(self) -> Mark:
        return Mark(self.model.name, self.mart.name)

    @cached_property
    def _mark_with_declaration(self) -> Mark:
        return Mark(self.model.name, self.mart.name, declaration(self.model, self.mart))


def _names(columns: tuple[Column, ...]) -> SQL:
    return idents(column.name for column in columns)


def column_type(column: MartColumn, type_: LogicalType) -> SQL:
    """Every column may be NULL: a missing level is NULL, never an empty string or 0."""
    nullable = sql("Nullable({type})", type=SQL(type_.clickhouse))
    return sql("LowCardinality({type})", type=nullable) if column.low_cardinality else nullable
