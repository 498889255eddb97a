"""A model's two DAGs: Airflow's view of the pipelines, and all that this package knows of Airflow.

A task opens the stores that the connections name, calls the pipeline's step of the same name, and
logs what it moved. What is worth knowing about retries and clearing is in the steps: each may be
asked for again at any time, by any worker.
"""

from __future__ import annotations

import functools
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import (
    DAG,
    Asset,
    AssetOrTimeSchedule,
    BaseHook,
    Context,
    CronTriggerTimetable,
    ExceptionRetryPolicy,
    Param,
    RetryAction,
    RetryRule,
    TaskGroup,
    chain,
    get_current_context,
    task,
)
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowSkipException

from skyeng import errors
from skyeng.connections import url
from skyeng.datamart.client import ClickHouse
from skyeng.model import Mart, Model, built_in_models, load_model
from skyeng.model.documentation import markdown
from skyeng.pipeline import Stores
from skyeng.pipeline.to_datamart import Delta, Held, ToDatamart
from skyeng.pipeline.to_datawarehouse import Insert, ToDatawarehouse, inserts
from skyeng.postgres import Postgres
from skyeng.warehouse.loads import Load, Runner
from skyeng.warehouse.staging import Changes

log = logging.getLogger(__name__)

#: Pools of one slot each (`dags/pools.json`): an operational database is read by one extraction at
#: a time, and a mart has one writer.
SOURCE_POOL, MART_POOL = "pg_datasource", "ch_datamart"

#: How long after a step a DAG run's load is its own; longer than the longest wait for a retry.
_LEASE = timedelta(minutes=15)

#: A server that is down or a lock that is held may be otherwise in a minute; a bad row will not.
_PASSING = (errors.ConnectionFailed, errors.StatementFailed, errors.EmbeddedServerError, errors.LoadInProgress)


#: The trigger form in the UI.
_PARAMS: Any = {
    "full": Param(
        False,
        type="boolean",
        title="Full comparison",
        description="Trust no bookkeeping: compare everything with what the vault gives back, repair the datamart.",
    )
}


def schedule() -> CronTriggerTimetable:
    """Every ten minutes, or as `SKYENG_SCHEDULE` says in cron's words (UTC)."""
    return CronTriggerTimetable(os.environ.get("SKYENG_SCHEDULE") or "*/10 * * * *", timezone="UTC")


def models() -> dict[str, Path | str]:
    """Models by name: those of the package, and the folders in `SKYENG_MODELS`."""
    folder = os.environ.get("SKYENG_MODELS")
    others = {path.parent.name: path for path in sorted(Path(folder).glob("*/model.yaml"))} if folder else {}
    return {**{name: name for name in built_in_models()}, **others}


def sound_models() -> Iterator[Model]:
    """The models that can be read; what is wrong with the others is for `check_models`."""
    for model in models().values():
        try:
            yield load_model(model)
        except errors.ModelError as exc:
            log.error("%s", exc)  # noqa: TRY400 - the message is whole, a traceback adds nothing


def check_models() -> None:
    """Raise `ModelError` for the first model that cannot be read."""
    for model in models().values():
        load_model(model)


def warehouse_asset(model: Model) -> Asset:
    """Updated when a load of the model was closed."""
    return Asset(f"datawarehouse_{model.name}", group="skyeng")


def to_datawarehouse(model: Model, dag_id: str) -> DAG:
    """The DAG that historises the source: extract, compare, hubs, then links and satellites, close."""
    with _dag(model, dag_id, schedule(), "Historise what changed at the source into the vault") as made:

        @_step(doc_md=ToDatawarehouse.e_from_pg_datawarehouse.__doc__)
        def e_from_pg_datawarehouse() -> dict[str, Any]:
            load = _warehouse_steps(model).e_from_pg_datawarehouse()
            return {"load_id": load.load_id, "load_ts": load.load_ts.isoformat()}

        @_step(doc_md=ToDatawarehouse.e_from_pg_datasource.__doc__, pool=SOURCE_POOL)
        def e_from_pg_datasource() -> dict[str, int]:
            return _warehouse_steps(model).e_from_pg_datasource(_load())

        @_step(doc_md=ToDatawarehouse.t_find_new_rows.__doc__)
        def t_find_new_rows() -> dict[str, Any]:
            return _new_rows(_warehouse_steps(model).t_find_new_rows(_load()))

        def l_update(insert: Insert) -> Any:
            @_step(task_id=insert.name, doc_md=f"Load {', '.join(entity.table for entity in insert.entities)}.")
            def update() -> dict[str, int]:
                return _warehouse_steps(model).l_update(insert, _load())

            return update()

        @_step(doc_md=ToDatawarehouse.close.__doc__, outlets=[warehouse_asset(model)])
        def close() -> dict[str, int]:
            steps, load = _warehouse_steps(model), _load()
            steps.close(load)
            return {"load_id": load.load_id, **_totals(steps.t_find_new_rows(load))}

        stages = []
        for group_id, stage in zip(("hubs", "links_and_satellites"), inserts(model), strict=True):
            with TaskGroup(group_id, prefix_group_id=False) as group:
                for insert in stage:
                    l_update(insert)
            stages.append(group)
        chain(e_from_pg_datawarehouse(), e_from_pg_datasource(), t_find_new_rows(), *stages, close())
    return made


def to_datamart(model: Model, dag_id: str) -> DAG:
    """The DAG that appends to ClickHouse what the marts of a model lack."""
    when = AssetOrTimeSchedule(timetable=schedule(), assets=[warehouse_asset(model)])
    with _dag(model, dag_id, when, "Append to ClickHouse what the warehouse has and the datamart lacks") as made:
        for mart in model.marts:
            if len(model.marts) == 1:
                _mart_tasks(model, mart)
            else:
                with TaskGroup(mart.table):
                    _mart_tasks(model, mart)
    return made


def _mart_tasks(model: Model, mart: Mart) -> None:
    @_step(doc_md=ToDatamart.e_from_ch_datamart.__doc__)
    def e_from_ch_datamart() -> dict[str, Any]:
        held = _mart_steps(model, mart).e_from_ch_datamart()
        return {"fingerprint": list(held.fingerprint), "whole": held.whole}

    @_step(doc_md=ToDatamart.e_from_pg_datawarehouse.__doc__)
    def e_from_pg_datawarehouse() -> dict[str, Any]:
        return {"fingerprint": list(_mart_steps(model, mart).e_from_pg_datawarehouse())}

    @_step(doc_md=ToDatamart.t_find_new_rows.__doc__)
    def t_find_new_rows(held: dict[str, Any], main: dict[str, Any]) -> dict[str, Any]:
        sides = tuple(main["fingerprint"]), Held(tuple(held["fingerprint"]), held["whole"])
        return _new_rows({mart.table: _mart_steps(model, mart).t_find_new_rows(*sides)})

    @_step(doc_md=ToDatamart.l_update_datamart.__doc__, pool=MART_POOL)
    def l_update_datamart() -> dict[str, Any]:
        return asdict(_mart_steps(model, mart).l_update_datamart())

    held, main = e_from_ch_datamart(), e_from_pg_datawarehouse()
    chain(held, main, t_find_new_rows(held, main), l_update_datamart())


def _dag(model: Model, dag_id: str, when: Any, description: str) -> DAG:
    return DAG(
        dag_id,
        description=f"{description} ({model.name})",
        doc_md=markdown(model),
        schedule=when,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow's own zone, UTC unless it was told otherwise
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=2),
        params=_PARAMS,
        default_args={
            "retries": 3,
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=5),
            "retry_policy": ExceptionRetryPolicy(
                [
                    *(RetryRule(exception=error, action=RetryAction.DEFAULT) for error in _PASSING),
                    RetryRule(exception=errors.SkyengError, action=RetryAction.FAIL, reason="it would fail again"),
                ]
            ),
            "on_failure_callback": say_what_to_do,
        },
        on_failure_callback=say_what_to_do,
        tags=["skyeng", model.name],
    )


def _new_rows(found: Mapping[str, Changes | Delta]) -> dict[str, Any]:
    """`t_find_new_rows` of both DAGs: what differs, by feed or mart; nothing skips what follows."""
    if not any(found.values()):
        raise AirflowSkipException("nothing is new, changed or gone: both sides are level")
    return {name: asdict(difference) for name, difference in found.items()}


def _step(**options: Any) -> Callable[[Callable[..., dict[str, Any]]], Any]:
    """A task that logs what its step moved, and how long it took."""

    def decorate(work: Callable[..., dict[str, Any]]) -> Any:
        @functools.wraps(work)
        def told(*sides: Any, **named: Any) -> dict[str, Any]:
            begun = time.perf_counter()
            try:
                facts = work(*sides, **named)
            except errors.LoadGone as exc:
                if exc.superseded:
                    raise AirflowSkipException(str(exc)) from exc
                raise
            for name, fact in facts.items():
                log.info("%s: %s", name, fact)
            log.info("done in %.2f s", time.perf_counter() - begun)
            return facts

        return task(**options)(told)

    return decorate


def _totals(changes: Mapping[str, Changes]) -> dict[str, int]:
    """What a load did, for the person who looks at the run. A row that cannot be loaded fails it whole."""
    return {
        "new": sum(it.new for it in changes.values()),
        "changed": sum(it.changed for it in changes.values()),
        "deleted": sum(it.gone for it in changes.values()),
        "quarantined": 0,
    }


def say_what_to_do(context: Context) -> None:
    """Failure callback of tasks and runs: what the failure means, and what an operator does about it."""
    instance, error = context.get("task_instance"), context.get("exception") or context.get("reason")
    place = f"task {instance.task_id}" if instance else "the run"
    log.error(
        "%s of %s failed: %s\n"
        "  means:    nothing of this load is visible; what was loaded before stays as it is\n"
        "  to do:    mend the cause and clear the failed task, the run goes on from there;\n"
        "            or do nothing: the next run rolls the load back and begins anew",
        place,
        context["dag"].dag_id if "dag" in context else "the DAG",
        error,
    )


def _load() -> Load:
    """The load that this run opened."""
    opened = _context()["ti"].xcom_pull("e_from_pg_datawarehouse")
    if not opened:
        raise errors.StepMissing(
            "this run has opened no load", remedy="clear e_from_pg_datawarehouse and what follows, or trigger a new run"
        )
    return Load(opened["load_id"], datetime.fromisoformat(opened["load_ts"]))


def _warehouse_steps(model: Model) -> ToDatawarehouse:
    context = _context()
    runner = Runner(f"Airflow, DAG {context['dag'].dag_id}, run {context['run_id']}", _LEASE)
    return ToDatawarehouse(model, _stores(model), _full(), runner)


def _mart_steps(model: Model, mart: Mart) -> ToDatamart:
    return ToDatamart(model, mart, _stores(model), _full())


def _full() -> bool:
    return bool(_context()["params"]["full"])


def _context() -> dict[str, Any]:
    """What Airflow says of the task that runs; nothing is missing while one does."""
    return {**get_current_context()}


def _stores(model: Model) -> Stores:
    return Stores(
        source=Postgres(model.source, _url(model.source)),
        warehouse=Postgres("pg_datawarehouse", _url("pg_datawarehouse")),
        datamart=ClickHouse(_url("ch_datamart")),
    )


def _url(name: str) -> str:
    try:
        found = BaseHook.get_connection(name)
    except AirflowNotFoundException as exc:
        raise errors.SettingsError(
            f"there is no connection '{name}'",
            remedy=f"add it under Admin > Connections, or set AIRFLOW_CONN_{name.upper()}",
        ) from exc
    return url(
        name,
        found.conn_type or "",
        host=found.host,
        port=found.port,
        login=found.login,
        password=found.password,
        schema=found.schema,
        extra=found.extra_dejson,
    )
