"""The tables of a model in the warehouse as plain values: migrations create them, and every command expects them.

`skyeng.vault.tables` turns them into SQLAlchemy metadata for migrations. A run compares them with the
database itself (`skyeng.vault.objects`). For that, SQLAlchemy would be too slow to import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from skyeng.model import Attribute, Entity, Feed, FeedColumn, Hub, Link, Model, Satellite

#: The schemas of a warehouse.
SCHEMAS = ("control", "stage", "vault")

UUID, BIGINT, NUMERIC, TEXT, BOOLEAN = "uuid", "bigint", "numeric", "text", "boolean"
TIMESTAMPTZ = "timestamp with time zone"


@dataclass(frozen=True)
class Column:
    """A column, with its type as PostgreSQL spells it."""

    name: str
    type: str
    nullable: bool = False
    comment: str = ""


@dataclass(frozen=True)
class Index:
    """An index of one column. The index of a primary key is not listed."""

    name: str
    column: str
    method: str = "btree"


@dataclass(frozen=True)
class Table:
    """A table of a model."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    indexes: tuple[Index, ...] = ()
    #: Whether PostgreSQL writes changes to its log. A table that is not logged is empty after a crash.
    logged: bool = True
    #: Whether its data is stored nowhere else. Such a table cannot be created again once loads have filled it.
    holds_history: bool = False
    #: The feeds that fill it.
    feeds: tuple[str, ...] = ()
    comment: str = ""

    @property
    def primary_key(self) -> str:
        """Name of the primary key constraint and of its index."""
        return f"pk_{self.name}"

    @property
    def index_names(self) -> tuple[str, ...]:
        """Names of all indexes, including that of the primary key."""
        return (*((self.primary_key,) if self.key else ()), *(index.name for index in self.indexes))


def model_tables(model: Model) -> Iterator[Table]:
    """Every table of a model, in the schemas `vault`, `stage` and `control`."""
    for hub in model.hubs:
        feeds = [feed for feed in model.feeds if hub.name in model.grain(feed).hubs]
        yield _vault(hub, feeds, (Column(hub.key, UUID), *_attributes(hub, hub.business_key)))
    for link in model.links:
        yield from _link(model, link)
    for satellite in model.satellites:
        key = Column(model.hub(satellite.hub_name).key, UUID)
        columns = (key, *_attributes(satellite, satellite.attributes), Column(satellite.hashdiff, UUID))
        yield _vault(satellite, [model.feed_of(satellite)], columns, model.version(satellite))
    for feed in model.feeds:
        yield from _stage(model, feed)
        yield from _control(feed)


def _link(model: Model, link: Link) -> Iterator[Table]:
    key, feeds, effectivity = Column(link.key, UUID), [model.feed_of(link)], link.effectivity
    yield _vault(link, feeds, (key, *(Column(hub.key, UUID) for hub in model.hubs_of(link))))
    yield _vault(effectivity, feeds, (key, Column(effectivity.is_active, BOOLEAN)), model.version(effectivity))


def _vault(entity: Entity, feeds: Iterable[Feed], columns: Sequence[Column], version: Sequence[str] = ()) -> Table:
    """A table of the vault.

    The primary key of a hub or link is its hash key. That of a satellite is its parent's hash key and the columns
    that order its versions.
    """
    key, *others = columns
    return Table(
        "vault",
        entity.table,
        (
            key,
            *(Column(name, TIMESTAMPTZ) for name in version or (entity.load_ts,)),
            Column(entity.record_source, TEXT),
            *others,
        ),
        key=(key.name, *version),
        # Rows arrive in the order of their loads, so an index of a few pages finds the rows of a load.
        indexes=(Index(f"ix_{entity.table}_load_ts", entity.load_ts, "brin"),),
        holds_history=True,
        feeds=tuple(feed.name for feed in feeds),
        comment=entity.description,
    )


def _stage(model: Model, feed: Feed) -> Iterator[Table]:
    keys = model.row_key(feed)
    columns = [*keys, *(column for column in model.feed_columns(feed) if column not in keys)]
    delivered = tuple(_delivered(feed, columns))
    # Columns by which rows are found come first: to reach a column, PostgreSQL has to pass those before it.
    computed = (Column("row_key", UUID), Column("row_hash", BIGINT))
    hash_keys = (Column(hub.key, UUID, nullable=True) for hub in model.keyed_hubs(feed))
    for name, own in (
        (feed.name, (*computed, *hash_keys, *delivered)),
        (feed.distinct_table, delivered),
        (feed.deleted_table, (Column("row_key", UUID),)),
    ):
        yield Table("stage", name, own, logged=False, feeds=(feed.name,))


def _delivered(feed: Feed, columns: Iterable[FeedColumn]) -> Iterator[Column]:
    yield from (Column(name, TIMESTAMPTZ, nullable=True) for name in feed.times)
    yield from (Column(column.name, column.type.postgres, nullable=True) for column in columns)


def _control(feed: Feed) -> Iterator[Table]:
    yield Table(
        "control",
        feed.active_rows_table,
        (
            Column("row_key", UUID),
            Column("row_hash", BIGINT),
            Column("row_place", BIGINT, nullable=True, comment="By which the source finds the row, see skyeng.cut."),
        ),
        key=("row_key",),
        indexes=(Index(f"ix_{feed.active_rows_table}_row_place", "row_place"),),
        feeds=(feed.name,),
    )
    yield Table(
        "control",
        feed.segments_table,
        (
            *(Column(name, BIGINT) for name in ("bucket", "row_count")),
            *(Column(name, NUMERIC) for name in ("hash_sum", "weighted_sum")),
        ),
        key=("bucket",),
        feeds=(feed.name,),
    )
    yield Table(
        "control",
        feed.changes_table,
        (Column("load_ts", TIMESTAMPTZ), Column("row_key", UUID), Column("row_hash", BIGINT, nullable=True)),
        indexes=(Index(f"ix_{feed.changes_table}_load_ts", "load_ts", "brin"),),
        holds_history=True,
        feeds=(feed.name,),
    )


def _attributes(entity: Hub | Satellite, attributes: Iterable[Attribute]) -> Iterator[Column]:
    for part in attributes:
        yield Column(entity.column(part.name), part.type.postgres, nullable=True, comment=part.description)
