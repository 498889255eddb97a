"""Random values for the school's columns, with those that some layer might bend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

#: `second` is a timestamp without fractions.
Kind = Literal["text", "timestamp", "second", "integer", "boolean"]

#: Texts that some layer between two databases might bend: quotes, escapes, separators, marks of NULL.
TEXTS = (
    *("", " ", "Data Science", "Variables", "O'Brien''s", '"quoted"', "back\\slash", "\\N", "\\", "\\\\N", "NULL"),
    *("tab\there", "new\nline", "\r\n", "\\t\\n", "a|b", "a\\|b", "|", "%s %(x)s {x}", "$1 $$", "\x01\x7f\b\f\v"),
    *("Übung №1", "课程 🎓", "e\u0301", "é", "\u200b", "\u202eright to left", "\ufeff", "x" * 255, "🎓" * 255),
)
_CHARACTERS = "aZ0 '\"\\\t\n|,;é课🎓%"
TIMESTAMPS = (
    *("0001-01-01 00:00:00", "1582-10-15 12:00:00", "1899-12-31 23:59:59.999999", "1969-12-31 23:59:59.999999"),
    *("1970-01-01 00:00:00", "2026-03-29 02:30:00.000001", "2038-01-19 03:14:08", "2106-02-07 06:28:16"),
    *("2262-04-11 23:47:16.854776", "2299-12-31 23:59:59.999999", "9999-12-31 23:59:59.999999"),
)
INTEGERS = (0, 1, 7, -1, 2**31 - 1, -(2**31))


def _text(random: Random) -> str:
    if random.choice((True, False)):
        return random.choice(TEXTS)
    return "".join(random.choice(_CHARACTERS) for _ in range(random.randrange(8)))


def _timestamp(random: Random) -> datetime:
    if random.choice((False, False, True)):
        return datetime.fromisoformat(random.choice(TIMESTAMPS))
    return datetime(2026, 1, 1) + timedelta(minutes=random.randrange(10**6), microseconds=random.randrange(10**6))  # noqa: DTZ001


_VALUES: dict[Kind, Callable[[Random], Any]] = {
    "text": _text,
    "timestamp": _timestamp,
    # Rounded up, the last second of the year 9999 would be out of range.
    "second": lambda random: _timestamp(random).replace(microsecond=0),
    "integer": lambda random: random.choice((*INTEGERS, random.randrange(1000))),
    "boolean": lambda random: random.choice((True, False)),
}


def value(random: Random, kind: Kind) -> Any:
    """A value that the source, the warehouse and the mart can all hold; often NULL."""
    return None if random.randrange(5) == 0 else _VALUES[kind](random)
