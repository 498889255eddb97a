"""Plain SVG from boxes, lines and texts with known positions, so that a test can measure them.

Texts have a monospaced font, so their width follows from their length, whichever font a reader has. There are no
scripts and no fonts to load. The background is white in dark mode too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

FONT = "'DejaVu Sans Mono', Menlo, Consolas, 'Liberation Mono', monospace"
SIZE = 11.0
#: Width of a character as a fraction of the font's size. No font above is wider.
ADVANCE = 0.605
INK, GREY, LINE = "#1b1f24", "#6a737d", "#57606a"


@dataclass(frozen=True)
class Rect:
    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    def holds(self, other: Rect) -> bool:
        return self.x <= other.x and self.y <= other.y and other.right <= self.right and other.bottom <= self.bottom

    def meets(self, other: Rect) -> bool:
        """Whether the two overlap in more than an edge."""
        return self.x < other.right and other.x < self.right and self.y < other.bottom and other.y < self.bottom


@dataclass(frozen=True)
class Box:
    """A rectangle that represents something. No other box and no line may enter it."""

    name: str
    place: Rect
    fill: str = "#ffffff"
    edge: str = LINE


@dataclass(frozen=True)
class Band:
    """A coloured background: of a title, of a heading, or of a sample in the legend."""

    place: Rect
    fill: str


@dataclass(frozen=True)
class Text:
    """Text on a base line. `x` is its left end, or its right end if the anchor is "end"."""

    x: float
    y: float
    words: str
    colour: str = INK
    bold: bool = False
    anchor: Literal["start", "end"] = "start"

    @property
    def place(self) -> Rect:
        width = text_width(self.words)
        return Rect(self.x if self.anchor == "start" else self.x - width, self.y - SIZE * 0.8, width, SIZE)


Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """Straight segments from point to point. `owner` is what the line starts from."""

    owner: str
    points: tuple[Point, ...]
    #: Symbol at the last point: an arrow, the crow's foot of "many", or nothing.
    end: Literal["arrow", "many", ""] = ""
    #: A bar at the first point: "one".
    one: bool = False

    def pieces(self) -> Iterator[Rect]:
        """Each straight segment as a rectangle without width or without height."""
        for (x1, y1), (x2, y2) in zip(self.points, self.points[1:], strict=False):
            yield Rect(min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1))


@dataclass
class Drawing:
    """A picture: its elements, and its SVG. The same model gives the same SVG."""

    title: str
    width: float = 0
    height: float = 0
    boxes: list[Box] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def svg(self) -> str:
        return "\n".join([*self._elements(), "</svg>", ""])

    def _elements(self) -> Iterator[str]:
        size = f"{_n(self.width)} {_n(self.height)}"
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_n(self.width)}" '
            f'height="{_n(self.height)}" role="img" font-family="{FONT}" font-size="{_n(SIZE)}">'
        )
        yield f"<title>{escape(self.title)}</title>"
        yield f'<rect width="{_n(self.width)}" height="{_n(self.height)}" fill="#ffffff"/>'
        yield from (_rect(box.place, box.fill, box.edge) for box in self.boxes)
        yield from (_rect(band.place, band.fill) for band in self.bands)
        for line in self.lines:
            yield from _line(line)
        yield from (_text(text) for text in self.texts)


def text_width(words: str) -> float:
    return len(words) * SIZE * ADVANCE


def _n(number: float) -> str:
    """A number, rounded to half a pixel, so that no digits differ between machines."""
    return f"{round(number * 2) / 2:g}"


def _rect(place: Rect, fill: str, edge: str = "") -> str:
    where = f'x="{_n(place.x)}" y="{_n(place.y)}" width="{_n(place.width)}" height="{_n(place.height)}"'
    return f'<rect {where} fill="{fill}"{_stroke(edge) if edge else ""}/>'


def _stroke(colour: str) -> str:
    return f' stroke="{colour}"'


def _line(line: Line) -> Iterator[str]:
    yield _path(line.points)
    if line.one:
        along, across = _directions(line.points[0], line.points[1])
        yield _path([_off(line.points[0], along, 6, across, side) for side in (-5, 5)])
    if not line.end:
        return
    tip = line.points[-1]
    along, across = _directions(tip, line.points[-2])
    if line.end == "arrow":
        corners = " ".join(f"{_n(x)},{_n(y)}" for x, y in (tip, *(_off(tip, along, 8, across, s) for s in (-4, 4))))
        yield f'<polygon points="{corners}" fill="{LINE}"/>'
    else:
        yield _path([_off(tip, along, 0, across, -5), _off(tip, along, 10, across, 0), _off(tip, along, 0, across, 5)])


def _directions(start: Point, towards: Point) -> tuple[Point, Point]:
    """Unit vectors along a straight segment and across it. Segments are horizontal or vertical."""
    dx, dy = towards[0] - start[0], towards[1] - start[1]
    length = abs(dx) + abs(dy)
    return (dx / length, dy / length), (dy / length, dx / length)


def _off(point: Point, along: Point, far: float, across: Point, aside: float) -> Point:
    return point[0] + along[0] * far + across[0] * aside, point[1] + along[1] * far + across[1] * aside


def _path(points: Sequence[Point]) -> str:
    d = " ".join(f"{'L' if place else 'M'}{_n(x)} {_n(y)}" for place, (x, y) in enumerate(points))
    return f'<path d="{d}" fill="none"{_stroke(LINE)}/>'


def _text(text: Text) -> str:
    style = (' font-weight="bold"' if text.bold else "") + (' text-anchor="end"' if text.anchor == "end" else "")
    where = f'x="{_n(text.x)}" y="{_n(text.y)}" fill={quoteattr(text.colour)}'
    return f'<text {where}{style} xml:space="preserve">{escape(text.words)}</text>'
