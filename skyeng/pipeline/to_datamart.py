"""`to_datamart`: the closed loads that a mart does not hold, appended to ClickHouse.

What passes between steps are fingerprints and counts; a step reads what it needs from the stores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import IO, Literal

from skyeng.datamart import append
from skyeng.datamart import migrations as mart_migrations
from skyeng.datamart import objects as mart_objects
from skyeng.datamart.append import MartLoad, Span
from skyeng.datamart.client import Session as MartSession
from skyeng.datamart.kept import Retained
from skyeng.datamart.objects import Compared
from skyeng.datamart.tables import MartTables, objects, types
from skyeng.errors import DatamartAhead
from skyeng.fingerprint import Fingerprint
from skyeng.model import Mart, Model, argument
from skyeng.pipeline.comparison import Comparison
from skyeng.pipeline.retained import all_closed_loads, in_words, retained
from skyeng.pipeline.stores import Stores
from skyeng.pipeline.verify import mart_is_right
from skyeng.pipeline.versions import closed_loads, read_whole
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, joined, sql
from skyeng.warehouse import locks
from skyeng.warehouse.history import Moment, row_versions
from skyeng.warehouse.revisions import check_signature

#: The fingerprint of no load at all.
NO_LOADS: Fingerprint = (0, 0)

#: Why a mart is built for the first time.
EMPTY = "the mart is empty"


@dataclass(frozen=True)
class Held:
    """What a mart holds: its loads, and whether its tables are as its register says and as the model declares."""

    fingerprint: Fingerprint
    whole: bool
    #: Tables and views that are missing or not as declared, in words.
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delta:
    """What is to be done to a mart, or was."""

    action: Literal["nothing", "append", "rebuild", "make views"]
    loads: int = 0
    row_versions: int = 0
    #: Why the mart must be rebuilt.
    reason: str = ""
    #: Which views must be made again, and why.
    views: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.action != "nothing"


@dataclass(frozen=True)
class _Plan:
    """A delta with its loads, the last load that the mart holds before them, and what only the mart has."""

    delta: Delta
    loads: tuple[MartLoad, ...] = ()
    after: str | datetime = "-infinity"
    retained: Retained | None = None


def of_loads(held: Iterable[MartLoad]) -> Fingerprint:
    """One fingerprint over loads: their row versions, and the sum of a hash of each load."""
    rows = total = 0
    for load in held:
        text = f"{load.load_ts.isoformat()} {load.row_versions} {load.hash_sum}"
        rows += load.row_versions
        total += int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
    return rows, total % 2**64


@dataclass(frozen=True)
class ToDatamart:
    """The steps of one run for one mart. `full` compares everything it shows with the vault."""

    model: Model
    mart: Mart
    stores: Stores
    full: bool = False

    def e_from_ch_datamart(self) -> Held:
        """What the mart holds, and whether its tables and views are as the model declares."""
        self._check_model()
        with self.stores.datamart.session() as session:
            return self._held(session, self._objects(session))

    def _check_model(self) -> None:
        """Raise `NotMigrated` where the model was edited: its marts need not be there yet."""
        with self.stores.warehouse.session(snapshot=True) as warehouse:
            check_signature(warehouse, self.model)

    def _objects(self, session: MartSession) -> Compared:
        """Compare the mart's tables and views with the model."""
        found = mart_migrations.check_migrated(session, self.model)
        return Compared(found, mart_objects.differences(objects(self.model, self.mart), found))

    def _held(self, session: MartSession, there: Compared) -> Held:
        words = tuple(map(str, there.differences))
        if there.lost:
            return Held(NO_LOADS, whole=False, differences=words)
        held = append.held_loads(session, self.mart)
        return Held(of_loads(held), append.is_whole(session, self.mart, held), words)

    def e_from_pg_datawarehouse(self) -> Fingerprint:
        """What the warehouse has for the mart: closed loads only."""
        return of_loads(self.closed_loads())

    def closed_loads(self) -> tuple[MartLoad, ...]:
        """The loads that the mart is to hold, in their order."""
        with self.stores.warehouse.session(snapshot=True) as session:
            check_signature(session, self.model)
            return closed_loads(session, self.model, self.mart)

    def t_find_new_rows(self, main: Fingerprint, held: Held) -> Delta:
        """Which loads to append, which views to make, or that the mart must be rebuilt, and why."""
        level = held.whole and not held.differences
        if level and not self.full and not Comparison({"loads": main}, {"loads": held.fingerprint}).differing:
            return Delta("nothing")
        self._check_model()
        with self.stores.datamart.session() as session:
            return self._find(session, self._objects(session), whole=held.whole).delta

    def _find(self, session: MartSession, there: Compared, *, whole: bool) -> _Plan:
        """Compare load by load."""
        # In this order: a load that another run closes and appends meanwhile must not look unknown.
        readable = there.as_declared(MartTables(self.mart).loads)
        held = append.held_loads(session, self.mart) if readable else []
        main = self.closed_loads()
        compared = Comparison(
            {load.load_ts: load.fingerprint for load in main}, {load.load_ts: load.fingerprint for load in held}
        )
        if compared.ahead and not self.full:
            raise DatamartAhead(
                f"the datamart holds {in_words(compared.ahead)}, that the warehouse does not know",
                where=self.mart.table,
                expected="a warehouse that is never older than its datamart",
                remedy=f"if the warehouse was restored from a backup, `skyeng run {argument(self.model)} --full` brings"
                " both level with the source, and what the mart knows of that time stays in its history",
            )
        missing = set(compared.missing)
        wanted = tuple(load for load in main if load.load_ts in missing)
        if reason := self._reason_to_rebuild(session, there, compared.ahead, held, main, wanted, whole=whole):
            closed = all_closed_loads(self.stores.warehouse, self.model)
            kept, lost = retained(session, self.model, self.mart, there.found, main, closed)
            reason = f"{reason}; {lost}" if lost else reason
            delta = Delta("rebuild", len(main), sum(it.row_versions for it in main), reason, there.views)
            return _Plan(delta, main, retained=kept)
        if wanted:
            delta = Delta("append", len(wanted), sum(it.row_versions for it in wanted), views=there.views)
            return _Plan(delta, wanted, held[-1].load_ts)
        return _Plan(Delta("make views", views=there.views) if there.views else Delta("nothing"))

    def _reason_to_rebuild(
        self,
        session: MartSession,
        there: Compared,
        ahead: Sequence[datetime],
        held: Sequence[MartLoad],
        main: Sequence[MartLoad],
        wanted: Sequence[MartLoad],
        *,
        whole: bool,
    ) -> str:
        if there.lost:
            return there.lost
        if not whole:
            return "rows of the mart were lost"
        if not held:
            return EMPTY if main else ""
        if ahead:
            return "the mart holds loads that the warehouse does not know"
        if any(load.load_ts < held[-1].load_ts for load in wanted):
            return "the mart lacks a load between others"
        if any(load.row_versions > append.LARGEST_BLOCK for load in wanted):
            return "a load is larger than one block"
        if self.full and not wanted and not there.views and not self._is_right(session):
            return "rows of the mart differ from the vault"
        return ""

    def _is_right(self, session: MartSession) -> bool:
        """Whether the mart, which lacks no load, shows exactly what the vault gives back."""
        with self.stores.warehouse.session(snapshot=True) as warehouse:
            return mart_is_right(self.model, self.mart, warehouse, session)

    def l_update_datamart(self) -> Delta:
        """Append the loads and make lost views, or rebuild the mart in shadow tables and swap it in; what was done.

        What is to be done is found out here and now: asked for again, or late, it does what is left.
        With `full`, what is missing is added first and everything compared then. Every table and view
        is as the model declares when this returns.
        """
        with locks.exclusive(self.stores.warehouse, self.model, self.mart.table):
            done = self._update()
            if self.full and done.action in ("append", "make views"):
                again = self._update()
                return (
                    replace(again, row_versions=done.row_versions + again.row_versions, views=done.views)
                    if again
                    else done
                )
            return done

    def _update(self) -> Delta:
        self._check_model()
        with self.stores.datamart.session() as session:
            there = self._objects(session)
            plan = self._find(session, there, whole=self._held(session, there).whole)
            with self.stores.warehouse.session(snapshot=True) as warehouse:
                check_signature(warehouse, self.model)
                self._carry_out(plan, there, warehouse, session)
            if there.differences:
                mart_objects.check(self.model, objects(self.model, self.mart), self._objects(session).found)
        return plan.delta

    def _carry_out(self, plan: _Plan, there: Compared, warehouse: Session, session: MartSession) -> None:
        versions = partial(self._versions, warehouse)
        if plan.delta.action == "rebuild":
            append.rebuild(session, self.model, self.mart, plan.loads, versions, plan.retained, there.found)
        append.make_views(session, there.differences, there.found)
        if plan.delta.action == "append":
            for span in append.spans(plan.loads, plan.after):
                append.append(session, self.mart, span, versions)

    def _versions(self, warehouse: Session, span: Span, end: IO[bytes]) -> int:
        """Copy the row versions of a span out of the vault; how many."""
        query = versions_to_send(self.model, self.mart, read_whole(warehouse, self.model, span))
        return warehouse.copy_out(query, end, {"after": span.after, "upto": span.upto}, binary=False)


def versions_to_send(model: Model, mart: Mart, whole_load: Moment | None = None) -> SQL:
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
        versions=row_versions(model, model.feed(mart.feed), whole_load),
    )
