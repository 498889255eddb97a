"""One run of a model: first the warehouse, then the datamart. Each step is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypedDict

from skyeng.control import locks
from skyeng.control.feed_changes import Changes
from skyeng.control.loads import Load
from skyeng.db.stores import Stores
from skyeng.detection.key_range import KeyRanges
from skyeng.errors import SkyengError, UsageError
from skyeng.marts import migrations as mart_migrations
from skyeng.model import Model
from skyeng.runs.steps import Observer, Step, StepLog, unobserved
from skyeng.runs.to_datamart import EMPTY, ToDatamart
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.vault.revisions import check_migrated

Pipeline = Literal["to_datawarehouse", "to_datamart"]


class Options(TypedDict, total=False):
    """Options of a run: keyword arguments of `run`."""

    only: Pipeline | None
    full: bool
    where: Sequence[str]
    may_be_empty: bool


@dataclass
class Report:
    """What a run did."""

    model: str
    #: Rows of each feed that were new, changed or deleted; empty if `to_datawarehouse` was not run.
    changes: dict[str, Changes] = field(default_factory=dict)
    #: Why the recorded active rows could not be used and were rebuilt from the vault; empty if they could.
    compared_because: str = ""
    #: Row versions sent to each mart; empty if `to_datamart` was not run.
    marts: dict[str, int] = field(default_factory=dict)
    #: Why a mart was rebuilt, by mart.
    rebuilt: dict[str, str] = field(default_factory=dict)
    #: Descriptions of views that were missing or altered and were recreated, by mart.
    views: dict[str, tuple[str, ...]] = field(default_factory=dict)
    #: Rows written, by table.
    counts: dict[str, int] = field(default_factory=dict)
    #: Duration in seconds, by step.
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def anything_new(self) -> bool:
        return any(self.changes.values()) or any(self.marts.values()) or bool(self.rebuilt or self.views)


def run(
    model: Model,
    stores: Stores,
    *,
    only: Pipeline | None = None,
    full: bool = False,
    where: Sequence[str] = (),
    may_be_empty: bool = False,
    observer: Observer = unobserved,
) -> Report:
    """Synchronise warehouse and datamart with the source, or with the key ranges in `where`.

    A feed that gives no row, and gave some before, is refused unless it `may_be_empty`. A run that fails leaves
    nothing visible: its load is rolled back. If the process dies, the next run does that.
    """
    key_ranges = KeyRanges.of(model, where) if where else None
    if key_ranges and only == "to_datamart":
        raise UsageError("--where names a part of the source, and to_datamart does not read the source")
    with stores.warehouse.kept():
        check_migrated(stores.warehouse, model)
        if model.marts and only != "to_datawarehouse":
            # Checked before anything is loaded: if the datamart is down, the run stops before it writes anything.
            with stores.datamart.session() as datamart:
                mart_migrations.check_migrated(datamart, model)
        report = Report(model.name)
        step_log = StepLog(observer)
        if only != "to_datamart":
            with locks.exclusive(stores.warehouse, model):
                steps = ToDatawarehouse(model, stores, full, key_ranges=key_ranges, may_be_empty=may_be_empty)
                _to_datawarehouse(steps, step_log, report)
        if only != "to_datawarehouse":
            with stores.datamart.kept():
                for mart in model.marts:
                    _to_datamart(ToDatamart(model, mart, stores, full), step_log, report)
        report.counts, report.seconds = step_log.counts, step_log.seconds
        return report


def _to_datawarehouse(steps: ToDatawarehouse, step_log: StepLog, report: Report) -> None:
    load = step_log.timed("e_from_pg_datawarehouse", steps.e_from_pg_datawarehouse)
    report.compared_because = load.rebuilt_because
    try:
        report.changes = _load(steps, load, step_log)
    except BaseException as exc:
        error = exc.what if isinstance(exc, SkyengError) else f"{type(exc).__name__}: {exc}"
        with suppress(SkyengError):  # otherwise the next run does it
            steps.roll_back(load, error)
        raise


def _load(steps: ToDatawarehouse, load: Load, step_log: StepLog) -> dict[str, Changes]:
    step_log.run(Step("e_from_pg_datasource", lambda: steps.e_from_pg_datasource(load)))
    changes = step_log.timed("t_find_new_rows", lambda: steps.t_find_new_rows(load))
    if any(changes.values()):
        step_log.run_stage(steps.insert_steps(load))
        changes = step_log.timed("close", lambda: steps.close(load))
    return changes


def _to_datamart(steps: ToDatamart, step_log: StepLog, report: Report) -> None:
    mart = steps.mart.table
    held = step_log.timed("e_from_ch_datamart", steps.e_from_ch_datamart)
    source = step_log.timed("e_from_pg_datawarehouse (mart)", steps.e_from_pg_datawarehouse)
    delta = step_log.timed("t_find_new_rows (mart)", partial(steps.t_find_new_rows, source, held))
    if delta:
        delta = step_log.timed("l_update_datamart", steps.l_update_datamart)
    report.marts[mart] = step_log.counts[mart] = delta.row_versions
    if delta.reason not in ("", EMPTY):
        report.rebuilt[mart] = delta.reason
    if delta.views:
        report.views[mart] = delta.views
