"""What is looked at: the register of loads, and how far each mart is behind it."""

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
    """One model at one moment."""

    model: str
    loads: Totals
    marts: tuple[MartState, ...]


def look(model: Model, stores: Stores) -> Facts:
    """Ask the stores. Raises what any command does that meets a server which is down, or not migrated."""
    check_migrated(stores.warehouse, model)
    with stores.warehouse.session(snapshot=True) as session:
        totals = loads.totals(session, model)
    return Facts(model.name, totals, tuple(mart_states(model, stores)))
