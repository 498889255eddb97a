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

#: The most values that the table format lists. Further ones are only counted; csv and json have all.
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

    HUB and KEY are the name of its hub and its business key. 'from' and 'to'
    are the old and new values of an attribute, or keys of another hub: 'from'
    has those that the entity is no longer related to, 'to' those that it is
    related to from this load on. The entity is deleted when its last
    relationship ends. Times are UTC; `query --as-of` takes them as they are.
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
    """Rows for the table format. Each load is shown once, on two lines, to leave room for the values."""
    last = None
    for event in events:
        moment = f"{event.load_ts:%Y-%m-%d\n%H:%M:%S.%f}" if event.load_ts != last else ""
        last = event.load_ts
        yield moment, event.what or event.event, *(_shown(values) for values in (event.old, event.new))


def _shown(values: Sequence[str]) -> str:
    """Values as one text. NULL is shown as nothing, an empty text as a pair of quotes."""
    more = f" and {len(values) - _SHOWN:,} more" if len(values) > _SHOWN else ""
    return "; ".join(value or '""' for value in values[:_SHOWN]) + more


def _csv(events: Sequence[Event]) -> str:
    r"""Events as CSV, in the format of `query`: every text quoted, NULL as \N."""
    lines = [",".join(f'"{column}"' for column in COLUMNS)]
    for event in events:
        cells = (_written(value) for value in event.record().values())
        lines.append(",".join(r"\N" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in cells))
    return "\n".join(lines) + "\n"


def _json(events: Sequence[Event]) -> str:
    """Events as JSON, in the format of `query`: an array, with one line for each row."""
    rows = ({column: _written(value) for column, value in event.record().items()} for event in events)
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n"


def _written(value: datetime | str | None) -> str | None:
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else value
