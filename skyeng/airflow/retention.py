"""Limits the data that Airflow retains: run history in its metadata, and the logs of its tasks.

A task cannot do this, because Airflow gives tasks no access to its metadata. So it is a program that runs beside the
scheduler, and cleans once a day.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from skyeng.config import keep_logs
from skyeng.errors import SettingsError

log = logging.getLogger(__name__)

#: The first cleanup is delayed: it starts Airflow, which is slow, and must not delay the start of everything else.
_FIRST, _EVERY = timedelta(minutes=10), timedelta(days=1)


def clean(before: datetime) -> None:
    """Remove log files that were not written since `before`, and runs that ended before it, with all their data.

    Raises `OSError` if a command of Airflow fails.
    """
    removed = remove_older(log_folder(), before)
    log.info("removed %d log files that were not written since %s", removed, before)
    remove_runs(before)
    log.info("removed run history from before %s", before)


def remove_runs(before: datetime) -> None:
    """Delete runs that ended before a time from Airflow's metadata. Raises `OSError` if Airflow does not do so."""
    moment = ("--clean-before-timestamp", before.isoformat())
    said = _airflow("db", "clean", "--yes", "--skip-archive", "--error-on-cleanup-failure", *moment)
    if "Table dag_run not found" in said:
        raise OSError(
            "airflow db clean found no runs to choose from: the metadata database has no tables. Set"
            " AIRFLOW__DATABASE__SQL_ALCHEMY_CONN as for the scheduler"
        )


def log_folder() -> Path:
    """The folder of this Airflow's logs, however Airflow is configured. Raises `OSError` if Airflow fails."""
    return Path(_airflow("config", "get-value", "logging", "base_log_folder").splitlines()[-1])


def _airflow(*arguments: str) -> str:
    """The output of an Airflow command. Raises `OSError` if it fails."""
    done = subprocess.run(  # noqa: S603 - Airflow's own program
        [sys.executable, "-m", "airflow", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        command = " ".join(arguments[:2])
        raise OSError(f"airflow {command} ended with status {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def remove_older(folder: Path, before: datetime) -> int:
    """Remove log files that were not written since `before`, and empty folders of that age. Returns the file count.

    A path that disappears meanwhile, or that may not be removed, is skipped.
    """
    removed = 0
    # The content of a folder comes before the folder. Times are read first, because a removal changes the folder's.
    for path, written in [(it, it.lstat().st_mtime) for it in sorted(folder.rglob("*"), reverse=True)]:
        with suppress(OSError):
            if path.is_dir() and not path.is_symlink():
                if written < before.timestamp():
                    path.rmdir()
            elif written < before.timestamp() and ".log" in path.name:
                path.unlink()
                removed += 1
    return removed


def main() -> None:
    """Clean once a day, until a signal ends the program."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    try:
        kept = keep_logs()
    except SettingsError as exc:
        sys.exit(str(exc))
    time.sleep(_FIRST.total_seconds())
    while True:
        try:
            clean(datetime.now(UTC) - kept)
        except OSError as exc:
            log.error("%s", exc)  # noqa: TRY400 - it is tried again tomorrow
        time.sleep(_EVERY.total_seconds())


if __name__ == "__main__":
    main()
