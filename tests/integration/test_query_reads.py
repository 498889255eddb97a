"""`skyeng query` reads and does nothing else: in the embedded engine, and over HTTP while `skyeng up` has it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from clickhouse_connect.driver.models import SettingDef

import skyeng
from conftest import Servers, World
from skyeng import api
from skyeng.cli.main import cli
from skyeng.config import Settings
from skyeng.db.clickhouse import ClickHouse
from skyeng.errors import SkyengError, UsageError
from skyeng.marts import migrations as mart_migrations
from skyeng.marts import queries
from skyeng.model import Model
from skyeng.sql import SQL, readonly
from test_exactly_once import served

MART = "dm_courses_modules_lessons_streams"

WRITING = [
    f"DROP TABLE {MART}_history",
    f"DROP VIEW {MART}",
    "DROP DATABASE {database}",
    f"INSERT INTO {MART}_loads (row_versions) VALUES (1)",
    f"INSERT INTO {MART}_loads (row_versions) SELECT 1",
    "INSERT INTO FUNCTION file('{folder}/out', 'CSV', 'x UInt8') SELECT 1",
    f"ALTER TABLE {MART}_history DELETE WHERE 1",
    f"ALTER TABLE {MART}_history ADD COLUMN x UInt8",
    f"DELETE FROM {MART}_history WHERE 1",
    f"UPDATE {MART}_history SET row_hash = 0 WHERE 1",
    "CREATE TABLE x (a UInt8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a UInt8)",
    "CREATE OR REPLACE VIEW x AS SELECT 1",
    "CREATE FUNCTION x AS (a) -> a",
    "CREATE USER x",
    f"TRUNCATE TABLE {MART}_history",
    f"RENAME TABLE {MART}_history TO x",
    f"EXCHANGE TABLES {MART}_history AND {MART}_loads",
    f"OPTIMIZE TABLE {MART}_history FINAL",
    "SYSTEM STOP MERGES",
    "SYSTEM FLUSH LOGS",
    "KILL QUERY WHERE 1",
    "SET readonly = 0",
    "USE system",
    f"ATTACH TABLE {MART}_history",
    f"DETACH TABLE {MART}_history",
    "GRANT SELECT ON *.* TO default",
    f"BACKUP TABLE {MART}_history TO File('x')",
    "BEGIN TRANSACTION",
    "SELECT * FROM file('/etc/hostname', LineAsString)",
    "SELECT file('/etc/hostname')",
    "SELECT * APPLY file FROM (SELECT '/etc/hostname')",
    "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
    "SELECT * FROM s3('http://127.0.0.1:1/x', 'CSV')",
    "SELECT * FROM remote('127.0.0.1:1', system.one)",
    "SELECT * FROM executable('cat', TSV, 'x String')",
    "SELECT * FROM url('http://127.0.0.1:1/', LineAsString) SETTINGS max_threads = 1",
    "SELECT 1 AS a, (SELECT count() FROM s3('http://127.0.0.1:1/x', 'CSV')) SETTINGS max_threads = 1",
    "WITH x AS (SELECT * FROM file('/etc/hostname', LineAsString)) SELECT * FROM x",
    "SELECT count() FROM (SELECT * FROM remote('127.0.0.1:1', system.one))",
    "DESCRIBE TABLE file('/etc/hostname', LineAsString)",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 INTO OUTFILE '{folder}/out'",
    f"SELECT 1; DROP TABLE {MART}_history",
    f"SELECT 1 PARALLEL WITH DROP TABLE {MART}_history",
    f"EXPLAIN AST DROP TABLE {MART}_history",
    f"EXPLAIN INSERT INTO {MART}_loads (row_versions) SELECT 1",
    f"EXPLAIN PIPELINE graph = 1 INSERT INTO {MART}_loads (row_versions) SELECT 1",
    f"WITH x AS (INSERT INTO {MART}_loads (row_versions) SELECT 1) SELECT 1",
    f"SELECT * FROM (DROP TABLE {MART}_history)",
    f"/* SELECT */ DROP TABLE {MART}_history",
    "SELECT * FROM python('x')",
    "nonsense of no kind",
]

READING = [
    f"SELECT count() FROM {MART}",
    f"(SELECT count() FROM {MART}) UNION ALL (SELECT 1)",
    f"WITH 1 AS one SELECT one, count() FROM {MART}",
    f"FROM {MART} SELECT count()",
    f"SELECT count() FROM {MART} SETTINGS max_threads = 1, join_use_nulls = 1",
    f"SELECT count() FROM {MART}_as_of(ts = '2100-01-01 00:00:00')",
    f"DESCRIBE TABLE {MART}",
    f"DESCRIBE (SELECT * FROM {MART})",
    "SHOW TABLES",
    f"SHOW CREATE TABLE {MART}",
    f"EXISTS TABLE {MART}",
    f"EXPLAIN SELECT count() FROM {MART}",
    f"EXPLAIN PLAN indexes = 1, description = 0 SELECT count() FROM {MART}",
    f"EXPLAIN QUERY TREE run_passes = 1 SELECT count() FROM {MART}",
    "SELECT format('{{}} and {{}}', 'a', 'b') SETTINGS max_threads = 1",
    "SELECT 'INTO OUTFILE; DROP TABLE x' AS file, 1 AS `INSERT`",
    "SELECT number FROM numbers(3)",
    "SELECT name FROM system.columns LIMIT 1;",
]


def state(world: World) -> list[object]:
    objects = "SELECT name, engine, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY 1"
    rows = [f"SELECT count(), sum(cityHash64(*)) FROM {MART}_{it}" for it in ("history", "loads")]
    databases = "SELECT count() FROM system.databases"
    return [world.mart(query) for query in (objects, *rows, databases)]


def query(world: World, *arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(cli, ["query", *arguments], env={"CH_DATAMART_URL": world.stores.datamart.url})
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stdout, done.stderr


def asked(world: World, text: str) -> list[tuple[object, ...]]:
    """A question as the command asks it, without reading the model file for each."""
    statement = api.statement_of(world.model, None, text, None)
    with queries.reading(world.stores.datamart, world.model, statement) as session:
        return [tuple(row) for row in session.client.query(statement.text).result_rows]


def check_reads_only(world: World, folder: Path) -> None:
    before = state(world)
    for written in WRITING:
        text = written.format(folder=folder, database=world.stores.datamart.database)
        with pytest.raises(SkyengError):
            print(text, asked(world, text))
    assert state(world) == before
    assert list(folder.iterdir()) == []
    for text in (it.replace("{{}}", "{}") for it in READING):
        assert asked(world, text), text
    for text in (f"DROP TABLE {MART}", "SELECT 1; SELECT 2"):
        code, stdout, stderr = query(world, "--sql", text)
        assert code in (1, 2), text
        assert stdout == "", text
        assert stderr.startswith("error: "), text
    settings = Settings(datamart_url=world.stores.datamart.url)
    with pytest.raises(UsageError, match="only reads, and refuses what is no query"):
        skyeng.query(sql=f"DROP TABLE {MART}", settings=settings)
    assert state(world) == before


def check_reads_as_before(world: World) -> None:
    settings = Settings(datamart_url=world.stores.datamart.url)
    assert query(world, "lessons-per-course")[0] == 0
    columns = f"SELECT h_lesson_id, h_lesson_title FROM {MART} WHERE h_lesson_id < 3 ORDER BY 1"
    assert query(world, "--sql", columns, "--format", "csv")[1].splitlines()[0] == '"h_lesson_id","h_lesson_title"'
    found = query(world, "--sql", columns, "--format", "json")[1]
    assert [row["h_lesson_id"] for row in json.loads(found)] == [1, 2]
    assert json.loads(query(world, "--sql", f"SELECT 1 FROM {MART} WHERE 0", "--format", "json")[1]) == []
    count = query(world, "--sql", f"SELECT count() AS n FROM {MART}", "--as-of", "2000-01-01", "--format", "csv")
    assert count[1] == '"n"\n0\n'
    frame = skyeng.query("lessons-per-course", settings=settings)
    assert len(frame) == 3
    nothing = skyeng.query(sql=f"SELECT h_course_title FROM {MART} WHERE false", settings=settings)
    assert list(nothing.columns) == ["h_course_title"]
    # What is refused is refused to this one question: the next ones of the process can write.
    assert not world.run().anything_new
    code, _, stderr = query(world, "--sql", "SELECT * FROM nothing_of_this_name")
    assert code == 1
    assert "nothing_of_this_name" in stderr


def test_the_embedded_engine(school: World, tmp_path: Path) -> None:
    school.run()
    check_reads_only(school, tmp_path)
    check_reads_as_before(school)


@pytest.fixture
def over_http(school: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served(tmp_path_factory.mktemp("served") / "data") as port:
        datamart = ClickHouse(f"clickhouse://loader:secret@127.0.0.1:{port}/datamart")
        world = replace(school, stores=replace(school.stores, datamart=datamart))
        mart_migrations.migrate(datamart, world.model)
        world.run()
        yield world


@pytest.mark.slow
def test_the_local_endpoint(over_http: World, tmp_path: Path) -> None:
    """As the user that loads, who may do everything otherwise; then as the one that may only read."""
    check_reads_only(over_http, tmp_path)
    check_reads_as_before(over_http)
    url = over_http.stores.datamart.url.replace("loader:", "analyst:")
    analyst = replace(over_http, stores=replace(over_http.stores, datamart=ClickHouse(url)))
    assert query(analyst, "lessons-per-course")[0] == 0
    assert json.loads(query(analyst, "--sql", "SELECT 1 AS one", "--format", "json")[1]) == [{"one": 1}]
    assert query(analyst, "--sql", f"DROP TABLE {MART}")[0] == 2
    # Who may not write is told so by a load, in words.
    over_http.change("DELETE FROM stream_module_lesson WHERE id = 1")
    with pytest.raises(SkyengError, match="readonly") as caught:
        analyst.run()
    assert "set CH_DATAMART_URL to a user that may write" in str(caught.value)


def test_a_profile_that_may_not_be_changed_is_left_as_it_is(servers: Servers, courses: Model) -> None:
    """On a server a user's profile may say `readonly` already; clickhouse-connect tells what it says."""
    with servers.datamart().session(create=True, alone=True) as session:
        sent: list[tuple[str, object]] = []
        server = replace(session.database, url="clickhouse://reader@127.0.0.1/datamart")
        vars(session)["database"] = server
        vars(session.client)["set_client_setting"] = lambda *setting: sent.append(setting)
        session.only_read(1)
        assert sent == [("readonly", 1)]
        known = session.client.server_settings
        known["readonly"] = SettingDef("readonly", "2", 1)
        session.only_read(1)
        assert sent == [("readonly", 1)]


def at_level_two(world: World, text: str) -> None:
    """Let the engine itself run a statement, unchecked."""
    with world.stores.datamart.session(alone=True) as session:
        session.only_read(2)
        session.rows(SQL(text))


@pytest.mark.slow
def test_functions_that_reach_out_are_refused_whatever_the_profile_allows(school: World) -> None:
    """Under `readonly = 2`, which a profile may have, the engine itself lets a query read another server."""
    with pytest.raises(SkyengError, match="Connection refused"):
        at_level_two(school, "SELECT * FROM remote('127.0.0.1:1', system.one)")
    with school.stores.datamart.session() as session:
        reaching = session.rows(SQL("SELECT name FROM system.table_functions WHERE NOT allow_readonly"))
    assert ("remote",) in reaching
    for (name,) in reaching:
        for text in (f"SELECT * FROM {name}('127.0.0.1:1', 'x')", f"SELECT (SELECT count() FROM `{name}`(1)) AS n"):
            if name != "format":  # reads what stands in the statement itself
                with pytest.raises(UsageError, match=rf"(?i)refuses (the name )?{name}"):
                    asked(school, text)


def test_the_names_of_functions_can_be_columns(servers: Servers) -> None:
    assert readonly.objection("SELECT file, eval FROM x", (), readonly.FORBIDDEN_CALLS) is None
    assert readonly.objection("SELECT file, eval FROM x", (), readonly.FORBIDDEN_NAMES) == "the name file"
    assert readonly.objection("SELECT * APPLY(file) FROM x", (), readonly.FORBIDDEN_CALLS) == "the name file"
    assert readonly.objection("SELECT * APPLY file FROM x", (), readonly.FORBIDDEN_CALLS) == "the name file"


def test_a_frame_is_read_in_a_session_of_its_own(school: World) -> None:
    """A client that was made to read only is never given to anybody else."""
    school.run()
    statement = SQL(f"SELECT count() FROM {MART}")
    with queries.reading(school.stores.datamart, school.model, statement) as session:
        assert session.scalar(statement) == 36
    school.mart_command("CREATE TABLE x (a UInt8) ENGINE = Memory")
