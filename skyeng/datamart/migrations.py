"""Bringing a datamart to head: numbered DDL files, each recorded, each repeatable."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from skyeng.datamart.client import ClickHouse, Session
from skyeng.datamart.tables import ddl
from skyeng.errors import NotMigrated, StatementFailed
from skyeng.model import Model, kept_in
from skyeng.sql import SQL, sql, written

DDL = Path(__file__).parents[2] / "datamart" / "ddl"

_REGISTER = sql("""CREATE TABLE IF NOT EXISTS skyeng_ddl (
    model LowCardinality(String),
    file String,
    checksum String,
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = ReplacingMergeTree(applied_at)
ORDER BY (model, file)""")


def folder(model: Model) -> Path:
    """Where a model's DDL files are."""
    return kept_in(model, DDL, "ddl")


def files(model: Model) -> list[Path]:
    return sorted(folder(model).glob("[0-9]*.sql"))


def migrate(datamart: ClickHouse, model: Model) -> None:
    """Run the DDL files not yet recorded, in their order. Safe to repeat."""
    if not model.marts:
        return
    with datamart.session(create=True) as session:
        session.execute(_REGISTER)
        _check_server(session)
        done = recorded(session, model)
        for path in files(model):
            if done.get(path.name) == _checksum(path):
                continue
            for statement in statements(path):
                session.execute(statement)
            session.execute(
                sql("INSERT INTO skyeng_ddl (model, file, checksum) VALUES (%(model)s, %(file)s, %(sum)s)"),
                {"model": model.name, "file": path.name, "sum": _checksum(path)},
            )


def check_migrated(session: Session, model: Model) -> None:
    """Raise `NotMigrated` unless every DDL file of the model was run."""
    done = recorded(session, model) if "skyeng_ddl" in session.tables() else {}
    missing = [path.name for path in files(model) if path.name not in done]
    if missing:
        raise NotMigrated(
            f"the datamart is not migrated for model '{model.name}'",
            where=f"{session.database.name}, not run: {', '.join(missing)}",
            remedy="run `skyeng migrate`",
        )


def statements(path: Path) -> Iterator[SQL]:
    """The statements of a DDL file: each ends with a semicolon at the end of a line."""
    for statement in re.split(r";\s*(?:\n|\Z)", path.read_text(encoding="utf-8")):
        code = "\n".join(line for line in statement.splitlines() if not line.lstrip().startswith("--"))
        if code.strip():
            yield written(code)


def write_first(model: Model) -> Path | None:
    """Write the first DDL file from the model; None where there is one already.

    Later changes alter tables that hold data and are written by hand; a test proves that the
    files lead to what the model says.
    """
    if files(model) or not model.marts:
        return None
    path = folder(model) / f"001_{model.name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    made = [statement.text for mart in model.marts for statement in ddl(model, mart)]
    path.write_text(
        f"-- The datamart of model '{model.name}', first version.\n\n" + ";\n\n".join(made) + ";\n", encoding="utf-8"
    )
    return path


def recorded(session: Session, model: Model) -> dict[str, str]:
    """The DDL files of a model that were run, and what was in them."""
    rows = session.rows(
        sql("SELECT file, argMax(checksum, applied_at) FROM skyeng_ddl WHERE model = %(model)s GROUP BY file"),
        {"model": model.name},
    )
    return {str(row[0]): str(row[1]) for row in rows}


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check_server(session: Session) -> None:
    """Older servers bend timestamps outside 1900 to 2299 without a word."""
    edges = "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999"
    held = session.rows(
        sql("SELECT arrayMap(x -> toString(CAST(x, 'DateTime64(6, \\'UTC\\')')), %(edges)s)"), {"edges": list(edges)}
    )
    if tuple(held[0][0]) != edges:
        raise StatementFailed(
            "this ClickHouse bends timestamps at the edges of their range",
            where=f"{edges[1]} becomes {held[0][0][1]}",
            expected="ClickHouse 26.8 or later",
            remedy="upgrade the server",
        )
