"""The system in the pictures: `skyeng up` in its own home, with a few runs for the grid."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from skyeng.errors import ProcessFailed, UsageError
from skyeng.local import instance
from skyeng.local.up.airflow_api import AirflowApi

WAREHOUSE, MART = "to_datawarehouse", "to_datamart"

#: Once a year, so that normally only the runs that we trigger exist.
_SCHEDULE = "30 3 1 1 *"
_READY, _RUN, _END = 300.0, 300.0, 90.0


@dataclass(frozen=True)
class System:
    """An instance of `skyeng up` that is ready, and methods to control it."""

    home: Path
    api: AirflowApi

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The last runs of a DAG, oldest first."""
        found = self.api.ask("GET", f"/dags/{dag_id}/dagRuns", order_by="-run_after", limit=20)["dag_runs"]
        return found[::-1]

    def run(self) -> None:
        """Trigger `to_datawarehouse`, and wait until it and the runs that it triggers have ended."""
        self.api.ask("POST", f"/dags/{WAREHOUSE}/dagRuns", {"logical_date": None})
        self.settled()

    def settled(self) -> None:
        """Wait until no run is active. Raises `ProcessFailed` if one failed or does not end in time."""
        _wait(lambda: bool(self.runs(WAREHOUSE)) and not self._under_way(), "the runs", _RUN)
        for dag_id in (WAREHOUSE, MART):
            for run in self.runs(dag_id):
                if run["state"] == "failed":
                    raise ProcessFailed(f"{dag_id} failed: {run['dag_run_id']}", remedy="see the tasks' logs")

    def _under_way(self) -> bool:
        """Whether a run is queued or running, or an asset event has not yet created a run."""
        runs = [run for dag_id in (WAREHOUSE, MART) for run in self.runs(dag_id)]
        if any(run["state"] not in {"success", "failed"} for run in runs):
            return True
        events = self.api.ask("GET", "/assets/events", order_by="-timestamp", limit=20)["asset_events"]
        return any(not event["created_dagruns"] for event in events)

    def change(self, seed: int) -> None:
        """Change a tenth of the school."""
        command = [sys.executable, "-m", "skyeng", "generate", "--change", "10%", "--seed", str(seed)]
        subprocess.run(command, env=_environment(self.home), check=True, stdout=subprocess.DEVNULL)  # noqa: S603

    def skipped(self, run: Mapping[str, Any]) -> bool:
        """Whether a run of `to_datawarehouse` found nothing new."""
        path = f"/dags/{WAREHOUSE}/dagRuns/{quote(run['dag_run_id'], safe='')}/taskInstances/close"
        return self.api.ask("GET", path)["state"] == "skipped"


@dataclass(frozen=True)
class Shown:
    """The runs that the pictures show."""

    loaded: str
    skipped: str
    #: A run of `to_datamart` that the asset triggered.
    triggered: str


def history(system: System) -> Shown:
    """The last run of each kind. If one is missing, runs are triggered: with changes, and without."""
    system.settled()
    shown = _shown(system)
    if shown is None:
        system.run()
        for seed in (1, 2):
            system.change(seed)
            system.run()
            system.run()
        system.change(3)
        system.run()
        shown = _shown(system)
    if shown is None:
        raise ProcessFailed("the runs did not go as planned", expected="some with changes and some without")
    return shown


def _shown(system: System) -> Shown | None:
    skipped, loaded = [], []
    for run in system.runs(WAREHOUSE):
        (skipped if system.skipped(run) else loaded).append(run["dag_run_id"])
    triggered = [run["dag_run_id"] for run in system.runs(MART) if run["run_type"] == "asset_triggered"]
    return Shown(loaded[-1], skipped[-1], triggered[-1]) if loaded and skipped and triggered else None


@contextmanager
def system(home: Path | None) -> Iterator[System]:
    """The instance of `skyeng up` in a home. Without a home, a temporary one that ends with the block."""
    if home is not None:
        if not instance.is_up(home):
            raise UsageError(f"no skyeng up runs in {home}", remedy=f"SKYENG_HOME={home} ./run up")
        yield _known(home)
        return
    with tempfile.TemporaryDirectory(prefix="skyeng-pictures-") as folder, _started(Path(folder) / "home") as found:
        yield found


@contextmanager
def _started(home: Path) -> Iterator[System]:
    ports = (f"--{server}-port=0" for server in ("airflow", "postgres", "clickhouse", "metrics"))
    command = [sys.executable, "-m", "skyeng", "up", *ports]
    # Its output contains passwords, which must not appear in our own output.
    with subprocess.Popen(command, env=_environment(home), stdout=subprocess.DEVNULL) as program:  # noqa: S603
        try:
            _wait(lambda: _is_ready(program, home), "skyeng up", _READY)
            yield _known(home)
        finally:
            _end(program)


def _is_ready(program: subprocess.Popen[bytes], home: Path) -> bool:
    if program.poll() is not None:
        raise ProcessFailed(f"skyeng up ended with status {program.returncode}", remedy="see above")
    return "airflow" in instance.state(home)


def _known(home: Path) -> System:
    secrets = json.loads((instance.folder(home) / "passwords.json").read_text())
    return System(home, AirflowApi(instance.state(home)["airflow"], secrets["admin"]))


def _end(program: subprocess.Popen[bytes]) -> None:
    """End `skyeng up`, which ends its programs. Raises `ProcessFailed` if one of them is left."""
    family = psutil.Process(program.pid).children(recursive=True) if program.poll() is None else []
    program.terminate()
    try:
        program.wait(_END)
    finally:
        _, left = psutil.wait_procs(family, timeout=5)
        for process in left:
            process.kill()
    if left:
        raise ProcessFailed(f"skyeng up left {len(left)} processes behind; they were killed")


def _environment(home: Path) -> dict[str, str]:
    unwanted = {"PG_DATASOURCE_URL", "PG_DATAWAREHOUSE_URL", "CH_DATAMART_URL", "SKYENG_MODELS"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "SKYENG_HOME": str(home), "SKYENG_SCHEDULE": _SCHEDULE}


def _wait(ready: Callable[[], bool], what: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise ProcessFailed(f"{what} not ready after {seconds:.0f} s", remedy="see the logs in its home")
        time.sleep(0.5)
