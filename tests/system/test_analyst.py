"""The user for analysts that `skyeng deploy` makes on a ClickHouse server.

The embedded engine is the server's, but keeps no users. So its parser takes the statements, and the
rights are tried on the one user that it has.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from conftest import Servers
from skyeng import provisioning
from skyeng.model import Model
from skyeng.provisioning import Login
from skyeng.sql import SQL

pytestmark = pytest.mark.slow

ANALYST = Login("ana-lyst", "p'q\\r")


def test_clickhouse_takes_the_statements(servers: Servers) -> None:
    with servers.datamart().session(create=True) as session:
        create, alter, grant = (
            session.scalar(SQL("SELECT formatQuerySingleLine(%(text)s)"), {"text": statement.text})
            for statement in provisioning.analyst_statements("data mart", ANALYST)
        )
    for made, verb in ((create, "CREATE USER IF NOT EXISTS"), (alter, "ALTER USER")):
        assert made.startswith(f"{verb} `ana-lyst` IDENTIFIED WITH sha256_hash BY '")
        assert made.endswith("SETTINGS readonly = 2, max_execution_time = 300 MIN 1 MAX 300")
        assert ANALYST.password not in made
    assert grant == "GRANT SELECT ON `data mart`.* TO `ana-lyst` WITH REPLACE OPTION"


#: The settings and the grant of `analyst_statements`, as a file gives them to a user.
USERS = """<clickhouse>
<profiles><default>
    <readonly>2</readonly>
    <max_execution_time>{seconds}</max_execution_time>
    <constraints><max_execution_time><min>1</min><max>{seconds}</max></max_execution_time></constraints>
</default></profiles>
<quotas><default/></quotas>
<users><default>
    <password/><profile>default</profile><quota>default</quota><networks><ip>::/0</ip></networks>
    <grants><query>GRANT SELECT ON datamart.*</query></grants>
</default></users>
</clickhouse>"""

MIGRATED = """
import sys
from skyeng.db.clickhouse import ClickHouse
from skyeng.marts.migrations import migrate
from skyeng.model import load_model
migrate(ClickHouse(sys.argv[1]), load_model("courses"))
"""

TRIED_AS_ANALYST = """
import json, sys
import clickhouse_connect
from clickhouse_connect.driver.exceptions import ClickHouseError
statements = json.load(sys.stdin)
options = {"config-file": sys.argv[2]}
client = clickhouse_connect.get_client(interface="chdb", path=sys.argv[1], chdb_options=options)
client.command("USE datamart")
said = {}
for statement, settings in statements:
    try:
        client.command(statement, settings=settings)
        said[statement] = "done"
    except ClickHouseError as exc:
        said[statement] = str(exc)
print(json.dumps(said))
"""

TABLE = "dm_courses_modules_lessons_streams"
REFUSED = (
    f"INSERT INTO {TABLE}_loads (row_versions) SELECT 1",
    f"ALTER TABLE {TABLE}_history DELETE WHERE 1",
    f"TRUNCATE TABLE {TABLE}_history",
    f"DROP TABLE {TABLE}_history",
    f"OPTIMIZE TABLE {TABLE}_history",
    "CREATE TABLE x (a Int32) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a Int32)",
    "CREATE DATABASE x",
    "CREATE USER x",
    "GRANT SELECT ON *.* TO default",
    "SELECT * FROM file('/etc/hostname', LineAsString)",
    "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
    "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM system.users",
    "SET readonly = 0",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "SELECT 1 SETTINGS max_execution_time = 301",
)


def test_an_analyst_may_ask_and_nothing_else(tmp_path: Path, courses: Model) -> None:
    folder = tmp_path / "clickhouse"
    migrate = [sys.executable, "-c", MIGRATED, f"chdb://{quote(str(folder))}?database=datamart"]
    subprocess.run(migrate, check=True, timeout=120)
    (tmp_path / "users.xml").write_text(USERS.format(seconds=provisioning.ANALYST_SECONDS))
    (tmp_path / "config.xml").write_text(
        f"<clickhouse><users_config>{tmp_path / 'users.xml'}</users_config></clickhouse>"
    )
    allowed = [path.read_text() for path in sorted((courses.directory / "queries").glob("*.sql"))]
    allowed += [
        f"SELECT count() FROM {TABLE}_as_of(ts = '2026-09-01 00:00:00')",
        "SELECT count() FROM system.columns WHERE database = 'datamart'",
    ]
    chosen = {"max_threads": 1, "max_result_rows": 1000, "max_execution_time": 10}
    done = subprocess.run(
        [sys.executable, "-c", TRIED_AS_ANALYST, str(folder), str(tmp_path / "config.xml")],
        input=json.dumps([(it, chosen) for it in allowed] + [(it, {}) for it in REFUSED]),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    said = json.loads(done.stdout)
    assert [said[it] for it in allowed] == ["done"] * len(allowed)
    for statement in REFUSED:
        assert any(word in said[statement] for word in ("ACCESS_DENIED", "READONLY", "CONSTRAINT")), said[statement]
