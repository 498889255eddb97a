"""`skyeng plan` prints what a run sends: compared with the servers' own account of real runs.

Sessions are compared in the order in which they began, statement by statement. Steps of a stage run
at once, so that their sessions begin in any order: there each planned session must have been one of
those that were opened in the meantime. Before and after the stages, the order in which statements
of several sessions came is compared as well; ClickHouse's are compared among themselves.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from itertools import groupby, pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conftest import MODELS, Servers, World, schema_only
from kill import DIFFERING
from samples import LONG, some
from server_log import Sessions, logged
from skyeng.cli.main import cli
from skyeng.db.postgres import Session
from skyeng.errors import DryRunFailed
from skyeng.marts import append
from skyeng.model import Feed, Model, load_model
from skyeng.runs import to_datawarehouse
from skyeng.runs.dry_run import KINDS, Kind, Section, Statement
from skyeng.runs.plan import dry_run, plan
from skyeng.sources import sample_data
from skyeng.sql import SQL
from skyeng.vault import bulk, distinct_rows, inserts, staging

#: First rows, then what changes: in every feed, so that every table has something to do. As in most
#: feeds, each business key stands in several rows, but for that of a driving key.
CHANGES: dict[str, tuple[str, str]] = {
    "courses": (
        "",
        """UPDATE course SET title = 'Renamed' WHERE id = 1; UPDATE stream SET name = 'Renamed' WHERE id = 1;
        UPDATE stream_module SET title = 'Renamed' WHERE id = 1; DELETE FROM stream_module_lesson WHERE id = 7;
        UPDATE stream_module_lesson SET description = 'Altered' WHERE id = 3""",
    ),
    "shop": (
        """INSERT INTO flat_order (customer_country, customer_number, customer_name, product_sku) VALUES
        ('PL', '1', 'Ann', 'apple'), ('PL', '1', 'Ann', 'pear'),
        ('DE', '2', 'Eve', 'apple'), ('DE', '2', 'Eve', 'pear');
        INSERT INTO stock VALUES (7, 'apple', 3), (7, 'pear', 3), (8, 'apple', 3), (8, 'pear', 3)""",
        "UPDATE flat_order SET customer_name = customer_name || 'a', vegan = true; UPDATE stock SET pieces = 4",
    ),
    "campus": (
        """INSERT INTO enrolment VALUES
        ('s1', 1, 'Ann', NULL, '2026-01-01 00:00+00'), ('s2', 1, 'Eve', NULL, '2026-01-01 00:00+00');
        INSERT INTO room VALUES (1, 'A', 10), (2, 'A', 10)""",
        """UPDATE enrolment SET student_name = 'Ada', group_number = 2, seen_at = seen_at + interval '1 day';
        UPDATE room SET room_seats = 20""",
    ),
}

#: A value as a driver writes it into a statement.
_SIMPLE = r"""(?:NULL|true|false| ?-?[0-9.]+|E?'(?:[^']|'')*'(?:::[a-z]+)?)"""
_VALUE = rf"(?:{_SIMPLE}|ARRAY\[{_SIMPLE}(?:, ?{_SIMPLE})*\])"
#: What a scenario has an example of: buckets and single rows that differ, and loads' timestamps.
_EXAMPLE = re.compile(rf"{DIFFERING}|(?<=\(ts = )'[0-9-]+ [0-9:.]+'|'[^']+'(?=::timestamptz)|(?<=Time64\()'[^']+'")
#: The embedded engine reads rows from a pipe with a name, a server from the request.
_PIPE = re.compile(r" FROM INFILE '[^']+'")
_NAME = re.compile(r"(?<![:\w]):([a-z_]+)\b")


def a_world(servers: Servers, name: str) -> Iterator[World]:
    model = load_model("courses" if name == "courses" else MODELS / name)
    kind = "sample" if name == "courses" else "empty"
    world = servers.world(
        model,
        lambda source: sample_data.create_sample(source, model) if kind == "sample" else schema_only(source, model),
        kind,
    )
    # Sessions of PostgreSQL have connections of their own, by which its log tells them apart.
    with world.stores.datamart.kept():
        if CHANGES[name][0]:
            world.change(CHANGES[name][0])
        yield world


@pytest.fixture(params=sorted(CHANGES))
def world(request: pytest.FixtureRequest, servers: Servers) -> Iterator[World]:
    """Each model with its first rows at the source, nothing loaded yet."""
    yield from a_world(servers, request.param)


@pytest.fixture
def school_world(servers: Servers) -> Iterator[World]:
    yield from a_world(servers, "courses")


def sent(servers: Servers, world: World, scenario: Kind, **options: Any) -> Sessions:
    """What a real run sends in a scenario that is brought about here."""
    if scenario == "changed" or (scenario == "unchanged" and options.get("only") != "to_datamart"):
        world.run()
        world.run()  # the first comparison sums up what the warehouse holds
    if scenario == "changed":
        world.change(CHANGES[world.model.name][1])
    if options.get("only") == "to_datamart":
        world.run(only=None if scenario == "unchanged" else "to_datawarehouse")
    with logged(servers, world) as (watched, found):
        watched.run(**options)
    return found


def assert_planned(servers: Servers, world: World, scenario: Kind, **options: Any) -> None:
    found = sent(servers, world, scenario, **options)
    planned = dry_run(world.model, scenario=scenario, **options)
    for server, sessions in found.by_server.items():
        assert differences(planned_sessions(planned, server), sessions) == [], server
    for part in (list, lambda statements: list(reversed(statements))):
        alone = [
            it
            for section in takewhile(lambda section: not section.at_once, part(planned))
            for it in part(section.statements)
            if it.server != "ch_datamart"
        ]
        came = part(found.in_order)[: len(alone)]
        pairs = zip(copied_in_order([(it.server, it.text) for it in alone]), copied_in_order(came), strict=True)
        for (server, wanted), (asked, statement) in pairs:
            assert server == asked
            assert is_as_planned(wanted, statement), statement


def copied_in_order(statements: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Rows flow through a pipe: which of its two ends is asked for first is chance."""
    found = list(statements)
    for place, two in enumerate(pairwise(statements)):
        if all(text.startswith("COPY") for _, text in two):
            found[place : place + 2] = sorted(two)
    return found


def planned_sessions(sections: list[Section], server: str) -> list[list[list[str]]]:
    """Sessions of a server, in groups that may begin in any order; all but stages are groups of one."""
    statements: dict[int, list[str]] = {}
    groups: list[list[list[str]]] = []
    for at_once, stage in groupby(sections, key=lambda section: section.stage):
        begun: list[list[str]] = []
        for statement in (it for section in stage for it in section.statements if it.server == server):
            if statement.session not in statements:
                statements[statement.session] = []
                begun.append(statements[statement.session])
            statements[statement.session].append(statement.text)
        groups += [begun] if at_once else [[session] for session in begun]
    return [group for group in groups if group]


def differences(planned: list[list[list[str]]], sent: list[list[str]]) -> list[str]:
    """What was sent otherwise than planned; empty if nothing was."""
    rest = iter(sent)
    found: list[str] = []
    for group in planned:
        begun = [session for _, session in zip(group, rest, strict=False)]
        for session in group:
            closest = max(begun, key=lambda it: len(agreed(session, it)), default=[])
            if begun:
                begun.remove(closest)
            same = len(agreed(session, closest))
            if not same == len(session) == len(closest):
                wanted, instead = [*session, "nothing"][same], [*closest, "nothing"][same]
                found.append(f"after {same} statements planned:\n{wanted}\nbut sent:\n{instead}")
    return found + [f"not planned: {session}" for session in rest]


def agreed(planned: list[str], sent: list[str]) -> list[str]:
    """What was sent as planned, up to the first statement that was not."""
    both = zip(planned, sent, strict=False)
    return [it for _, it in takewhile(lambda pair: is_as_planned(*pair), both)]


def is_as_planned(planned: str, sent: str) -> bool:
    return bool(re.fullmatch(pattern(planned), _EXAMPLE.sub("''", _PIPE.sub("", sent))))


def pattern(planned: str) -> str:
    """What a planned statement may be sent as: with any values, the same one wherever a name repeats."""
    parts = _NAME.split(_EXAMPLE.sub("''", planned))
    seen: set[str] = set()
    made = [re.escape(parts[0])]
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        made += [f"(?P={name})" if name in seen else f"(?P<{name}>{_VALUE})", re.escape(text)]
        seen.add(name)
    return "".join(made)


#: With the options of a run, one of them.
SAMPLE: tuple[Kind, ...] = KINDS if LONG else ("changed",)


@pytest.mark.parametrize("scenario", KINDS)
def test_a_run_sends_what_was_planned(servers: Servers, world: World, scenario: Kind) -> None:
    assert_planned(servers, world, scenario)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SAMPLE)
def test_a_full_run_sends_what_was_planned(servers: Servers, world: World, scenario: Kind) -> None:
    assert_planned(servers, world, scenario, full=True)


@pytest.mark.slow
@pytest.mark.parametrize("only", some(["to_datawarehouse", "to_datamart"], 1))
@pytest.mark.parametrize("scenario", SAMPLE)
def test_half_a_run_sends_what_was_planned(servers: Servers, world: World, scenario: Kind, only: str) -> None:
    assert_planned(servers, world, scenario, only=only)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", SAMPLE)
def test_a_run_of_a_part_sends_what_was_planned(servers: Servers, school_world: World, scenario: Kind) -> None:
    assert_planned(servers, school_world, scenario, where=["lesson_id=1..1000"])


def test_a_large_load_sends_what_was_planned(
    servers: Servers, school_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large loads fill tables without their keys, and make statistics; here one row is many."""
    for place in (staging, distinct_rows, to_datawarehouse.loading):
        monkeypatch.setattr(place, "WORTH_ANALYSING", 1)
    for place in (bulk, to_datawarehouse.loading):
        monkeypatch.setattr(place, "WORTH_BULK", 1)
    monkeypatch.setattr(append, "LARGEST_LOOKUP", 0)
    assert_planned(servers, school_world, "first")


def test_large_loads_are_planned_by_their_rows(courses: Model) -> None:
    few, many = (plan(courses, scenario="first", rows=rows) for rows in (100, 3_000_000))
    for statement in ("DROP CONSTRAINT pk_s_lessons", "ANALYZE vault.s_lessons"):
        assert statement not in few
        assert statement in many
    assert "DROP CONSTRAINT" not in plan(courses, scenario="changed", rows=3_000_000)


def test_a_statement_that_is_altered_is_noticed(
    servers: Servers, school_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison above can fail: the run sends what the plan, made without the change, does not say."""
    found = sent(servers, school_world, "first")
    as_it_was = inserts.hub_insert
    monkeypatch.setattr(inserts, "hub_insert", lambda *given: SQL(as_it_was(*given).text + " -- altered"))
    altered = planned_sessions(dry_run(school_world.model, scenario="first"), "pg_datawarehouse")
    wrong = differences(altered, found.by_server["pg_datawarehouse"])
    assert any("INSERT INTO vault.h_courses" in it and "-- altered" in it for it in wrong)
    monkeypatch.undo()
    right = planned_sessions(dry_run(school_world.model, scenario="first"), "pg_datawarehouse")
    assert differences(right, found.by_server["pg_datawarehouse"]) == []
    assert differences(right[:-1], found.by_server["pg_datawarehouse"]), "a session more was sent"
    assert differences([*right, [["SELECT"]]], found.by_server["pg_datawarehouse"]), "a session less was sent"


def pieces(text: str) -> list[str]:
    """The statements of a script, without its comments: cut at semicolons outside of quotes."""
    token = re.compile(
        r"""(?P<comment>--[^\n]*)|(?P<quoted>'(?:[^']|'')*'|"[^"]*")|(?P<end>;)|(?P<code>.)""", re.DOTALL
    )
    found = [""]
    for match in token.finditer(text):
        if match["end"]:
            found.append("")
        elif not match["comment"]:
            found[-1] += match[0]
    return [" ".join(piece.split()) for piece in found if piece.strip()]


def every(model: Model, scenario: Kind) -> list[Statement]:
    statements = [it for section in dry_run(model, scenario=scenario) for it in section.statements]
    settings = {it.server: it for it in reversed(statements) if it.settles}
    return [it for _, it in sorted(settings.items())] + [it for it in statements if not it.settles]


@pytest.mark.parametrize("scenario", KINDS)
@pytest.mark.parametrize("name", sorted(CHANGES))
def test_the_printed_plan_is_the_dry_run(name: str, scenario: Kind) -> None:
    """Cut into statements again, the script gives those that the comparison above proves; the settings once."""
    model = load_model("courses" if name == "courses" else MODELS / name)
    printed = plan(model, scenario=scenario)
    assert pieces(printed) == [piece for it in every(model, scenario) for piece in pieces(it.text)]
    assert "password" not in printed.lower()
    assert socket.gethostname() not in printed


def test_the_same_plan_every_time(courses: Model) -> None:
    """Steps of a stage run in threads; they are printed in the model's order."""
    assert len({plan(courses, scenario="first") for _ in range(5)}) == 1


def test_every_step_says_what_it_does(courses: Model) -> None:
    steps = [section for section in dry_run(courses) if section.name]
    assert [step.name for step in steps][:3] == ["e_from_pg_datawarehouse", "e_from_pg_datasource", "t_find_new_rows"]
    assert all(step.purpose for step in steps)
    together = {step.name: step.at_once for step in steps}
    assert "l_update_s_lesson" in together["l_update_links"]
    assert together["close"] == []


def test_answers_that_do_not_fit_are_reported_with_their_step(courses: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    def new_question(session: Session, feed: Feed) -> str:
        ((one, two),) = session.rows(SQL("SELECT one, two FROM control.unheard_of"))
        return one + two

    monkeypatch.setattr(staging, "clear", new_question)
    with pytest.raises(DryRunFailed) as failed:
        dry_run(courses)
    assert "e_from_pg_datawarehouse" in str(failed.value)
    assert "control.unheard_of answered with []" in " ".join(str(failed.value).split())


def skyeng(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in an empty folder, its variables set to servers that do not exist."""
    nowhere = "postgresql://user:secret@192.0.2.1:1/none"
    variables = {"PG_DATASOURCE_URL": nowhere, "PG_DATAWAREHOUSE_URL": nowhere, "CH_DATAMART_URL": "nonsense://"}
    return subprocess.run(
        [sys.executable, "-m", "skyeng", *arguments],
        env=os.environ | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_needs_no_server(tmp_path: Path) -> None:
    done = skyeng(tmp_path, "plan", str(MODELS / "campus" / "model.yaml"), "--scenario", "first")
    assert done.returncode == 0, done.stderr
    assert "COPY stage.rooms" in done.stdout
    assert "secret" not in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == [], "nothing is started, nothing written"


def invoked(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["plan", *arguments])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("absent",), "absent"),
        (("absent/model.yaml",), "absent/model.yaml"),
        (("courses", "--scenario", "other"), "other"),
        (("courses", "--rows", "0"), "--rows"),
    ],
)
def test_wrong_arguments_are_a_usage_error(arguments: tuple[str, ...], said: str) -> None:
    code, output = invoked(*arguments)
    assert code == 2
    assert said in output


def test_options_are_those_of_a_run() -> None:
    _, whole = invoked()
    _, half = invoked("--only", "to_datamart")
    _, full = invoked("--full")
    assert "COPY stage.courses" in whole
    assert "COPY stage.courses" not in half
    assert "-- on ch_datamart:" in half
    assert "TRUNCATE control.courses_rows" in full
    assert "TRUNCATE control.courses_rows" not in whole
    _, part = invoked("--where", "lesson_id=1..10")
    assert "lesson_id <= '10'::integer" in part
