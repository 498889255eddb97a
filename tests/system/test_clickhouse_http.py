"""The local ClickHouse HTTP endpoint as its clients see it: the real process, the real engine, HTTP."""

from __future__ import annotations

import gzip
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import clickhouse_connect
import lz4.frame
import psutil
import pytest
import sqlalchemy
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

from skyeng.db.clickhouse import ClickHouse
from skyeng.errors import ConnectionFailed, StatementFailed
from skyeng.local.clickhouse_http import bodies, serve, statement
from skyeng.local.clickhouse_http.refusal import Refused
from skyeng.sql import SQL

pytestmark = pytest.mark.slow

PASSWORDS = {"loader": "l@d/:% é", "analyst": "reader's"}
VARIABLES = {f"SKYENG_STANDIN_{user.upper()}_PASSWORD": password for user, password in PASSWORDS.items()}
AWKWARD = 'it\'s\ta "tab"\\\n and żółw 🐢 \\N'
ENDLESS = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def code(self) -> str | None:
        return self.headers.get("X-ClickHouse-Exception-Code")


@dataclass(frozen=True)
class ClickHouseHttpServer:
    """A started endpoint."""

    process: subprocess.Popen[str]
    port: int
    ready: str

    def datamart(self, user: str = "loader", database: str = "datamart") -> ClickHouse:
        return ClickHouse(f"clickhouse://{user}:{quote(PASSWORDS[user], safe='')}@127.0.0.1:{self.port}/{database}")

    def client(self, user: str = "loader", **options: Any) -> Any:
        options = {"username": user, "password": PASSWORDS[user], "database": "datamart", **options}
        return clickhouse_connect.get_client(host="127.0.0.1", port=self.port, **options)

    def ask(self, body: Any = b"", user: str = "loader", method: str = "POST", **fields: Any) -> Answer:
        headers = {"X-ClickHouse-User": user, "X-ClickHouse-Key": PASSWORDS[user]}
        text = body.encode() if isinstance(body, str) else body
        return self.raw(text, method, headers | fields.pop("headers", {}), fields)

    def raw(self, body: Any, method: str, headers: dict[str, str], fields: dict[str, Any]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            encoded = {name: value.encode() if name.endswith("-Key") else value for name, value in headers.items()}
            connection.request(method, "/?" + urlencode(fields), body, encoded)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def send(self, head: str, body: bytes) -> None:
        """Send a request to the letter, and go away."""
        name = b64encode(f"loader:{PASSWORDS['loader']}".encode()).decode()
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(f"{head}\r\nHost: x\r\nAuthorization: Basic {name}\r\n\r\n".encode() + body)

    def count(self, table: str) -> int:
        return int(self.ask(f"SELECT count() FROM {table}", database="datamart").body)


def start(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "skyeng.local.clickhouse_http", "--folder", str(folder), "--port", "0"],
        env=os.environ | VARIABLES,
        stderr=subprocess.PIPE,
        text=True,
    )


def started(folder: Path) -> ClickHouseHttpServer:
    process = start(folder)
    assert process.stderr
    ready = process.stderr.readline()
    assert "ready at http://127.0.0.1:" in ready, ready + process.stderr.read()
    return ClickHouseHttpServer(process, int(ready.split("http://127.0.0.1:")[1].split(",")[0]), ready)


def stop(standin: ClickHouseHttpServer, number: int = signal.SIGTERM) -> tuple[int, float, str]:
    """Exit code, seconds, and what it said besides its first line."""
    before = time.monotonic()
    standin.process.send_signal(number)
    try:
        _, said = standin.process.communicate(timeout=30)
    finally:
        standin.process.kill()
    return standin.process.returncode, time.monotonic() - before, said


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHttpServer]:
    """One for all tests, in a folder with a space and an apostrophe. It says one line, whatever is asked."""
    server = started(tmp_path_factory.mktemp("standin") / "it's żółw" / "data")
    with server.datamart().session(create=True):
        pass
    yield server
    code, _, said = stop(server)
    assert (code, said) == (0, "")


@pytest.fixture
def table(standin: ClickHouseHttpServer, request: pytest.FixtureRequest) -> str:
    name = "t_" + "".join(char if char.isalnum() else "_" for char in request.node.name)
    made = standin.ask(f"CREATE TABLE {name} (a Int32, b String) ENGINE = MergeTree ORDER BY a", database="datamart")
    assert made.status == 200, made.body
    return name


# What it is, and who may ask.


def test_it_says_what_it_is_and_nothing_of_its_clients(standin: ClickHouseHttpServer) -> None:
    for path in ("/ping", "/"):
        connection = http.client.HTTPConnection("127.0.0.1", standin.port)
        connection.request("GET", path)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"Ok.\n")
        assert response.headers["X-ClickHouse-Server-Display-Name"] == "skyeng-standin"
        assert response.headers["Server"] == "skyeng-standin (no ClickHouse server)"
        connection.close()
    assert ", chDB " in standin.ready
    assert not any(password in standin.ready for password in PASSWORDS.values())
    listening = {it.laddr.ip for it in psutil.Process(standin.process.pid).net_connections() if it.status == "LISTEN"}
    assert listening == {"127.0.0.1"}


@pytest.mark.parametrize(("user", "password"), [*PASSWORDS.items(), ("loader", "x"), ("default", ""), ("loader", "")])
def test_three_ways_to_say_who_asks(standin: ClickHouseHttpServer, user: str, password: str) -> None:
    basic = b64encode(f"{user}:{password}".encode()).decode()
    ways: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"Authorization": f"Basic {basic}"}, {}),
        ({"X-ClickHouse-User": user, "X-ClickHouse-Key": password}, {}),
        ({}, {"user": user, "password": password}),
    ]
    for headers, fields in ways:
        answer = standin.raw("SELECT 1", "POST", headers, fields)
        if PASSWORDS.get(user) == password:
            assert (answer.status, answer.body) == (200, b"1\n")
        else:
            assert (answer.status, answer.code) == (403, "516")
            assert answer.body.startswith(f"Code: 516. DB::Exception: {user}: Authentication failed".encode())


def test_without_a_name_nothing_is_said(standin: ClickHouseHttpServer) -> None:
    for headers in ({}, {"Authorization": "Basic %%%"}, {"Authorization": "Bearer x"}):
        answer = standin.raw("SELECT 1", "POST", headers, {})
        assert (answer.status, answer.code, answer.headers["WWW-Authenticate"][:5]) == (401, "516", "Basic")
    wrong = ClickHouse(f"clickhouse://loader:secret@127.0.0.1:{standin.port}/datamart")
    with pytest.raises(ConnectionFailed, match="Code: 516") as caught, wrong.session():
        pass
    assert "secret" not in str(caught.value)


# Our own client, and others.


def test_our_client_from_end_to_end(standin: ClickHouseHttpServer, table: str) -> None:
    with standin.datamart().session(create=True) as session:
        rows = [(1, "plain"), (2, AWKWARD), (3, "")]
        session.client.insert(table, rows, ["a", "b"])
        by_value = SQL(f"SELECT a, b FROM {table} WHERE b = {{b:String}}")
        assert session.rows(by_value, {"b": AWKWARD}) == [(2, AWKWARD)]
        assert session.rows(SQL("SELECT {a:Array(String)} AS x"), {"a": [AWKWARD, "x"]}) == [([AWKWARD, "x"],)]
        assert session.scalar(SQL(f"SELECT a FROM {table} WHERE 0")) is None
        found = session.frame(SQL(f"SELECT a, b FROM {table} ORDER BY a"))
        assert list(found.itertuples(index=False, name=None)) == rows
        assert list(session.frame(SQL(f"SELECT a, b FROM {table} WHERE 0")).columns) == ["a", "b"]
        assert session.text(SQL(f"SELECT a, b FROM {table} WHERE a = 1"), "csv") == b'"a","b"\n1,"plain"\n'
        assert json.loads(session.text(SQL(f"SELECT a, b FROM {table} ORDER BY a"), "json"))[1] == {
            "a": 2,
            "b": AWKWARD,
        }


def test_a_large_insert_of_our_client_and_one_without_rows(standin: ClickHouseHttpServer, table: str) -> None:
    with standin.datamart().session() as session:
        session.insert(table, ["a", "b"], (f"{n}\tno. {n} żółw\\t\\n\n".encode() for n in range(200_000)))
        session.insert(table, ["a", "b"], iter(()))
        found = session.rows(SQL(f"SELECT count(), sum(a), max(b) FROM {table}"))
    assert found == [(200_000, 199_999 * 100_000, "no. 99999 żółw\t\n")]


def test_an_insert_that_our_client_breaks_off_inserts_nothing(standin: ClickHouseHttpServer, table: str) -> None:
    def breaking_off() -> Iterator[bytes]:
        yield b"1\tx\n" * 300_000
        raise ZeroDivisionError

    with pytest.raises((ZeroDivisionError, StatementFailed)), standin.datamart().session() as session:
        session.insert(table, ["a", "b"], breaking_off())
    assert standin.count(table) == 0


def test_the_dialect_of_sqlalchemy(standin: ClickHouseHttpServer, table: str) -> None:
    engine = sqlalchemy.create_engine(standin.datamart().url.replace("clickhouse://", "clickhousedb://"))
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(f"INSERT INTO {table} VALUES (1, 'one'), (2, 'two')"))
        found = connection.execute(sqlalchemy.text(f"SELECT b FROM {table} WHERE a = :a"), {"a": 2})
        assert found.fetchall() == [("two",)]
        assert [it["name"] for it in sqlalchemy.inspect(engine).get_columns(table)] == ["a", "b"]
    engine.dispose()


def test_the_hook_of_airflow(standin: ClickHouseHttpServer, table: str, tmp_path: Path) -> None:
    given = {"conn_type": "clickhouse", "host": "127.0.0.1", "port": standin.port, "schema": "datamart"}
    code = f"""
from airflow.providers.clickhousedb.hooks.clickhouse import ClickHouseHook
hook = ClickHouseHook(clickhouse_conn_id="mart")
hook.run(["INSERT INTO {table} VALUES (1, 'one')", "INSERT INTO {table} VALUES (2, 'two')"])
hook.insert_rows("{table}", [(3, "three")], target_fields=["a", "b"])
print("found", hook.get_records("SELECT a, b FROM {table} ORDER BY a"), hook.test_connection()[0])"""
    secrets = {"login": "loader", "password": PASSWORDS["loader"]}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW_CONN_MART": json.dumps(given | secrets)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "found [(1, 'one'), (2, 'two'), (3, 'three')] True" in done.stdout, done.stderr


# Many at once, and each for itself.


def test_many_processes_and_threads_at_once(standin: ClickHouseHttpServer, table: str) -> None:
    code = f"""
import sys
from skyeng.db.clickhouse import ClickHouse
from skyeng.sql import SQL
with ClickHouse(sys.argv[1]).session() as session:
    for n in range(5):
        session.insert("{table}", ["a", "b"], [b"1\\tx\\n"] * 1000)
        assert session.scalar(SQL("SELECT count() FROM {table}")) >= (n + 1) * 1000"""
    others = [subprocess.Popen([sys.executable, "-c", code, standin.datamart().url]) for _ in range(2)]

    def work(number: int) -> int:
        with standin.datamart().session() as session:
            session.insert(table, ["a", "b"], [b"2\tx\n"] * 1000)
            return session.scalar(SQL(f"SELECT {number} FROM {table} LIMIT 1"))

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(16))) == list(range(16))
    assert [it.wait(60) for it in others] == [0, 0]
    assert standin.count(table) == 26_000


def test_a_slow_query_holds_up_nobody(standin: ClickHouseHttpServer) -> None:
    before = time.monotonic()
    with ThreadPoolExecutor(6) as threads:
        slow = [threads.submit(standin.ask, "SELECT sleep(2)") for _ in range(5)]
        assert standin.ask("SELECT 1").body == b"1\n"
        assert not any(it.done() for it in slow)
        assert [it.result().body for it in slow] == [b"0\n"] * 5
    assert time.monotonic() - before < 9, "one after another they take ten seconds"


def test_nothing_set_for_one_request_is_found_by_another(standin: ClickHouseHttpServer) -> None:
    names = ("priority", "readonly", "max_columns_to_read")
    seen = f"SELECT currentDatabase(), {', '.join(f'getSetting({name!r})' for name in names)}"
    assert standin.ask("USE datamart").status == 200
    assert standin.ask("SET priority = 17").status == 200
    inside = standin.ask(seen, database="datamart", priority=17, readonly=1, max_columns_to_read=9)
    assert inside.body == b"datamart\t17\t1\t9\n"
    assert standin.ask("SELECT 1", user="analyst").status == 200
    for _ in range(4):
        assert standin.ask(seen).body == b"default\t0\t0\t0\n"


def test_a_session_keeps_what_it_sets_and_no_more(standin: ClickHouseHttpServer) -> None:
    kept: dict[str, Any] = {"session_id": "s1"}
    assert standin.ask("SELECT 1", session_check=1, **kept).code == "372"
    for text in ("SET max_threads = 7", "CREATE TEMPORARY TABLE temporary_one AS SELECT 5 AS x", "USE datamart"):
        assert standin.ask(text, **kept).status == 200
    seen = (
        "SELECT getSetting('max_threads'), getSetting('max_columns_to_read'), currentDatabase(), x FROM temporary_one"
    )
    assert (
        standin.ask(seen, **kept, max_threads=9, max_columns_to_read=3, database="system").body == b"9\t3\tsystem\t5\n"
    )
    assert standin.ask(seen, **kept).body == b"7\t0\tdatamart\t5\n"
    assert standin.ask(seen, session_id="s2").code == "60"
    assert standin.ask(seen, session_id="s1", user="analyst").code == "60"
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(standin.ask, "SELECT sleep(2)", **kept)
        time.sleep(0.7)
        assert standin.ask("SELECT 1", **kept).code == "373"
        assert slow.result().status == 200
    assert standin.ask("USE datamart", user="analyst", **kept).status == 200
    assert standin.ask("SELECT currentDatabase()", user="analyst", **kept).body == b"datamart\n"


# What an analyst may.

FORBIDDEN = (
    "INSERT INTO {t} VALUES (9, 'x')",
    "INSERT INTO {t} SELECT 9, 'x'",
    "WITH 9 AS x INSERT INTO {t} SELECT x, 'x'",
    "INSERT INTO FUNCTION file('{f}', 'TSV', 'a Int8') VALUES (1)",
    "DROP TABLE {t}",
    "CREATE TABLE other (a Int8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE other (a Int8)",
    "TRUNCATE TABLE {t}",
    "ALTER TABLE {t} DELETE WHERE 1",
    "DELETE FROM {t} WHERE 1",
    "RENAME TABLE {t} TO other",
    "OPTIMIZE TABLE {t}",
    "SYSTEM FLUSH LOGS",
    "KILL QUERY WHERE 1",
    "SET readonly = 0",
    "SET max_threads = 7",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1 SETTINGS max_threads = 7",
    "SELECT 1 INTO OUTFILE '{f}'",
    "SELECT \u2018'\u2019 INTO OUTFILE '{f}' TRUNCATE FORMAT TSV -- '",
    "SELECT 1; DROP TABLE {t}",
    "SELECT * FROM file('/etc/hostname', 'LineAsString')",
    "SELECT file('/etc/hostname')",
    "SELECT `fi\\x6ce`('/etc/hostname')",
    "SELECT * APPLY(file) FROM (SELECT '/etc/hostname')",
    "SELECT arrayMap(file, ['/etc/hostname'])",
    "SELECT arrayMap({{f:Identifier}}, ['/etc/hostname'])",
    "SELECT * FROM default.`/etc/hostname`",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1:1', 'system.one')",
    "SELECT * FROM Python(passwords)",
    "SELECT * FROM eval('SELECT 1')",
    "DESCRIBE url('http://127.0.0.1:1/', 'CSV')",
    "DESCRIBE loop(`file`('/etc/hostname', 'CSVWithNames'))",
    "EXPLAIN SELECT * FROM url('http://127.0.0.1:1/')",
)


@pytest.mark.parametrize("statement_", FORBIDDEN)
def test_an_analyst_only_reads(standin: ClickHouseHttpServer, table: str, tmp_path: Path, statement_: str) -> None:
    standin.ask(f"INSERT INTO {table} VALUES (1, 'kept')", database="datamart")
    text = statement_.format(t=table, f=tmp_path / "written")
    sessions: list[dict[str, Any]] = [{}, {"session_id": "analyst"}]
    for session in sessions:
        answer = standin.ask(text, user="analyst", database="datamart", param_f="file", **session)
        assert answer.code in ("62", "164", "358"), answer.body
        hostname = Path("/etc/hostname").read_bytes().strip()
        assert not hostname or hostname not in answer.body
    assert not (tmp_path / "written").exists()
    assert standin.ask(f"SELECT * FROM {table}", database="datamart").body == b"1\tkept\n"


def test_an_analyst_sets_how_a_result_is_written_and_nothing_else(standin: ClickHouseHttpServer) -> None:
    for name in ("readonly", "allow_experimental_eval_table_function", "output_format_schema", "dialect"):
        assert standin.ask("SELECT 1", user="analyst", **{name: "0"}).code == "164"
    with standin.datamart("analyst").session() as session:
        assert session.text(SQL("SELECT 1 AS x"), "json") == b'[\n{"x":1}\n]\n'
        assert session.frame(SQL("SELECT 1 AS x WHERE 0")).columns.tolist() == ["x"]
    with pytest.raises(StatementFailed, match="readonly mode"), standin.datamart("analyst").session() as session:
        session.execute(SQL("CREATE DATABASE x"))


def test_an_analyst_reads_what_there_is(standin: ClickHouseHttpServer, table: str) -> None:
    standin.ask(f"INSERT INTO {table} VALUES (1, 'file(')", database="datamart")
    for text, expected in {
        f"SELECT b, 'url(' FROM {table}": b"file(\turl(\n",
        f"WITH (SELECT max(a) FROM {table}) AS x SELECT x": b"1\n",
        f"(SELECT a FROM {table}) UNION ALL (SELECT 2 WHERE 0)": b"1\n",
        f"SELECT {{c:Identifier}} FROM {table}": b"1\n",
        f"EXISTS {table}": b"1\n",
        f"DESCRIBE (SELECT format('{{}}', b) AS x FROM {table})": b"x\tString\t\t\t\t\t\n",
        f"SHOW TABLES LIKE '{table}'": f"{table}\n".encode(),
    }.items():
        answer = standin.ask(text, user="analyst", database="datamart", param_c="a")
        assert (answer.status, answer.body) == (200, expected)


def test_get_changes_nothing(standin: ClickHouseHttpServer, table: str) -> None:
    for text in (f"INSERT INTO {table} VALUES (1, 'x')", f"DROP TABLE {table}", "CREATE DATABASE got"):
        assert standin.ask(method="GET", query=text, database="datamart").code == "164"
    assert standin.ask(method="GET", query=f"SELECT count() FROM datamart.{table}").body == b"0\n"


# Errors.

#: What our client says to statements, each in a line.
TELLING = """
import json, sys
from skyeng.db.clickhouse import ClickHouse
from skyeng.errors import StatementFailed
from skyeng.sql import SQL
for text in json.loads(sys.argv[2]):
    try:
        with ClickHouse(sys.argv[1]).session(create=True) as session:
            session.rows(SQL(text))
    except StatementFailed as exc:
        print(" ".join(str(exc).split()))"""


@pytest.mark.parametrize(
    ("text", "code", "status", "words"),
    [
        (
            "SELECT * FROM nosuch",
            "60",
            404,
            "Unknown table expression identifier 'nosuch'. In scope SELECT * FROM nosuch.",
        ),
        ("SELECT 1 +", "62", 400, "Syntax error: failed at position 11 (end of query): . Expected"),
        ("garbage", "62", 400, "Syntax error: failed at position 1 (garbage): garbage. Expected"),
        ("", "62", 400, "Syntax error"),
        ("SELECT nosuch", "47", 404, "Unknown expression identifier `nosuch`"),
        ("SELECT toInt32('x')", "6", 400, "Cannot parse string 'x' as Int32"),
        ("SELECT 1 FORMAT Nosuch", "73", 404, "Code: 73. DB::Exception: "),
        ("SELECT sleep(3) SETTINGS max_execution_time = 1", "159", 408, "Timeout exceeded"),
        ("INSERT INTO nosuch VALUES (1)", "60", 404, "Table default.nosuch does not exist"),
        ("SELECT 1; SELECT 2", "62", 400, "Syntax error (Multi-statements are not allowed)"),
        ("SELECT 1 + FORMAT CSV", "47", 404, "Unknown expression or function identifier `FORMAT`"),
        ("SELECT 1 INTO OUTFILE 'x'", "358", 500, "INTO OUTFILE is not allowed"),
    ],
)
def test_errors_look_as_a_servers(standin: ClickHouseHttpServer, text: str, code: str, status: int, words: str) -> None:
    for user in PASSWORDS if text.startswith("SELECT") and "SETTINGS" not in text else ["loader"]:
        answer = standin.ask(text, user=user)
        assert (answer.code, answer.status) == (code, status)
        assert answer.body.startswith(f"Code: {code}. DB::Exception: {words}".encode())
        assert b"/dev/fd" not in answer.body


def test_what_the_url_asks_in_vain(standin: ClickHouseHttpServer) -> None:
    for fields, code in {
        (("database", "nosuch"),): "81",
        (("nosuch", "1"),): "115",
        (("max_threads", "x"),): "27",
        (("x=1, y", "1"),): "115",
        (("compress", "1"),): "48",
        (("role", "x"),): "48",
        (("session_id", "x"), ("session_timeout", "-1")): "36",
        (("default_format", "x y"),): "36",
    }.items():
        assert standin.ask("SELECT 1", **dict(fields)).code == code
    assert standin.ask("SELECT {x:UInt8}").code == "456"
    assert standin.ask("INSERT INTO x SELECT a FROM input('a Int8') FORMAT TSV\n1;\n").code == "48"
    assert standin.ask("x" * (5 << 20)).code == "62"
    assert standin.ask("SELECT 1", headers={"Content-Encoding": "br"}).code == "48"


def test_our_client_words_errors_as_with_the_embedded_engine(standin: ClickHouseHttpServer, tmp_path: Path) -> None:
    texts = ["SELECT * FROM nosuch", "SELECT 1 +", "SELECT sleep(3) SETTINGS max_execution_time = 1"]
    urls = (standin.datamart().url, f"chdb://{tmp_path}/embedded")
    telling = [
        subprocess.Popen([sys.executable, "-c", TELLING, url, json.dumps(texts)], stdout=subprocess.PIPE, text=True)
        for url in urls
    ]
    ours, embedded = (it.communicate(timeout=60)[0].splitlines() for it in telling)
    assert len(ours) == len(texts)
    for one, other in zip(ours, embedded, strict=True):
        assert one.partition("Code: ")[2][:40] == other.partition("Code: ")[2][:40]
        assert one.partition("to do:")[2] == other.partition("to do:")[2]


# Bodies and results.

PACKING: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "lz4": lz4.frame.compress,
    "zstd": bodies.zstd.compress,
}
#: A result flows, or is gathered first.
WAYS: tuple[dict[str, Any], ...] = ({}, {"wait_end_of_query": 1})
ROWS = b"".join(b"%d\trow %d\n" % (n, n) for n in range(20_000))


@pytest.mark.parametrize("encoding", PACKING)
def test_packed_bodies_and_results(standin: ClickHouseHttpServer, table: str, encoding: str) -> None:
    pack = PACKING[encoding]
    insert: dict[str, Any] = {"query": f"INSERT INTO datamart.{table} FORMAT TSV"}
    packed = {"Content-Encoding": encoding}
    halves = (ROWS[: len(ROWS) // 2], ROWS[len(ROWS) // 2 :])
    for body in (pack(ROWS), pack(halves[0]) + pack(halves[1]), iter([pack(halves[0]), pack(halves[1])])):
        answer = standin.ask(body, headers=packed, **insert)
        assert (answer.status, answer.body) == (200, b"")
        assert json.loads(answer.headers["X-ClickHouse-Summary"])["written_rows"] == "20000"
    assert standin.count(table) == 60_000
    whole = pack(ROWS)
    for cut in (whole[:-1], whole[:-20], whole[: len(whole) // 2], b"no such thing"):
        assert standin.ask(cut, headers=packed, **insert).code in ("33", "117")
    assert standin.count(table) == 60_000
    for options in WAYS:
        text = f"SELECT * FROM datamart.{table} FORMAT TSV"
        answer = standin.ask(text, headers={"Accept-Encoding": f"x, {encoding};q=0.5"}, **options)
        assert answer.headers["Content-Encoding"] == encoding
        unpacked = b"".join(bodies.unpacked(iter([answer.body]), encoding))
        assert sorted(unpacked.splitlines()) == sorted(ROWS.splitlines() * 3)
    assert standin.ask("SELECT 1", headers={"Accept-Encoding": encoding}, enable_http_compression=0).body == b"1\n"


def test_clients_pack_as_they_like(standin: ClickHouseHttpServer, table: str) -> None:
    for number, packing in enumerate(("lz4", "zstd", "gzip", False)):
        client = standin.client(compress=packing)
        client.insert(table, [(number, AWKWARD)] * 1000, ["a", "b"])
        assert client.query(f"SELECT DISTINCT b FROM {table} WHERE a = {number}").result_rows == [(AWKWARD,)]
        assert client.query(f"SELECT * FROM {table} WHERE 0").result_rows == []
        client.close()


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ("Content-Length: 500000", ROWS),
        ("Content-Length: 500000", b""),
        ("Content-Length: -1", ROWS),
        ("Transfer-Encoding: chunked", b"%x\r\n%b\r\n" % (len(ROWS), ROWS)),
        ("Transfer-Encoding: chunked", b"%x\r\n%b" % (len(ROWS) + 9, ROWS)),
        ("Transfer-Encoding: chunked", b"4\r\n1\tx\n\r\n-5\r\n1\tx\n"),
    ],
)
def test_a_body_that_breaks_off_inserts_nothing(
    standin: ClickHouseHttpServer, table: str, head: str, body: bytes
) -> None:
    query = quote(f"INSERT INTO datamart.{table} FORMAT TSV")
    standin.send(f"POST /?query={query} HTTP/1.1\r\n{head}", body)
    time.sleep(0.3)
    assert standin.count(table) == 0


def test_a_body_of_nonsense_is_answered(standin: ClickHouseHttpServer, table: str) -> None:
    """Its sender waits for the answer, and the rest of the body is passed over without harm."""
    query = quote(f"INSERT INTO datamart.{table} FORMAT TSV")
    name = b64encode(f"loader:{PASSWORDS['loader']}".encode()).decode()
    head = (
        f"POST /?query={query} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {name}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", standin.port)) as connection:
        connection.sendall(head.encode() + b"4\r\n1\tx\n\r\n-5\r\n1\tx\n")
        assert b"CANNOT_READ_ALL_DATA" in connection.makefile("rb").read()
    assert standin.count(table) == 0


def test_an_insert_in_any_form(standin: ClickHouseHttpServer, table: str) -> None:
    into = f"INSERT INTO datamart.{table}"
    forms: list[tuple[str, bytes]] = [
        (f"{into} VALUES", b"(1, 'it''s'), (1 + 1, concat('a;', '--b'))"),
        ("", f"{into} (b, a) VALUES ('FORMAT TSV', 3); ".encode()),
        ("", f"/* x */ insert into datamart.`{table}` format TSV\n4\t; DROP TABLE\n".encode()),
        (f"{into} SETTINGS input_format_null_as_default = 1 FORMAT JSONEachRow\n", b'{"a": 5, "b": "x"}'),
        (f"{into} (a) FORMAT CSVWithNames", b'"a"\r\n6\r\n'),
        ("INSERT INTO datamart.{t:Identifier} FORMAT TSV 7\tin the url", b""),
        ("", f"{into} SELECT 8, 'FORMAT TSV'".encode()),
        (f"{into} FORMAT Native", standin.ask("SELECT 9::Int32 AS a, 'n' AS b FORMAT Native").body),
        (f"{into} FORMAT Parquet", standin.ask("SELECT 10::Int32 AS a, 'p' AS b FORMAT Parquet").body),
        (f"{into} FORMAT TSV", b""),
    ]
    for query, body in forms:
        answer = standin.ask(body, **({"query": query} if query else {}), param_t=table)
        assert answer.status == 200, answer.body
    found = standin.ask(f"SELECT * FROM datamart.{table} ORDER BY a FORMAT JSONCompactEachRow").body.splitlines()
    texts = ["it's", "a;--b", "FORMAT TSV", "; DROP TABLE", "x", "", "in the url", "FORMAT TSV", "n", "p"]
    assert [json.loads(line) for line in found] == [[number + 1, text] for number, text in enumerate(texts)]


def test_a_result_in_any_form(standin: ClickHouseHttpServer) -> None:
    for text, fields, format_, body in [
        ("SELECT 1 AS x", {}, "TabSeparated", b"1\n"),
        ("SELECT 1 AS x", {"default_format": "CSVWithNames"}, "CSVWithNames", b'"x"\n1\n'),
        ("SELECT 1 AS x FORMAT TSVWithNames; -- FORMAT CSV", {"default_format": "CSV"}, "TSVWithNames", b"x\n1\n"),
        ("SELECT 'FORMAT' AS format FORMAT CSV SETTINGS max_threads = 1", {}, "CSV", b'"FORMAT"\n'),
        ("SELECT format('{}', 'x') # FORMAT JSON\n", {}, "TabSeparated", b"x\n"),
        ("SELECT 1 AS x WHERE 0 FORMAT CSVWithNames", {}, "CSVWithNames", b'"x"\n'),
        ("SELECT 1 WHERE 0", {}, "TabSeparated", b""),
        ("EXISTS nosuch", {}, "TabSeparated", b"0\n"),
        ("SELECT {x:String}", {"param_x": "it's\\ta \\\\"}, "TabSeparated", b"it\\'s\\ta \\\\\n"),
        ("SELECT {x:Nullable(String)}", {"param_x": "\\N"}, "TabSeparated", b"\\N\n"),
    ]:
        answer = standin.ask(text, query_id="mine", **fields)
        assert (answer.body, answer.headers["X-ClickHouse-Format"]) == (body, format_)
        assert answer.headers["X-ClickHouse-Query-Id"] == "mine"
        assert answer.headers["X-ClickHouse-Timezone"]
        assert "read_rows" in json.loads(answer.headers["X-ClickHouse-Summary"])
    assert "X-ClickHouse-Format" not in standin.ask("SET max_threads = 1").headers


def test_parameters_too_long_for_a_url(standin: ClickHouseHttpServer) -> None:
    client = standin.client()
    numbers = list(range(30_000))
    assert client.query("SELECT length({x:Array(Int32)})", parameters={"x": numbers}).result_rows == [(30_000,)]
    with pytest.raises(DatabaseError, match="external data are not supported"):
        client.query("SELECT * FROM x", external_data=ExternalData(file_name="x", data=b"1", structure="a Int8"))
    client.close()


def test_an_old_client_gets_its_result_whole(standin: ClickHouseHttpServer) -> None:
    """As HTTP 1.0 has it: no chunks, and the connection ends with the body."""
    query = urlencode({"query": "SELECT * FROM numbers(500000)", "user": "loader", "password": PASSWORDS["loader"]})
    with socket.create_connection(("127.0.0.1", standin.port)) as connection:
        connection.sendall(f"GET /?{query} HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n".encode())
        head, _, body = b"".join(iter(lambda: connection.recv(1 << 16), b"")).partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert body == b"".join(b"%d\n" % number for number in range(500_000))


@pytest.mark.parametrize(("format_", "way"), [("TSV", 0), ("JSONEachRow", 1)])
def test_a_large_result_takes_no_memory(standin: ClickHouseHttpServer, format_: str, way: int) -> None:
    server = psutil.Process(standin.process.pid)

    def length(rows: int) -> int:
        text = f"SELECT number, repeat('x', 400) FROM numbers({rows}) FORMAT {format_}"
        return len(standin.ask(text, **WAYS[way]).body)

    assert length(250_000) > 100_000_000
    before = server.memory_info().rss
    assert length(1_000_000) > 400_000_000
    assert server.memory_info().rss - before < 200_000_000


def test_a_result_that_fails_in_its_middle_is_not_taken_for_whole(standin: ClickHouseHttpServer) -> None:
    text = "SELECT throwIf(number = 3000000) FROM numbers(5000000)"
    client = standin.client()
    with pytest.raises(StreamFailureError, match="395"), client.query_row_block_stream(text) as blocks:
        for _ in blocks:
            pass
    with pytest.raises(DatabaseError) as caught:
        client.query(text)
    assert caught.value.code == 395
    client.close()
    with pytest.raises(http.client.IncompleteRead):
        standin.ask(text)
    assert standin.ask(text, wait_end_of_query=1).code == "395"


def test_a_query_ends_with_its_client(standin: ClickHouseHttpServer) -> None:
    query = urlencode({"query": ENDLESS, "cancel_http_readonly_queries_on_client_close": 1})
    standin.send(f"GET /?{query} HTTP/1.1", b"")
    standin.send(f"GET /?{urlencode({'query': 'SELECT * FROM numbers(1000000000000)'})} HTTP/1.1", b"")
    running = (
        "SELECT count() FROM system.processes WHERE query LIKE '%numbers(1000000000000)%' AND query NOT LIKE '%LIKE%'"
    )
    deadline = time.monotonic() + 15
    while standin.ask(running).body != b"0\n":
        assert time.monotonic() < deadline
        time.sleep(0.2)


# Beginning and end.


def test_it_ends_at_once_and_keeps_what_it_has(tmp_path: Path) -> None:
    first = started(tmp_path / "data")
    with first.datamart().session(create=True) as session:
        session.execute(SQL("CREATE TABLE t (a Int32, b String) ENGINE = MergeTree ORDER BY a"))
        session.insert("t", ["a", "b"], [b"1\tkept\n"])
    with ThreadPoolExecutor(2) as threads, socket.create_connection(("127.0.0.1", first.port)):
        cut_short = [threads.submit(first.ask, text) for text in (ENDLESS, f"CREATE TABLE u ENGINE = Log AS {ENDLESS}")]
        time.sleep(1)
        code, seconds, said = stop(first)
        assert [it.result().code for it in cut_short] == ["394", "394"]
    assert (code, said) == (0, "")
    assert seconds < 10
    second = started(tmp_path / "data")
    assert second.ask("SELECT * FROM datamart.t").body == b"1\tkept\n"
    with socket.create_connection(("127.0.0.1", second.port)):
        code, _, said = stop(second, signal.SIGINT)
    assert (code, said) == (0, "")


def test_a_folder_in_use_is_said_in_one_line(standin: ClickHouseHttpServer) -> None:
    data = psutil.Process(standin.process.pid).cmdline()[4]
    second = start(Path(data))
    _, said = second.communicate(timeout=60)
    assert (second.returncode, said) == (
        1,
        f"skyeng.local.clickhouse_http: the folder is in use by another process: {data}\n",
    )
    assert standin.ask("SELECT 1").body == b"1\n"


@pytest.mark.parametrize("missing", VARIABLES)
def test_without_passwords_it_does_not_start(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, password in VARIABLES.items():
        monkeypatch.setenv(name, "" if name == missing else password)
    assert serve.main(["--folder", "/dev/null/x", "--port", "0"]) == 2
    assert (
        capsys.readouterr().err == f"skyeng.local.clickhouse_http: no password for loader and analyst: set {missing}\n"
    )


def test_a_port_or_folder_that_cannot_be_used_is_said_in_one_line(
    standin: ClickHouseHttpServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, port, words in [
        (str(tmp_path), standin.port, f"port {standin.port} cannot be listened on: Address already in use"),
        ("/dev/null/x", 0, "the folder cannot be made: /dev/null/x: Not a directory"),
    ]:
        for name, password in VARIABLES.items():
            monkeypatch.setenv(name, password)
        assert serve.main(["--folder", folder, "--port", str(port)]) == 1
        assert capsys.readouterr().err == f"skyeng.local.clickhouse_http: {words}\n"
    with pytest.raises(SystemExit, match="2"):
        serve.main(["--folder", "x", "--port", "70000"])


# Where the parts of a statement are.


@pytest.mark.parametrize(
    ("text", "reading", "data"),
    [
        ("INSERT INTO t FORMAT TSV\n1", "INSERT INTO t  FROM INFILE '/x'  FORMAT TSV", "1"),
        ("INSERT INTO t FORMAT TSV \r\n\n1", "INSERT INTO t  FROM INFILE '/x'  FORMAT TSV", "\n1"),
        (
            "insert into a.`format` (values) values(1)",
            "insert into a.`format` (values)  FROM INFILE '/x'  FORMAT Values",
            "(1)",
        ),
        ("INSERT INTO t SETTINGS x=1 FORMAT CSV 1", "INSERT INTO t  FROM INFILE '/x' SETTINGS x=1  FORMAT CSV", "1"),
        ("INSERT INTO t SELECT 1 FORMAT TSV", None, None),
        ("INSERT INTO t (a) WITH 1 AS x SELECT x", None, None),
        ("SELECT 'INSERT INTO t FORMAT TSV'", None, None),
    ],
)
def test_where_an_inserts_data_begin(text: str, reading: str | None, data: str | None) -> None:
    found = statement.inline_insert(text.encode())
    assert (found and found.reading("/x").decode()) == reading
    assert (found and text[found.data_at :]) == data


def test_where_a_results_destination_is_named() -> None:
    for text, expected in {
        "SELECT 1 -- x": "SELECT 1 INTO OUTFILE '/x' TRUNCATE FORMAT TSV",
        "SELECT 1 FORMAT CSV;": "SELECT 1  INTO OUTFILE '/x' TRUNCATE FORMAT CSV",
        "SELECT ';' AS format FROM t": "SELECT ';' AS format FROM t INTO OUTFILE '/x' TRUNCATE FORMAT TSV",
        "SELECT 1 FORMAT CSV SETTINGS a = 1": "SELECT 1  INTO OUTFILE '/x' TRUNCATE FORMAT CSV SETTINGS a = 1",
    }.items():
        assert statement.read(text.encode()).writing("/x", "TSV").decode() == expected
    assert statement.read(b"DROP TABLE t").place is None
    with pytest.raises(Refused, match="INFILE"):
        statement.read(b"INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV")
