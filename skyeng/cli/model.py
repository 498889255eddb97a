"""`skyeng model`: work on a model file."""

from __future__ import annotations

import click

from skyeng import pipeline
from skyeng.cli import show
from skyeng.datamart import migrations as mart_migrations
from skyeng.model import load_model
from skyeng.model.diagram import mermaid
from skyeng.model.documentation import markdown
from skyeng.settings import Settings
from skyeng.warehouse.revisions import control_history, model_history

model_argument = click.argument("model", default="courses", metavar="[MODEL]")


@click.group()
def model() -> None:
    """Work on a model file."""


@model.command()
@model_argument
def lint(model: str) -> None:
    """Check a model file; every fault with its line."""
    described = load_model(model)
    parts = (described.hubs, described.links, described.satellites, described.marts)
    counts = ", ".join(
        f"{len(part)} {kind}" for part, kind in zip(parts, ("hubs", "links", "satellites", "marts"), strict=True)
    )
    show.say(f"model '{described.name}' is sound: {counts}")


@model.command()
@model_argument
def docs(model: str) -> None:
    """Print the model as a page of Markdown: feeds, vault, datamart."""
    show.out.print(markdown(load_model(model)), markup=False, soft_wrap=True)


@model.command()
@model_argument
def diagram(model: str) -> None:
    """Print the vault as a Mermaid entity diagram."""
    show.out.print(mermaid(load_model(model)), markup=False, soft_wrap=True)


@model.command()
@model_argument
@click.option("--message", "-m", required=True, help="What the revision is for; becomes part of its name.")
def revise(model: str, message: str) -> None:
    """Write the next migration from what the model says and the warehouse lacks."""
    from skyeng.warehouse import migrations  # Alembic is slow to import, and few commands need it

    described = load_model(model)
    with pipeline.opened(Settings.read()) as stores:
        written = [
            migrations.revise(stores.warehouse, history, message)
            for history in (control_history(), model_history(described))
        ]
    written.append(mart_migrations.revise(described, message))
    for path in filter(None, written):
        show.say(f"written: {path}")
    if not any(written):
        show.say("nothing to write: warehouse and datamart are as the model says")
