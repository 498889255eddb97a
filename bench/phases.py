"""One phase of the benchmark, in its own process, so that its peak memory is measured alone.

    python -m bench.phases PHASE HOME [ARGUMENT ...]

Prints one line of JSON: what was done, and its cost. The datamart is the engine embedded in this process, or the server
that CH_DATAMART_URL names.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from bench import damage, school, views
from bench.gauges import measured
from skyeng import proof, runs
from skyeng.config import Settings
from skyeng.db.stores import Stores
from skyeng.local.stores import opened
from skyeng.marts import migrations as mart_migrations
from skyeng.model import load_model
from skyeng.sources import sample_data
from skyeng.sql import SQL
from skyeng.vault import migrations as warehouse_migrations

MODEL = load_model("courses")


@dataclass(frozen=True)
class Scene:
    """The home and the stores of a phase."""

    home: Path
    stores: Stores


def level_warehouse(scene: Scene, rows: str) -> None:
    """Create a school if there is none, and bring the warehouse up to date with it."""
    if not sample_data.has_tables(scene.stores.source):
        sample_data.generate(scene.stores.source, MODEL, int(rows))
    warehouse_migrations.migrate(scene.stores.warehouse, MODEL)
    runs.run(MODEL, scene.stores, only="to_datawarehouse")


def level_datamart(scene: Scene) -> None:
    """Bring the datamart up to date with the warehouse, whatever its state."""
    mart_migrations.migrate(scene.stores.datamart, MODEL)
    runs.run(MODEL, scene.stores, only="to_datamart")


def level(scene: Scene, rows: str) -> None:
    """Create a school if there is none, and bring warehouse and datamart up to date with it."""
    level_warehouse(scene, rows)
    level_datamart(scene)


def empty_warehouse(scene: Scene, rows: str) -> None:
    """Create a school if there is none, and an empty warehouse. Remove the datamart, which would be ahead of it."""
    if not sample_data.has_tables(scene.stores.source):
        sample_data.generate(scene.stores.source, MODEL, int(rows))
    shutil.rmtree(scene.home / "clickhouse", ignore_errors=True)
    name = urlsplit(scene.stores.warehouse.url).path.strip("/")
    with closing(psycopg2.connect(scene.stores.source.url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}"')
    warehouse_migrations.migrate(scene.stores.warehouse, MODEL)


def empty_datamart(scene: Scene) -> None:
    """Create an embedded datamart with empty tables."""
    shutil.rmtree(scene.home / "clickhouse", ignore_errors=True)
    mart_migrations.migrate(scene.stores.datamart, MODEL)


def migrate_datamart(scene: Scene) -> None:
    mart_migrations.migrate(scene.stores.datamart, MODEL)


def one_percent(scene: Scene) -> Any:
    return school.one_percent(scene.stores.source, MODEL)


def thousand(scene: Scene) -> int:
    return school.thousand(scene.stores.source)


def make_large_course(scene: Scene) -> None:
    school.make_large_course(scene.stores.source)


def rename_large_course(scene: Scene) -> int:
    return school.rename_large_course(scene.stores.source)


def to_datawarehouse(scene: Scene) -> Any:
    done = runs.run(MODEL, scene.stores, only="to_datawarehouse")
    changes = {feed: vars(it) for feed, it in done.changes.items()}
    rows = sum(count for table, count in done.counts.items() if table.startswith("stage."))
    return {"rows": rows, "changes": changes, "counts": done.counts, "steps": done.seconds}


def to_datamart(scene: Scene) -> Any:
    done = runs.run(MODEL, scene.stores, only="to_datamart")
    return {"rows": sum(done.marts.values()), "steps": done.seconds}


def many_loads(scene: Scene, loads: str) -> Any:
    """Run loads of 0.1%, each followed at once by a run of the datamart."""
    seconds: list[float] = []
    for number in range(int(loads)):
        sample_data.change(scene.stores.source, MODEL, 0.001, seed=number)
        runs.run(MODEL, scene.stores, only="to_datawarehouse")
        begun = time.perf_counter()
        runs.run(MODEL, scene.stores, only="to_datamart")
        seconds.append(time.perf_counter() - begun)
    tenth = max(1, len(seconds) // 10)
    return {
        "loads": len(seconds),
        "seconds": round(statistics.median(seconds), 3),
        "first": round(statistics.median(seconds[:tenth]), 3),
        "last": round(statistics.median(seconds[-tenth:]), 3),
    }


def verify(scene: Scene) -> Any:
    results = proof.verify(MODEL, scene.stores)
    assert all(result.equal for result in results), results
    return {"rows": sum(result.rows for result in results), "sides": {it.target: it.rows for it in results}}


def sizes(scene: Scene) -> dict[str, int]:
    """Bytes of each store on disk."""
    found: dict[str, int] = {}
    for store in (scene.stores.source, scene.stores.warehouse):
        with store.session() as session:
            found[store.name] = session.scalar(SQL("SELECT pg_database_size(current_database())"))
    files = (scene.home / "clickhouse").rglob("*")
    found["ch_datamart"] = sum(path.stat().st_size for path in files if path.is_file())
    return found


def compare_views(scene: Scene) -> Any:
    return views.compare(MODEL, scene.stores.datamart)


def do_damage(scene: Scene, kind: str, where: str, rows: str) -> Any:
    return damage.try_out(MODEL, scene.stores, kind, where, int(rows))


_ALL: tuple[Callable[..., Any], ...] = (
    *(level_warehouse, level_datamart, level, empty_warehouse, empty_datamart, migrate_datamart),
    *(one_percent, thousand, make_large_course, rename_large_course),
    *(to_datawarehouse, to_datamart, many_loads, verify, sizes, compare_views, do_damage),
)
PHASES = {phase.__name__: phase for phase in _ALL}


def main() -> None:
    phase, home, arguments = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    with opened(Settings(home=home, datamart_url=os.environ.get("CH_DATAMART_URL"))) as stores:
        scene = Scene(home, stores)
        print(json.dumps(measured(home, stores, lambda: PHASES[phase](scene, *arguments))))


if __name__ == "__main__":
    main()
