"""Looking again and again."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, start_http_server

from skyeng.db.stores import Stores
from skyeng.errors import PortTaken
from skyeng.model import Model
from skyeng.watch.alerts import Alerts
from skyeng.watch.conditions import Alarms, conditions, in_words
from skyeng.watch.facts import look
from skyeng.watch.metrics import Seen

log = logging.getLogger(__name__)


@dataclass
class Watcher:
    """What is known of some models, and since when."""

    models: Sequence[Model]
    stores: Stores
    late: timedelta
    alarms: Alarms
    seen: Seen = field(default_factory=Seen)
    #: By the warehouse's clock, when a model was first looked at; by ours, since when one cannot be.
    _begun: dict[str, datetime] = field(default_factory=dict)
    _silent: dict[str, datetime] = field(default_factory=dict)
    #: What held of a model at the last look that saw it.
    _held: dict[str, dict[str, str]] = field(default_factory=dict)

    def look(self) -> None:
        """Look once at all models, and tell of what has changed."""
        self.alarms.update(dict(found for model in self.models for found in self._look_at(model)))

    def _look_at(self, model: Model) -> Iterator[tuple[str, str]]:
        try:
            facts = look(model, self.stores)
        except Exception as exc:  # it goes on: to watch what is broken is what it is for
            self.seen.models[model.name] = None
            now = datetime.now(UTC)
            since = self._silent.setdefault(model.name, now)
            log.warning("%s: %s", model.name, exc)
            yield from self._held.get(model.name, {}).items()  # nobody knows that it is over
            if now - since > self.late:  # a server that is only started anew alarms nobody
                yield f"{model.name} cannot be looked at", f"since {in_words(since)}: {exc}"
            return
        self._silent.pop(model.name, None)
        self.seen.models[model.name] = facts
        begun = self._begun.setdefault(model.name, facts.loads.now)
        self._held[model.name] = dict(conditions(facts, begun, self.late))
        yield from self._held[model.name].items()


def watch(
    models: Sequence[Model], stores: Stores, *, late: timedelta, alerts: Alerts, address: str, port: int, every: float
) -> None:
    """Serve metrics and tell of what is late, until a signal ends it. Raises `PortTaken`."""
    watcher = Watcher(models, stores, late, Alarms(lambda title, text: _tell(alerts, title, text)))
    registry = CollectorRegistry()
    registry.register(watcher.seen)
    try:
        start_http_server(port, address, registry)
    except OSError as exc:
        raise PortTaken(f"port {port} cannot be used: {exc.strerror}", remedy="choose another: --port") from exc
    while True:
        watcher.look()
        time.sleep(every)


def _tell(alerts: Alerts, title: str, text: str) -> bool:
    log.warning("%s: %s", title, text)
    return alerts.send(f"skyeng: {title}", text)
