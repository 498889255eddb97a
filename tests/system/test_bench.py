"""The benchmark measures what it says, and shows it. What it measures is no business of a test."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import plot, report, show
from bench.__main__ import read_options
from bench.baseline import Yardstick
from bench.gauges import peak_mb
from bench.rounds import ROWS
from bench.size import Results
from samples import LONG

ROOT = Path(__file__).parents[2]
TITLES = {row.title for row in ROWS}


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_one_figure_of_a_tiny_school(tmp_path: Path) -> None:
    done = bench("--rows", "500", "--repeats", "1", "--only", "first", "--results", str(tmp_path))
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "500.json").read_text())
    assert set(found["phases"]) == {"first load"}
    assert found["phases"]["first load"]["done"]["rows"] == 500
    assert found["phases"]["first load"]["ratio"] > 0
    assert "first load" in (tmp_path / "README.md").read_text()


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="the test above has one figure; SKYENG_LONG=1 takes all")
def test_every_figure_of_a_tiny_school(tmp_path: Path) -> None:
    """But for what takes long and is made of the same parts."""
    chosen = "first,nothing,change,datamart,datamart-change,verify,thousand"
    done = bench("--rows", "2000", "--repeats", "1", "--only", chosen, "--results", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    found = json.loads((tmp_path / "2000.json").read_text())
    assert set(found["phases"]) == TITLES
    assert len(found["copy"]["all"]) == len(ROWS) + 1
    for title, phase in found["phases"].items():
        assert {"seconds", "all", "ratio", "spread", "microseconds_a_row", "wal_bytes", "done"} <= set(phase), title
        assert phase["cpu_ours"] + phase["cpu_postgres"] > 0, title
        assert phase["peak_mb"] > 20, title
    moved = {title: (phase["done"]["rows"], phase["bytes_piped"] > 0) for title, phase in found["phases"].items()}
    assert moved["first load"] == (2000, True)
    assert moved["nothing changed"][0] == 0
    assert moved["first datamart load"][1]
    assert set(found["bytes_on_disk"]) == {"pg_datasource", "pg_datawarehouse", "ch_datamart"}
    assert found["thousand"]["done"]["changes"]["courses"]["changed"] == 1000
    assert (tmp_path / "scaling.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "README.md").read_text()
    assert all(title in page for title in TITLES)
    (tmp_path / "README.md").unlink()
    assert bench("report", "--results", str(tmp_path)).returncode == 0
    assert (tmp_path / "README.md").read_text() == page


@pytest.mark.parametrize("arguments", [("--only", "speed"), ("--repeats", "0"), ("--rows", "many")])
def test_what_cannot_be_measured_is_refused_at_once(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as refused:
        read_options(arguments)
    assert refused.value.code == 2


def phase(title: str) -> dict[str, Any]:
    """What was measured of one run, made up."""
    apart: dict[str, Any] = {"seconds": 2.0, "spread": 0.1, "ratio": 1.5, "peak_mb": 70, "microseconds_a_row": 20.0}
    apart |= {"all": [2.0], "yardsticks": [[1.0, 1.6]]}
    return {
        **apart,
        "title": title,
        "cpu_ours": 0.1,
        "cpu_postgres": 1,
        "bytes_piped": 0,
        "wal_bytes": 0,
        "done": {"rows": 0},
    }


def test_a_part_of_the_figures_is_shown_too(tmp_path: Path) -> None:
    """As they come: two sizes, one without any run, and results in the form of an older benchmark."""
    machine = dict.fromkeys(("cpus", "cpu", "memory_gb", "system", "python", "postgresql", "chdb"), "?")
    for rows, phases in ((100, {"verify, all three sides": phase("verify")}), (1000, {})):
        results = Results(tmp_path / f"{rows}.json", rows)
        results.found["phases"] = phases
        results.put("machine", machine)
        results.put("copy", {"seconds": 1.0, "all": [1.0, 1.2]})
        show.show(results.found)
    (tmp_path / "5.json").write_text('{"rows": 5, "results": {}}')
    found = report.read(tmp_path)
    assert [it["rows"] for it in found] == [100, 1000]
    page = report.render(found, [])
    assert "| verify, all three sides | 20.00 |  |  |  |" in page
    plot.draw(found, tmp_path / "scaling.png")


def test_results_of_an_earlier_run_are_kept(tmp_path: Path) -> None:
    Results(tmp_path / "9.json", 9).put_phase("first load", {"seconds": 1})
    Results(tmp_path / "9.json", 9).put("streak", {"loads": []})
    found = Results(tmp_path / "9.json", 9).found
    assert found["phases"] == {"first load": {"seconds": 1}}
    assert found["streak"] == {"loads": []}


def test_a_sample_is_compared_with_the_yardstick_around_it() -> None:
    taken = iter((9.0, 1.0, 3.0, 5.0))
    yardstick = Yardstick(lambda: next(taken))
    assert [yardstick.around(lambda: {"seconds": 8.0})["ratio"] for _ in range(2)] == [4.0, 2.0]
    assert yardstick.seconds == 3.0, "what found cold caches does not count"


def test_the_peak_is_of_one_process_alone() -> None:
    """A small process that a large one started has a small peak."""
    ballast = bytearray(200_000_000)
    code = "from bench.gauges import peak_mb; print(peak_mb())"
    small = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(small.stdout) < len(ballast) // 2**20 < peak_mb()
