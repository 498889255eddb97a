"""The commands as a person runs them: words, streams, exit codes, no traceback."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner

from skyeng.cli.main import cli

pytestmark = pytest.mark.slow

VARIABLES = ("PG_DATASOURCE_URL", "PG_DATAWAREHOUSE_URL", "CH_DATAMART_URL")


def skyeng(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return subprocess.run(
        [sys.executable, "-m", "skyeng", *arguments],
        env=kept | {"SKYENG_HOME": str(home), "COLUMNS": "80"} | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a space, other letters and a path longer than a socket's may be; the demo has run in it."""
    folder = tmp_path_factory.mktemp("home") / ("my żółw " + "x" * 110)
    done = skyeng(folder, "demo")
    assert done.returncode == 0, done.stderr
    assert "courses: 36 rows new, 0 changed, 0 deleted" in done.stderr
    for line in ("Data Analysis    │       6", "Data Engineering │       6", "Data Science     │       6"):
        assert line in done.stdout
    for table, rows in {
        "h_courses": 3,
        "h_modules": 18,
        "h_lessons": 36,
        "l_courses_modules_lessons_streams": 36,
        "dm_courses_modules_lessons_streams": 36,
    }.items():
        assert any(line.split("│")[1:3] == [f" {table:<45} ", f" {rows:>4} "] for line in done.stdout.splitlines()), (
            table
        )
    assert "What to try next" in done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    return folder


def test_a_second_demo_says_that_nothing_was_new(home: Path) -> None:
    done = skyeng(home, "demo")
    assert done.returncode == 0
    assert "nothing new, the warehouse is in sync with the source" in done.stderr
    assert "nothing new, the datamart is in sync with the warehouse" in done.stderr
    assert "Data Science     │       6" in done.stdout


def test_a_run_of_a_part_speaks_of_that_part_alone(home: Path) -> None:
    done = skyeng(home, "run", "--where", "lesson_id=1..20")
    assert done.returncode == 0
    said = " ".join(done.stderr.split())
    assert "nothing new, the warehouse is in sync with this key range of the source (lesson_id=1..20)" in said


def test_the_question_by_name_and_typed_by_an_analyst(home: Path) -> None:
    typed = """SELECT h_course_title, count(h_lesson_title) AS lessons FROM (
        SELECT h_course_title, h_lesson_title FROM dm_courses_modules_lessons_streams
        GROUP BY h_course_title, h_lesson_title) GROUP BY h_course_title ORDER BY 1"""
    named = skyeng(home, "query", "lessons-per-course", "--format", "csv")
    own = skyeng(home, "query", "--sql", typed, "--format", "csv")
    for done in (named, own):
        assert done.returncode == 0, done.stderr
        _, *rows = csv.reader(io.StringIO(done.stdout))
        assert rows == [["Data Analysis", "6"], ["Data Engineering", "6"], ["Data Science", "6"]]
        assert done.stderr == "", "data alone on stdout, nothing to say on stderr"


def test_json_is_one_array(home: Path) -> None:
    done = skyeng(home, "query", "lessons-per-course", "--format", "json")
    assert json.loads(done.stdout)[0] == {"course": "Data Analysis", "lessons": 6}


def test_questions_are_listed(home: Path) -> None:
    done = skyeng(home, "query")
    for name in ("lessons-per-course", "open-streams", "teacher-load", "lessons-lacking"):
        assert name in done.stdout


def test_before_the_first_load_there_was_nothing(home: Path) -> None:
    done = skyeng(home, "query", "lessons-per-course", "--as-of", "2020-01-01", "--format", "json")
    assert json.loads(done.stdout) == []


def test_status_and_verify(home: Path) -> None:
    """For people and for programs."""
    status = skyeng(home, "status")
    assert status.returncode == 0
    assert "closed" in status.stdout
    states = json.loads(skyeng(home, "status", "--format", "json").stdout)
    assert states["loads"][0]["status"] == "closed"
    assert states["vault"]["h_courses"] == 3
    assert states["marts"][0]["loads_behind"] == 0
    assert states["marts"][0]["newest_load"].endswith("+00:00")
    verified = skyeng(home, "--log-level", "debug", "--log-format", "json", "verify", "--format", "json")
    assert verified.returncode == 0
    assert [(it["source"], it["equal"]) for it in json.loads(verified.stdout)] == [
        ("source", True),
        ("warehouse", True),
        ("warehouse", True),
    ]
    servers = {json.loads(line)["server"] for line in verified.stderr.splitlines()}
    assert servers == {"pg_datasource", "pg_datawarehouse", "ch_datamart"}


def test_changes_flow_and_a_difference_exits_with_1(home: Path) -> None:
    changed = skyeng(home, "generate", "--change", "20%", "--seed", "3")
    assert changed.returncode == 0, changed.stderr
    differs = skyeng(home, "verify")
    assert differs.returncode == 1
    assert "DIFFERS" in differs.stdout
    assert "lesson_id = " in differs.stdout
    assert skyeng(home, "run").returncode == 0
    assert skyeng(home, "verify").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("query", "nosuch"), 2, "has no query 'nosuch'"),
        (("query", "--sql", "SELECT nosuch FROM dm_courses_modules_lessons_streams"), 1, "nosuch"),
        (("query", "--sql", "SELECT 1 FROM nosuch"), 1, "nosuch"),
        (("query", "lessons-per-course", "--sql", "SELECT 1"), 2, "ask one question"),
        (("run", "nosuch"), 2, "there is no model 'nosuch'"),
        (("generate", "--rows", "10"), 2, "has tables already"),
        (("generate", "--change", "200%"), 2, "is no fraction"),
        (("generate",), 2, "either --rows 1000000 or --change 1%"),
        (("run", "--only", "nosuch"), 2, "to_datawarehouse"),
        (("nosuch",), 2, "No such command"),
    ],
)
def test_mistakes_get_words_and_a_code(home: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = skyeng(home, *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_debug_shows_the_traceback(home: Path) -> None:
    assert "Traceback" in skyeng(home, "--debug", "query", "nosuch").stderr


def test_an_empty_source_is_named_not_traced(tmp_path: Path) -> None:
    unmigrated = skyeng(tmp_path, "run")
    assert unmigrated.returncode == 1
    assert "skyeng migrate" in unmigrated.stderr
    assert skyeng(tmp_path, "migrate").returncode == 0
    done = skyeng(tmp_path, "run")
    assert done.returncode == 1
    assert 'relation "course" does not exist' in done.stderr
    assert "source.sql" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_killed_process_leaves_no_lock_that_a_person_must_remove(tmp_path: Path) -> None:
    """Killed while it holds everything; the next command starts as if nothing had been."""
    assert skyeng(tmp_path, "demo").returncode == 0
    hold = """
import time
from skyeng.config import Settings
from skyeng.local.stores import opened
with opened(Settings.read()) as stores, stores.datamart.session():
    print("up", flush=True)
    time.sleep(60)"""
    holder = subprocess.Popen(
        [sys.executable, "-c", hold], env=os.environ | {"SKYENG_HOME": str(tmp_path)}, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"up\n"
    busy = skyeng(tmp_path, "query", "lessons-per-course")
    assert busy.returncode == 1
    assert "one process at a time" in busy.stderr
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert skyeng(tmp_path, "status").returncode == 0
    time.sleep(0.2)
    assert not any(
        str(tmp_path) in " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])
    ), "the last user stops the server"


@pytest.mark.parametrize(
    ("variable", "url", "words"),
    [
        ("PG_DATASOURCE_URL", "postgresql://u:s3cret@127.0.0.1:1/db", "cannot connect to pg_datasource"),
        ("PG_DATAWAREHOUSE_URL", "postgresql://u:s3cret@127.0.0.1:1/db", "cannot connect to pg_datawarehouse"),
        ("CH_DATAMART_URL", "clickhouse://u:s3cret@127.0.0.1:1/db", "cannot connect to ch_datamart"),
    ],
)
def test_a_server_that_is_down_is_one_message(home: Path, variable: str, url: str, words: str) -> None:
    done = skyeng(home, "run", **{variable: url})
    assert done.returncode == 1
    assert words in done.stderr
    assert variable in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr


def test_every_command_explains_itself() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    for word in (*VARIABLES, "SKYENG_HOME", "Exit codes"):
        assert word in shown
    for name in cli.commands:
        result = CliRunner().invoke(cli, [name, "--help"])
        assert result.exit_code == 0
        assert len(result.output.splitlines()) > 4
