"""Client for the few calls of Airflow's REST API that `skyeng up` needs."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

_FINISHED = {"success", "failed"}


@dataclass
class AirflowApi:
    """An Airflow server, called as its administrator."""

    address: str
    password: str = field(repr=False)
    _token: str = field(default="", repr=False)

    def is_healthy(self) -> bool:
        """Whether database, scheduler and DAG processor are all healthy."""
        try:
            parts = self._ask("GET", "/api/v2/monitor/health")
        except (OSError, ValueError):
            return False
        return all(parts[name]["status"] == "healthy" for name in ("metadatabase", "scheduler", "dag_processor"))

    def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, root: str = "/api/v2", **query: Any
    ) -> Any:
        """Call the API, and log in if needed. Raises `OSError` if it does not answer."""
        for _ in range(2):
            self._token = self._token or self._log_in()
            try:
                return self._ask(method, f"{root}{path}{'?' + urlencode(query) if query else ''}", body)
            except urllib.error.HTTPError as exc:
                if exc.code != 401:  # the token has expired
                    raise
                self._token = ""
        raise PermissionError(f"{self.address} refuses the password of admin")

    def finished_runs(self, limit: int = 20) -> list[dict[str, Any]]:
        """The runs that ended last, newest first."""
        runs = self.ask("GET", "/dags/~/dagRuns", order_by="-end_date", limit=limit)["dag_runs"]
        return [run for run in runs if run["state"] in _FINISHED]

    def results(self, run: dict[str, Any]) -> Iterator[Any]:
        """The return values of a run's last tasks. Skipped tasks have none."""
        path = f"/dags/{quote(run['dag_id'])}/dagRuns/{quote(run['dag_run_id'], safe='')}"
        for task in self.ask("GET", f"{path}/taskInstances", limit=100)["task_instances"]:
            last = task["task_id"] == "close" or task["task_id"].endswith("l_update_datamart")
            if last and task["state"] == "success":
                name = quote(task["task_id"])
                yield self.ask("GET", f"{path}/taskInstances/{name}/xcomEntries/return_value", deserialize="true")[
                    "value"
                ]

    def _log_in(self) -> str:
        return self._ask("POST", "/auth/token", {"username": "admin", "password": self.password})["access_token"]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - an address of our own, on loopback
            self.address + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)
