"""The yardsticks: one `psql | psql` COPY of the feed's rows, or other work to which ratios refer."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.gauges import settle
from skyeng.db.stores import Stores
from skyeng.model import load_model
from skyeng.sources.postgres import typed_rows


def copy_baseline(stores: Stores, psql: Path, repeats: int) -> list[float]:
    """Seconds of `psql COPY (feed) TO STDOUT | psql COPY table FROM STDIN`, binary, into an unlogged table."""
    model = load_model("courses")
    query = typed_rows(model, model.feeds[0]).text
    columns = ", ".join(f"{column.name} {column.type.postgres}" for column in model.feed_columns(model.feeds[0]))
    source, target = ([str(psql), "-X", "-q", store.url] for store in (stores.source, stores.warehouse))
    taken: list[float] = []
    for _ in range(repeats):
        make = f"DROP TABLE IF EXISTS public.baseline; CREATE UNLOGGED TABLE public.baseline ({columns})"
        subprocess.run([*target, "-c", make], check=True, capture_output=True)
        settle(stores.warehouse.url)
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


class Yardstick:
    """Work that is measured before and after each sample, so that a slow minute affects both."""

    def __init__(self, measure: Callable[[], float]) -> None:
        self._measure = measure
        self.taken: list[float] = []

    @property
    def seconds(self) -> float:
        return statistics.median(self.taken)

    def around(self, sample: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The sample, with the `yardstick` before and after it, and its `ratio` to their mean."""
        if not self.taken:
            self._measure()  # the first one has cold caches
            self.taken.append(self._measure())
        found = sample()
        self.taken.append(self._measure())
        around = self.taken[-2:]
        return {**found, "yardstick": around, "ratio": round(found["seconds"] / statistics.mean(around), 3)}
