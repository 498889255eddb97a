"""The documents say what is so."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from skyeng.cli.main import cli
from skyeng.marts.queries import named_queries
from skyeng.model import Model

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_command_in_the_documents_exists() -> None:
    context = click.Context(cli)
    named = {match for path in DOCUMENTS for match in re.findall(r"\./run ([a-z][a-z-]*)", path.read_text())}
    assert {"demo", "test", "run", "query", "verify"} <= named
    for name in named - {"test", "bench"}:
        assert cli.get_command(context, name), name


def test_the_readme_names_every_query(courses: Model) -> None:
    text = DOCUMENTS[0].read_text()
    for query in named_queries(courses):
        assert f"`{query.name}`" in text


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https://)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target
