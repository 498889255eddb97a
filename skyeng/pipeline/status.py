"""How far each mart is behind the warehouse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from skyeng.datamart.queries import count_of
from skyeng.model import Model
from skyeng.pipeline.stores import Stores
from skyeng.pipeline.to_datamart import ToDatamart


@dataclass(frozen=True)
class MartState:
    """What analysts see of a mart, and which loads it still lacks."""

    mart: str
    rows: int
    loads_behind: int
    newest_load: datetime | None


def mart_states(model: Model, stores: Stores) -> Iterator[MartState]:
    for mart in model.marts:
        steps = ToDatamart(model, mart, stores)
        held = steps.held_loads()
        known = {load.load_ts for load in held}
        behind = sum(load.load_ts not in known for load in steps.closed_loads())
        with stores.datamart.session() as session:
            rows = session.scalar(count_of(mart))
        yield MartState(mart.table, rows, behind, held[-1].load_ts if held else None)
