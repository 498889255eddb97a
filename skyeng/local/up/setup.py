"""Configuration of `skyeng up`: ports, passwords, and the settings of Airflow."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from urllib.parse import quote

from skyeng import resources
from skyeng.airflow.connections import connection
from skyeng.errors import PortTaken
from skyeng.local import instance

#: The folder in the repository, or the one inside the installed package.
DAGS = resources.folder("dags")

LOOPBACK = "127.0.0.1"


def _password() -> str:
    return secrets.token_urlsafe(12)


@dataclass(frozen=True)
class Passwords:
    """Created once for a home, and stored in a file that only its owner can read."""

    admin: str = field(default_factory=_password, repr=False)
    analyst: str = field(default_factory=_password, repr=False)
    loader: str = field(default_factory=_password, repr=False)
    reader: str = field(default_factory=_password, repr=False)
    #: Signs the tokens of Airflow's tasks and sessions.
    signature: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)
    #: Encrypts the secrets that Airflow stores.
    fernet: str = field(default_factory=lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(), repr=False)


def passwords(home: Path) -> Passwords:
    """The passwords of a home. Missing ones are created and stored."""
    path = instance.folder(home) / "passwords.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    found = Passwords(**{it.name: known[it.name] for it in fields(Passwords) if it.name in known})
    if asdict(found) != known:
        instance.keep(path, asdict(found))
    return found


@dataclass(frozen=True)
class Ports:
    """Ports of the servers, on loopback; 0 means any free port."""

    airflow: int = 8080
    postgres: int = 15432
    clickhouse: int = 18123
    metrics: int = 19464

    def taken(self) -> Ports:
        """The same ports, with a free port in place of each 0. Raises `PortTaken` if any port is in use."""
        chosen = replace(self, **{name: port or _free_port() for name, port in asdict(self).items()})
        busy = {name: port for name, port in asdict(chosen).items() if not _is_free(port)}
        if busy:
            others = " ".join(f"--{name}-port 0" for name in busy)
            raise PortTaken(
                f"in use already: {', '.join(f'port {port} ({name})' for name, port in busy.items())}",
                expected=f"free ports on {LOOPBACK}",
                remedy=f"end what uses them, or choose others: skyeng up {others} (0 is any free one)",
            )
        return chosen


def _free_port() -> int:
    """A free port below the range of outgoing connections. Airflow binds it only half a minute later."""
    ports = range(10_000, 32_000)
    return next(port for port in secrets.SystemRandom().sample(ports, len(ports)) if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


@dataclass(frozen=True)
class Setup:
    """All decisions that are made before anything is started."""

    home: Path
    ports: Ports
    passwords: Passwords
    #: Additional settings of Airflow.
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def airflow(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.airflow}"

    @property
    def datasource(self) -> str:
        return self._postgres("reader", self.passwords.reader, "datasource")

    @property
    def warehouse(self) -> str:
        return self._postgres("loader", self.passwords.loader, "warehouse")

    @property
    def metadata(self) -> str:
        # The driver is named, because SQLAlchemy might choose another one. With that, pages of Airflow's UI fail.
        return self._postgres("loader", self.passwords.loader, "airflow").replace("://", "+psycopg2://", 1)

    @property
    def datamart(self) -> str:
        return self.clickhouse("loader", self.passwords.loader)

    def clickhouse(self, user: str, password: str) -> str:
        return f"clickhouse://{user}:{quote(password, safe='')}@{LOOPBACK}:{self.ports.clickhouse}/datamart"

    def _postgres(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@{LOOPBACK}:{self.ports.postgres}/{database}"

    def standin_environment(self) -> dict[str, str]:
        """Environment of the local ClickHouse HTTP endpoint, with the passwords: every user can read a command line."""
        return {
            **os.environ,
            "SKYENG_STANDIN_LOADER_PASSWORD": self.passwords.loader,
            "SKYENG_STANDIN_ANALYST_PASSWORD": self.passwords.analyst,
        }

    @property
    def _stores(self) -> dict[str, str]:
        """URL of each store, by the prefix of its variables."""
        return {"PG_DATASOURCE": self.datasource, "PG_DATAWAREHOUSE": self.warehouse, "CH_DATAMART": self.datamart}

    def watch_environment(self) -> dict[str, str]:
        """Environment of `skyeng watch`, with the URLs of the stores."""
        return {
            **os.environ,
            **{f"{name}_URL": url for name, url in self._stores.items()},
            "SKYENG_HOME": str(self.home.absolute()),
        }

    def airflow_environment(self) -> dict[str, str]:
        """Environment of Airflow's programs, with settings and connections."""
        folder = self.home.absolute() / "airflow"
        settings = {
            "CORE__DAGS_FOLDER": str(DAGS),
            "CORE__LOAD_EXAMPLES": "false",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "false",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "8",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.airflow}/execution/",
            "CORE__FERNET_KEY": self.passwords.fernet,
            "CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(folder / "passwords.json"),
            "API__BASE_URL": self.airflow,
            "API__SECRET_KEY": self.passwords.signature,
            "API_AUTH__JWT_SECRET": self.passwords.signature,
            "DATABASE__SQL_ALCHEMY_CONN": self.metadata,
            "LOGGING__BASE_LOG_FOLDER": str(folder / "logs"),
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
            "USAGE_DATA_COLLECTION__ENABLED": "false",
        }
        return {
            # Settings of another Airflow in the shell must not apply to this one.
            **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")},
            "AIRFLOW_HOME": str(folder),
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
            **{f"AIRFLOW_CONN_{name}": json.dumps(connection(url)) for name, url in self._stores.items()},
            **self.settings,
        }
