"""Logging of the package: the loggers `skyeng.*`, as text or as lines of JSON on stderr."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

Format = Literal["text", "json"]

#: What every log record has; everything else was given with `extra`.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonFormatter(logging.Formatter):
    """A line of JSON a record: time, level, logger, message, values given with `extra`, and the error."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """Time, level, logger and message, and the values given with `extra`."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        given = " ".join(f"{name}={value}" for name, value in vars(record).items() if name not in _STANDARD)
        return f"{super().format(record)} {given}".rstrip()


def configure(level: str = "WARNING", format_: Format = "text") -> None:
    """Log records of `skyeng.*` from a level on to stderr. A second call replaces the first."""
    logger = logging.getLogger("skyeng")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if format_ == "json" else TextFormatter())
    logger.handlers = [handler]
    logger.setLevel(level)
