"""Names and types that ClickHouse takes otherwise than they are meant: found by asking it, refused by lint or safe."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import Servers
from declared import declared
from skyeng.db.clickhouse import ClickHouse
from skyeng.errors import StatementFailed
from skyeng.model.names import LONGEST_MART_TABLE
from skyeng.model.rules import UNREADABLE_IN_CLICKHOUSE, WITH_DICTIONARY
from skyeng.model.types import KNOWN, parse_type
from skyeng.sql import SQL, ident, joined, literal, sql

#: Words that are no key words of ClickHouse, and that it reads as numbers or more.
LITERALS = {"inf", "nan", "infinity", "null", "true", "false", "ts", "version", "latest"}

#: Opened by a process of its own: what an engine wrote is read again by the next one only.
IN_A_PROCESS = """
import sys
from datetime import UTC, datetime
from skyeng.db.clickhouse import ClickHouse
from skyeng.marts.contents import MartLoad, register
from skyeng.marts.tables import OPEN_END, MartTables, appended_columns, objects
from skyeng.model import load_model
from skyeng.sql import ident, idents, sql

model, folder, names = load_model(sys.argv[1]), sys.argv[2], sys.argv[3:]
(mart,) = model.marts
tables = MartTables(mart)
with ClickHouse(f"chdb://{folder}?database=words").session(create=True) as session:
    if not session.scalar(sql("EXISTS TABLE {history}", history=ident(tables.history))):
        for it in objects(model, mart):
            session.execute(it.create)
        version = f"00000000-0000-0000-0000-000000000001\\t2026-01-01 00:00:00\\t{OPEN_END}\\t1\\t".encode()
        texts = "\\t".join(column.name for column in mart.columns).encode()
        session.insert(tables.history, appended_columns(mart), [version + texts + b"\\n"])
        register(session, tables.loads, [MartLoad(datetime(2026, 1, 1, tzinfo=UTC), 1, 1, 1)])
    for relation in (ident(tables.view), sql("{view}(ts = '2026-01-02')", view=ident(tables.as_of))):
        statement = sql("SELECT {names} FROM {relation}", names=idents(names), relation=relation)
        assert session.rows(statement) == [tuple(names)], statement
"""


def words_of(servers: Servers) -> list[str]:
    """The words of ClickHouse's key words that could be names in a model."""
    with servers.datamart().session(create=True) as session:
        phrases = [phrase.lower() for (phrase,) in session.rows(SQL("SELECT keyword FROM system.keywords"))]
    words = {word for phrase in phrases for word in phrase.split()} | LITERALS
    return sorted(word for word in words if re.fullmatch("[a-z][a-z0-9_]*", word))


def test_lint_refuses_the_names_that_clickhouse_writes_so_that_it_cannot_read_them(servers: Servers) -> None:
    """ClickHouse writes metadata as it formats a query. All others of its words come back as they were."""
    queries = {
        f"SELECT a, {ident(word)}{after}": word
        for word in words_of(servers)
        for after in (", b FROM t", " FROM t WHERE (a, b) IN (SELECT a, b FROM t)")
    }
    with servers.datamart().session(create=True) as session:
        rows = session.rows(
            sql(
                """SELECT arrayJoin([{queries}]) AS query, formatQuerySingleLineOrNull(query) AS once,
    formatQuerySingleLineOrNull(once) AS twice""",
                queries=joined(", ", map(literal, queries)),
            )
        )
    assert len(rows) == len(queries)
    assert {queries[query] for query, once, twice in rows if once is None or once != twice} == UNREADABLE_IN_CLICKHOUSE


@pytest.mark.slow
def test_columns_of_every_other_name_outlive_the_engine(servers: Servers, tmp_path: Path) -> None:
    """Tables and views with columns of all key words are read again by an engine that starts anew."""
    names = [word for word in words_of(servers) if word not in UNREADABLE_IN_CLICKHOUSE]
    assert len(names) > 400
    model = declared(
        tmp_path / "model",
        {
            "model": "words",
            "source": "pg_datasource",
            "feeds": {"things": {"query": "q.sql", "grain": "thing_group"}},
            "hubs": {
                "thing": {"plural": "things", "business_key": {"id": "text"}},
                "group": {"plural": "groups", "business_key": {"id": "text"}},
            },
            "links": {"thing_group": {"plural": "things_groups", "hubs": ["thing", "group"]}},
            "marts": {
                "thing": {
                    "plural": "things",
                    "feed": "things",
                    # Those that mean something within a definition stand in it as sort columns too.
                    "order_by": ["index", "projection", "constraint", "primary", "nan", "select"],
                    "columns": dict.fromkeys(names, "thing_id"),
                }
            },
        },
        {"q.sql": "SELECT"},
    )
    asked = [str(model.directory), str(tmp_path / "engine"), *names]
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", IN_A_PROCESS, *asked], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr


NAMES_OF_TYPES = [
    *(name for name in KNOWN.split(", ") if "(" not in name),
    *("numeric(1,0)", "numeric(9,2)", "numeric(10,2)", "numeric(18,18)", "numeric(19,0)", "numeric(38,20)"),
    *("numeric(39,1)", "numeric(76,2)"),
]


@pytest.mark.parametrize("name", NAMES_OF_TYPES)
def test_lint_takes_low_cardinality_of_the_types_that_clickhouse_takes(servers: Servers, name: str) -> None:
    type_ = parse_type(name)
    table = SQL(f"CREATE TABLE t (x LowCardinality(Nullable({type_.clickhouse}))) ENGINE = Memory")
    if type_.clickhouse in WITH_DICTIONARY:
        execute(servers.datamart(), table)
    else:
        with pytest.raises(StatementFailed, match=r"LowCardinality|LOW_CARDINALITY"):
            execute(servers.datamart(), table)


def execute(datamart: ClickHouse, statement: SQL) -> None:
    with datamart.session(create=True) as session:
        session.execute(statement)


def test_the_longest_name_of_a_mart_table_fits_a_file(servers: Servers) -> None:
    """In the database with the longest name that is an identifier; a letter more does not fit."""
    create = "CREATE TABLE {database}.{table} (x Int32) ENGINE = MergeTree ORDER BY x"
    database, datamart = ident("d" * 63), servers.datamart()
    execute(datamart, sql("CREATE DATABASE {database}", database=database))
    execute(datamart, sql(create, database=database, table=ident("t" * LONGEST_MART_TABLE)))
    with pytest.raises(StatementFailed, match="max length of table name"):
        execute(datamart, sql(create, database=database, table=ident("t" * (LONGEST_MART_TABLE + 1))))
    execute(datamart, sql("DROP DATABASE {database} SYNC", database=database))
