"""The logical types of a model in one table, each with its form in PostgreSQL and in ClickHouse.

Two values of a type are equal if and only if their canonical texts are equal. Every comparison follows this rule.
Hash keys, hashdiffs and the comparison with ClickHouse are computed from the text itself. So both engines must
write the same characters for the same value. The fast hash of PostgreSQL is computed from the value (`hashed`). It
must depend on all that the text depends on. Tests load each type's edge values through all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class LogicalType:
    """One type that a model can declare."""

    #: As written in a model file, `numeric(12,2)` with its arguments.
    name: str
    #: Column type in PostgreSQL.
    postgres: str
    #: Column type in ClickHouse, before `Nullable`.
    clickhouse: str
    #: Types that a source column may have. Each converts to `postgres` without changing a value.
    accepts: tuple[str, ...]
    #: A 64-bit hash of the value in PostgreSQL, a bigint. `{seed}` is a bigint that differs from column to column.
    #: NULL stays NULL, or becomes 0.
    hashed: str
    #: Canonical text in PostgreSQL; `{x}` is the value. NULL stays NULL.
    postgres_text: str = "{x}::text"
    #: Canonical text in ClickHouse.
    clickhouse_text: str = "toString({x})"
    #: The expression that PostgreSQL's COPY sends to ClickHouse.
    served: str = "{x}"
    #: Lowest and highest PostgreSQL value that ClickHouse can hold, both included; None: all.
    limits: tuple[str, str] | None = None
    #: Whether equality is reliable enough for a business key.
    usable_as_key: bool = True

    def __str__(self) -> str:
        return self.name

    def takes(self, spelled: str) -> bool:
        """Whether a source column of the type `spelled`, as PostgreSQL writes it, loads without changing a value."""
        own, given = _NUMERIC.fullmatch(self.name), _NUMERIC.fullmatch(spelled)
        if not (own and given):
            return spelled in self.accepts
        (precision, scale), (its_precision, its_scale) = (map(int, it.groups()) for it in (own, given))
        return its_scale <= scale and its_precision - its_scale <= precision - scale


# A backslash and the separator `|` are escaped, so that no two rows share a canonical text.
_PG_ESCAPED = r"replace(replace({x}, '\', '\\'), '|', '\|')"
_CH_ESCAPED = r"replaceAll(replaceAll({x}, '\\', '\\\\'), '|', '\\|')"
# PostgreSQL writes 10:00:00.5 where ClickHouse writes 10:00:00.500000.
_CH_WITHOUT_ZEROS = "trim(TRAILING '.' FROM trim(TRAILING '0' FROM {x}))"
_CH_TIME = _CH_WITHOUT_ZEROS.replace("{x}", "toString({x})")
_TIME_LIMITS = ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999")

# PostgreSQL's own hash functions are not enough. Those of bigint and timestamp use 32 of 64 bits, that of numeric
# ignores the sign, and that of double treats 0 and -0 as equal. But they use all bits of a seed.
_HASHED_INTEGER = "hashint4extended({x}, {seed})"
_HASHED_BIGINT = "hashint8extended({seed}, {x})"
_HASHED_TEXT = "hashtextextended({x}, {seed})"
# The hash of a value's binary form works for every type, but is slow.
_HASHED_BYTES = "hash_record_extended(ROW({x}), {seed})"
# The hash of a timestamp ignores its span of 2^32 microseconds, counted from 2000, and its side of 2000. So the start
# of the span and the comparison with 2000 are hashed too. This costs half as much as hashing the bytes.
_HASHED_TIMESTAMP = (
    "timestamp_hash_extended({x}, timestamp_hash_extended("
    "date_bin(interval '4294.967296 s', {x}, timestamp '2000-01-01'), "
    "{seed} + timestamp_cmp({x}, timestamp '2000-01-01')))"
)
# Days since 2000. Infinite dates have no such number, so their bytes are hashed.
_HASHED_DATE = (
    "CASE WHEN isfinite({x}) THEN hashint4extended({x} - date '2000-01-01', {seed}) "
    f"ELSE {_HASHED_BYTES.replace('{x}', 'date_send({x})')} END"
)

_SIMPLE = (
    LogicalType("boolean", "boolean", "Bool", ("boolean",), _HASHED_INTEGER.replace("{x}", "{x}::integer")),
    LogicalType("smallint", "smallint", "Int16", ("smallint",), _HASHED_INTEGER),
    LogicalType("integer", "integer", "Int32", ("smallint", "integer"), _HASHED_INTEGER),
    LogicalType("bigint", "bigint", "Int64", ("smallint", "integer", "bigint"), _HASHED_BIGINT),
    LogicalType(
        "double",
        "double precision",
        "Float64",
        ("real", "double precision"),
        # A zero is hashed by its bytes, because it may be -0. NaN is not: its bytes vary, but it is a single value.
        f"CASE WHEN {{x}} = 0 THEN {_HASHED_BYTES.replace('{x}', 'float8send({x})')} "
        "ELSE hashfloat8extended({x}, {seed}) END",
        # Eight bytes as hexadecimal digits do not depend on how an engine prints a float.
        postgres_text="CASE WHEN {x} = 'NaN' THEN 'NaN' ELSE encode(float8send({x}), 'hex') END",
        clickhouse_text="if(isNaN({x}), 'NaN', leftPad(lower(hex(reinterpretAsUInt64({x}))), 16, '0'))",
        usable_as_key=False,
    ),
    LogicalType(
        "text",
        "text",
        "String",
        ("text", "character varying", "character"),
        _HASHED_TEXT,
        postgres_text=_PG_ESCAPED,
        clickhouse_text=_CH_ESCAPED,
    ),
    LogicalType("date", "date", "Date32", ("date",), _HASHED_DATE, limits=("0001-01-01", "9999-12-31")),
    LogicalType(
        "timestamp",
        "timestamp without time zone",
        "DateTime64(6, 'UTC')",
        ("timestamp without time zone", "date"),
        _HASHED_TIMESTAMP,
        clickhouse_text=_CH_TIME,
        limits=_TIME_LIMITS,
    ),
    LogicalType(
        "timestamptz",
        "timestamp with time zone",
        "DateTime64(6, 'UTC')",
        ("timestamp with time zone",),
        _HASHED_TIMESTAMP.replace("{x}", "({x} AT TIME ZONE 'UTC')"),
        postgres_text="({x} AT TIME ZONE 'UTC')::text",
        served="({x} AT TIME ZONE 'UTC')",
        clickhouse_text=_CH_TIME,
        limits=(_TIME_LIMITS[0] + "+00", _TIME_LIMITS[1] + "+00"),
    ),
    LogicalType("uuid", "uuid", "UUID", ("uuid",), "uuid_hash_extended({x}, {seed})"),
    LogicalType(
        "jsonb",
        "jsonb",
        "String",
        ("jsonb",),
        _HASHED_TEXT.replace("{x}", "{x}::text"),
        postgres_text=_PG_ESCAPED.replace("{x}", "{x}::text"),
        clickhouse_text=_CH_ESCAPED,
        usable_as_key=False,
    ),
)
_BY_NAME = {type_.name: type_ for type_ in _SIMPLE}
_NUMERIC = re.compile(r"numeric\(\s*(\d+)\s*,\s*(-?\d+)\s*\)")
KNOWN = ", ".join([*_BY_NAME, "numeric(precision,scale)"])


def _numeric(precision: int, scale: int) -> LogicalType:
    spelled = f"numeric({precision},{scale})"
    most = "9" * (precision - scale) + ("." + "9" * scale if scale else "")
    return LogicalType(
        spelled,
        spelled,
        f"Decimal({precision}, {scale})",
        (spelled,),
        # The sign is the seed. The result is hashed again, because values that differ by a power of ten give results
        # that differ in few bits.
        _HASHED_BIGINT.replace("{x}", "hash_numeric_extended({x}, ({x} < 0)::integer)"),
        postgres_text="trim_scale({x})::text",
        clickhouse_text=_CH_WITHOUT_ZEROS.replace("{x}", f"toDecimalString({{x}}, {scale})")
        if scale
        else "toDecimalString({x}, 0)",
        limits=(f"-{most or 0}", most or "0"),  # NaN and infinity are outside
    )


def parse_type(value: Any) -> LogicalType:
    """The logical type that a model file names. Raises a validation error, which lists all types."""
    if isinstance(value, LogicalType):
        return value
    spelled = str(value).strip()
    if match := _NUMERIC.fullmatch(spelled):
        precision, scale = int(match[1]), int(match[2])
        if 1 <= precision <= 76 and 0 <= scale <= precision:
            return _numeric(precision, scale)
    if spelled in _BY_NAME:
        return _BY_NAME[spelled]
    raise PydanticCustomError(
        "logical_type", "unknown type '{given}'; expected one of: {known}", {"given": spelled, "known": KNOWN}
    )
