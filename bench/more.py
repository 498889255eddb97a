"""Measurements beside the main table: small changes, a rename, a series of loads, views, damage."""

from __future__ import annotations

import statistics
from typing import Any

from bench.baseline import Yardstick
from bench.child import Sample
from bench.damage import KINDS, PLACES
from bench.rounds import summary
from bench.size import Size


def _nothing(size: Size) -> Yardstick:
    """The yardstick of small changes: a run that finds nothing new."""
    return Yardstick(lambda: size.timed("nothing changed", "to_datawarehouse")["seconds"])


def thousand(size: Size, repeats: int) -> None:
    """Measure a run after a change of 1,000 lessons, spread over all of them."""
    size.phase("level_warehouse", size.rows)
    nothing = _nothing(size)

    def sample() -> Sample:
        size.phase("thousand")
        return size.timed("1,000 lessons changed", "to_datawarehouse")

    samples = [nothing.around(sample) for _ in range(repeats)]
    size.results.put("thousand", {"target": 1.5, **summary(samples, size.rows), "nothing": nothing.taken})


def rename(size: Size, repeats: int) -> None:
    """Measure runs after a rename of a course with 5,000 lessons: one row at the source, 5,000 in the datamart."""
    size.phase("level_warehouse", size.rows)
    size.phase("make_large_course")
    size.level()
    nothing = _nothing(size)
    lessons: list[int] = []
    marts: list[Sample] = []

    def sample() -> Sample:
        lessons.append(size.phase("rename_large_course")["done"])
        return size.timed("a course renamed", "to_datawarehouse")

    warehouse: list[Sample] = []
    for _ in range(repeats):
        warehouse.append(nothing.around(sample))
        marts.append(size.timed("a course renamed, datamart", "to_datamart"))
    around = [nothing.seconds] * 2
    rated = [{**each, "yardstick": around, "ratio": round(each["seconds"] / nothing.seconds, 3)} for each in marts]
    found = {
        "lessons": lessons[-1],
        "nothing": nothing.taken,
        "to_datawarehouse": summary(warehouse, size.rows),
        "to_datamart": summary(rated, size.rows),
    }
    size.results.put("rename", found)


def streak(size: Size, loads: int) -> None:
    """Measure a series of loads of 1%. The last should not be slower than the second."""
    size.level()
    copy = Yardstick(size.copy)
    taken: dict[str, list[Sample]] = {"to_datawarehouse": [], "to_datamart": []}
    for number in range(1, loads + 1):
        size.phase("one_percent")
        for phase, samples in taken.items():
            title = f"load {number} of {loads}, {phase}"
            samples.append(copy.around(lambda title=title, phase=phase: size.timed(title, phase)))
    found = [{phase: samples[load]["seconds"] for phase, samples in taken.items()} for load in range(loads)]
    size.results.put("streak", {"loads": found, **{phase: _trend(samples) for phase, samples in taken.items()}})


def _trend(samples: list[Sample]) -> dict[str, Any]:
    """Compare late loads with early ones. The second load is the reference, because the first may find cold caches.

    Single samples vary on a noisy machine, so medians of five are compared. If the machine becomes slower during the
    series, its COPYs become slower too, so ratios to the COPY are also compared.
    """
    seconds, ratios = ([sample[name] for sample in samples] for name in ("seconds", "ratio"))
    return {
        "seconds": round(statistics.median(seconds), 3),
        "ratio": round(statistics.median(ratios[1:] or ratios), 3),
        "ratios": ratios,
        "last_to_second": round(seconds[-1] / seconds[min(1, len(seconds) - 1)], 3),
        "last_five_to_early_five": _late_to_early(seconds),
        "in_copies": _late_to_early(ratios),
    }


def _late_to_early(figures: list[float]) -> float:
    return round(statistics.median(figures[-5:]) / statistics.median(figures[1:6] or figures), 3)


def queries(size: Size, name: str = "queries") -> None:
    """Measure the named queries and two scans, on the analysts' view and on a plain table."""
    size.level()
    sample = size.timed("views compared", "compare_views")
    found = {"target": 1.3, "target_as_of": 1.5, "peak_mb": sample["peak_mb"], **sample["done"]}
    size.results.put(name, found)


def queries_aged(size: Size) -> None:
    """Measure the same after the series of loads."""
    queries(size, "queries_aged")


def queries_many(size: Size) -> None:
    """Measure the same after 200 more loads of 0.1%, and the time of such a load in a datamart."""
    size.level()
    found = size.phase("many_loads", 200)["done"]
    size.say(f"datamart after 0.1%: {found['seconds']:.2f} s, median of {found['loads']}")
    queries(size, "queries_many")
    size.results.put("many_loads", found)


def damage(size: Size) -> None:
    """Do, detect and undo every kind of damage. At the end, all stores are in sync again."""
    size.level()
    size.phase("one_percent")  # some lessons are deleted; one of them returns as the extra row
    size.level()
    cases: list[dict[str, Any]] = []
    for place in PLACES:
        for kind in KINDS:
            found = size.timed(f"damage: {kind}, {place}", "do_damage", kind, place, size.rows)["done"]
            cases += found
            size.say(f"found: {sum(case['found'] for case in found)} of {len(found)}")
    size.timed("verify after mending", "verify")
    size.results.put("damage", {"found": sum(case["found"] for case in cases), "of": len(cases), "cases": cases})
