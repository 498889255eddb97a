"""What a mart holds, with as many loads as a year brings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from skyeng.marts.contents import Contents, MartLoad

LOADS = 2_000


class Counted(tuple[MartLoad, ...]):
    """Loads that count how often one was looked at."""

    looks = 0

    def __iter__(self) -> Iterator[MartLoad]:
        for load in super().__iter__():
            Counted.looks += 1
            yield load


def test_to_ask_whether_a_mart_is_whole_looks_at_each_load_a_few_times() -> None:
    """Not at all of them for each: a run of a mart with a year of loads would take minutes."""
    first = datetime(2026, 1, 1, tzinfo=UTC)
    loads = Counted(MartLoad(first + timedelta(minutes=10 * place), 1, 0, place + 1) for place in range(LOADS))
    begun = {load.load_ts: (1, 0) for load in loads}
    Counted.looks = 0
    assert Contents(loads, begun=begun).is_whole
    assert LOADS <= Counted.looks <= 10 * LOADS
    assert not Contents(loads, begun={**begun, first: (2, 0)}).is_whole
