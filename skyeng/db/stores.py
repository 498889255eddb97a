"""The three stores of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import Postgres


@dataclass(frozen=True)
class Stores:
    """Source, warehouse and datamart."""

    source: Postgres
    warehouse: Postgres
    datamart: ClickHouse
    #: How long the steps of past loads stay on record.
    keep_logs: timedelta = timedelta(days=30)
