"""A mart as analysts see it, with the type of every column, and the tables behind it.

Names come from the model. Kinds, types and sort order come from the DDL that creates the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from images.drawing import GREY, INK, Box, Drawing, Line, Rect, Text, text_width
from images.sheet import HEAD, ROW, SIDE, Row, Sheet, Style, base_line
from skyeng.marts.definitions import Object, Table
from skyeng.marts.tables import MartTables, objects
from skyeng.model import Hub, Mart, Model

MART = Style("#2f7d4f", title="#ffffff", edge="#2f7d4f")
LEVEL = "#e3f1e8"
TABLE, VIEW, SOURCE = "#fff4cc", "#e3f1e8", "#eef0f2"

MARGIN, GAP, TITLE = 10.0, 46.0, 30.0
#: Space between two boxes of the flow, for an arrow; space between its right edge and the lines beside it.
_ARROW, _GUTTER = 26.0, 12.0


@dataclass(frozen=True)
class Made:
    """What a picture shows of a table or view."""

    name: str
    kind: str
    engine: str
    sorted_by: tuple[str, ...]
    types: dict[str, str]

    @property
    def words(self) -> str:
        return f"{self.kind}, {self.engine}" if self.engine else self.kind


def made(model: Model, mart: Mart) -> dict[str, Made]:
    """The tables and views of a mart by name."""
    return {it.name: _made(it) for it in objects(model, mart)}


def _made(declared: Object) -> Made:
    if isinstance(declared, Table):
        columns = {column.name: column.type.text for column in declared.columns}
        return Made(declared.name, "table", declared.engine, declared.sorted_by, columns)
    return Made(declared.name, "view", "", (), {})


def draw(model: Model, mart: Mart) -> Drawing:
    """The analysts' table on the left, and the flow of rows into it on the right."""
    tables, things = MartTables(mart), made(model, mart)
    drawing = Drawing(f"Datamart of the model '{model.name}': what analysts see, and the tables behind it")
    drawing.texts.append(Text(MARGIN, base_line(6, 16), drawing.title, bold=True))
    sheet = Sheet(tables.view, list(_rows(model, mart, things[tables.history])), MART)
    analysts = sheet.place(drawing, MARGIN, TITLE)
    bottom = _flow(drawing, list(_steps(model, mart, things)), analysts)
    drawing.width = max(_right(drawing), MARGIN + text_width(drawing.title)) + MARGIN
    y = max(analysts.bottom, bottom) + 8
    for words in (f"{tables.view} is a {things[tables.view].words}: what is valid at the newest load.", *_NOTES):
        drawing.texts.append(Text(MARGIN, base_line(y, ROW), words, GREY))
        drawing.width = max(drawing.width, MARGIN + text_width(words) + MARGIN)
        y += ROW
    drawing.height = y + MARGIN / 2
    return drawing


_NOTES = (
    "1, 2, ...: place in the sort key of the history. A missing level is NULL in all its columns.",
    "Yellow holds rows, green is a view, grey is in the warehouse.",
)


def _rows(model: Model, mart: Mart, history: Made) -> Iterator[Row]:
    """The view's columns: key and load timestamp, then hub by hub, in the order of the model."""

    def row(name: str, *, technical: bool = False) -> Row:
        place = history.sorted_by.index(name) + 1 if name in history.sorted_by else ""
        return Row(name, history.types[name], str(place), technical=technical)

    yield row(mart.key, technical=True)
    yield row(mart.load_ts, technical=True)
    feed = model.feed(mart.feed)
    hub_of = {
        column.name: column.owner.name if isinstance(column.owner, Hub) else column.owner.hub_name
        for column in model.feed_columns(feed)
    }
    for hub in model.hubs:
        names = [column.name for column in mart.columns if hub_of[column.column] == hub.name]
        if names:
            yield Row(hub.name, f"{len(names)} columns" if len(names) > 1 else "1 column", heading=LEVEL)
            yield from (row(name) for name in names)


@dataclass(frozen=True)
class _Step:
    """A box of the flow: its name, its kind, and its purpose."""

    name: str
    words: tuple[str, ...]
    fill: str

    @property
    def width(self) -> float:
        return 2 * SIDE + max(text_width(words) for words in (self.name, *self.words))

    @property
    def height(self) -> float:
        return HEAD + ROW * len(self.words) + 4


def _steps(model: Model, mart: Mart, things: dict[str, Made]) -> Iterator[_Step]:
    tables, feed = MartTables(mart), model.feed(mart.feed)
    yield _Step(
        f"control.{feed.changes_table}",
        ("log of changes in the warehouse, joined", "with the vault as of each load"),
        SOURCE,
    )
    for name, purpose, fill in (
        (tables.history, "row versions, each from load to load", TABLE),
        (tables.as_of, "for analysts: the same as of any `ts`", VIEW),
        (tables.loads, "which loads both views show", TABLE),
    ):
        yield _Step(name, (things[name].words, purpose), fill)


def _flow(drawing: Drawing, steps: Sequence[_Step], analysts: Rect) -> float:
    """Draw the boxes one below another, with their arrows. Returns the bottom of the last box."""
    left, width, y = analysts.right + GAP, max(step.width for step in steps), analysts.y
    places: list[Rect] = []
    for step in steps:
        place = Rect(left, y, width, step.height)
        drawing.boxes.append(Box(step.name, place, step.fill))
        drawing.texts.append(Text(left + SIDE, base_line(y, HEAD), step.name, INK, bold=True))
        for number, words in enumerate(step.words):
            top = y + HEAD - 2 + ROW * number
            drawing.texts.append(Text(left + SIDE, base_line(top, ROW), words, GREY))
        places.append(place)
        y = place.bottom + _ARROW
    changes, history, as_of, loads = places
    for above, below in ((changes, history), (history, as_of)):
        _arrow(drawing, (above.middle, above.bottom), (below.middle, below.y))
    level = history.y + history.height / 2
    _arrow(drawing, (history.x, level), (analysts.right, level))
    _around(drawing, changes, loads, changes.right + 2 * _GUTTER)
    return loads.bottom


def _arrow(drawing: Drawing, *points: tuple[float, float]) -> None:
    drawing.lines.append(Line("flow", points, end="arrow"))


def _around(drawing: Drawing, start: Rect, end: Rect, x: float) -> None:
    """Draw an arrow from one box to another, around those between them."""
    top, bottom = start.y + start.height / 2, end.y + end.height / 2
    _arrow(drawing, (start.right, top), (x, top), (x, bottom), (end.right, bottom))


def _right(drawing: Drawing) -> float:
    return max(x for line in drawing.lines for x, _ in line.points)
