"""Row hashes, and checksums of hash buckets: what both comparisons share.

A *row hash* is a 64-bit number computed from a whole denormalised row, or from some of its columns. A *checksum* is
`count(*)` and `sum(row hash)` of a set of rows. A *hash bucket* holds the rows whose hashes share some bits: a changed
row leaves one bucket and enters another, and both checksums change. Endpoints with equal checksums have equal rows,
and only checksums are moved to find that out.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Literal, TypeVar

from skyeng.hashing.hash_keys import Value, row_values, text_hash
from skyeng.model import Feed, Model
from skyeng.model.types import parse_type
from skyeng.sql import FENCE, SQL, ident, joined, literal, sql

#: `binary`: from PostgreSQL's hash functions, the fast one. `text`: from the canonical text, for two servers that
#: do not agree on the binary one.
Method = Literal["binary", "text"]

#: Count of rows, and the sum (modulo 2**64) of their hashes.
Checksum = tuple[int, int]
Key = TypeVar("Key", bound=Hashable)


def row_hash(row: Iterable[Value], method: Method = "binary") -> SQL:
    """PostgreSQL expression of the hash of a row, or of some of its columns: a bigint, never NULL.

    Each value is hashed by itself with a seed made of its name, and the hashes are combined by XOR. So hashes of
    different columns are independent: their order does not matter, and values that move between columns do not cancel
    out. A NULL value counts as no column. The result is hashed once more, because row hashes are summed: otherwise two
    rows that exchange values could leave the sum unchanged. Two different rows have the same hash with a probability
    of 2^-64.
    """
    if method == "text":
        return text_hash(row)
    hashed = [sql("coalesce({hash}, 0)", hash=_hashed(value)) for value in sorted(row, key=lambda it: it.name)]
    return sql("hashint4extended(0, {key_sets})", key_sets=joined(" # ", hashed) if hashed else sql("0"))


def _hashed(value: Value) -> SQL:
    seed = int.from_bytes(hashlib.blake2b(value.name.encode(), digest_size=8).digest()) >> 1
    return SQL(value.type.hashed.replace("{x}", value.expression.text).replace("{seed}", str(seed)))


def power_of_two(number: float) -> int:
    """The least power of two that is no less than a number."""
    return 1 << max(math.ceil(number) - 1, 0).bit_length()


def proof_hash_buckets(rows: int) -> int:
    """How many hash buckets to compare so many rows by: few, because differences are the exception."""
    return min(max(power_of_two(rows / 64), 64), 1 << 14)


def with_row_hash(rows: SQL, model: Model, feed: Feed, method: Method) -> SQL:
    """Rows with the columns of a feed, from any endpoint, with their `row_hash`."""
    return sql(
        """SELECT *, {row_hash} AS row_hash
FROM (
    {rows}
) AS typed""",
        row_hash=row_hash(row_values(model.feed_columns(feed)), method),
        rows=rows,
    )


def checksums(rows: SQL, buckets: int) -> SQL:
    """PostgreSQL statement over rows with a `row_hash`: hash bucket, count, sum of hashes."""
    return _grouped(rows, hash_bucket(buckets), FENCE)


def checksums_in_one_scan(rows: SQL, hashes: Sequence[SQL], buckets: int) -> SQL:
    """PostgreSQL statement: index of a hash in `hashes`, hash bucket, count, sum; one scan for all hashes."""
    named = [(index, hash_, ident(f"hash_{index}")) for index, hash_ in enumerate(hashes)]
    return sql(
        """SELECT place, {bucket} AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT {hashes}
    FROM (
        {rows}
    ) AS active
    {fence}
) AS hashed
CROSS JOIN LATERAL (VALUES {each}) AS each (place, row_hash)
GROUP BY place, {bucket}""",
        fence=FENCE,
        bucket=hash_bucket(buckets),
        hashes=joined(", ", (sql("{hash} AS {name}", hash=hash_, name=name) for _, hash_, name in named)),
        rows=rows,
        each=joined(", ", (sql("({index}, {name})", index=literal(index), name=name) for index, _, name in named)),
    )


def clickhouse_checksums(rows: SQL, buckets: int) -> SQL:
    """The same statement for ClickHouse."""
    return _grouped(rows, _clickhouse_hash_bucket(buckets), SQL(""))


def hash_bucket(buckets: int) -> SQL:
    """PostgreSQL expression of a row's hash bucket, an integer.

    It has bits from the middle of the product of the hash's halves.
    """
    return sql(
        "((((row_hash & 4294967295) * ((row_hash >> 32) & 2147483647)) >> 20) & {mask})::integer",
        mask=literal(buckets - 1),
    )


def _clickhouse_hash_bucket(buckets: int) -> SQL:
    return sql(
        "bitAnd(bitShiftRight("
        "bitAnd(row_hash, 4294967295) * bitAnd(bitShiftRight(row_hash, 32), 2147483647), 20), {mask})",
        mask=literal(buckets - 1),
    )


def _grouped(rows: SQL, bucket: SQL, fence: SQL) -> SQL:
    # The fence keeps PostgreSQL from sorting whole rows by an expression over all their columns: each row is hashed
    # first, and 16 bytes of it are grouped (2.2 s instead of 4.8 s).
    return sql(
        """SELECT {bucket} AS bucket, count(*) AS row_count, sum(row_hash) AS hash_sum
FROM (
    SELECT row_hash
    FROM (
        {rows}
    ) AS hashed
    {fence}
) AS narrow
GROUP BY {bucket}""",
        fence=fence,
        rows=rows,
        bucket=bucket,
    )


def in_hash_buckets(chosen: Iterable[int], buckets: int) -> SQL:
    """PostgreSQL condition on `row_hash`: the row is in one of the chosen hash buckets."""
    listed = literal("{" + ",".join(map(str, chosen)) + "}")
    return sql("{bucket} = ANY({listed}::integer[])", bucket=hash_bucket(buckets), listed=listed)


def clickhouse_in_hash_buckets(chosen: Iterable[int], buckets: int) -> SQL:
    """The same condition for ClickHouse."""
    return sql(
        "{bucket} IN ({chosen})", bucket=_clickhouse_hash_bucket(buckets), chosen=joined(", ", map(literal, chosen))
    )


def as_checksums(rows: Sequence[tuple[int, int, int]]) -> dict[int, Checksum]:
    """Rows of a `checksums` statement as a mapping; sums are reduced to the same range on every engine."""
    return {int(bucket): (int(count), int(total) % 2**64) for bucket, count, total in rows}


def differing(source: Mapping[Key, Checksum], target: Mapping[Key, Checksum]) -> list[Key]:
    """Keys whose checksums differ between the two endpoints."""
    return [key for key in source.keys() | target.keys() if source.get(key) != target.get(key)]


#: Values by type on which servers might disagree: all bits in use, both signs, what is not a number.
_CANARY = {
    "boolean": ("true",),
    "smallint": ("-7",),
    "integer": ("42", "-2147483648"),
    "bigint": ("4294967296", "-4294967297"),
    "double": ("0.1", "'-0'", "'NaN'", "'-Infinity'"),
    "numeric(38,10)": ("12.5", "-12.5", "0", "'NaN'"),
    "text": ("''", "'text'"),
    "date": ("'2106-02-07'", "'infinity'"),
    "timestamp": ("'2026-01-02 03:04:05.678901'", "'1969-12-31 23:59:59'", "'infinity'"),
    "timestamptz": ("'2026-01-02 03:04:05.678901+00'", "'1969-12-31 23:59:59+00'"),
    "uuid": ("'00000000-0000-0000-0000-00000000002a'",),
    "jsonb": ('\'{"k": [1, null, "v"]}\'',),
}


def canary() -> SQL:
    """Statement whose result is equal on two servers only if they hash alike and use the same encoding."""
    values = [
        Value(f"{type_}_{index}", SQL(f"({text})::{type_.postgres}"), type_)
        for type_, texts in ((parse_type(name), texts) for name, texts in _CANARY.items())
        for index, text in enumerate(texts)
    ]
    encoding = Value("encoding", sql("getdatabaseencoding()::text"), parse_type("text"))
    return sql("SELECT {hash}", hash=row_hash([*values, encoding]))
