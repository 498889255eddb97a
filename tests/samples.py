"""Samples of cases of which there are too many for each run, and the flag for all of them."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from typing import TypeVar

#: Whether every case runs, whatever it takes: hours, once a change is complete.
LONG = os.environ.get("SKYENG_LONG") == "1"

Case = TypeVar("Case")


def some(cases: Sequence[Case], number: int) -> list[Case]:
    """So many of the cases, in their order, and the same in each run; all of them in the long mode."""
    if LONG or number >= len(cases):
        return list(cases)
    return [cases[place] for place in sorted(random.Random(13).sample(range(len(cases)), number))]  # noqa: S311
