"""`to_datawarehouse`: historises the changes of the source since the last load in the vault.

Each step opens its own connections and finds its input in the warehouse, so it can run in any process. Steps pass a
`Load` and counts to each other, never rows. A step may be repeated at any time: a completed step is not done again. A
step is refused if one that it depends on is missing. A closed load does not change.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial

from skyeng.checks.staged_rows import check_not_emptied, check_rows
from skyeng.control import feed_changes, loads, locks, step_log
from skyeng.control import models as control_models
from skyeng.control.feed_changes import Changes
from skyeng.control.loads import Load
from skyeng.control.locks import Runner, this_process
from skyeng.control.step_log import Counts
from skyeng.db.pipe import pipe
from skyeng.db.postgres import Session
from skyeng.db.stores import Stores
from skyeng.detection import active_rows, delta, full_compare, row_selection, segment_checksums, validity
from skyeng.detection.comparison import agreed_method
from skyeng.detection.key_range import KeyRanges
from skyeng.detection.segment_checksums import SegmentDifference
from skyeng.detection.segmentation import RowSelection, Segmentation
from skyeng.hashing.checksums import Method
from skyeng.model import Entity, Feed, Model
from skyeng.runs.steps import Stage, Step
from skyeng.sources import postgres as source_feed
from skyeng.sql import ident, idents, sql
from skyeng.vault import derived, distinct_rows, loading, revisions, staging
from skyeng.vault.inserts import KeyProfile

EXTRACT, FIND = "e_from_pg_datasource", "t_find_new_rows"


@dataclass(frozen=True)
class Insert:
    """A step that loads tables of the vault from staging."""

    name: str
    entities: tuple[Entity, ...]


def inserts(model: Model) -> tuple[tuple[Insert, ...], ...]:
    """The steps that fill the vault, in two stages: hubs, then links and satellites."""
    links = tuple(entity for link in model.links for entity in (link, link.effectivity))
    return (
        tuple(Insert(f"l_update_h_{hub.name}", (hub,)) for hub in model.hubs),
        (
            Insert("l_update_links", links),
            *(Insert(f"l_update_s_{satellite.name}", (satellite,)) for satellite in model.satellites),
        ),
    )


@dataclass(frozen=True)
class ToDatawarehouse:
    """The steps of one run. With `full`, active rows and checksums are recomputed from the vault first."""

    model: Model
    stores: Stores
    full: bool = False
    runner: Runner = field(default_factory=this_process)
    #: The key ranges to compare; None: all rows.
    key_ranges: KeyRanges | None = None
    #: Whether a feed may give no row although it gave some before.
    may_be_empty: bool = False

    def e_from_pg_datawarehouse(self) -> Load:
        """Open a load, and record the segmentation by which each feed is compared."""
        method = self._method()
        with self.stores.warehouse.session() as session:
            loads.roll_back_dead(session, self.model, self.runner)
            step_log.forget_old(session, self.model, self.stores.keep_logs)
            # Checked here, because no migration can begin from now on.
            revisions.check_signature(session, self.model)
            derived.check(session, self.model)
            active = validity.rows_active(session, self.model)
            validity.check_vault(session, self.model, active, full=self.full)
            loads.check_hash_version(session, self.model)
            reason = validity.reason_to_rebuild(session, self.model, method)
            trusted = not (self.full or reason)
            load = loads.open_load(session, self.model, method, self.runner)
            for feed in self.model.feeds:
                staging.clear(session, feed)
                segmentation = self._segmentation(session, feed, method, active.get(feed.name), trusted=trusted)
                row_selection.record_selection(
                    session, self.model, feed, load, RowSelection(segmentation, everything=True)
                )
            control_models.trust(session, self.model, method)
        return replace(load, rebuilt_because=reason)

    def _segmentation(
        self, session: Session, feed: Feed, method: Method, active: int | None, *, trusted: bool
    ) -> Segmentation:
        """The segmentation by which the feed is compared. Brings the checksums of the active rows up to date.

        `active` is the number of active rows by the register of loads.
        """
        recorded = segment_checksums.recorded_segmentation(session, self.model, feed)
        holds = active_rows.has_active_rows(session, feed)
        compared = holds and not feed.delta
        known = segment_checksums.statistics(session, feed) if compared and recorded and not self.key_ranges else None
        fits = active is None or (holds == bool(active) and not (known and known.exist and known.rows != active))
        # If no segmentation is recorded, the active rows may be from before they had segment keys.
        if not (trusted and fits) or (compared and recorded is None):
            validity.rebuild_rows(session, self.model, feed, method)
            compared, known = not feed.delta and active_rows.has_active_rows(session, feed), None
        if self.key_ranges or not compared:
            return recorded or Segmentation()
        return segment_checksums.prepare(session, self.model, feed, known)

    def e_from_pg_datasource(self, load: Load) -> Counts:
        """Copy the rows that may differ into staging: all feeds from one snapshot of the source.

        When repeated, it takes a new snapshot, and the load starts again from it.
        """
        with self._at_work(load), self.stores.warehouse.session() as warehouse:
            closed = loads.is_closed(warehouse, load, alone=True)
            revisions.check_signature(warehouse, self.model)
            completed = step_log.done(warehouse, load)
            if closed:
                return completed.get(EXTRACT, {})
            if EXTRACT in completed:
                loads.remove_rows(warehouse, self.model, load)
                step_log.forget(warehouse, load)
            begun = time.perf_counter()
            method = loads.method_of(warehouse, load)
            with self.stores.source.session(snapshot=True) as source:
                counts = {
                    f"stage.{feed.name}": self._stage(source, warehouse, feed, load, method)
                    for feed in self.model.feeds
                }
            step_log.record(warehouse, load, EXTRACT, counts, time.perf_counter() - begun)
        return counts

    def _stage(self, source: Session, warehouse: Session, feed: Feed, load: Load, method: Method) -> int:
        source_feed.check_columns(source, self.model, feed)
        segmentation = row_selection.recorded_selection(warehouse, self.model, feed, load).segmentation
        with source_feed.reading(self.model, feed):
            found = self._differing(source, warehouse, feed, method, segmentation)
            selection = found.selection
            staged = self._copy(source, warehouse, feed, method, selection)
        row_selection.record_selection(warehouse, self.model, feed, load, selection, found.active_rows)
        return staged

    def _copy(self, source: Session, warehouse: Session, feed: Feed, method: Method, selection: RowSelection) -> int:
        """Fill staging with the selected rows."""
        if not selection:
            staging.clear(warehouse, feed)
            return 0
        freeze = staging.clear_to_copy(warehouse, feed)
        rows = source_feed.extraction(self.model, feed, method, selection, self.key_ranges)
        columns = source_feed.staged_columns(self.model, feed)
        with pipe(lambda end: source.copy_out(rows, end, binary=True)) as flow:
            staged = warehouse.copy_in(ident("stage", feed.name), columns, flow.reader, freeze=freeze)
        keys = idents([*(column.name for column in self.model.row_key(feed)), *feed.times, "row_key", "row_hash"])
        warehouse.execute(sql("ANALYZE stage.{feed} ({keys})", feed=ident(feed.name), keys=keys))
        return staged

    def _differing(
        self, source: Session, warehouse: Session, feed: Feed, method: Method, segmentation: Segmentation
    ) -> SegmentDifference:
        if self.key_ranges and not self.key_ranges.covers(self.model, feed):
            return SegmentDifference(RowSelection(segmentation), active_rows.count_active_rows(warehouse, feed))
        if not active_rows.has_active_rows(warehouse, feed):
            return SegmentDifference(RowSelection(segmentation, everything=True), 0)
        if feed.delta:
            return SegmentDifference(
                RowSelection(segmentation, everything=True), active_rows.count_active_rows(warehouse, feed)
            )
        rows = source_feed.keyed_rows(self.model, feed, method, self.key_ranges)
        if self.key_ranges is None:
            return segment_checksums.differing(source, warehouse, feed, segmentation, rows)
        held = active_rows.select_active_rows(self.model, feed, self.key_ranges)
        found = segment_checksums.differing(source, warehouse, feed, segmentation, rows, held)
        return replace(found, active_rows=active_rows.count_active_rows(warehouse, feed))

    def t_find_new_rows(self, load: Load) -> dict[str, Changes]:
        """Compare the staged rows with the active rows, row by row, inside the warehouse.

        If nothing is new, changed or deleted, the load is closed. Raises `BadRowsError` before anything is written.
        When repeated after rows were refused, it reads the source again: the rows may be fixed by then.
        """
        if step_log.was_refused(self.stores.warehouse, load):
            self.e_from_pg_datasource(load)
        with step_log.refusals_noted(self.stores.warehouse, load):
            self._step(FIND, load, {EXTRACT}, partial(self._find, load), alone=True)
        return self._registered(load)

    def _registered(self, load: Load) -> dict[str, Changes]:
        with self.stores.warehouse.session() as session:
            return feed_changes.registered(session, self.model, load)

    def _find(self, load: Load, session: Session) -> Counts:
        changes = {feed.name: self._find_in(session, feed, load) for feed in self.model.feeds}
        for feed in self.model.feeds:
            feed_changes.register(session, self.model, feed, load, changes[feed.name])
        if not any(changes.values()):
            loads.mark_closed(session, load)
        return {}

    def _find_in(self, session: Session, feed: Feed, load: Load) -> Changes:
        if feed.delta:
            # Checked before known rows are dropped: a known row may conflict with another delivered row.
            key_profile = check_rows(session, self.model, feed)
            changes = delta.find_changes(session, self.model, feed)
            # Recorded again, without the rows that were dropped as known.
            distinct_rows.record_distinct_rows(session, self.model, feed, key_profile.shared)
        else:
            changes = full_compare.find_changes(session, self.model, feed, load, self._key_ranges_of(feed))
            if not (self.key_ranges or self.may_be_empty or feed.may_be_empty):
                check_not_emptied(session, self.model, feed, changes)
            key_profile = check_rows(session, self.model, feed, self._key_ranges_of(feed)) if changes else KeyProfile()
        staging.record_key_profile(session, self.model, feed, key_profile)
        return changes

    def _key_ranges_of(self, feed: Feed) -> KeyRanges | None:
        return self.key_ranges if self.key_ranges and self.key_ranges.covers(self.model, feed) else None

    def l_update(self, insert: Insert, load: Load) -> Counts:
        """Load tables of the vault from staging. Returns the rows inserted, by table."""
        return self._step(insert.name, load, {FIND}, partial(self._insert, load, insert.entities))

    def _insert(self, load: Load, entities: Sequence[Entity], session: Session) -> Counts:
        return {it.table: loading.insert(session, self.model, it, load, full=self.full) for it in entities}

    def insert_steps(self, load: Load) -> Stage:
        """The steps that fill the vault, as one stage for one process: none reads what another writes.

        Hubs come last because they take the least time: the longest steps must begin first.
        """
        return [
            Step(insert.name, partial(self.l_update, insert, load))
            for stage in reversed(inserts(self.model))
            for insert in reversed(stage)
        ]

    def close(self, load: Load) -> dict[str, Changes]:
        """Make the whole load visible in one transaction, if every step is done. A closed load stays closed.

        Returns the changes of each feed. Those of a delta feed may be more or fewer than the rows delivered.
        """
        before = {FIND, *(insert.name for stage in inserts(self.model) for insert in stage)}
        self._step("close", load, before, partial(self._close, load), alone=True)
        return self._registered(load)

    def _close(self, load: Load, session: Session) -> Counts:
        for feed in self.model.feeds:
            if feed.delta or (self._key_ranges_of(feed) and delta.reaches_further(session, self.model, feed, load)):
                delta.restage(session, self.model, feed, load, loads.method_of(session, load))
            active_rows.record_changes(session, self.model, feed, load)
            staging.clear(session, feed)
        loads.mark_closed(session, load)
        return {}

    def _step(
        self, name: str, load: Load, before: Collection[str], work: Callable[[Session], Counts], *, alone: bool = False
    ) -> Counts:
        """Do the work of a step once, and record the step in the same transaction."""
        with self._at_work(load), self.stores.warehouse.session() as session:
            closed = loads.is_closed(session, load, alone=alone)
            revisions.check_signature(session, self.model)
            completed = step_log.done(session, load)
            if closed or name in completed:
                return completed.get(name, {})
            step_log.require(load, before, name, completed)
            for feed in self.model.feeds:
                row_selection.check_staged(session, self.model, feed, load)
            begun = time.perf_counter()
            counts = work(session)
            step_log.record(session, load, name, counts, time.perf_counter() - begun)
            return counts

    def _at_work(self, load: Load) -> AbstractContextManager[None]:
        """Show that a step is under way. No-op for a runner without a lease: its process holds a lock while it runs."""
        if self.runner.lease is None:
            return nullcontext()
        return locks.at_work(self.stores.warehouse, load.load_id, self.runner)

    def roll_back(self, load: Load, error: str) -> None:
        """Roll back a load that failed."""
        with self.stores.warehouse.session() as session:
            loads.roll_back(session, self.model, load, error)

    def _method(self) -> Method:
        with self.stores.source.session(snapshot=True) as source, self.stores.warehouse.session() as warehouse:
            return agreed_method(source, warehouse)
