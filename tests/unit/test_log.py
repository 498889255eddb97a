"""The log: levels, text and JSON, and statements with their times."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest

from skyeng import log
from skyeng.db.statement_log import statement_logged

LOGGER = logging.getLogger("skyeng.test")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    logger = logging.getLogger("skyeng")
    handlers, level = logger.handlers, logger.level
    yield
    logger.handlers = handlers
    logger.setLevel(level)


def test_json_has_a_line_a_record_with_what_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("INFO", "json")
    LOGGER.info("loaded %s", "orders", extra={"rows": 3})
    LOGGER.debug("not shown")
    try:
        int("broken")
    except ValueError:
        LOGGER.exception("failed")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert first.pop("time").endswith("+00:00")
    assert first == {"level": "INFO", "logger": "skyeng.test", "message": "loaded orders", "rows": 3}
    assert "ValueError: invalid literal" in second["error"]


def test_text_has_what_was_given_at_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("WARNING", "json")
    log.configure("WARNING", "text")
    LOGGER.warning("late", extra={"model": "shop"})
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("WARNING skyeng.test: late model=shop")


def test_a_statement_is_logged_with_its_server_and_time(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("DEBUG", "json")
    with statement_logged(LOGGER, "pg_datawarehouse", "SELECT\n    1"):
        pass
    with pytest.raises(ValueError, match="no"), statement_logged(LOGGER, "ch_datamart", "x" * 1000):
        raise ValueError("no")
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["message"], first["server"]) == ("SELECT 1", "pg_datawarehouse")
    assert first["milliseconds"] >= 0
    assert len(second["message"]) == 100
    log.configure("INFO", "json")
    with statement_logged(LOGGER, "pg_datawarehouse", "SELECT 1"):
        pass
    assert capsys.readouterr().err == ""
