"""The models for which DAGs are made: all known models that can be read."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from skyeng.errors import ModelError
from skyeng.model.loader import known_models, load_model
from skyeng.model.spec import Model

log = logging.getLogger(__name__)


def sound_models() -> Iterator[Model]:
    """The models that can be read, each name once. `check_models` reports what is wrong with the others."""
    names: set[str] = set()
    for path in known_models().values():
        try:
            model = load_model(path)
        except ModelError as exc:
            log.error("%s", exc)  # noqa: TRY400 - the message is whole, a traceback adds nothing
            continue
        if model.name not in names:
            yield model
        names.add(model.name)


def check_models() -> None:
    """Raise `ModelError` for the first model that cannot be read or has the name of another. DAGs are named by it."""
    known: dict[str, Model] = {}
    for path in known_models().values():
        model = load_model(path)
        first = known.setdefault(model.name, model)
        if first is not model:
            raise ModelError(
                f"two models have the name '{model.name}'",
                where=f"{first.directory}, {model.directory}",
                expected="a name of its own for each: tables, loads and DAGs are known by it",
                remedy="change `model:` in one of the two files; the DAGs are those of the first",
            )
