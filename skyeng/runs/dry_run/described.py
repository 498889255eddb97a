"""Descriptions that ClickHouse gives of tables and views that are as declared."""

from __future__ import annotations

from collections.abc import Iterator

from skyeng.marts.definitions import Object, Table


def table_or_view(declared: Object) -> Iterator[tuple[str, ...]]:
    """The row by which ClickHouse describes a table or view that is as declared."""
    comment = f"{declared.purpose}; {declared.mark}"
    if isinstance(declared, Table):
        arguments = f"({', '.join(declared.engine_arguments)})" if declared.engine_arguments else ""
        engine, key = declared.engine, ", ".join(declared.sorted_by)
        yield declared.name, engine, engine + arguments, key, declared.partitioned_by, comment, "", ""
    else:
        yield declared.name, "View", "", "", "", comment, declared.select.text, ""


def columns(declared: Object) -> Iterator[tuple[str, ...]]:
    for column in declared.columns:
        kind = "DEFAULT" if column.default else ""
        yield declared.name, column.name, column.type.text, kind, column.default.text if column.default else ""
