"""Named queries of a model, and an analyst's own SQL, over the current rows or as of any time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from skyeng.db.clickhouse import ClickHouse, ClickHouseSession
from skyeng.errors import StatementFailed, UsageError
from skyeng.marts import catalog, migrations, objects
from skyeng.marts.tables import MartTables
from skyeng.model import Mart, Model
from skyeng.sql import SQL, ident, joined, literal, readonly, sql, written


@dataclass(frozen=True)
class NamedQuery:
    """A query in a model's folder `queries`. Its first comment lines say what it answers."""

    name: str
    question: str
    notes: str
    statement: SQL


def named_queries(model: Model) -> list[NamedQuery]:
    return [_read(path) for path in sorted((model.directory / "queries").glob("*.sql"))]


def find(model: Model, name: str) -> NamedQuery:
    """Find a model's query by its name. Raises `UsageError`, which lists the known names."""
    known = named_queries(model)
    for query in known:
        if query.name == name:
            return query
    listed = "\n".join(f"{query.name}: {query.question}" for query in known)
    raise UsageError(
        f"model '{model.name}' has no query '{name}'", expected=listed or "none is declared", remedy="or use --sql"
    )


def as_of(statement: SQL, model: Model, moment: datetime) -> SQL:
    """The same statement, reading every mart of the model as of a time. A time without a zone is UTC.

    A common table expression with the mart's name hides the mart itself. Raises `UsageError` where the
    statement qualifies a mart with its database, because it would read the current rows.
    """
    for mart in model.marts:
        if re.search(rf"\.\s*[`\"]?{mart.table}\b", statement.text):
            raise UsageError(
                f"as of a time, {mart.table} must be named without its database",
                remedy=f"write {mart.table} alone, or read {MartTables(mart).as_of}(ts = '...') yourself",
            )
    moment = moment.astimezone(UTC) if moment.tzinfo else moment
    ctes = joined(
        ",\n",
        (
            sql(
                "{mart} AS (SELECT * FROM {as_of}(ts = {moment}))",
                mart=ident(MartTables(mart).view),
                as_of=ident(MartTables(mart).as_of),
                moment=literal(f"{moment:%Y-%m-%d %H:%M:%S.%f}"),
            )
            for mart in model.marts
        ),
    )
    own = re.match(r"(?is)(?:\s|--[^\n]*\n|/\*.*?\*/)*(WITH(?:\s+RECURSIVE)?)\b", statement.text)
    if own:
        return SQL(f"{own[1]} {ctes},{statement.text[own.end() :]}")
    return SQL(f"WITH {ctes}\n{statement.text}")


@contextmanager
def reading(datamart: ClickHouse, model: Model, statement: SQL) -> Iterator[ClickHouseSession]:
    """Open a read-only session for one statement.

    Raises `UsageError` for a statement that does more than read. If the statement fails and tables or views
    of the model are missing or altered, raises `MartDamaged`, which names them.
    """
    try:
        with datamart.session(alone=True) as session:
            session.only_read(_level(session, statement))
            yield session
    except StatementFailed as exc:
        with datamart.session() as session:
            declared = migrations.declared(model)
            if different := objects.differences(declared, catalog.read(session, declared)):
                # This refuses objects that are not the model's, because no run creates those again.
                migrations.check_migrated(session, model)
                raise objects.damaged(model, different) from exc
        raise


def _level(session: ClickHouseSession, statement: SQL) -> Literal[1, 2]:
    """Check a statement as the server's own parser writes it. Returns the value of `readonly` that it can run with."""
    ((canonical, reaching),) = session.rows(
        sql(
            "SELECT formatQuerySingleLine(%(text)s),"
            " (SELECT groupArray(lower(name)) FROM system.table_functions WHERE NOT allow_readonly)"
        ),
        {"text": statement.text},
    )
    plain = readonly.without_quoted(canonical)
    if refused := readonly.objection(plain, reaching, readonly.FORBIDDEN_CALLS):
        raise UsageError(
            f"`query` only reads, and refuses {refused}",
            where=" ".join(statement.text.split())[:200],
            expected="one SELECT, SHOW, DESCRIBE, EXISTS or EXPLAIN over the tables of the datamart",
            remedy="write with ClickHouse's own client, as a user that may",
        )
    return 2 if readonly.sets(plain) else 1


def _read(path: Path) -> NamedQuery:
    text = path.read_text(encoding="utf-8")
    comments = [line[2:].strip() for line in text.splitlines() if line.startswith("--")]
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    question, *notes = comments or [""]
    return NamedQuery(path.stem, question, " ".join(notes), written(code))


def count_of(mart: Mart) -> SQL:
    """Statement that counts the rows that analysts see in a mart."""
    return sql("SELECT count() FROM {mart}", mart=ident(MartTables(mart).view))
