"""The logical types of a model, each with its PostgreSQL and its ClickHouse face, in one table.

The canonical text of a value is what hash keys, hashdiffs and the comparison with ClickHouse
are computed from. Both engines must write the same characters for the same value; a test
loads each type's edge values through both and compares.
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
    #: Canonical text in PostgreSQL; `{x}` is the value. NULL stays NULL.
    postgres_text: str = "{x}::text"
    #: Canonical text in ClickHouse.
    clickhouse_text: str = "toString({x})"
    #: What PostgreSQL hashes, where its own hash calls different values equal (0 and -0, 1.0 and 1.00).
    hashed: str = "{x}"
    #: What PostgreSQL's COPY sends to ClickHouse.
    served: str = "{x}"
    #: Lowest and highest PostgreSQL value that ClickHouse can hold, both included; None: all.
    limits: tuple[str, str] | None = None
    #: Whether equality is dependable enough for a business key.
    usable_as_key: bool = True

    def __str__(self) -> str:
        return self.name


# A backslash and the separator `|` are escaped, so that no two rows share a canonical text.
_PG_ESCAPED = r"replace(replace({x}, '\', '\\'), '|', '\|')"
_CH_ESCAPED = r"replaceAll(replaceAll({x}, '\\', '\\\\'), '|', '\\|')"
# PostgreSQL writes 10:00:00.5 where ClickHouse writes 10:00:00.500000.
_CH_TIME = "trim(TRAILING '.' FROM trim(TRAILING '0' FROM toString({x})))"
_TIME_LIMITS = ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999")

_SIMPLE = (
    LogicalType("boolean", "boolean", "Bool", ("boolean",)),
    LogicalType("smallint", "smallint", "Int16", ("smallint",)),
    LogicalType("integer", "integer", "Int32", ("smallint", "integer")),
    LogicalType("bigint", "bigint", "Int64", ("smallint", "integer", "bigint")),
    LogicalType(
        "double",
        "double precision",
        "Float64",
        ("real", "double precision"),
        # Eight bytes as hexadecimal digits: no engine's way of printing a float is involved.
        postgres_text="encode(float8send({x}), 'hex')",
        hashed="float8send({x})",
        clickhouse_text="leftPad(lower(hex(reinterpretAsUInt64({x}))), 16, '0')",
        usable_as_key=False,
    ),
    LogicalType(
        "text",
        "text",
        "String",
        ("text", "character varying", "character"),
        postgres_text=_PG_ESCAPED,
        clickhouse_text=_CH_ESCAPED,
    ),
    LogicalType("date", "date", "Date32", ("date",), limits=("0001-01-01", "9999-12-31")),
    LogicalType(
        "timestamp",
        "timestamp without time zone",
        "DateTime64(6, 'UTC')",
        ("timestamp without time zone", "date"),
        clickhouse_text=_CH_TIME,
        limits=_TIME_LIMITS,
    ),
    LogicalType(
        "timestamptz",
        "timestamp with time zone",
        "DateTime64(6, 'UTC')",
        ("timestamp with time zone",),
        postgres_text="({x} AT TIME ZONE 'UTC')::text",
        served="({x} AT TIME ZONE 'UTC')",
        clickhouse_text=_CH_TIME,
        limits=(_TIME_LIMITS[0] + "+00", _TIME_LIMITS[1] + "+00"),
    ),
    LogicalType("uuid", "uuid", "UUID", ("uuid",)),
    LogicalType(
        "jsonb",
        "jsonb",
        "String",
        ("jsonb",),
        postgres_text=_PG_ESCAPED.replace("{x}", "{x}::text"),
        hashed="{x}::text",
        clickhouse_text=_CH_ESCAPED,
        usable_as_key=False,
    ),
)
_BY_NAME = {type_.name: type_ for type_ in _SIMPLE}
_NUMERIC = re.compile(r"numeric\(\s*(\d+)\s*,\s*(\d+)\s*\)")
KNOWN = ", ".join([*_BY_NAME, "numeric(precision,scale)"])


def _numeric(precision: int, scale: int) -> LogicalType:
    spelled = f"numeric({precision},{scale})"
    most = "9" * (precision - scale) + ("." + "9" * scale if scale else "")
    return LogicalType(
        spelled,
        spelled,
        f"Decimal({precision}, {scale})",
        (spelled,),
        clickhouse_text=f"toDecimalString({{x}}, {scale})",
        limits=(f"-{most or 0}", most or "0"),  # NaN and infinity stand outside
    )


def parse_type(value: Any) -> LogicalType:
    """The logical type a model file names. Raises a validation error that lists all types."""
    if isinstance(value, LogicalType):
        return value
    spelled = str(value).strip()
    if match := _NUMERIC.fullmatch(spelled):
        precision, scale = int(match[1]), int(match[2])
        if 1 <= precision <= 76 and scale <= precision:
            return _numeric(precision, scale)
    if spelled in _BY_NAME:
        return _BY_NAME[spelled]
    raise PydanticCustomError(
        "logical_type", "unknown type '{given}'; expected one of: {known}", {"given": spelled, "known": KNOWN}
    )
