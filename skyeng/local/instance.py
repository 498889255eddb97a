"""The instance of `skyeng up` in a home: only one at a time, and other commands can find it.

The lock is a file lock of the kernel. It is released when the process ends, for whatever reason. The state file can
outlive the process, so it is valid only while the lock is held.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from skyeng.errors import AlreadyRunning


def folder(home: Path) -> Path:
    """The folder with the files of `skyeng up`."""
    return home.absolute() / "up"


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the lock that makes this process the only `skyeng up` of a home.

    Raises `AlreadyRunning`, with the address of the other instance if it is known.
    """
    folder(home).mkdir(parents=True, exist_ok=True)
    with (folder(home) / "lock").open("ab") as lock:
        if not _locked(lock):
            address = state(home).get("airflow")
            raise AlreadyRunning(
                f"skyeng up runs already{f': Airflow is at {address}' if address else ''}",
                where=str(home),
                remedy="use that one, or end it with Ctrl-C; another SKYENG_HOME and other ports make a second",
            )
        yield


def _locked(lock: IO[bytes]) -> bool:
    """Try to take the lock for half a second: another process may hold it briefly to test it."""
    for _ in range(10):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def is_up(home: Path) -> bool:
    """Whether an instance of `skyeng up` runs in this home."""
    try:
        with (folder(home) / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def note(home: Path, facts: Mapping[str, Any]) -> None:
    """Store the state of the instance."""
    keep(folder(home) / "state.json", facts)


def keep(path: Path, facts: Mapping[str, Any]) -> None:
    """Write a file that only its owner can read. The write is atomic."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(facts, indent=1))
    beside.replace(path)


def state(home: Path) -> dict[str, Any]:
    """The stored state; empty if there is none."""
    try:
        return json.loads((folder(home) / "state.json").read_text())
    except (OSError, ValueError):
        return {}


def datamart_url(home: Path) -> str | None:
    """The URL of the datamart while `skyeng up` holds its files; None otherwise."""
    return state(home).get("datamart") if is_up(home) else None
