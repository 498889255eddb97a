"""The comparison both hops share: who holds what, by bucket, and which buckets differ.

A *row hash* is a 64-bit number computed from a whole denormalised row. A *fingerprint* is
`count(*)` and `sum(row hash)` of a bucket of rows. A row's bucket is a few bits of its row
hash: a changed row leaves one bucket and enters another, and both then differ. Two sides with
equal fingerprints hold equal rows; nothing but fingerprints moved to know it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from skyeng.hashing import Value, text_hash, values
from skyeng.model import Feed, Model
from skyeng.sql import SQL, ident, joined, literal, sql

#: `record`: PostgreSQL's binary `hash_record_extended`, the fast one. `text`: from the canonical
#: text, for two servers that do not agree on the binary one.
Method = Literal["record", "text"]

#: Count and sum (modulo 2**64) of the row hashes of one bucket.
Fingerprint = tuple[int, int]
Bucket = TypeVar("Bucket", bound=Hashable)

#: A table of a million rows is compared by as many buckets as one of ten million: the price of a row
#: does not grow with the table. What makes them more is the number of rows that change.
_USUAL_ROWS, _USUAL_BUCKETS = 16, 1 << 16
_BUCKETS_A_CHANGE = 8
_LEAST_ROWS = 8
_LEAST_BUCKETS, _MOST_BUCKETS = 64, 1 << 20
_PROOF_BUCKETS = 1 << 14


def row_hash(row: Sequence[Value], method: Method = "record") -> SQL:
    """PostgreSQL expression of a row's hash, a bigint."""
    if method == "text":
        return text_hash(row)
    hashed = (SQL(type_.hashed.replace("{x}", value.text)) for value, type_ in row)
    return sql("hash_record_extended(ROW({hashed}), 0)", hashed=joined(", ", hashed))


def bucket_count(rows: int, touched: int = 0) -> int:
    """How many buckets to compare `rows` rows by, of which about `touched` differ: a power of two.

    A row that changed leaves one bucket and enters another. Where most differing buckets differ by
    one row only, that row is known at once; hence several buckets for each change.
    """
    usual = min(rows // _USUAL_ROWS, _USUAL_BUCKETS)
    wanted = max(usual, min(touched * _BUCKETS_A_CHANGE, rows // _LEAST_ROWS), 1)
    return min(max(1 << (wanted - 1).bit_length(), _LEAST_BUCKETS), _MOST_BUCKETS)


def proof_buckets(rows: int) -> int:
    """How many buckets to prove equality by: fewer, since differences are the exception."""
    return min(bucket_count(rows // 4), _PROOF_BUCKETS)


def with_row_hash(rows: SQL, model: Model, feed: Feed, method: Method) -> SQL:
    """Rows of a feed's shape, from whatever side, with their `row_hash`."""
    return sql(
        """SELECT *, {row_hash} AS row_hash
FROM (
    {rows}
) AS typed""",
        row_hash=row_hash(values(model.feed_columns(feed)), method),
        rows=rows,
    )


def fingerprints(rows: SQL, buckets: int) -> SQL:
    """PostgreSQL statement over rows with a `row_hash`: bucket, count, sum of hashes."""
    return _grouped(rows, bucket(buckets))


def fingerprints_at_once(rows: SQL, hashes: Sequence[SQL], buckets: int) -> SQL:
    """PostgreSQL statement: place of a hash in `hashes`, bucket, count, sum; the rows are read once for all."""
    named = [(place, hash_, ident(f"hash_{place}")) for place, hash_ in enumerate(hashes)]
    return sql(
        """SELECT place, {bucket} AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT {hashes}
    FROM (
        {rows}
    ) AS active
    OFFSET 0
) AS hashed
CROSS JOIN LATERAL (VALUES {each}) AS each (place, row_hash)
GROUP BY place, {bucket}""",
        bucket=bucket(buckets),
        hashes=joined(", ", (sql("{hash} AS {name}", hash=hash_, name=name) for _, hash_, name in named)),
        rows=rows,
        each=joined(", ", (sql("({place}, {name})", place=literal(place), name=name) for place, _, name in named)),
    )


def clickhouse_fingerprints(rows: SQL, buckets: int) -> SQL:
    """The same statement for ClickHouse."""
    return _grouped(rows, _clickhouse_bucket(buckets))


def bucket_of(row_hash: int, buckets: int) -> int:
    """The bucket of a row: bits from the middle of the product of its hash's halves.

    Not simply bits of the hash: those of a difference of two sums would be right by themselves.
    """
    return ((row_hash & 0xFFFFFFFF) * (row_hash >> 32 & 0x7FFFFFFF) >> 20) & (buckets - 1)


def bucket(buckets: int) -> SQL:
    """PostgreSQL expression of `bucket_of`."""
    return sql(
        "((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & {mask})::integer",
        mask=literal(buckets - 1),
    )


def _clickhouse_bucket(buckets: int) -> SQL:
    return sql(
        "bitAnd(bitShiftRight("
        "bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), {mask})",
        mask=literal(buckets - 1),
    )


def _grouped(rows: SQL, bucket: SQL) -> SQL:
    # OFFSET 0 keeps PostgreSQL from sorting whole rows by an expression over all their columns:
    # each row is hashed first, and 16 bytes of it are grouped (4.8 s against 2.2 s).
    return sql(
        """SELECT {bucket} AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT row_hash
    FROM (
        {rows}
    ) AS hashed
    OFFSET 0
) AS narrow
GROUP BY {bucket}""",
        rows=rows,
        bucket=bucket,
    )


@dataclass(frozen=True)
class Selection:
    """Some of `total` buckets: a bitmap of one bit each, or None for all of them; and single rows.

    A test costs the same however many differ: a bit is looked up, or a hash in a hashed list.
    """

    total: int
    bitmap: bytes | None = None
    #: Row hashes of single rows that only the main side has.
    added: tuple[int, ...] = ()
    #: Row hashes of single rows that only the follower has.
    removed: tuple[int, ...] = ()

    @classmethod
    def of(
        cls, buckets: Iterable[int], total: int, added: tuple[int, ...] = (), removed: tuple[int, ...] = ()
    ) -> Selection:
        bitmap = bytearray(total // 8)
        for bucket in buckets:
            bitmap[bucket >> 3] |= 1 << (bucket & 7)
        return cls(total, bytes(bitmap), added, removed)

    def __bool__(self) -> bool:
        return self.bitmap is None or bool(self.added or self.removed) or any(self.bitmap)

    def widened(self) -> Selection:
        """The buckets of all single rows instead of these rows."""
        single = Selection.of((bucket_of(hash_, self.total) for hash_ in self.added + self.removed), self.total)
        if self.bitmap is None or single.bitmap is None:
            return Selection(self.total)
        return Selection(self.total, bytes(a | b for a, b in zip(self.bitmap, single.bitmap, strict=True)))

    def condition(self) -> SQL:
        """PostgreSQL condition on `row_hash` of the main side: the row may be new or changed."""
        return self._condition(self.added)

    def held(self) -> SQL:
        """PostgreSQL condition on `row_hash` of the follower: the row may be old or gone."""
        return self._condition(self.removed)

    def _condition(self, single: tuple[int, ...]) -> SQL:
        if self.bitmap is None:
            return sql("true")
        conditions: list[SQL] = []
        if any(self.bitmap):
            conditions.append(
                sql(
                    "get_bit({bitmap}::bytea, {bucket}) = 1",
                    bitmap=literal(r"\x" + self.bitmap.hex()),
                    bucket=bucket(self.total),
                )
            )
        if single:
            listed = literal("{" + ",".join(map(str, single)) + "}")
            conditions.append(sql("row_hash = ANY({listed}::bigint[])", listed=listed))
        return sql("({any})", any=joined(" OR ", conditions)) if conditions else sql("false")


def clickhouse_selection(selection: Selection) -> SQL:
    """ClickHouse's spelling of `Selection.condition`."""
    if selection.bitmap is None:
        return sql("true")
    buckets = (place for place in range(selection.total) if selection.bitmap[place >> 3] >> (place & 7) & 1)
    return sql(
        "{bucket} IN ({buckets})",
        bucket=_clickhouse_bucket(selection.total),
        buckets=joined(", ", map(literal, buckets)),
    )


def as_fingerprints(rows: Sequence[tuple[int, int, int]]) -> dict[int, Fingerprint]:
    """Rows of a `fingerprints` statement, sums brought to the same range on every engine."""
    return {int(bucket): (int(count), int(total) % 2**64) for bucket, count, total in rows}


def differing(main: Mapping[Bucket, Fingerprint], follower: Mapping[Bucket, Fingerprint]) -> list[Bucket]:
    """Buckets in which the two sides do not hold the same rows."""
    return [bucket for bucket in main.keys() | follower.keys() if main.get(bucket) != follower.get(bucket)]


def canary() -> SQL:
    """Statement whose answer two servers share only if their record hashes agree."""
    return sql(
        """SELECT hash_record_extended(
    ROW(
        42::integer, -7::bigint, 3::smallint, true, NULL::text, ''::text, getdatabaseencoding()::text,
        timestamp '2026-01-02 03:04:05.678901', timestamptz '1969-12-31 23:59:59+00', date '2106-02-07',
        12.50::numeric(10,2), 0.1::double precision, '00000000-0000-0000-0000-00000000002a'::uuid,
        '{left}"k": [1, null, "v"]{right}'::jsonb
    ), 0
)""",
        left=SQL("{"),
        right=SQL("}"),
    )
