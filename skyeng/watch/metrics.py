"""The observed state as metrics for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from skyeng.watch.facts import Facts

_OF_MODEL, _OF_MART = ("model",), ("model", "mart")

#: By name: the description, and the labels of each sample.
METRICS = {
    "skyeng_up": ("Whether warehouse and datamart could be asked at the last scan.", _OF_MODEL),
    "skyeng_loads_total": ("Loads, by how they ended.", ("model", "status")),
    "skyeng_rows_total": ("Rows that closed loads found new, changed or deleted.", ("model", "feed", "change")),
    "skyeng_rows_active": ("Rows of a feed after the last closed load.", ("model", "feed")),
    "skyeng_last_load_timestamp_seconds": ("When the last load was closed, also one that found nothing.", _OF_MODEL),
    "skyeng_last_load_duration_seconds": ("How long that load took.", _OF_MODEL),
    "skyeng_mart_rows": ("Rows that analysts see.", _OF_MART),
    "skyeng_mart_loads_behind": ("Loads of the warehouse that a mart lacks.", _OF_MART),
    "skyeng_mart_newest_load_timestamp_seconds": ("Timestamp of the newest load that a mart has.", _OF_MART),
    "skyeng_mart_differences": ("Tables and views of a mart that are not as declared.", _OF_MART),
}


@dataclass(eq=False)
class Seen(Collector):
    """The last state of each model; None if the stores could not be queried."""

    models: dict[str, Facts | None] = field(default_factory=dict)

    def collect(self) -> Iterator[Metric]:
        """Called for each scrape by a thread of the server."""
        families = {name: _family(name) for name in METRICS}
        for model, facts in [*self.models.items()]:
            families["skyeng_up"].add_metric((model,), float(facts is not None))
            for name, labels, value in _samples(facts) if facts else ():
                families[name].add_metric((model, *labels), value)
        yield from families.values()


def _family(name: str) -> CounterMetricFamily | GaugeMetricFamily:
    kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
    return kind(name, METRICS[name][0], labels=METRICS[name][1])


def _samples(facts: Facts) -> Iterator[tuple[str, tuple[str, ...], float]]:
    """The samples of a model: metric, labels after the model's, value."""
    loads = facts.loads
    yield "skyeng_loads_total", ("closed",), loads.closed
    yield "skyeng_loads_total", ("rolled back",), loads.rolled_back
    for feed, (*touched, active) in loads.feeds.items():
        for change, rows in zip(("new", "changed", "deleted"), touched, strict=True):
            yield "skyeng_rows_total", (feed, change), rows
        yield "skyeng_rows_active", (feed,), active
    if loads.last_closed:
        yield "skyeng_last_load_timestamp_seconds", (), loads.last_closed.timestamp()
        yield "skyeng_last_load_duration_seconds", (), loads.seconds or 0.0
    for mart in facts.marts:
        yield "skyeng_mart_loads_behind", (mart.mart,), mart.loads_behind
        yield "skyeng_mart_differences", (mart.mart,), len(mart.differences)
        if mart.rows is not None:
            yield "skyeng_mart_rows", (mart.mart,), mart.rows
        if mart.newest_load:
            yield "skyeng_mart_newest_load_timestamp_seconds", (mart.mart,), mart.newest_load.timestamp()
