"""The paths that large tables take, on small ones: bulk keys, whole-load scans, several blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import Servers, World
from declared import declared, migrated
from samples import some
from skyeng.db import postgres as postgres_sessions
from skyeng.errors import SkyengError
from skyeng.marts import append
from skyeng.marts.contents import MartLoad
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.sql import SQL
from skyeng.vault import bulk, loading, migrations

pytestmark = pytest.mark.slow

MART = "dm_courses_modules_lessons_streams"


@pytest.fixture
def always_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "WORTH_BULK", 0)
    monkeypatch.setattr(loading, "WORTH_BULK", 0)


def test_a_first_load_in_bulk_gives_the_same_and_leaves_every_key(school: World, always_bulk: None) -> None:
    school.run()
    assert school.differences() == []
    assert migrations.differences(school.stores.warehouse, school.model) == []
    keys = school.vault(
        "SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND connamespace = 'vault'::regnamespace"
    )
    assert keys == [(10,)]
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id = 36")
    school.run()
    assert school.differences() == []
    assert school.row_counts()["s_courses"] == 4


def test_a_bulk_load_that_dies_leaves_every_key_and_may_be_repeated(school: World, always_bulk: None) -> None:
    run = ToDatawarehouse(school.model, school.stores)
    load = run.e_from_pg_datawarehouse()
    run.e_from_pg_datasource(load)
    run.t_find_new_rows(load)
    for step in run.insert_steps(load):
        step.work()
        assert step.work() == step.work(), step.name
    report = school.run()
    assert report.changes["courses"].new == 36
    assert school.differences() == []
    assert migrations.differences(school.stores.warehouse, school.model) == []


def test_who_does_not_own_the_tables_loads_without_bulk(school: World, always_bulk: None) -> None:
    with school.stores.warehouse.session() as session:
        assert bulk.may_fill(session, "vault", "h_courses", SQL("SELECT WHERE false"))
        session.execute(
            SQL("CREATE ROLE nobody_else; GRANT USAGE ON SCHEMA vault TO nobody_else; SET LOCAL ROLE nobody_else")
        )
        assert not bulk.may_fill(session, "vault", "h_courses", SQL("SELECT WHERE false"))
        session.execute(SQL("RESET ROLE; DROP OWNED BY nobody_else; DROP ROLE nobody_else"))


def test_large_loads_are_scanned_and_stand_alone(school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a load's size, the mart's history is the same."""
    for title in ("B", "C"):
        school.run(only="to_datawarehouse")
        school.change(
            f"UPDATE course SET title = '{title}' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id = 36"
        )
    school.run()
    usual = school.mart(f"SELECT * FROM {MART}_history ORDER BY ALL")
    assert len(usual) == 36 + 7 + 6
    school.mart_command(f"TRUNCATE TABLE {MART}_loads")
    monkeypatch.setattr(append, "LARGEST_LOOKUP", 5)
    school.run()
    assert school.mart(f"SELECT * FROM {MART}_history ORDER BY ALL") == usual
    assert school.differences() == []


def test_spans_keep_order_and_leave_nothing_out() -> None:
    from datetime import UTC, datetime

    sizes = (10, 200_000, 5, 7, 600_000, 999_000, 2_000_000, 1, 1)
    loads = [MartLoad(datetime(2026, 1, day, tzinfo=UTC), size, 0, 0) for day, size in enumerate(sizes, start=1)]
    spans = list(append.spans(loads, "-infinity"))
    assert [load for span in spans for load in span.loads] == loads
    assert [span.after for span in spans] == ["-infinity", *(span.until for span in spans[:-1])]
    assert [span.row_versions for span in spans] == [10, 200_000, 12, 600_000, 999_000, 2_000_000, 2]
    assert [span.whole_load for span in spans] == [False, True, False, True, True, True, False]


@pytest.mark.parametrize("dying", some(["send", "_end_replaced", "register"], 2))
def test_an_append_that_dies_is_seen_by_nobody_and_brought_level_by_the_next(
    school: World, monkeypatch: pytest.MonkeyPatch, dying: str
) -> None:
    """Before the rows, before the ends of those that they replace, and before the register."""

    def die(*_: object) -> None:
        raise SkyengError("killed")

    school.run()
    before = school.mart(f"SELECT * FROM {MART} ORDER BY ALL")
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 2; DELETE FROM stream_module_lesson WHERE id = 36")
    school.run(only="to_datawarehouse")
    monkeypatch.setattr(append, dying, die)
    with pytest.raises(SkyengError, match="killed"):
        school.run(only="to_datamart")
    monkeypatch.undo()
    assert school.mart(f"SELECT * FROM {MART} ORDER BY ALL") == before
    school.run(only="to_datamart")
    assert school.mart(f"SELECT count() FROM {MART}") == [(35,)]
    assert school.mart(f"SELECT count() FROM {MART}_history") == [(36 + 13,)]
    assert school.differences() == []


@pytest.mark.parametrize("dying", ["send", "register"])
def test_a_first_load_that_dies_is_seen_by_nobody(school: World, monkeypatch: pytest.MonkeyPatch, dying: str) -> None:
    """It has no shadow tables. After the rows of one load, and before the register."""
    school.run(only="to_datawarehouse")
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 2")
    school.run(only="to_datawarehouse")
    whole, sent = append.send, list[object]()

    def die(*given: object) -> None:
        if dying == "send" and not sent:
            sent.append(given)
            whole(*given)  # type: ignore[arg-type]
            return
        raise SkyengError("killed")

    monkeypatch.setattr(append, "LARGEST_LOOKUP", 5)
    monkeypatch.setattr(append, dying, die)
    with pytest.raises(SkyengError, match="killed"):
        school.run(only="to_datamart")
    monkeypatch.undo()
    assert school.mart(f"SELECT count() FROM {MART}_history") == [(36 if dying == "send" else 48,)]
    assert school.mart(f"SELECT count() FROM {MART}") == [(0,)]
    report = school.run(only="to_datamart")
    assert report.rebuilt == {MART: "the mart has rows that its register does not list"}
    assert school.mart(f"SELECT countIf(h_course_title = 'Renamed'), count() FROM {MART}") == [(12, 36)]
    assert school.differences() == []


@pytest.mark.parametrize("survived", some(range(17), 2))
def test_a_rebuild_that_dies_after_any_statement_is_brought_level(
    school: World, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    """A reader sees what is damaged or what is whole, never half a mart; between the swaps as well."""
    from skyeng.db.clickhouse import ClickHouseSession

    school.run()
    school.change("UPDATE course SET title = 'Renamed' WHERE id = 2")
    school.run(only="to_datawarehouse")
    school.mart_command(f"ALTER TABLE {MART}_history DELETE WHERE h_lesson_id = 1 SETTINGS mutations_sync = 2")
    execute, left = ClickHouseSession.execute, [survived]

    def dies(self: ClickHouseSession, statement: SQL, *rest: object) -> None:
        if statement.text.startswith(("INSERT", "EXCHANGE", "DROP TABLE", "CREATE")):
            left[0] -= 1
            if left[0] < 0:
                raise SkyengError("killed")
        execute(self, statement, *rest)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(ClickHouseSession, "execute", dies)
    with pytest.raises(SkyengError, match="killed"):
        school.run(only="to_datamart")
    monkeypatch.undo()
    # From the view on that reads copies of what was built. Before it: two tables dropped, made and filled, two copies.
    expected = (35, 0) if survived < 8 else (36, 12)
    assert school.mart(f"SELECT count(), countIf(h_course_title = 'Renamed') FROM {MART}") == [expected]
    school.run(only="to_datamart")
    assert school.mart(f"SELECT count() FROM {MART} WHERE h_course_title = 'Renamed'") == [(12,)]
    assert school.differences() == []
    assert not school.run().anything_new


def test_a_feed_with_sixteen_satellites_is_planned_in_time(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trying every order of its joins would take PostgreSQL hours; the source has only a few rows."""
    parts = range(16)
    model = declared(
        tmp_path / "wide",
        {
            "model": "wide",
            "source": "pg_datasource",
            "feeds": {"things": {"query": "q.sql", "grain": "thing_group"}},
            "hubs": {
                "thing": {"plural": "things", "business_key": {"id": "integer"}},
                "group": {"plural": "groups", "business_key": {"id": "integer"}},
            },
            "links": {"thing_group": {"plural": "things_groups", "hubs": ["thing", "group"]}},
            "satellites": {
                f"part_{it}": {
                    "plural": f"parts_{it}",
                    "parent": "thing",
                    "attributes": {"a": {"type": "text", "column": f"c{it}"}},
                }
                for it in parts
            },
        },
        {"q.sql": "SELECT * FROM things"},
    )
    columns = ", ".join(f"'x' || g AS c{it}" for it in parts)
    rows = f"CREATE TABLE things AS SELECT g AS thing_id, 1 AS group_id, {columns} FROM generate_series(1, 9) g"
    world = migrated(servers, model, rows)
    # Our sessions lift a limit that the database sets: so it stands in theirs.
    limited = postgres_sessions._OF_WAREHOUSE.replace("statement_timeout = 0", "statement_timeout = '20s'")
    assert limited != postgres_sessions._OF_WAREHOUSE
    monkeypatch.setattr(postgres_sessions, "_OF_WAREHOUSE", limited)
    world.run()
    world.change("UPDATE things SET c7 = 'y' WHERE thing_id = 3")
    world.run()
    assert not world.run(full=True).anything_new
    assert world.differences() == []
