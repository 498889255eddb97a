"""Output for people: tables on stdout, messages and progress on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from json import dumps
from typing import Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from skyeng.model import Model
from skyeng.proof.verification import Verification
from skyeng.runs import Report
from skyeng.runs.steps import Observer, State, unobserved


class _Talk(Console):
    """Goes on silently after a broken pipe. By default, the library would end the program."""

    def on_broken_pipe(self) -> None:
        self.quiet = True


out = Console(highlight=False, soft_wrap=False)
err = _Talk(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print a message on stderr."""
    err.print(text, markup=False, soft_wrap=True)


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str | None = None) -> None:
    """Print a table on stdout. Cells with NULL are left empty."""
    if title:
        out.print(f"\n{title}", style="bold", markup=False)
    shown = Table()
    for place, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[place], int | float | None) for row in rows)
        shown.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        shown.add_row(
            *(
                ""
                if cell is None
                else f"{cell:,}"
                if isinstance(cell, int) and not isinstance(cell, bool)
                else str(cell)
                for cell in row
            )
        )
    out.print(shown, markup=False)


def json(value: Any) -> None:
    """A value as JSON on stdout; times as ISO 8601 in UTC."""
    out.print(dumps(value, indent=2, ensure_ascii=False, default=_as_text), markup=False, soft_wrap=True)


def _as_text(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


@contextmanager
def progress() -> Iterator[Observer]:
    """Show the running steps on a terminal. Elsewhere, show nothing."""
    if not sys.stderr.isatty():
        yield unobserved
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as shown:
        tasks: dict[str, Any] = {}

        def observe(step: str, state: State, _seconds: float) -> None:
            if state == "started":
                tasks[step] = shown.add_task(step, total=None)
            elif state in ("done", "failed"):
                shown.remove_task(tasks.pop(step))

        yield observe


def report(model: Model, done: Report, seconds: float, *, where: Sequence[str] = ()) -> None:
    """Print what a run did, feed by feed and mart by mart. `where` has the key ranges that were compared."""
    compared = f"this key range of the source ({', '.join(where)})" if where else "the source"
    if done.compared_because:
        say(f"everything was compared with the vault once, because {done.compared_because}")
    for feed, changes in done.changes.items():
        if changes:
            say(f"{feed}: {changes.new:,} rows new, {changes.changed:,} changed, {changes.deleted:,} deleted")
        else:
            say(f"{feed}: nothing new, the warehouse is in sync with {compared}")
    for mart, versions in done.marts.items():
        if reason := done.rebuilt.get(mart):
            say(f"{mart}: rebuilt, because {reason}")
        for view in done.views.get(mart, ()):
            say(f"{mart}: view made again, because {view}")
        if versions:
            say(f"{mart}: {versions:,} row versions appended")
        elif not done.rebuilt.get(mart):
            say(f"{mart}: nothing new, the datamart is in sync with the warehouse")
    say(f"{model.name}: done in {seconds:.1f} s")


def verification(results: Sequence[Verification]) -> None:
    """Print what was compared, and the rows that differ."""
    rows = [
        (f"{result.source} = {result.target}", result.rows, "equal" if result.equal else "DIFFERS")
        for result in results
    ]
    table(("compared", "rows", "result"), rows)
    for result in results:
        for difference in result.differences:
            out.print(str(difference), markup=False, soft_wrap=True)
        if not result.complete:
            out.print(f"{result.target}: more rows differ than are shown", markup=False, soft_wrap=True)
