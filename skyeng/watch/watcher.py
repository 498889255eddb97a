"""Checks the models periodically."""

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
    """The last state of some models, and since when it is known."""

    models: Sequence[Model]
    stores: Stores
    late: timedelta
    alarms: Alarms
    seen: Seen = field(default_factory=Seen)
    #: When a model was first read, by the warehouse's clock.
    _begun: dict[str, datetime] = field(default_factory=dict)
    #: Since when a model cannot be read, by our clock.
    _silent: dict[str, datetime] = field(default_factory=dict)
    #: The conditions of a model at its last successful check.
    _held: dict[str, dict[str, str]] = field(default_factory=dict)

    def look(self) -> None:
        """Check all models once, and send messages about what has changed."""
        self.alarms.update(dict(found for model in self.models for found in self._look_at(model)))

    def _look_at(self, model: Model) -> Iterator[tuple[str, str]]:
        try:
            facts = look(model, self.stores)
        except Exception as exc:  # continue: a broken model must still be watched
            self.seen.models[model.name] = None
            now = datetime.now(UTC)
            since = self._silent.setdefault(model.name, now)
            log.warning("%s: %s", model.name, exc)
            yield from self._held.get(model.name, {}).items()  # it is not known whether they have ended
            if now - since > self.late:  # a short restart of a server causes no alert
                yield f"{model.name} cannot be asked", f"since {in_words(since)}: {exc}"
            return
        self._silent.pop(model.name, None)
        self.seen.models[model.name] = facts
        begun = self._begun.setdefault(model.name, facts.loads.now)
        self._held[model.name] = dict(conditions(facts, begun, self.late))
        yield from self._held[model.name].items()


def watch(
    models: Sequence[Model], stores: Stores, *, late: timedelta, alerts: Alerts, address: str, port: int, every: float
) -> None:
    """Serve metrics and send alerts, until a signal ends the program. Raises `PortTaken`."""
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
