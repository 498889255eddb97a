"""Writes the pages that are generated: `python docs/make.py`. A test proves that they are up to date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click

from skyeng.cli.main import cli

HERE = Path(__file__).parent


def commands() -> str:
    """The reference of all commands, from their help texts."""
    parts = [
        "# Commands",
        "This page is generated from the help texts: `python docs/make.py`.",
        _help(cli),
        *_options(cli),
    ]
    for name, command in every_command(cli):
        usage = " ".join(command.collect_usage_pieces(click.Context(command)))
        parts += [f"## `{name}`", f"```\nskyeng {name} {usage}\n```", _help(command), *_options(command)]
        parts += [_unwrapped(command.epilog)] if command.epilog else []
    parts += ["## Settings and exit codes", _unwrapped(cli.epilog or "")]
    return "\n\n".join(part for part in parts if part) + "\n"


def every_command(group: click.Group, *names: str) -> Iterator[tuple[str, click.Command]]:
    """Each command with its full name, those of groups included."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from every_command(command, *names, name)
        else:
            yield " ".join((*names, name)), command


def _options(command: click.Command) -> Iterator[str]:
    options = [it for it in command.params if isinstance(it, click.Option)]
    if options:
        rows = (f"| `{', '.join(it.opts)}`{_metavar(it)} | {_described(it)} |" for it in options)
        yield "\n".join(["| option | meaning |", "|---|---|", *rows])


def _metavar(option: click.Option) -> str:
    if option.is_flag:
        return ""
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    kind = option.type.name.split()[0].upper()
    return f" `{'`, `'.join(map(str, choices)) or option.metavar or kind}`"


def _described(option: click.Option) -> str:
    default = f" Default: `{option.default}`." if option.show_default and option.default is not None else ""
    variable = f" Variable: `{option.envvar}`." if option.envvar else ""
    return f"{(option.help or '').strip()}{default}{variable}".replace("|", "\\|")


def _help(command: click.Command) -> str:
    return _unwrapped(command.help or "")


def _unwrapped(text: str) -> str:
    """Paragraphs on one line each; those that must not be wrapped as code."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(
        "```\n" + it.strip().removeprefix("\b").strip("\n") + "\n```"
        if it.strip().startswith("\b")
        else " ".join(it.split())
        for it in paragraphs
    )


def main() -> None:
    """Write every generated page."""
    (HERE / "commands.md").write_text(commands())


if __name__ == "__main__":
    main()
