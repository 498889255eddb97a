"""Settings from environment variables: what is accepted, and how a wrong value is named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from skyeng.config import Settings
from skyeng.errors import SettingsError


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PG_DATASOURCE_URL", "mysql://u:secret@h/db"),
        ("PG_DATASOURCE_URL", "postgresql://u:secret@h:port/db"),
        ("PG_DATAWAREHOUSE_URL", "postgresql://u:secret@h:5432"),
        ("PG_DATASOURCE_URL", "postgresql://u:my@secret@h:5432/db"),
        ("PG_DATASOURCE_URL", "postgresql://u:p@ss/w:secret@h:5432/db"),
        ("PG_DATASOURCE_URL", "postgresql://u:100%secret@h:5432/db"),
        ("PG_DATASOURCE_URL", "postgresql://u:secret%ff@h:5432/db"),
        ("CH_DATAMART_URL", "http://u:secret@h:8123/db"),
        ("SKYENG_HOME", "/dev/null"),
    ],
)
def test_a_wrong_setting_names_its_variable_and_hides_its_value(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.read({variable: value})
    assert variable in str(caught.value)
    assert "secret" not in str(caught.value)
    assert f"{variable}=" in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    home = {"SKYENG_HOME": str(tmp_path)}
    assert Settings.read({"PG_DATASOURCE_URL": " ", **home}) == Settings.read(home) == Settings(home=tmp_path)


@pytest.mark.parametrize("text", ["0", "-1", "soon", "10 days", "1.5h"])
def test_a_wait_that_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="SKYENG_LOCK_WAIT is not a duration"):
        Settings.read({"SKYENG_LOCK_WAIT": text})


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("2 min", 120), ("1h", 3600), ("", 600)])
def test_a_wait_is_read(text: str, seconds: int) -> None:
    assert Settings.read({"SKYENG_LOCK_WAIT": text}).lock_wait == timedelta(seconds=seconds)
