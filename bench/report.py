"""Renders the results of all sizes as one page of Markdown."""

from __future__ import annotations

import json
import statistics
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bench.rounds import ROWS

Found = dict[str, Any]

#: Runs whose cost per row should stay within 20% from this size on. Below it, the fixed cost of a run is visible.
_FLAT, _FLAT_FROM = ("first load", "nothing changed"), 100_000

_HEAD = """# Benchmark

Written by `./run bench`; `./run bench report` writes it again from the results beside it.
[docs/benchmark.md](../../docs/benchmark.md) says what is measured how. A COPY is one `psql | psql`
COPY of the same rows, measured before and after each sample; *apart* is our process where the
ClickHouse engine works in another one.

![Cost a row and peak memory, by size](scaling.png)
"""


def read(folder: Path) -> list[Found]:
    """Results of every size, smallest first."""
    found = [json.loads(path.read_text()) for path in folder.glob("[0-9]*.json")]
    return sorted((it for it in found if "phases" in it), key=lambda it: it["rows"])


def read_as_of(folder: Path) -> list[Found]:
    """Results of as-of reads, smallest size first."""
    return sorted((json.loads(path.read_text()) for path in folder.glob("as_of_*.json")), key=lambda it: it["rows"])


def render(sizes: list[Found], pasts: list[Found]) -> str:
    parts = [_HEAD, _flatness(sizes)]
    parts += [part for found in sizes for part in _size(found)]
    parts += [_past(found) for found in pasts]
    return "\n".join(part for part in parts if part)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table with figures aligned to the right; empty if there are no rows."""
    titles, cells = list(head), [list(row) for row in rows]
    if not cells:
        return ""
    figures = (all(not cell or cell[0].isdigit() for cell in column) for column in zip(*cells, strict=True))
    ruler = "|".join("---:" if it else "---" for it in figures)
    return "\n".join([f"| {' | '.join(titles)} |", f"|{ruler}|", *(f"| {' | '.join(row)} |" for row in cells), ""])


def _flatness(sizes: list[Found]) -> str:
    """Microseconds per row by size, and the ratio of the highest to the lowest cost of the large sizes."""
    rows: list[list[str]] = []
    for row in ROWS:
        cost = {it["rows"]: it["phases"].get(row.title, {}).get("microseconds_a_row") for it in sizes}
        large = [it for size, it in cost.items() if it is not None and size >= _FLAT_FROM]
        apart = f"{max(large) / min(large):.2f}" if len(large) > 1 else ""
        if any(it is not None for it in cost.values()):
            figures = (f"{it:.2f}" if it is not None else "" for it in cost.values())
            rows.append([row.title, *figures, apart, "1.20" if row.title in _FLAT else ""])
    head = ("microseconds a row", *(f"{it['rows']:,}" for it in sizes), f"apart, from {_FLAT_FROM:,} on", "target")
    return "## Scaling\n\n" + _table(head, rows) if rows else ""


def _size(found: Found) -> list[str]:
    machine = found["machine"]
    title = (
        f"## {found['rows']:,} lessons\n\nMeasured {_when(found)}: {machine['cpus']} CPUs ({machine['cpu']}),"
        f" {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']},"
        f" PostgreSQL {machine['postgresql']}, chDB {machine['chdb']}.\n"
    )
    return [
        title,
        _phases(found),
        _costs(found),
        _steps(found),
        _small_changes(found),
        _streak(found),
        _queries(found),
        _damage(found),
    ]


def _when(found: Found) -> str:
    """The time and commit of the measurements. Those of another commit than most are named."""
    taken: dict[str, list[str]] = found["measured_at"]
    times = [at for at, _ in taken.values()]
    commits = Counter(commit for _, commit in taken.values())
    usual = commits.most_common(1)[0][0]
    others = ", ".join(f"'{name}' {at} at {commit}" for name, (at, commit) in taken.items() if commit != usual)
    return f"{min(times)} to {max(times)} at {usual}" + (f" (but {others})" if others else "")


def _phases(found: Found) -> str:
    rows: list[list[str]] = []
    for row in ROWS:
        if it := found["phases"].get(row.title):
            apart = found.get("engine_apart", {}).get(row.title, {}).get("peak_mb", "")
            copies = [seconds for around in it["yardsticks"] for seconds in around]
            taken = str(len(it["all"])), f"{it['spread']:.0%}" if len(it["all"]) > 1 else ""
            figures = f"{statistics.median(copies):.2f}", f"{it['ratio']:.2f}", f"{row.target:.1f}"
            rows.append([row.title, f"{it['seconds']:.2f}", *taken, *figures, str(it["peak_mb"]), str(apart)])
    head = ("run", "seconds", "samples", "spread", "a COPY, s", "COPYs", "target", "peak MB", "apart, MB")
    return _table(head, rows)


def _costs(found: Found) -> str:
    """CPU time, and the amount of data that is moved."""
    rows = [
        [
            row.title,
            *(f"{it[name]:.2f}" for name in ("cpu_ours", "cpu_postgres")),
            f"{it['done']['rows']:,}",
            *(f"{it[name] / 1e6:,.1f}" for name in ("bytes_piped", "wal_bytes")),
        ]
        for row in ROWS
        if (it := found["phases"].get(row.title))
    ]
    disk = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in found.get("bytes_on_disk", {}).items())
    head = ("run", "CPU s, ours", "CPU s, PostgreSQL", "rows moved", "MB piped", "MB of WAL")
    return _table(head, rows) + (f"\nOn disk after the rounds: {disk}.\n" if disk else "")


def _steps(found: Found) -> str:
    """Seconds by step. Steps that load different tables run concurrently, so together they take less than the sum."""
    taken = {
        row.title: it["done"]["steps"]
        for row in ROWS
        if (it := found["phases"].get(row.title)) and row.phase == "to_datawarehouse"
    }
    names = list(dict.fromkeys(name for steps in taken.values() for name in steps))
    rows = [[f"`{name}`", *(f"{it[name]:.2f}" if name in it else "" for it in taken.values())] for name in names]
    return _table(("seconds of each step", *taken), rows)


def _small_changes(found: Found) -> str:
    rows: list[list[str]] = []

    def add(title: str, it: dict[str, Any], target: str = "") -> None:
        rows.append([title, f"{it['seconds']:.2f}", f"{it['ratio']:.2f}", target])

    if it := found.get("thousand"):
        add("1,000 lessons changed", it, f"{it['target']:.1f}")
    if it := found.get("rename"):
        for name in ("to_datawarehouse", "to_datamart"):
            add(f"course of {it['lessons']:,} lessons renamed, `{name}`", it[name])
    return _table(("run", "seconds", "to 'nothing changed'", "target"), rows)


def _streak(found: Found) -> str:
    it = found.get("streak")
    if not it:
        return ""
    rows = [
        [
            f"`{name}`",
            *(
                f"{it[name][key]:.2f}"
                for key in ("seconds", "ratio", "last_to_second", "last_five_to_early_five", "in_copies")
            ),
        ]
        for name in ("to_datawarehouse", "to_datamart")
    ]
    title = f"{len(it['loads'])} loads of 1% in a row"
    late = "last five to loads 2 to 6"
    head = (title, "median seconds", "COPYs, median", "last to second", late, f"{late}, in COPYs")
    return _table(head, rows)


def _queries(found: Found) -> str:
    tables: list[str] = []
    for name in ("queries", "queries_aged", "queries_many"):
        if it := found.get(name):
            rows = [
                [
                    query,
                    f"{each['plain']:.3f}",
                    f"{each['view']:.3f}",
                    f"{each['ratio']:.2f}",
                    f"{each['as_of']:.3f}" if "as_of" in each else "",
                    f"{each['as_of_ratio']:.2f}" if "as_of" in each else "",
                ]
                for query, each in it["queries"].items()
            ]
            title = f"{it['rows']:,} rows after {it['loads']} loads (parts: {it['parts']}{_disk(it)})"
            tables.append(_table((title, "plain table, s", "view, s", "ratio", "as of, s", "ratio"), rows))
    return "\n".join(tables)


def _disk(it: Found) -> str:
    """The size of a mart on disk, including its past row versions."""
    if "bytes" not in it:
        return ""
    ours, plain = (f"{it[name] / 2**20:,.0f} MB" for name in ("bytes", "bytes_plain"))
    return f"; {ours} with {it['row_versions']:,} row versions, plain {plain}"


def _damage(found: Found) -> str:
    it = found.get("damage")
    if not it:
        return ""
    rows = [
        [case["kind"], case["place"], case["comparison"], "yes" if case["found"] else "**no**"] for case in it["cases"]
    ]
    return _table(("damage", "where", "comparison", "found by name, alone"), rows)


def _past(found: Found) -> str:
    rows = [
        [side, what, f"{it['rows']:,}", f"{it['seconds']:.2f}", f"{it['ratio']:.2f}"]
        for side in ("warehouse", "datamart")
        for what, it in found[side].items()
    ]
    title = f"## The past: {found['rows']:,} lessons, {found['loads']} loads, everything read back\n\n"
    at, commit = found["measured_at"]
    title += f"Measured {at} at {commit}.\n\n"
    return title + _table(("side", "as of", "rows", "seconds", "to current"), rows)
