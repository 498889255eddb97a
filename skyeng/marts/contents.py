"""Contents of a mart: the loads in its register, and the number of row versions of each load in its history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property

from skyeng.db.clickhouse import ClickHouseSession
from skyeng.hashing.checksums import Checksum
from skyeng.marts.tables import IS_PAST, OPEN_END, RETAINED_HASH, ROW_HASH, MartTables, is_deletion, moment
from skyeng.model import Mart
from skyeng.sql import ident, literal, sql


@dataclass(frozen=True)
class MartLoad:
    """The row versions that one load of the warehouse gives a mart, and the active rows after it."""

    load_ts: datetime
    row_versions: int
    hash_sum: int
    rows_active: int

    @property
    def checksum(self) -> Checksum:
        return self.row_versions, self.hash_sum


@dataclass(frozen=True)
class Contents:
    """The loads of a mart's register, in their order, and the row versions of each in its history."""

    loads: tuple[MartLoad, ...] = ()
    #: Loads of which only the mart has row versions.
    retained: tuple[MartLoad, ...] = ()
    #: By load: the number of row versions that it began, and of those that record a deletion.
    begun: Mapping[datetime, tuple[int, int]] = field(default_factory=dict)
    #: By load: the number of row versions that it ended, and of those in the partition of ended versions.
    ended: Mapping[datetime, tuple[int, int]] = field(default_factory=dict)
    #: Orphaned loads that the register once listed and no longer lists.
    unnamed: frozenset[datetime] = frozenset()

    @cached_property
    def newest(self) -> datetime | None:
        """The timestamp of the newest registered load, which is current; None where there is none."""
        return max((it.load_ts for it in (*self.loads, *self.retained)), default=None)

    @property
    def is_whole(self) -> bool:
        """Whether the history has exactly the row versions of the register, with the same validity.

        Versions are counted load by load. Leftovers of an interrupted append are ignored.
        """
        if self.unnamed:
            return False
        if self.newest is None:
            return not self.begun  # any rows are of a first load that died, or were registered once
        registered: Counter[datetime] = Counter()
        for load in (*self.loads, *self.retained):
            registered[load.load_ts] += load.row_versions
        seen = {load_ts: counts for load_ts, counts in self.begun.items() if load_ts <= self.newest}
        if any(apart for load_ts, (_, apart) in self.ended.items() if load_ts > self.newest):
            return False  # the analysts' view lacks them
        ended = {load_ts: count for load_ts, (count, _) in self.ended.items() if load_ts <= self.newest}
        if {load_ts: begun for load_ts, (begun, _) in seen.items()} != registered or ended.keys() - registered.keys():
            return False
        active, rows = {it.load_ts: it.rows_active for it in self.loads}, 0
        for load_ts in sorted(seen):
            begun, deletions = seen.get(load_ts, (0, 0))
            rows += begun - deletions - ended.get(load_ts, 0)
            if rows != active.get(load_ts, rows):
                return False
        return True

    @property
    def has_leftovers(self) -> bool:
        """Whether an interrupted append left anything behind. Leftovers are invisible to analysts."""
        return self.newest is not None and any(it > self.newest for it in (*self.begun, *self.ended))

    @property
    def ended_among_current(self) -> int:
        """The number of ended row versions that are still in the partition of the current ones."""
        return sum(count - apart for count, apart in self.ended.values())


def read(session: ClickHouseSession, mart: Mart) -> Contents:
    """Read the contents of a mart. Of the history, it reads two narrow columns."""
    found = replace(registered(session, mart), begun=begun(session, mart), ended=ended(session, mart))
    if not found.has_leftovers:
        return found
    # Orphaned loads are registered together with a table swap, so they are never leftovers of an append.
    alone = versions_by_load(session, MartTables(mart).history, mart.load_ts, only_retained=True)
    return replace(found, unnamed=frozenset(alone) - {it.load_ts for it in found.retained})


def registered(session: ClickHouseSession, mart: Mart) -> Contents:
    """Read only the loads of a mart's register, in their order."""
    rows = session.rows(
        sql(
            """SELECT is_retained, load_ts, row_versions, hash_sum, rows_active
FROM {register} FINAL
ORDER BY load_ts""",
            register=ident(MartTables(mart).loads),
        )
    )
    of_kind: dict[bool, list[MartLoad]] = {False: [], True: []}
    for is_retained, load_ts, *rest in rows:
        of_kind[bool(is_retained)].append(MartLoad(_utc(load_ts), *rest))
    return Contents(tuple(of_kind[False]), tuple(of_kind[True]))


def begun(session: ClickHouseSession, mart: Mart) -> dict[datetime, tuple[int, int]]:
    """Count the row versions that each load began in the history, and those of them that record a deletion."""
    rows = session.rows(
        sql(
            "SELECT {start}, count(), countIf({is_deletion}) FROM {history} GROUP BY {start}",
            start=ident(mart.load_ts),
            is_deletion=is_deletion(mart),
            history=ident(MartTables(mart).history),
        )
    )
    return {_utc(load_ts): (versions, deletions) for load_ts, versions, deletions in rows}


def ended(session: ClickHouseSession, mart: Mart) -> dict[datetime, tuple[int, int]]:
    """Count the row versions that each load ended, and those of them in the partition of ended versions.

    Versions without an end are counted too if they are in that partition, where they should not be.
    """
    rows = session.rows(
        sql(
            """SELECT {end}, count(), countIf({past} = 1)
FROM {history}
WHERE {end} > {start} AND ({end} < {open} OR {past} = 1)
GROUP BY {end}""",
            start=ident(mart.load_ts),
            end=ident(mart.load_end_ts),
            past=ident(IS_PAST),
            open=moment(OPEN_END),
            history=ident(MartTables(mart).history),
        )
    )
    return {_utc(load_ts): (count, apart) for load_ts, count, apart in rows}


def versions_by_load(
    session: ClickHouseSession, history: str, load_ts: str, *, only_retained: bool = False
) -> dict[datetime, int]:
    """Count the row versions of each load in a history, or only the retained ones. Its other columns do not matter."""
    retained = sql(" WHERE {hash} = {retained}", hash=ident(ROW_HASH), retained=literal(RETAINED_HASH))
    rows = session.rows(
        sql(
            "SELECT {ts}, count() FROM {history}{chosen} GROUP BY {ts} ORDER BY {ts}",
            ts=ident(load_ts),
            history=ident(history),
            chosen=retained if only_retained else sql(""),
        )
    )
    return {_utc(ts): count for ts, count in rows}


def register(session: ClickHouseSession, table: str, loads: Sequence[MartLoad], *, are_retained: bool = False) -> None:
    """Write loads into a register, in one block. From then on they are visible."""
    if not loads:
        return
    lines = (
        f"{load.load_ts:%Y-%m-%d %H:%M:%S.%f}\t{int(are_retained)}"
        f"\t{load.row_versions}\t{load.hash_sum}\t{load.rows_active}\n"
        for load in loads
    )
    session.insert(
        table, ("load_ts", "is_retained", "row_versions", "hash_sum", "rows_active"), ["".join(lines).encode()]
    )


def _utc(load_ts: datetime) -> datetime:
    return load_ts.replace(tzinfo=UTC)
