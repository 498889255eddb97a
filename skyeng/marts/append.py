"""Append of loads to a mart: first their row versions, then the ends of those that they replace, last the register.

Nothing of a load is visible until the register lists it. So an append may stop at any point: its leftovers are removed
before the next one begins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO

from skyeng.db.clickhouse import ClickHouseSession
from skyeng.errors import LoadInProgress, MartDamaged, VaultDamaged
from skyeng.marts import contents
from skyeng.marts.contents import Contents, MartLoad, register
from skyeng.marts.tables import OPEN_END, MartTables, appended_columns, at, moment
from skyeng.model import Mart
from skyeng.sql import SQL, ident, joined, literal, sql

#: The most loads in one append. A mart that is far behind catches up with few rewrites of ends.
MOST_AT_ONCE = 20
#: Row versions of a span at most, approximately. A span that fails is sent again as a whole.
_LARGEST_SPAN = 1_000_000

#: A load that touched more rows is read from the vault by a scan, not row by row.
LARGEST_LOOKUP = 100_000

#: Regular expression of a statement that writes to a table. A statement that only reads the table does not match.
WRITES = '(?is)^[^a-z]*(insert +into( +table)?|alter +table|update|delete +from) +([^ ]+[.])?[`"]?{}([^a-z0-9_]|$)'

#: Seconds to wait for the end of other statements that change the history.
GRACE_PERIOD = 60.0


@dataclass(frozen=True)
class Span:
    """Consecutive loads that are sent together: those in (`after`, `until`]."""

    after: str | datetime
    loads: tuple[MartLoad, ...]
    #: Row versions are sent with the ends that loads until this one give them. None: the ends are set afterwards.
    ended_until: datetime | None = None

    @property
    def until(self) -> datetime:
        return self.loads[-1].load_ts

    @property
    def row_versions(self) -> int:
        return sum(load.row_versions for load in self.loads)

    @property
    def whole_load(self) -> bool:
        return len(self.loads) == 1 and self.row_versions > LARGEST_LOOKUP


#: Writes the row versions of a span in PostgreSQL's COPY text format. Returns their number.
Versions = Callable[[Span, IO[bytes]], int]

#: Raises an error if another process may be working on the mart by now.
Check = Callable[[], None]


def spans(loads: Sequence[MartLoad], after: str | datetime = "-infinity") -> Iterator[Span]:
    """Divide loads into spans, in their order. A large load is a span of its own."""
    gathered: list[MartLoad] = []
    for load in loads:
        rows = sum(it.row_versions for it in gathered) + load.row_versions
        full = rows > _LARGEST_SPAN or load.row_versions > LARGEST_LOOKUP or len(gathered) == MOST_AT_ONCE
        if gathered and full:
            yield Span(after, tuple(gathered))
            after, gathered = gathered[-1].load_ts, []
        gathered.append(load)
        if load.row_versions > LARGEST_LOOKUP:
            yield Span(after, tuple(gathered))
            after, gathered = load.load_ts, []
    if gathered:
        yield Span(after, tuple(gathered))


def append(
    session: ClickHouseSession, mart: Mart, span: Span, versions: Versions, before: Contents, still_alone: Check
) -> Contents:
    """Add the loads of a span to the mart. Analysts see all of them at once, or none.

    Returns the new contents of the mart. Raises `MartDamaged` where these are not what was sent; the loads then stay
    invisible.
    """
    still_alone()
    send(session, mart, MartTables(mart).history, span, versions)
    still_alone()
    _end_replaced(session, mart, span)
    return _show(session, mart, span.loads, before, still_alone)


def fill(
    session: ClickHouseSession, mart: Mart, loads: Sequence[MartLoad], versions: Versions, still_alone: Check
) -> None:
    """Add all loads to an empty mart. Analysts see all of them at once, or none.

    If the process dies before the end, the next run finds row versions of unregistered loads, and rebuilds the mart.
    """
    for span in spans(loads):
        still_alone()
        of_all = replace(span, ended_until=loads[-1].load_ts)
        send(session, mart, MartTables(mart).history, of_all, versions)
    _show(session, mart, loads, Contents(), still_alone)


def _show(
    session: ClickHouseSession, mart: Mart, loads: Sequence[MartLoad], before: Contents, still_alone: Check
) -> Contents:
    """Register loads if the mart has exactly the row versions that were sent. Returns the new contents of the mart."""
    after = Contents(
        (*before.loads, *loads), before.retained, contents.begun(session, mart), contents.ended(session, mart)
    )
    if not after.is_whole or after.has_leftovers:
        until = loads[-1].load_ts
        raise MartDamaged(
            f"the history has other row versions than were sent, of loads up to {until:%Y-%m-%d %H:%M:%S.%f} UTC",
            where=MartTables(mart).history,
            expected="no other session that writes to the table",
            remedy="run again: what was not registered is removed first",
        )
    still_alone()
    register(session, MartTables(mart).loads, loads)
    return after


def send(session: ClickHouseSession, mart: Mart, table: str, span: Span, versions: Versions) -> None:
    """Insert the row versions of a span into a table of versions."""

    def write(end: IO[bytes]) -> None:
        sent = versions(span, end)
        if sent != span.row_versions:
            raise VaultDamaged(
                f"the vault gives back {sent} row versions, its loads wrote {span.row_versions}; none is appended",
                where=f"feed '{mart.feed}', loads up to {span.until:%Y-%m-%d %H:%M:%S.%f} UTC",
                expected="a hub, satellite and link row for every row of the log of changes",
                remedy="rows were removed from the vault by hand: restore it, then run again",
            )

    session.send(table, appended_columns(mart), write)


def _end_replaced(session: ClickHouseSession, mart: Mart, span: Span) -> None:
    """Let each load of a span end the earlier open versions of the rows that it touched."""
    history = ident(MartTables(mart).history)
    ends = (
        sql(
            """UPDATE {end} = {load}
    WHERE {end} = {open} AND {start} < {load} AND {key} IN (SELECT {key} FROM {history} WHERE {start} = {load})""",
            start=ident(mart.load_ts),
            end=ident(mart.load_end_ts),
            open=moment(OPEN_END),
            load=at(load.load_ts),
            key=ident(mart.key),
            history=history,
        )
        for load in span.loads
    )
    rewrite(session, history, ends)


def remove_leftovers(session: ClickHouseSession, mart: Mart, there: Contents) -> None:
    """Remove what an interrupted append left behind."""
    if not (there.has_leftovers and there.newest):
        return
    start, end, newest = ident(mart.load_ts), ident(mart.load_end_ts), at(there.newest)
    commands = (
        sql("DELETE WHERE {start} > {newest}", start=start, newest=newest),
        sql(
            "UPDATE {end} = {open} WHERE {end} > {newest} AND {end} < {open}",
            end=end,
            newest=newest,
            open=moment(OPEN_END),
        ),
    )
    rewrite(session, ident(MartTables(mart).history), commands)


def rewrite(session: ClickHouseSession, history: SQL, commands: Iterable[SQL]) -> None:
    """Let ClickHouse rewrite the affected parts on every replica, and wait for it."""
    session.execute(
        sql(
            "ALTER TABLE {history}\n{commands}\nSETTINGS mutations_sync = 2",
            history=history,
            commands=joined(",\n", commands),
        )
    )


def wait_for_others(session: ClickHouseSession, mart: Mart) -> None:
    """Wait until no statement of a dead process or of another user changes the history.

    Raises `LoadInProgress`, which lists such statements, after the grace period.
    """
    until = time.monotonic() + GRACE_PERIOD
    while others := [*_statements(session, mart), *_mutations(session, mart)]:
        if time.monotonic() > until:
            raise LoadInProgress(
                f"{len(others)} statements change {MartTables(mart).history}, which only a load may do",
                where="\n".join(others),
                expected="none of them to last",
                remedy="wait for them, or end them (KILL QUERY, KILL MUTATION), then run again",
            )
        time.sleep(0.2)


def _statements(session: ClickHouseSession, mart: Mart) -> list[str]:
    rows = session.rows_if_allowed(
        sql(
            """SELECT query_id, user, substring(query, 1, 100)
FROM system.processes
WHERE query_id != queryID() AND current_database = currentDatabase() AND match(query, {writes})""",
            writes=literal(WRITES.format(MartTables(mart).history)),
        )
    )
    return [f"query {query_id} of {user}: {' '.join(query.split())}" for query_id, user, query in rows]


def _mutations(session: ClickHouseSession, mart: Mart) -> list[str]:
    rows = session.rows_if_allowed(
        sql(
            """SELECT mutation_id, substring(command, 1, 100), latest_fail_reason
FROM system.mutations
WHERE database = currentDatabase() AND table = {history} AND NOT is_done""",
            history=literal(MartTables(mart).history),
        )
    )
    return [f"mutation {mutation_id}: {command} {reason}".strip() for mutation_id, command, reason in rows]
