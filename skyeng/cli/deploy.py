"""`skyeng deploy`: set a deployment up. It runs at the first start and again at every later one."""

from __future__ import annotations

import os

import click

from skyeng import provisioning
from skyeng.cli import show
from skyeng.cli.model import model_argument
from skyeng.config import Settings
from skyeng.local.stores import opened
from skyeng.model import load_model
from skyeng.provisioning import Login

READER_PASSWORD = "SKYENG_READER_PASSWORD"  # noqa: S105 - the variable's name
ANALYST_PASSWORD = "SKYENG_ANALYST_PASSWORD"  # noqa: S105

_PASSWORDS = f"""
\b
Passwords are taken from the environment only; a role without one is not made:
  {READER_PASSWORD}    of the role that reads the datasource
  {ANALYST_PASSWORD}   of the user that reads the datamart
"""


@click.command(epilog=_PASSWORDS)
@model_argument
@click.option(
    "--sample", is_flag=True, envvar="SKYENG_SAMPLE", show_envvar=True, help="Fill a datasource without tables."
)
@click.option(
    "--reader",
    default="reader",
    show_default=True,
    envvar="SKYENG_READER",
    show_envvar=True,
    help="Role that may SELECT from the datasource.",
)
@click.option(
    "--analyst",
    default="analyst",
    show_default=True,
    envvar="SKYENG_ANALYST",
    show_envvar=True,
    help="User that may SELECT from the datamart.",
)
def deploy(model: str | None, sample: bool, reader: str, analyst: str) -> None:
    """Set servers up: sample data, read-only roles, migrations. Safe to repeat.

    It connects to the datasource as the owner of its tables, and to the
    datamart as a user that may create users. Both connections are set as for
    any command.
    """
    described = load_model(model)
    logins = {
        "reader": _login(reader, os.environ.get(READER_PASSWORD)),
        "analyst": _login(analyst, os.environ.get(ANALYST_PASSWORD)),
    }
    with opened(Settings.read()) as stores:
        for done in provisioning.deploy(described, stores, sample=sample, **logins):
            show.say(done)


def _login(name: str, password: str | None) -> Login | None:
    return Login(name, password) if password else None
