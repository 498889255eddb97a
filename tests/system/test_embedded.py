"""The embedded PostgreSQL: shared by processes, stopped by the last, started after any death."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg2
import pytest

from skyeng.errors import EmbeddedServerError
from skyeng.local.embedded_postgres import EmbeddedPostgres

pytestmark = pytest.mark.slow

AWKWARD = "a b'c żółw " + "x" * 110


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / AWKWARD / "postgres"


def postmaster(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])


def answers(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def test_it_starts_in_an_awkward_folder_and_stops_with_its_last_user(folder: Path) -> None:
    first, second = EmbeddedPostgres(folder), EmbeddedPostgres(folder)
    first.start()
    second.start()
    url = second.url("some db")
    assert len(str(second.socket_directory)) <= 80
    first.stop()
    assert answers(url)
    second.stop()
    assert not answers(url)
    assert not (folder / "data" / "postmaster.pid").exists()


def test_what_was_written_is_there_after_a_crash(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    with psycopg2.connect(server.url("kept")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t AS SELECT 42 AS x")
    connection.close()
    psutil.Process(postmaster(folder)).kill()
    server.stop()
    again = EmbeddedPostgres(folder)
    again.start()
    with psycopg2.connect(again.url("kept")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT x FROM t")
        assert cursor.fetchone() == (42,)
    connection.close()
    again.stop()


def test_a_pid_file_of_a_number_that_another_process_has_now_is_no_obstacle(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()
    stale = folder / "data" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{folder / 'data'}\n")
    shutil.chown(stale, (folder / "data").stat().st_uid)
    server.start()
    assert answers(server.url("postgres"))
    server.stop()


def test_a_folder_deleted_under_a_running_server_is_no_obstacle(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    pid = postmaster(folder)
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)  # the server removes files itself once it misses its own
    successor = EmbeddedPostgres(folder)
    successor.start()
    assert answers(successor.url("postgres"))
    successor.stop()
    psutil.Process(pid).send_signal(signal.SIGQUIT)


def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    """As an initdb that was killed leaves it."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "global").mkdir()
    server = EmbeddedPostgres(folder)
    server.start()
    assert answers(server.url("postgres"))
    server.stop()


def test_many_processes_start_it_at_once(folder: Path) -> None:
    code = f"""
from pathlib import Path
from skyeng.local.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path({str(folder)!r})); server.start(); print(server.url("together"))"""
    started = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(6)]
    urls = {process.communicate(timeout=60)[0].strip() for process in started}
    assert [process.returncode for process in started] == [0] * 6
    assert len(urls) == 1
    time.sleep(0.2)
    assert not (folder / "data" / "postmaster.pid").exists(), "the last one stopped it"


def test_a_server_that_cannot_start_shows_its_log(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    server.start()
    server.stop()
    with (folder / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("\nnosuch_setting = 1\n")
    with pytest.raises(EmbeddedServerError, match="does not start") as caught:
        server.start()
    assert "nosuch_setting" in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs all other tests as such")
def test_an_ordinary_user_needs_no_other(tmp_path: Path) -> None:
    """Root's server runs as another user, an ordinary user's as himself: here that one is tried."""
    user = pwd.getpwnam("nobody")
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, user.pw_uid, user.pw_gid)
    for part in home.parents:
        part.chmod(part.stat().st_mode | 0o001)
    code = f"""
import os
from skyeng.local.embedded_postgres import EmbeddedPostgres
from pathlib import Path
os.setgid({user.pw_gid}); os.setuid({user.pw_uid})
server = EmbeddedPostgres(Path({str(home)!r}) / "postgres")
server.start(); print(server.url("mine")); server.stop()"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"HOME": str(home), "TMPDIR": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "/mine?" in done.stdout
