"""Proof: source = warehouse = datamart, row by row, and the rows that differ by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from skyeng.datamart import migrations as mart_migrations
from skyeng.fingerprint import Selection, bucket_count
from skyeng.model import Feed, Mart, Model
from skyeng.pipeline.comparison import Comparison, agreed_method
from skyeng.pipeline.sides import MartSide, PostgresSide, Side, mart_sides, served_side, source_side, vault_side
from skyeng.pipeline.stores import Stores
from skyeng.source.feed import check_columns
from skyeng.warehouse.buckets import expected_size

#: Rows named of each comparison, and buckets looked into for them.
_NAMED = 20
_LOOKED_INTO = 1024


@dataclass(frozen=True)
class Difference:
    """One row on which two sides disagree."""

    feed: str
    main: str
    follower: str
    #: `missing`: the follower lacks it; `extra`: only the follower has it; `doubled` or `differs`.
    kind: str
    row_key: str
    #: Business key, and for a row that differs what each side says.
    detail: str

    def __str__(self) -> str:
        words = {
            "missing": f"missing in {self.follower}",
            "extra": f"only in {self.follower}, not in {self.main}",
            "doubled": f"more than once in {self.follower}",
        }
        return f"{self.feed}: {words.get(self.kind, f'{self.follower} differs from {self.main}')}: {self.detail}"


@dataclass(frozen=True)
class Verification:
    """The result of one comparison of two sides."""

    feed: str
    main: str
    follower: str
    rows: int
    #: What the fingerprints say, whether or not a row could be named.
    equal: bool
    differences: tuple[Difference, ...] = ()
    #: False if more rows differ than are named.
    complete: bool = True


def verify(model: Model, stores: Stores) -> list[Verification]:
    """Compare source with vault, and vault with every mart, over everything they hold now."""
    with ExitStack() as stack:
        source = stack.enter_context(stores.source.session(snapshot=True))
        warehouse = stack.enter_context(stores.warehouse.session(snapshot=True))
        method = agreed_method(source, warehouse)
        found: list[Verification] = []
        for feed in model.feeds:
            if feed.delta:
                continue  # what a delta delivered once, its source need not hold any more
            check_columns(source, model, feed)
            key = tuple(column.name for column in model.row_key(feed))
            names = tuple(column.name for column in model.feed_columns(feed))
            sides = source_side(source, model, feed, method), vault_side(warehouse, model, feed, method)
            found.append(_compare(feed, *sides, names, key, expected_size(warehouse, feed)[0]))
        if model.marts:
            datamart = stack.enter_context(stores.datamart.session())
            mart_migrations.check_migrated(datamart, model)
            found += [
                _verify_mart(model, mart, served_side(warehouse, model, mart), side)
                for mart in model.marts
                for side in mart_sides(datamart, model, mart)
            ]
    return found


def _verify_mart(model: Model, mart: Mart, vault: PostgresSide, side: MartSide) -> Verification:
    feed = model.feed(mart.feed)
    keys = {column.name for column in model.row_key(feed)}
    names = tuple(column.name for column in mart.columns)
    key = tuple(column.name for column in mart.columns if column.column in keys)
    return _compare(feed, vault, side, names, key, expected_size(vault.session, feed)[0])


def mart_is_right(model: Model, mart: Mart, vault: PostgresSide, side: MartSide) -> bool:
    """Whether a mart holds exactly the vault's rows, by fingerprints alone."""
    buckets = bucket_count(expected_size(vault.session, model.feed(mart.feed))[0])
    return not Comparison(vault.fingerprints(buckets), side.fingerprints(buckets)).differing


def _compare(
    feed: Feed, main: Side, follower: Side, names: tuple[str, ...], key: tuple[str, ...], size: int
) -> Verification:
    buckets = bucket_count(size)
    held = main.fingerprints(buckets)
    differing = Comparison(held, follower.fingerprints(buckets)).differing
    rows = sum(count for count, _ in held.values())
    if not differing:
        return Verification(feed.name, main.name, follower.name, rows, equal=True)
    selection = Selection.of(differing[:_LOOKED_INTO], buckets)
    keys = _disagreeing(main, follower, selection)
    named = tuple(_named(feed, main, follower, names, key, keys[:_NAMED]))
    complete = bool(named) and len(differing) <= _LOOKED_INTO and len(keys) <= _NAMED
    return Verification(feed.name, main.name, follower.name, rows, equal=False, differences=named, complete=complete)


def _disagreeing(main: Side, follower: Side, selection: Selection) -> list[str]:
    """Keys of the rows that differ, as far as the selected buckets tell."""
    ours, theirs = main.hashes(selection), follower.hashes(selection)
    return sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))


def _named(
    feed: Feed, main: Side, follower: Side, names: tuple[str, ...], key: tuple[str, ...], keys: list[str]
) -> Iterator[Difference]:
    ours, theirs = main.texts(keys), follower.texts(keys)
    for row_key in keys:
        left, right = ours.get(row_key, []), theirs.get(row_key, [])
        if left == right:
            continue  # its bucket differs because of another row
        kind = "extra" if not left else "missing" if not right else "doubled" if len(left) < len(right) else "differs"
        texts = dict(zip(names, (left or right)[0], strict=True))
        who = ", ".join(f"{name} = {texts[name]}" for name in key if texts[name] is not None)
        detail = who or f"row key {row_key}"
        if kind == "differs":
            unequal = (
                f"{name}: {main.name} has {_shown(a)}, {follower.name} has {_shown(b)}"
                for name, a, b in zip(names, left[0], right[0], strict=True)
                if a != b
            )
            detail += "; " + "; ".join(unequal)
        yield Difference(feed.name, main.name, follower.name, kind, row_key, detail)


def _shown(text: str | None) -> str:
    if text is None:
        return "NULL"
    return repr(text if len(text) <= 80 else text[:80] + "...")
