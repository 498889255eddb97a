"""The observed state: the register of loads, and how far each mart is behind it."""

from __future__ import annotations

from dataclasses import dataclass

from skyeng.control import loads
from skyeng.control.loads import Totals
from skyeng.db.stores import Stores
from skyeng.model import Model
from skyeng.runs import MartState, mart_states
from skyeng.vault.revisions import check_migrated


@dataclass(frozen=True)
class Facts:
    """The state of one model at one time."""

    model: str
    loads: Totals
    marts: tuple[MartState, ...]


def look(model: Model, stores: Stores) -> Facts:
    """Read the state from the stores. If a server is down or not migrated, raises the same errors as any command."""
    check_migrated(stores.warehouse, model)
    with stores.warehouse.session(snapshot=True) as session:
        totals = loads.totals(session, model)
    return Facts(model.name, totals, tuple(mart_states(model, stores)))
