"""One history of a school: its loads, a snapshot of the source at each, and the proof at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg2

import school_snapshots as texts
from conftest import World
from school_changes import TABLES, School
from skyeng.control.feed_changes import Changes
from skyeng.marts import queries
from skyeng.runs.to_datawarehouse import ToDatawarehouse
from skyeng.sql import SQL

MART = "dm_courses_modules_lessons_streams"
#: Moments that one statement asks ClickHouse for.
_AT_ONCE = 20
_SHOWN = 3


@dataclass(frozen=True)
class Snapshot:
    """The source at one load: its rows' texts by their ids."""

    load_ts: datetime
    rows: dict[str, str]
    digest: str

    @classmethod
    def of(cls, load_ts: datetime, rows: dict[str, str]) -> Snapshot:
        return cls(load_ts, rows, texts.digest(rows.values()))


class History:
    """A world whose source is changed and loaded, time and again."""

    def __init__(self, world: World, tell: Callable[[str], None] = lambda _: None) -> None:
        self.world = world
        self.school = School(world.stores.source.url, tell)
        self.snapshots: list[Snapshot] = []
        #: At which load a row became what it is.
        self.since: dict[str, datetime] = {}
        self.row_versions = 0
        self.seconds_loading = 0.0
        self._tell = tell
        self._warehouse = psycopg2.connect(world.stores.warehouse.url, options="-c timezone=UTC")
        self._warehouse.autocommit = True
        self._texts: dict[str, str] = {}

    def close(self) -> None:
        self.school.close()
        self._warehouse.close()

    @property
    def rows(self) -> dict[str, str]:
        """The source as it was at the last load."""
        return self.snapshots[-1].rows if self.snapshots else {}

    def load(self, kind: str, random: Random) -> None:
        self._tell(f"-- load: {kind}")
        LOADS[kind](self, random)

    def whole(self, _: Random) -> None:
        self._load()

    def full(self, _: Random) -> None:
        self._load(full=True)

    def warehouse(self, _: Random) -> None:
        self._load(only="to_datawarehouse")

    def mart_catches_up(self, _: Random) -> None:
        """No load, but all that the mart lacks at once."""
        self.world.run(only="to_datamart")

    def emptied_mart(self, random: Random) -> None:
        """Somebody empties tables of the mart; the run builds it anew."""
        for table in random.choice((("_history", "_loads"), ("_history",), ("_loads",))):
            self.world.mart_command(f"TRUNCATE TABLE {MART}{table}")
        self._load()

    def dead(self, random: Random) -> None:
        """A load that dies after any step. Not a load: the next one rolls it back."""
        if self._source_rows() == self.rows:
            return  # it would be closed for having found nothing
        run = ToDatawarehouse(self.world.model, self.world.stores)
        load = run.e_from_pg_datawarehouse()
        steps: list[Callable[[], object]] = [
            lambda: run.e_from_pg_datasource(load),
            lambda: run.t_find_new_rows(load),
            *(step.work for step in run.insert_steps(load)),
        ]
        for step in steps[: random.randrange(len(steps) + 1)]:
            step()

    def look_back(self, random: Random) -> None:
        """No load either: a past one, read again, is not changed by what came after."""
        if self.snapshots:
            snapshot = random.choice(self.snapshots)
            self.check_vault([(snapshot.load_ts, snapshot)])

    def _load(self, **options: Any) -> None:
        """Load, and keep the source as it is. The report must name what the snapshots tell."""
        before, rows = self.rows, self._source_rows()
        begun = time.perf_counter()
        report = self.world.run(**options)
        self.seconds_loading += time.perf_counter() - begun
        load_ts = self._vault("SELECT max(load_ts) FROM control.loads WHERE status = 'closed'")[0][0]
        assert not self.snapshots or load_ts > self.snapshots[-1].load_ts
        new, gone = rows.keys() - before.keys(), before.keys() - rows.keys()
        changed = {key for key in rows.keys() & before.keys() if rows[key] != before[key]}
        told = Changes(len(new), len(changed), len(gone))
        assert report.changes["courses"] == told, f"reported {report.changes['courses']}, the snapshots tell {told}"
        self.row_versions += len(new) + len(changed) + len(gone)
        self.since = {key: load_ts if key in new | changed else self.since[key] for key in rows}
        self.snapshots.append(Snapshot.of(load_ts, rows))

    def _source_rows(self) -> dict[str, str]:
        found = self.school.read(texts.SNAPSHOT)
        # Most rows are the same at the next load: kept once.
        rows = {key: self._texts.setdefault(text, text) for key, text in found}
        assert len(rows) == len(found), "ids are unique in the source"
        return rows

    def _vault(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self._warehouse.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall()

    # ---- the proof ----

    def check(self) -> int:
        """Every past load, and what is current, on every side; how many moments were read."""
        self._load()
        moments = list(self._moments())
        self.check_vault(moments)
        # To plan the view costs ClickHouse more than to read it: the moments around a load are sampled.
        asked = [
            it for place, it in enumerate(moments) if it[0] == it[1].load_ts or place % 11 < 2 or it is moments[-1]
        ]
        self.check_mart(asked)
        self.check_current()
        self.check_vault_invariants()
        self.check_mart_invariants()
        return len(moments) + len(asked)

    def _moments(self) -> Iterator[tuple[datetime, Snapshot]]:
        """Times to be read, and what must be found then: at, just before, and halfway to each load."""
        first = self.snapshots[0].load_ts
        before = Snapshot.of(first - timedelta(days=1), {})
        for snapshot in self.snapshots:
            yield before.load_ts + (snapshot.load_ts - before.load_ts) / 2, before
            yield snapshot.load_ts - timedelta(microseconds=1), before
            yield snapshot.load_ts, snapshot
            before = snapshot
        yield before.load_ts + timedelta(days=1), before

    def check_vault(self, moments: list[tuple[datetime, Snapshot]]) -> None:
        asked = f"""SELECT ({texts.digest_in_postgres("vault.courses_as_of(moment)")})
            FROM unnest(%s::timestamptz[]) WITH ORDINALITY AS moments (moment, place) ORDER BY place"""
        found = self._vault(asked, [moment for moment, _ in moments])
        for (moment, snapshot), (digest,) in zip(moments, found, strict=True):
            if digest != snapshot.digest:
                text = texts.text("PostgreSQL", texts.in_vault)
                rows = self._vault(f"SELECT {text} FROM vault.courses_as_of(%s)", moment)
                raise AssertionError(f"the vault as of {moment}: {_difference(rows, snapshot)}")

    def check_mart(self, moments: list[tuple[datetime, Snapshot]]) -> None:
        with self.world.stores.datamart.session() as session:
            for first in range(0, len(moments), _AT_ONCE):
                part = moments[first : first + _AT_ONCE]
                asked = " UNION ALL ".join(
                    f"SELECT {place} AS place, digest FROM ({texts.digest_in_clickhouse(_mart_as_of(moment))})"
                    for place, (moment, _) in enumerate(part)
                )
                found = dict(session.rows(SQL(asked)))
                for place, (moment, snapshot) in enumerate(part):
                    if found[place] != snapshot.digest:
                        rows = session.rows(SQL(f"SELECT {_MART_TEXT} FROM {_mart_as_of(moment)}"))
                        raise AssertionError(f"the mart as of {moment}: {_difference(rows, snapshot)}")

    def check_current(self) -> None:
        """What is current, on every side, and the path of `skyeng query --as-of`."""
        last = self.snapshots[-1]
        found = self._vault(f"SELECT {texts.text('PostgreSQL', texts.in_vault)} FROM vault.courses")
        assert texts.digest(text for (text,) in found) == last.digest, _difference(found, last)
        with self.world.stores.datamart.session() as session:
            columns = {name for name, *_ in session.rows(SQL(f"DESCRIBE TABLE {MART}"))}
            known = {texts.in_mart(level, column) for level, column, _ in texts.COLUMNS}
            assert columns - known == {"dm_course_module_lesson_stream_uuid", _LOAD_TS}
            found = session.rows(SQL(f"SELECT {_MART_TEXT} FROM {MART}"))
            assert texts.digest(text for (text,) in found) == last.digest, _difference(found, last)
            since = f"SELECT {_MART_KEY}, {_LOAD_TS} FROM {MART}"
            assert {key: ts.replace(tzinfo=None) for key, ts in session.rows(SQL(since))} == {
                key: ts.replace(tzinfo=None) for key, ts in self.since.items()
            }
            for snapshot in (self.snapshots[0], self.snapshots[len(self.snapshots) // 2], last):
                digest = SQL(texts.digest_in_clickhouse(MART))
                asked = queries.as_of(digest, self.world.model, snapshot.load_ts)
                assert session.scalar(asked) == snapshot.digest, f"skyeng query --as-of {snapshot.load_ts}"
        assert self._product_rows() == sorted(last.rows.values()), "the feed's own query tells the same"
        self._check_tables()
        differences = self.world.differences()
        assert differences == [], differences

    def _product_rows(self) -> list[str]:
        feed = (self.world.model.directory / "source.sql").read_text()
        text = texts.text("PostgreSQL", texts.in_vault)
        return sorted(text for (text,) in self.school.read(f"SELECT {text} FROM ({feed}) AS feed"))

    def _check_tables(self) -> None:
        """Each of the four tables comes back whole from the denormalised rows."""
        for table in TABLES:
            columns = [column for column in texts.COLUMNS if column[0] == table.level]
            text = texts.text("PostgreSQL", texts.in_vault, columns)
            found = self._vault(f"SELECT DISTINCT {text} FROM vault.courses WHERE {table.level}_id IS NOT NULL")
            text = texts.text("PostgreSQL", texts.in_source, columns)
            assert sorted(found) == sorted(self.school.read(f"SELECT {text} FROM {table.name} AS {table.level}"))

    def check_vault_invariants(self) -> None:
        model = self.world.model
        effectivity = model.links[0].effectivity
        logged = self._vault("SELECT count(*) FROM control.courses_changes")
        assert logged == [(self.row_versions,)], f"{logged} row versions in the log, not {self.row_versions}"
        ((closed, others),) = self._vault(
            "SELECT count(*) FILTER (WHERE status = 'closed'), count(*) FILTER (WHERE status = 'open')"
            " FROM control.loads"
        )
        assert (closed, others) == (len(self.snapshots), 0), f"{closed} loads closed, {others} open"
        keyless = """SELECT oid::regclass FROM pg_class
            WHERE relnamespace = 'vault'::regnamespace AND relkind = 'r'
              AND oid NOT IN (SELECT conrelid FROM pg_constraint WHERE contype = 'p')"""
        assert self._vault(keyless) == [], "every table has its primary key"
        for entity in (*model.hubs, *model.satellites, *model.links, effectivity):
            foreign = f"""SELECT count(*) FROM vault.{entity.table} WHERE {entity.load_ts} > '-infinity'
                AND {entity.load_ts} NOT IN (SELECT load_ts FROM control.loads WHERE status = 'closed')"""
            assert self._vault(foreign) == [(0,)], f"{entity.table} has rows of closed loads only"
        for satellite in model.satellites:
            key, load_ts = model.hub(satellite.hub_name).key, satellite.load_ts
            repeated = f"""SELECT count(*) FROM (
                SELECT {satellite.hashdiff} AS hashdiff, lag({satellite.hashdiff}) OVER versions AS hashdiff_before,
                    {_ATTRIBUTES} AS attributes, lag({_ATTRIBUTES}) OVER versions AS attributes_before
                FROM vault.{satellite.table} AS version
                WINDOW versions AS (PARTITION BY {key} ORDER BY {load_ts})
            ) AS pairs WHERE hashdiff = hashdiff_before OR attributes = attributes_before"""
            assert self._vault(repeated, [load_ts, satellite.hashdiff], [load_ts, satellite.hashdiff]) == [(0,)], (
                f"{satellite.table}: a version repeats the one before"
            )
        unchanged = f"""SELECT count(*) FROM (
            SELECT {effectivity.is_active} AS is_active, lag({effectivity.is_active}, 1, false) OVER versions AS before
            FROM vault.{effectivity.table}
            WINDOW versions AS (PARTITION BY {model.links[0].key} ORDER BY {effectivity.load_ts})
        ) AS pairs WHERE is_active = before"""
        assert self._vault(unchanged) == [(0,)], "a combination begins, ends, begins"

    def check_mart_invariants(self) -> None:
        versions = f"PARTITION BY {_MART_KEY} ORDER BY {_LOAD_TS} ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING"
        repeated = f"""SELECT count(), countIf(is_deleted = 1 AND (was_deleted = 1 OR was = '')),
                countIf(is_deleted = 0 AND was_deleted = 0 AND text = was)
            FROM (
                SELECT {_LOAD_END_TS} = {_LOAD_TS} AS is_deleted, {_MART_TEXT} AS text,
                    any(is_deleted) OVER ({versions}) AS was_deleted, any(text) OVER ({versions}) AS was
                FROM {MART}_history
            )"""
        found = self.world.mart(repeated)
        assert found == [(self.row_versions, 0, 0)], f"row versions, deletes of nothing, repetitions: {found}"


_ATTRIBUTES = "to_jsonb(version) - %s::text[]"
_MART_TEXT = texts.text("ClickHouse", texts.in_mart)
_MART_KEY = texts.key("ClickHouse", texts.in_mart)
_LOAD_TS, _LOAD_END_TS = "dm_course_module_lesson_stream_load_ts", "dm_course_module_lesson_stream_load_end_ts"

#: Every way to load, by its name.
LOADS: dict[str, Callable[[History, Random], None]] = {
    load.__name__: load
    for load in (
        History.whole,
        History.full,
        History.warehouse,
        History.mart_catches_up,
        History.emptied_mart,
        History.dead,
        History.look_back,
    )
}


def _mart_as_of(moment: datetime) -> str:
    return f"{MART}_as_of(ts = '{moment:%Y-%m-%d %H:%M:%S.%f}')"


def _difference(found: list[tuple[Any, ...]], snapshot: Snapshot) -> str:
    """What is there and should not be, and what should be, in words."""
    rows = [text for (text,) in found]
    wanted = set(snapshot.rows.values())
    doubled = [text for text in set(rows) if rows.count(text) > 1]
    unwanted, lacking = sorted(set(rows) - wanted), sorted(wanted - set(rows))
    return (
        f"{len(rows)} rows, {len(wanted)} at the load of {snapshot.load_ts}; {len(doubled)} are doubled;"
        f"\n{len(unwanted)} should not be there: {unwanted[:_SHOWN]}\n{len(lacking)} are missing: {lacking[:_SHOWN]}"
    )
