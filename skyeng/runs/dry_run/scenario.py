"""Made-up answers of the servers to a first run, to a run with changes, and to a run without changes.

A question is identified by the function that asks it. The function is imported here, so renaming it changes this
module too, and the text of its statement may change freely. An unforeseen question gets the answer that suits most
questions: no rows, 0 as a single value, and as many rows written as are new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from types import CodeType
from typing import Any, Literal, get_args

from skyeng.checks import staged_rows
from skyeng.control import feed_changes, loads, locks, step_log
from skyeng.control.loads import Load
from skyeng.db import clickhouse
from skyeng.db.postgres import Session
from skyeng.detection import active_rows, comparison, delta, full_compare, row_selection, segment_checksums, validity
from skyeng.detection.segmentation import ROWS_IN_SEGMENT, RowSelection, Segmentation, segment_column
from skyeng.hashing.checksums import Method
from skyeng.hashing.hash_keys import HASH_VERSION
from skyeng.marts import append, catalog, contents, register
from skyeng.marts import migrations as mart_migrations
from skyeng.marts.contents import MartLoad
from skyeng.marts.definitions import Object
from skyeng.marts.tables import MartTables
from skyeng.model import Feed, Mart, Model
from skyeng.model.signature import signature
from skyeng.proof import row_versions
from skyeng.runs import orphaned_loads
from skyeng.runs.dry_run import described
from skyeng.runs.dry_run.callers import code_of
from skyeng.runs.dry_run.script import Answer, Question
from skyeng.sources import postgres as source_feed
from skyeng.vault import bulk, revisions, staging
from skyeng.vault.inserts import KeyProfile
from skyeng.vault.readback import AsOf

#: The very first run, a run that finds new and changed rows, and a run that finds nothing.
Kind = Literal["first", "changed", "unchanged"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_METHOD: Method = "binary"
_SEGMENTATION = Segmentation()
_BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
_NOW = Load(2, datetime(2026, 1, 2, tzinfo=UTC))

Reply = Callable[[Question], Answer]


#: Id of the server process of a session.
_PID = 1


def _value(value: Any) -> Answer:
    return Answer([(value,)])


class Scenario:
    """A state of the stores, which the statements of a run change."""

    def __init__(self, kind: Kind, model: Model, rows: int) -> None:
        self.model = model
        #: Rows of each feed that are active before the run, and rows that the run finds.
        self.held = 0 if kind == "first" else rows
        self.found = 0 if kind == "unchanged" else rows
        self._completed: dict[str, step_log.Counts] = {}
        #: Feeds that have a segmentation, and feeds of which checksums are stored.
        self._segmentation = {feed.name for feed in self.model.feeds if self.held and not feed.delta}
        self._summed = set(self._segmentation)
        self._selected: dict[str, tuple[Any, ...]] = {}
        self._key_profiles: dict[str, KeyProfile] = {}
        self._changes: dict[str, feed_changes.Changes] = {}
        before = MartLoad(_BEFORE, self.held, 0, self.held)
        now = MartLoad(_NOW.load_ts, self.found, 1, max(self.held, self.found))
        self._closed = [load for load in (before, now) if load.row_versions]
        held = [before] if self.held else []
        self._in_mart = {MartTables(mart).loads: list(held) for mart in model.marts}
        #: Marts to which loads were sent.
        self._sent: set[str] = set()
        self._replies = self._of_every_function()

    def __call__(self, question: Question) -> Answer:
        for code in question.callers.codes():
            if reply := self._replies.get(code):
                return reply(question)
        return self._unforeseen(question)

    def _unforeseen(self, question: Question) -> Answer:
        if _is_scalar(question):
            return _value(0)
        return Answer(count=self.found)

    def _of_every_function(self) -> dict[CodeType, Reply]:
        always: dict[Callable[..., Any], Answer] = {
            locks.exclusive: _value(value=True),
            revisions.stored_signature: _value(signature(self.model)),
            comparison.agreed_method: _value("the same on both servers"),
            loads.open_load: Answer([(_NOW.load_id, _NOW.load_ts)]),
            loads.check_hash_version: Answer([(HASH_VERSION,)] if self.held else []),
            loads.is_closed: _value("open"),
            loads.method_of: _value(_METHOD),
            loads.closed_loads: Answer([_row(load) for load in self._closed]),
            row_versions.Versions.past: Answer([(a.load_ts, b.row_versions) for a, b in pairwise(self._closed)]),
            orphaned_loads.all_closed_loads: Answer([(load.load_ts,) for load in self._closed]),
            validity.reason_to_rebuild: Answer([(True, _METHOD if self.held else None)]),
            validity.rows_active: Answer([(1, it.name, self._active(it)) for it in self.model.feeds if self.held]),
            validity.rebuild_rows: Answer(),
            bulk.may_fill: _value(not self.held),
            Session.lock_alone: _value(value=True),
            Session.settle: _value(_PID),
            active_rows.has_active_rows: _value(bool(self.held)),
            feed_changes.rows_touched: _value(self.found),
            # Equally many rows are deleted, unchanged and changed.
            full_compare.find_changes: Answer([(3 * min(self.found, self.held),)], min(self.found, self.held)),
            delta.find_changes: Answer(count=min(self.found, self.held)),
            full_compare.count_staged: Answer([(self.found, min(self.found, self.held))]),
            catalog.described: Answer([row for it in self._objects for row in described.table_or_view(it)]),
            register.recorded: Answer(list(self._recorded())),
            AsOf.known: Answer([(f"{_BEFORE:%Y-%m-%d %H:%M:%S%z}", f"{_NOW.load_ts:%Y-%m-%d %H:%M:%S%z}")]),
        }
        by_what_was: dict[Callable[..., Any], Reply] = {
            revisions.revision: lambda it: _value(revisions.head(_argument(it, revisions.revision, "history"))),
            segment_checksums.recorded_segmentation: self._recorded_segmentation,
            segment_checksums.record_segmentation: self._record_segmentation,
            segment_checksums.statistics: lambda it: Answer(
                [self._filled(_argument(it, segment_checksums.statistics, "feed"))]
            ),
            segment_checksums.update_checksums: lambda it: _value(
                any(self._filled(_argument(it, segment_checksums.update_checksums, "feed")))
            ),
            segment_checksums.differing: self._differing,
            staged_rows.KeyCardinality.of: self._key_cardinality,
            staged_rows.KeyCardinality.of_key_sets: lambda _: Answer([(self.found // 2, self.found)]),
            staging.record_key_profile: self._record_key_profile,
            staging.key_profiles: lambda _: Answer(
                [(feed, it.unique, it.shared) for feed, it in self._key_profiles.items()]
            ),
            step_log.record: self._record,
            step_log.done: lambda _: Answer(list(self._completed.items())),
            row_selection.record_selection: self._record_selection,
            row_selection.recorded_selection: self._recorded_selection,
            row_selection.check_staged: lambda _: Answer([(_NOW.load_id,)]),
            feed_changes.register: self._register,
            feed_changes.registered: lambda _: Answer(
                [(it, c.new, c.changed, c.deleted) for it, c in self._changes.items()]
            ),
            Session.column_types: _columns,
            catalog.described_columns: self._described_columns,
            contents.registered: self._registered,
            clickhouse.ClickHouseSession._format: self._format,
            contents.begun: self._begun,
            contents.ended: self._ended,
            contents.register: self._register_in_mart,
            append.send: self._send,
        }
        replies = {code_of(function): _always(answer) for function, answer in always.items()}
        return replies | {code_of(function): reply for function, reply in by_what_was.items()}

    @property
    def _objects(self) -> list[Object]:
        return [register.REGISTER, *mart_migrations.declared(self.model)]

    def _recorded(self) -> Iterator[tuple[Any, ...]]:
        """The newest DDL file, as run and not altered since."""
        for path in mart_migrations.files(self.model)[-1:]:
            yield self.model.name, path.name, register.checksum(path), [it.name for it in self._objects[1:]]

    def _record(self, question: Question) -> Answer:
        completed = question.callers.arguments(step_log.record)
        self._completed[completed["step"]] = completed["counts"]
        return Answer(count=1)

    def _recorded_segmentation(self, question: Question) -> Answer:
        recorded = _argument(question, segment_checksums.recorded_segmentation, "feed").name in self._segmentation
        return Answer([(_SEGMENTATION.range_bits, _SEGMENTATION.hash_buckets)] if recorded else [])

    def _record_segmentation(self, question: Question) -> Answer:
        feed = _argument(question, segment_checksums.record_segmentation, "feed").name
        self._segmentation.add(feed)
        # `prepare` stores new checksums directly after a new segmentation.
        (self._summed.add if segment_checksums.prepare in question.callers else self._summed.discard)(feed)
        return Answer(count=1)

    def _active(self, feed: Feed) -> int:
        """Active rows after the last load: as many as the checksums count, if there are any."""
        return sum(self._filled(feed)[1::2]) or self.held

    def _filled(self, feed: Feed) -> tuple[int, ...]:
        """One segment of a good size, with segment keys and without; zeros if there are no checksums."""
        return (1, ROWS_IN_SEGMENT, 1, ROWS_IN_SEGMENT) if feed.name in self._summed else (0, 0, 0, 0)

    def _differing(self, question: Question) -> Answer:
        """One segment key differs; if the feed has no segment column, one segment."""
        if not self.found:
            return Answer([("{}", "{}", 0, 0, self.held)])
        feed: Feed = _argument(question, segment_checksums.differing, "feed")
        listed = ("{1}", "{}") if segment_column(self.model, feed) else ("{}", "{1}")
        return Answer([(*listed, 1, 1, self.held)])

    def _record_selection(self, question: Question) -> Answer:
        recorded = question.callers.arguments(row_selection.record_selection)
        chosen: RowSelection = recorded["selection"]
        self._selected[recorded["feed"].name] = (
            chosen.segmentation.range_bits,
            chosen.segmentation.hash_buckets,
            chosen.keys,
            chosen.segments,
            chosen.everything,
        )
        return Answer(count=1)

    def _recorded_selection(self, question: Question) -> Answer:
        feed: Feed = _argument(question, row_selection.recorded_selection, "feed")
        return Answer([self._selected[feed.name]])

    def _key_cardinality(self, question: Question) -> Answer:
        """Each driving key has one row. Each key of other hubs has several rows."""
        asked = question.callers.arguments(staged_rows.KeyCardinality.of)
        alone = asked["hub"].name in asked["model"].grain(asked["feed"]).driving_key
        # A feed that delivers changes only may deliver known rows again.
        staged = max(self.found, self.held) if asked["feed"].delta else self.found
        return Answer([(staged if alone else staged // 2, staged)])

    def _record_key_profile(self, question: Question) -> Answer:
        recorded = question.callers.arguments(staging.record_key_profile)
        self._key_profiles[recorded["feed"].name] = recorded["key_profile"]
        return Answer(count=1)

    def _register(self, question: Question) -> Answer:
        registered = question.callers.arguments(feed_changes.register)
        self._changes[registered["feed"].name] = registered["changes"]
        return Answer(count=1)

    def _described_columns(self, question: Question) -> Answer:
        tables = _argument(question, catalog.described_columns, "tables")
        return Answer([row for it in self._objects if it.name in tables for row in described.columns(it)])

    def _format(self, question: Question) -> Answer:
        return Answer([tuple(_argument(question, clickhouse.ClickHouseSession._format, "selects"))])

    def _registered(self, question: Question) -> Answer:
        mart = _argument(question, contents.registered, "mart")
        return Answer([(False, *_row(load, tzinfo=None)) for load in self._in_mart[MartTables(mart).loads]])

    def _send(self, question: Question) -> Answer:
        self._sent.add(_argument(question, append.send, "mart").table)
        return Answer(count=self.found)

    def _begun(self, question: Question) -> Answer:
        mart = _argument(question, contents.begun, "mart")
        return Answer([(*_row(load, tzinfo=None)[:2], 0) for load in self._in_history(mart)])

    def _ended(self, question: Question) -> Answer:
        """Each row that a load touched had a version before, except new rows."""
        held = self._in_history(_argument(question, contents.ended, "mart"))
        ended = ((now, now.row_versions - (now.rows_active - before.rows_active)) for before, now in pairwise(held))
        return Answer([(_row(load, tzinfo=None)[0], count, 0) for load, count in ended])

    def _in_history(self, mart: Mart) -> list[MartLoad]:
        """Loads in the history; after an append, also those that the register does not name yet."""
        held = self._in_mart[MartTables(mart).loads]
        return self._closed if mart.table in self._sent else held

    def _register_in_mart(self, question: Question) -> Answer:
        registered = question.callers.arguments(contents.register)
        self._in_mart.setdefault(registered["table"], []).extend(registered["loads"])
        return Answer()


def _is_scalar(question: Question) -> bool:
    return Session.scalar in question.callers or clickhouse.ClickHouseSession.scalar in question.callers


def _always(answer: Answer) -> Reply:
    return lambda _: answer


def _argument(question: Question, function: Callable[..., Any], name: str) -> Any:
    return question.callers.arguments(function)[name]


def _row(load: MartLoad, tzinfo: tzinfo | None = UTC) -> tuple[Any, ...]:
    """A load as a register returns it. ClickHouse returns timestamps without a time zone."""
    return load.load_ts.replace(tzinfo=tzinfo), load.row_versions, load.hash_sum, load.rows_active


def _columns(question: Question) -> Answer:
    """The columns that the model declares, or the types of given numbers. A type's number is its name."""
    if numbers := question.parameters.get("oids"):
        return Answer([(number, number) for number in numbers])
    asked = question.callers.arguments(source_feed.check_columns)
    feed: Feed = asked["feed"]
    columns = [(column.name, column.type.accepts[-1]) for column in asked["model"].feed_columns(feed)]
    if feed.applied:
        columns.append((feed.applied, "timestamp with time zone"))
    return Answer(columns=columns)
