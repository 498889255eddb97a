"""Revisions of a model's marts: numbered DDL files, each the complete definition.

`revise` writes the next file when the model says something else than the newest one, so that a review
is the diff of two files and a new datamart runs the newest alone. `migrate` makes what is missing and
records the file. It leaves tables that hold rows as they are: the next run finds that they are not as
the model declares, rebuilds them in shadow tables from the vault, and swaps them in.

The register `skyeng_ddl` also says which model owns which table or view. The comment of an object says
so too, and is believed first: it moves with the object.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from skyeng.datamart import objects
from skyeng.datamart.client import ClickHouse, Session
from skyeng.datamart.definitions import Column, Object, Table
from skyeng.datamart.objects import Found
from skyeng.datamart.tables import objects as objects_of_mart
from skyeng.errors import NameTaken, NotMigrated, StatementFailed
from skyeng.model import Model, kept_in
from skyeng.sql import SQL, ident, sql, written

DDL = Path(__file__).parents[2] / "datamart" / "ddl"

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
    """A DDL file that was run, by the register."""

    model: str
    file: str
    checksum: str
    objects: tuple[str, ...]


def folder(model: Model) -> Path:
    """Where a model's DDL files are."""
    return kept_in(model, DDL, "ddl")


def files(model: Model) -> list[Path]:
    """A model's DDL files, the newest last. Raises `NotMigrated` where two have the same number."""
    found = sorted(folder(model).glob("[0-9]*.sql"))
    numbers = [path.name.partition("_")[0] for path in found]
    if doubled := next((one for one, two in pairwise(numbers) if one == two), None):
        raise NotMigrated(
            f"two DDL files of model '{model.name}' have the number {doubled}",
            where=str(folder(model)),
            expected="one after the other",
            remedy="delete the later one, then write it again from the model: `skyeng model revise`",
        )
    return found


def declared(model: Model) -> list[Object]:
    """Every table and view of a model's marts."""
    return [it for mart in model.marts for it in objects_of_mart(model, mart)]


def revise(model: Model, message: str) -> Path | None:
    """Write the next DDL file where the newest one does not say what the model says; None where it does."""
    known = files(model)
    wanted = [it.create for it in declared(model)]
    if [it.text for it in wanted] == [it.text for path in known[-1:] for it in statements(path)]:
        return None
    number = int(known[-1].name.partition("_")[0]) + 1 if known else 1
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")[:40] or "marts"
    path = folder(model) / f"{number:03d}_{slug}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = (
        f"-- The datamart of model '{model.name}', revision {number:03d}: {' '.join(message.split())}\n"
        "-- Complete: a new datamart runs this file and none before it.\n"
    )
    path.write_text(head + "".join(f"\n{it.text};\n" for it in wanted), encoding="utf-8")
    return path


def check_revised(model: Model, wanted: Sequence[Object]) -> Path | None:
    """The newest DDL file. Raises `NotMigrated` unless it defines what is wanted; None without marts and files."""
    newest = files(model)[-1:]
    if [it.create.text for it in wanted] == [it.text for path in newest for it in statements(path)]:
        return newest[0] if newest else None
    raise NotMigrated(
        f"the marts of model '{model.name}' are not as its newest DDL file says"
        if newest
        else f"the marts of model '{model.name}' have no DDL file",
        where=str(newest[0] if newest else folder(model)),
        expected="a DDL file written from the model",
        remedy="run `skyeng model revise`, then `skyeng migrate`",
    )


def migrate(datamart: ClickHouse, model: Model) -> None:
    """Make the tables and views that are missing, and record the newest DDL file. Safe to repeat.

    No table that holds rows is touched. Raises `NotMigrated` for a model that was edited and not
    revised, and `NameTaken` where another model, or somebody else, has a table of the same name.
    """
    wanted = declared(model)
    head = check_revised(model, wanted)
    if head is None:
        return
    with datamart.session(create=True) as session:
        _check_server(session)
        session.execute(REGISTER.create)
        found = objects.read(session, (REGISTER, *wanted))
        _check_register(session, found)
        known = recorded(session)
        _check_files(session, model, known)
        _check_owned(session, model, wanted, found, known)
        if _attach(session, wanted, found):
            found = objects.read(session, wanted)
            _check_owned(session, model, wanted, found, known)
        for mart in model.marts:
            _make(session, objects_of_mart(model, mart), found)
        if head.name not in {it.file for it in known if it.model == model.name}:
            _record(session, model, head, wanted)


def check_migrated(session: Session, model: Model) -> Found:
    """What the datamart has of a model's marts.

    Raises `NotMigrated` unless the newest DDL file says what the model says and was run, and
    `NameTaken` where a table or view is not the model's.
    """
    wanted = declared(model)
    head = check_revised(model, wanted)
    found = objects.read(session, (REGISTER, *wanted))
    known: list[Recorded] = []
    if REGISTER.name in found.objects:
        _check_register(session, found)
        known = recorded(session)
    _check_files(session, model, known)
    if head and head.name not in {it.file for it in known if it.model == model.name}:
        raise NotMigrated(
            f"the datamart is not migrated for model '{model.name}'",
            where=f"{session.database.name}, not run: {head.name}",
            remedy="run `skyeng migrate`",
        )
    _check_owned(session, model, wanted, found, known)
    return found


def statements(path: Path) -> Iterator[SQL]:
    """The statements of a DDL file: each ends with a semicolon at the end of a line."""
    for statement in re.split(r";\s*(?:\n|\Z)", path.read_text(encoding="utf-8")):
        code = "\n".join(line for line in statement.splitlines() if not line.lstrip().startswith("--"))
        if code.strip():
            yield written(code)


def recorded(session: Session) -> list[Recorded]:
    """The DDL files that were run for any model, the latest last."""
    rows = session.rows(
        sql(
            "SELECT model, file, checksum, objects FROM {register} FINAL ORDER BY applied_at, file",
            register=ident(REGISTER.name),
        )
    )
    return [Recorded(model, file, checksum, tuple(names)) for model, file, checksum, names in rows]


def _record(session: Session, model: Model, path: Path, wanted: Sequence[Object]) -> None:
    names = [it.name for it in wanted]
    session.execute(
        sql(
            "INSERT INTO {register} (model, file, checksum, objects) VALUES"
            " (%(model)s, %(file)s, %(checksum)s, %(names)s)",
            register=ident(REGISTER.name),
        ),
        {"model": model.name, "file": path.name, "checksum": checksum(path), "names": names},
    )


def _make(session: Session, wanted: Sequence[Object], found: Found) -> None:
    """Make what is missing of a mart, and the views that are not as declared.

    Where a table is of another declaration, the run rebuilds the mart, and makes its views with it:
    until then the old views show the old tables.
    """
    different = objects.differences(wanted, found)
    if any(it.concerns_rows and it.object.name in found.objects for it in different):
        return
    for name in dict.fromkeys(it.object.name for it in different):
        session.execute(next(it.create for it in wanted if it.name == name))


def _attach(session: Session, wanted: Sequence[Object], found: Found) -> bool:
    """Attach what is detached of these objects; whether there was any."""
    detached = [it for it in wanted if it.name in found.detached]
    for it in detached:
        session.execute(sql("ATTACH TABLE {name}", name=ident(it.name)))
    return bool(detached)


def _check_register(session: Session, found: Found) -> None:
    if different := objects.differences((REGISTER,), found):
        raise NotMigrated(
            f"the register of DDL files is not as it should be: {different[0]}",
            where=session.database.name,
            remedy=f"drop the table {REGISTER.name} in ClickHouse, then run `skyeng migrate`, which makes it again",
        )


def _check_files(session: Session, model: Model, known: Sequence[Recorded]) -> None:
    """Files that were run are as they were, and none was run that is later than ours."""
    there = {path.name: path for path in files(model)}
    for it in known:
        if it.model != model.name:
            continue
        if it.file in there and it.checksum != checksum(there[it.file]):
            raise NotMigrated(
                f"the DDL file {it.file} of model '{model.name}' was edited after it was run",
                where=str(there[it.file]),
                expected="files that stay as they are once they were run",
                remedy="restore the file; a change of the model is written as a new one by `skyeng model revise`",
            )
        if it.file not in there and it.file > max(there, default=""):
            raise NotMigrated(
                f"the datamart is at a later revision of model '{model.name}' than its files",
                where=f"{session.database.name}: {it.file}",
                expected=f"at most {max(there, default='none')}",
                remedy="use the newer model and its DDL files",
            )


def _check_owned(
    session: Session, model: Model, wanted: Sequence[Object], found: Found, known: Sequence[Recorded]
) -> None:
    """Nothing that somebody else made has a name that the model's marts need."""
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
        raise NameTaken(
            f"{it.name} {whose}",
            where=f"{session.database.name}, database {session.database.database}",
            expected=f"a name that only the marts of model '{model.name}' use",
            remedy=f"rename or drop {it.name} in ClickHouse, or give the mart another `plural`; then `skyeng migrate`",
        )


def _owners(known: Sequence[Recorded]) -> Mapping[str, str]:
    """The model of each table or view, by the newest file of each model."""
    newest = {it.model: it.objects for it in known}
    return {name: model for model, names in newest.items() for name in names}


def checksum(path: Path) -> str:
    """Of the statements: a comment may be added at any time."""
    return hashlib.sha256(";\n".join(it.text for it in statements(path)).encode()).hexdigest()


def _check_server(session: Session) -> None:
    """Older servers clip timestamps outside 1900 to 2299 without a word."""
    edges = "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999"
    held = session.rows(
        sql("SELECT arrayMap(x -> toString(CAST(x, 'DateTime64(6, \\'UTC\\')')), %(edges)s)"), {"edges": list(edges)}
    )
    if tuple(held[0][0]) != edges:
        raise StatementFailed(
            "this ClickHouse clips timestamps at the edges of their range",
            where=f"{edges[1]} becomes {held[0][0][1]}",
            expected="ClickHouse 26.8 or later",
            remedy="upgrade the server",
        )
