"""One change of a model, and helpers for the comparison of all kinds of parts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skyeng.model.types import parse_type

#: A named part of a model, as the signature describes it.
Part = Mapping[str, Any]
Section = Mapping[str, Part]

_WHOLE_NUMBERS = ("smallint", "integer", "bigint")
_NUMERIC = re.compile(r"numeric\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Change:
    """One difference between two signatures."""

    #: The part that changed, as a person names it: "attribute 'name' of satellite 'customer'".
    where: str
    #: What changed, and what that does to stored rows.
    what: str
    #: What to do instead; empty if the change is carried out with its history.
    way_on: str = ""

    @property
    def refused(self) -> bool:
        return bool(self.way_on)

    def __str__(self) -> str:
        return f"{self.where} {self.what}"


def as_list(found: Sequence[Change]) -> str:
    """Changes as a list for a message. Each refused change says what to do instead."""
    lines = (f"- {change}" + (f"\n    instead: {change.way_on}" if change.refused else "") for change in found)
    return "\n".join(lines)


def is_wider(before: str, after: str) -> bool:
    """Whether each value of `before` is a value of `after` too, with the same canonical text. False for equal types."""
    if before in _WHOLE_NUMBERS and after in _WHOLE_NUMBERS:
        return _WHOLE_NUMBERS.index(before) < _WHOLE_NUMBERS.index(after)
    old, new = _NUMERIC.fullmatch(before), _NUMERIC.fullmatch(after)
    if not (old and new) or before == after:
        return False
    (old_precision, old_scale), (new_precision, new_scale) = map(int, old.groups()), map(int, new.groups())
    return new_scale >= old_scale and new_precision - new_scale >= old_precision - old_scale


def missing(old: Section, new: Section) -> Iterator[tuple[str, Part]]:
    return ((name, part) for name, part in old.items() if name not in new)


def common(old: Section, new: Section) -> Iterator[tuple[str, Part, Part]]:
    return ((name, part, new[name]) for name, part in old.items() if name in new)


def plural_changes(where: str, old: Part, new: Part) -> Iterator[Change]:
    """The change of a plural. It is refused, because tables are named by the plural."""
    if old["plural"] != new["plural"]:
        yield Change(
            where,
            f"has the plural '{new['plural']}' instead of '{old['plural']}': its tables would be left behind",
            f"keep `plural: {old['plural']}`",
        )


def column_changes(where: str, old: Part, new: Part) -> Iterator[Change]:
    if old["column"] != new["column"]:
        yield Change(where, f"is delivered by the feed's column '{new['column']}' instead of '{old['column']}'")


def type_changes(where: str, old: Part, new: Part, another: str) -> Iterator[Change]:
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
