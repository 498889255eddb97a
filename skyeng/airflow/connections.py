"""The three stores as Airflow connections, of the types of the official providers, and as URLs.

`pg_datasource`, `pg_datawarehouse` and `ch_datamart` have the same values as the three URLs, in either notation. This
module does not import Airflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote, urlencode, urlsplit

from skyeng.errors import SettingsError

#: Extra fields of Airflow's PostgreSQL connections that are not options of the driver.
_AIRFLOWS_OWN = {
    "aws_conn_id",
    "azure_conn_id",
    "cluster-identifier",
    "cursor",
    "iam",
    "redshift",
    "sqlalchemy_query",
    "sqlalchemy_scheme",
    "workgroup-name",
}

Extra = Mapping[str, Any]


def url(
    name: str,
    conn_type: str,
    *,
    host: str | None,
    port: int | None,
    login: str | None,
    password: str | None,
    schema: str | None,
    extra: Extra,
) -> str:
    """The URL of a connection. Raises `SettingsError`, with the connection's name, if it cannot be used."""
    client: Extra = extra.get("client_kwargs") or {}
    if conn_type == "clickhouse" and client.get("interface") == "chdb":
        return f"chdb://{quote(str(client.get('path', '')))}?database={quote(schema or '', safe='')}"
    if conn_type not in ("postgres", "clickhouse") or not host or not schema:
        expected = "clickhouse" if name.startswith("ch_") else "postgres"
        raise SettingsError(
            f"connection '{name}' cannot be used: it is of type '{conn_type}'"
            f"{'' if host else ', without a host'}{'' if schema else ', without a database (schema)'}",
            expected=f"type {expected} with host, port, login, password and schema",
            remedy=f"fix it under Admin > Connections, or set AIRFLOW_CONN_{name.upper()}",
        )
    secret = f":{quote(password, safe='')}" if password else ""
    authority = f"{quote(login, safe='')}{secret}@" if login else ""
    if conn_type == "clickhouse":
        scheme = "clickhouses" if extra.get("secure") else "clickhouse"
        return f"{scheme}://{authority}{host}{f':{port}' if port else ''}/{quote(schema, safe='')}"
    options = {key: str(value) for key, value in extra.items() if key not in _AIRFLOWS_OWN and not key.startswith("__")}
    if host.startswith("/"):  # the folder of a Unix socket
        options, host = {"host": host, **({"port": str(port)} if port else {}), **options}, ""
    elif port:
        host = f"{host}:{port}"
    query = f"?{urlencode(options, quote_via=quote)}" if options else ""
    return f"postgresql://{authority}{host}/{quote(schema, safe='')}{query}"


def connection(url: str) -> dict[str, Any]:
    """The connection of a URL, in the JSON format of `AIRFLOW_CONN_...`."""
    parts = urlsplit(url)
    if parts.scheme == "chdb":
        database = parse_qs(parts.query).get("database", ["datamart"])[0]
        client = {"interface": "chdb", "path": unquote(parts.path)}
        return {"conn_type": "clickhouse", "schema": database, "extra": {"client_kwargs": client}}
    extra: dict[str, Any] = dict(parse_qsl(parts.query))
    if parts.scheme == "clickhouses":
        extra["secure"] = True
    hosts = parts.netloc.rpartition("@")[2]
    host, port = (hosts, None) if "," in hosts else (parts.hostname, parts.port)
    found = {
        "conn_type": "clickhouse" if parts.scheme.startswith("clickhouse") else "postgres",
        "host": extra.pop("host", None) or host,
        "port": port,
        "login": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "schema": unquote(parts.path.strip("/")),
        "extra": extra,
    }
    return {key: value for key, value in found.items() if value}
