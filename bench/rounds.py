"""The rows of the main table. Each round measures all of them, with a COPY between every two."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

from bench.baseline import Yardstick
from bench.child import Sample, standin
from bench.size import Size


@dataclass(frozen=True)
class Row:
    """One row of the table: its title, the phase that does it, and its target as a ratio to the COPY."""

    key: str
    title: str
    phase: str
    target: float
    #: Phases that prepare it, and are not timed.
    before: tuple[str, ...] = ()


ROWS = (
    Row("first", "first load", "to_datawarehouse", 4.0, ("empty_warehouse",)),
    Row("nothing", "nothing changed", "to_datawarehouse", 0.5),
    Row("change", "1% of lessons changed", "to_datawarehouse", 1.0, ("one_percent",)),
    Row("datamart", "first datamart load", "to_datamart", 3.0, ("empty_datamart",)),
    Row(
        "datamart-change",
        "datamart after 1% changed",
        "to_datamart",
        0.5,
        ("level_datamart", "one_percent", "to_datawarehouse"),
    ),
    Row("verify", "verify, all three sides", "verify", 3.0, ("level_datamart",)),
)


def measure(size: Size, chosen: set[str], repeats: int) -> None:
    """Measure every chosen row `repeats` times. Results are written after each round."""
    rows = [row for row in ROWS if row.key in chosen]
    if not rows:
        return
    copy = Yardstick(size.copy)
    samples: dict[str, list[Sample]] = {row.title: [] for row in rows}
    for _ in range(repeats):
        if rows[0].key != "first":
            size.phase("level_warehouse", size.rows)
        for row in rows:
            _prepare(size, row)
            sample = copy.around(lambda row=row: size.timed(row.title, row.phase))
            samples[row.title].append(sample)
        size.results.put("copy", {"seconds": copy.seconds, "all": copy.taken})
        for row in rows:
            size.results.put_phase(row.title, {"target": row.target, **summary(samples[row.title], size.rows)})
    size.results.put("bytes_on_disk", size.phase("sizes")["done"])


def _prepare(size: Size, row: Row) -> None:
    for phase in row.before:
        size.phase(phase, *([size.rows] if phase == "empty_warehouse" else []))


def summary(samples: list[Sample], rows: int) -> dict[str, Any]:
    """Medians. Values without a median are those of the sample with the median seconds."""
    seconds = [sample["seconds"] for sample in samples]
    middle = sorted(samples, key=lambda sample: sample["seconds"])[len(samples) // 2]
    median = statistics.median(seconds)
    return {
        "seconds": round(median, 3),
        "all": seconds,
        "spread": round((max(seconds) - min(seconds)) / median, 3),
        "ratio": round(statistics.median(sample["ratio"] for sample in samples), 3),
        "ratios": [sample["ratio"] for sample in samples],
        "yardsticks": [sample["yardstick"] for sample in samples],
        "microseconds_a_row": round(median / rows * 1e6, 3),
        "peak_mb": max(sample["peak_mb"] for sample in samples),
        **{name: middle[name] for name in ("cpu_ours", "cpu_postgres", "bytes_piped", "wal_bytes", "done")},
    }


def measure_apart(size: Size) -> None:
    """Measure the rows of the datamart again, with its engine in another process. The peak is then our own memory."""
    size.phase("level_warehouse", size.rows)
    size.drop_datamart()
    found: dict[str, Any] = {}
    with standin(size.home) as server:
        size.phase("migrate_datamart", datamart_url=server.url)
        for row in ROWS:
            if row.phase == "to_datawarehouse":
                continue
            if row.key == "datamart-change":
                size.phase("one_percent")
                size.phase("to_datawarehouse")
            sample = size.timed(f"{row.title}, engine apart", row.phase, datamart_url=server.url)
            found[row.title] = {name: sample[name] for name in ("seconds", "peak_mb", "cpu_ours")}
        found["engine_peak_mb"] = server.peak_mb
    size.results.put("engine_apart", found)
