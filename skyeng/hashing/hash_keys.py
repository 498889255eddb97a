r"""Hash keys and hashdiffs: one definition, versioned.

**Canonical text of a value.** The logical type defines it (see `skyeng.model.types`); `\` is written as `\\`, and `|`
as `\|`. Two values are equal if and only if their canonical texts are equal. Trailing zeros of a fraction are dropped,
so that a wider scale changes nothing.

**Version 2.**
- hash key of a hub: MD5 of the canonical texts of the parts of its business key, in the order of the parts' names,
  with `|` between them; stored as `uuid`;
- hash key of a link: the same over the parts of all its hubs, in the order of the hubs' names, then of the parts'
  names; a part that is NULL is written `\N`;
- hashdiff of a satellite: MD5 of `name=text|` for each attribute that is not NULL, in the order of their names,
  where `text` is the canonical text; if all are NULL, MD5 of the empty text;
- the MD5 is taken over UTF-8 bytes, whatever the database's encoding;
- the zero key stands for a missing hub: every part of its business key is NULL.

The order in the model file does not change them, and an attribute that is NULL does not either.
Any engine that has MD5 can recompute them: `clickhouse_text_hash` does, and `skyeng verify` relies on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from skyeng.model import FeedColumn, LogicalType
from skyeng.sql import SQL, ident, joined, literal, sql

#: Stored with each load. A change of the definition needs a new number and a migration.
HASH_VERSION = 2

#: Most arguments of one call that we write. PostgreSQL's functions take at most 100.
_ARGUMENTS = 90


class Value(NamedTuple):
    """A value to hash: its unique name, its SQL expression and its type."""

    name: str
    expression: SQL
    type: LogicalType


def row_values(columns: Iterable[FeedColumn]) -> list[Value]:
    """Columns of a feed's row, by the feed's names."""
    return [Value(column.name, ident(column.name), column.type) for column in columns]


def key_values(columns: Iterable[FeedColumn], table: str | None = None) -> list[Value]:
    """Parts of business keys, named by hub and part. `table` qualifies columns whose names are not unique."""
    return [
        Value(
            f"{column.owner.name}.{column.part}",
            ident(table, column.name) if table else ident(column.name),
            column.type,
        )
        for column in columns
    ]


def attribute_values(columns: Iterable[FeedColumn]) -> list[Value]:
    """Attributes of one satellite as the feed delivers them, by their own names."""
    return [Value(column.part, ident(column.name), column.type) for column in columns]


def key_digest(keys: Iterable[Value]) -> SQL:
    """PostgreSQL expression of the hash key of a link, or of a hub whose business key is present, as `uuid`."""
    texts = [sql(r"coalesce({text}, '\N')", text=_text(key)) for key in _in_order(keys)]
    return sql("md5(convert_to({text}, 'UTF8'))::uuid", text=_concatenated(texts))


def hash_key(keys: Sequence[Value]) -> SQL:
    """PostgreSQL expression of a hub's hash key; the zero key where all parts are NULL."""
    return sql(
        "CASE WHEN num_nonnulls({parts}) = 0 THEN {zero} ELSE {digest} END",
        parts=joined(", ", (key.expression for key in keys)),
        zero=zero_key(),
        digest=key_digest(keys),
    )


def zero_key() -> SQL:
    """Hash key of a missing hub."""
    return sql("'00000000-0000-0000-0000-000000000000'::uuid")


def hashdiff(attributes: Iterable[Value]) -> SQL:
    """PostgreSQL expression of the hashdiff of a satellite's attributes, as `uuid`."""
    return sql("{digits}::uuid", digits=digest_text(attributes))


def named_text(values: Iterable[Value]) -> SQL:
    """PostgreSQL expression of `name=text|` for each value that is not NULL, in the order of the names; never NULL."""
    named = (sql("{name} || {text}", name=literal(f"{it.name}="), text=_text(it)) for it in _in_order(values))
    # The empty text at the end puts a bar after the last value too, so that the texts can be concatenated.
    parts = [sql("concat_ws('|', {texts}, '')", texts=joined(", ", texts)) for texts in _batches(named)]
    return joined(" || ", parts) if parts else sql("''")


def digest_text(values: Iterable[Value]) -> SQL:
    """PostgreSQL expression of the MD5 of the named text, as 32 hexadecimal digits."""
    return sql("md5(convert_to({text}, 'UTF8'))", text=named_text(values))


def text_hash(values: Iterable[Value]) -> SQL:
    """PostgreSQL expression of the first 8 bytes of the MD5 of the named text, as bigint."""
    return sql("('x' || left({digits}, 16))::bit(64)::bigint", digits=digest_text(values))


def clickhouse_digest_text(values: Iterable[Value]) -> SQL:
    """The same digits as `digest_text`, computed by ClickHouse."""
    return sql("lower(hex({digest}))", digest=_clickhouse_digest(values))


def clickhouse_text_hash(values: Iterable[Value]) -> SQL:
    """The same number as `text_hash`, computed by ClickHouse, as Int64."""
    return sql("reinterpretAsInt64(reverse(substring({digest}, 1, 8)))", digest=_clickhouse_digest(values))


def key_number(key: SQL) -> SQL:
    """PostgreSQL expression of the first 8 bytes of a hash key, as bigint."""
    return sql("('x' || left(replace({key}::text, '-', ''), 16))::bit(64)::bigint", key=key)


def clickhouse_key_number(key: SQL) -> SQL:
    """The same number as `key_number`, computed by ClickHouse, as Int64."""
    return sql("reinterpretAsInt64(reverse(substring(UUIDToNum({key}), 1, 8)))", key=key)


def _clickhouse_digest(values: Iterable[Value]) -> SQL:
    texts = (
        sql("ifNull(concat({name}, {text}, '|'), '')", name=literal(f"{it.name}="), text=_clickhouse_text(it))
        for it in _in_order(values)
    )
    return sql("MD5(concat('', {texts}))", texts=joined(", ", [*texts, sql("''")]))


def _in_order(values: Iterable[Value]) -> list[Value]:
    return sorted(values, key=lambda it: it.name)


def _concatenated(texts: Sequence[SQL]) -> SQL:
    """Expression of texts with a bar between them. None of them may be NULL."""
    parts = (sql("concat_ws('|', {texts})", texts=joined(", ", batch)) for batch in _batches(texts))
    return joined(" || '|' || ", parts)


def _batches(texts: Iterable[SQL]) -> Iterator[list[SQL]]:
    """Divide texts into batches that a function takes as arguments."""
    rest = iter(texts)
    while batch := list(islice(rest, _ARGUMENTS)):
        yield batch


def _text(value: Value) -> SQL:
    return _applied(value.type.postgres_text, value)


def _clickhouse_text(value: Value) -> SQL:
    return _applied(value.type.clickhouse_text, value)


def _applied(template: str, value: Value) -> SQL:
    return SQL(template.replace("{x}", value.expression.text))
