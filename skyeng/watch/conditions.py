"""Conditions that cause alerts: a late load, a mart that is behind, a server that cannot be queried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from skyeng.watch.facts import Facts

#: One line about each problem, by a name that does not change while the problem lasts.
Conditions = Mapping[str, str]


def conditions(facts: Facts, begun: datetime, late: timedelta) -> Iterator[tuple[str, str]]:
    """The problems of a model that has been watched since `begun`. A delay before that time does not count."""
    latest = facts.loads.now - late
    last = facts.loads.last_closed
    if max(last or begun, begun) < latest:
        when = f"the last one was closed at {in_words(last)}" if last else "none ever was"
        yield f"{facts.model}: the load is late", f"no load was closed for {late}; {when}"
    for mart in facts.marts:
        if mart.behind_since and max(mart.behind_since, begun) < latest:
            lacking = f"it lacks {mart.loads_behind:,} loads, the first of {in_words(mart.behind_since)}"
            yield f"{facts.model}: {mart.mart} is behind", lacking


def in_words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


@dataclass
class Alarms:
    """Sends a message when a condition begins, and another when it ends."""

    #: Sends a message to the recipients. True if it reached them.
    send: Callable[[str, str], bool]
    _known: dict[str, str] = field(default_factory=dict)

    def update(self, holding: Conditions) -> None:
        """Compare the current conditions with those reported. A message that failed is sent again at the next call."""
        for name in sorted(holding.keys() - self._known.keys()):
            if self.send(name, holding[name]):
                self._known[name] = holding[name]
        for name in sorted(self._known.keys() - holding.keys()):
            if self.send(f"over: {name}", f"it was: {self._known[name]}"):
                del self._known[name]
