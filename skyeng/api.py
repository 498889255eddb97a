"""What notebooks call. Settings come from the environment unless they are given."""

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
    """Bring warehouse and datamart level with the source; what was done.

    `only` runs one of the two pipelines. `full` trusts no bookkeeping and repairs the mart. `where`
    restricts the source to ranges of business keys, as in `["order_id=1..100000"]`.
    """
    with opened(settings or Settings.read()) as stores:
        return runs.run(_model(model), stores, only=only, full=full, where=where)


def verify(model: str | Path | Model | None = None, *, settings: Settings | None = None) -> list[Verification]:
    """Compare source, warehouse and datamart row by row; one result a comparison."""
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
    """Ask the datamart: a named query of the model, or SQL of your own.

    Columns have pandas' own types: nullable integers and booleans where values may be missing,
    timestamps in UTC. `as_of` (UTC) reads the marts as they were then.
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
    """An entity's life: what changed, from, to, at which load (UTC); `history("customer", 1)`.

    `key` has the parts of its business key. Values are texts, as attributes of many types stand
    in one column; where several other entities are meant, their keys stand in one text.
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
    """The statement that a question means. Raises `UsageError` unless exactly one was asked."""
    if (name is None) == (sql is None):
        raise UsageError("ask one question: the name of a query, or SQL", expected="a name, or --sql 'SELECT ...'")
    statement = queries.find(model, name).statement if name is not None else written(sql or "")
    return queries.as_of(statement, model, as_of) if as_of else statement


def _model(model: str | Path | Model | None) -> Model:
    return model if isinstance(model, Model) else load_model(model)
