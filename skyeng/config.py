"""Settings from environment variables: every variable that the package reads, and its default."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from skyeng.errors import SettingsError

#: Variable, schemes it may have, and an example to copy.
_URLS = {
    "PG_DATASOURCE_URL": (("postgresql", "postgres"), "postgresql://user:password@host:5432/source"),
    "PG_DATAWAREHOUSE_URL": (("postgresql", "postgres"), "postgresql://user:password@host:5432/warehouse"),
    "CH_DATAMART_URL": (
        ("clickhouse", "clickhouses", "chdb"),
        "clickhouse://user:password@host:8123/datamart (clickhouses:// for TLS, chdb:///folder?database=datamart)",
    ),
}

#: The model of a command that names none.
MODEL = "SKYENG_MODEL"
#: A folder of further models, each in a folder of its own.
MODELS = "SKYENG_MODELS"
#: The models that come with the package; the file `default` names the one that is used without a setting.
BUILT_IN_MODELS = Path(__file__).parent / "models"

#: How long a statement waits for a lock that somebody else has.
LOCK_WAIT = "SKYENG_LOCK_WAIT"
#: How old the last load may be before `skyeng watch` calls it late; how long a mart may lack a load.
LATE = "SKYENG_LATE"
#: How long logs are kept, Airflow's and those of steps in `control`.
KEEP_LOGS = "SKYENG_KEEP_LOGS"
_DURATION = re.compile(r"(?P<number>[0-9]+)\s*(?P<unit>s|min|h|d)?")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}

_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True)
class Settings:
    """Where the three stores are. None means embedded, under `home`."""

    datasource_url: str | None = field(default=None, repr=False)
    warehouse_url: str | None = field(default=None, repr=False)
    datamart_url: str | None = field(default=None, repr=False)
    home: Path = Path(".skyeng")
    lock_wait: timedelta = timedelta(minutes=10)
    keep_logs: timedelta = timedelta(days=30)

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Settings from environment variables; an empty variable counts as unset.

        Raises `SettingsError` that names the variable and shows a good value.
        """
        urls = {name: _url(name, environment.get(name, "").strip()) for name in _URLS}
        return cls(
            datasource_url=urls["PG_DATASOURCE_URL"],
            warehouse_url=urls["PG_DATAWAREHOUSE_URL"],
            datamart_url=urls["CH_DATAMART_URL"],
            home=_home(environment.get("SKYENG_HOME", "").strip() or ".skyeng"),
            lock_wait=lock_wait(environment),
            keep_logs=keep_logs(environment),
        )


def default_model(environment: Mapping[str, str] = os.environ) -> str:
    """The model that is used where none is named."""
    return environment.get(MODEL, "").strip() or (BUILT_IN_MODELS / "default").read_text().strip()


def models_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """The folder of further models, if there is one."""
    folder = environment.get(MODELS, "").strip()
    return Path(folder).expanduser() if folder else None


def lock_wait(environment: Mapping[str, str] = os.environ) -> timedelta:
    """How long a statement waits for a lock. Raises `SettingsError` for what is no duration."""
    return _duration(LOCK_WAIT, "10min", environment)


def late(environment: Mapping[str, str] = os.environ) -> timedelta:
    """How old the last load may be. Raises `SettingsError` for what is no duration."""
    return _duration(LATE, "30min", environment)


def keep_logs(environment: Mapping[str, str] = os.environ) -> timedelta:
    """How long logs are kept. Raises `SettingsError` for what is no duration, or less than a day or a century and more.

    A run may take hours, and needs what is known of it until it ends.
    """
    kept = _duration(KEEP_LOGS, "30d", environment)
    if not timedelta(days=1) <= kept < timedelta(days=36_500):
        raise SettingsError(
            f"{KEEP_LOGS} is too short or too long: {kept}",
            expected="a day at least; a number without a unit is seconds",
            remedy=f"set it like {KEEP_LOGS}=30d",
        )
    return kept


def _duration(name: str, default: str, environment: Mapping[str, str]) -> timedelta:
    text = environment.get(name, "").strip() or default
    match = _DURATION.fullmatch(text)
    if match is None or not 0 < int(match["number"]) < 10**7:
        raise SettingsError(
            f"{name} is not a duration: {text}",
            expected="a number with s, min, h or d; seconds without",
            remedy=f"set it like {name}={default}, or unset it for that",
        )
    return timedelta(**{_UNITS[match["unit"] or "s"]: int(match["number"])})


def _url(name: str, value: str) -> str | None:
    if not value:
        return None
    schemes, example = _URLS[name]
    try:
        parts = urlsplit(value)
        port_is_sound = _ports_are_sound(parts)
        unquote(parts.netloc, errors="strict")
    except ValueError:
        port_is_sound, parts = False, urlsplit("")
    sound = (
        port_is_sound
        and parts.scheme in schemes
        and (parts.scheme == "chdb" or bool(parts.path.strip("/")))
        # An @, / or % of a password that is not encoded cuts the URL in the wrong places.
        and parts.netloc.count("@") <= 1
        and "@" not in parts.path
        and not _BAD_PERCENT.search(value)
    )
    if not sound:
        # The value is not shown: it may hold a password.
        raise SettingsError(
            f"{name} is not a URL that can be used",
            expected=f"{' or '.join(f'{scheme}://' for scheme in schemes)} with host, port and database;"
            " in user and password, @ is written %40, / %2F, : %3A and % %25",
            remedy=f"set it like {name}={example}, or unset it for the embedded server",
        )
    return value


def _ports_are_sound(parts: SplitResult) -> bool:
    """Of PostgreSQL, a URL may name several hosts, each with its port. Raises `ValueError` for one out of range."""
    hosts = parts.netloc.rpartition("@")[2].split(",")
    if parts.scheme not in _URLS["PG_DATASOURCE_URL"][0]:
        hosts = [parts.netloc]
    ports = [urlsplit(f"//{host}").port for host in hosts]
    return all(port is None or port > 0 for port in ports)


def _home(value: str) -> Path:
    home = Path(value).expanduser().absolute()
    if home.exists() and not home.is_dir():
        raise SettingsError(
            f"SKYENG_HOME is not a folder: {home}",
            expected="a folder that exists or can be made",
            remedy="set it like SKYENG_HOME=/var/lib/skyeng, or unset it for .skyeng in the working directory",
        )
    return home
