"""The engine names no subject area: not in a default, a help text, a message, a comment or a DAG."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import MODELS
from skyeng.config import BUILT_IN_MODELS, default_model
from skyeng.model import known_models, load_model

ROOT = Path(__file__).parents[2]
ENGINE = [
    path
    for folder in ("skyeng", "dags")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if BUILT_IN_MODELS not in path.parents
]
#: Names of the subject areas that ship, and of their entities.
SUBJECTS = re.compile(
    r"course|lesson|school|stream_module|teacher|campaign|impression|adtech|commerce|valueprop", re.IGNORECASE
)


def test_no_module_names_a_subject_area() -> None:
    assert len(ENGINE) > 100
    named = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in ENGINE
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if SUBJECTS.search(line)
    ]
    assert named == []


def test_the_default_model_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_model().name == default_model({}) == "courses"
    monkeypatch.setenv("SKYENG_MODEL", str(MODELS / "shop"))
    assert load_model().name == "shop"
    monkeypatch.setenv("SKYENG_MODELS", str(MODELS))
    monkeypatch.setenv("SKYENG_MODEL", "campus")
    assert load_model().name == "campus"
    assert {"courses", "shop", "campus"} <= set(known_models())
