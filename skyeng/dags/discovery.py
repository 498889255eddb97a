"""Which models get DAGs: those of the package, and the folders in `SKYENG_MODELS`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

from skyeng.errors import ModelError
from skyeng.model import Model, built_in_models, load_model

log = logging.getLogger(__name__)


def models() -> dict[str, Path | str]:
    """Models by name: those of the package, and the folders in `SKYENG_MODELS`."""
    folder = os.environ.get("SKYENG_MODELS")
    others = {path.parent.name: path for path in sorted(Path(folder).glob("*/model.yaml"))} if folder else {}
    return {**{name: name for name in built_in_models()}, **others}


def sound_models() -> Iterator[Model]:
    """The models that can be read; what is wrong with the others is for `check_models`."""
    for model in models().values():
        try:
            yield load_model(model)
        except ModelError as exc:
            log.error("%s", exc)  # noqa: TRY400 - the message is whole, a traceback adds nothing


def check_models() -> None:
    """Raise `ModelError` for the first model that cannot be read."""
    for model in models().values():
        load_model(model)
