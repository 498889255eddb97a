"""Hubs that many rows share are loaded alike, and checked alike, whether or not they are kept apart."""

from __future__ import annotations

import pytest

from conftest import World
from skyeng.checks import staged_rows
from skyeng.errors import BadRowsError
from skyeng.sql import SQL

pytestmark = pytest.mark.slow

#: Rows below which every shared hub is kept apart, and how many rows a key must have above it.
APART, ALONG = (20_000, 2), (0, 1_000_000)


@pytest.fixture(params=[APART, ALONG], ids=["apart", "along"])
def kept(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    few, times = request.param
    monkeypatch.setattr(staged_rows, "_FEW_ROWS", few)
    monkeypatch.setattr(staged_rows, "_WORTH_SHARING", times)
    return request.param == APART


def key_profile(world: World) -> staged_rows.KeyProfile:
    """How hubs stand among what is staged, which is left there."""
    feed = world.model.feeds[0]
    with world.stores.warehouse.session() as session:
        return staged_rows.key_profile_of(session, world.model, feed)


def staged(world: World, how: str) -> None:
    """Twelve lessons in three modules of one course; `how` they are altered before."""
    with world.stores.warehouse.session() as session:
        session.execute(
            SQL(f"""INSERT INTO stage.courses (row_key, row_hash, course_id, course_title, module_id, module_title,
                stream_id, lesson_id)
            SELECT gen_random_uuid(), i, 1, 'One', i % 3, 'M' || i % 3, nullif(i % 2, 0), i
            FROM generate_series(1, 12) AS i; {how}""")
        )


def test_which_hubs_are_kept_apart(school: World, kept: bool) -> None:
    staged(school, "")
    found = key_profile(school)
    assert list(found.unique) == ["lesson"]
    assert list(found.shared) == (["course", "module", "stream"] if kept else [])


def test_a_load_is_the_same(school: World, kept: bool) -> None:
    assert isinstance(kept, bool)
    school.run()
    assert school.differences() == []
    with school.stores.source.session() as session:
        session.execute(SQL("UPDATE course SET title = 'Renamed' WHERE id = 1"))
        session.execute(SQL("UPDATE stream_module SET title = title || '!'"))
    school.run()
    assert school.differences() == []
    assert school.vault("SELECT count(*) FROM stage.courses_shared") == [(0,)]


@pytest.mark.parametrize(
    ("how", "hub"),
    [
        ("UPDATE stage.courses SET module_title = 'Another' WHERE lesson_id = 7", "module"),
        # Rows of each combination agree, and combinations do not.
        ("UPDATE stage.courses SET course_title = 'Another' WHERE module_id = 2", "course"),
        ("UPDATE stage.courses SET course_title = NULL WHERE stream_id IS NULL", "course"),
    ],
)
def test_contradictions_are_found(school: World, kept: bool, how: str, hub: str) -> None:
    assert isinstance(kept, bool)
    staged(school, how)
    feed = school.model.feeds[0]
    with pytest.raises(BadRowsError, match=f"one '{hub}', two different sets"), school.stores.warehouse.session() as it:
        staged_rows.check_rows(it, school.model, feed)
    # What a row says of a hub that it has not is said as it is.
    with school.stores.warehouse.session() as session:
        session.execute(SQL("TRUNCATE stage.courses"))
    staged(school, "UPDATE stage.courses SET stream_name = 'S' || lesson_id WHERE stream_id IS NULL")
    words = "the business key of 'stream' is empty, and attributes of it are there"
    with pytest.raises(BadRowsError, match=words), school.stores.warehouse.session() as session:
        staged_rows.check_rows(session, school.model, feed)
    with school.stores.warehouse.session() as session:
        session.execute(SQL("UPDATE stage.courses SET stream_name = NULL WHERE stream_id IS NULL"))
        assert list(staged_rows.check_rows(session, school.model, feed).unique) == ["lesson"]
