"""What must stay so that the cost of a run follows the change: plans of hot statements, and no rows in Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg2.extensions
import pytest

from conftest import Servers, World
from samples import some
from skyeng import proof
from skyeng.db.postgres import Postgres, Session
from skyeng.errors import SkyengError
from skyeng.marts import append
from skyeng.model import Model
from skyeng.sources import sample_data
from skyeng.sql import SQL
from skyeng.vault import bulk, distinct_rows, loading, staging
from skyeng.vault.bulk import WORTH_BULK

pytestmark = pytest.mark.slow

ROWS = 20_000

#: Tables with a row for each lesson. To scan one of them for each row of another would be quadratic.
LARGE = {
    "stream_module_lesson",
    "courses",
    "courses_rows",
    "courses_changes",
    "courses_shared",
    "courses_buckets",
    "found",
    "combined",
    "changed",
    "rebuilt",
    "h_lessons",
    "s_lessons",
    "l_courses_modules_lessons_streams",
    "s_courses_modules_lessons_streams_effectivity",
}

#: Of vanished rows there are few, as a rule.
GONE = "courses_gone"

#: What has a plan.
EXPLAINED = r"\s*(SELECT|INSERT|DELETE|UPDATE|WITH)\b|CREATE TEMPORARY TABLE .* AS$"

#: Statements that read all rows of the source or of the vault.
READS_EVERYTHING = (
    r"AS hash_sum[^;]*stream_module_lesson|AS hash_sum[^;]*vault\.|control\.courses_changes AS changes|TABLE rebuilt"
    r"|count[^;]*lead\(load_ts\)"
)

Plan = dict[str, Any]


def changed(source: Postgres, model: Model) -> None:
    sample_data.generate(source, model, ROWS)


@pytest.fixture
def large_school(servers: Servers, courses: Model) -> Iterator[World]:
    """A school large enough for the planner to care; settings of its databases hold for each new session."""
    world = servers.world(courses, lambda source: changed(source, courses), f"generated_{ROWS}")
    with world.stores.datamart.kept():
        yield world


@contextmanager
def explained(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Plan]]:
    """Every statement that is sent, with the plan it has at that moment, in the transaction it is sent in."""
    plans: dict[str, Plan] = {}
    cursor_of, copy_of = Session._cursor, Session._copy

    def explain(session: Session, statement: str, parameters: Any) -> None:
        if re.match(EXPLAINED, statement, re.MULTILINE):
            with session.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
                ((plan,),) = cursor.fetchall()
                plans[statement] = plan[0]["Plan"]

    def cursor(session: Session, statement: SQL, parameters: Any) -> Any:
        explain(session, statement.text, parameters)
        return cursor_of(session, statement, parameters)

    def copy(session: Session, statement: str, stream: Any) -> int:
        if copied := re.fullmatch(r"COPY \(\n(.*)\n\) TO STDOUT.*", statement, re.DOTALL):
            explain(session, copied[1].replace("%", "%%"), {})
        return copy_of(session, statement, stream)

    with monkeypatch.context() as patch:
        patch.setattr(Session, "_cursor", cursor)
        patch.setattr(Session, "_copy", copy)
        yield plans


def repeated_scans(plan: Plan, large: set[str]) -> Iterator[str]:
    """Large tables that a plan scans again for each row of something else."""
    parts = plan.get("Plans", [])
    if plan["Node Type"] == "Nested Loop":
        yield from scanned(parts[1], large)
    for part in parts:
        if part.get("Parent Relationship") == "SubPlan" and not re.match(r"hashed", part.get("Subplan Name", "")):
            yield from () if is_hashed(plan, part) else scanned(part, large)
        yield from repeated_scans(part, large)


def is_hashed(plan: Plan, part: Plan) -> bool:
    return f"hashed {part['Subplan Name']}" in str({key: value for key, value in plan.items() if key != "Plans"})


def scanned(plan: Plan, large: set[str] = LARGE) -> Iterator[str]:
    """Large tables that are read whole in this part of a plan; what is hashed or kept is read once only."""
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in large:
        yield plan["Relation Name"]
    if plan["Node Type"] not in ("Memoize", "Hash", "CTE Scan"):
        for part in plan.get("Plans", []):
            if part.get("Parent Relationship") != "InitPlan":
                yield from scanned(part, large)


def slow(plans: dict[str, Plan], large: set[str] = LARGE) -> list[str]:
    found = ((statement, set(repeated_scans(plan, large))) for statement, plan in plans.items())
    return [f"{', '.join(tables)} once for each row:\n{statement}" for statement, tables in found if tables]


#: What is changed at the source before a load.
PREPARED = ("one percent", "of every kind", "a course renamed", "many gone", "everything")


@pytest.mark.longest
@pytest.mark.parametrize("bulk_from", some([WORTH_BULK, 1000], 1))
def test_no_statement_of_a_run_scans_a_large_table_for_each_row(
    large_school: World, monkeypatch: pytest.MonkeyPatch, bulk_from: int
) -> None:
    """Both ways: as loads of this size go, and as large ones do."""
    assert ROWS < WORTH_BULK, "a first load of this size is no bulk load"
    school = large_school
    if bulk_from < WORTH_BULK:
        for place in (bulk, loading):
            monkeypatch.setattr(place, "WORTH_BULK", bulk_from)
        for place in (staging, distinct_rows, loading):
            monkeypatch.setattr(place, "WORTH_ANALYSING", bulk_from // 2)
        monkeypatch.setattr(append, "LARGEST_LOOKUP", bulk_from)
    for prepare in ("first", "nothing", *some(PREPARED, 1)):
        with school.stores.source.session() as source:
            if prepare == "one percent":
                source.execute(SQL("UPDATE stream_module_lesson SET title = title || '!' WHERE id % 100 = 0"))
                source.execute(SQL("DELETE FROM stream_module_lesson WHERE id % 500 = 0"))
            elif prepare == "of every kind":
                sample_data.change(school.stores.source, school.model, 0.05)
            elif prepare == "a course renamed":
                source.execute(SQL("UPDATE course SET title = 'Renamed' WHERE id = 1"))
            elif prepare == "many gone":
                source.execute(SQL("DELETE FROM stream_module_lesson WHERE id % 8 = 0"))
                source.execute(SQL("UPDATE stream_module_lesson SET title = title || '.' WHERE id % 8 = 1"))
            elif prepare == "everything":
                source.execute(SQL("UPDATE stream_module_lesson SET teacher_id = teacher_id + 1"))
        with explained(monkeypatch) as plans:
            school.run()
        assert len(plans) > 20, "statements were explained"
        if prepare == "first":
            inserts = [plan for it, plan in plans.items() if it.startswith("INSERT INTO vault.s_lessons")]
            assert ("pk_s_lessons" in str(inserts)) == (bulk_from > ROWS), "a table that is filled has no key"
        assert slow(plans, {*LARGE, GONE} if prepare == "many gone" else LARGE) == [], prepare
    with explained(monkeypatch) as plans:
        assert all(one.equal for one in proof.verify(school.model, school.stores))
        school.run(full=True)
    assert slow(plans) == []


def _gathers(plan: Plan) -> bool:
    return plan["Node Type"].startswith("Gather")


def divided(plan: Plan) -> bool:
    """Whether several processes do a plan's work: where rows are gathered, only groups are left to be finished.

    A window puts in order what was gathered before: rows that several loads touched, which are few.
    """
    ordered = "WindowAgg" in str(plan)
    while plan["Node Type"] == "Sort" or plan.get("Partial Mode") == "Finalize" or (ordered and not _gathers(plan)):
        plan = plan["Plans"][-1]
    # What is left of the side that such a join hashes is given out by one process alone.
    few = not ordered or "Semi" in str(plan)
    return few and _gathers(plan) and "Right Anti" not in str(plan)


def test_what_reads_everything_is_divided_among_processes_to_the_end(
    large_school: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The source's checksums, the vault's for `verify` and `--full`, and the rows of a mart that is rebuilt."""
    school = large_school
    monkeypatch.setattr(append, "LARGEST_LOOKUP", ROWS // 2)
    for store in (school.stores.source, school.stores.warehouse):
        with store.session() as session:
            name = session.scalar(SQL("SELECT current_database()"))
            session.execute(SQL(f'ALTER DATABASE "{name}" SET parallel_setup_cost = 0'))
    school.run(only="to_datawarehouse")
    with explained(monkeypatch) as plans:
        school.run()
        assert all(one.equal for one in proof.verify(school.model, school.stores))
        school.run(full=True, only="to_datawarehouse")
    whole = {statement: plan for statement, plan in plans.items() if re.search(READS_EVERYTHING, statement)}
    # Checksums of source (for a run, for verify) and vault; the mart's rows, those of the past, and those rebuilt.
    assert len(whole) == 6
    assert [statement for statement, plan in whole.items() if not divided(plan)] == []


def test_the_guard_sees_a_nested_loop(large_school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    large_school.run(only="to_datawarehouse")
    quadratic = SQL(
        "SELECT count(*) FROM control.courses_rows AS a JOIN control.courses_rows AS b ON a.row_hash < b.row_hash"
    )
    correlated = SQL(
        "SELECT count(*) FROM control.courses_rows AS a"
        " WHERE EXISTS (SELECT FROM control.courses_rows AS b WHERE b.row_hash < a.row_hash OFFSET 0)"
    )
    for statement in (quadratic, correlated):
        with explained(monkeypatch) as plans, large_school.stores.warehouse.session() as session:
            session.execute(SQL("SET LOCAL enable_material = off; SET LOCAL statement_timeout = '200ms'"))
            with suppress(SkyengError):  # it takes too long: that is the point
                session.rows(statement)
        assert len(slow(plans)) == 1


def test_a_changed_row_is_found_by_its_key(large_school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a few changed rows are compared with in the vault is looked up, not read whole."""
    school = large_school
    school.run()
    school.change("UPDATE stream_module_lesson SET title = 'Renamed' WHERE id IN (7, 8, 9)")
    with explained(monkeypatch) as plans:
        school.run(only="to_datawarehouse")
    (insert,) = (plan for statement, plan in plans.items() if statement.startswith("INSERT INTO vault.s_lessons"))
    assert "pk_s_lessons" in str(insert)
    assert set(scanned(insert)) <= {"courses"}, "staging alone is read whole"


def test_python_never_holds_rows(large_school: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest answer that a run fetches does not grow with the table, nor with what changed."""
    fetched: list[int] = []
    fetchall = psycopg2.extensions.cursor.fetchall

    class Counting(psycopg2.extensions.cursor):
        def fetchall(self) -> list[Any]:
            rows = fetchall(self)
            fetched.append(len(rows))
            return rows

    driver = Postgres.open

    def counting(self: Postgres) -> Any:
        connection = driver(self)
        connection.cursor_factory = Counting
        return connection

    monkeypatch.setattr(Postgres, "open", counting)
    large_school.run()
    large_school.change("UPDATE stream_module_lesson SET title = title || '!' WHERE id % 2 = 0")
    assert large_school.run().changes["courses"].changed == ROWS // 2
    assert fetched
    assert max(fetched) <= 100


def test_the_source_is_read_without_locks_and_in_one_snapshot(large_school: World) -> None:
    """A writer of the source waits for nobody while it is read, and nothing it writes is half seen."""
    large_school.run()
    with large_school.stores.source.session() as writer:
        writer.execute(SQL("LOCK TABLE stream_module_lesson IN ROW EXCLUSIVE MODE"))
        writer.execute(SQL("UPDATE stream_module_lesson SET title = 'Not yet' WHERE id = 1"))
        assert not large_school.run().anything_new
    assert large_school.run().changes["courses"].changed == 1


def test_the_statement_timeout_of_the_source_is_honoured(large_school: World) -> None:
    source = large_school.stores.source
    with source.session() as session:
        name = session.scalar(SQL("SELECT current_database()"))
        session.execute(SQL(f'ALTER DATABASE "{name}" SET statement_timeout = 1'))
    with pytest.raises(Exception, match="statement timeout") as raised:
        large_school.run()
    assert "statement_timeout" in str(getattr(raised.value, "remedy", ""))
    assert large_school.row_counts()["h_lessons"] == 0
