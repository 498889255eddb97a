"""What watches the loads: metrics over HTTP, and messages to a real hook and a real mail server."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from prometheus_client import generate_latest
from prometheus_client.registry import CollectorRegistry

from conftest import World
from receivers import hook, mailbox
from skyeng.cli.main import cli
from skyeng.errors import SettingsError
from skyeng.local.up.setup import Ports
from skyeng.watch.alerts import Alerts
from skyeng.watch.conditions import Alarms
from skyeng.watch.metrics import METRICS
from skyeng.watch.watcher import Watcher

pytestmark = pytest.mark.slow

SECRET = "s3cret-word"  # noqa: S105


def test_a_hook_and_a_mailbox_are_told() -> None:
    with hook() as (address, posted), mailbox() as (port, letters):
        mail = f"mailto://127.0.0.1:{port}?from=skyeng@example.org&to=ops@example.org&mode=insecure"
        alerts = Alerts.read({"SKYENG_ALERTS": f"{address}/hook?token={SECRET}, {mail}"})
        assert alerts.send("skyeng: courses", "the load is late")
    told = [(it["title"], it["message"], it["path"]) for it in posted]
    assert told == [("skyeng: courses", "the load is late", f"/hook?token={SECRET}")]
    assert len(letters) == 1
    assert "ops@example.org" in letters[0]
    assert "the load is late" in letters[0]
    assert SECRET not in repr(alerts)


def test_who_cannot_be_told_is_logged_without_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    with hook() as (address, posted):
        alerts = Alerts.read({"SKYENG_ALERTS": f"{address}/broken?token={SECRET} {address}/fine"})
        with caplog.at_level(logging.WARNING):
            assert not alerts.send("title", "text")
    assert len(posted) == 2, "the second is told all the same"
    assert "SKYENG_ALERTS: URL number 1 took no message: title" in caplog.text
    assert SECRET not in caplog.text


def test_a_url_that_means_nothing_is_refused_without_being_shown() -> None:
    with pytest.raises(SettingsError, match="SKYENG_ALERTS: URL number 2 cannot be used") as refused:
        Alerts.read({"SKYENG_ALERTS": f"https://example.org/hook nonsense://user:{SECRET}@host"})
    assert SECRET not in str(refused.value)
    assert Alerts.read({}).urls == ()
    assert Alerts.read({}).send("nobody", "is told")


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


def watcher(world: World, told: list[tuple[str, str]], late: timedelta) -> Watcher:
    def tell(title: str, text: str) -> bool:
        told.append((title, text))
        return True

    return Watcher([world.model], world.stores, late, Alarms(tell))


def test_what_did_not_reach_people_is_told_again() -> None:
    told: list[str] = []
    reached = iter([False, True, False, True])

    def tell(title: str, _: str) -> bool:
        told.append(title)
        return next(reached)

    alarms = Alarms(tell)
    for holding in ({"late": "since noon"},) * 3 + ({},) * 3:
        alarms.update(holding)
    assert told == ["late", "late", "over: late", "over: late"]


def test_a_load_that_is_late_is_told_once_and_when_it_is_over(school: World, told: list[tuple[str, str]]) -> None:
    school.run()
    watching = watcher(school, told, timedelta(seconds=1.5))
    watching.look()
    assert told == []
    time.sleep(2)
    watching.look()
    watching.look()
    assert [title for title, _ in told] == ["courses: the load is late"]
    assert "the last one was closed at" in told[0][1]
    school.run()  # nothing is new: that is a load as well
    watching.look()
    assert [title for title, _ in told[1:]] == ["over: courses: the load is late"]


def test_what_was_late_before_it_was_watched_has_its_time(school: World, told: list[tuple[str, str]]) -> None:
    """A laptop that is opened in the morning alarms nobody."""
    school.run()
    school.vault("UPDATE control.loads SET finished_at = finished_at - interval '1 day' RETURNING 1")
    watching = watcher(school, told, timedelta(seconds=1))
    watching.look()
    assert told == []
    time.sleep(1.2)
    watching.look()
    assert [title for title, _ in told] == ["courses: the load is late"]


def test_a_mart_that_is_behind_is_told(school: World, told: list[tuple[str, str]]) -> None:
    school.run()
    watching = watcher(school, told, timedelta(seconds=1))
    watching.look()
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 1")
    school.run(only="to_datawarehouse")
    time.sleep(1.2)
    school.run(only="to_datawarehouse")
    watching.look()
    assert [title for title, _ in told] == ["courses: dm_courses_modules_lessons_streams is behind"]
    assert "it lacks 1 loads" in told[0][1]
    school.run()
    watching.look()
    assert told[1][0] == "over: courses: dm_courses_modules_lessons_streams is behind"


def test_a_server_that_is_down_is_told_after_a_while(school: World, told: list[tuple[str, str]]) -> None:
    watching = watcher(school, told, timedelta(seconds=1))
    school.run()
    watching.look()
    time.sleep(1.2)
    watching.look()
    assert [title for title, _ in told] == ["courses: the load is late"]
    told.clear()
    school.vault("ALTER SCHEMA control RENAME TO hidden; SELECT 1")
    try:
        watching.look()
        assert told == [], "nor is it told that the load is late no more"
        assert value(watching, "skyeng_up") == 0
        time.sleep(1.2)
        watching.look()
    finally:
        school.vault("ALTER SCHEMA hidden RENAME TO control; SELECT 1")
    assert [title for title, _ in told] == ["courses cannot be asked"]
    watching.look()
    assert "over: courses cannot be asked" in [title for title, _ in told]
    assert value(watching, "skyeng_up") == 1


def value(watching: Watcher, name: str, **labels: str) -> float | None:
    registry = CollectorRegistry()
    registry.register(watching.seen)
    assert generate_latest(registry)
    return registry.get_sample_value(name, {"model": "courses", **labels})


def test_metrics_say_what_the_register_says(school: World, told: list[tuple[str, str]]) -> None:
    school.run()
    school.change(
        "UPDATE stream_module_lesson SET title = 'New' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id = 2"
    )
    school.run(only="to_datawarehouse")
    watching = watcher(school, told, timedelta(minutes=1))
    watching.look()
    mart = {"mart": "dm_courses_modules_lessons_streams"}
    assert value(watching, "skyeng_loads_total", status="closed") == 2
    assert value(watching, "skyeng_loads_total", status="rolled back") == 0
    changes = [value(watching, "skyeng_rows_total", feed="courses", change=it) for it in ("new", "changed", "deleted")]
    assert changes == [36, 1, 1]
    assert value(watching, "skyeng_rows_active", feed="courses") == 35
    assert value(watching, "skyeng_mart_loads_behind", **mart) == 1
    assert value(watching, "skyeng_mart_rows", **mart) == 36
    assert value(watching, "skyeng_mart_differences", **mart) == 0
    last = value(watching, "skyeng_last_load_timestamp_seconds") or 0
    assert abs(datetime.now(UTC).timestamp() - last) < 60
    assert (value(watching, "skyeng_mart_newest_load_timestamp_seconds", **mart) or 0) < last
    assert (value(watching, "skyeng_last_load_duration_seconds") or 0) > 0


def test_every_metric_is_documented() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text()
    assert [name for name in METRICS if f"`{name}`" not in documented] == []


def test_watch_serves_metrics_until_it_is_ended(school: World, tmp_path: Path) -> None:
    school.run(only="to_datawarehouse")
    port = Ports(0, 0, 0, 0).taken().airflow
    stores = school.stores
    urls = {"PG_DATASOURCE_URL": stores.source.url, "PG_DATAWAREHOUSE_URL": stores.warehouse.url}
    environment = {**os.environ, **urls, "SKYENG_HOME": str(tmp_path), "SKYENG_ALERTS": ""}
    command = [sys.executable, "-m", "skyeng"]
    subprocess.run([*command, "migrate"], env=environment, check=True, capture_output=True)
    command += ["watch", "courses", "--port", str(port), "--every", "1"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as watching:
        try:
            page = wait_for(lambda: scraped(port, "skyeng_loads_total"), watching)
        finally:
            watching.send_signal(signal.SIGTERM)
        assert watching.stderr
        said = watching.stderr.read()
        assert watching.wait(30) == 128 + signal.SIGTERM
    assert 'skyeng_loads_total{model="courses",status="closed"} 1.0' in page
    assert 'skyeng_mart_loads_behind{mart="dm_courses_modules_lessons_streams",model="courses"} 1.0' in page
    assert f"watching courses: http://127.0.0.1:{port}/metrics" in said
    assert "Traceback" not in said


def scraped(port: int, name: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        page = answer.read().decode()
    return page if f"{name}{{" in page else ""


def wait_for(found: Callable[[], str], watching: subprocess.Popen[str]) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert watching.poll() is None, watching.stderr.read() if watching.stderr else ""
        try:
            if page := found():
                return page
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("waited in vain")


def test_a_port_in_use_is_named(school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_DATASOURCE_URL", school.stores.source.url)
    monkeypatch.setenv("PG_DATAWAREHOUSE_URL", school.stores.warehouse.url)
    with mailbox() as (port, _):
        refused = CliRunner().invoke(cli, ["watch", "courses", "--port", str(port)])
    assert refused.exit_code == 1
    assert f"port {port} cannot be used" in refused.stderr
