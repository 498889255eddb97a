"""`skyeng up`: run everything on one machine until Ctrl-C."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any

import click

from skyeng.cli import show
from skyeng.cli.model import model_argument
from skyeng.config import Settings, late
from skyeng.local.up.airflow_api import AirflowApi
from skyeng.local.up.processes import Programs
from skyeng.local.up.setup import LOOPBACK, Ports, Setup
from skyeng.local.up.supervisor import everything
from skyeng.model import load_model
from skyeng.watch.alerts import Alerts

_SECONDS_BETWEEN_PASSES = 2

#: Errors of a server that is busy, or whose answer broke off.
_NO_ANSWER = (OSError, ValueError, HTTPException)


def _port(name: str, default: int, what: str) -> Any:
    return click.option(
        f"--{name}-port",
        type=click.IntRange(0, 65535),
        default=default,
        show_default=True,
        envvar=f"SKYENG_{name.upper()}_PORT",
        show_envvar=True,
        help=f"Port of {what}; 0 is any free one.",
    )


@click.command()
@model_argument
@_port("airflow", Ports.airflow, "Airflow's UI")
@_port("postgres", Ports.postgres, "the embedded PostgreSQL")
@_port("clickhouse", Ports.clickhouse, "the datamart")
@_port("metrics", Ports.metrics, "the metrics for Prometheus")
def up(model: str | None, airflow_port: int, postgres_port: int, clickhouse_port: int, metrics_port: int) -> None:
    """Run everything, with the Airflow UI, without docker. Ctrl-C ends it.

    PostgreSQL with sample data, the datamart and Airflow run on loopback.
    The DAGs run every ten minutes. Data and passwords stay in SKYENG_HOME.
    """
    ports = Ports(airflow_port, postgres_port, clickhouse_port, metrics_port)
    begun = datetime.now(UTC)
    settings = Settings.read()
    for check in (Alerts.read, late):
        check()  # a wrong value is an error before anything is started
    try:
        with everything(load_model(model), settings.home, ports, show.say) as (setup, started, api):
            show.table(("what", "where", "user", "password"), list(_places(setup)))
            show.say(_NEXT)
            _watch(started, api, begun)
    except KeyboardInterrupt:
        show.say("stopped")


_NEXT = """Ready. Trigger a DAG in the UI, or change the source and wait. Ctrl-C ends all.
In another terminal: ./run generate --change 10%    ./run query
In the UI, a cross at Triggerer and an empty list of Connections are as they must
be: no task waits for an event, and connections come from the environment."""


def _places(setup: Setup) -> list[tuple[str, str, str | None, str | None]]:
    secret, ports = setup.passwords, setup.ports
    return [
        ("Airflow", setup.airflow, "admin", secret.admin),
        ("datamart (HTTP)", f"http://{LOOPBACK}:{ports.clickhouse}", "analyst", secret.analyst),
        ("warehouse", f"{LOOPBACK}:{ports.postgres}/warehouse", "loader", secret.loader),
        ("datasource", f"{LOOPBACK}:{ports.postgres}/datasource", "reader", secret.reader),
        ("metrics", f"{LOOPBACK}:{ports.metrics}/metrics", None, None),
    ]


def _watch(started: Programs, api: AirflowApi, begun: datetime) -> None:
    """Report how each run ends, until Ctrl-C or until a program ends. Runs that ended before `begun` are left out."""
    known: set[tuple[str, str]] = set()
    while True:
        started.check()
        for run in reversed(_newly_finished(api, known, begun)):
            show.say(_told(run, api))
        time.sleep(_SECONDS_BETWEEN_PASSES)


def _newly_finished(api: AirflowApi, known: set[tuple[str, str]], begun: datetime) -> list[dict[str, Any]]:
    try:
        runs = api.finished_runs()
    except _NO_ANSWER:
        return []  # the server is busy; `Programs.check` detects that it has ended
    ended = [run for run in runs if datetime.fromisoformat(run["end_date"]) >= begun]
    new = [run for run in ended if (run["dag_run_id"], run["end_date"]) not in known]
    known.update((run["dag_run_id"], run["end_date"]) for run in new)
    return new


def _told(run: dict[str, Any], api: AirflowApi) -> str:
    ended = datetime.fromisoformat(run["end_date"]).astimezone()
    return f"{ended:%H:%M:%S}  {run['dag_id']:<18}  {_outcome(run, api)}"


def _outcome(run: dict[str, Any], api: AirflowApi) -> str:
    if run["state"] != "success":
        return "failed: the task's log in the UI says why and what to do"
    try:
        results = [result for result in api.results(run) if isinstance(result, dict)]
    except _NO_ANSWER:  # the run may have been deleted or cleared meanwhile
        return "ended"
    return "; ".join(_in_words(result) for result in results) or "nothing new"


def _in_words(result: dict[str, Any]) -> str:
    if "row_versions" in result:
        how = f"rebuilt: {result['reason']}" if result["reason"] else "appended"
        views = f"; views made again: {', '.join(result['views'])}" if result["views"] else ""
        return f"{result['row_versions']:,} row versions, {how}{views}"
    return ", ".join(f"{result[key]:,} {key}" for key in ("new", "changed", "deleted"))
