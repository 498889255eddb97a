"""The two DAGs of a model: their tasks, and the order of the tasks."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, CronTriggerTimetable, Param, TaskGroup, chain

from skyeng.airflow.step import (
    RETRIES,
    as_json,
    load_of_run,
    mart_steps,
    new_rows,
    step,
    tell_of_failure,
    totals,
    warehouse_steps,
)
from skyeng.model import Mart, Model
from skyeng.model.docs import markdown
from skyeng.runs.to_datamart import MartSummary, ToDatamart
from skyeng.runs.to_datawarehouse import Insert, ToDatawarehouse, inserts

#: Pools with one slot each (`dags/pools.json`): only one extraction at a time reads an operational database, and a mart
#: has only one writer.
SOURCE_POOL, MART_POOL = "pg_datasource", "ch_datamart"

#: The trigger form in the UI. A parameter that can be null is not marked as mandatory there.
_PARAMS: Any = {
    "full": Param(
        False,
        type=["boolean", "null"],
        title="Full comparison",
        description="Compare everything with the vault itself instead of recorded checksums, and repair the datamart.",
    ),
}
#: The trigger form of the DAG that reads the source.
_PARAMS_OF_WAREHOUSE: Any = {
    **_PARAMS,
    "may_be_empty": Param(
        False,
        type=["boolean", "null"],
        title="Feeds may be empty",
        description="Believe a feed that gives no row: end all that it gave before.",
    ),
}


def schedule() -> CronTriggerTimetable:
    """Every ten minutes, or the cron expression in `SKYENG_SCHEDULE` (UTC)."""
    return CronTriggerTimetable(os.environ.get("SKYENG_SCHEDULE") or "*/10 * * * *", timezone="UTC")


def warehouse_asset(model: Model) -> Asset:
    """The asset that is updated when a load of the model is closed."""
    return Asset(f"datawarehouse_{model.name}", group="skyeng")


def to_datawarehouse(model: Model, dag_id: str) -> DAG:
    """The DAG that historises the source: extract, compare, insert hubs, insert links and satellites, close."""
    about = "Historise what changed at the source into the vault"
    with _dag(model, dag_id, schedule(), about, _PARAMS_OF_WAREHOUSE) as made:

        @step(doc_md=ToDatawarehouse.e_from_pg_datawarehouse.__doc__)
        def e_from_pg_datawarehouse() -> dict[str, Any]:
            load = warehouse_steps(model).e_from_pg_datawarehouse()
            why = {"everything was compared with the vault": load.rebuilt_because} if load.rebuilt_because else {}
            return {"load_id": load.load_id, "load_ts": load.load_ts.isoformat(), **why}

        @step(doc_md=ToDatawarehouse.e_from_pg_datasource.__doc__, pool=SOURCE_POOL)
        def e_from_pg_datasource() -> dict[str, int]:
            return warehouse_steps(model).e_from_pg_datasource(load_of_run())

        @step(doc_md=ToDatawarehouse.t_find_new_rows.__doc__)
        def t_find_new_rows() -> dict[str, Any]:
            return new_rows(warehouse_steps(model).t_find_new_rows(load_of_run()))

        def l_update(insert: Insert) -> Any:
            @step(task_id=insert.name, doc_md=f"Load {', '.join(entity.table for entity in insert.entities)}.")
            def update() -> dict[str, int]:
                return warehouse_steps(model).l_update(insert, load_of_run())

            return update()

        @step(doc_md=ToDatawarehouse.close.__doc__, outlets=[warehouse_asset(model)])
        def close() -> dict[str, int]:
            steps, load = warehouse_steps(model), load_of_run()
            steps.close(load)
            return {"load_id": load.load_id, **totals(steps.t_find_new_rows(load))}

        stages = []
        for group_id, stage in zip(("hubs", "links_and_satellites"), inserts(model), strict=True):
            with TaskGroup(group_id, prefix_group_id=False) as group:
                for insert in stage:
                    l_update(insert)
            stages.append(group)
        chain(e_from_pg_datawarehouse(), e_from_pg_datasource(), t_find_new_rows(), *stages, close())
    return made


def to_datamart(model: Model, dag_id: str) -> DAG:
    """The DAG that appends the missing loads to the marts of a model in ClickHouse."""
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
    @step(doc_md=ToDatamart.e_from_ch_datamart.__doc__)
    def e_from_ch_datamart() -> dict[str, Any]:
        held = mart_steps(model, mart).e_from_ch_datamart()
        return {
            "checksum": list(held.checksum),
            "whole": held.whole,
            "differences": list(held.differences),
        }

    @step(doc_md=ToDatamart.e_from_pg_datawarehouse.__doc__)
    def e_from_pg_datawarehouse() -> dict[str, Any]:
        return {"checksum": list(mart_steps(model, mart).e_from_pg_datawarehouse())}

    @step(doc_md=ToDatamart.t_find_new_rows.__doc__)
    def t_find_new_rows(target: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
        held = MartSummary(tuple(target["checksum"]), target["whole"], tuple(target["differences"]))
        return new_rows({mart.table: mart_steps(model, mart).t_find_new_rows(tuple(source["checksum"]), held)})

    @step(doc_md=ToDatamart.l_update_datamart.__doc__, pool=MART_POOL)
    def l_update_datamart() -> dict[str, Any]:
        return as_json(mart_steps(model, mart).l_update_datamart())

    target, source = e_from_ch_datamart(), e_from_pg_datawarehouse()
    chain(target, source, t_find_new_rows(target, source), l_update_datamart())


def _dag(model: Model, dag_id: str, when: Any, description: str, params: Any = _PARAMS) -> DAG:
    return DAG(
        dag_id,
        description=f"{description} ({model.name})",
        doc_md=markdown(model),
        schedule=when,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=2),
        params=params,
        default_args={
            "retries": 3,
            "retry_delay": timedelta(seconds=30),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=5),
            "retry_policy": RETRIES,
            "on_failure_callback": tell_of_failure,
        },
        on_failure_callback=tell_of_failure,
        tags=["skyeng", model.name],
    )
