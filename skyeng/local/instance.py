"""What `skyeng up` runs in a home: one at a time, and known to the other commands.

The lock is the kernel's and goes with the process, however that ends; the file beside it may
outlive it and is believed only while the lock is held.
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
    """Where `skyeng up` keeps what is its own."""
    return home.absolute() / "up"


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Be the only `skyeng up` of a home. Raises `AlreadyRunning` that says where the other is."""
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
    """Try for half a second: somebody may just be asking whether the lock is held."""
    for _ in range(10):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
        else:
            return True
    return False


def is_up(home: Path) -> bool:
    """Whether a `skyeng up` of this home lives."""
    try:
        with (folder(home) / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def note(home: Path, facts: Mapping[str, Any]) -> None:
    """Write down what runs."""
    keep(folder(home) / "state.json", facts)


def keep(path: Path, facts: Mapping[str, Any]) -> None:
    """Write a file that its owner alone may read, all of it or nothing."""
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    beside.touch(mode=0o600)
    beside.write_text(json.dumps(facts, indent=1))
    beside.replace(path)


def state(home: Path) -> dict[str, Any]:
    """What was written down last; empty if nothing was."""
    try:
        return json.loads((folder(home) / "state.json").read_text())
    except (OSError, ValueError):
        return {}


def datamart_url(home: Path) -> str | None:
    """Where the datamart is served while `skyeng up` has its files; None otherwise."""
    return state(home).get("datamart") if is_up(home) else None
