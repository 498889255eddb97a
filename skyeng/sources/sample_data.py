"""Trial data for a datasource: a model's sample, synthetic data of any size, and changes to it.

The SQL belongs to the model. It is in the folder `data` next to the model file: `schema.sql`, `sample.sql`,
`generate.sql` (parameters `rows`, `seed`) and `change.sql` (parameters `share`, `seed`). Only this code writes to a
datasource, and only at the request of a person.
"""

from __future__ import annotations

from pathlib import Path

from skyeng.db.postgres import Parameters, Postgres, Session
from skyeng.errors import UsageError
from skyeng.model import Model
from skyeng.sql import sql, written

Counts = list[tuple[str, int]]


def has_tables(source: Postgres) -> bool:
    """Whether the datasource already has any table, besides those of PostgreSQL."""
    with source.session(snapshot=True) as session:
        return bool(
            session.scalar(
                sql(
                    "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema'))"
                )
            )
        )


def create_sample(source: Postgres, model: Model) -> None:
    """Create the model's source tables with its sample rows."""
    with source.session() as session:
        _run(session, model, "schema.sql")
        _run(session, model, "sample.sql")


def generate(source: Postgres, model: Model, rows: int, seed: int = 0) -> Counts:
    """Create the model's source tables with `rows` synthetic rows. Returns the rows created, by kind.

    Raises `UsageError` if the datasource has tables: data is never overwritten.
    """
    if has_tables(source):
        raise UsageError(
            "the datasource has tables already; generated data would mix with them",
            where=source.name,
            expected="an empty database",
            remedy="use another database or another SKYENG_HOME; `--change 1%` changes what is there",
        )
    with source.session() as session:
        _run(session, model, "schema.sql")
        return _run(session, model, "generate.sql", {"rows": rows, "seed": seed})


def change(source: Postgres, model: Model, share: float, seed: int = 0) -> Counts:
    """Change a fraction (0.01 for 1%) of the rows. Returns the rows changed, by kind."""
    with source.session() as session:
        return _run(session, model, "change.sql", {"share": share, "seed": seed})


def _run(session: Session, model: Model, name: str, parameters: Parameters | None = None) -> Counts:
    path: Path = model.directory / "data" / name
    if not path.is_file():
        raise UsageError(
            f"model '{model.name}' has no file data/{name}",
            where=str(model.directory),
            expected="SQL that makes source data for the model",
        )
    rows = session.last_rows(written(path.read_text(encoding="utf-8")), parameters)
    return [(row[0], row[1]) for row in rows if len(row) == 2]
