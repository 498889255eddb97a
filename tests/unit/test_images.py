"""The pictures: what is drawn from a model is what it gives now, and nothing lies over anything."""

from __future__ import annotations

import itertools
import re
import struct
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from images import datamart, vault
from images.drawing import SIZE, Box, Drawing, Line, Rect
from images.make import drawn
from skyeng.control.loads import vault_tables
from skyeng.marts.tables import MartTables, column_type, types
from skyeng.model import Model

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "images"
#: What GitHub gives a README, and the smallest letters that are still read.
README_WIDTH, READABLE = 830, 9.5


def drawings(model: Model) -> Iterator[Drawing]:
    yield vault.draw(model)
    yield from (datamart.draw(model, mart) for mart in model.marts)


@pytest.fixture(params=["courses", "shop"])
def model(request: pytest.FixtureRequest) -> Model:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(("name", "picture"), [pytest.param(*it, id=it[0]) for it in drawn()])
def test_drawn_pictures_are_what_the_model_gives_now(name: str, picture: bytes) -> None:
    assert (IMAGES / name).read_bytes() == picture, "run `python -m images.make --only model`"


def test_boxes_stand_apart_within_the_picture(model: Model) -> None:
    for drawing in drawings(model):
        whole = Rect(0, 0, drawing.width, drawing.height)
        assert all(whole.holds(box.place) for box in drawing.boxes)
        for one, other in itertools.combinations(drawing.boxes, 2):
            assert not one.place.meets(other.place), (one.name, other.name)


def test_words_stand_apart_and_within_their_boxes(model: Model) -> None:
    for drawing in drawings(model):
        whole = Rect(0, 0, drawing.width, drawing.height)
        for text in drawing.texts:
            around = next((box.place for box in drawing.boxes if box.place.meets(text.place)), whole)
            assert around.holds(text.place), text.words
        for one, other in itertools.combinations(drawing.texts, 2):
            assert not one.place.meets(other.place), (one.words, other.words)


def test_lines_enter_no_box_and_cross_no_words(model: Model) -> None:
    for drawing in drawings(model):
        for line, piece in pieces(drawing):
            assert Rect(0, 0, drawing.width, drawing.height).holds(piece)
            assert not any(crosses(piece, box.place) for box in drawing.boxes), line
            assert not any(crosses(piece, text.place) for text in drawing.texts), line


def test_every_line_begins_and_ends_at_a_box(model: Model) -> None:
    for drawing in drawings(model):
        for line in drawing.lines:
            if line.owner != "legend":
                assert all(
                    any(touches(box, point) for box in drawing.boxes) for point in (line.points[0], line.points[-1])
                )


def test_lines_of_two_tables_never_run_on_top_of_one_another(model: Model) -> None:
    found = [(line.owner, piece) for line, piece in pieces(vault.draw(model))]
    for (owner, one), (another, other) in itertools.combinations(found, 2):
        if owner != another:
            assert not on_top(one, other), (owner, another)


def test_the_readme_can_show_them_without_a_lens(courses: Model) -> None:
    for drawing in drawings(courses):
        assert SIZE * min(1, README_WIDTH / drawing.width) >= READABLE, drawing.title


def test_the_vault_shows_every_table_and_column(model: Model) -> None:
    drawing = vault.draw(model)
    words = {text.words for text in drawing.texts}
    assert {box.name for box in drawing.boxes} == {entity.table for entity in vault_tables(model)}
    for hub in model.hubs:
        assert {hub.key, hub.load_ts, hub.record_source, *(hub.column(it.name) for it in hub.business_key)} <= words
    for satellite in model.satellites:
        assert {satellite.hashdiff, *(satellite.column(it.name) for it in satellite.attributes)} <= words
    for link in model.links:
        assert {link.key, link.effectivity.is_active} <= words
    lines = [line for line in drawing.lines if line.owner != "legend"]
    assert len(lines) == len(model.satellites) + sum(1 + len(link.hubs) for link in model.links)


def test_the_datamart_shows_every_column_with_its_type_and_every_table(model: Model) -> None:
    for mart in model.marts:
        drawing, tables = datamart.draw(model, mart), MartTables(mart)
        rows = {text.place.y: text.words for text in drawing.texts if text.anchor == "end"}
        at = {text.words: text.place.y for text in drawing.texts}
        for column, type_ in types(model, mart):
            assert rows[at[column.name]] == column_type(column, type_).text
        names = {box.name for box in drawing.boxes}
        assert {tables.view, tables.history, tables.as_of, tables.loads} <= names


def test_svgs_stand_alone_on_white() -> None:
    for name, picture in drawn():
        root = ET.fromstring(picture)  # noqa: S314 - our own
        kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert kinds <= {"svg", "title", "rect", "path", "polygon", "text"}, name
        ground = root[1]
        assert (ground.get("fill"), ground.get("width")) == ("#ffffff", root.get("width"))
        assert b"href" not in picture


def test_pictures_of_the_documents_exist_and_are_small() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {it for path in documents for it in re.findall(r"images/([\w.-]+\.(?:png|svg))", path.read_text())}
    pictures = [*IMAGES.glob("*.png"), *IMAGES.glob("*.svg")]
    assert named == {path.name for path in pictures}
    for path in pictures:
        assert path.stat().st_size < 400_000, path.name


@pytest.mark.parametrize("name", ["airflow-graph", "airflow-groups", "airflow-grid"])
def test_pictures_of_airflow_fit_a_readme(name: str) -> None:
    """Twice as sharp as shown, and not much smaller than they were on the screen."""
    width, height = png_size(IMAGES / f"{name}.png")
    assert 2 * README_WIDTH <= width <= 2.7 * README_WIDTH
    assert height < width


def test_the_pictures_tell_nothing_of_the_machine() -> None:
    for path in [*IMAGES.glob("*.svg"), *IMAGES.glob("*.png")]:
        assert str(ROOT).encode() not in path.read_bytes(), path.name


def pieces(drawing: Drawing) -> Iterator[tuple[Line, Rect]]:
    return ((line, piece) for line in drawing.lines for piece in line.pieces())


def crosses(piece: Rect, place: Rect) -> bool:
    """Whether a straight piece, which has no breadth, enters a place."""
    return (
        piece.x < place.right - 0.1
        and place.x + 0.1 < piece.right + 0.05
        and piece.y < place.bottom - 0.1
        and place.y + 0.1 < piece.bottom + 0.05
    )


def touches(box: Box, point: tuple[float, float]) -> bool:
    x, y = point
    within = box.place.x - 0.1 <= x <= box.place.right + 0.1 and box.place.y - 0.1 <= y <= box.place.bottom + 0.1
    on_edge = min(abs(x - box.place.x), abs(x - box.place.right), abs(y - box.place.y), abs(y - box.place.bottom)) < 0.1
    return within and on_edge


def on_top(one: Rect, other: Rect) -> bool:
    """Whether two pieces of one direction share more than a point."""
    if one.width == other.width == 0:
        return abs(one.x - other.x) < 3 and one.y < other.bottom and other.y < one.bottom
    if one.height == other.height == 0:
        return abs(one.y - other.y) < 3 and one.x < other.right and other.x < one.right
    return False


def png_size(path: Path) -> tuple[int, int]:
    head = path.read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", head[16:24])
