"""`skyeng`: each command parses its arguments, calls one function, and reports the result."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from skyeng import api, log, proof, runs
from skyeng.cli import show
from skyeng.cli.deploy import deploy
from skyeng.cli.history import history
from skyeng.cli.model import model, model_argument, model_option
from skyeng.cli.plan import plan
from skyeng.cli.up import up
from skyeng.cli.watch import watch
from skyeng.config import Settings
from skyeng.control import loads
from skyeng.errors import SkyengError, UsageError
from skyeng.local import signals
from skyeng.local.stores import datamart as datamart_of
from skyeng.local.stores import opened
from skyeng.marts import queries
from skyeng.marts.queries import NamedQuery
from skyeng.model import Model, load_model
from skyeng.provisioning import migrate as migrate_stores
from skyeng.runs import MartState
from skyeng.sources import sample_data
from skyeng.vault.revisions import check_migrated

_VARIABLES = """
\b
Settings, all optional (unset: embedded servers under SKYENG_HOME):
  PG_DATASOURCE_URL     postgresql://user:password@host:5432/source
  PG_DATAWAREHOUSE_URL  postgresql://user:password@host:5432/warehouse
  CH_DATAMART_URL       clickhouse://user:password@host:8123/datamart
  SKYENG_MODEL          model of commands that name none
  SKYENG_MODELS         folder of further models, each in a folder of its own
  SKYENG_HOME           folder of the embedded servers (.skyeng)
  SKYENG_LOCK_WAIT      how long a statement waits for a lock (10min)
  SKYENG_KEEP_LOGS      how long it is known which steps a load had (30d)
  SKYENG_ALERTS         recipients of alerts: web hooks and mail addresses
  SKYENG_LATE           after what time `watch` calls a load late (30min)

\b
Exit codes: 0 done, 1 failed or differs, 2 usage or settings.
"""


class _Moment(click.ParamType):
    """A point in time in ISO 8601. A time without a zone is UTC."""

    name = "timestamp"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        try:
            return datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"'{value}' is no time; expected such as '2026-09-01 12:00:00.5'", param, ctx)


class _Commands(click.Group):
    """Turns each of our errors into one message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SkyengError as exc:
            if ctx.params["debug"]:
                traceback.print_exc()
            show.say(f"error: {exc}")
            ctx.exit(exc.exit_code)


@click.group(
    cls=_Commands,
    epilog=_VARIABLES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.option("--debug", is_flag=True, envvar="SKYENG_DEBUG", show_envvar=True, help="Show the traceback of an error.")
@click.option(
    "--log-level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"], case_sensitive=False),
    default="WARNING",
    show_default=True,
    envvar="SKYENG_LOG_LEVEL",
    show_envvar=True,
    help="Log steps at INFO, and statements with their times at DEBUG.",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    envvar="SKYENG_LOG_FORMAT",
    show_envvar=True,
    help="Format of the log, on stderr.",
)
@click.version_option(package_name="skyeng")
def cli(debug: bool, log_level: str, log_format: Any) -> None:  # noqa: ARG001 - `_Commands` reads `debug`
    """Historise an operational PostgreSQL into a Data Vault, and serve it from
    ClickHouse.

    MODEL is the name of a model of the package or of the folder SKYENG_MODELS,
    or the path of a model.yaml. Without it, SKYENG_MODEL names the model.
    """
    log.configure(log_level.upper(), log_format)


_as_json = click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="For programs: json.",
)


@cli.command()
@model_argument
def demo(model: str | None) -> None:
    """Run all once on embedded servers: sample, vault, datamart, query."""
    begun = time.perf_counter()
    settings = Settings(home=Settings.read().home)
    described = load_model(model)
    shown = _demo_query(described)
    with opened(settings) as stores, show.progress() as observer:
        started = time.perf_counter() - begun
        if not sample_data.has_tables(stores.source):
            show.say(f"creating the sample of model '{described.name}'")
            sample_data.create_sample(stores.source, described)
        migrate_stores(described, stores)
        ready = time.perf_counter() - begun
        done = runs.run(described, stores, observer=observer)
        show.report(described, done, time.perf_counter() - begun)
        with stores.warehouse.session(snapshot=True) as session:
            counts = loads.row_counts(session, described)
        with stores.datamart.session() as session:
            counts += [(mart.table, session.scalar(queries.count_of(mart))) for mart in described.marts]
            frame = session.frame(shown.statement)
        show.table(("table", "rows"), counts, "Rows (zero keys and ghost records not counted)")
        show.table(list(frame.columns), frame.to_numpy().tolist(), shown.question)
        total = time.perf_counter() - begun
        times = [
            ("start servers", started),
            ("create and migrate", ready - started),
            *_by_part(done.seconds),
            ("all", total),
        ]
        show.table(("part", "seconds"), [(part, round(seconds, 2)) for part, seconds in times], "Time")
    show.say(_NEXT)


def _demo_query(model: Model) -> NamedQuery:
    """The query that a demo runs; the model's file `data/demo` has its name. Raises `UsageError` without that file."""
    file = model.directory / "data" / "demo"
    if not file.is_file():
        raise UsageError(
            f"model '{model.name}' has no demo",
            expected="data/schema.sql and data/sample.sql, which make a sample, and data/demo with the name of a query",
            remedy="run `skyeng migrate`, then `skyeng run`, on a source of your own",
        )
    return queries.find(model, file.read_text().strip())


_NEXT = """
What to try next:
  ./run demo                          again: nothing is new
  ./run generate --change 10%         change the source, then ./run run
  ./run query                         lists the questions; ./run query NAME answers one
  ./run verify                        source = warehouse = datamart, proved
  ./run status                        loads and lag"""


@cli.command()
@model_argument
def migrate(model: str | None) -> None:
    """Create or upgrade warehouse and datamart. Safe to repeat."""
    described = load_model(model)
    with opened(Settings.read()) as stores:
        migrate_stores(described, stores)
    show.say(f"warehouse and datamart are ready for model '{described.name}'")


@cli.command()
@model_argument
@click.option("--only", type=click.Choice(["to_datawarehouse", "to_datamart"]), help="Run one of the two pipelines.")
@click.option("--full", is_flag=True, help="Compare everything with the vault itself, and repair the datamart.")
@click.option("--may-be-empty", is_flag=True, help="Believe a feed that gives no row: end all that it gave before.")
@click.option(
    "--where",
    multiple=True,
    metavar="KEY=LOW..HIGH",
    help="Compare only this part of the source, by a business key, as in order_id=1..100000. May be repeated.",
)
def run(model: str | None, only: Any, full: bool, may_be_empty: bool, where: tuple[str, ...]) -> None:
    """Bring warehouse and datamart up to date with the source."""
    described = load_model(model)
    begun = time.perf_counter()
    with opened(Settings.read()) as stores, show.progress() as observer:
        done = runs.run(
            described, stores, only=only, full=full, where=where, may_be_empty=may_be_empty, observer=observer
        )
        show.report(described, done, time.perf_counter() - begun, where=where)


@cli.command()
@model_argument
@_as_json
def status(model: str | None, format_: str) -> None:
    """Show the last loads, the numbers of rows, and the lag of the datamart."""
    described = load_model(model)
    with opened(Settings.read()) as stores:
        check_migrated(stores.warehouse, described)
        with stores.warehouse.session(snapshot=True) as session:
            recent = loads.recent(session, described)
            counts = loads.row_counts(session, described)
        states = list(runs.mart_states(described, stores))
    if format_ == "json":
        show.json(_status_as_json(recent, counts, states))
        return
    behind = [
        (it.mart, it.rows, it.loads_behind, it.newest_load and f"{it.newest_load:%Y-%m-%d %H:%M:%S.%f}")
        for it in states
    ]
    shown = [
        (f"{ts:%Y-%m-%d %H:%M:%S.%f}", state, *numbers, error or run_by)
        for ts, state, run_by, _, *numbers, error in recent
    ]
    show.table(("load (UTC)", "status", "new", "changed", "deleted", "by, or error"), shown, "Loads, newest first")
    show.table(("table", "rows"), counts, "Vault")
    show.table(("mart", "rows", "loads behind", "newest load (UTC)"), behind, "Datamart")
    for difference in (it for state in states for it in state.differences):
        show.out.print(difference, markup=False, soft_wrap=True)


@cli.command()
@model_argument
@_as_json
def verify(model: str | None, format_: str) -> None:
    """Prove that source, warehouse and datamart are equal.

    If they are not, the differing rows are printed, and the exit code is 1.
    """
    with opened(Settings.read()) as stores:
        results = proof.verify(load_model(model), stores)
    if format_ == "json":
        show.json([asdict(it) for it in results])
    else:
        show.verification(results)
    if not all(result.equal for result in results):
        raise SystemExit(1)


@cli.command()
@click.argument("name", required=False)
@click.option("--sql", "text", help="SQL of your own instead of a named query.")
@click.option(
    "--as-of",
    type=_Moment(),
    help="Read the datamart as it was then (UTC).",
)
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@model_option
def query(name: str | None, text: str | None, as_of: datetime | None, format_: Any, model: str | None) -> None:
    """Query the datamart. Without NAME, list the named queries."""
    described = load_model(model)
    if name is None and text is None:
        show.table(("name", "question"), [(known.name, known.question) for known in queries.named_queries(described)])
        return
    statement = api.statement_of(described, name, text, as_of)
    with queries.reading(datamart_of(Settings.read()), described, statement) as session:
        if format_ == "table":
            result = session.client.query(statement.text)
            show.table(result.column_names, [tuple(row) for row in result.result_rows])
        else:
            sys.stdout.buffer.write(session.text(statement, format_))


@cli.command()
@model_argument
@click.option("--rows", type=click.IntRange(min=1), help="Create source tables with so many rows.")
@click.option("--change", metavar="FRACTION", help="Change a fraction of the rows, such as 1%.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same rows.")
def generate(model: str | None, rows: int | None, change: str | None, seed: int) -> None:
    """Create synthetic source data, or change existing data.

    Writes to the datasource.
    """
    described = load_model(model)
    if (rows is None) == (change is None):
        raise UsageError("say what to make", expected="either --rows 1000000 or --change 1%")
    with opened(Settings.read()) as stores:
        if rows is not None:
            made = sample_data.generate(stores.source, described, rows, seed)
        else:
            made = sample_data.change(stores.source, described, _share(change or ""), seed)
    show.table(("what", "rows"), made)


def _status_as_json(
    recent: Sequence[tuple[Any, ...]], counts: Sequence[tuple[str, int]], states: Sequence[MartState]
) -> dict[str, Any]:
    names = ("load_ts", "status", "run_by", "seconds", "new", "changed", "deleted", "error")
    return {
        "loads": [dict(zip(names, row, strict=True)) for row in recent],
        "vault": dict(counts),
        "marts": [asdict(it) for it in states],
    }


cli.add_command(deploy)
cli.add_command(up)
cli.add_command(watch)
cli.add_command(history)
cli.add_command(plan)
cli.add_command(model)


def _share(text: str) -> float:
    try:
        share = float(text.rstrip("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise UsageError(f"'{text}' is no fraction", expected="such as 1% or 0.01", remedy="--change 1%")
    return share


def _by_part(seconds: dict[str, float]) -> list[tuple[str, float]]:
    to_mart = {name: taken for name, taken in seconds.items() if "mart" in name}
    return [("to_datawarehouse", sum(seconds.values()) - sum(to_mart.values())), ("to_datamart", sum(to_mart.values()))]


def main() -> None:
    """Entry point. Signals end the process in order, so that embedded servers are stopped."""
    signals.end_in_order()
    try:
        cli()
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output has closed the pipe
        sys.exit(141)
    finally:
        signals.ignore()
