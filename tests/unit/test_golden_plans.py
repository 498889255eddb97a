"""What runs send, as committed files: a change of names or layout alone changes no statement.

`tests/golden/<model>.sql` holds the plans of a model: for each scenario and option the steps in their order, then each
distinct step once. `tests/golden/renamed.yaml` maps names in these files to names in the code. When a statement changes
on purpose, `./run test tests/unit/test_golden_plans.py --write-golden` writes the files, and their diff is reviewed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import product, zip_longest
from pathlib import Path

import pytest
import yaml

from conftest import MODELS
from skyeng.detection.key_range import KeyRanges
from skyeng.errors import UsageError
from skyeng.model import Model, load_model
from skyeng.runs.dry_run import KINDS, Section
from skyeng.runs.pipelines import Options
from skyeng.runs.plan import dry_run

GOLDEN = Path(__file__).parents[1] / "golden"
RENAMED = GOLDEN / "renamed.yaml"
PROJECT = Path(__file__).parents[2] / "skyeng" / "models"
NAMES = sorted(path.parent.name for folder in (PROJECT, MODELS) for path in folder.glob("*/model.yaml"))

#: Options of a run, by how they are written; `--where` takes a key that the feed has.
OPTIONS: dict[str, Options] = {
    "": {},
    " --full": {"full": True},
    " --only to_datawarehouse": {"only": "to_datawarehouse"},
    " --only to_datamart": {"only": "to_datamart"},
}


def model_named(name: str) -> Model:
    return load_model(name if (PROJECT / name).is_dir() else MODELS / name)


def options_of(model: Model) -> dict[str, Options]:
    """The options, with a key range by each number that a feed can be limited by."""
    numbers = [it for feed in model.feeds for it in model.row_key(feed) if it.type.postgres in ("integer", "bigint")]
    options = dict(OPTIONS)
    for key_range in (f"{column.name}=1..1000" for column in numbers):
        with suppress(UsageError):
            KeyRanges.of(model, [key_range])
            options[f" --where {key_range}"] = {"where": [key_range]}
    return options


def step_of(section: Section) -> str:
    """The statements of a step, each after the session that sends it; settings of transactions are left out."""
    numbers: dict[int, int] = {}
    return "\n".join(
        f"-- {it.server}, session {numbers.setdefault(it.session, len(numbers) + 1)}\n{it.text};"
        for it in section.statements
        if not it.settles
    )


def plans(model: Model) -> str:
    """All plans of a model as one text."""
    variants: dict[str, dict[str, str]] = {}
    index = []
    for scenario, (written, options) in product(KINDS, options_of(model).items()):
        steps = []
        for section in dry_run(model, scenario=scenario, **options):
            of_step = variants.setdefault(section.name or "around", {})
            label = of_step.setdefault(step_of(section), f"{section.name or 'around'} {len(of_step) + 1}")
            steps.append(label)
        index.append(f"-- {scenario}{written}: {', '.join(steps)}")
    steps = [f"-- step {label}\n{text}" for of_step in variants.values() for text, label in of_step.items()]
    return "\n\n".join(["\n".join(index), *steps]) + "\n"


def renamed(text: str) -> str:
    """A golden text in the names of today."""
    for old, new in (yaml.safe_load(RENAMED.read_text()) or {}).items():
        text = re.sub(rf"\b{old}\b", new, text)
    return text


def unlike(golden: str, today: str) -> Iterator[str]:
    """Where two texts differ: the first such line of each step."""
    parts = [{part.partition("\n")[0]: part for part in text.split("\n\n-- step ")} for text in (golden, today)]
    for label in parts[0] | parts[1]:
        old, new = (part.get(label, "") for part in parts)
        if old != new:
            lines = zip_longest(old.splitlines(), new.splitlines())
            yield f"{label}: " + next((f"{a!r} is {b!r}" for a, b in lines if a != b), "blank lines")


@pytest.mark.parametrize("name", NAMES)
def test_runs_send_what_they_sent(name: str, request: pytest.FixtureRequest) -> None:
    today, file = plans(model_named(name)), GOLDEN / f"{name}.sql"
    if request.config.getoption("--write-golden"):
        file.write_text(today)
    assert list(unlike(renamed(file.read_text()), today)) == []


def test_no_plan_is_of_a_model_that_is_gone_and_every_name_of_the_map_is_needed() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.sql")) == NAMES
    golden = "".join(path.read_text() for path in GOLDEN.glob("*.sql"))
    assert [old for old in yaml.safe_load(RENAMED.read_text()) or {} if not re.search(rf"\b{old}\b", golden)] == []


def test_a_statement_that_is_altered_is_named() -> None:
    golden = "-- first: close 1\n\n-- step close 1\n-- pg, session 1\nSELECT 1;"
    assert list(unlike(golden, golden)) == []
    assert list(unlike(golden, golden.replace("SELECT 1", "SELECT 2"))) == ["close 1: 'SELECT 1;' is 'SELECT 2;'"]
    assert list(unlike(golden, golden + "\n\n-- step close 2\nx")) == ["close 2: None is 'close 2'"]
    assert list(unlike(golden, golden.replace("first", "changed"))) == [
        "-- first: close 1: '-- first: close 1' is None",
        "-- changed: close 1: None is '-- changed: close 1'",
    ]
