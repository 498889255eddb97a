"""`to_datamart`: the closed loads that a mart does not hold, appended to ClickHouse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, Literal

from skyeng.datamart import append
from skyeng.datamart import migrations as mart_migrations
from skyeng.datamart.append import MartLoad, Span
from skyeng.datamart.tables import types
from skyeng.errors import DatamartAhead
from skyeng.model import Mart, Model
from skyeng.pipeline.comparison import Comparison
from skyeng.pipeline.sides import mart_sides, served_side
from skyeng.pipeline.stores import Stores
from skyeng.pipeline.verify import mart_is_right
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, joined, sql
from skyeng.warehouse import loads
from skyeng.warehouse.history import row_versions


@dataclass(frozen=True)
class Held:
    """What a mart holds: its loads, and whether its tables are as its register says."""

    loads: tuple[MartLoad, ...]
    whole: bool


@dataclass(frozen=True)
class Delta:
    """What is to be done to a mart."""

    action: Literal["nothing", "append", "rebuild"]
    loads: tuple[MartLoad, ...] = ()
    #: The last load that the mart holds already.
    after: str | datetime = "-infinity"
    #: Why the mart must be built anew.
    reason: str = ""

    def __bool__(self) -> bool:
        return self.action != "nothing"

    @property
    def row_versions(self) -> int:
        return sum(load.row_versions for load in self.loads)


@dataclass(frozen=True)
class ToDatamart:
    """The steps of one run for one mart. `full` compares everything it shows with the vault."""

    model: Model
    mart: Mart
    stores: Stores
    full: bool = False

    def e_from_ch_datamart(self) -> Held:
        """What the mart holds, by load."""
        with self.stores.datamart.session() as session:
            mart_migrations.check_migrated(session, self.model)
            held = append.held_loads(session, self.mart)
            return Held(tuple(held), append.is_whole(session, self.mart, held))

    def e_from_pg_datawarehouse(self) -> tuple[MartLoad, ...]:
        """What the warehouse has for the mart, by load: closed loads only."""
        with self.stores.warehouse.session(snapshot=True) as session:
            rows = loads.closed_loads(session, self.model, self.model.feed(self.mart.feed))
        return tuple(MartLoad(ts, touched, int(total) % 2**64, active) for ts, touched, total, active in rows)

    def t_find_new_rows(self, main: Sequence[MartLoad], held: Held) -> Delta:
        """Which loads to append, or that the mart must be built anew, and why."""
        compared = Comparison(
            {load.load_ts: load.fingerprint for load in main}, {load.load_ts: load.fingerprint for load in held.loads}
        )
        if compared.ahead and not self.full:
            raise DatamartAhead(
                f"the datamart holds {len(compared.ahead)} loads that the warehouse does not know,"
                f" the last of {max(compared.ahead):%Y-%m-%d %H:%M:%S} UTC",
                where=self.mart.table,
                expected="a warehouse that is never older than its datamart",
                remedy="if the warehouse was restored from a backup, `skyeng run --full` builds the mart anew from it",
            )
        missing = set(compared.missing)
        wanted = tuple(load for load in main if load.load_ts in missing)
        if not main and not held.loads:
            return Delta("nothing")
        if reason := self._reason_to_rebuild(compared.ahead, held, wanted):
            return Delta("rebuild", tuple(main), reason=reason)
        return Delta("append", wanted, held.loads[-1].load_ts) if wanted else Delta("nothing")

    def _reason_to_rebuild(self, ahead: Sequence[datetime], held: Held, wanted: Sequence[MartLoad]) -> str:
        if not held.loads:
            return "the mart is empty"
        if not held.whole:
            return "rows of the mart were lost"
        if ahead:
            return "the mart holds loads that the warehouse does not know"
        if any(load.load_ts < held.loads[-1].load_ts for load in wanted):
            return "the mart lacks a load between others"
        if any(load.row_versions > append.LARGEST_BLOCK for load in wanted):
            return "a load is larger than one block"
        if self.full and not wanted and not self._is_right():
            return "rows of the mart differ from the vault"
        return ""

    def _is_right(self) -> bool:
        """Whether the mart, which lacks no load, shows exactly what the vault gives back."""
        with self.stores.warehouse.session(snapshot=True) as warehouse, self.stores.datamart.session() as session:
            vault = served_side(warehouse, self.model, self.mart)
            sides = mart_sides(session, self.model, self.mart)
            return all(mart_is_right(self.model, self.mart, vault, side) for side in sides)

    def l_update_datamart(self, delta: Delta) -> dict[str, int]:
        """Append the loads, or build the mart anew beside the one in use and swap it in."""
        with self.stores.warehouse.session(snapshot=True) as warehouse, self.stores.datamart.session() as session:
            versions = partial(self._versions, warehouse)
            if delta.action == "rebuild":
                append.rebuild(session, self.model, self.mart, delta.loads, versions)
            elif delta.action == "append":
                for span in append.spans(delta.loads, delta.after):
                    append.append(session, self.mart, span, versions)
        return {self.mart.table: delta.row_versions}

    def _versions(self, warehouse: Session, span: Span, end: IO[bytes]) -> int:
        """Copy the row versions of a span out of the vault; how many."""
        query = versions_to_send(self.model, self.mart, whole_load=span.whole_load)
        return warehouse.copy_out(query, end, {"after": span.after, "upto": span.upto}, binary=False)


def versions_to_send(model: Model, mart: Mart, *, whole_load: bool) -> SQL:
    """Statement on the warehouse: row versions as `appended_columns`, in ClickHouse's reading."""
    served = (
        sql("{expression}", expression=SQL(type_.served.replace("{x}", ident(column.column).text)))
        for column, type_ in types(model, mart)
    )
    return sql(
        """SELECT row_key, load_ts AT TIME ZONE 'UTC', (row_hash IS NULL)::integer, coalesce(row_hash, 0),
    {served}
FROM (
    {versions}
) AS versions""",
        served=joined(", ", served),
        versions=row_versions(model, model.feed(mart.feed), whole_load=whole_load),
    )
