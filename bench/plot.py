"""The scaling plot: cost per row and peak memory by size, with one line per run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from bench.rounds import ROWS

#: Each line has its own colour and marker, so that lines can be distinguished without colour.
_COLOURS = ("#0072b2", "#56b4e9", "#009e73", "#d55e00", "#e69f00", "#cc79a7")
_MARKERS = ("o", "s", "^", "D", "v", "P")

#: Target for the memory of our own process in MB, at any size.
_MOST_MB = 150

Found = dict[str, Any]


def draw(sizes: list[Found], path: Path) -> None:
    """Write the plot. If a run was not measured at a size, its line has no point there."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 4.6), layout="constrained")
        cost, memory = figure.subplots(1, 2)
        for row, colour, marker in zip(ROWS, _COLOURS, _MARKERS, strict=True):
            style = {"color": colour, "marker": marker, "label": row.title}
            _line(cost, [(it["rows"], _figure(it, row.title, "microseconds_a_row")) for it in sizes], style)
            _line(memory, [(it["rows"], _own_peak(it, row.title)) for it in sizes], style)
        _dress(cost, sizes, "microseconds a row")
        cost.set_yscale("log")
        cost.margins(y=0.2)
        cost.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        cost.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        cost.yaxis.set_minor_locator(NullLocator())
        _dress(memory, sizes, "peak MB of our process, ClickHouse's engine apart")
        memory.axhline(_MOST_MB, color="#666666", linestyle="--", linewidth=1)
        at = {"xycoords": ("axes fraction", "data"), "va": "bottom", "fontsize": 9}
        memory.annotate(f"target: under {_MOST_MB}", (0.01, _MOST_MB), **at)
        memory.set_ylim(0, max(memory.get_ylim()[1], _MOST_MB) * 1.1)
        handles, labels = cost.get_legend_handles_labels()
        if handles:
            figure.legend(handles, labels, loc="outside lower center", ncols=6, frameon=False, fontsize=9)
        figure.savefig(path, dpi=120, metadata={"Software": None})


def _figure(found: Found, title: str, name: str) -> float | None:
    return found["phases"].get(title, {}).get(name)


def _own_peak(found: Found, title: str) -> float | None:
    """Peak MB of our own process. For runs that need the engine, only measured with the engine in another process."""
    needs_engine = next(row for row in ROWS if row.title == title).phase != "to_datawarehouse"
    if needs_engine:
        return found.get("engine_apart", {}).get(title, {}).get("peak_mb")
    return _figure(found, title, "peak_mb")


def _line(axes: Axes, points: list[tuple[int, float | None]], style: dict[str, Any]) -> None:
    known = [(rows, value) for rows, value in points if value is not None]
    if known:
        axes.plot(*zip(*known, strict=True), linewidth=1.6, markersize=5, **style)


def _dress(axes: Axes, sizes: list[Found], label: str) -> None:
    measured = [it["rows"] for it in sizes]
    axes.set_xscale("log")
    axes.set_xticks(measured, [f"{rows:,}" for rows in measured])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(min(measured) / 2, max(measured) * 2)
    axes.set_xlabel("lessons")
    axes.set_title(label, loc="left", fontsize=10)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
