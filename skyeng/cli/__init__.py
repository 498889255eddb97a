"""The commands. Data goes to stdout, messages go to stderr."""

from skyeng.cli.main import main

__all__ = ["main"]
