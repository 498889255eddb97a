"""State of the marts: the loads that each one lacks, and how its tables and views differ from the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from skyeng.db.stores import Stores
from skyeng.marts import catalog, contents, register
from skyeng.marts import objects as mart_objects
from skyeng.marts.catalog import Found
from skyeng.marts.queries import count_of
from skyeng.marts.tables import MartTables, objects
from skyeng.model import Mart, Model
from skyeng.runs.to_datamart import ToDatamart


@dataclass(frozen=True)
class MartState:
    """State of one mart: its current rows, the loads it lacks, and differences from the model."""

    mart: str
    #: None if they cannot be counted because the tables are not as declared.
    rows: int | None
    loads_behind: int
    newest_load: datetime | None
    #: The first load that it lacks; None if it lacks none.
    behind_since: datetime | None = None
    #: Descriptions of tables and views that are missing or not as declared, each with its remedy.
    differences: tuple[str, ...] = ()


def mart_states(model: Model, stores: Stores) -> Iterator[MartState]:
    """The state of each mart. Sessions share one connection, so that an embedded engine is opened only once."""
    with stores.datamart.kept():
        yield from (_state(model, mart, stores) for mart in model.marts)


def _state(model: Model, mart: Mart, stores: Stores) -> MartState:
    tables, declared = MartTables(mart), objects(model, mart)
    closed = ToDatamart(model, mart, stores).closed_loads()
    with stores.datamart.session() as session:
        found = catalog.read(session, (register.REGISTER, *declared))
        different = mart_objects.differences(declared, found)
        known = register.recorded(session) if _is_whole(found) else []
        taken = {it.name: it for it in register.taken(model, declared, found, known)}
        altered = {it.object.name for it in different}
        held = contents.registered(session, mart).loads if tables.loads not in altered else ()
        countable = tables.view not in altered and not any(it.concerns_rows for it in different)
        rows = session.scalar(count_of(mart)) if countable else None
    held_ts = {load.load_ts for load in held}
    lacking = [load.load_ts for load in closed if load.load_ts not in held_ts]
    return MartState(
        mart.table,
        rows,
        len(lacking),
        held[-1].load_ts if held else None,
        min(lacking, default=None),
        (
            *(f"{it.name} {it.whose}; {it.way_on}" for it in taken.values()),
            *(f"{it}; the next run makes it again" for it in different if it.object.name not in taken),
        ),
    )


def _is_whole(found: Found) -> bool:
    """Whether the register of DDL files can be read."""
    return not mart_objects.differences((register.REGISTER,), found)
