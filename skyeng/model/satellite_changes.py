"""Changes of the satellites of a model, and of their attributes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skyeng.model.change import (
    Change,
    Part,
    Section,
    column_changes,
    common,
    missing,
    plural_changes,
    type_changes,
)
from skyeng.model.renames import likely_renames
from skyeng.model.types import parse_type


def satellite_changes(old: Section, new: Section) -> Iterator[Change]:
    for name, was in missing(old, new):
        others = [
            other
            for other, part in new.items()
            if part["parent"] == was["parent"] and part["attributes"].keys() & was["attributes"].keys()
        ]
        there = f", and its attributes are in {' and '.join(others)} now" if others else ""
        yield Change(
            f"satellite '{name}'",
            f"is missing{there}: its history would be left behind",
            f"keep it; what the source no longer has, the query of feed '{was['feed']}' may deliver as NULL",
        )
    for name, _ in missing(new, old):
        yield Change(f"satellite '{name}'", "is new: its columns are NULL in what was loaded before")
    for name, was, is_ in common(old, new):
        yield from _satellite(name, was, is_, _attributes_new_elsewhere(name, old, new))


def _satellite(name: str, was: Part, is_: Part, elsewhere: Mapping[str, str]) -> Iterator[Change]:
    where = f"satellite '{name}'"
    yield from plural_changes(where, was, is_)
    for key, what in (("parent", "hub"), ("feed", "feed")):
        if was[key] != is_[key]:
            yield Change(
                where,
                f"has the {what} '{is_[key]}' instead of '{was[key]}': stored versions are those of the old one",
                f"keep `{key}: {was[key]}`, and declare a satellite of another name with `{key}: {is_[key]}`",
            )
    old, new = was["attributes"], is_["attributes"]
    renamed = likely_renames(old, new, lambda attribute: attribute["type"])
    for attribute, part in missing(old, new):
        yield _attribute_missing(name, attribute, was["feed"], part, renamed.get(attribute), elsewhere.get(attribute))
    for attribute, _ in missing(new, old):
        if attribute not in renamed.values():
            yield Change(f"attribute '{attribute}' of {where}", "is new: it is NULL in what was loaded before")
    for attribute, before, after in common(old, new):
        at = f"attribute '{attribute}' of {where}"
        yield from column_changes(at, before, after)
        yield from type_changes(at, before, after, f"declare an attribute of another name with {after['type']}")


def _attributes_new_elsewhere(name: str, old: Section, new: Section) -> dict[str, str]:
    """Attributes that are new in other satellites of the same hub, each with its satellite."""
    return {
        attribute: other
        for other, part in new.items()
        if other != name and part["parent"] == new[name]["parent"]
        for attribute in part["attributes"]
        if attribute not in old.get(other, {"attributes": ()})["attributes"]
    }


def _attribute_missing(
    satellite: str, attribute: str, feed: str, part: Part, renamed: str | None, moved: str | None
) -> Change:
    where = f"attribute '{attribute}' of satellite '{satellite}'"
    if moved:
        return Change(
            where,
            f"is in satellite '{moved}' now: moved, it would leave its history behind",
            f"leave it in satellite '{satellite}'; a mart shows it whichever satellite has it",
        )
    if renamed:
        return Change(
            where,
            f"is missing, and '{renamed}' is new with the same type: renamed, it would leave its history behind",
            f"keep the name '{attribute}'; where the feed's column has a new name, write"
            f" `{attribute}: {{type: {part['type']}, column: <new name>}}`; a mart's column may have any name",
        )
    return Change(
        where,
        "is missing: its history would be left behind",
        f"keep it, and deliver `NULL::{parse_type(part['type']).postgres} AS {part['column']}` in the query of feed"
        f" '{feed}'; analysts do not see it if no mart has it",
    )
