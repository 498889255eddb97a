"""A real Airflow with a metadata database of its own, in the process of the tests.

Importing Airflow takes seconds and reads the environment once: only tests that ask for the fixture pay for it, and
all of them share it. Import it nowhere but in `conftest`: each module that does makes a fixture of its own.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from skyeng.airflow.connections import connection

if TYPE_CHECKING:
    from conftest import World

DAGS = Path(__file__).parents[1] / "dags"


@dataclass(frozen=True)
class Run:
    """What a DAG run did: its state, and each task's state and XComs."""

    state: str
    tasks: dict[str, str]
    xcoms: dict[str, Any]

    def tasks_in(self, state: str) -> set[str]:
        return {task for task, found in self.tasks.items() if found == state}


class Airflow:
    """Airflow with the project's DAGs, connected to the stores of a test."""

    def bag(self, folder: Path = DAGS) -> Any:
        from airflow.dag_processing.dagbag import DagBag

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return DagBag(str(folder))

    def run(self, dag_id: str, **conf: Any) -> Run:
        """Run a DAG to its end, task by task, as `airflow dags test` does."""
        from airflow.models.xcom import XComModel
        from airflow.utils.session import create_session

        bag = self.bag()
        assert not bag.import_errors
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Airflow's own, of its in-process server
            done = bag.dags[dag_id].test(run_conf=conf)
        with create_session() as session:
            xcoms = {
                x.task_id: x.value
                for x in session.query(XComModel).filter_by(dag_id=dag_id, run_id=done.run_id, key="return_value")
            }
            tasks = {it.task_id: str(it.state) for it in done.get_task_instances(session=session)}
        return Run(str(done.state), tasks, xcoms)


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("airflow")
    settings = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of the tests, long enough for the signature of every token " * 2,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from airflow.utils.db import initdb

            initdb()
        yield Airflow()


@contextmanager
def connected(world: World) -> Iterator[None]:
    """Airflow's three connections lead to a test's stores."""
    stores = world.stores
    with pytest.MonkeyPatch.context() as patch:
        for name, url in (
            ("pg_datasource", stores.source.url),
            ("pg_datawarehouse", stores.warehouse.url),
            ("ch_datamart", stores.datamart.url),
        ):
            patch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection(url)))
        yield
