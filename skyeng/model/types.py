"""The logical types of a model, each with its PostgreSQL and its ClickHouse face, in one table.

Two values of a type are equal if and only if their canonical texts are equal: everything that compares follows
this rule. Hash keys, hashdiffs and the comparison with ClickHouse are computed from the text itself, and both
engines must write the same characters for the same value. The fast hash of PostgreSQL is computed from the value
(`hashed`), and must depend on all that the text depends on. Tests load each type's edge values through all of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticCustomError


@dataclass(frozen=True)
class LogicalType:
    """One type of the model's language."""

    #: As written in a model file, `numeric(12,2)` with its arguments.
    name: str
    #: Column type in PostgreSQL.
    postgres: str
    #: Column type in ClickHouse, before `Nullable`.
    clickhouse: str
    #: Types a source column may have; each converts to `postgres` without changing a value.
    accepts: tuple[str, ...]
    #: A 64-bit hash of the value in PostgreSQL, a bigint; `{seed}` is a bigint that tells one column from another.
    #: NULL stays NULL, or becomes 0.
    hashed: str
    #: Canonical text in PostgreSQL; `{x}` is the value. NULL stays NULL.
    postgres_text: str = "{x}::text"
    #: Canonical text in ClickHouse.
    clickhouse_text: str = "toString({x})"
    #: What PostgreSQL's COPY sends to ClickHouse.
    served: str = "{x}"
    #: Lowest and highest PostgreSQL value that ClickHouse can hold, both included; None: all.
    limits: tuple[str, str] | None = None
    #: Whether equality is dependable enough for a business key.
    usable_as_key: bool = True

    def __str__(self) -> str:
        return self.name

    def takes(self, spelled: str) -> bool:
        """Whether a source column of this type, as PostgreSQL spells it, loads without a value that changes."""
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

# PostgreSQL's own hash functions are not enough: those of a bigint and of a timestamp keep 32 of 64 bits, that of a
# numeric drops the sign, that of a double calls 0 and -0 equal. Seeds are not shortened, though.
_HASHED_INTEGER = "hashint4extended({x}, {seed})"
_HASHED_BIGINT = "hashint8extended({seed}, {x})"
_HASHED_TEXT = "hashtextextended({x}, {seed})"
# A value in its binary form, whatever it is: the slow way.
_HASHED_BYTES = "hash_record_extended(ROW({x}), {seed})"
# What the hash of a timestamp drops is in which span of 2^32 microseconds it lies, counted from 2000, and on which side
# of 2000. The beginning of the span and the comparison tell: hashed with them, it costs half as much as its bytes.
_HASHED_TIMESTAMP = (
    "timestamp_hash_extended({x}, timestamp_hash_extended("
    "date_bin(interval '4294.967296 s', {x}, timestamp '2000-01-01'), "
    "{seed} + timestamp_cmp({x}, timestamp '2000-01-01')))"
)
# Days since 2000; the infinities have no number.
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
        # A zero is hashed by its bytes, since it may be -0; the bytes of NaN are no two alike, and all are one value.
        f"CASE WHEN {{x}} = 0 THEN {_HASHED_BYTES.replace('{x}', 'float8send({x})')} "
        "ELSE hashfloat8extended({x}, {seed}) END",
        # Eight bytes as hexadecimal digits: no engine's way of printing a float is involved.
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
        # The sign is the seed; what comes out differs in few bits where the values differ by a power of ten.
        _HASHED_BIGINT.replace("{x}", "hash_numeric_extended({x}, ({x} < 0)::integer)"),
        postgres_text="trim_scale({x})::text",
        clickhouse_text=_CH_WITHOUT_ZEROS.replace("{x}", f"toDecimalString({{x}}, {scale})")
        if scale
        else "toDecimalString({x}, 0)",
        limits=(f"-{most or 0}", most or "0"),  # NaN and infinity stand outside
    )


def parse_type(value: Any) -> LogicalType:
    """The logical type a model file names. Raises a validation error that lists all types."""
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
