"""Revisions of a model's marts: numbered DDL files, each the complete definition.

`revise` writes the next file when the model differs from the newest one. So a review is the diff of two
files, and a new datamart runs only the newest file. `migrate` creates what is missing and records the file.
It leaves tables that hold rows as they are. The next run finds that they are not as the model declares,
rebuilds them in shadow tables from the vault, and swaps them in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from skyeng import resources
from skyeng.db.clickhouse import ClickHouse, ClickHouseSession
from skyeng.errors import NotMigrated, StatementFailed
from skyeng.marts import catalog, objects
from skyeng.marts.catalog import Found
from skyeng.marts.definitions import Object, without_order
from skyeng.marts.register import (
    REGISTER,
    Recorded,
    check_files,
    check_owned,
    check_register,
    record,
    recorded,
    statements,
    statements_of,
)
from skyeng.marts.tables import objects as objects_of_mart
from skyeng.model import Mart, Model, argument, kept_in, one_line
from skyeng.sql import ident, sql

DDL = resources.folder("ddl")


def folder(model: Model) -> Path:
    """The folder of a model's DDL files."""
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
            remedy=f"delete the later one, then write it again from the model: {_revise(model)}",
        )
    return found


def _revise(model: Model) -> str:
    return f"`skyeng model revise {argument(model)} -m 'what it is for'`"


def declared(model: Model) -> list[Object]:
    """Every table and view of a model's marts."""
    return [it for mart in model.marts for it in objects_of_mart(model, mart)]


def revise(model: Model, message: str) -> Path | None:
    """Write the next DDL file if the newest one differs from the model. Returns None if it does not differ."""
    known = files(model)
    wanted = [it.create for it in declared(model)]
    if {it.text for it in wanted} == {it.text for path in known[-1:] for it in statements(path)}:
        return None
    number = int(known[-1].name.partition("_")[0]) + 1 if known else 1
    slug = re.sub(r"\W+", "_", message.lower()).strip("_")[:40] or "marts"
    path = folder(model) / f"{number:03d}_{slug}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    head = (
        f"-- The datamart of model '{model.name}', revision {number:03d}: {one_line(message)}\n"
        "-- Complete: a new datamart runs this file and none before it.\n"
    )
    path.write_text(head + "".join(f"\n{it.text};\n" for it in wanted), encoding="utf-8")
    return path


def check_revised(model: Model) -> Path | None:
    """The newest DDL file; None without marts and files. Raises `NotMigrated` if it differs from the model.

    The order of marts and columns is ignored. A revised order of columns reaches the views.
    """
    newest = files(model)[-1:]
    text = "".join(path.read_text(encoding="utf-8") for path in newest)
    if _says(text, model):  # pyright: ignore[reportArgumentType] - frozen, and so hashable
        return newest[0] if newest else None
    raise NotMigrated(
        f"the marts of model '{model.name}' are not as its newest DDL file says"
        if newest
        else f"the marts of model '{model.name}' have no DDL file",
        where=str(newest[0] if newest else folder(model)),
        expected="a DDL file written from the model",
        remedy=f"run {_revise(model)}, then `skyeng migrate {argument(model)}`",
    )


@lru_cache(maxsize=8)
def _says(file: str, model: Model) -> bool:
    """Whether a DDL file's text defines what a model declares. Cached, because each step of each mart checks all."""
    revised = {without_order(it.text) for it in statements_of(file)}
    return revised == {without_order(it.create.text) for it in declared(model)}


def migrate(datamart: ClickHouse, model: Model) -> None:
    """Create the tables and views that are missing, and record the newest DDL file. Safe to repeat.

    Tables that hold rows are not changed. Raises `NotMigrated` for a model that was edited and not
    revised, and `NameTaken` where a table of the same name belongs to another model or to none.
    """
    wanted = declared(model)
    head = check_revised(model)
    if head is None:
        return
    with datamart.session(create=True) as session:
        _check_server(session)
        session.execute(REGISTER.create)
        found = catalog.read(session, (REGISTER, *wanted))
        check_register(session, model, found)
        known = recorded(session)
        check_files(session, model, files(model), known)
        check_owned(session, model, wanted, found, known)
        if _attach(session, wanted, found):
            found = catalog.read(session, wanted)
            check_owned(session, model, wanted, found, known)
        for mart in model.marts:
            _make(session, objects_of_mart(model, mart), found)
        if head.name not in {it.file for it in known if it.model == model.name}:
            record(session, model, head, wanted)


def check_migrated(session: ClickHouseSession, model: Model, mart: Mart | None = None) -> Found:
    """Read the tables and views of a model's marts, or of one mart, and check that the datamart is migrated.

    Raises `NotMigrated` unless the newest DDL file defines what the model declares and was run, and
    `NameTaken` where a table or view is not the model's.
    """
    wanted = objects_of_mart(model, mart) if mart else declared(model)
    found = catalog.read(session, (REGISTER, *wanted))
    # A new model can be planned before it has a DDL file: a dry run finds every object.
    unwritten = not files(model) and all(it.name in found.objects for it in wanted)
    head = None if unwritten else check_revised(model)
    known: list[Recorded] = []
    if REGISTER.name in found.objects:
        check_register(session, model, found)
        known = recorded(session)
    check_files(session, model, files(model), known)
    if head and head.name not in {it.file for it in known if it.model == model.name}:
        raise NotMigrated(
            f"the datamart is not migrated for model '{model.name}'",
            where=f"{session.database.name}, not run: {head.name}",
            remedy=f"run `skyeng migrate {argument(model)}`",
        )
    check_owned(session, model, wanted, found, known)
    return found


def _make(session: ClickHouseSession, wanted: Sequence[Object], found: Found) -> None:
    """Create what a mart lacks, and replace views that are not as declared or have another order of columns.

    If an existing table is not as declared, the rest is left to the run, which rebuilds the mart with its
    views. Until then the old views show the old tables.
    """
    for view in objects.reordered(wanted, found):
        session.execute(view.create)
    different = objects.differences(wanted, found)
    if any(it.concerns_rows and it.object.name in found.objects for it in different):
        return
    for name in dict.fromkeys(it.object.name for it in different):
        session.execute(next(it.create for it in wanted if it.name == name))


def _attach(session: ClickHouseSession, wanted: Sequence[Object], found: Found) -> bool:
    """Attach those of these objects that are detached. Returns whether there were any."""
    detached = [it for it in wanted if it.name in found.detached]
    for it in detached:
        session.execute(sql("ATTACH TABLE {name}", name=ident(it.name)))
    return bool(detached)


def _check_server(session: ClickHouseSession) -> None:
    """Check that the server clips no timestamps. Older servers silently clip those outside 1900 to 2299."""
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
