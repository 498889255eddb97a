"""What people are told of: a load that is late, a mart that is behind, a server that cannot be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from skyeng.watch.facts import Facts

#: What is wrong, in one line, by a name that stays the same while it lasts.
Conditions = Mapping[str, str]


def conditions(facts: Facts, begun: datetime, late: timedelta) -> Iterator[tuple[str, str]]:
    """What is wrong with a model that has been watched since `begun`: what was late before has its time again."""
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
    """Tells of a condition once it holds, and once more when it is over."""

    #: Tells people; whether it reached them.
    send: Callable[[str, str], bool]
    _known: dict[str, str] = field(default_factory=dict)

    def update(self, holding: Conditions) -> None:
        """Compare what holds now with what people know. What did not reach them is told again the next time."""
        for name in sorted(holding.keys() - self._known.keys()):
            if self.send(name, holding[name]):
                self._known[name] = holding[name]
        for name in sorted(self._known.keys() - holding.keys()):
            if self.send(f"over: {name}", f"it was: {self._known[name]}"):
                del self._known[name]
