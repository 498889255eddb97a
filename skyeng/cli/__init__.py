"""The commands. Data goes to stdout, talk to stderr."""

from skyeng.cli.main import main

__all__ = ["main"]
