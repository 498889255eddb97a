"""The cost of a phase, measured inside its process: seconds, memory, CPU, bytes of rows, WAL.

Linux only: peak memory and the server's CPU are read from /proc.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from skyeng.db import pipe
from skyeng.db.stores import Stores


def peak_mb(pid: int | str = "self") -> int:
    """Peak resident memory of one process in MB, without its children.

    `ru_maxrss` is not used, because it survives `exec`: a small process would report the peak of the large one that
    started it.
    """
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    raise LookupError(f"process {pid} has no memory of its own")


def postmaster(home: Path) -> psutil.Process:
    """The embedded server's first process, the parent of all its other processes."""
    return psutil.Process(int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0]))


def server_cpu(server: psutil.Process) -> float:
    """CPU seconds of the server so far, including backends that have ended."""
    while True:
        before = server.cpu_times()
        try:
            live = [child.cpu_times() for child in server.children()]
        except psutil.NoSuchProcess:
            continue  # it has ended, and its time now counts with its parent
        after = server.cpu_times()
        if (before.children_user, before.children_system) == (after.children_user, after.children_system):
            own = after.user + after.system + after.children_user + after.children_system
            return own + sum(times.user + times.system for times in live)


def settle(url: str) -> int:
    """Let the server write pending data of earlier phases. Returns the WAL position after that."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")
    finally:
        connection.close()
    return wal_position(url)


def wal_position(url: str) -> int:
    """Bytes of WAL that the server has written since it was created."""
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint")
            return (cursor.fetchone() or (0,))[0]
    finally:
        connection.close()


@dataclass
class Moved:
    """The number of bytes that passed through our pipes."""

    bytes: int = 0


def watch_pipes() -> Moved:
    """Count the bytes in all pipes that this process opens from now on."""
    moved = Moved()

    class Counted(FileIO):
        """The writing end of a pipe, below its buffer: a call moves up to a megabyte here, but one row above it."""

        def write(self, data: Any, /) -> int:
            written = super().write(data)
            moved.bytes += written
            return written

    pipe.FileIO = Counted
    return moved


def measured(home: Path, stores: Stores, work: Callable[[], Any]) -> dict[str, Any]:
    """Do a piece of work. Returns its result under `done`, and its cost."""
    moved, server = watch_pipes(), postmaster(home)
    written, served = settle(stores.warehouse.url), server_cpu(server)
    ours, begun = _own_cpu(), time.perf_counter()
    done = work()
    seconds = time.perf_counter() - begun
    return {
        "seconds": round(seconds, 3),
        "peak_mb": peak_mb(),
        "cpu_ours": round(_own_cpu() - ours, 2),
        "cpu_postgres": round(server_cpu(server) - served, 2),
        "bytes_piped": moved.bytes,
        "wal_bytes": wal_position(stores.warehouse.url) - written,
        "done": done,
    }


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
