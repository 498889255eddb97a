"""Key ranges: a part of a feed's rows, selected by ranges of business keys. A backfill loads one part after another.

The load of a part is a load like any other: it is closed as a whole or not at all. To resume an interrupted backfill,
run all its parts again. Parts that were loaded already are compared and found equal, at little cost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from skyeng.errors import UsageError
from skyeng.model import Feed, FeedColumn, Model
from skyeng.sql import SQL, joined, literal, sql

_WRITTEN = re.compile(r"(?P<column>[a-z_][a-z0-9_]*)=(?P<low>.*?)(?:(?P<range>\.\.)(?P<high>.*))?")
_EXAMPLE = "--where order_id=1..100000"


@dataclass(frozen=True)
class KeyRange:
    """Values of a business key from `low` to `high`, both inclusive. None means unbounded."""

    column: str
    low: str | None
    high: str | None

    @classmethod
    def read(cls, text: str) -> KeyRange:
        """Parse `column=low..high`, `column=low..`, `column=..high` or `column=value`."""
        found = _WRITTEN.fullmatch(text.strip())
        ends = (found["low"], found["high"] if found["range"] else found["low"]) if found else ("", "")
        if not found or not any(ends):
            raise UsageError(
                f"cannot read the range '{text}'",
                where="--where",
                expected=f"a business key and its first and last value, as in {_EXAMPLE}",
            )
        return cls(found["column"], ends[0] or None, ends[1] or None)

    def value(self, end: str, type_: str) -> int | str | date:
        """A bound as a value that compares as PostgreSQL compares it. Raises `UsageError` if it is none of its type.

        Bounds of other types than whole numbers, dates and texts are left to PostgreSQL: they compare as equal here.
        """
        try:
            if type_ in ("smallint", "integer", "bigint"):
                return int(end)
            if type_ == "date":
                return date.fromisoformat(end)
        except ValueError:
            kind = "a date" if type_ == "date" else "a whole number"
            raise UsageError(
                f"'{end}' is no value of {self.column}", where="--where", expected=f"{kind}, as in {_EXAMPLE}"
            ) from None
        return end if type_ == "text" else ""  # by code points, as the collation "C" does


@dataclass(frozen=True)
class KeyRanges:
    """Rows whose business keys are in all of these ranges."""

    ranges: tuple[KeyRange, ...]

    @classmethod
    def of(cls, model: Model, texts: Iterable[str]) -> KeyRanges:
        """Parse key ranges. Raises `UsageError` if no feed that can be compared has these business keys."""
        key_ranges = cls(tuple(map(KeyRange.read, texts)))
        if not any(key_ranges.covers(model, feed) for feed in model.feeds):
            keys = sorted({column.name for feed in model.feeds for column in _keys(model, feed)})
            raise UsageError(
                f"no feed of model '{model.name}' can be limited by "
                f"{' and '.join(it.column for it in key_ranges.ranges)}",
                where="--where",
                expected=f"a business key; where a link has a driving key, one of that: {', '.join(keys)}"
                if keys
                else "a feed with `load: compare`",
            )
        key_ranges.check(model)
        return key_ranges

    def check(self, model: Model) -> None:
        """Raise `UsageError` if a bound is not a value of its column, or if a range is empty."""
        types = {column.name: column.type.name for feed in model.feeds for column in _keys(model, feed)}
        for it in self.ranges:
            ends = [it.value(end, types[it.column]) for end in (it.low, it.high) if end is not None]
            if ends != sorted(ends):
                message = f"the range of {it.column} ends before it begins"
                raise UsageError(message, where="--where", expected=f"as in {_EXAMPLE}")

    def covers(self, model: Model, feed: Feed) -> bool:
        """Whether the ranges can limit the feed. Feeds that they cannot limit are left as they are."""
        names = {column.name for column in _keys(model, feed)}
        return all(it.column in names for it in self.ranges)

    def condition(self, model: Model, feed: Feed, columns: dict[str, SQL]) -> SQL:
        """PostgreSQL condition. `columns` has the expression of each business key."""
        types = {column.name: SQL(column.type.postgres) for column in model.row_key(feed)}

        def ends() -> Iterator[SQL]:
            for it in self.ranges:
                value, type_ = columns[it.column], types[it.column]
                if type_.text == "text":  # two servers may sort texts differently
                    value, type_ = sql('{value}::text COLLATE "C"', value=value), sql('text COLLATE "C"')
                if it.low is not None:
                    yield sql("{value} >= {end}::{type}", value=value, end=literal(it.low), type=type_)
                if it.high is not None:
                    yield sql("{value} <= {end}::{type}", value=value, end=literal(it.high), type=type_)

        return joined(" AND ", ends())


def _keys(model: Model, feed: Feed) -> tuple[FeedColumn, ...]:
    """Business keys by which a feed can be limited.

    If the link has a driving key, it can only be limited by that. Otherwise, if a relationship moved from one part to
    another, a run would see only its end or only its beginning.
    """
    if feed.delta:
        return ()
    link = model.grain(feed)
    if not link.driving_key:
        return model.row_key(feed)
    return tuple(column for name in link.driving_key for column in model.business_key(model.hub(name)))
