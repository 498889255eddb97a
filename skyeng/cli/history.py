"""`skyeng history`: the life of one entity."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from skyeng.cli import show
from skyeng.config import Settings
from skyeng.errors import UsageError
from skyeng.local.stores import opened
from skyeng.model import Hub, Model, load_model
from skyeng.vault.entity_history import COLUMNS, Event, life, shape
from skyeng.vault.revisions import check_migrated

_DEFAULT = "courses"

#: More keys than so many are counted where people read them; csv and json have all.
_SHOWN = 10

_EXAMPLES = """
\b
Examples:
  skyeng history --course 1
  skyeng history --lesson 17 --format csv
  skyeng history path/to/model.yaml --customer 'PL,1'

A business key of several parts is written as a line of CSV, in the model's order: a part that
holds a comma stands in double quotes. MODEL decides which options there are: name it before
--help to see them.
"""


class _OptionPerHub(click.Command):
    """A command that has an option for each hub of the model it is called with."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[__name__] = load_model(_model_named(args))
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        model: Model | None = ctx.meta.get(__name__)
        return [_option(hub) for hub in (model.hubs if model else ())] + super().get_params(ctx)


def _model_named(args: Sequence[str]) -> str:
    """The one word that is neither an option nor an option's value: all but --help take one."""
    words = iter(args)
    for word in words:
        if not word.startswith("-"):
            return word
        if word == "--":
            break
        if word in ("--help", "-h") or "=" in word:
            continue
        next(words, None)
    return next(words, _DEFAULT)


def _flag(hub: Hub) -> str:
    """The option of a hub; one that is named like an option of every command gives way."""
    return f"--{'hub-' if hub.name in ('format', 'help', 'h') else ''}{hub.name}".replace("_", "-")


def _parameter(hub: Hub) -> str:
    return f"hub_{hub.name}"


def _option(hub: Hub) -> click.Option:
    return click.Option(
        [_flag(hub), _parameter(hub)],
        multiple=True,
        metavar=",".join(part.name for part in hub.business_key).upper(),
        help=f"The {hub.name} with this business key ({shape(hub)}).",
    )


@click.command(cls=_OptionPerHub, epilog=_EXAMPLES)
@click.argument("model", default=_DEFAULT, metavar="[MODEL]", expose_value=False)
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.pass_context
def history(ctx: click.Context, format_: str, **asked: tuple[str, ...]) -> None:
    """Print an entity's life: what changed, from, to, at which load.

    The entity is named by its hub and business key. 'from' and 'to' are an attribute's values, or
    the keys of another hub that it is linked with no longer, and from this load on. It is deleted
    when its last combination ends. Times are UTC; --as-of takes them as they are.
    """
    described: Model = ctx.meta[__name__]
    hub, key = _entity(described, asked)
    with opened(Settings.read()) as stores:
        check_migrated(stores.warehouse, described)
        with stores.warehouse.session(snapshot=True) as session:
            events = life(session, described, hub, key)
    if format_ == "table":
        show.table(("load (UTC)", "what", "from", "to"), list(_for_people(events)))
    else:
        sys.stdout.buffer.write((_json(events) if format_ == "json" else _csv(events)).encode())


def _entity(model: Model, asked: dict[str, tuple[str, ...]]) -> tuple[Hub, Sequence[str]]:
    """The one hub and business key that were asked for."""
    given = [(hub, value) for hub in model.hubs for value in asked[_parameter(hub)]]
    if len(given) != 1:
        listed = "\n".join(f"{_flag(hub)} {_option(hub).metavar}   ({shape(hub)})" for hub in model.hubs)
        raise UsageError(
            "say whose history, of one entity" if not given else "one entity at a time", expected=f"one of\n{listed}"
        )
    hub, value = given[0]
    return hub, [value] if len(hub.business_key) == 1 else next(csv.reader([value]), [])


def _for_people(events: Sequence[Event]) -> Iterator[tuple[str, ...]]:
    """The load once, on two lines, so that what matters has the room."""
    last = None
    for event in events:
        moment = f"{event.load_ts:%Y-%m-%d\n%H:%M:%S.%f}" if event.load_ts != last else ""
        last = event.load_ts
        yield moment, event.what or event.event, *(_shown(values) for values in (event.old, event.new))


def _shown(values: Sequence[str]) -> str:
    """NULL is nothing, an empty text a pair of quotes."""
    more = f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
    return "; ".join(value or '""' for value in values[:_SHOWN]) + more


def _csv(events: Sequence[Event]) -> str:
    r"""As `query` writes it: every text quoted, NULL as \N."""
    lines = [",".join(f'"{column}"' for column in COLUMNS)]
    for event in events:
        cells = (_written(value) for value in event.record().values())
        lines.append(",".join(r"\N" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in cells))
    return "\n".join(lines) + "\n"


def _json(events: Sequence[Event]) -> str:
    """As `query` writes it: an array, a line for each row."""
    rows = ({column: _written(value) for column, value in event.record().items()} for event in events)
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def _written(value: datetime | str | None) -> str | None:
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value
