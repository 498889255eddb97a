"""`skyeng plan`: the statements that a run would send, without servers."""

from __future__ import annotations

from typing import Any

import click

from skyeng.cli.model import model_argument
from skyeng.model import load_model
from skyeng.runs.dry_run import KINDS
from skyeng.runs.plan import ROWS
from skyeng.runs.plan import plan as statements


@click.command()
@model_argument
@click.option("--only", type=click.Choice(["to_datawarehouse", "to_datamart"]), help="One of the two pipelines.")
@click.option("--full", is_flag=True, help="A run that compares with the vault itself.")
@click.option("--where", multiple=True, metavar="KEY=LOW..HIGH", help="A run of this part of the source.")
@click.option(
    "--scenario",
    type=click.Choice(KINDS),
    default="changed",
    show_default=True,
    help="A first load, some rows changed, or nothing new.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=ROWS,
    show_default=True,
    help="Rows of each feed. Large loads send other statements than small ones.",
)
def plan(model: str | None, only: Any, full: bool, where: tuple[str, ...], scenario: Any, rows: int) -> None:
    """Print every statement that a run would send, with its step and server.

    Works offline: a dry run of the same code, with made-up answers instead of
    servers.
    """
    script = statements(load_model(model), only=only, full=full, where=where, scenario=scenario, rows=rows)
    click.echo(script, nl=False)
