"""Tables and views of ClickHouse as values, each with the statement that creates it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from skyeng.sql import SQL, ident, idents, joined, literal, sql


@dataclass(frozen=True)
class Mark:
    """The origin of an object, as its comment states it: the model, the mart, and for a table the declaration.

    `declaration` is a digest of what determines the rows of the mart (`skyeng.marts.tables.declaration`). It is in the
    comment of each table, so that it is swapped in together with the rows.
    """

    model: str
    mart: str
    declaration: str = ""

    def __str__(self) -> str:
        declared = f", declaration {self.declaration}" if self.declaration else ""
        return f"model {self.model}, mart {self.mart}{declared}"


@dataclass(frozen=True)
class Column:
    """A column of a table or view, with its declared default."""

    name: str
    type: SQL
    default: SQL | None = None
    comment: str = ""

    @property
    def definition(self) -> SQL:
        default = sql(" DEFAULT {value}", value=self.default) if self.default else SQL("")
        comment = sql(" COMMENT {text}", text=literal(self.comment)) if self.comment else SQL("")
        return sql(
            "{name} {type}{default}{comment}", name=ident(self.name), type=self.type, default=default, comment=comment
        )


@dataclass(frozen=True)
class Table:
    """A table that holds rows. A table without a mark belongs to no mart."""

    name: str
    purpose: str
    mark: Mark | None
    columns: tuple[Column, ...]
    sorted_by: tuple[str, ...]
    engine: str = "ReplacingMergeTree"
    #: Columns that the engine gets as arguments.
    engine_arguments: tuple[str, ...] = ()
    settings: tuple[tuple[str, int], ...] = ()
    #: The column of the partition key; empty for a table without partitions.
    partitioned_by: str = ""

    @property
    def create(self) -> SQL:
        """Statement that creates the table. An existing table of its name stays as it is."""
        arguments = sql("({names})", names=idents(self.engine_arguments)) if self.engine_arguments else SQL("")
        partition = sql("\nPARTITION BY {name}", name=ident(self.partitioned_by)) if self.partitioned_by else SQL("")
        settings = (sql("{name} = {value}", name=ident(name), value=literal(value)) for name, value in self.settings)
        return sql(
            """CREATE TABLE IF NOT EXISTS {name} (
    {columns}
)
ENGINE = {engine}{arguments}{partition}
ORDER BY ({sorted_by}){settings}
COMMENT {comment}""",
            name=ident(self.name),
            columns=joined(",\n", (column.definition for column in self.columns)),
            engine=SQL(self.engine),
            arguments=arguments,
            partition=partition,
            sorted_by=idents(self.sorted_by),
            settings=sql("\nSETTINGS {settings}", settings=joined(", ", settings)) if self.settings else SQL(""),
            comment=_comment(self.purpose, self.mark),
        )


@dataclass(frozen=True)
class View:
    """A view. It holds no rows, so it may be replaced at any time."""

    name: str
    purpose: str
    mark: Mark
    columns: tuple[Column, ...]
    select: SQL

    @property
    def create(self) -> SQL:
        return sql(
            """CREATE OR REPLACE VIEW {name} AS
{select}
COMMENT {comment}""",
            name=ident(self.name),
            select=self.select,
            comment=_comment(self.purpose, self.mark),
        )


Object = Table | View

#: The columns of a SELECT, if all of them are plain names.
_SELECTED = re.compile(r"(?<=\bSELECT )[^\n(]+?(?= FROM |\n|$)")


def without_order(statement: str) -> str:
    """A definition in a form that does not depend on the order of its columns.

    A table has each column on a line of its own; a SELECT has all columns on one line.
    """
    in_order = _SELECTED.sub(lambda columns: ", ".join(sorted(columns[0].split(", "))), statement)
    return "\n".join(sorted(line.rstrip(",") for line in in_order.splitlines()))


def _comment(purpose: str, mark: Mark | None) -> SQL:
    return literal(f"{purpose}; {mark}" if mark else purpose)
