"""The benchmark: every figure as a ratio to one `psql | psql` COPY of the same rows, same run.

    ./run bench --rows 1000000
    ./run bench --rows 1000000 --as-of   # what reading the past costs, see bench/as_of.py

Writes `bench/results/ROWS.json` and prints a table. Nothing here is a test: machines differ,
ratios within one run are what counts.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import as_of
from skyeng import pipeline
from skyeng.embedded import binaries
from skyeng.model import load_model
from skyeng.pipeline import Stores
from skyeng.settings import Settings
from skyeng.source.feed import typed_rows

RESULTS = Path(__file__).parent / "results"

#: What is measured, the phase that does it, and the target of DESIGN as a ratio to the COPY.
ROWS = (
    ("first load", "to_datawarehouse", 4.0),
    ("nothing changed", "to_datawarehouse", 0.5),
    ("1% of lessons changed", "to_datawarehouse", 1.0),
    ("first datamart load", "to_datamart", 3.0),
    ("datamart after 1% changed", "to_datamart", 0.5),
    ("verify, all three sides", "verify", 3.0),
)


def phase(name: str, home: Path, rows: int) -> dict[str, Any]:
    """Run a phase in a process of its own; what it reports."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.phases", name, str(home), str(rows)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout)


def copy_baseline(stores: Stores, psql: Path, repeats: int) -> list[float]:
    """Seconds of `psql COPY (feed) TO STDOUT | psql COPY table FROM STDIN`, binary, unlogged target."""
    model = load_model("courses")
    query = typed_rows(model, model.feeds[0]).text
    columns = ", ".join(f"{column.name} {column.type.postgres}" for column in model.feed_columns(model.feeds[0]))
    source, target = ([str(psql), "-X", "-q", store.url] for store in (stores.source, stores.warehouse))
    taken: list[float] = []
    for _ in range(repeats):
        make = f"DROP TABLE IF EXISTS public.baseline; CREATE UNLOGGED TABLE public.baseline ({columns})"
        subprocess.run([*target, "-c", make], check=True, capture_output=True)
        begun = time.perf_counter()
        sender = subprocess.Popen(
            [*source, "-c", f"COPY ({query}\n) TO STDOUT (FORMAT binary)"], stdout=subprocess.PIPE
        )
        copy_in = [*target, "-c", "COPY public.baseline FROM STDIN (FORMAT binary)"]
        subprocess.run(copy_in, stdin=sender.stdout, check=True)
        assert sender.wait() == 0
        taken.append(time.perf_counter() - begun)
    subprocess.run([*target, "-c", "DROP TABLE public.baseline"], check=True)
    return taken


def measure(home: Path, rows: int, repeats: int) -> dict[str, Any]:
    """All figures of one size."""
    results: dict[str, Any] = {}
    with pipeline.opened(Settings(home=home)) as stores:  # keeps the server up between phases
        phase("prepare", home, rows)
        baseline = copy_baseline(stores, binaries() / "psql", repeats)
        results["first load"] = phase("to_datawarehouse", home, rows)
        nothing = [phase("to_datawarehouse", home, rows) for _ in range(repeats)]
        results["nothing changed"] = sorted(nothing, key=lambda it: it["seconds"])[repeats // 2]
        phase("change", home, rows)
        results["1% of lessons changed"] = phase("to_datawarehouse", home, rows)
        phase("migrate_datamart", home, rows)
        results["first datamart load"] = phase("to_datamart", home, rows)
        phase("change", home, rows)
        phase("to_datawarehouse", home, rows)
        results["datamart after 1% changed"] = phase("to_datamart", home, rows)
        results["verify, all three sides"] = phase("verify", home, rows)
    return {
        "rows": rows,
        "machine": {"python": platform.python_version(), "system": platform.system(), "cpu": platform.machine()},
        "copy_seconds": round(statistics.median(baseline), 3),
        "results": results,
    }


def show(measured: dict[str, Any]) -> None:
    copied = measured["copy_seconds"]
    table = Table(title=f"{measured['rows']:,} lessons; one COPY of them takes {copied:.2f} s")
    for column in ("what", "seconds", "ratio to COPY", "target", "peak MB"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, _, target in ROWS:
        done = measured["results"][what]
        ratio = done["seconds"] / copied
        table.add_row(what, f"{done['seconds']:.2f}", f"{ratio:.2f}", f"{target:.1f}", str(done["peak_mb"]))
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="./run bench", description="Measure every run as a ratio to one COPY of the same rows."
    )
    parser.add_argument("--rows", type=int, default=1_000_000, help="lessons in the generated school")
    parser.add_argument("--repeats", type=int, default=3, help="of the COPY and of 'nothing changed'")
    parser.add_argument("--as-of", action="store_true", help="measure reads of the past instead")
    parser.add_argument("--loads", type=int, default=50, help="with --as-of: loads after the first, about 1%% each")
    parser.add_argument("--home", type=Path, help="with --as-of: keep the history here, and measure it again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="skyeng-bench-") as folder:
        home = options.home or Path(folder)
        if options.as_of:
            measured = as_of.measure(home, options.rows, options.loads, options.repeats)
        else:
            measured = measure(Path(folder), options.rows, options.repeats)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{'as_of_' if options.as_of else ''}{options.rows}.json"
    path.write_text(json.dumps(measured, indent=1) + "\n")
    (as_of.show if options.as_of else show)(measured)
    print(f"written: {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}", file=sys.stderr)


if __name__ == "__main__":
    main()
