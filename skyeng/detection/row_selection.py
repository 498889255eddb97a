"""The record of staging: for which load it is, and which rows of each feed are staged."""

from __future__ import annotations

from typing import Any

from skyeng.control.loads import Load
from skyeng.db.postgres import Session
from skyeng.detection.segmentation import RowSelection, Segmentation
from skyeng.errors import StagingLost
from skyeng.model import Feed, Model
from skyeng.sql import SQL, literal, sql


def record_selection(
    session: Session, model: Model, feed: Feed, load: Load, selection: RowSelection, active_rows: int = 0
) -> None:
    """Record for which load staging is, and which rows of the feed are staged."""
    session.execute(
        sql(
            """INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    {model}, {feed}, %(load_id)s, %(shift)s, %(hashed)s, %(places)s::bigint[], %(buckets)s::bigint[],
    %(everything)s, %(rows_held)s
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held)""",
            **names(model, feed),
        ),
        {
            "load_id": load.load_id,
            "shift": selection.segmentation.range_bits,
            "hashed": selection.segmentation.hash_buckets,
            "places": selection.keys,
            "buckets": selection.segments,
            "everything": selection.everything,
            "rows_held": active_rows,
        },
    )


def recorded_selection(session: Session, model: Model, feed: Feed, load: Load) -> RowSelection:
    """The selection of the feed's rows that are staged for a load. Raises `StagingLost` if there is none."""
    row = _kept(session, model, feed, load, sql("shift, hashed, places::text, buckets::text, everything"))
    shift, hashed, *selected = row
    return RowSelection(Segmentation(shift, hashed), *selected)


def check_staged(session: Session, model: Model, feed: Feed, load: Load) -> None:
    """Raise `StagingLost` if the staged rows of a feed belong to another load, or are lost.

    Staging tables are unlogged: they are empty after a server crash. With an empty staging table, every row would seem
    to be deleted.
    """
    _kept(session, model, feed, load, sql("load_id"))


def _kept(session: Session, model: Model, feed: Feed, load: Load, columns: SQL) -> tuple[Any, ...]:
    row = session.row(
        sql(
            "SELECT {columns} FROM stage.selections WHERE model = {model} AND feed = {feed} AND load_id = %(load_id)s",
            columns=columns,
            **names(model, feed),
        ),
        {"load_id": load.load_id},
    )
    if row is None:
        raise StagingLost(
            f"what load {load.load_id} staged is no longer there",
            where=f"stage.{feed.name}",
            expected="rows that its first steps left; a server that recovers from a crash empties staging",
            remedy="run again from the first step (in Airflow: clear e_from_pg_datawarehouse); nothing is lost",
        )
    return row


def names(model: Model, feed: Feed) -> dict[str, SQL]:
    """Names of the model and the feed in registers, as literals for a statement."""
    return {"model": literal(model.name), "feed": literal(feed.name)}
