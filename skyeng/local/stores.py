"""Opens the three stores that the settings name. A server that they do not name is embedded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from skyeng.config import Settings
from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import WAREHOUSE, Postgres
from skyeng.db.stores import Stores
from skyeng.local import instance
from skyeng.local.embedded_postgres import EmbeddedPostgres


@contextmanager
def opened(settings: Settings) -> Iterator[Stores]:
    """The stores that the settings name. Embedded servers run for the length of the block."""
    server: EmbeddedPostgres | None = None
    if settings.datasource_url is None or settings.warehouse_url is None:
        server = EmbeddedPostgres(settings.home / "postgres")
        server.start()
    try:
        yield Stores(
            source=Postgres(
                "pg_datasource", settings.datasource_url or _embedded(server, "datasource"), settings.lock_wait
            ),
            warehouse=Postgres(WAREHOUSE, settings.warehouse_url or _embedded(server, "warehouse"), settings.lock_wait),
            datamart=datamart(settings),
            keep_logs=settings.keep_logs,
        )
    finally:
        if server:
            server.stop()


def datamart(settings: Settings) -> ClickHouse:
    """The datamart alone, for callers that only query it.

    The embedded engine allows only one process. While `skyeng up` uses it, the datamart is queried over HTTP.
    """
    folder = settings.home.absolute() / "clickhouse"
    served = settings.datamart_url or instance.datamart_url(settings.home)
    return ClickHouse(served or f"chdb://{quote(str(folder))}?database=datamart")


def _embedded(server: EmbeddedPostgres | None, database: str) -> str:
    assert server is not None
    return server.url(database)
