"""`skyeng model`: work on a model file."""

from __future__ import annotations

from collections.abc import Sequence

import click

from skyeng.cli import show
from skyeng.config import Settings
from skyeng.errors import SourceError
from skyeng.local.stores import opened
from skyeng.marts import migrations as mart_migrations
from skyeng.model import argument, load_model, report
from skyeng.model.change import as_list
from skyeng.model.diagram import mermaid
from skyeng.model.docs import markdown
from skyeng.model.rules import Fault
from skyeng.sources.postgres import source_faults
from skyeng.vault import ownership
from skyeng.vault.revisions import changes_to_revise, control_history, model_history

model_argument = click.argument("model", required=False, metavar="[MODEL]")
#: For commands with arguments of their own.
model_option = click.option("-m", "--model", metavar="MODEL", help="The model; without it, the default one.")


@click.group()
def model() -> None:
    """Work on a model file."""


@model.command()
@model_argument
@click.option("--source", is_flag=True, help="Check columns and types of every feed against the live datasource.")
@click.option("--warehouse", is_flag=True, help="Check that no table of the warehouse belongs to another model.")
def lint(model: str | None, source: bool, warehouse: bool) -> None:
    """Check a model file, and report every fault with its line."""
    described = load_model(model)
    if source or warehouse:
        with opened(Settings.read()) as stores:
            if source:
                _check_stores(model, source_faults(stores.source, described))
            if warehouse:
                ownership.check_in(stores.warehouse, described)
    parts = (described.hubs, described.links, described.satellites, described.marts)
    counts = ", ".join(
        f"{len(part)} {kind}" for part, kind in zip(parts, ("hubs", "links", "satellites", "marts"), strict=True)
    )
    show.say(f"model '{described.name}' is sound: {counts}")


def _check_stores(model: str | None, found: Sequence[Fault]) -> None:
    """Raise `SourceError` with all faults that a comparison with a live store found, each with its line."""
    if found:
        raise SourceError(
            report(model, found),
            expected="every declared column, in a type that loads without changing a value",
            remedy="fix the file or the queries; `skyeng model lint --source` checks them again",
        )


@model.command()
@model_argument
def docs(model: str | None) -> None:
    """Print the model as a page of Markdown: feeds, vault, datamart."""
    show.out.print(markdown(load_model(model)), markup=False, soft_wrap=True)


@model.command()
@model_argument
def diagram(model: str | None) -> None:
    """Print the vault as a Mermaid entity diagram."""
    show.out.print(mermaid(load_model(model)), markup=False, soft_wrap=True)


@model.command()
@model_argument
@click.option("--message", "-m", required=True, help="What the revision is for; becomes part of its name.")
@click.option("--engine", is_flag=True, help="Also of the engine's own tables: for who changes the engine.")
def revise(model: str | None, message: str, engine: bool) -> None:
    """Write the next migration: what the model has and the warehouse lacks.

    A change that would lose history is refused, and nothing is written. The
    warehouse must be migrated. It is first brought to the newest revision.
    """
    from skyeng.vault import migrations

    described = load_model(model)
    history = model_history(described)
    histories = (control_history(), history) if engine else (history,)
    with opened(Settings.read()) as stores:
        ownership.check_in(stores.warehouse, described)
        found = changes_to_revise(described)
        written = [migrations.revise(stores.warehouse, history, message) for history in histories]
    written.append(mart_migrations.revise(described, message))
    for path in filter(None, written):
        show.say(f"written: {path}")
    if not any(written):
        show.say("nothing to write: warehouse and datamart are as the model says")
    elif found:
        show.say(f"which carries out:\n{as_list(found)}\nrun `skyeng migrate {argument(described)}` to apply it")
