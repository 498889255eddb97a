"""Statements in the log: at DEBUG, each with its server and its duration."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

#: Characters of a statement that are logged. Values are bound by the driver, and stand behind them.
_SHOWN = 100


@contextmanager
def statement_logged(log: logging.Logger, server: str, text: str) -> Iterator[None]:
    """Log a statement when the block ends, also if it fails."""
    if not log.isEnabledFor(logging.DEBUG):
        yield
        return
    begun = time.perf_counter()
    try:
        yield
    finally:
        milliseconds = round((time.perf_counter() - begun) * 1000, 1)
        log.debug("%s", " ".join(text.split())[:_SHOWN], extra={"server": server, "milliseconds": milliseconds})
