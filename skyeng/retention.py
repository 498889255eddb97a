"""Bounding what Airflow keeps: run history in its metadata, and the logs of its tasks.

A task cannot do it, since Airflow keeps its metadata from them: it is a program beside the scheduler, once a day.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from skyeng.errors import SettingsError
from skyeng.settings import keep_logs

log = logging.getLogger(__name__)

#: What a start of Airflow costs is not spent while all else starts.
_FIRST, _EVERY = timedelta(minutes=10), timedelta(days=1)


def log_folder() -> Path:
    """Where this Airflow's logs are."""
    home = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser()
    return Path(os.environ.get("AIRFLOW__LOGGING__BASE_LOG_FOLDER") or home / "logs")


def clean(before: datetime, folder: Path) -> None:
    """Delete runs that ended before a moment, with all that belongs to them, and log files not written since then."""
    command = [sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive"]
    done = subprocess.run(  # noqa: S603 - Airflow's own program
        [*command, "--clean-before-timestamp", before.isoformat()], capture_output=True, text=True, check=False
    )
    if done.returncode:
        log.error("airflow db clean ended with status %d: %s", done.returncode, done.stderr[-2000:])
    removed = remove_older(folder, before)
    log.info("removed run history and %d log files from before %s", removed, before)


def remove_older(folder: Path, before: datetime) -> int:
    """Remove files that were not written since a moment, then the folders that are left empty; how many files."""
    old = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
    return len(old)


def main() -> None:
    """Clean once a day, until a signal ends it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    try:
        kept = keep_logs()
    except SettingsError as exc:
        sys.exit(str(exc))
    time.sleep(_FIRST.total_seconds())
    while True:
        clean(datetime.now(UTC) - kept, log_folder())
        time.sleep(_EVERY.total_seconds())


if __name__ == "__main__":
    main()
