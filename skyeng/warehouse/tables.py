"""The warehouse's tables as SQLAlchemy metadata, derived from the model.

`stage` holds the rows of the load under way, `vault` the hubs, links and satellites, `control`
the loads and what was last loaded. Alembic's migrations are generated from this metadata, and
a test proves that the two agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from skyeng.model import Attribute, Entity, Feed, FeedColumn, Hub, Link, LogicalType, Model, Satellite

SCHEMAS = ("control", "stage", "vault")

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "boolean": sa.Boolean(),
    "smallint": sa.SmallInteger(),
    "integer": sa.Integer(),
    "bigint": sa.BigInteger(),
    "double": sa.Double(),
    "text": sa.Text(),
    "date": sa.Date(),
    "timestamp": pg.TIMESTAMP(),
    "timestamptz": pg.TIMESTAMP(timezone=True),
    "uuid": sa.Uuid(),
    "jsonb": pg.JSONB(),
}

_NAMING = {"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_name)s", "uq": "uq_%(table_name)s"}


def control_metadata() -> sa.MetaData:
    """Tables of the engine itself, the same for every model."""
    metadata = sa.MetaData(naming_convention=_NAMING)
    loads = sa.Table(
        "loads",
        metadata,
        sa.Column("load_id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        _timestamp("load_ts", comment="Every vault row of this load carries it; no other load of the warehouse does."),
        sa.Column("status", sa.Text, nullable=False),
        _timestamp("started_at", server_default=sa.text("clock_timestamp()")),
        _timestamp("finished_at", nullable=True),
        sa.Column("run_by", sa.Text, nullable=False, comment="User, host and process, or the DAG run."),
        sa.Column("lease", pg.INTERVAL, comment="How long after its last step others keep off; NULL: a process."),
        sa.Column("scheduler", sa.Text, comment="Who runs one such load at a time, as an Airflow does."),
        sa.Column("hash_version", sa.SmallInteger, nullable=False, comment="See skyeng.hashing."),
        sa.Column("row_hash_method", sa.Text, comment="How the row hashes in <feed>_rows were computed."),
        sa.Column("error", sa.Text),
        sa.UniqueConstraint("load_ts"),
        sa.CheckConstraint("status IN ('open', 'closed', 'rolled back')", name="ck_loads_status"),
        sa.Index("ix_loads_one_open", "model", unique=True, postgresql_where=sa.text("status = 'open'")),
        schema="control",
        comment="One row a run of to_datawarehouse. Only closed loads are visible.",
    )
    sa.Table(
        "load_feeds",
        metadata,
        sa.Column("load_id", sa.ForeignKey(loads.c.load_id), primary_key=True),
        sa.Column("feed", sa.Text, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("rows_new", "rows_changed", "rows_gone")),
        sa.Column("rows_active", sa.BigInteger, nullable=False, comment="Rows of the feed after the load."),
        sa.Column("hash_sum", sa.Numeric, nullable=False, comment="Sum of the row hashes touched."),
        schema="control",
        comment="What a closed load changed, by feed.",
    )
    sa.Table(
        "load_steps",
        metadata,
        sa.Column("load_id", sa.ForeignKey(loads.c.load_id), primary_key=True),
        sa.Column("step", sa.Text, primary_key=True),
        sa.Column("counts", pg.JSONB, nullable=False, comment="Rows written, by table."),
        sa.Column("seconds", sa.Double, nullable=False),
        _timestamp("finished_at", server_default=sa.text("clock_timestamp()")),
        schema="control",
        comment="Which steps of a load are done. A load closes when all of them are.",
    )
    sa.Table(
        "models",
        metadata,
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("signature", pg.JSONB, nullable=False, comment="What the model declared when it was migrated."),
        sa.Column(
            "bookkeeping_valid",
            sa.Boolean,
            nullable=False,
            comment="False: the next run compares with the vault itself.",
        ),
        _timestamp("migrated_at", server_default=sa.text("clock_timestamp()")),
        schema="control",
        comment="The models that the warehouse is migrated for.",
    )
    sa.Table(
        "model_tables",
        metadata,
        sa.Column("schema_name", sa.Text, primary_key=True),
        sa.Column("table_name", sa.Text, primary_key=True),
        sa.Column("model", sa.Text, nullable=False),
        schema="control",
        comment="Which model a table, view or function belongs to.",
    )
    sa.Table(
        "cuts",
        metadata,
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("placed_by", sa.Text, nullable=False, comment="The column that is a row's place; empty for none."),
        *_cut(),
        schema="control",
        comment="How the rows of a feed are cut into the buckets of <feed>_buckets.",
    )
    sa.Table(
        "selections",
        metadata,
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("feed", sa.Text, primary_key=True),
        *_cut(),
        *(
            sa.Column(name, pg.ARRAY(sa.BigInteger), nullable=False, server_default="{}", comment=comment)
            for name, comment in (
                ("places", "Places whose rows are staged."),
                ("buckets", "Buckets whose rows are staged, all of them."),
            )
        ),
        sa.Column("everything", sa.Boolean, nullable=False, comment="All rows are staged."),
        sa.Column("load_id", sa.BigInteger, nullable=False, comment="The load that staging belongs to."),
        sa.Column(
            "rows_held",
            sa.BigInteger,
            nullable=False,
            server_default="0",
            comment="Rows of the feed that the warehouse held before.",
        ),
        *(
            sa.Column(name, pg.ARRAY(sa.Text), nullable=False, server_default="{}", comment=comment)
            for name, comment in (
                ("unique_hubs", "Hubs of which no key stands in two staged rows."),
                ("shared_hubs", "Hubs of which each combination is in the feed's shared table."),
            )
        ),
        schema="stage",
        prefixes=["UNLOGGED"],
        comment="Which rows of the source were staged by the load under way.",
    )
    return metadata


def _cut() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return (
        sa.Column("shift", sa.SmallInteger, nullable=False, comment="A bucket holds 2^shift places."),
        sa.Column("hashed", sa.Integer, nullable=False, comment="Buckets of rows without a place."),
    )


def model_metadata(model: Model) -> sa.MetaData:
    """Tables of one model."""
    metadata = sa.MetaData(naming_convention=_NAMING)
    for hub in model.hubs:
        _hub(metadata, hub)
    for link in model.links:
        _link(metadata, model, link)
    for satellite in model.satellites:
        _satellite(metadata, model, satellite)
    for feed in model.feeds:
        _stage(metadata, model, feed)
        _control(metadata, feed)
    return metadata


def _hub(metadata: sa.MetaData, hub: Hub) -> None:
    _vault_table(
        metadata,
        hub,
        sa.Column(hub.key, sa.Uuid, primary_key=True),
        *_attributes(hub, hub.business_key),
    )


def _satellite(metadata: sa.MetaData, model: Model, satellite: Satellite) -> None:
    _vault_table(
        metadata,
        satellite,
        sa.Column(model.hub(satellite.hub_name).key, sa.Uuid, primary_key=True),
        *_attributes(satellite, satellite.attributes),
        sa.Column(satellite.hashdiff, sa.Uuid, nullable=False),
        version=model.version(satellite),
    )


def _link(metadata: sa.MetaData, model: Model, link: Link) -> None:
    key = sa.Column(link.key, sa.Uuid, primary_key=True)
    hubs = [sa.Column(hub.key, sa.Uuid, nullable=False) for hub in model.hubs_of(link)]
    _vault_table(metadata, link, key, *hubs)
    effectivity = link.effectivity
    active = sa.Column(effectivity.is_active, sa.Boolean, nullable=False)
    parent = sa.Column(link.key, sa.Uuid, primary_key=True)
    _vault_table(metadata, effectivity, parent, active, version=model.version(effectivity))


def _vault_table(metadata: sa.MetaData, entity: Entity, *columns: sa.Column[Any], version: Sequence[str] = ()) -> None:
    """A hub or link is known by its key; a satellite by its parent's key and what orders its versions."""
    sa.Table(
        entity.table,
        metadata,
        columns[0],
        *(_timestamp(name, primary_key=bool(version)) for name in version or (entity.load_ts,)),
        sa.Column(entity.record_source, sa.Text, nullable=False),
        *columns[1:],
        # Rows arrive in the order of their load, so a few pages of index find a load's rows.
        sa.Index(f"ix_{entity.table}_load_ts", entity.load_ts, postgresql_using="brin"),
        schema="vault",
        comment=entity.description or None,
    )


def _stage(metadata: sa.MetaData, model: Model, feed: Feed) -> None:
    keys = model.row_key(feed)
    columns = [*keys, *(column for column in model.feed_columns(feed) if column not in keys)]
    sa.Table(
        feed.name,
        metadata,
        # What rows are found by comes first: to reach a column, PostgreSQL walks over those before it.
        sa.Column("row_key", sa.Uuid, nullable=False),
        sa.Column("row_hash", sa.BigInteger, nullable=False),
        *(sa.Column(hub.key, sa.Uuid) for hub in model.keyed_hubs(feed)),
        *_delivered(feed, columns),
        schema="stage",
        prefixes=["UNLOGGED"],
    )
    sa.Table(feed.shared_table, metadata, *_delivered(feed, columns), schema="stage", prefixes=["UNLOGGED"])
    sa.Table(
        feed.gone_table, metadata, sa.Column("row_key", sa.Uuid, nullable=False), schema="stage", prefixes=["UNLOGGED"]
    )


def _delivered(feed: Feed, columns: Iterable[FeedColumn]) -> Iterator[sa.Column[Any]]:
    yield from (_timestamp(name, nullable=True) for name in feed.times)
    yield from (sa.Column(column.name, column_type(column.type)) for column in columns)


def _control(metadata: sa.MetaData, feed: Feed) -> None:
    sa.Table(
        feed.rows_table,
        metadata,
        sa.Column("row_key", sa.Uuid, primary_key=True),
        sa.Column("row_hash", sa.BigInteger, nullable=False),
        sa.Column("row_place", sa.BigInteger, comment="By which the source finds the row, see skyeng.cut."),
        sa.Index(f"ix_{feed.rows_table}_row_place", "row_place"),
        schema="control",
    )
    sa.Table(
        feed.buckets_table,
        metadata,
        sa.Column("bucket", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("row_count", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Numeric, nullable=False) for name in ("hash_sum", "weighted_sum")),
        schema="control",
    )
    sa.Table(
        feed.changes_table,
        metadata,
        _timestamp("load_ts"),
        sa.Column("row_key", sa.Uuid, nullable=False),
        sa.Column("row_hash", sa.BigInteger),
        sa.Index(f"ix_{feed.changes_table}_load_ts", "load_ts", postgresql_using="brin"),
        schema="control",
    )


def _attributes(entity: Hub | Satellite, attributes: Iterable[Attribute]) -> list[sa.Column[Any]]:
    return [
        sa.Column(entity.column(part.name), column_type(part.type), comment=part.description or None)
        for part in attributes
    ]


def _timestamp(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, pg.TIMESTAMP(timezone=True), **{"nullable": False, **options})


def column_type(type_: LogicalType) -> sa.types.TypeEngine[Any]:
    if match := re.fullmatch(r"numeric\((\d+),(\d+)\)", type_.name):
        return sa.Numeric(int(match[1]), int(match[2]))
    return _TYPES[type_.name]
