"""One phase of the benchmark, in a process of its own so that its peak memory is its own.

    python -m bench.phases PHASE HOME ROWS

Prints one line of JSON: seconds, peak resident memory, and what was done.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from skyeng import pipeline
from skyeng.datamart import migrations as mart_migrations
from skyeng.model import load_model
from skyeng.pipeline import Stores
from skyeng.settings import Settings
from skyeng.source import data
from skyeng.warehouse import migrations as warehouse_migrations

MODEL = load_model("courses")


def prepare(stores: Stores, rows: int) -> Any:
    warehouse_migrations.migrate(stores.warehouse, MODEL)
    return data.generate(stores.source, MODEL, rows)


def change(stores: Stores, _rows: int) -> Any:
    """One percent of the lessons; the seed depends on the moment, so that each call picks others."""
    return data.change(stores.source, MODEL, 0.01, seed=time.time_ns() % 1_000_000)


def to_datawarehouse(stores: Stores, _rows: int) -> Any:
    done = pipeline.run(MODEL, stores, only="to_datawarehouse")
    return {"changes": {feed: vars(it) for feed, it in done.changes.items()}, "steps": done.seconds}


def migrate_datamart(stores: Stores, _rows: int) -> Any:
    mart_migrations.migrate(stores.datamart, MODEL)


def to_datamart(stores: Stores, _rows: int) -> Any:
    done = pipeline.run(MODEL, stores, only="to_datamart")
    return {"row_versions": done.marts, "steps": done.seconds}


def verify(stores: Stores, _rows: int) -> Any:
    results = pipeline.verify(MODEL, stores)
    assert all(result.equal for result in results), results
    return {result.follower: result.rows for result in results}


PHASES: dict[str, Callable[[Stores, int], Any]] = {
    phase.__name__: phase for phase in (prepare, change, to_datawarehouse, migrate_datamart, to_datamart, verify)
}


def main() -> None:
    phase, home, rows = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    with pipeline.opened(Settings(home=home)) as stores:
        begun = time.perf_counter()
        done = PHASES[phase](stores, rows)
        seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"seconds": round(seconds, 3), "peak_mb": peak, "done": done}))


if __name__ == "__main__":
    main()
