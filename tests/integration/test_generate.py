"""Synthetic schools: shaped as said, the same for the same seed, changed in stated proportions."""

from __future__ import annotations

import pytest

from conftest import Servers, World
from skyeng.db.postgres import Postgres
from skyeng.errors import UsageError
from skyeng.model import Model
from skyeng.sources import sample_data
from skyeng.sql import SQL

TABLES = ("course", "stream", "stream_module", "stream_module_lesson")


def fresh(servers: Servers, name: str) -> Postgres:
    return Postgres("pg_datasource", servers.database(name))


def digest(source: Postgres) -> list[str]:
    with source.session() as session:
        return [
            session.scalar(SQL(f"SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM {table} AS t"))
            for table in TABLES
        ]


@pytest.mark.parametrize(
    ("rows", "shape"),
    [(1, (1, 1, 1, 1)), (40, (1, 1, 1, 40)), (1000, (1, 2, 20, 1000)), (20_000, (4, 40, 400, 20_000))],
)
def test_the_shape_scales_down(servers: Servers, courses: Model, rows: int, shape: tuple[int, ...]) -> None:
    made = sample_data.generate(fresh(servers, f"shape_{rows}"), courses, rows)
    assert tuple(count for _, count in made) == shape


def test_the_same_seed_gives_the_same_rows(servers: Servers, courses: Model) -> None:
    one, two, other = (fresh(servers, name) for name in ("seed_one", "seed_two", "seed_other"))
    for source, seed in ((one, 7), (two, 7), (other, 8)):
        sample_data.generate(source, courses, 500, seed)
    assert digest(one) == digest(two) != digest(other)
    assert sample_data.change(one, courses, 0.1, 3) == sample_data.change(two, courses, 0.1, 3)
    assert digest(one) == digest(two)


def test_changes_come_in_the_stated_proportions(servers: Servers, courses: Model) -> None:
    source = fresh(servers, "proportions")
    sample_data.generate(source, courses, 10_000)
    assert dict(sample_data.change(source, courses, 0.1)) == {
        "updated lessons": 500,
        "renamed lessons": 150,
        "moved lessons": 100,
        "soft-deleted lessons": 50,
        "hard-deleted lessons": 50,
        "added lessons": 150,
    }
    with source.session() as session:
        assert session.scalar(SQL("SELECT count(*) FROM stream_module_lesson")) == 10_100
        assert session.scalar(SQL("SELECT count(*) FROM stream_module WHERE title LIKE '%%(new)'")) == 3


def test_data_that_is_there_is_never_overwritten(school: World) -> None:
    before = digest(school.stores.source)
    with pytest.raises(UsageError, match="has tables already"):
        sample_data.generate(school.stores.source, school.model, 10)
    assert digest(school.stores.source) == before


def test_a_model_without_data_says_so(servers: Servers, shop: Model) -> None:
    with pytest.raises(UsageError, match=r"has no file data/generate\.sql"):
        sample_data.generate(fresh(servers, "nodata"), shop, 10)


@pytest.mark.slow
def test_a_generated_school_loads_changes_and_verifies(empty_school: World) -> None:
    """Enough rows for whole-load scans and several buckets: 5,000 lessons, then ten changes of 2%."""
    with empty_school.stores.source.session() as session:
        session.execute(SQL("DROP TABLE stream_module_lesson, stream_module, stream, course"))
    sample_data.generate(empty_school.stores.source, empty_school.model, 5_000)
    assert empty_school.run().changes["courses"].new == 5_000
    for seed in range(10):
        sample_data.change(empty_school.stores.source, empty_school.model, 0.02, seed)
        assert empty_school.run(only="to_datawarehouse").anything_new
    empty_school.run()
    assert empty_school.differences() == []
    assert not empty_school.run(full=True).anything_new
