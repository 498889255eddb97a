"""A table drawn as a box: its name on a coloured band, and below it a row for each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from images.drawing import GREY, INK, SIZE, Band, Box, Drawing, Rect, Text, text_width

ROW, HEAD, SIDE = 16.0, 22.0, 8.0
#: Width of the mark before the name, and of the space between name and type.
_MARK, _BETWEEN = text_width("PK "), text_width("  ")


@dataclass(frozen=True)
class Row:
    name: str
    type: str = ""
    #: The kind of key that the column is; empty for other columns.
    mark: str = ""
    #: Whether every table of its kind has the column, so that a reader can skip it.
    technical: bool = False
    #: For a heading over the rows that follow: its colour.
    heading: str = ""


@dataclass(frozen=True)
class Style:
    """The colours of a kind of table."""

    #: Colours of the background of the title, of the title, and of frame and marks.
    head: str
    title: str
    edge: str


@dataclass(frozen=True)
class Sheet:
    """A box with a title and rows. Its size follows from its texts."""

    name: str
    rows: Sequence[Row]
    style: Style

    @property
    def width(self) -> float:
        rows = (_MARK + text_width(row.name) + (_BETWEEN + text_width(row.type)) * bool(row.type) for row in self.rows)
        return 2 * SIDE + max(text_width(self.name), *rows)

    @property
    def height(self) -> float:
        return HEAD + ROW * len(self.rows) + 6

    def place(self, drawing: Drawing, x: float, y: float) -> Rect:
        """Draw it with its upper left corner at a point."""
        place = Rect(x, y, self.width, self.height)
        drawing.boxes.append(Box(self.name, place, edge=self.style.edge))
        drawing.bands.append(Band(Rect(x, y, self.width, HEAD), self.style.head))
        drawing.texts.append(Text(x + SIDE, base_line(y, HEAD), self.name, self.style.title, bold=True))
        for number, row in enumerate(self.rows):
            self._row(drawing, row, place, y + HEAD + 3 + ROW * number)
        return place

    def _row(self, drawing: Drawing, row: Row, place: Rect, top: float) -> None:
        y = base_line(top, ROW)
        if row.heading:
            drawing.bands.append(Band(Rect(place.x + 1, top + 1, place.width - 2, ROW - 2), row.heading))
        colour = GREY if row.technical else INK
        left = place.x + SIDE + (0 if row.heading else _MARK)
        drawing.texts.append(Text(left, y, row.name, colour, bold=bool(row.mark or row.heading)))
        if row.mark:
            drawing.texts.append(Text(place.x + SIDE, y, row.mark, self.style.edge, bold=True))
        if row.type:
            drawing.texts.append(Text(place.right - SIDE, y, row.type, GREY, anchor="end"))


def base_line(top: float, height: float) -> float:
    """The base line of text that is vertically centred in a row, from the top and the height of the row."""
    return top + height / 2 + SIZE * 0.36
