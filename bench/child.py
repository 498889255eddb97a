"""Starts a phase in its own process, and a local ClickHouse HTTP endpoint for the phases that need one."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.gauges import peak_mb

_ROOT = Path(__file__).parents[1]
_URLS = ("PG_DATASOURCE_URL", "PG_DATAWAREHOUSE_URL", "CH_DATAMART_URL")

Sample = dict[str, Any]


def run_phase(home: Path, name: str, *arguments: object, datamart_url: str | None = None) -> Sample:
    """Run a phase. Returns what it did, and its cost. A phase that fails ends the benchmark with its error output."""
    environment = {key: value for key, value in os.environ.items() if key not in _URLS}
    if datamart_url:
        environment["CH_DATAMART_URL"] = datamart_url
    done = subprocess.run(
        [sys.executable, "-m", "bench.phases", name, str(home.absolute()), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=_ROOT,
        env=environment,
    )
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout)


class ClickHouseHttpServer:
    """The ClickHouse engine in its own process, queried over HTTP."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process = process
        self.url = url

    @property
    def peak_mb(self) -> int:
        return peak_mb(self._process.pid)


@contextmanager
def standin(home: Path) -> Iterator[ClickHouseHttpServer]:
    """A local ClickHouse HTTP endpoint over the folder of the embedded datamart, for the length of a block."""
    password = secrets.token_hex()
    users = {"SKYENG_STANDIN_LOADER_PASSWORD": password, "SKYENG_STANDIN_ANALYST_PASSWORD": secrets.token_hex()}
    command = [
        sys.executable,
        "-m",
        "skyeng.local.clickhouse_http",
        "--folder",
        str(home / "clickhouse"),
        "--port",
        "0",
    ]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | users)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        port = re.search(r"ready at http://127\.0\.0\.1:(\d+)", line)
        if not port:
            raise SystemExit(f"the stand-in does not start:\n{line}{process.stderr.read()}")
        yield ClickHouseHttpServer(process, f"clickhouse://loader:{password}@127.0.0.1:{port[1]}/datamart")
    finally:
        process.terminate()
        process.wait(60)
