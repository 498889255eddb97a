"""`to_datamart`: appends the closed loads that a mart lacks to ClickHouse.

Steps pass only checksums and counts to each other. Each step reads what it needs from the stores.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import IO, Literal

from skyeng.control import locks
from skyeng.control.locks import Hold
from skyeng.db.clickhouse import ClickHouseSession
from skyeng.db.postgres import Session
from skyeng.db.stores import Stores
from skyeng.detection.comparison import Comparison
from skyeng.errors import DatamartAhead
from skyeng.hashing.checksums import Checksum
from skyeng.marts import append, contents, housekeeping, rebuild
from skyeng.marts import migrations as mart_migrations
from skyeng.marts import objects as mart_objects
from skyeng.marts.append import Span
from skyeng.marts.contents import Contents, MartLoad
from skyeng.marts.objects import Compared
from skyeng.marts.retained import Retained
from skyeng.marts.tables import OPEN_END, MartTables, objects, types
from skyeng.model import Mart, Model, argument
from skyeng.proof.row_versions import closed_loads, read_whole
from skyeng.proof.verification import mart_is_right
from skyeng.runs.orphaned_loads import all_closed_loads, in_words, retained
from skyeng.sql import SQL, ident, joined, literal, sql
from skyeng.vault import change_log
from skyeng.vault.readback import AsOf, row_versions
from skyeng.vault.revisions import check_signature

#: The checksum of a mart without loads.
NO_LOADS: Checksum = (0, 0)

#: Reason for the first build of a mart.
EMPTY = "the mart is empty"
#: Reason for a rebuild if a first load ended early, or if the register was emptied.
UNREGISTERED = "the mart has rows that its register does not list"


@dataclass(frozen=True)
class MartSummary:
    """The checksum of a mart's loads, and whether its tables agree with its register and with the model."""

    checksum: Checksum
    whole: bool
    #: Descriptions of tables and views that are missing or not as declared.
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Delta:
    """The work that a mart needs, or that was done."""

    action: Literal["nothing", "append", "rebuild", "make views"]
    loads: int = 0
    row_versions: int = 0
    #: Why the mart must be rebuilt.
    reason: str = ""
    #: Views that must be recreated, each with the reason.
    views: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.action != "nothing"


@dataclass(frozen=True)
class _Work:
    """A delta, its loads, the mart's last load before them, and what a rebuild retains of orphaned loads."""

    delta: Delta
    loads: tuple[MartLoad, ...] = ()
    after: str | datetime = "-infinity"
    retained: Retained | None = None


def of_loads(loads: Iterable[MartLoad]) -> Checksum:
    """One checksum of loads: the number of their row versions, and the sum of a hash of each load."""
    rows = total = 0
    for load in loads:
        text = f"{load.load_ts.isoformat()} {load.row_versions} {load.hash_sum}"
        rows += load.row_versions
        total += int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
    return rows, total % 2**64


@dataclass(frozen=True)
class ToDatamart:
    """The steps of one run for one mart. With `full`, all rows of the mart are compared with the vault."""

    model: Model
    mart: Mart
    stores: Stores
    full: bool = False

    def e_from_ch_datamart(self) -> MartSummary:
        """Compute a checksum of the mart's loads, and check its row versions, tables and views."""
        self._check_model()
        with self.stores.datamart.session() as session:
            return self._held(session, self._objects(session))

    def _check_model(self) -> None:
        """Raise `NotMigrated` if the model was edited and not migrated: its marts may not exist yet."""
        with self.stores.warehouse.session(snapshot=True) as warehouse:
            check_signature(warehouse, self.model)

    def _objects(self, session: ClickHouseSession) -> Compared:
        """Compare the mart's tables and views with the model."""
        found = mart_migrations.check_migrated(session, self.model, self.mart)
        return Compared(found, mart_objects.differences(objects(self.model, self.mart), found))

    def _held(self, session: ClickHouseSession, there: Compared) -> MartSummary:
        words = tuple(map(str, there.differences))
        if there.lost:
            return MartSummary(NO_LOADS, whole=False, differences=words)
        found = contents.read(session, self.mart)
        return MartSummary(of_loads(found.loads), found.is_whole, words)

    def e_from_pg_datawarehouse(self) -> Checksum:
        """Compute a checksum of the closed loads that the warehouse has for the mart."""
        return of_loads(self.closed_loads())

    def closed_loads(self) -> tuple[MartLoad, ...]:
        """The closed loads that the mart should have, in ascending order."""
        with self.stores.warehouse.session(snapshot=True) as session:
            check_signature(session, self.model)
            return closed_loads(session, self.model, self.mart)

    def t_find_new_rows(self, source: Checksum, held: MartSummary) -> Delta:
        """Find the loads to append and the views to recreate, or the reason why the mart must be rebuilt."""
        level = held.whole and not held.differences
        if level and not self.full and not Comparison({"loads": source}, {"loads": held.checksum}).differing:
            return Delta("nothing")
        self._check_model()
        with self.stores.datamart.session() as session:
            there = self._objects(session)
            return self._find(session, there, self._registered(session, there), whole=held.whole).delta

    def _registered(self, session: ClickHouseSession, there: Compared) -> Contents:
        """The loads of the mart's register; none if it cannot be read."""
        readable = there.as_declared(MartTables(self.mart).loads)
        return contents.registered(session, self.mart) if readable else Contents()

    def _find(self, session: ClickHouseSession, there: Compared, held: Contents, *, whole: bool) -> _Work:
        """Compare load by load.

        `held` must be read before the warehouse's loads are. Otherwise a load that another run closes and appends
        meanwhile would seem unknown to the warehouse.
        """
        source = self.closed_loads()
        compared = Comparison(
            {load.load_ts: load.checksum for load in source}, {load.load_ts: load.checksum for load in held.loads}
        )
        if compared.ahead and not self.full:
            raise DatamartAhead(
                f"the datamart holds {in_words(compared.ahead)}, that the warehouse does not know",
                where=self.mart.table,
                expected="a warehouse that is never older than its datamart",
                remedy=f"if the warehouse was restored from a backup, `skyeng run {argument(self.model)} --full` brings"
                " both in sync with the source, and the mart retains its loads of that time",
            )
        missing = set(compared.missing)
        wanted = tuple(load for load in source if load.load_ts in missing)
        if reason := self._reason_to_rebuild(session, there, compared.ahead, held, source, wanted, whole=whole):
            closed = all_closed_loads(self.stores.warehouse, self.model)
            alone, lost = retained(session, self.model, self.mart, there.found, source, closed)
            reason = f"{reason}; {lost}" if lost else reason
            delta = Delta("rebuild", len(source), sum(it.row_versions for it in source), reason, there.views)
            return _Work(delta, source, retained=alone)
        if wanted:
            delta = Delta("append", len(wanted), sum(it.row_versions for it in wanted), views=there.views)
            return _Work(delta, wanted, held.loads[-1].load_ts)
        return _Work(Delta("make views", views=there.views) if there.views else Delta("nothing"))

    def _reason_to_rebuild(
        self,
        session: ClickHouseSession,
        there: Compared,
        ahead: Sequence[datetime],
        held: Contents,
        source: Sequence[MartLoad],
        wanted: Sequence[MartLoad],
        *,
        whole: bool,
    ) -> str:
        if there.lost:
            return there.lost
        if not whole:
            return "rows of the mart were lost" if held.newest else UNREGISTERED
        if not held.loads:
            return EMPTY if source else ""
        if ahead:
            return "the mart holds loads that the warehouse does not know"
        if held.newest and any(load.load_ts < held.newest for load in wanted):
            return "the mart lacks a load between others"
        if self.full and not wanted and not there.views and not self._is_right(session):
            return "rows of the mart differ from the vault"
        return ""

    def _is_right(self, session: ClickHouseSession) -> bool:
        """Whether the mart has exactly the rows of the vault. The mart must lack no load."""
        with self.stores.warehouse.session(snapshot=True) as warehouse:
            return mart_is_right(self.model, self.mart, warehouse, session)

    def l_update_datamart(self) -> Delta:
        """Append missing loads and recreate lost views, or rebuild the mart in shadow tables and swap it in.

        Returns what was done. The step itself finds out what is left to do, so it may be repeated or run late.
        With `full`, it first adds what is missing and then compares all rows. When it returns, every table and view
        is as the model declares.
        """
        with locks.exclusive(self.stores.warehouse, self.model, self.mart.table) as hold:
            done = self._update(hold)
            if self.full and done.action in ("append", "make views"):
                again = self._update(hold)
                return (
                    replace(again, row_versions=done.row_versions + again.row_versions, views=done.views)
                    if again
                    else done
                )
            return done

    def _update(self, hold: Hold) -> Delta:
        self._check_model()
        with self.stores.datamart.session() as session:
            there = self._objects(session)
            append.wait_for_others(session, self.mart)
            held = self._registered(session, there) if there.lost else contents.read(session, self.mart)
            plan = self._find(session, there, held, whole=not there.lost and held.is_whole)
            with self.stores.warehouse.session(snapshot=True) as warehouse:
                check_signature(warehouse, self.model)
                self._carry_out(plan, there, held, warehouse, session, hold)
            if there.differences:
                mart_objects.check(self.model, objects(self.model, self.mart), self._objects(session).found)
        return plan.delta

    def _carry_out(
        self,
        plan: _Work,
        there: Compared,
        held: Contents,
        warehouse: Session,
        session: ClickHouseSession,
        hold: Hold,
    ) -> None:
        versions = partial(self._versions, warehouse)
        if plan.delta.reason == EMPTY and not (there.differences or held.begun or held.retained):
            append.fill(session, self.mart, plan.loads, versions, hold.check)
            return
        if plan.delta.action == "rebuild":
            rebuild.rebuild(session, self.model, self.mart, plan.loads, versions, plan.retained, there, hold.check)
            return
        rebuild.make_views(session, there.different_views, there.found)
        if plan.delta.action == "append":
            append.remove_leftovers(session, self.mart, held)
            for span in append.spans(plan.loads, plan.after):
                held = append.append(session, self.mart, span, versions, held, hold.check)
            if housekeeping.is_due(held):
                housekeeping.set_past_apart(session, self.mart, hold.check)

    def _versions(self, warehouse: Session, span: Span, end: IO[bytes]) -> int:
        """Copy the row versions of a span out of the vault. Returns their number."""
        whole = read_whole(warehouse, self.model, span)
        query = versions_to_send(self.model, self.mart, whole, changes=self._changes(span))
        bound = {"after": span.after, "upto": span.until, "ended_upto": span.ended_until}
        return warehouse.copy_out(query, end, bound, binary=False)

    def _changes(self, span: Span) -> SQL | None:
        """The log of changes with the ends of row versions; None if the span is sent without ends, or has none."""
        feed = self.model.feed(self.mart.feed)
        if span.whole_load:
            follows = span.ended_until and span.ended_until > span.until
            return change_log.with_ends_of_large(feed) if follows else None
        return change_log.with_ends(feed) if span.ended_until else None


def versions_to_send(model: Model, mart: Mart, whole_load: AsOf | None = None, changes: SQL | None = None) -> SQL:
    """Statement on the warehouse: row versions with `appended_columns`, in the formats that ClickHouse reads."""
    served = (
        sql("{expression}", expression=SQL(type_.served.replace("{x}", ident(column.column).text)))
        for column, type_ in types(model, mart)
    )
    return sql(
        """SELECT row_key, load_ts AT TIME ZONE 'UTC',
    CASE WHEN row_hash IS NULL THEN load_ts ELSE coalesce(row_end_ts, {open}) END AT TIME ZONE 'UTC',
    coalesce(row_hash, 0),
    {served}
FROM (
    {versions}
) AS versions""",
        open=sql("{text}::timestamptz", text=literal(f"{OPEN_END}+00")),
        served=joined(", ", served),
        versions=row_versions(model, model.feed(mart.feed), whole_load, changes=changes),
    )
