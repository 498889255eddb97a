"""One size of the benchmark: its stores, its phases, and the file of its results."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench.baseline import copy_baseline
from bench.child import Sample, run_phase
from skyeng.db.stores import Stores
from skyeng.local.embedded_postgres import binaries
from skyeng.sql import SQL


class Results:
    """Results of one size. They are written after every addition, so that an aborted run does not lose them."""

    def __init__(self, path: Path, rows: int) -> None:
        """Continue with the results of an earlier run of this size."""
        self.path = path
        before = json.loads(path.read_text()) if path.exists() else {}
        self.found: dict[str, Any] = before if "phases" in before else {"rows": rows, "phases": {}}

    def put(self, name: str, value: Any) -> None:
        self.found[name] = value
        self._write(name)

    def put_phase(self, title: str, value: dict[str, Any]) -> None:
        self.found["phases"][title] = value
        self._write(title)

    def _write(self, name: str) -> None:
        """Write all results. Each has its time and commit, because parts may be measured on different days."""
        self.found.setdefault("measured_at", {})[name] = measured_at()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.found, indent=1) + "\n")


class Size:
    """State that all measurements of one size share."""

    def __init__(self, home: Path, rows: int, stores: Stores, results: Results) -> None:
        self.home = home
        self.rows = rows
        self.results = results
        self._stores = stores
        results.put("machine", machine(stores))

    def phase(self, name: str, *arguments: object, datamart_url: str | None = None) -> Sample:
        return run_phase(self.home, name, *arguments, datamart_url=datamart_url)

    def timed(self, title: str, phase: str, *arguments: object, datamart_url: str | None = None) -> Sample:
        """Run a phase, and print its time."""
        sample = self.phase(phase, *arguments, datamart_url=datamart_url)
        self.say(f"{title}: {sample['seconds']:.2f} s")
        return sample

    def copy(self) -> float:
        (seconds,) = copy_baseline(self._stores, binaries() / "psql", 1)
        self.say(f"one COPY: {seconds:.2f} s")
        return round(seconds, 3)

    def level(self) -> None:
        """Create a school if there is none, and bring warehouse and datamart up to date with it."""
        self.phase("level", self.rows)

    def drop_datamart(self) -> None:
        shutil.rmtree(self.home / "clickhouse", ignore_errors=True)

    def say(self, text: str) -> None:
        print(f"{self.rows:,}: {text}", file=sys.stderr, flush=True)


def measured_at() -> tuple[str, str]:
    """The time, and the last commit that changed the measured code."""

    def git(*arguments: str) -> str:
        program, folder = shutil.which("git"), Path(__file__).parents[1]
        if not program:
            return ""
        return subprocess.run((program, *arguments), cwd=folder, capture_output=True, text=True, check=False).stdout

    commit = git("log", "-1", "--format=%h", "--", "skyeng").strip() or "no commit"
    changed = git("status", "--porcelain", "--", "skyeng")
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", f"{commit} and changes" if changed else commit


def machine(stores: Stores) -> dict[str, Any]:
    """Facts on which the figures depend, apart from the code."""
    with stores.warehouse.session(snapshot=True) as session:
        postgres = session.scalar(SQL("SHOW server_version"))
    return {
        "system": platform.system(),
        "cpu": platform.machine(),
        "cpus": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        "postgresql": str(postgres).split()[0],
        "chdb": importlib.metadata.version("chdb"),
    }
