"""Prints the results of one size on a terminal of 80 columns."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from bench.rounds import ROWS


def show(found: dict[str, Any], console: Console | None = None) -> None:
    """Print the table, and a line for each other measurement."""
    console = console or Console()
    if found["phases"]:
        console.print(_table(found))
    for line in lines(found):
        console.print(line, highlight=False)


def _table(found: dict[str, Any]) -> Table:
    copied = found["copy"]["seconds"]
    table = Table(title=f"{found['rows']:,} lessons; one COPY of them takes {copied:.2f} s")
    for column in ("what", "seconds", "COPYs", "target", "peak MB", "apart"):
        table.add_column(column, justify="left" if column == "what" else "right", no_wrap=True)
    for row in ROWS:
        if done := found["phases"].get(row.title):
            apart = found.get("engine_apart", {}).get(row.title, {}).get("peak_mb", "")
            figures = f"{done['seconds']:.2f}", f"{done['ratio']:.2f}", f"{row.target:.1f}", str(done["peak_mb"])
            table.add_row(row.title, *figures, str(apart))
    return table


def lines(found: dict[str, Any]) -> list[str]:
    """The measurements that are not in the table, each in a line of at most 80 characters."""
    said: list[str] = []
    if it := found.get("thousand"):
        said.append(
            f"1,000 lessons changed: {it['seconds']:.2f} s, {it['ratio']:.2f} of 'nothing changed' (target 1.5)"
        )
    if it := found.get("rename"):
        seconds = [it[name]["seconds"] for name in ("to_datawarehouse", "to_datamart")]
        said.append(f"course of {it['lessons']:,} lessons renamed: {seconds[0]:.2f} s, datamart {seconds[1]:.2f} s")
    if it := found.get("streak"):
        said += [
            f"{len(it['loads'])} loads of 1%, {name}: last to second {it[name]['last_to_second']:.2f},"
            f" late to early {it[name]['last_five_to_early_five']:.2f}"
            for name in ("to_datawarehouse", "to_datamart")
        ]
    for name in ("queries", "queries_aged"):
        if it := found.get(name):
            slowest, query = max((query["ratio"], title) for title, query in it["queries"].items())
            said.append(f"view to plain table after {it['loads']} loads: {slowest:.2f} at most ({query})")
    if it := found.get("damage"):
        said.append(f"damage found by name: {it['found']} of {it['of']}")
    return said
