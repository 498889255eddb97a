"""Segmentation: how the rows of a feed are divided into segments, so that a changed row is found without a full scan.

A row's *segment key* is a number by which the source can find it: its driving key, where that is a whole number.
A segment holds the rows of `2**range_bits` consecutive segment keys: a short range of an index. Rows without a segment
key (a customer without orders; every row of a feed whose driving key is a text) are divided into hash buckets instead.
To find the rows of a hash bucket, the source scans all rows.

The checksum of a segment has a third number: the sum of row hashes, each weighted by the offset of its key within the
segment. Where all changes of a segment are at one key, the quotient of the two differences is the offset of that key.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from skyeng.hashing.checksums import hash_bucket, power_of_two
from skyeng.model import Feed, FeedColumn, Model
from skyeng.sql import FENCE, SQL, ident, joined, literal, sql

#: Rows of a segment where every key in its range exists.
ROWS_IN_SEGMENT = 16

#: Segments of keys have numbers from this one on; hash buckets have smaller ones.
FIRST_SEGMENT = -(1 << 62)

_LEAST_HASH_BUCKETS, _MOST_HASH_BUCKETS = 1 << 6, 1 << 18
#: The widest range, in bits, in which a single key is located from checksums.
_WIDEST_LOCATABLE = 6


def segment_column(model: Model, feed: Feed) -> FeedColumn | None:
    """The column with the segment key: the first whole number of the grain's driving key. None if there is none."""
    keys = (column for name in model.grain(feed).driving_key for column in model.business_key(model.hub(name)))
    return next((column for column in keys if column.type.name in ("smallint", "integer", "bigint")), None)


def segment_key(model: Model, feed: Feed) -> SQL:
    """PostgreSQL expression of a row's segment key over the columns of the feed: a bigint, or NULL."""
    column = segment_column(model, feed)
    return sql("{column}::bigint", column=ident(column.name)) if column else sql("NULL::bigint")


@dataclass(frozen=True)
class Segmentation:
    """`2**range_bits` keys a segment; `hash_buckets`, a power of two, for rows without a segment key."""

    range_bits: int = 4
    hash_buckets: int = _LEAST_HASH_BUCKETS

    @classmethod
    def of(cls, keyed: int, unkeyed: int, span: int | None) -> Segmentation:
        """For so many rows with a segment key and without; the middle half of the keys lies within `span`."""
        keys = ROWS_IN_SEGMENT * max(span or 0, 1) / max(keyed / 2, 1) if span is not None else ROWS_IN_SEGMENT
        bits = round(math.log2(max(keys, 2)))
        buckets = min(max(power_of_two(unkeyed / ROWS_IN_SEGMENT), _LEAST_HASH_BUCKETS), _MOST_HASH_BUCKETS)
        return cls(min(bits, 58), buckets)

    @property
    def locates_keys(self) -> bool:
        """Whether single keys are located from checksums, and read one by one, by an index.

        A wider segment leaves fewer bits of the hash beside the weight, and makes the list of its keys longer.
        """
        return self.range_bits <= _WIDEST_LOCATABLE

    @property
    def unit(self) -> int:
        """The unit of the weighted sum: the hash loses as many bits as a weight may have, and one more."""
        return 1 << (self.range_bits + 1)

    @property
    def last_offset(self) -> int:
        """The last offset within a segment, counted from 0."""
        return (1 << self.range_bits) - 1

    def segment(self) -> SQL:
        """PostgreSQL expression of the segment's number, a bigint, over `row_place` and `row_hash`."""
        return sql(
            "coalesce(row_place >> {bits}, (-9223372036854775808) + {bucket})",
            bits=literal(self.range_bits),
            bucket=hash_bucket(self.hash_buckets),
        )

    def weighted(self) -> SQL:
        """PostgreSQL expression of a row's share of the weighted sum, a bigint; 0 for a row without a segment key."""
        return sql(
            "coalesce((row_hash >> {bits}) * (row_place & {last}), 0)",
            bits=literal(self.range_bits + 1),
            last=literal(self.last_offset),
        )

    def checksums(self, rows: SQL) -> SQL:
        """Statement over rows with `row_place` and `row_hash`: segment, count, sum of hashes, weighted sum."""
        # The fence lets each row be hashed first: 16 bytes of it are grouped.
        return sql(
            """SELECT
    {segment} AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum, sum({weighted}) AS weighted_sum
FROM (
    SELECT row_place, row_hash
    FROM (
        {rows}
    ) AS hashed
    {fence}
) AS narrow
GROUP BY 1""",
            fence=FENCE,
            segment=self.segment(),
            weighted=self.weighted(),
            rows=rows,
        )


@dataclass(frozen=True)
class RowSelection:
    """Rows to be compared one by one: those with some segment keys, those of some segments, or all.

    Both lists are PostgreSQL's own text of an array; they are never parsed here.
    """

    segmentation: Segmentation
    keys: str = "{}"
    segments: str = "{}"
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or self.keys != "{}" or self.segments != "{}"

    def condition(self, key: SQL, type_: SQL) -> SQL:
        """PostgreSQL condition over `row_place` and `row_hash`; `key` is the segment key in the type of its index."""
        if self.everything:
            return sql("true")
        conditions: list[SQL] = []
        if self.keys != "{}":
            conditions.append(sql("{key} = ANY({keys}::{type}[])", key=key, keys=literal(self.keys), type=type_))
        if self.segments != "{}":
            segment = self.segmentation.segment()
            conditions.append(sql("{segment} = ANY({list}::bigint[])", segment=segment, list=literal(self.segments)))
        return sql("({any})", any=joined(" OR ", conditions)) if conditions else sql("false")
