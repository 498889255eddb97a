"""Parts of a model that were probably renamed: one is missing, and one of the same shape is new."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from skyeng.model.change import Change, Part, Section
from skyeng.model.signature import Signature


def without_renames(before: Signature, after: Signature) -> tuple[list[Change], Signature]:
    """The likely renames, and the second signature as if nothing had been renamed."""
    changes: list[Change] = []
    for section in _REFERENCES:
        renames = likely_renames(before[section], after[section], _SHAPES[section])
        changes += (_rename(section, old, new, before[section][old]) for old, new in renames.items())
        after = _with_old_names(before, after, section, renames)
    return changes, after


def likely_renames(old: Section, new: Section, shape: Callable[[Part], object]) -> dict[str, str]:
    """Likely renames, from old to new names: one missing part and one new part have a shape that no others have."""
    missing = {name: shape(part) for name, part in old.items() if name not in new}
    added = {name: shape(part) for name, part in new.items() if name not in old}
    return {
        name: next(other for other, its in added.items() if its == wanted)
        for name, wanted in missing.items()
        if list(missing.values()).count(wanted) == list(added.values()).count(wanted) == 1
    }


def _types(attributes: Section) -> list[tuple[str, str]]:
    return sorted((name, part["type"]) for name, part in attributes.items())


#: By section: the shape of a part, which a rename does not change.
_SHAPES: dict[str, Callable[[Part], object]] = {
    "hubs": lambda hub: _types(hub["business_key"]),
    "links": lambda link: link["hubs"],
    "feeds": lambda feed: (feed["load"], feed["applied"], feed["grain"]),
    "satellites": lambda satellite: (satellite["parent"], _types(satellite["attributes"])),
}

#: By section: the keys of other parts that refer to its parts. The order matters: a link is identified by its hubs.
_REFERENCES = {
    "hubs": (("links", "hubs"), ("links", "driving_key"), ("satellites", "parent")),
    "links": (("feeds", "grain"),),
    "feeds": (("satellites", "feed"), ("marts", "feed")),
    "satellites": (),
}


def _rename(section: str, old: str, new: str, part: Part) -> Change:
    plural = f" and `plural: {part['plural']}`" if "plural" in part else ""
    return Change(
        f"{section[:-1]} '{old}'",
        f"is missing, and '{new}' is new with the same shape: renamed, it would leave its history behind",
        f"keep the name '{old}'{plural}; analysts see the marts and their columns, and those may get new names",
    )


def _with_old_names(before: Signature, after: Signature, section: str, renames: Mapping[str, str]) -> Signature:
    """A signature as if nothing in a section had been renamed. References to a renamed part are then no changes."""
    old_names = {new: old for old, new in renames.items()}

    def resolved(value: Any) -> Any:
        if isinstance(value, list):
            return sorted(old_names.get(str(name), str(name)) for name in value)
        return old_names.get(value, value)

    rest = {name: part for name, part in after[section].items() if name not in old_names}
    after = {**after, section: rest | {old: before[section][old] for old in renames}}
    for referring, key in _REFERENCES[section]:
        after[referring] = {name: {**part, key: resolved(part[key])} for name, part in after[referring].items()}
    return after
