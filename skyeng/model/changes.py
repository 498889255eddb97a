"""What changed between two signatures of a model, and what each change means for the history that is stored.

A change is carried out with its history, or it is refused with a way on. Refused is whatever would drop or
falsify something: rows that are stored under a name, a key or a relationship that the new model does not have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skyeng.model.signature import Signature
from skyeng.model.types import parse_type

#: A named part of a model, as the signature describes it.
Part = Mapping[str, Any]
Section = Mapping[str, Part]

_WHOLE_NUMBERS = ("smallint", "integer", "bigint")
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Change:
    """One difference between two signatures."""

    #: The part that changed, as a person names it: "attribute 'title' of satellite 'course'".
    where: str
    #: What changed, and what that does to stored rows.
    what: str
    #: What to do instead; empty where the change is carried out with its history.
    way_on: str = ""

    @property
    def refused(self) -> bool:
        return bool(self.way_on)

    def __str__(self) -> str:
        return f"{self.where} {self.what}"


def changes(before: Signature, after: Signature) -> list[Change]:
    """Every change from one signature to another, refused ones too; none where they are equal."""
    return list(_changes(before, after))


def as_list(found: Sequence[Change]) -> str:
    """Changes as a list for a message, each refused one with its way on."""
    lines = (f"- {change}" + (f"\n    instead: {change.way_on}" if change.refused else "") for change in found)
    return "\n".join(lines)


def is_wider(before: str, after: str) -> bool:
    """Whether each value of a type is a value of the other too, with the same canonical text."""
    if before in _WHOLE_NUMBERS and after in _WHOLE_NUMBERS:
        return _WHOLE_NUMBERS.index(before) < _WHOLE_NUMBERS.index(after)
    old, new = _NUMERIC.fullmatch(before), _NUMERIC.fullmatch(after)
    if not (old and new) or before == after:
        return False
    (old_precision, old_scale), (new_precision, new_scale) = map(int, old.groups()), map(int, new.groups())
    return new_scale >= old_scale and new_precision - new_scale >= old_precision - old_scale


def _changes(before: Signature, after: Signature) -> Iterator[Change]:
    if before["model"] != after["model"]:
        yield Change(
            f"model '{before['model']}'",
            f"is called '{after['model']}': its tables and its loads are known by the old name",
            f"keep `model: {before['model']}`; in a folder that was copied for a new model, remove the copied"
            " migrations first",
        )
    if before["source"] != after["source"]:
        yield Change(
            f"source '{before['source']}'",
            f"is '{after['source']}' now: stored rows keep their record source, later rows get the new one",
        )
    for section, references in _REFERENCES.items():
        renamed = _likely_renames(before[section], after[section], _SHAPES[section])
        for old, new in renamed.items():
            yield _rename(section, old, new, before[section][old])
        after = _with_old_names(before, after, section, references, renamed)
    yield from _hubs(before["hubs"], after["hubs"])
    yield from _links(before["links"], after["links"])
    yield from _satellites(before["satellites"], after["satellites"])
    yield from _feeds(before["feeds"], after["feeds"])
    yield from _marts(before["marts"], after["marts"])


# Likely renames


def _types(attributes: Section) -> list[tuple[str, str]]:
    return sorted((name, part["type"]) for name, part in attributes.items())


#: By section, what a part that was only renamed has kept.
_SHAPES: dict[str, Callable[[Part], object]] = {
    "hubs": lambda hub: _types(hub["business_key"]),
    "links": lambda link: link["hubs"],
    "feeds": lambda feed: (feed["load"], feed["applied"], feed["grain"]),
    "satellites": lambda satellite: (satellite["parent"], _types(satellite["attributes"])),
}

#: By section, which keys of other parts name a part of it. In this order: a link is told by its hubs.
_REFERENCES = {
    "hubs": (("links", "hubs"), ("links", "driving_key"), ("satellites", "parent")),
    "links": (("feeds", "grain"),),
    "feeds": (("satellites", "feed"), ("marts", "feed")),
    "satellites": (),
}


def _likely_renames(old: Section, new: Section, shape: Callable[[Part], object]) -> dict[str, str]:
    """Likely renames, from old names to new ones: one part is missing and one is new, and no other has their shape."""
    missing = {name: shape(part) for name, part in old.items() if name not in new}
    added = {name: shape(part) for name, part in new.items() if name not in old}
    return {
        name: next(other for other, its in added.items() if its == wanted)
        for name, wanted in missing.items()
        if list(missing.values()).count(wanted) == list(added.values()).count(wanted) == 1
    }


def _rename(section: str, old: str, new: str, part: Part) -> Change:
    plural = f" and `plural: {part['plural']}`" if "plural" in part else ""
    return Change(
        f"{section[:-1]} '{old}'",
        f"is missing, and '{new}' is new with the same shape: renamed, it would leave its history behind",
        f"keep the name '{old}'{plural}; analysts see the marts and their columns, and those may get new names",
    )


def _with_old_names(
    before: Signature,
    after: Signature,
    section: str,
    references: Collection[tuple[str, str]],
    renamed: Mapping[str, str],
) -> Signature:
    """A signature as if nothing in a section had been renamed: what names a renamed part has no change of its own."""
    old_names = {new: old for old, new in renamed.items()}

    def resolved(value: Any) -> Any:
        if isinstance(value, list):
            return sorted(old_names.get(str(name), str(name)) for name in value)
        return old_names.get(value, value)

    rest = {name: part for name, part in after[section].items() if name not in old_names}
    found = {**after, section: rest | {old: before[section][old] for old in renamed}}
    for referring, key in references:
        found[referring] = {name: {**part, key: resolved(part[key])} for name, part in found[referring].items()}
    return found


# Section by section


def _missing(old: Section, new: Section) -> Iterator[tuple[str, Part]]:
    return ((name, part) for name, part in old.items() if name not in new)


def _common(old: Section, new: Section) -> Iterator[tuple[str, Part, Part]]:
    return ((name, part, new[name]) for name, part in old.items() if name in new)


def _plural(where: str, old: Part, new: Part) -> Iterator[Change]:
    """Tables are named by the plural."""
    if old["plural"] != new["plural"]:
        yield Change(
            where,
            f"has the plural '{new['plural']}' instead of '{old['plural']}': its tables would be left behind",
            f"keep `plural: {old['plural']}`",
        )


#: How a feed ends what it delivers.
_END = "let the feed's query deliver no row (`WHERE false`): what it delivered ends, and its history stays"


def _hubs(old: Section, new: Section) -> Iterator[Change]:
    for name, _ in _missing(old, new):
        yield Change(
            f"hub '{name}'",
            "is missing: its history would be left behind",
            f"keep it with its link and feed; to end its entities, {_END}",
        )
    for name, _ in _missing(new, old):
        yield Change(f"hub '{name}'", "is new")
    for name, was, is_ in _common(old, new):
        yield from _plural(f"hub '{name}'", was, is_)
        yield from _business_key(name, was["business_key"], is_["business_key"])


def _business_key(hub: str, old: Section, new: Section) -> Iterator[Change]:
    another = f"keep the key of hub '{hub}', and declare a new hub with the new key, in a link and a feed of its own"
    for part, _ in _missing(old, new):
        yield Change(
            f"part '{part}' of the business key of hub '{hub}'",
            "is missing: stored hash keys are computed with it",
            another,
        )
    for part, _ in _missing(new, old):
        yield Change(
            f"part '{part}' of the business key of hub '{hub}'",
            "is new: stored hash keys are computed without it",
            another,
        )
    for part, was, is_ in _common(old, new):
        where = f"part '{part}' of the business key of hub '{hub}'"
        yield from _column(where, was, is_)
        yield from _type(where, was, is_, another)


def _column(where: str, old: Part, new: Part) -> Iterator[Change]:
    if old["column"] != new["column"]:
        yield Change(where, f"is delivered by the feed's column '{new['column']}' instead of '{old['column']}'")


def _type(where: str, old: Part, new: Part, another: str) -> Iterator[Change]:
    before, after = old["type"], new["type"]
    if before == after:
        return
    if is_wider(before, after):
        yield Change(where, f"is {after} instead of {before}: stored values stay as they are")
        return
    yield Change(
        where,
        f"is {after} instead of {before}: stored values would not be what they were",
        f"keep {before}, with a cast in the feed's query where the source has another type"
        f" (`::{parse_type(before).postgres}`); or {another}",
    )


def _links(old: Section, new: Section) -> Iterator[Change]:
    for name, _ in _missing(old, new):
        yield Change(
            f"link '{name}'",
            "is missing: its history would be left behind",
            f"keep it with its feed; to end its relationships, {_END}",
        )
    for name, _ in _missing(new, old):
        yield Change(f"link '{name}'", "is new")
    for name, was, is_ in _common(old, new):
        where = f"link '{name}'"
        another = (
            f"keep link '{name}' as it is, and declare a new link with a feed of its own (the query may be shared)"
        )
        yield from _plural(where, was, is_)
        if was["hubs"] != is_["hubs"]:
            yield Change(
                where,
                f"relates {_names(is_['hubs'])} instead of {_names(was['hubs'])}: stored hash keys are those of other"
                " relationships",
                another,
            )
        elif was["driving_key"] != is_["driving_key"]:
            yield Change(
                where,
                f"has the driving key {_names(is_['driving_key'])} instead of {_names(was['driving_key'])}: stored"
                " relationships ended by another rule",
                another,
            )


def _names(names: Collection[str]) -> str:
    return f"[{', '.join(names)}]"


def _satellites(old: Section, new: Section) -> Iterator[Change]:
    for name, was in _missing(old, new):
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
    for name, _ in _missing(new, old):
        yield Change(f"satellite '{name}'", "is new: its columns are NULL in what was loaded before")
    for name, was, is_ in _common(old, new):
        yield from _satellite(name, was, is_, _attributes_new_elsewhere(name, old, new))


def _satellite(name: str, was: Part, is_: Part, elsewhere: Mapping[str, str]) -> Iterator[Change]:
    where = f"satellite '{name}'"
    yield from _plural(where, was, is_)
    for key, what in (("parent", "hub"), ("feed", "feed")):
        if was[key] != is_[key]:
            yield Change(
                where,
                f"has the {what} '{is_[key]}' instead of '{was[key]}': stored versions are those of the old one",
                f"keep `{key}: {was[key]}`, and declare a satellite of another name with `{key}: {is_[key]}`",
            )
    old, new = was["attributes"], is_["attributes"]
    renamed = _likely_renames(old, new, lambda attribute: attribute["type"])
    for attribute, part in _missing(old, new):
        yield _attribute_missing(name, attribute, was["feed"], part, renamed.get(attribute), elsewhere.get(attribute))
    for attribute, _ in _missing(new, old):
        if attribute not in renamed.values():
            yield Change(f"attribute '{attribute}' of {where}", "is new: it is NULL in what was loaded before")
    for attribute, before, after in _common(old, new):
        at = f"attribute '{attribute}' of {where}"
        yield from _column(at, before, after)
        yield from _type(at, before, after, f"declare an attribute of another name with {after['type']}")


def _attributes_new_elsewhere(name: str, old: Section, new: Section) -> dict[str, str]:
    """Attributes that other satellites of the same hub have newly, each with its satellite."""
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


def _feeds(old: Section, new: Section) -> Iterator[Change]:
    for name, was in _missing(old, new):
        nothing = "it delivers nothing, and its rows stay as they are" if was["load"] == "delta" else "its rows end"
        yield Change(
            f"feed '{name}'",
            "is missing: what it delivered would stay active for ever",
            f"keep it; with a query without rows (`WHERE false`) {nothing}, and their history stays",
        )
    for name, _ in _missing(new, old):
        yield Change(f"feed '{name}'", "is new")
    for name, was, is_ in _common(old, new):
        where = f"feed '{name}'"
        another = f"keep feed '{name}' as it is, and declare a new feed with a link of its own"
        for key in ("load", "grain"):
            if was[key] != is_[key]:
                yield Change(
                    where,
                    f"has `{key}: {is_[key]}` instead of `{key}: {was[key]}`: what is stored follows the old rule",
                    another,
                )
        if was["applied"] and is_["applied"] and was["applied"] != is_["applied"]:
            yield Change(where, f"has the applied date in column '{is_['applied']}' instead of '{was['applied']}'")
        elif was["applied"] != is_["applied"]:
            has, had = ("an", "no") if is_["applied"] else ("no", "an")
            yield Change(where, f"has {has} applied date: the keys of stored versions have {had} applied date", another)


def _marts(old: Section, new: Section) -> Iterator[Change]:
    """A mart holds nothing that the vault does not: whatever changes of it is carried out."""
    for name, _ in _missing(old, new):
        yield Change(f"mart '{name}'", "is missing: its tables stay as they are, and are not loaded any more")
    for name, _ in _missing(new, old):
        yield Change(f"mart '{name}'", "is new")
    for name, was, is_ in _common(old, new):
        where = f"mart '{name}'"
        for key in ("plural", "feed", "order_by"):
            if was[key] != is_[key]:
                yield Change(where, f"has `{key}: {_shown(is_[key])}` instead of `{key}: {_shown(was[key])}`")
        columns, wanted = was["columns"], is_["columns"]
        yield from (Change(f"column '{column}' of {where}", "is missing") for column, _ in _missing(columns, wanted))
        yield from (Change(f"column '{column}' of {where}", "is new") for column, _ in _missing(wanted, columns))
        for column, before, after in _common(columns, wanted):
            yield from _mart_column(f"column '{column}' of {where}", before, after)


def _mart_column(where: str, old: Part, new: Part) -> Iterator[Change]:
    if old["column"] != new["column"]:
        yield Change(where, f"shows the feed's column '{new['column']}' instead of '{old['column']}'")
    if old["low_cardinality"] != new["low_cardinality"]:
        yield Change(where, f"is {'' if new['low_cardinality'] else 'not '}of low cardinality now")


def _shown(value: Any) -> str:
    return _names(value) if isinstance(value, list) else str(value)
