"""How a feed's rows are cut into buckets, so that a row that differs is found without reading the others.

A row's *place* is a number by which the source can find it: its driving key, where that is a whole number.
A bucket holds the rows of `2**shift` neighbouring places, so that it is a short range of an index, and rows that
lie beside each other are summed beside each other. Rows without a place (a course without lessons; all rows of
a feed whose driving key is a text) are cut by bits of their hash, and such a bucket is looked for by reading all rows.

A fingerprint holds a third number here, the sum of row hashes weighted by their place within the bucket. Where all
that differs in a bucket differs at one place, the quotient of the two differences *is* that place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from skyeng.hashing.checksums import bucket, power_of_two
from skyeng.model import Feed, FeedColumn, Model
from skyeng.sql import FENCE, SQL, ident, joined, literal, sql

#: Rows that a bucket holds, if the places are taken one after the other.
ROWS_IN_BUCKET = 16

#: Buckets from this one on hold places; below are those of hashes.
FIRST_PLACED = -(1 << 62)

_LEAST_HASHED, _MOST_HASHED = 1 << 6, 1 << 18
_WIDEST_TOLD = 6


def place_column(model: Model, feed: Feed) -> FeedColumn | None:
    """The column that says a row's place: the first whole number of the grain's driving key."""
    keys = (column for name in model.grain(feed).driving_key for column in model.business_key(model.hub(name)))
    return next((column for column in keys if column.type.name in ("smallint", "integer", "bigint")), None)


def place(model: Model, feed: Feed) -> SQL:
    """PostgreSQL expression of a row's place over the columns of the feed: a bigint, NULL for none."""
    column = place_column(model, feed)
    return sql("{column}::bigint", column=ident(column.name)) if column else sql("NULL::bigint")


@dataclass(frozen=True)
class Cut:
    """`2**shift` places to a bucket, and `hashed` buckets, a power of two, for rows without a place."""

    shift: int = 4
    hashed: int = _LEAST_HASHED

    @classmethod
    def of(cls, placed: int, hashed: int, span: int | None) -> Cut:
        """For so many rows with a place and without; half of the former lie within a `span` of places."""
        places = ROWS_IN_BUCKET * max(span or 0, 1) / max(placed / 2, 1) if span is not None else ROWS_IN_BUCKET
        shift = round(math.log2(max(places, 2)))
        return cls(min(shift, 58), min(max(power_of_two(hashed / ROWS_IN_BUCKET), _LEAST_HASHED), _MOST_HASHED))

    @property
    def told(self) -> bool:
        """Whether places are told from sums, and asked for one by one, hence by an index.

        The wider the bucket, the fewer bits its weights leave the hash, and the longer the list of its places.
        """
        return self.shift <= _WIDEST_TOLD

    @property
    def unit(self) -> int:
        """What the third number counts by: the hash loses as many bits as its weight may have, and one."""
        return 1 << (self.shift + 1)

    @property
    def last_within(self) -> int:
        """The last place within a bucket, counted from 0."""
        return (1 << self.shift) - 1

    def bucket(self) -> SQL:
        """PostgreSQL expression of the bucket, a bigint, over `row_place` and `row_hash`."""
        return sql(
            "coalesce(row_place >> {shift}, (-9223372036854775808) + {hashed})",
            shift=literal(self.shift),
            hashed=bucket(self.hashed),
        )

    def weighted(self) -> SQL:
        """PostgreSQL expression of a row's part in the third number, a bigint; 0 for a row without a place."""
        return sql(
            "coalesce((row_hash >> {bits}) * (row_place & {last}), 0)",
            bits=literal(self.shift + 1),
            last=literal(self.last_within),
        )

    def fingerprints(self, rows: SQL) -> SQL:
        """Statement over rows with `row_place` and `row_hash`: bucket, count, sum of hashes, weighted sum."""
        # Fenced: each row is hashed first, and 16 bytes of it are grouped.
        return sql(
            """SELECT
    {bucket} AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum({weighted}) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        {rows}
    ) AS hashed
    {fence}
) AS narrow
GROUP BY 1""",
            fence=FENCE,
            bucket=self.bucket(),
            weighted=self.weighted(),
            rows=rows,
        )


@dataclass(frozen=True)
class Selection:
    """Rows that are to be compared one by one: those at some places and those of some buckets, or all.

    Lists are PostgreSQL's own text of an array: nobody here looks into them.
    """

    cut: Cut
    places: str = "{}"
    buckets: str = "{}"
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or self.places != "{}" or self.buckets != "{}"

    def condition(self, at: SQL, type_: SQL) -> SQL:
        """PostgreSQL condition over `row_place` and `row_hash`; `at` is the place in the type it is indexed by."""
        if self.everything:
            return sql("true")
        conditions: list[SQL] = []
        if self.places != "{}":
            conditions.append(
                sql("{at} = ANY({places}::{type}[])", at=at, places=literal(self.places), type=type_),
            )
        if self.buckets != "{}":
            conditions.append(
                sql("{bucket} = ANY({buckets}::bigint[])", bucket=self.cut.bucket(), buckets=literal(self.buckets))
            )
        return sql("({any})", any=joined(" OR ", conditions)) if conditions else sql("false")
