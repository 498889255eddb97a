"""The warehouse's tables as SQLAlchemy metadata, derived from the model.

`stage` holds the rows of the load under way. `vault` holds the hubs, links and satellites. `control`
holds the loads and the active rows. Alembic's migrations are generated from this metadata, and a test
proves that the two agree.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from skyeng.model import Model
from skyeng.vault.schema import Column, Index, Table, model_tables

_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "boolean": sa.Boolean(),
    "smallint": sa.SmallInteger(),
    "integer": sa.Integer(),
    "bigint": sa.BigInteger(),
    "numeric": sa.Numeric(),
    "double precision": sa.Double(),
    "text": sa.Text(),
    "date": sa.Date(),
    "timestamp without time zone": pg.TIMESTAMP(),
    "timestamp with time zone": pg.TIMESTAMP(timezone=True),
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
        sa.Column("row_hash_method", sa.Text, comment="How the load hashed rows."),
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
        sa.Column("row_hash_method", sa.Text, comment="How the row hashes in <feed>_rows were computed."),
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
        sa.Column("definition", sa.Text, comment="Digest of what a view or function was made from, and of what it is."),
        schema="control",
        comment="Which model a table, view or function belongs to.",
    )
    sa.Table(
        "cuts",
        metadata,
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("placed_by", sa.Text, nullable=False, comment="The column that is a row's place; empty for none."),
        *_segmentation(),
        schema="control",
        comment="How the rows of a feed are cut into the buckets of <feed>_buckets.",
    )
    sa.Table(
        "selections",
        metadata,
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("feed", sa.Text, primary_key=True),
        *_segmentation(),
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


def _segmentation() -> tuple[sa.Column[Any], sa.Column[Any]]:
    return (
        sa.Column("shift", sa.SmallInteger, nullable=False, comment="A bucket holds 2^shift places."),
        sa.Column("hashed", sa.Integer, nullable=False, comment="Buckets of rows without a place."),
    )


def model_metadata(model: Model) -> sa.MetaData:
    """Tables of one model."""
    metadata = sa.MetaData(naming_convention=_NAMING)
    for table in model_tables(model):
        _table(metadata, table)
    return metadata


def _table(metadata: sa.MetaData, table: Table) -> None:
    sa.Table(
        table.name,
        metadata,
        *(_column(column, table) for column in table.columns),
        *(_index(index) for index in table.indexes),
        schema=table.schema,
        prefixes=[] if table.logged else ["UNLOGGED"],
        comment=table.comment or None,
    )


def _index(index: Index) -> sa.Index:
    # PostgreSQL's default method is left out here, as it is in migrations.
    options: dict[str, Any] = {} if index.method == "btree" else {"postgresql_using": index.method}
    return sa.Index(index.name, index.column, **options)


def _column(column: Column, table: Table) -> sa.Column[Any]:
    return sa.Column(
        column.name,
        _type(column.type),
        primary_key=column.name in table.key,
        nullable=column.nullable,
        # A numeric key is no sequence. On other columns, Alembic would report False as a change.
        autoincrement=False if column.name in table.key else "auto",
        comment=column.comment or None,
    )


def _timestamp(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, pg.TIMESTAMP(timezone=True), **{"nullable": False, **options})


def _type(spelled: str) -> sa.types.TypeEngine[Any]:
    """The SQLAlchemy type for a type as PostgreSQL spells it."""
    if match := re.fullmatch(r"numeric\((\d+),(\d+)\)", spelled):
        return sa.Numeric(int(match[1]), int(match[2]))
    return _TYPES[spelled]
