"""Feeds that deliver changes only: what is absent stays, driving keys end combinations, and
versions may come several at once, late, and in any order.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import World
from samples import LONG
from skyeng.errors import BadRowsError, ModelError, SourceError, VaultDamaged
from skyeng.model import load_model
from skyeng.sql import SQL
from skyeng.vault.entity_history import entity_history

NAMES = st.sampled_from(["Ann", "Łucja", "O'Neil", "", None])


def deliver(world: World, table: str, *rows: str) -> Any:
    """What a feed gives this time: nothing of what it gave before."""
    values = f"; INSERT INTO {table} VALUES {', '.join(rows)}" if rows else ""
    world.change(f"TRUNCATE enrolment, room{values}")
    return world.run()


def seen(day: int, code: str, group: int | None, name: str | None = "Ann") -> str:
    quoted = "NULL" if name is None else "'" + name.replace("'", "''") + "'"
    return (
        f"('{code}', {group or 'NULL'}, {quoted}, NULL, '2026-01-01 00:00+00'::timestamptz + {day} * interval '1 day')"
    )


def history(world: World, like: str = "%") -> list[tuple[Any, ...]]:
    return world.vault(f"""SELECT h_student_code, extract(day FROM s_student_from_ts - '2026-01-01 00:00+00')::integer,
            extract(day FROM s_student_to_ts - '2026-01-01 00:00+00')::integer, s_student_name
        FROM vault.s_students_history JOIN vault.h_students USING (h_student_hk)
        WHERE h_student_code LIKE '{like}' ORDER BY 1, 2""")


def groups(world: World, like: str = "%") -> list[tuple[Any, ...]]:
    """Student, from which day to which, in which group."""
    return world.vault(f"""SELECT h_student_code,
            extract(day FROM s_student_group_effectivity_from_ts - '2026-01-01 00:00+00')::integer,
            extract(day FROM s_student_group_effectivity_to_ts - '2026-01-01 00:00+00')::integer, h_group_number
        FROM vault.s_students_groups_effectivity_history
        JOIN vault.l_students_groups USING (l_student_group_hk)
        JOIN vault.h_students USING (h_student_hk)
        JOIN vault.h_groups USING (h_group_hk)
        WHERE s_student_group_effectivity_is_active AND h_student_code LIKE '{like}' ORDER BY 1, 2""")


def current(world: World) -> list[tuple[Any, ...]]:
    rows = world.vault("SELECT student_code, group_number, student_name FROM vault.enrolments ORDER BY 1, 2")
    assert world.mart("SELECT code, group_number, name FROM dm_enrolments ORDER BY 1, 2") == rows
    assert world.differences() == []
    return rows


def test_rows_that_are_not_delivered_stay_as_they_are(empty_campus: World) -> None:
    deliver(empty_campus, "room", "(1, 'A', 10)", "(2, 'B', 20)")
    assert not deliver(empty_campus, "room").anything_new
    report = deliver(empty_campus, "room", "(3, 'C', 30)", "(1, 'A', 10)")
    assert (report.changes["rooms"].new, report.changes["rooms"].changed, report.changes["rooms"].deleted) == (1, 0, 0)
    assert empty_campus.mart("SELECT group_number, room, seats FROM dm_rooms ORDER BY 1") == [
        (1, "A", 10),
        (2, "B", 20),
        (3, "C", 30),
    ]
    assert not deliver(empty_campus, "room", "(1, 'A', 10)", "(2, 'B', 20)").anything_new


def test_a_move_ends_the_old_combination_in_the_same_load_and_back_again(empty_campus: World) -> None:
    """Only the row that moved is delivered; each way is an interval of its own."""
    deliver(empty_campus, "room", "(1, 'A', 10)", "(2, 'B', 20)", "(NULL, 'D', 5)")
    stamps = []
    for room in ("B", "A", "B"):
        report = deliver(empty_campus, "room", f"(1, '{room}', {10 if room == 'A' else 20})")
        assert (report.changes["rooms"].new + report.changes["rooms"].changed, report.changes["rooms"].deleted) == (
            1,
            1,
        )
        assert empty_campus.mart("SELECT group_number, room FROM dm_rooms ORDER BY 2, 1") == [
            *([(1, "A")] if room == "A" else [(1, "B")]),
            (2, "B"),
            (None, "D"),
        ]
        stamps.append(empty_campus.vault("SELECT max(load_ts) FROM control.loads")[0][0])
    effective = empty_campus.vault("""SELECT h_room_name, s_group_room_effectivity_load_ts,
            s_group_room_effectivity_is_active
        FROM vault.s_groups_rooms_effectivity JOIN vault.l_groups_rooms USING (l_group_room_hk)
        JOIN vault.h_groups USING (h_group_hk) JOIN vault.h_rooms USING (h_room_hk)
        WHERE h_group_number = 1 ORDER BY 2, 1""")
    first = effective[0][1]
    assert effective == [
        ("A", first, True),
        *((room, stamp, room == to) for stamp, to in zip(stamps, ("B", "A", "B"), strict=True) for room in ("A", "B")),
    ]
    for stamp, room in ((first, "A"), *zip(stamps, ("B", "A", "B"), strict=True)):
        assert empty_campus.vault(f"SELECT room_name FROM vault.rooms_as_of('{stamp}') WHERE group_number = 1") == [
            (room,)
        ]
        at = f"{stamp:%Y-%m-%d %H:%M:%S.%f}"
        assert empty_campus.mart(f"SELECT room FROM dm_rooms_as_of(ts = '{at}') WHERE group_number = 1") == [(room,)]


def test_what_one_row_says_of_an_entity_holds_for_its_other_rows(empty_campus: World) -> None:
    """A room's seats come with one group's row: the mart shows them in the other groups' rows as well."""
    deliver(empty_campus, "room", "(1, 'A', 10)", "(2, 'A', 10)", "(3, 'B', 5)")
    report = deliver(empty_campus, "room", "(1, 'A', 12)")
    assert report.changes["rooms"].changed == 2
    assert empty_campus.mart("SELECT group_number, seats FROM dm_rooms ORDER BY 1") == [(1, 12), (2, 12), (3, 5)]
    report = deliver(empty_campus, "room", "(2, 'A', 10)")
    assert report.changes["rooms"].changed == 2, "the source said 10 before as well, but not last"
    assert empty_campus.mart("SELECT group_number, seats FROM dm_rooms ORDER BY 1") == [(1, 10), (2, 10), (3, 5)]
    assert empty_campus.differences() == []


def test_a_b_a_stays_three_rows(empty_campus: World) -> None:
    deliver(empty_campus, "enrolment", *(seen(day, "s", 1, name) for day, name in ((1, "A"), (2, "B"), (3, "A"))))
    assert history(empty_campus) == [("s", 1, 2, "A"), ("s", 2, 3, "B"), ("s", 3, None, "A")]
    assert current(empty_campus) == [("s", 1, "A")]


def test_a_late_version_is_set_between_its_neighbours(empty_campus: World) -> None:
    deliver(empty_campus, "enrolment", seen(1, "s", 1, "A"), seen(5, "s", 1, "A"))
    assert history(empty_campus) == [("s", 1, None, "A")], "what repeats the version before it adds nothing"
    report = deliver(empty_campus, "enrolment", seen(3, "s", 2, "B"))
    assert history(empty_campus) == [("s", 1, 3, "A"), ("s", 3, 5, "B"), ("s", 5, None, "A")]
    assert groups(empty_campus) == [("s", 1, 3, 1), ("s", 3, 5, 2), ("s", 5, None, 1)]
    assert current(empty_campus) == [("s", 1, "A")], "what is current has not changed"
    assert report.marts["dm_enrolments"] == 0
    before = empty_campus.row_counts()
    assert not deliver(empty_campus, "enrolment", seen(3, "s", 2, "B"), seen(1, "s", 1, "A")).anything_new
    assert empty_campus.row_counts() == before


def test_a_day_that_is_reprocessed_replaces_what_it_said_before(empty_campus: World) -> None:
    deliver(empty_campus, "enrolment", *(seen(day, "s", group, "A") for day, group in ((1, 1), (2, 2), (3, 3))))
    deliver(empty_campus, "enrolment", seen(2, "s", 4, "B"))
    assert history(empty_campus) == [("s", 1, 2, "A"), ("s", 2, 3, "B"), ("s", 3, None, "A")]
    assert groups(empty_campus) == [("s", 1, 2, 1), ("s", 2, 3, 4), ("s", 3, None, 3)]
    deliver(empty_campus, "enrolment", seen(3, "s", 4, "B"))
    assert groups(empty_campus) == [("s", 1, 2, 1), ("s", 2, None, 4)]
    assert current(empty_campus) == [("s", 4, "B")]
    first, second = empty_campus.vault(
        "SELECT load_ts FROM control.loads WHERE status = 'closed' ORDER BY load_ts LIMIT 2"
    )
    for (stamp,) in (first, second):
        assert empty_campus.vault(f"SELECT group_number FROM vault.enrolments_as_of('{stamp}')") == [(3,)]


def test_a_life_tells_what_each_load_brought_to_light(empty_campus: World) -> None:
    """By load: a version that came late changed nothing of what was known last."""
    deliver(empty_campus, "enrolment", seen(1, "s", 1, "A"), seen(5, "s", 1, "C"))
    deliver(empty_campus, "enrolment", seen(3, "s", 2, "B"))
    deliver(empty_campus, "enrolment", seen(7, "s", 2, "C"))
    with empty_campus.stores.warehouse.session() as session:
        told = entity_history(session, empty_campus.model, empty_campus.model.hub("student"), ["s"])
    assert [(it.event, it.what, it.old, it.new) for it in told] == [
        ("appeared", "", (), ()),
        ("changed", "name", (), ("C",)),
        ("linked", "group", (), ("1",)),
        ("linked", "group", ("1",), ("2",)),
    ]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([seen(1, "s", 1, "A"), seen(1, "s", 1, "B")], "more than one row with this row key for one time"),
        ([seen(1, "s", 1, "A"), seen(1, "s", 2, "A")], "more than one relationship of this student for one time"),
        (["('s', 1, 'A', NULL, NULL)"], r"the time from which the row holds is empty \(seen_at\)"),
        (["('s', 1, 'A', NULL, '-infinity')"], "the time from which the row holds is empty"),
        (["(NULL, NULL, 'A', NULL, '2026-01-01')"], "the row key is empty"),
    ],
)
def test_versions_that_contradict_each_other_are_refused(empty_campus: World, rows: list[str], reason: str) -> None:
    deliver(empty_campus, "enrolment", seen(1, "other", 1))
    before = empty_campus.row_counts()
    with pytest.raises(BadRowsError, match=reason):
        deliver(empty_campus, "enrolment", *rows)
    assert empty_campus.row_counts() == before


def test_rows_of_a_delta_that_contradict_each_other_are_refused(empty_campus: World) -> None:
    deliver(empty_campus, "room", "(1, 'A', 10)", "(2, 'A', 10)")
    with pytest.raises(BadRowsError, match="one 'room', two different sets of attributes"):
        deliver(empty_campus, "room", "(1, 'A', 10)", "(2, 'A', 11)")
    with pytest.raises(BadRowsError, match="more than one relationship of this group"):
        deliver(empty_campus, "room", "(1, 'A', 10)", "(1, 'B', 11)")


def test_a_full_run_of_deltas_compares_with_the_vault(empty_campus: World) -> None:
    deliver(empty_campus, "room", "(1, 'A', 10)", "(2, 'B', 20)")
    deliver(empty_campus, "enrolment", seen(2, "s", 1), seen(1, "s", 2))
    empty_campus.change("TRUNCATE enrolment")
    assert not empty_campus.run(full=True).anything_new
    assert current(empty_campus) == [("s", 1, "Ann")]


def test_the_time_must_be_unambiguous(empty_campus: World) -> None:
    empty_campus.change("ALTER TABLE enrolment ALTER seen_at TYPE timestamp")
    with pytest.raises(SourceError, match="column seen_at is timestamp without time zone, declared as timestamptz"):
        empty_campus.run()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("load: delta, applied", "applied", "needs `load: delta`"),
        ("applied: seen_at", "applied: student_name", "is an attribute or a key already"),
        ("driving_key: [student]", "driving_key: [room]", "'room' is not among the hubs of this link"),
    ],
)
def test_what_a_model_may_not_say_of_deltas(tmp_path: Any, campus: Any, old: str, new: str, fault: str) -> None:
    for file in campus.directory.glob("*.*"):
        (tmp_path / file.name).write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(ModelError, match=fault):
        load_model(tmp_path)


@dataclass(frozen=True)
class Version:
    student: str
    day: int
    group: int
    name: str | None


VERSIONS = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.integers(0, 9)), st.tuples(st.integers(1, 3), NAMES), min_size=1, max_size=9
).map(lambda found: [Version(student, day, *values) for (student, day), values in found.items()])


@st.composite
def batches(draw: st.DrawFn) -> list[list[Version]]:
    """The same versions in any order, cut into any batches; some may be delivered twice."""
    versions = draw(VERSIONS.flatmap(st.permutations))
    again = draw(st.lists(st.sampled_from(versions), max_size=2))
    cuts = sorted(draw(st.lists(st.integers(0, len(versions)), max_size=3)))
    return [versions[start:end] for start, end in itertools.pairwise([0, *cuts, len(versions)])] + [again]


def intervals(versions: list[Version], value: Any) -> list[tuple[Any, ...]]:
    """What a history must say, whatever the order: found without any database."""
    told = []
    for student in sorted({it.student for it in versions}):
        ordered = sorted((it for it in versions if it.student == student), key=lambda it: it.day)
        runs = [next(run) for _, run in itertools.groupby(ordered, key=value)]
        ends = [*(it.day for it in runs[1:]), None]
        told += [(student, it.day, end, value(it)) for it, end in zip(runs, ends, strict=True)]
    return told


@pytest.mark.slow
def test_any_order_and_any_batches_of_the_same_versions_give_the_same_rows(empty_campus: World) -> None:
    examples, wanted = itertools.count(), 100 if LONG else 5

    @settings(
        max_examples=wanted,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(batches())
    def check(delivered: list[list[Version]]) -> None:
        mark = f"{next(examples)}-"
        for batch in delivered:
            rows = {seen(it.day, mark + it.student, it.group, it.name) for it in batch}
            empty_campus.change(
                "TRUNCATE enrolment" + (f"; INSERT INTO enrolment VALUES {', '.join(rows)}" if rows else "")
            )
            empty_campus.run(only="to_datawarehouse")
        versions = [it for batch in delivered[:-1] for it in batch]
        marked = [Version(mark + it.student, it.day, it.group, it.name) for it in versions]
        assert history(empty_campus, f"{mark}%") == intervals(marked, lambda it: it.name)
        assert groups(empty_campus, f"{mark}%") == intervals(marked, lambda it: it.group)
        stored = f"""SELECT count(*) FROM vault.s_students JOIN vault.h_students USING (h_student_hk)
            WHERE h_student_code LIKE '{mark}%'"""
        assert empty_campus.vault(stored) == [(len(versions),)], "every version once"
        latest = {it.student: it for it in sorted(marked, key=lambda it: it.day)}
        shown = empty_campus.vault(f"""SELECT student_code, group_number, student_name FROM vault.enrolments
            WHERE student_code LIKE '{mark}%' ORDER BY 1""")
        assert shown == [(code, it.group, it.name) for code, it in sorted(latest.items())]

    check()
    empty_campus.run(only="to_datamart")
    current(empty_campus)
    assert next(examples) >= wanted * 4 // 5


def test_a_full_run_names_rows_that_the_vault_lost_and_nobody_will_deliver_again(empty_campus: World) -> None:
    deliver(empty_campus, "enrolment", seen(1, "a", 7), seen(1, "b", 7))
    with empty_campus.stores.warehouse.session() as session:
        session.execute(SQL("DELETE FROM vault.s_students_groups_effectivity"))
    with pytest.raises(VaultDamaged, match=r"the vault has lost rows of feed 'enrolments' that no load ended: 2"):
        empty_campus.run(full=True)
