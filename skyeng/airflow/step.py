"""A step of a pipeline as a task: its parameters, its log, and its failure messages."""

from __future__ import annotations

import functools
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import Context, ExceptionRetryPolicy, RetryAction, RetryRule, Variable, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from skyeng import errors
from skyeng.airflow.stores import stores_of
from skyeng.control.feed_changes import Changes
from skyeng.control.loads import Load
from skyeng.control.locks import Runner
from skyeng.model import Mart, Model
from skyeng.runs.to_datamart import Delta, ToDatamart
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.vault.revisions import check_migrated
from skyeng.watch.alerts import Alerts

log = logging.getLogger(__name__)

#: How long a DAG run has its lease after a step. This is longer than the longest wait for a retry.
_LEASE = timedelta(minutes=15)

_NAME_KEPT_IN = "skyeng_airflow"

#: Errors that can pass within a minute, such as a server that is down or a lock that is held. A bad row fails again.
_PASSING = (errors.ConnectionFailed, errors.StatementFailed, errors.EmbeddedServerError, errors.LoadInProgress)

RETRIES = ExceptionRetryPolicy(
    [
        *(RetryRule(exception=error, action=RetryAction.DEFAULT) for error in _PASSING),
        RetryRule(exception=errors.SkyengError, action=RetryAction.FAIL, reason="it would fail again"),
    ]
)


def step(**options: Any) -> Callable[[Callable[..., dict[str, Any]]], Any]:
    """A task that logs what its step moved, and its duration."""

    def decorate(work: Callable[..., dict[str, Any]]) -> Any:
        @functools.wraps(work)
        def logged(*arguments: Any, **named: Any) -> dict[str, Any]:
            begun = time.perf_counter()
            try:
                facts = work(*arguments, **named)
            except errors.SkyengError as exc:
                # A full load is not skipped: the ordinary load that superseded it has not repaired as much.
                if isinstance(exc, errors.LoadRolledBack) and exc.superseded and not _full():
                    raise AirflowSkipException(str(exc)) from exc
                # Log it before Airflow adds its stack trace, and outside the folded part of the log.
                _say(f"task {_context()['ti'].task_id}", _context()["dag"].dag_id, exc)
                log.debug("where it was raised", exc_info=True)
                raise exc.with_traceback(None) from None  # a user can fix it without our stack trace
            for name, fact in facts.items():
                log.info("%s: %s", name, fact)
            log.info("done in %.2f s", time.perf_counter() - begun)
            return facts

        return task(**options)(logged)

    return decorate


def new_rows(found: Mapping[str, Changes | Delta]) -> dict[str, Any]:
    """The result of `t_find_new_rows` in both DAGs: differences by feed or mart. Skips the run if there are none."""
    if not any(found.values()):
        raise AirflowSkipException("nothing is new, changed or deleted: source and target are in sync")
    return {name: as_json(difference) for name, difference in found.items()}


def as_json(found: Changes | Delta) -> dict[str, Any]:
    """A result as XCom stores it and the API returns it: with lists instead of tuples, which JSON does not have."""
    return {name: list(fact) if isinstance(fact, tuple) else fact for name, fact in asdict(found).items()}


def totals(changes: Mapping[str, Changes]) -> dict[str, int]:
    """Row counts of a load, for the operator. A row that cannot be loaded fails the whole load."""
    return {
        "new": sum(it.new for it in changes.values()),
        "changed": sum(it.changed for it in changes.values()),
        "deleted": sum(it.deleted for it in changes.values()),
    }


def tell_of_failure(context: Context) -> None:
    """Failure callback of tasks and runs: log what to do about it, and notify the recipients in `SKYENG_ALERTS`."""
    # The context of a failed run also has its last task.
    reason, instance = context.get("reason"), context.get("task_instance")
    error = reason or context.get("exception")
    dag_id = context["dag"].dag_id if "dag" in context else "the DAG"
    place = "the run" if reason or not instance else f"task {instance.task_id}"
    if not isinstance(error, errors.SkyengError):  # `step` has already logged it
        _say(place, dag_id, error)
    try:
        Alerts.read().send(f"skyeng: {place} of {dag_id} failed", _advice(place, dag_id, _in_brief(error)))
    except errors.SettingsError as exc:
        log.error("%s", exc)  # noqa: TRY400 - the message is whole


#: Errors with a message of a server, which can contain a value.
_WITH_WORDS_OF_SERVERS = (errors.SourceError, errors.StatementFailed)


def _in_brief(error: object) -> str:
    """An error without values of the source: the recipients may not be allowed to see them."""
    if error is None:
        return "its process ended without a word: it was killed, or had no memory left"
    if isinstance(error, str):
        return error  # Airflow's reason for a failed run
    told = f"{type(error).__name__}, see the task's log"
    if not isinstance(error, errors.SkyengError):
        return told
    if not isinstance(error, _WITH_WORDS_OF_SERVERS):
        told = f"{error.what.splitlines()[0].rstrip(':')} ({told})"
    return f"{told}\n  to do:    {error.remedy}" if error.remedy else told


def _say(place: str, dag_id: str, error: object) -> None:
    log.error("%s", _advice(place, dag_id, error))


def _advice(place: str, dag_id: str, error: object) -> str:
    """The message for an operator: what a failure means, and what to do."""
    means, otherwise = _MEANS["to_datamart" if dag_id.startswith("to_datamart") else "to_datawarehouse"]
    return (
        f"{place} of {dag_id} failed: {error}\n"
        f"  means:    {means}\n"
        "  then:     fix the cause and clear the tasks that did not succeed, the run goes on from there\n"
        "            and reads the source again where rows were bad; or do nothing: the next run "
        f"{otherwise}"
    )


#: For each pipeline: what a failure means, and what the next run does.
_MEANS = {
    "to_datawarehouse": (
        "nothing of this load is visible; what was loaded before stays as it is",
        "rolls the load back and starts again",
    ),
    "to_datamart": (
        "analysts see whole loads: those appended before, and none by half",
        "appends what is missing",
    ),
}


def load_of_run() -> Load:
    """The load that this run opened. Raises `StepMissing` if there is none."""
    opened = _context()["ti"].xcom_pull("e_from_pg_datawarehouse")
    if not opened:
        raise errors.StepMissing(
            "this run has opened no load", remedy="clear e_from_pg_datawarehouse and what follows, or trigger a new run"
        )
    return Load(opened["load_id"], datetime.fromisoformat(opened["load_ts"]))


def warehouse_steps(model: Model) -> ToDatawarehouse:
    """The pipeline for a task. Checks first that the warehouse is migrated for the model."""
    context, stores = _context(), stores_of(model)
    check_migrated(stores.warehouse, model)
    runner = Runner(f"Airflow, DAG {context['dag'].dag_id}, run {context['run_id']}", _LEASE, _this_airflow())
    return ToDatawarehouse(model, stores, _full(), runner, may_be_empty=_told("may_be_empty"))


def _this_airflow() -> str:
    """The name of this Airflow. Its own database stores it, because two Airflows can have the same address."""
    name = Variable.get(_NAME_KEPT_IN, default=None)
    if name is None:
        name = str(uuid.uuid4())
        Variable.set(_NAME_KEPT_IN, name, description="Identifies this Airflow to skyeng.")
    return name


def mart_steps(model: Model, mart: Mart) -> ToDatamart:
    """The pipeline of a mart for a task. Checks first that the warehouse is migrated for the model."""
    stores = stores_of(model)
    check_migrated(stores.warehouse, model)
    return ToDatamart(model, mart, stores, _full())


def _full() -> bool:
    return _told("full")


def _told(param: str) -> bool:
    """The value of a checkbox in the trigger form."""
    return bool(_context()["params"].get(param))


def _context() -> dict[str, Any]:
    """Airflow's context of the running task. It is complete while a task runs."""
    return {**get_current_context()}
