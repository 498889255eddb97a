"""The command: it reads passwords from the environment, prints one line when it is ready, and stops in order."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from skyeng.errors import ConnectionFailed, EmbeddedServerError, SettingsError, SkyengError
from skyeng.local.clickhouse_http.access import ANALYST, LOADER, Users
from skyeng.local.clickhouse_http.engine import Engine
from skyeng.local.clickhouse_http.server import ClickHouseHttpServer

_VARIABLES = {LOADER: "SKYENG_STANDIN_LOADER_PASSWORD", ANALYST: "SKYENG_STANDIN_ANALYST_PASSWORD"}
_ENDING = (signal.SIGTERM, signal.SIGINT)
_GRACE_PERIOD = 5.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Exit codes: 0 after these, 1 for a folder or port in use, 2 for wrong usage."""
    options = _options(arguments)
    try:
        _serve(options.folder, options.port, _users(os.environ))
    except SkyengError as exc:
        print(f"skyeng.local.clickhouse_http: {exc.what}", file=sys.stderr)
        return exc.exit_code
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m skyeng.local.clickhouse_http",
        description="ClickHouse's HTTP interface over chDB, on loopback: the local endpoint of `skyeng up`.",
        epilog=f"Passwords are read from {' and '.join(_VARIABLES.values())}.",
    )
    parser.add_argument("--folder", type=Path, required=True, help="the data; made where it does not exist")
    parser.add_argument("--port", type=_port, required=True, help="0 for any that is free")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return int(text)


def _users(environment: MutableMapping[str, str]) -> Users:
    """The users. Their passwords are removed from the environment, so that no child process inherits them."""
    passwords = {name: environment.pop(variable, "") for name, variable in _VARIABLES.items()}
    missing = [_VARIABLES[name] for name, password in passwords.items() if not password]
    if missing:
        raise SettingsError(f"no password for {' and '.join(passwords)}: set {' and '.join(missing)}")
    return Users(passwords)


def _serve(folder: Path, port: int, users: Users) -> None:
    whole = _folder(folder)
    with _port_or_error(port):
        server = ClickHouseHttpServer(port, users)
    # `sigwait` below receives them, not a handler: chDB sets its own handler while a query runs.
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    engine = Engine(whole)
    with _port_or_error(port):
        server.serve(engine)
    print(
        f"skyeng.local.clickhouse_http: ready at http://127.0.0.1:{server.server_port}, chDB {engine.version}",
        file=sys.stderr,
        flush=True,
    )
    signal.sigwait(_ENDING)
    if server.stop(_GRACE_PERIOD):
        engine.close()
    # Threads of idle connections still wait for their clients, and would keep the process alive.
    sys.stderr.flush()
    os._exit(0)


@contextmanager
def _port_or_error(port: int) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ConnectionFailed(f"port {port} cannot be listened on: {exc.strerror}") from exc


def _folder(folder: Path) -> Path:
    whole = folder.expanduser().resolve()
    if "?" in str(whole):
        raise SettingsError(f"the folder's path has a question mark, which chDB cannot open: {whole}")
    try:
        whole.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise EmbeddedServerError(f"the folder cannot be made: {whole}: {exc.strerror}") from exc
    return whole
