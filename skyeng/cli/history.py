"""`skyeng history`: the history of one entity."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from skyeng.cli import show
from skyeng.cli.model import model_option
from skyeng.config import Settings
from skyeng.local.stores import opened
from skyeng.model import load_model
from skyeng.vault.entity_history import COLUMNS, Event, entity_history, find_hub
from skyeng.vault.revisions import check_migrated

#: More keys than so many are counted where people read them; csv and json have all.
_SHOWN = 10

_EXAMPLES = """
\b
Examples:
  skyeng history customer 1
  skyeng history order 17 --format csv
  skyeng history product PL 1 -m path/to/model.yaml

A business key of several parts is given part by part, in the model's order.
"""


@click.command(epilog=_EXAMPLES, context_settings={"ignore_unknown_options": True})  # a key may be -1
@click.argument("hub", required=False)
@click.argument("key", nargs=-1)
@model_option
@click.option("--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
def history(hub: str | None, key: tuple[str, ...], model: str | None, format_: str) -> None:
    """Print the history of one entity: what changed, from, to, at which load.

    HUB and KEY are the name of its hub and its business key. 'from' and 'to' are an attribute's
    values, or the keys of another hub that it is related to no longer, and from this load on. It is
    deleted when its last relationship ends. Times are UTC; --as-of takes them as they are.
    """
    described = load_model(model)
    found = find_hub(described, hub or "")
    with opened(Settings.read()) as stores:
        check_migrated(stores.warehouse, described)
        with stores.warehouse.session(snapshot=True) as session:
            events = entity_history(session, described, found, key)
    if format_ == "table":
        show.table(("load (UTC)", "what", "from", "to"), list(_for_people(events)))
    else:
        sys.stdout.buffer.write((_json(events) if format_ == "json" else _csv(events)).encode())


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
