"""Buckets of neighbouring places: which rows are staged, and that no change escapes the sums."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import LiteralString

import pytest

from conftest import Servers, World
from skyeng.detection import active_rows, segment_checksums
from skyeng.model import Model
from skyeng.sources import sample_data
from skyeng.sql import sql

ROWS = 2_000


@pytest.fixture
def grown(servers: Servers, courses: Model) -> Iterator[World]:
    """A school of 2,000 lessons that is loaded and compared once, so that its checksums are kept."""
    for world in servers.kept_world(courses, lambda source: fill(source, courses), f"cut_{ROWS}"):
        world.run()
        world.run()
        yield world


def fill(source: sample_data.Postgres, model: Model) -> None:
    sample_data.generate(source, model, ROWS)


def staged(world: World) -> int:
    """How many rows the last load staged."""
    ((count,),) = world.vault(
        "SELECT (counts ->> 'stage.courses')::integer FROM control.load_steps"
        " WHERE step = 'e_from_pg_datasource' ORDER BY load_id DESC LIMIT 1"
    )
    return count


def assert_kept_checksums_are_right(world: World) -> None:
    """What loads carried along is what would be computed from the active rows."""
    feed = world.model.feeds[0]
    with world.stores.warehouse.session() as session:
        segmentation = segment_checksums.recorded_segmentation(session, world.model, feed)
        assert segmentation is not None
        computed = session.rows(segmentation.checksums(active_rows.select_active_rows(world.model, feed)))
        recorded = session.rows(
            sql("SELECT bucket, row_count, hash_sum, weighted_sum FROM control.courses_buckets WHERE row_count <> 0")
        )
        emptied = session.rows(
            sql("SELECT FROM control.courses_buckets WHERE row_count = 0 AND (hash_sum, weighted_sum) <> (0, 0)")
        )
    assert sorted(recorded) == sorted(computed)
    assert emptied == []


#: A change, how many rows are staged for it, and what the load then changes: rows new, changed, gone.
CHANGES = (
    ("UPDATE stream_module_lesson SET title = 'x' WHERE id = 100", 1, (0, 1, 0)),
    ("UPDATE stream_module_lesson SET title = 'y' WHERE id % 100 = 0", 20, (0, 20, 0)),
    ("UPDATE stream_module_lesson SET title = 'z' WHERE id IN (32, 47)", 16, (0, 2, 0)),
    ("UPDATE stream_module_lesson SET stream_module_id = 3 WHERE id = 1999", 1, (1, 0, 1)),
    ("DELETE FROM stream_module_lesson WHERE id = 500", 0, (0, 0, 1)),
    ("INSERT INTO stream_module_lesson (id) VALUES (9000)", 1, (1, 0, 0)),
    ("INSERT INTO stream_module_lesson (id) VALUES (-2147483648)", 1, (1, 0, 0)),
    ("INSERT INTO stream_module_lesson (id) VALUES (2147483647)", 1, (1, 0, 0)),
    ("INSERT INTO stream_module_lesson (id) VALUES (-1), (-17)", 2, (2, 0, 0)),
    (
        "DELETE FROM stream_module_lesson WHERE id = 33; INSERT INTO stream_module_lesson (id) VALUES (9101)",
        1,
        (1, 0, 1),
    ),
)


@pytest.mark.slow
def test_rows_at_the_places_that_differ_are_staged(grown: World) -> None:
    for change, rows, changes in CHANGES:
        grown.change(change)
        found = grown.run(only="to_datawarehouse").changes["courses"]
        assert (found.new, found.changed, found.deleted) == changes, change
        assert staged(grown) == rows, change
        assert_kept_checksums_are_right(grown)
    grown.run()
    assert not grown.run().anything_new
    assert grown.differences() == []


def test_of_more_places_than_a_list_may_hold_all_rows_are_staged(grown: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment_checksums, "LONGEST_LIST", 5)
    for ids, count in (("7", 1), ("7, 107, 207", ROWS)):
        grown.change(f"UPDATE stream_module_lesson SET title = title || '!' WHERE id IN ({ids})")
        assert grown.run(only="to_datawarehouse").changes["courses"].changed == ids.count(",") + 1
        assert staged(grown) == count
    assert_kept_checksums_are_right(grown)


def test_rows_without_a_place_are_found_by_their_hash(grown: World) -> None:
    grown.change("INSERT INTO course (id, title) VALUES (901, 'empty'), (902, 'empty'), (903, NULL)")
    assert grown.run().changes["courses"].new == 3
    grown.change("UPDATE course SET title = 'still empty' WHERE id = 902; DELETE FROM course WHERE id = 903")
    found = grown.run().changes["courses"]
    assert (found.new, found.changed, found.deleted) == (0, 1, 1)
    grown.change("INSERT INTO stream (id, course_id) VALUES (9001, 902)")
    found = grown.run().changes["courses"]
    assert (found.new, found.changed, found.deleted) == (1, 0, 1)
    assert_kept_checksums_are_right(grown)
    assert grown.differences() == []


@pytest.mark.slow
def test_neighbours_that_exchange_values_are_seen(grown: World) -> None:
    """The sum of plain record hashes, and even one weighted by places, would be what it was."""
    update = "UPDATE stream_module_lesson AS lesson SET title = new.title FROM (VALUES {}) AS new (id, title)"
    for pattern in ("ab", "abba", "abbabaab", "aabb"):
        for titles in (pattern, pattern.translate(str.maketrans("ab", "ba"))):
            values = ", ".join(f"({64 + at}, 'title {letter}')" for at, letter in enumerate(titles))
            grown.change(f"{update.format(values)} WHERE lesson.id = new.id")
            found = grown.run(only="to_datawarehouse").changes["courses"]
        assert found.changed == len(pattern), pattern
    grown.run()
    assert grown.differences() == []


@pytest.mark.slow
def test_many_changes_of_every_kind(grown: World) -> None:
    """Loads carry the checksums along, whatever was changed."""
    chance = random.Random(5)  # noqa: S311 - no secret
    for _ in range(4):
        some = ", ".join(str(chance.randrange(1, 2_200)) for _ in range(60))
        other = ", ".join(str(chance.randrange(1, 2_200)) for _ in range(20))
        grown.change(
            f"UPDATE stream_module_lesson SET description = md5(random()::text) WHERE id IN ({some});"
            f"DELETE FROM stream_module_lesson WHERE id IN ({other});"
            f"UPDATE stream_module_lesson SET stream_module_id = {chance.randrange(1, 40)} WHERE id % 97 = 5;"
            f"INSERT INTO stream_module_lesson (id, title) SELECT max(id) + 7, 'new' FROM stream_module_lesson;"
            f"UPDATE course SET title = md5(random()::text) WHERE id = 1"
        )
        grown.run()
        assert_kept_checksums_are_right(grown)
        assert grown.differences() == []
        assert not grown.run().anything_new


def test_buckets_fit_places_that_lie_far_apart(grown: World) -> None:
    """As those of keys that are taken from a clock, or of every thousandth number."""
    grown.change("UPDATE stream_module_lesson SET id = id * 1000 WHERE id > 10")
    grown.run()
    assert not grown.run().anything_new
    feed = grown.model.feeds[0]
    with grown.stores.warehouse.session() as session:
        segmentation = segment_checksums.recorded_segmentation(session, grown.model, feed)
    assert segmentation is not None
    assert segmentation.range_bits == 14
    assert_kept_checksums_are_right(grown)
    grown.change("UPDATE stream_module_lesson SET title = 'x' WHERE id IN (90000, 91000, 1500000)")
    assert grown.run().changes["courses"].changed == 3
    assert staged(grown) <= 3 * 32
    assert grown.differences() == []


@pytest.mark.parametrize("lost", ["DELETE FROM control.cuts", "UPDATE control.cuts SET placed_by = 'module_id'"])
def test_a_warehouse_without_places_gets_them(grown: World, lost: LiteralString) -> None:
    """As one is that was loaded before rows knew their place, or when the model had another driving key."""
    with grown.stores.warehouse.session() as session:
        session.execute(sql("UPDATE control.courses_rows SET row_place = NULL, row_hash = 7"))
        session.execute(sql(lost))
    grown.change("UPDATE stream_module_lesson SET title = 'x' WHERE id = 100")
    assert grown.run().changes["courses"].changed == 1
    assert staged(grown) == 1
    assert_kept_checksums_are_right(grown)
