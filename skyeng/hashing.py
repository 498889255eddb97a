r"""Hash keys and hashdiffs: one definition, versioned.

**Canonical text.** The values of a row, each as the text its logical type prescribes (see
`skyeng.model.types`), with `\` written as `\\` and `|` as `\|`, NULL written as `\N`, and
`|` between them. No two different rows share a canonical text.

**Version 1.**
- hash key of a hub: MD5 of the canonical text of its business key, held as `uuid`;
- hash key of a link: MD5 of the canonical text of all its hubs' business keys, in the order
  in which the model lists the hubs;
- hashdiff of a satellite: MD5 of the canonical text of its attributes, in the model's order;
- the MD5 is taken over UTF-8 bytes, whatever the database's encoding;
- the zero key stands for a missing hub: every part of its business key is NULL.

Any engine that has MD5 can recompute them: `clickhouse_text_hash` does, and `skyeng verify`
relies on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from skyeng.model import FeedColumn, LogicalType
from skyeng.sql import SQL, ident, joined, sql

#: Stored with each load. A change of the definition is a new number and a migration.
HASH_VERSION = 1

#: A value's SQL expression and its type.
Value = tuple[SQL, LogicalType]


def values(columns: Sequence[FeedColumn]) -> list[Value]:
    """Columns of a feed as values, by the feed's names."""
    return [(ident(column.name), column.type) for column in columns]


def canonical_text(values: Sequence[Value]) -> SQL:
    """PostgreSQL expression of the canonical text of `values`; never NULL."""
    texts = [sql(r"coalesce({text}, '\N')", text=_apply(type_.postgres_text, value)) for value, type_ in values]
    return sql("concat_ws('|', {texts})", texts=joined(", ", texts))


def digest(values: Sequence[Value]) -> SQL:
    """PostgreSQL expression of the MD5 of the canonical text, as `uuid`."""
    return sql("{digits}::uuid", digits=digest_text(values))


def digest_text(values: Sequence[Value]) -> SQL:
    """PostgreSQL expression of the MD5 of the canonical text, as 32 hexadecimal digits."""
    return sql("md5(convert_to({text}, 'UTF8'))", text=canonical_text(values))


def hash_key(values: Sequence[Value]) -> SQL:
    """PostgreSQL expression of a hub's hash key; the zero key where all values are NULL."""
    return sql(
        "CASE WHEN num_nonnulls({values}) = 0 THEN {zero} ELSE {digest} END",
        values=joined(", ", (value for value, _ in values)),
        zero=zero_key(),
        digest=digest(values),
    )


def zero_key() -> SQL:
    """Hash key of a missing hub."""
    return sql("'00000000-0000-0000-0000-000000000000'::uuid")


def text_hash(values: Sequence[Value]) -> SQL:
    """PostgreSQL expression of the first 8 bytes of the MD5 of the canonical text, as bigint."""
    return sql("('x' || left({digits}, 16))::bit(64)::bigint", digits=digest_text(values))


def clickhouse_digest_text(values: Sequence[Value]) -> SQL:
    """The same digits as `digest_text`, computed by ClickHouse."""
    return sql("lower(hex({digest}))", digest=_clickhouse_digest(values))


def clickhouse_text_hash(values: Sequence[Value]) -> SQL:
    """The same number as `text_hash`, computed by ClickHouse, as Int64."""
    return sql("reinterpretAsInt64(reverse(substring({digest}, 1, 8)))", digest=_clickhouse_digest(values))


def clickhouse_fast_hash(columns: Sequence[SQL]) -> SQL:
    """A hash of these columns as Int64 that only ClickHouse computes; of a tuple, so that NULL is not empty."""
    return sql("reinterpretAsInt64(cityHash64(tuple({columns})))", columns=joined(", ", columns))


def _clickhouse_digest(values: Sequence[Value]) -> SQL:
    texts = [sql(r"ifNull({text}, '\\N')", text=_apply(type_.clickhouse_text, value)) for value, type_ in values]
    return sql("MD5(concatWithSeparator('|', {texts}))", texts=joined(", ", texts))


def _apply(template: str, value: SQL) -> SQL:
    return SQL(template.replace("{x}", value.text))
