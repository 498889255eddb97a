"""Signals at any moment: nothing that we started is left, and nothing is cut in two."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from samples import LONG
from skyeng.local import instance, signals

#: As `skyeng up` does it: three programs, each with a child, and a server; small ones.
SUPERVISOR = """
import sys, time
from pathlib import Path
from skyeng.local import signals
from skyeng.local.up.processes import programs, wait_until
home = Path(sys.argv[1])
signals.end_in_order()
print("begun", flush=True)
try:
    with programs(home, print) as started:
        started.run("short", ["true"], {"MARK": str(home)})
        for name in ("first", "second", "third"):
            started.start(name, ["sh", "-c", "sleep 1000 & sleep 1000 & wait"], {"MARK": str(home)})
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() > begun + 0.2, "the programs", started)
        with signals.interruptible():
            time.sleep(1000)
finally:
    signals.ignore()
"""

SERVER = """
import sys, time
from pathlib import Path
from skyeng.local import signals
from skyeng.local.embedded_postgres import EmbeddedPostgres
signals.end_in_order()
server = EmbeddedPostgres(Path(sys.argv[1]))
print("begun", flush=True)
try:
    server.start()
    time.sleep(float(sys.argv[2]))
    server.stop()
finally:
    signals.ignore()
"""


def test_no_pair_of_signals_leaves_a_program(tmp_path: Path) -> None:
    """Two signals at random distances, and a third while all is ended: what a terminal does that is closed."""
    chosen = random.Random(14)  # noqa: S311
    for number in range(200 if LONG else 6):
        home = tmp_path / str(number)
        first, *others = (chosen.choice(signals.ENDING) for _ in range(3))
        waits = [chosen.uniform(0, longest) for longest in (0.6, chosen.choice([0.001, 0.05]), 0.3)]
        status = told_to_end([SUPERVISOR, str(home)], dict(zip(waits, (first, *others), strict=True)))
        told = f"pair {number}: signals {first}, {others} after {waits}, status {status}"
        assert status in (-signal.SIGINT, 1, 128 + first, *(128 + it for it in others)), told
        assert left_of(home) == [], told
        assert not instance.is_up(home)


def test_waiting_for_a_server_that_another_command_starts_may_be_broken_off(tmp_path: Path) -> None:
    with (tmp_path / "starting.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status = told_to_end([SERVER, str(tmp_path), "0"], {0.5: signal.SIGINT})
    assert status == -signal.SIGINT
    assert [it.name for it in tmp_path.iterdir()] == ["starting.lock"]


@pytest.mark.slow
def test_no_pair_of_signals_leaves_a_server(tmp_path: Path) -> None:
    """The same of the embedded server, which any command may start."""
    chosen = random.Random(15)  # noqa: S311
    for number in range(60 if LONG else 5):
        waits = chosen.uniform(0, 1.2), chosen.uniform(0, 0.05)
        numbers = chosen.choice(signals.ENDING), chosen.choice(signals.ENDING)
        arguments = [SERVER, str(tmp_path), str(chosen.uniform(0, 0.5))]
        status = told_to_end(arguments, dict(zip(waits, numbers, strict=True)))
        told = f"pair {number}: signals {numbers} after {waits}, status {status}"
        assert not (tmp_path / "data" / "postmaster.pid").exists(), told


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="takes six minutes; SKYENG_LONG=1 runs it")
def test_no_pair_of_signals_to_skyeng_up_leaves_anything(tmp_path: Path) -> None:
    """A terminal that is closed, at ten moments from the first instant to all of Airflow at work."""
    chosen = random.Random(16)  # noqa: S311
    ports = [f"--{name}-port=0" for name in ("airflow", "postgres", "clickhouse", "metrics")]
    for number in range(10):
        waits = number * 6 + chosen.uniform(0, 6), chosen.uniform(0, 0.05)
        home = tmp_path / "a home"
        environment = {**os.environ, "SKYENG_HOME": str(home), "MARK": str(home)}
        command = [sys.executable, "-m", "skyeng", "up", *ports]
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, preexec_fn=heed_all
        ) as up:
            assert up.stderr
            up.stderr.readline()  # the first servers are being started
            for wait in waits:
                time.sleep(wait)
                up.send_signal(signal.SIGHUP)
            up.stderr.close()  # the terminal is gone
            try:
                status = up.wait(120)
            finally:
                up.terminate()
        told = f"pair {number}: after {waits}, status {status}"
        assert status == 128 + signal.SIGHUP, told
        assert left_of(home) == [], told
        assert not (home / "postgres" / "data" / "postmaster.pid").exists(), told


def told_to_end(arguments: list[str], told: dict[float, int]) -> int:
    """A program's status, after signals with so many seconds before each."""
    command = [sys.executable, "-c", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, preexec_fn=heed_all
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        try:
            for wait, number in told.items():
                time.sleep(wait)
                process.send_signal(number)
            return process.wait(60)
        finally:
            process.kill()


def heed_all() -> None:
    """A test that runs in the background was told to ignore some."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def left_of(home: Path) -> list[psutil.Process]:
    """Processes that carry the mark of a home."""
    mark = f"MARK={home}".encode()
    return [process for process in psutil.process_iter() if mark in environment_of(process).split(b"\0")]


def environment_of(process: psutil.Process) -> bytes:
    try:
        return Path(f"/proc/{process.pid}/environ").read_bytes()
    except OSError:
        return b""


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Heeded, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_a_signal_takes_effect_where_it_is_heeded_and_once() -> None:
    done: list[str] = []

    def work() -> None:
        with signals.deferred():
            try:
                signal.raise_signal(signal.SIGINT)
                done.append("deferred")
                with signals.interruptible():
                    done.append("heeded")
            finally:
                signal.raise_signal(signal.SIGINT)
                with signals.interruptible():
                    signal.raise_signal(signal.SIGTERM)
                    done.append("tidied up")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["deferred", "tidied up"]


@pytest.mark.usefixtures("ctrl_c")
def test_a_signal_that_was_swallowed_leaves_nobody_deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python itself swallows an exception that is raised within `__del__`."""
    monkeypatch.setattr(signals, "_DEAF_SECONDS", 0.2)
    done: list[str] = []

    def work() -> None:
        with signals.deferred():
            with suppress(KeyboardInterrupt), signals.interruptible():
                signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            with signals.interruptible():
                done.append("goes on")
                time.sleep(0.3)
                signal.raise_signal(signal.SIGINT)
                done.append("deaf")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["goes on"]


@pytest.mark.usefixtures("ctrl_c")
def test_a_signal_that_nothing_heeded_takes_effect_at_the_end() -> None:
    done: list[str] = []

    def work() -> None:
        with signals.interruptible(), signals.deferred():
            with signals.deferred():
                signal.raise_signal(signal.SIGINT)
            done.append("the outer block goes on")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done
    before = signal.getsignal(signal.SIGTERM)
    with signals.deferred():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_is_started_ends_also_where_nobody_hears_of_it(tmp_path: Path) -> None:
    """`./run up | tee log`, and Ctrl-C ends tee first."""
    script = SUPERVISOR.replace("programs(home, print)", "programs(home, say)")
    script = "from skyeng.cli.show import say\n" + script
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heed_all) as process:
        assert process.stdout
        assert process.stdout.readline() == b"begun\n"
        assert process.stderr
        process.stderr.close()
        time.sleep(0.3)
        process.send_signal(signal.SIGHUP)
        assert process.wait(60) == 128 + signal.SIGHUP
    assert left_of(tmp_path) == []


def test_what_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.deferred(), signals.interruptible():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
