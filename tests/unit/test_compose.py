"""docker-compose.yml, .env and Dockerfile: complete, consistent, and without secrets.

What the containers would run is in `test_containers.py`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from psycopg2.extensions import parse_dsn
from sqlalchemy import make_url

from skyeng.config import Settings
from skyeng.db.chdb_options import OPTIONS

ROOT = Path(__file__).parents[2]
FILE, SETTINGS = ROOT / "docker-compose.yml", ROOT / ".env"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text())["services"]
ONCE = {"deploy", "airflow-migrate"}
SECRET = re.compile(r"(PASSWORD|SECRET|KEY)$")
#: Every character that .env allows in a password.
AWKWARD = "aZ09-_.~"


def settings() -> dict[str, str]:
    """What .env sets."""
    lines = re.findall(r'^(\w+)=(?:"(.*)"|(.*))$', SETTINGS.read_text(), re.MULTILINE)
    return {name: quoted or plain for name, quoted, plain in lines}


def filled(value: Any, variables: Mapping[str, str]) -> Any:
    """A part of the file as compose reads it: `${NAME}` replaced, `$$` a dollar."""
    if isinstance(value, dict):
        return {key: filled(part, variables) for key, part in value.items()}
    if isinstance(value, list):
        return [filled(part, variables) for part in value]
    if not isinstance(value, str):
        return value
    return re.sub(r"\$(?:\$|\{(\w+)\})", lambda match: variables[match[1]] if match[1] else "$", value)


def dockerfile(instruction: str) -> list[str]:
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^{instruction} (.*)$", text, re.MULTILINE)


def test_the_schema_accepts_it(tmp_path: Path) -> None:
    resolved = tmp_path / "docker-compose.yml"
    resolved.write_text(yaml.safe_dump(filled(yaml.safe_load(FILE.read_text()), settings())))
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, str(FILE), str(resolved)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_setting_is_used_exists_and_has_a_comment() -> None:
    used = set(re.findall(r"\$\{(\w+)\}", FILE.read_text()))
    assert used | {"COMPOSE_PROFILES"} == set(settings())  # compose itself reads that one
    lines = SETTINGS.read_text().splitlines()
    assert all(before.startswith("# ") for before, line in pairwise(lines) if re.match(r"\w+=", line))
    named = set(re.findall(r"(?<!\$)\$\$(\w+)", FILE.read_text()))
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    assert named <= given | {"HOSTNAME"}


def test_every_container_is_bounded_and_comes_back() -> None:
    """Memory and logs; what ends by itself is started again, but for what runs once."""
    for name, service in SERVICES.items():
        assert service["mem_limit"], name
        assert service["logging"] == {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}}, name
        assert service["restart"] == ("no" if name in ONCE else "unless-stopped"), name
    variables = settings()
    sizes = {name: int(value.removesuffix("g")) for name, value in variables.items() if name.endswith("_MEMORY")}
    assert len(sizes) == 6
    assert sizes["WAREHOUSE_MEMORY"] * 1024 >= 4 * int(variables["WAREHOUSE_SHARED_BUFFERS"].removesuffix("MB"))


def test_clickhouse_keeps_no_log_for_ever_and_waits_for_work_as_briefly_as_the_embedded_engine() -> None:
    (config,) = SERVICES["clickhouse"]["configs"]
    assert config["target"].startswith("/etc/clickhouse-server/config.d/")
    declared = yaml.safe_load(yaml.safe_load(FILE.read_text())["configs"][config["source"]]["content"])
    assert declared.pop("logger")["console"] is True
    tables = {name: it for name, it in declared.items() if name.endswith("_log")}
    assert all("ttl" in it or it == {"@remove": "1"} for it in tables.values())
    waits = {name: value for name, value in declared.items() if name not in tables}
    assert waits == {name: value for name, value in OPTIONS.items() if "sleep" in name}


def test_settings_of_ones_own_are_ignored_by_git() -> None:
    assert ".env.local" in (ROOT / ".gitignore").read_text().splitlines()
    assert "--env-file .env --env-file .env.local" in (ROOT / "docs" / "deploy.md").read_text()


def test_every_service_and_volume_that_is_named_exists() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            assert SERVICES[other].get("profiles", service.get("profiles")) == service.get("profiles"), name
            condition = "service_completed_successfully" if other in ONCE else "service_healthy"
            assert how == {"condition": condition}
    mounted = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert mounted == set(yaml.safe_load(FILE.read_text())["volumes"])
    assert not any("env_file" in service for service in SERVICES.values())


def test_what_runs_on_is_watched_and_what_runs_once_is_waited_for() -> None:
    for name, service in SERVICES.items():
        if name in ONCE:
            assert service["restart"] == "no"
            # Else `up --wait` would call the end of it a failure.
            assert any(name in other.get("depends_on", {}) for other in SERVICES.values() if "profiles" not in other)
        else:
            assert service["restart"] == "unless-stopped"
            assert {"test", "interval", "timeout", "retries"} <= set(service["healthcheck"])
        assert all(port.startswith("${BIND_ADDRESS}:") for port in service.get("ports", []))
        assert "container_name" not in service
    assert "ports" not in SERVICES["airflow-worker"], "there may be several"


def test_images_are_pinned_and_nothing_runs_as_root() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for service in SERVICES.values():
        ours = service["image"] == f"skyeng:{version}"
        assert ours or service["user"] not in ("root", "0")
    images = [service["image"] for service in SERVICES.values()] + [it.split(" AS ")[0] for it in dockerfile("FROM")]
    assert all(re.search(r":v?\d+\.\d+\.?[\d.]*(-[a-z]+)*\d*$", image) for image in images), images
    assert dockerfile("USER") == ["airflow"]
    assert sum("build" in service for service in SERVICES.values()) == 1


def test_no_secret_is_in_the_files_or_gets_into_the_image() -> None:
    secrets = [value for name, value in settings().items() if SECRET.search(name)]
    assert len(secrets) == 11
    for text in (FILE.read_text(), (ROOT / "Dockerfile").read_text()):
        assert not any(secret in text for secret in secrets)
    for service in SERVICES.values():
        environment = service.get("environment", {})
        assert all(re.fullmatch(r"\$\{\w+\}", environment[name]) for name in environment if SECRET.search(name))
    assert not re.search("PASSWORD|SECRET|KEY", "".join(dockerfile("(?:ENV|ARG|RUN)")))
    copied = {part for line in dockerfile("COPY") if "--from" not in line for part in line.split()[:-1]}
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
    assert ".env" not in copied


def test_demo_values_are_plain_to_see() -> None:
    for name, value in settings().items():
        if SECRET.search(name) and name != "AIRFLOW_FERNET_KEY":
            assert value.startswith("demo-")
            assert re.fullmatch(r"[A-Za-z0-9._~-]+", value)
    assert len(settings()["AIRFLOW_JWT_SECRET"]) >= 64
    assert "WARNING" in SETTINGS.read_text()[:200]


def test_passwords_arrive_as_they_are() -> None:
    secret = {name: f"{AWKWARD}{number}" for number, name in enumerate(settings()) if SECRET.search(name)}
    variables = settings() | secret
    environment = filled(SERVICES["airflow-worker"]["environment"], variables)
    for connection, password in (
        ("PG_DATASOURCE", "SKYENG_READER_PASSWORD"),
        ("PG_DATAWAREHOUSE", "WAREHOUSE_PASSWORD"),
        ("CH_DATAMART", "CLICKHOUSE_PASSWORD"),
    ):
        read = json.loads(environment[f"AIRFLOW_CONN_{connection}"])
        assert read["password"] == secret[password]
        assert {"conn_type", "host", "port", "schema", "login"} < set(read)
    for name, password in (("DATABASE__SQL_ALCHEMY_CONN", "METADATA"), ("CELERY__BROKER_URL", "REDIS")):
        assert make_url(environment[f"AIRFLOW__{name}"]).password == secret[f"{password}_PASSWORD"]
    urls = Settings.read(filled(SERVICES["deploy"]["environment"], variables))
    assert parse_dsn(urls.datasource_url or "")["password"] == secret["DATASOURCE_PASSWORD"]
    assert parse_dsn(urls.warehouse_url or "")["password"] == secret["WAREHOUSE_PASSWORD"]
    assert f":{secret['CLICKHOUSE_PASSWORD']}@" in (urls.datamart_url or "")


def test_the_warehouse_is_set_as_the_documentation_asks() -> None:
    text = (ROOT / "docs" / "performance.md").read_text().partition("## What a server must be set to")[2]
    asked = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    names = {name for cell in asked for name in re.findall(r"`(\w+)`", cell)}
    service = SERVICES["warehouse"]
    given = {option.removeprefix("-c").partition("=")[0] for option in service["command"] if option.startswith("-c")}
    # Replicas and backups need the other `wal_level`.
    assert names - {"shm_size", "wal_level"} == given
    assert "shm_size" in service
