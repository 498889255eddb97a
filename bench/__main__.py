"""The benchmark. Every figure is a ratio to one `psql | psql` COPY of the same rows, in the same run.

    ./run bench --rows 1000000
    ./run bench --rows 100000,1000000,10000000 --repeats 1
    ./run bench --rows 10000000 --only first,nothing --home DIR   # retains the stores, adds to the results
    ./run bench report                                  # writes table and plot again, from the results
    ./run bench --as-of --rows 1000000                  # measures as-of reads, see bench/as_of.py

Writes `bench/results/ROWS.json`, and a table and a plot from all of these files. Nothing here is a test: machines
differ, and only ratios within one run are comparable. docs/benchmark.md describes what is measured, and how.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import as_of, more, plot, report, rounds, show
from bench.size import Results, Size
from skyeng.config import Settings
from skyeng.local.stores import opened

RESULTS = Path(__file__).parent / "results"

#: Measurements other than the rounds, in an order in which none distorts the next.
_MORE: dict[str, Callable[[Size, argparse.Namespace], None]] = {
    "apart": lambda size, _: rounds.measure_apart(size),
    "thousand": lambda size, options: more.thousand(size, options.repeats),
    "rename": lambda size, options: more.rename(size, options.repeats),
    "queries": lambda size, _: more.queries(size),
    "streak": lambda size, options: more.streak(size, options.loads or 20),
    "queries-aged": lambda size, _: more.queries_aged(size),
    "queries-many": lambda size, _: more.queries_many(size),
    "damage": lambda size, _: more.damage(size),
}
_NAMES = (*(row.key for row in rounds.ROWS), *_MORE)


def main() -> None:
    options = read_options()
    if options.action == "measure":
        for rows in options.rows:
            measure = _measure_as_of if options.as_of else _measure
            measure(options, rows)
    _render(options.results)


def _measure(options: argparse.Namespace, rows: int) -> None:
    chosen = (set(options.only) if options.only else set(_NAMES)) - set(options.skip)
    with _home(options) as folder:
        home = folder / str(rows)
        results = Results(options.results / f"{rows}.json", rows)
        with opened(Settings(home=home)) as stores:  # keeps the server up between phases
            size = Size(home, rows, stores, results)
            rounds.measure(size, chosen, options.repeats)
            for name, measure in _MORE.items():
                if name in chosen:
                    measure(size, options)
    show.show(results.found)
    print(f"written: {results.path}", file=sys.stderr)


def _measure_as_of(options: argparse.Namespace, rows: int) -> None:
    with _home(options) as folder:
        measured = as_of.measure(folder, rows, options.loads or 50, options.repeats)
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / f"as_of_{rows}.json"
    path.write_text(json.dumps(measured, indent=1) + "\n")
    as_of.show(measured)
    print(f"written: {path}", file=sys.stderr)


@contextmanager
def _home(options: argparse.Namespace) -> Iterator[Path]:
    """The folder of the stores: the given one, which is retained, or a temporary one for this size."""
    if options.home:
        yield options.home.absolute()
    else:
        with tempfile.TemporaryDirectory(prefix="skyeng-bench-") as folder:
            yield Path(folder)


def _render(folder: Path) -> None:
    """Write table and plot of all sizes that are measured so far."""
    found = report.read(folder)
    if not found:
        print(f"nothing measured yet in {folder}", file=sys.stderr)
        return
    plot.draw(found, folder / "scaling.png")
    (folder / "README.md").write_text(report.render(found, report.read_as_of(folder)))


def read_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse arguments, by default those of the command line. Exits with status 2 for invalid ones."""
    parser = argparse.ArgumentParser(
        prog="./run bench",
        description="Measure every run as a ratio to one COPY of the same rows.",
        epilog=f"What can be chosen: {', '.join(_NAMES)}.",
    )
    parser.add_argument("action", nargs="?", choices=("measure", "report"), default="measure")
    parser.add_argument("--rows", type=_sizes, default=[1_000_000], metavar="N[,N...]", help="lessons in the school")
    parser.add_argument("--repeats", type=_positive, default=3, help="of everything that can be repeated")
    parser.add_argument("--only", type=_names, default=[], metavar="NAME[,...]", help="measure only these")
    parser.add_argument("--skip", type=_names, default=[], metavar="NAME[,...]", help="measure all but these")
    parser.add_argument("--home", type=Path, help="keep the stores here, and use them again")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of results, default bench/results")
    parser.add_argument("--as-of", action="store_true", help="measure reads of the past instead")
    parser.add_argument(
        "--loads", type=_positive, help="loads of about 1%% in a row: 20 of the streak, 50 with --as-of"
    )
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _sizes(text: str) -> list[int]:
    return [_positive(size) for size in text.split(",")]


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(_NAMES):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(_NAMES)}")
    return names


if __name__ == "__main__":
    main()
