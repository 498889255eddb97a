"""The documents say what is so."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import click
import pytest

from skyeng.cli.main import cli
from skyeng.marts.queries import named_queries
from skyeng.model import Model

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_command_in_the_documents_exists() -> None:
    context = click.Context(cli)
    named = {match for path in DOCUMENTS for match in re.findall(r"\./run ([a-z][a-z-]*)", path.read_text())}
    assert {"demo", "test", "run", "query", "verify"} <= named
    for name in named - {"test", "bench"}:
        assert cli.get_command(context, name), name


def test_generated_pages_are_up_to_date() -> None:
    """Every command and option is on the page of commands, and nothing else."""
    made = runpy.run_path(str(ROOT / "docs" / "make.py"))["commands"]()
    assert (ROOT / "docs" / "commands.md").read_text() == made
    assert len(made) > 5000


def test_every_variable_is_documented_and_every_documented_one_is_read() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "skyeng").rglob("*.py"))
    read = {
        it
        for it in re.findall(r"\b(?:SKYENG|PG|CH)_[A-Z]+(?:_[A-Z]+)*\b", code)
        if it.startswith("SKYENG") or it.endswith("_URL")
    }
    read |= {f"SKYENG_{it}_PORT" for it in ("AIRFLOW", "POSTGRES", "CLICKHOUSE", "METRICS")}
    internal = {it for it in read if it.startswith("SKYENG_STANDIN")}
    text = " ".join(path.read_text() for path in [*DOCUMENTS, ROOT / "CONTRIBUTING.md"])
    documented = set(re.findall(r"\bSKYENG_[A-Z]+(?:_[A-Z]+)*\b|\b(?:PG|CH)_[A-Z]+_URL\b", text))
    assert read - internal - documented == set()
    of_tests = {"SKYENG_LONG", "SKYENG_REPLAY_LOADS", "SKYENG_REPLAY_CHANGES", "SKYENG_REPLAY_SEED"}
    assert documented - read - of_tests == set()


def test_the_analysts_page_names_every_query(courses: Model) -> None:
    text = (ROOT / "docs" / "analysts.md").read_text()
    for query in named_queries(courses):
        assert f"`{query.name}`" in text


def test_the_readme_is_short() -> None:
    assert len(DOCUMENTS[0].read_text().splitlines()) <= 150


@pytest.mark.parametrize(
    "path", [*DOCUMENTS, *(ROOT / it for it in ("CONTRIBUTING.md", "SECURITY.md"))], ids=lambda path: path.name
)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https://)([^)#]+)", path.read_text()):
        assert (path.parent / target).exists(), target
