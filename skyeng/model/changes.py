"""Changes between two signatures of a model, and what each change means for the stored history.

A change is carried out with its history, or it is refused and the message says what to do instead. It is refused if it
would drop or falsify rows that were stored under a name, key or relationship that the new model does not have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

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
from skyeng.model.renames import without_renames
from skyeng.model.satellite_changes import satellite_changes
from skyeng.model.signature import Signature

#: Advice: how a feed ends the rows that it delivers.
_END = (
    "let the feed's query deliver no row (`WHERE false`, and `may_be_empty: true` of the feed):"
    " what it delivered ends, and its history stays"
)


def changes(before: Signature, after: Signature) -> list[Change]:
    """Every change from one signature to another, including refused ones; none if they are equal."""
    return list(_changes(before, after))


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
    renames, after = without_renames(before, after)
    yield from renames
    yield from _hubs(before["hubs"], after["hubs"])
    yield from _links(before["links"], after["links"])
    yield from satellite_changes(before["satellites"], after["satellites"])
    yield from _feeds(before["feeds"], after["feeds"])
    yield from _marts(before["marts"], after["marts"])


def _hubs(old: Section, new: Section) -> Iterator[Change]:
    for name, _ in missing(old, new):
        yield Change(
            f"hub '{name}'",
            "is missing: its history would be left behind",
            f"keep it with its link and feed; to end its entities, {_END}",
        )
    for name, _ in missing(new, old):
        yield Change(f"hub '{name}'", "is new")
    for name, was, is_ in common(old, new):
        yield from plural_changes(f"hub '{name}'", was, is_)
        yield from _business_key(name, was["business_key"], is_["business_key"])


def _business_key(hub: str, old: Section, new: Section) -> Iterator[Change]:
    another = f"keep the key of hub '{hub}', and declare a new hub with the new key, in a link and a feed of its own"
    for part, _ in missing(old, new):
        yield Change(
            f"part '{part}' of the business key of hub '{hub}'",
            "is missing: stored hash keys are computed with it",
            another,
        )
    for part, _ in missing(new, old):
        yield Change(
            f"part '{part}' of the business key of hub '{hub}'",
            "is new: stored hash keys are computed without it",
            another,
        )
    for part, was, is_ in common(old, new):
        where = f"part '{part}' of the business key of hub '{hub}'"
        yield from column_changes(where, was, is_)
        yield from type_changes(where, was, is_, another)


def _links(old: Section, new: Section) -> Iterator[Change]:
    for name, _ in missing(old, new):
        yield Change(
            f"link '{name}'",
            "is missing: its history would be left behind",
            f"keep it with its feed; to end its relationships, {_END}",
        )
    for name, _ in missing(new, old):
        yield Change(f"link '{name}'", "is new")
    for name, was, is_ in common(old, new):
        where = f"link '{name}'"
        another = (
            f"keep link '{name}' as it is, and declare a new link with a feed of its own (the query may be shared)"
        )
        yield from plural_changes(where, was, is_)
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


def _feeds(old: Section, new: Section) -> Iterator[Change]:
    for name, was in missing(old, new):
        nothing = "it delivers nothing, and its rows stay as they are" if was["load"] == "delta" else "its rows end"
        yield Change(
            f"feed '{name}'",
            "is missing: what it delivered would stay active for ever",
            f"keep it; with a query without rows (`WHERE false`, and `may_be_empty: true`) {nothing},"
            " and their history stays",
        )
    for name, _ in missing(new, old):
        yield Change(f"feed '{name}'", "is new")
    for name, was, is_ in common(old, new):
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
    """Changes of marts. All are carried out, because a mart holds nothing that the vault does not."""
    called = {part["plural"]: name for name, part in missing(new, old)}
    for name, was in missing(old, new):
        if other := called.pop(was["plural"], None):
            yield Change(f"mart '{name}'", f"is called '{other}' now: it is built again, in tables of the same names")
            yield from _mart(f"mart '{other}'", was, new[other])
        else:
            yield Change(f"mart '{name}'", "is missing: its tables stay as they are, and are not loaded any more")
    for name in called.values():
        yield Change(f"mart '{name}'", "is new")
    for name, was, is_ in common(old, new):
        yield from _mart(f"mart '{name}'", was, is_)


def _mart(where: str, old: Part, new: Part) -> Iterator[Change]:
    if old["plural"] != new["plural"]:
        yield Change(
            where,
            f"has `plural: {new['plural']}` instead of `plural: {old['plural']}`: new tables are built from the vault;"
            f" the tables dm_{old['plural']}_... stay as they are, with the loads that only they have",
        )
    for key in ("feed", "order_by"):
        if old[key] != new[key]:
            yield Change(where, f"has `{key}: {_shown(new[key])}` instead of `{key}: {_shown(old[key])}`")
    columns, wanted = old["columns"], new["columns"]
    yield from (Change(f"column '{column}' of {where}", "is missing") for column, _ in missing(columns, wanted))
    yield from (Change(f"column '{column}' of {where}", "is new") for column, _ in missing(wanted, columns))
    for column, before, after in common(columns, wanted):
        yield from _mart_column(f"column '{column}' of {where}", before, after)


def _mart_column(where: str, old: Part, new: Part) -> Iterator[Change]:
    if old["column"] != new["column"]:
        yield Change(where, f"shows the feed's column '{new['column']}' instead of '{old['column']}'")
    if old["low_cardinality"] != new["low_cardinality"]:
        yield Change(where, f"is {'' if new['low_cardinality'] else 'not '}of low cardinality now")


def _shown(value: Any) -> str:
    return _names(value) if isinstance(value, list) else str(value)
