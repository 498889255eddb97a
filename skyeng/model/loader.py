"""Loader of model files. It reports all faults at once, each with file, line and what was expected."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from skyeng.config import BUILT_IN_MODELS, default_model, models_folder
from skyeng.errors import ModelError
from skyeng.model.rules import Fault, faults, reference_faults
from skyeng.model.spec import Model

_EXPLAINED = {
    "missing": "is missing",
    "extra_forbidden": "is not a key of this part of a model",
    "string_pattern_mismatch": "must be a plain name: lower-case letters, digits and underscores, a letter first",
    "tuple_type": "must be a list, or a mapping of names",
    "model_type": "must be a mapping",
}


def known_models() -> dict[str, Path]:
    """Model files by the name of their folder: first those of the package, then those in `SKYENG_MODELS`."""
    known: dict[str, Path] = {}
    for folder in (BUILT_IN_MODELS, models_folder()):
        for path in sorted(folder.glob("*/model.yaml")) if folder else ():
            known.setdefault(path.parent.name, path)
    return known


def kept_in(model: Model, ours: Path, beside: str) -> Path:
    """Folder of files that are written for a model: below `ours` for a built-in one, beside its file for any other."""
    return ours / model.name if _is_built_in(model) else model.directory / beside


def argument(model: Model) -> str:
    """The argument that names a model in a command: the name of a built-in model, the folder of any other."""
    return model.name if _is_built_in(model) else shlex.quote(str(model.directory))


def one_line(message: str) -> str:
    """A revision's message on one line, as UTF-8 can encode it."""
    return " ".join(message.split()).encode(errors="replace").decode()


def _is_built_in(model: Model) -> bool:
    return model.directory.resolve() == (BUILT_IN_MODELS / model.name).resolve()


def load_model(model: str | Path | None = None) -> Model:
    """Read a model, given its name, its `model.yaml` or its folder. None: the default model.

    Raises `ModelError`, which lists every fault of the file with its line.
    """
    path = _find(model)
    root = _parse(path)
    declared = yaml.BaseLoader("").construct_document(root) if root else None
    if not isinstance(declared, dict):
        raise ModelError("the model file has no mapping", where=str(path), expected="keys such as model, feeds, hubs")
    found, parsed = _validate(declared, path.parent)
    if parsed is not None:
        found = found or reference_faults(parsed, declared) or faults(parsed)
    if found or parsed is None:
        raise ModelError(_report(path, root, found), remedy="fix the file; `skyeng model lint` checks it again")
    return parsed


def report(model: str | Path | None, found: Sequence[Fault]) -> str:
    """Format the faults of a model, from any check, for a message: each with its line in the file."""
    path = _find(model)
    return _report(path, _parse(path), found)


def _find(named: str | Path | None) -> Path:
    model = named if named is not None else default_model()
    known = known_models()
    if str(model) in known:
        return known[str(model)].resolve()
    path = Path(model).expanduser()
    path = path / "model.yaml" if path.is_dir() else path
    if not path.is_file():
        raise ModelError(
            f"there is no model '{model}'",
            expected=f"the name of a model ({', '.join(sorted(known))}) or the path of a model.yaml",
        )
    return path.resolve()


def _parse(path: Path) -> yaml.Node | None:
    """Parse the file into nodes with line numbers. Every scalar is text: `on` is a name, not true."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        _check_keys(root)
    except (OSError, UnicodeDecodeError) as exc:
        raise ModelError("the model file cannot be read", where=f"{path}: {exc}", expected="a UTF-8 text file") from exc
    except yaml.MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark else 1
        raise ModelError(
            f"the model file is not valid YAML: {exc.problem}", where=f"{path}, line {line}", expected="valid YAML"
        ) from exc
    except yaml.YAMLError as exc:
        raise ModelError("the model file is not valid YAML", where=f"{path}: {exc}", expected="valid YAML") from exc
    return root


def _check_keys(node: yaml.Node | None) -> None:
    """Refuse equal keys. YAML itself would silently use the last of them."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(problem="a key must be a name", problem_mark=key.start_mark)
            if key.value in seen:
                raise yaml.MarkedYAMLError(problem=f"'{key.value}' is declared twice", problem_mark=key.start_mark)
            seen.add(key.value)
            _check_keys(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_keys(item)


def _validate(declared: dict[str, Any], directory: Path) -> tuple[list[Fault], Model | None]:
    """The model, or the faults of its fields and of the references in its sound parts.

    All faults of the file are reported at once. So the file without its faulty parts is
    still checked for broken references.
    """
    try:
        return [], Model.model_validate(declared | {"directory": directory})
    except ValidationError as exc:
        found = [_fault(error, declared) for error in exc.errors(include_url=False)]
    sound: Any = declared
    for fault in found:
        sound = _without(sound, fault.place if fault.message == _EXPLAINED["extra_forbidden"] else fault.place[:-1])
        if fault.place[:1] in (("model",), ("source",)):
            sound = sound | {fault.place[0]: "unnamed"}  # the name is faulty, but the model needs one
    try:
        rest = Model.model_validate(sound | {"directory": directory})
    except ValidationError:
        return found, None
    return found + reference_faults(rest, declared), rest


def _without(tree: Any, place: Sequence[str]) -> Any:
    """A copy of nested mappings without the entry at `place`."""
    if not isinstance(tree, dict) or not place or place[0] not in tree:
        return tree
    if len(place) == 1:
        return {key: value for key, value in tree.items() if key != place[0]}
    return tree | {place[0]: _without(tree[place[0]], place[1:])}


def _fault(error: Any, declared: dict[str, Any]) -> Fault:
    place: list[str] = []
    here: Any = declared
    for step in error["loc"]:
        if isinstance(here, dict) and isinstance(step, int):
            step = list(here)[step]
        here = here.get(step) if isinstance(here, dict) else here
        place.append(str(step))
    message: str = _EXPLAINED.get(error["type"]) or error["msg"][:1].lower() + error["msg"][1:]
    if error["type"] == "string_pattern_mismatch":
        message = f"'{error['input']}' {message}"
    return Fault(tuple(place), message)


@dataclass(frozen=True)
class _Placed:
    line: int
    text: str


def _report(path: Path, root: yaml.Node | None, found: Sequence[Fault]) -> str:
    placed = {
        _Placed(_line(root, fault.place), f"{'.'.join(fault.place) or 'model'}: {fault.message}") for fault in found
    }
    lines = [f"  {path.name}, line {it.line}: {it.text}" for it in sorted(placed, key=lambda it: (it.line, it.text))]
    faults_word = "fault" if len(lines) == 1 else "faults"
    return f"{len(lines)} {faults_word} in {path}\n" + "\n".join(lines)


def _line(node: yaml.Node | None, place: Sequence[str]) -> int:
    """Line of the deepest part of `place` that the file has."""
    line = 1
    for step in place:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                break
            line, node = _line_of(found[0][0]), found[0][1]
        elif isinstance(node, yaml.SequenceNode) and step.isdigit() and int(step) < len(node.value):
            node = node.value[int(step)]
            line = _line_of(node)
        else:
            break
    return line


def _line_of(node: yaml.Node | None) -> int:
    return node.start_mark.line + 1 if node and node.start_mark else 1
