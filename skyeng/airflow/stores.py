"""The three stores, from Airflow's connections."""

from __future__ import annotations

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

from skyeng.airflow.connections import url
from skyeng.config import keep_logs, lock_wait
from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import WAREHOUSE, Postgres
from skyeng.db.stores import Stores
from skyeng.errors import SettingsError
from skyeng.model import Model


def stores_of(model: Model) -> Stores:
    """The stores of a model. Raises `SettingsError` if a connection is missing or cannot be used."""
    return Stores(
        source=Postgres(model.source, _url(model.source), lock_wait()),
        warehouse=Postgres(WAREHOUSE, _url(WAREHOUSE), lock_wait()),
        datamart=ClickHouse(_url("ch_datamart")),
        keep_logs=keep_logs(),
    )


def _url(name: str) -> str:
    try:
        found = BaseHook.get_connection(name)
    except AirflowNotFoundException as exc:
        raise SettingsError(
            f"there is no connection '{name}'",
            remedy=f"add it under Admin > Connections, or set AIRFLOW_CONN_{name.upper()}",
        ) from exc
    return url(
        name,
        found.conn_type or "",
        host=found.host,
        port=found.port,
        login=found.login,
        password=found.password,
        schema=found.schema,
        extra=found.extra_dejson,
    )
