"""The register of DDL files, `skyeng_ddl`: which files were run, and which model owns which table or view.

The comment of an object names its owner too. The comment takes precedence, because it moves with the object.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from skyeng.db.clickhouse import ClickHouseSession
from skyeng.errors import NameTaken, NotMigrated
from skyeng.marts import catalog, objects
from skyeng.marts.catalog import Found
from skyeng.marts.definitions import Column, Object, Table
from skyeng.model import Model, argument
from skyeng.sql import SQL, ident, sql

REGISTER = Table(
    "skyeng_ddl",
    "DDL files that were run, by model",
    None,
    (
        Column("model", sql("LowCardinality(String)")),
        Column("file", sql("String")),
        Column("checksum", sql("String")),
        Column("objects", sql("Array(String)"), comment="Tables and views that the file defines"),
        Column("applied_at", sql("DateTime64(6, 'UTC')"), default=sql("now64(6)")),
    ),
    ("model", "file"),
    engine_arguments=("applied_at",),
)


@dataclass(frozen=True)
class Recorded:
    """A DDL file that was run, as registered."""

    model: str
    file: str
    checksum: str
    objects: tuple[str, ...]


def statements(path: Path) -> Iterator[SQL]:
    """The statements of a DDL file."""
    return statements_of(path.read_text(encoding="utf-8"))


def statements_of(text: str) -> Iterator[SQL]:
    """The statements of a DDL file's text. Each ends with a semicolon at the end of a line."""
    for statement in re.split(r";\s*(?:\n|\Z)", text):
        code = "\n".join(line for line in statement.splitlines() if not line.lstrip().startswith("--"))
        if code.strip():
            yield SQL(code.strip(), verbatim=True)


def recorded(session: ClickHouseSession) -> list[Recorded]:
    """Read the DDL files that were run for any model, the latest last."""
    rows = session.rows(
        sql(
            "SELECT model, file, checksum, objects FROM {register} FINAL ORDER BY applied_at, file",
            register=ident(REGISTER.name),
        )
    )
    return [Recorded(model, file, checksum, tuple(names)) for model, file, checksum, names in rows]


def record(session: ClickHouseSession, model: Model, path: Path, wanted: Sequence[Object]) -> None:
    names = [it.name for it in wanted]
    session.execute(
        sql(
            "INSERT INTO {register} (model, file, checksum, objects) VALUES"
            " (%(model)s, %(file)s, %(checksum)s, %(names)s)",
            register=ident(REGISTER.name),
        ),
        {"model": model.name, "file": path.name, "checksum": checksum(path), "names": names},
    )


def check_register(session: ClickHouseSession, model: Model, found: Found) -> None:
    if different := objects.differences((REGISTER,), found):
        raise NotMigrated(
            f"the register of DDL files is not as it should be: {different[0]}",
            where=session.database.name,
            remedy=f"drop the table {REGISTER.name} in ClickHouse, then run `skyeng migrate {argument(model)}`,"
            " which makes it again",
        )


def check_files(session: ClickHouseSession, model: Model, files: Sequence[Path], known: Sequence[Recorded]) -> None:
    """Raise `NotMigrated` where a file was edited after it was run, or a file was run that is later than ours."""
    there = {path.name: path for path in files}
    for it in known:
        if it.model != model.name:
            continue
        if it.file in there and it.checksum != checksum(there[it.file]):
            raise NotMigrated(
                f"the DDL file {it.file} of model '{model.name}' was edited after it was run",
                where=str(there[it.file]),
                expected="files that stay as they are once they were run",
                remedy="restore the file; a change of the model is written as a new one by"
                f" `skyeng model revise {argument(model)} -m 'what it is for'`",
            )
        if it.file not in there and it.file > max(there, default=""):
            raise NotMigrated(
                f"the datamart is at a later revision of model '{model.name}' than its files",
                where=f"{session.database.name}: {it.file}",
                expected=f"at most {max(there, default='none')}",
                remedy="use the newer model and its DDL files",
            )


def check_owned(
    session: ClickHouseSession, model: Model, wanted: Sequence[Object], found: Found, known: Sequence[Recorded]
) -> None:
    """Raise `NameTaken` where an object that is not the model's has a name that its marts need."""
    for it in taken(model, wanted, found, known):
        raise NameTaken(
            f"{it.name} {it.whose}",
            where=f"{session.database.name}, database {session.database.database}",
            expected=f"a name that only the marts of model '{model.name}' use",
            remedy=it.way_on,
        )


@dataclass(frozen=True)
class Taken:
    """A table or view that is not the model's but has a name that its marts need."""

    name: str
    whose: str
    model: Model

    @property
    def way_on(self) -> str:
        return (
            f"rename or drop {self.name} in ClickHouse, or give the mart another `plural`;"
            f" then `skyeng migrate {argument(self.model)}`"
        )


def taken(model: Model, wanted: Sequence[Object], found: Found, known: Sequence[Recorded]) -> Iterator[Taken]:
    """Objects with a name that a model needs that are not the model's, or are of another kind. No run touches them."""
    owners = _owners(known)
    for it in wanted:
        there = found.objects.get(it.name)
        if there is None:
            continue
        owner = there.mark.model if there.mark else owners.get(it.name)
        if owner != model.name:
            whose = f"belongs to model '{owner}'" if owner else "is not registered for any model"
        elif there.kind != objects.kind_of(it):
            whose = f"is a {there.kind}, not the {objects.kind_of(it)} that model '{model.name}' declares"
        else:
            continue
        yield Taken(it.name, whose, model)


def ours(session: ClickHouseSession, model: Model, names: Sequence[str]) -> list[str]:
    """Find which of these names belong to tables or views of a model; the order stays.

    The model no longer declares these names. A comment names the owner. Where an object has no comment of ours,
    a DDL file that was run for the model must list it.
    """
    there = catalog.marks(session, names)
    listed = {name for it in recorded(session) if it.model == model.name for name in it.objects}
    return [
        name
        for name in names
        if name in there and (((mark := there[name]) and mark.model == model.name) or (mark is None and name in listed))
    ]


def _owners(known: Sequence[Recorded]) -> Mapping[str, str]:
    """The owner of each table or view, by the newest file of each model."""
    newest = {it.model: it.objects for it in known}
    return {name: model for model, names in newest.items() for name in names}


def checksum(path: Path) -> str:
    """The checksum of a DDL file's statements. It leaves out comments, which may be added at any time."""
    return hashlib.sha256(";\n".join(it.text for it in statements(path)).encode()).hexdigest()
