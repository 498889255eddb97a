"""Programs that we start, watch and end: none outlives us, however we end."""

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

#: How long a program may take to end in order.
_GRACE = 20.0

#: Bytes of a program's log.
_LONGEST_LOG = 10 * 2**20

_PR_SET_CHILD_SUBREAPER = 36


#: Talks to the person.
Say = Callable[[str], None]


@dataclass
class Programs:
    """The programs of one `skyeng up`, each in a session of its own, its output in a file."""

    home: Path
    logs: Path
    _started: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a program; it goes on until `ended` or until `stop`."""
        with signals.deferred(), self._log(name).open("ab") as log:
            self._started[name] = subprocess.Popen(  # noqa: S603 - our own programs
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                start_new_session=True,  # Ctrl-C is for us; we tell them in order
            )
        instance.note(self.home, {**instance.state(self.home), "programs": [*self._identities()]})

    def run(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Run a program to its end. Raises `ProcessFailed` with its last words."""
        self.start(name, command, environment)
        with signals.interruptible():
            status = self._started[name].wait()
        del self._started[name]
        if status:
            raise self._failure(name, f"ended with status {status}")

    def check(self) -> None:
        """Raise `ProcessFailed` if a program has ended by itself. Logs that grew too long begin anew."""
        for name, program in self._started.items():
            bound(self._log(name))
            if program.poll() is not None:
                raise self._failure(name, f"ended by itself, with status {program.returncode}")

    def stop(self) -> None:
        """End all programs and whatever they started."""
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
        self._started.clear()
        instance.note(self.home, {})

    def _identities(self) -> Iterator[tuple[int, float]]:
        """Process numbers are used again: the time of birth belongs to them."""
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
    """Programs for the length of a block, in which signals have an effect only where they are `interruptible`."""
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
    """Put a long log aside, in place of the one before, and go on with an empty one: programs append to it."""
    with suppress(OSError):
        if log.stat().st_size > _LONGEST_LOG:
            with suppress(OSError):  # such as a full disk
                shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)


def end_leftovers(home: Path) -> None:
    """End what an earlier `skyeng up` of this home, that was killed, left running."""
    for pid, born in instance.state(home).get("programs", []):
        with suppress(psutil.Error):
            leader = psutil.Process(pid)
            if abs(leader.create_time() - born) < 1:
                end([leader, *_family(pid)])
    instance.note(home, {})


def _family(pid: int) -> list[psutil.Process]:
    """A program's descendants, and all of its session, also those whose parent is deleted."""
    found: set[psutil.Process] = set()
    with suppress(psutil.Error):
        found.update(psutil.Process(pid).children(recursive=True))
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getsid(process.pid) == pid and process.pid != pid:
                found.add(process)
    return list(found)


def end(processes: Sequence[psutil.Process]) -> None:
    """Ask processes to end, then make them."""
    for process in processes:
        with suppress(psutil.Error):
            process.terminate()
    _, left = psutil.wait_procs(processes, timeout=5)
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=5)


def _adopt_orphans(adopt: bool) -> None:
    """On Linux, children of programs that died become ours, so that they can be found and ended."""
    if sys.platform == "linux":
        with suppress(OSError):
            libc: Any = ctypes.CDLL(None)
            libc.prctl(_PR_SET_CHILD_SUBREAPER, int(adopt), 0, 0, 0)


def wait_until(ready: Any, program: str, started: Programs, seconds: float = 120) -> None:
    """Wait until a condition holds. Raises `ProcessFailed` when a program ends or time is up."""
    deadline = time.monotonic() + seconds
    with signals.interruptible():
        while not ready():
            started.check()
            if time.monotonic() > deadline:
                raise ProcessFailed(
                    f"{program} is not ready after {seconds:.0f} s", where=str(started.logs), remedy="see its log there"
                )
            time.sleep(0.2)
