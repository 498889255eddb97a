"""Programs that we start, watch and end.

If this process is killed, the next `skyeng up` of the same home ends the programs that are left.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from skyeng.errors import ProcessFailed
from skyeng.local import instance, signals

#: Grace period in seconds for programs to end.
_GRACE = 20.0
#: How often processes that were forked while others ended are looked for.
_SWEEPS = 5

#: Maximum size of a program's log in bytes.
_LONGEST_LOG = 10 * 2**20

_PR_SET_CHILD_SUBREAPER = 36


#: Prints a message for the user.
Say = Callable[[str], None]


@dataclass
class Programs:
    """The programs of one `skyeng up`. Each has its own session, and writes its output to a file."""

    home: Path
    logs: Path
    _started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a program. It runs until it ends by itself, or until `stop`."""
        with signals.deferred(), self._log(name).open("ab") as log:
            self._started[name] = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,  # Ctrl-C must reach only us: `stop` ends the programs
            )
        instance.note(self.home, {**instance.state(self.home), "programs": [*self._identities()]})

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a program to its end. Raises `ProcessFailed`, with the end of its log, if it fails."""
        self.start(name, command, environment)
        with signals.interruptible():
            status = self._started[name].wait()
        del self._started[name]
        if status:
            raise self._failure(name, f"ended with status {status}")

    def check(self) -> None:
        """Raise `ProcessFailed` if a program has ended by itself. Rotate logs that are too long."""
        for name, program in self._started.items():
            bound(self._log(name))
            if program.poll() is not None:
                raise self._failure(name, f"ended by itself, with status {program.returncode}")

    def stop(self) -> None:
        """End all programs and all processes that they started."""
        families = {name: _family(program.pid) for name, program in self._started.items()}
        for program in self._started.values():
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        for name, program in self._started.items():
            with suppress(subprocess.TimeoutExpired):
                program.wait(max(0.1, deadline - time.monotonic()))
            end([*families[name], *_family(program.pid)])
            if program.poll() is None:
                program.kill()
            # What was forked meanwhile is still in the session of its program.
            for _ in range(_SWEEPS):
                if not (forked := _family(program.pid)):
                    break
                end(forked)
        self._started.clear()
        instance.note(self.home, {})

    def _identities(self) -> Iterator[tuple[int, float]]:
        """Process id and start time of each program: the system reuses process ids."""
        for program in self._started.values():
            with suppress(psutil.Error):
                yield program.pid, psutil.Process(program.pid).create_time()

    def _failure(self, name: str, what: str) -> ProcessFailed:
        last = self._log(name).read_text(errors="replace").splitlines()[-8:]
        return ProcessFailed(
            f"{name} {what}", where="\n".join([str(self._log(name)), *last]), remedy="see the log for the reason"
        )

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


@contextmanager
def programs(home: Path, say: Say) -> Iterator[Programs]:
    """Programs for the length of a block. In it, signals take effect only in `interruptible` parts."""
    logs = instance.folder(home) / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    for old in logs.glob("*.log*"):
        old.unlink()
    started = Programs(home, logs)
    with signals.deferred():
        _adopt_orphans(True)
        try:
            yield started
        finally:
            try:
                with suppress(OSError):  # the terminal may be closed
                    say("stopping")
            finally:
                started.stop()
                _adopt_orphans(False)


def bound(log: Path) -> None:
    """Rotate a log that is too long. It is copied and truncated, because programs continue to append to it."""
    with suppress(OSError):
        if log.stat().st_size > _LONGEST_LOG:
            with suppress(OSError):  # such as a full disk
                shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


def end_leftovers(home: Path) -> None:
    """End the programs that a killed `skyeng up` of this home left running."""
    for pid, born in instance.state(home).get("programs", []):
        with suppress(psutil.Error):
            leader = psutil.Process(pid)
            if abs(leader.create_time() - born) < 1:
                end([leader, *_family(pid)])
    instance.note(home, {})


def _family(pid: int) -> list[psutil.Process]:
    """The descendants of a program, and all processes of its session, also those whose parent has exited."""
    found: set[psutil.Process] = set()
    with suppress(psutil.Error):
        found.update(psutil.Process(pid).children(recursive=True))
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getsid(process.pid) == pid and process.pid != pid:
                found.add(process)
    return list(found)


def end(processes: Sequence[psutil.Process]) -> None:
    """Terminate processes, and kill those that do not end."""
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _, left = psutil.wait_procs(processes, timeout=5)
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=5)


def _adopt_orphans(adopt: bool) -> None:
    """On Linux, make orphaned descendants children of this process, so that it can find and end them."""
    if sys.platform == "linux":
        with suppress(OSError):
            libc: Any = ctypes.CDLL(None)
            libc.prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


def wait_until(ready: Any, program: str, started: Programs, seconds: float = 120) -> None:
    """Wait until a condition is true. Raises `ProcessFailed` if a program ends or the time is up."""
    deadline = time.monotonic() + seconds
    with signals.interruptible():
        while not ready():
            started.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(
                    f"{program} is not ready after {seconds:.0f} s", where=str(started.logs), remedy="see its log there"
                )
            time.sleep(0.2)
