"""The vault of a model as an entity diagram.

Hubs are in two rows, with the links between them. The satellites of a hub are on its outer side. Lines from hubs to
links run in the free bands above and below the links, with one lane for each hub.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from images.drawing import GREY, INK, Band, Drawing, Line, Point, Rect, Text, text_width
from images.sheet import Row, Sheet, Style, base_line
from skyeng.model import Entity, Hub, Link, Model
from skyeng.vault.tables import model_metadata

HUB = Style("#2563ab", title="#ffffff", edge="#2563ab")
LINK = Style("#b3363e", title="#ffffff", edge="#b3363e")
SATELLITE = Style("#f4cc4b", title=INK, edge="#8a6400")
EFFECTIVITY = Style("#f7e3a1", title=INK, edge="#8a6400")

MARGIN, GAP = 10.0, 26.0
LEGEND = 52.0
#: Distances: from a hub to its satellites, from hubs to the first lane, between two lanes, from the last lane to links.
_NEAR, _BEFORE, _LANE, _AFTER = 36.0, 16.0, 9.0, 24.0
#: Two lines that are closer than this cannot be distinguished.
_APART = 14.0

#: PostgreSQL's own short names.
_SHORT = {"timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp"}


def draw(model: Model) -> Drawing:
    """The diagram of a model's whole vault."""
    return _Layout(model, Drawing(f"Data Vault of the model '{model.name}'")).drawn()


@dataclass(frozen=True)
class _Cell:
    """A hub with its satellites."""

    hub: Hub
    sheet: Sheet
    satellites: Sequence[Sheet]

    @property
    def width(self) -> float:
        return max(self.sheet.width, _total([sheet.width for sheet in self.satellites]))

    @property
    def height(self) -> float:
        return max((sheet.height for sheet in self.satellites), default=-_NEAR)


@dataclass(frozen=True)
class _Group:
    """A link with its effectivity satellite."""

    link: Link
    sheet: Sheet
    effectivity: Sheet

    @property
    def width(self) -> float:
        return _total([self.sheet.width, self.effectivity.width])


@dataclass
class _Layout:
    model: Model
    drawing: Drawing

    def drawn(self) -> Drawing:
        cells = [self._cell(hub) for hub in self.model.hubs]
        half = (len(cells) + 1) // 2
        upper, lower = cells[:half], cells[half:]
        groups = [_Group(link, self._sheet(link, LINK), self._effectivity(link)) for link in self.model.links]
        slots = _slots(upper, lower)
        rows = (*slots, [group.width for group in groups])
        self.drawing.width = 2 * MARGIN + max(_legend(self.drawing), *(_total(widths) for widths in rows))

        y = LEGEND + max(cell.height for cell in upper) + _NEAR
        hubs = self._cells(upper, slots[0], y, up=True)
        y += max(cell.sheet.height for cell in upper)
        first_lane = y + _BEFORE
        y = first_lane + _LANE * len(upper) + _AFTER
        links = self._groups(groups, y)
        y += max(group.sheet.height for group in groups)
        last_lane = y + _AFTER + _LANE * len(lower)
        y = last_lane + _BEFORE
        below = self._cells(lower, slots[1], y, up=False)
        y += max(cell.sheet.height for cell in lower) + _NEAR + max(cell.height for cell in lower)

        self._connect(hubs, links, [first_lane + _LANE * place for place in range(len(upper))], up=True)
        self._connect(below, links, [last_lane - _LANE * place for place in range(len(lower))], up=False)
        self.drawing.height = y + MARGIN
        return self.drawing

    def _cells(self, cells: Sequence[_Cell], widths: Sequence[float], y: float, *, up: bool) -> list[tuple[Hub, Rect]]:
        """Draw hubs with their upper edge at `y`, and their satellites above or below them."""
        places = zip(cells, self._slot_places(widths), strict=True)
        return [(cell.hub, self._placed(cell, place.middle, y, up=up)) for cell, place in places]

    def _placed(self, cell: _Cell, middle: float, y: float, *, up: bool) -> Rect:
        hub = cell.sheet.place(self.drawing, middle - cell.sheet.width / 2, y)
        x = middle - _total([sheet.width for sheet in cell.satellites]) / 2
        for sheet in cell.satellites:
            top = y - _NEAR - sheet.height if up else hub.bottom + _NEAR
            place = sheet.place(self.drawing, x, top)
            start, end = (hub.y, place.bottom) if up else (hub.bottom, place.y)
            turn = (start + end) / 2
            points = ((hub.middle, start), (hub.middle, turn), (place.middle, turn), (place.middle, end))
            self._line(cell.sheet.name, points)
            x = place.right + GAP
        return hub

    def _groups(self, groups: Sequence[_Group], y: float) -> list[tuple[Link, Rect]]:
        placed = []
        for group, slot in zip(groups, self._slot_places([group.width for group in groups]), strict=True):
            link = group.sheet.place(self.drawing, slot.x, y)
            satellite = group.effectivity.place(self.drawing, link.right + GAP, y)
            level = y + min(link.height, satellite.height) / 2
            self._line(group.sheet.name, ((link.right, level), (satellite.x, level)))
            placed.append((group.link, link))
        return placed

    def _slot_places(self, widths: Sequence[float]) -> Iterator[Rect]:
        """Places side by side, with the free space distributed around them."""
        free = (self.drawing.width - 2 * MARGIN - _total(widths)) / len(widths)
        x = MARGIN + free / 2
        for width in widths:
            yield Rect(x, 0, width, 0)
            x += width + GAP + free

    def _connect(
        self, hubs: Sequence[tuple[Hub, Rect]], links: Sequence[tuple[Link, Rect]], lanes: Sequence[float], *, up: bool
    ) -> None:
        stubs = {hub.name: place.middle for hub, place in hubs}
        for link, place in links:
            joined = [(hub, rect, lane) for (hub, rect), lane in zip(hubs, lanes, strict=True) if hub.name in link.hubs]
            for number, (hub, rect, lane) in enumerate(joined, start=1):
                others = [x for name, x in stubs.items() if name != hub.name]
                x = _port(place.x + place.width * number / (len(joined) + 1), rect.middle, others)
                start, end = (rect.bottom, place.y) if up else (rect.y, place.bottom)
                self._line(hub.table, ((rect.middle, start), (rect.middle, lane), (x, lane), (x, end)))

    def _line(self, owner: str, points: tuple[Point, ...]) -> None:
        bends = [point for place, point in enumerate(points) if place == 0 or point != points[place - 1]]
        self.drawing.lines.append(Line(owner, tuple(bends), end="many", one=True))

    def _cell(self, hub: Hub) -> _Cell:
        satellites = [it for it in self.model.satellites if it.hub_name == hub.name]
        return _Cell(hub, self._sheet(hub, HUB), [self._sheet(it, SATELLITE) for it in satellites])

    def _effectivity(self, link: Link) -> Sheet:
        return self._sheet(link.effectivity, EFFECTIVITY)

    def _sheet(self, entity: Entity, style: Style) -> Sheet:
        table = model_metadata(self.model).tables[f"vault.{entity.table}"]
        return Sheet(entity.table, [self._row(entity, column) for column in table.columns], style)

    def _row(self, entity: Entity, column: sa.Column[object]) -> Row:
        type_ = str(column.type.compile(postgresql.dialect())).lower()
        mark = _mark(self.model, entity, column)
        technical = not mark and column.name in {entity.load_ts, entity.record_source, entity.column("hashdiff")}
        return Row(column.name, _SHORT.get(type_, type_), mark, technical=technical)


def _legend(drawing: Drawing) -> float:
    """Draw title and legend. Returns the width that they need."""
    drawing.texts.append(Text(MARGIN, base_line(6, 16), drawing.title, bold=True))
    x, y = MARGIN, 24.0
    for words, style in _KINDS:
        drawing.bands.append(Band(Rect(x, y + 3, 10, 10), style.head))
        drawing.texts.append(Text(x + 14, base_line(y, 16), words))
        x += 14 + text_width(words + "  ")
    for words in _MARKS:
        drawing.texts.append(Text(x, base_line(y, 16), words, GREY))
        x += text_width(words + "  ")
    drawing.texts.append(Text(x, base_line(y, 16), "one", GREY))
    x += text_width("one ")
    drawing.lines.append(Line("legend", ((x, y + 8), (x + 28, y + 8)), end="many", one=True))
    drawing.texts.append(Text(x + 34, base_line(y, 16), "many", GREY))
    return x + 34 + text_width("many") - MARGIN


_KINDS = (("hub", HUB), ("link", LINK), ("satellite", SATELLITE), ("effectivity satellite", EFFECTIVITY))
_MARKS = ("PK primary key", "BK business key", "FK key of a hub")


def _total(widths: Sequence[float]) -> float:
    return sum(widths) + GAP * max(0, len(widths) - 1)


def _slots(upper: Sequence[_Cell], lower: Sequence[_Cell]) -> tuple[list[float], list[float]]:
    """Widths for the hubs of both rows. If both have the same number of hubs, the widths are equal, pair by pair."""
    above, below = [cell.width for cell in upper], [cell.width for cell in lower]
    if len(above) == len(below):
        above = below = [max(pair) for pair in zip(above, below, strict=True)]
    return above, below


def _port(wanted: float, own: float, others: Sequence[float]) -> float:
    """Where a line enters a link: directly in line with its hub if that is near, never in line with another hub."""
    if abs(wanted - own) < _APART:
        return own
    return next((wanted + _APART for other in others if abs(wanted - other) < _APART / 2), wanted)


def _mark(model: Model, entity: Entity, column: sa.Column[object]) -> str:
    if column.primary_key:
        return "PK"
    if isinstance(entity, Hub) and column.name in {entity.column(part.name) for part in entity.business_key}:
        return "BK"
    if isinstance(entity, Link) and column.name in {hub.key for hub in model.hubs_of(entity)}:
        return "FK"
    return ""
