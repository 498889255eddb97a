"""Functions for notebooks. Settings come from the environment unless they are given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from skyeng import proof, runs
from skyeng.config import Settings
from skyeng.errors import UsageError
from skyeng.local.stores import datamart as datamart_of
from skyeng.local.stores import opened
from skyeng.marts import queries
from skyeng.model import Model, load_model
from skyeng.sql import SQL, written
from skyeng.vault import entity_history
from skyeng.vault.revisions import check_migrated

if TYPE_CHECKING:
    import pandas as pd

    from skyeng.proof.verification import Verification
    from skyeng.runs.pipelines import Pipeline, Report

__all__ = ["history", "load_model", "query", "run", "verify"]


def run(
    model: str | Path | Model | None = None,
    *,
    only: Pipeline | None = None,
    full: bool = False,
    where: Sequence[str] = (),
    settings: Settings | None = None,
) -> Report:
    """Synchronise warehouse and datamart with the source. Returns a report.

    `only` runs one of the two pipelines. `full` does not rely on bookkeeping, and repairs the mart. `where` restricts
    the source to ranges of business keys, as in `["order_id=1..100000"]`.
    """
    with opened(settings or Settings.read()) as stores:
        return runs.run(_model(model), stores, only=only, full=full, where=where)


def verify(model: str | Path | Model | None = None, *, settings: Settings | None = None) -> list[Verification]:
    """Compare source, warehouse and datamart row by row. Returns one result per comparison."""
    with opened(settings or Settings.read()) as stores:
        return proof.verify(_model(model), stores)


def query(
    name: str | None = None,
    *,
    sql: str | None = None,
    model: str | Path | Model | None = None,
    as_of: datetime | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """Query the datamart, with a named query of the model or with your own SQL.

    Columns have pandas' own types: nullable integers and booleans where values may be missing, timestamps in UTC.
    `as_of` (UTC) reads the marts as of that time.
    """
    described = _model(model)
    statement = statement_of(described, name, sql, as_of)
    with queries.reading(datamart_of(settings or Settings.read()), described, statement) as session:
        return session.frame(statement).convert_dtypes()


def history(
    hub: str,
    *key: object,
    model: str | Path | Model | None = None,
    settings: Settings | None = None,
) -> pd.DataFrame:
    """The history of an entity, as in `history("customer", 1)`: what changed, from, to, at which load (UTC).

    `key` has the parts of its business key. Values are texts, because attributes of many types share one column. If a
    value refers to several other entities, their keys are in one text.
    """
    import pandas as pd

    described = _model(model)
    with opened(settings or Settings.read()) as stores:
        check_migrated(stores.warehouse, described)
        with stores.warehouse.session(snapshot=True) as session:
            events = entity_history.entity_history(
                session, described, entity_history.find_hub(described, hub), entity_history.as_texts(key)
            )
    frame = pd.DataFrame([event.record() for event in events], columns=list(entity_history.COLUMNS)).convert_dtypes()
    return frame.astype({"load_ts": "datetime64[us, UTC]"})


def statement_of(model: Model, name: str | None, sql: str | None, as_of: datetime | None) -> SQL:
    """The statement of a named query or of SQL. Raises `UsageError` unless exactly one of the two is given."""
    if (name is None) == (sql is None):
        raise UsageError("ask one question: the name of a query, or SQL", expected="a name, or --sql 'SELECT ...'")
    statement = queries.find(model, name).statement if name is not None else written(sql or "")
    return queries.as_of(statement, model, as_of) if as_of else statement


def _model(model: str | Path | Model | None) -> Model:
    return model if isinstance(model, Model) else load_model(model)
