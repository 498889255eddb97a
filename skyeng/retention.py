"""Bounding what Airflow keeps: run history in its metadata, and the logs of its tasks.

A task cannot do it, since Airflow keeps its metadata from them: it is a program beside the scheduler, once a day.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from contextlib import suppress
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
    command = [sys.executable, "-m", "airflow", "db", "clean", "--yes", "--skip-archive", "--error-on-cleanup-failure"]
    done = subprocess.run(  # noqa: S603 - Airflow's own program
        [*command, "--clean-before-timestamp", before.isoformat()], capture_output=True, text=True, check=False
    )
    if done.returncode:
        log.error("airflow db clean ended with status %d: %s", done.returncode, done.stderr[-2000:])
    else:
        log.info("removed run history from before %s", before)
    log.info("removed %d log files that were not written since %s", remove_older(folder, before), before)


def remove_older(folder: Path, before: datetime) -> int:
    """Remove log files that were not written since a moment, and folders that are empty since then; how many files.

    What vanishes meanwhile, or may not be removed, is left alone.
    """
    removed = 0
    # Folders after what is in them, and by the times that they had before.
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
    """Clean once a day, until a signal ends it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s  %(message)s", datefmt="%Y-%m-%d %H:%M:%S")
    try:
        kept = keep_logs()
    except SettingsError as exc:
        sys.exit(str(exc))
    time.sleep(_FIRST.total_seconds())
    while True:
        try:
            clean(datetime.now(UTC) - kept, log_folder())
        except OSError as exc:
            log.error("%s", exc)  # noqa: TRY400 - it is tried again tomorrow
        time.sleep(_EVERY.total_seconds())


if __name__ == "__main__":
    main()
