"""Appending row versions to a mart: a change set as one block, a whole mart in shadow tables that are swapped in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import IO, Any

from skyeng.datamart.catalog import Found
from skyeng.datamart.client import Session
from skyeng.datamart.definitions import MaterializedView, Table, View
from skyeng.datamart.kept import Retained, carry
from skyeng.datamart.objects import Difference
from skyeng.datamart.tables import (
    RETAINED_HASH,
    ROW_HASH,
    SHADOW,
    MartTables,
    appended_columns,
    objects,
)
from skyeng.errors import VaultDamaged
from skyeng.fingerprint import Fingerprint
from skyeng.model import Mart, Model
from skyeng.pipe import Write
from skyeng.sql import ident, idents, literal, sql

#: A change set up to this many row versions goes in as one block, hence becomes visible whole.
LARGEST_BLOCK = 1_000_000

#: A load that touched more rows is read from the vault by scanning, not row by row.
LARGEST_LOOK_UP = 100_000

#: A repeated insert must reach the tables: that of rows whose way into `current` was cut short would
#: be taken for done. It collapses in the tables anyway. And a change set is no queue's to cut up.
_EVERY_INSERT = {"deduplicate_insert": "disable", "async_insert": 0}

_ONE_BLOCK = {
    "max_insert_block_size": 10 * LARGEST_BLOCK,
    "min_insert_block_size_rows": 10 * LARGEST_BLOCK,
    "min_insert_block_size_bytes": 0,
}

#: Shadow tables hold each version once already: nothing to collapse while they are written.
_INTO_SHADOW = {"optimize_on_insert": 0}


@dataclass(frozen=True)
class MartLoad:
    """What one load of the warehouse means for a mart."""

    load_ts: datetime
    row_versions: int
    hash_sum: int
    rows_active: int

    @property
    def fingerprint(self) -> Fingerprint:
        return self.row_versions, self.hash_sum


@dataclass(frozen=True)
class Span:
    """Consecutive loads that are sent in one go: those in (`after`, `upto`]."""

    after: str | datetime
    loads: tuple[MartLoad, ...]

    @property
    def upto(self) -> datetime:
        return self.loads[-1].load_ts

    @property
    def row_versions(self) -> int:
        return sum(load.row_versions for load in self.loads)

    @property
    def whole_load(self) -> bool:
        return len(self.loads) == 1 and self.row_versions > LARGEST_LOOK_UP


#: Writes the row versions of a span, in PostgreSQL's COPY text format; how many they were.
Versions = Callable[[Span, IO[bytes]], int]


def spans(loads: Sequence[MartLoad], after: str | datetime = "-infinity") -> Iterator[Span]:
    """Cut loads, in their order, into spans of at most one block; a large load stands alone."""
    gathered: list[MartLoad] = []
    for load in loads:
        rows = sum(it.row_versions for it in gathered) + load.row_versions
        if gathered and (rows > LARGEST_BLOCK or load.row_versions > LARGEST_LOOK_UP):
            yield Span(after, tuple(gathered))
            after, gathered = gathered[-1].load_ts, []
        gathered.append(load)
        if load.row_versions > LARGEST_LOOK_UP:
            yield Span(after, tuple(gathered))
            after, gathered = load.load_ts, []
    if gathered:
        yield Span(after, tuple(gathered))


def held_loads(session: Session, mart: Mart) -> list[MartLoad]:
    """Loads that the mart holds, by its own register, in their order."""
    return _registered(session, MartTables(mart).loads)


def retained_loads(session: Session, mart: Mart) -> list[MartLoad]:
    """Loads of which only the mart has row versions, by its own register."""
    return _registered(session, MartTables(mart).kept)


def _retained_in_history(session: Session, mart: Mart, history: str) -> list[MartLoad]:
    """Loads of which a history has row versions that were retained, and how many of these."""
    rows = session.rows(
        sql(
            "SELECT {ts}, count() FROM {history} WHERE {hash} = {retained} GROUP BY {ts} ORDER BY {ts}",
            ts=ident(mart.load_ts),
            hash=ident(ROW_HASH),
            history=ident(history),
            retained=literal(RETAINED_HASH),
        )
    )
    return [MartLoad(load_ts.replace(tzinfo=UTC), versions, 0, 0) for load_ts, versions in rows]


def _registered(session: Session, register: str) -> list[MartLoad]:
    rows = session.rows(
        sql(
            "SELECT load_ts, row_versions, hash_sum, rows_active FROM {register} FINAL ORDER BY load_ts",
            register=ident(register),
        )
    )
    return [MartLoad(load_ts.replace(tzinfo=UTC), *rest) for load_ts, *rest in rows]


def registered_versions(session: Session, register: str) -> dict[datetime, int]:
    """How many row versions each load has by a register, whatever engine it has today."""
    rows = session.rows(
        sql("SELECT load_ts, max(row_versions) FROM {register} GROUP BY load_ts", register=ident(register))
    )
    return {load_ts.replace(tzinfo=UTC): versions for load_ts, versions in rows}


def is_whole(session: Session, mart: Mart, held: Sequence[MartLoad]) -> bool:
    """Whether the tables hold at least the rows that the registers claim, load by load, and no other load's.

    It reads one narrow column of each (0.03 s for three million row versions), and sees a table that
    was lost, emptied, or restored from a backup older than the register. Load by load, because rows
    that a retry sent twice count twice until they are merged, and would stand in for lost ones.
    Later loads than the last one held may be there: an append that ended early left them.
    """
    found = versions_by_load(session, MartTables(mart).history, mart.load_ts)
    rows, newest = current_rows(session, mart)
    registered: Counter[datetime] = Counter()
    for load in (*held, *retained_loads(session, mart)):
        registered[load.load_ts] += load.row_versions
    if any(found.get(load_ts, 0) < versions for load_ts, versions in registered.items()):
        return False
    last = held[-1] if held else None
    if any(load_ts not in registered and not (last and load_ts > last.load_ts) for load_ts in found):
        return False
    return last is None or (rows >= last.rows_active and newest >= last.load_ts)


def versions_by_load(session: Session, history: str, load_ts: str) -> dict[datetime, int]:
    """How many row versions a history holds of each load."""
    rows = session.rows(
        sql("SELECT {ts}, count() FROM {history} GROUP BY {ts}", ts=ident(load_ts), history=ident(history))
    )
    return {ts.replace(tzinfo=UTC): count for ts, count in rows}


def current_rows(session: Session, mart: Mart) -> tuple[int, datetime]:
    """How many rows are kept as the latest versions, and the load of the newest of them."""
    current = ident(MartTables(mart).current)
    ((rows, newest),) = session.rows(
        sql("SELECT count(), max({ts}) FROM {current}", ts=ident(mart.load_ts), current=current)
    )
    return rows, newest.replace(tzinfo=UTC)


def append(session: Session, mart: Mart, span: Span, versions: Versions) -> None:
    """Add the row versions of a span; analysts see all of them at once, or none.

    Safe to repeat: the same versions again collapse with themselves.
    """
    tables = MartTables(mart)
    _send(session.send, mart, tables.history, span, versions, _ONE_BLOCK)
    register(session, tables.loads, span.loads)


def rebuild(
    session: Session,
    model: Model,
    mart: Mart,
    loads: Sequence[MartLoad],
    versions: Versions,
    retained: Retained | None,
    found: Found,
) -> None:
    """Build the mart from all loads in shadow tables, and swap them in; every table is as declared then.

    What only the mart has goes along. The register goes last: should we die between two swaps, the
    next run sees that loads are missing, unknown or rows too few, or that tables are of another
    declaration, and rebuilds.
    """
    live, shadow = MartTables(mart), MartTables(mart, SHADOW)
    tables = [it for it in objects(model, mart) if isinstance(it, Table)]
    for table in tables:
        session.execute(sql("DROP TABLE IF EXISTS {name} SYNC", name=ident(table.name + SHADOW)))
        session.execute(replace(table, name=table.name + SHADOW).create)
    for span in spans(loads):
        _send(session.stream, mart, shadow.history, span, versions, _INTO_SHADOW)
        register(session, shadow.loads, span.loads)
    if retained:
        for span in retained.spans:
            carry(session, mart, tables[0], retained.history, span)
        register(session, shadow.kept, _retained_in_history(session, mart, shadow.history))
    session.execute(
        sql(
            "INSERT INTO {current} ({columns}) SELECT {columns} FROM {history} SETTINGS optimize_on_insert = 0",
            current=ident(shadow.current),
            history=ident(shadow.history),
            columns=idents(appended_columns(mart)),
        )
    )
    for name in (live.current, live.history, live.kept, live.loads):
        _swap_in(session, name, found)
    for name in (shadow.current, shadow.history, shadow.kept, shadow.loads):
        session.execute(sql("DROP TABLE IF EXISTS {name} SYNC", name=ident(name)))


def _swap_in(session: Session, name: str, found: Found) -> None:
    """Put a shadow table in the place of the one in use, or where none is."""
    shadow, live = ident(name + SHADOW), ident(name)
    if name in found.detached:
        session.execute(sql("ATTACH TABLE {live}", live=live))
    if name in found.objects or name in found.detached:
        session.execute(sql("EXCHANGE TABLES {shadow} AND {live}", shadow=shadow, live=live))
    else:
        session.execute(sql("RENAME TABLE {shadow} TO {live}", shadow=shadow, live=live))


def make_views(session: Session, different: Sequence[Difference], found: Found) -> None:
    """Make the views that are missing or not as declared; a materialised one only with the tables it writes to."""
    for it in {difference.object.name: difference.object for difference in different}.values():
        if isinstance(it, View | MaterializedView):
            _make_view(session, it, found)


def _make_view(session: Session, view: View | MaterializedView, found: Found) -> None:
    if view.name in found.detached:
        session.execute(sql("ATTACH TABLE {name}", name=ident(view.name)))
    if isinstance(view, MaterializedView):
        session.execute(sql("DROP VIEW IF EXISTS {name} SYNC", name=ident(view.name)))
    session.execute(view.create)


def _send(
    send: Callable[[str, Iterable[str], Write, Mapping[str, Any]], None],
    mart: Mart,
    table: str,
    span: Span,
    versions: Versions,
    settings: Mapping[str, Any],
) -> None:
    def write(end: IO[bytes]) -> None:
        sent = versions(span, end)
        if sent != span.row_versions:
            raise VaultDamaged(
                f"the vault gives back {sent} row versions, its loads wrote {span.row_versions}; none is appended",
                where=f"feed '{mart.feed}', loads up to {span.upto:%Y-%m-%d %H:%M:%S.%f} UTC",
                expected="a hub, satellite and link row for every row of the log of changes",
                remedy="rows were removed from the vault by hand: restore it, then run again",
            )

    send(table, appended_columns(mart), write, {**_EVERY_INSERT, **settings})


def register(session: Session, table: str, loads: Sequence[MartLoad]) -> None:
    """Note which loads a mart holds, in its register."""
    lines = (
        f"{load.load_ts:%Y-%m-%d %H:%M:%S.%f}\t{load.row_versions}\t{load.hash_sum}\t{load.rows_active}\n"
        for load in loads
    )
    columns = ("load_ts", "row_versions", "hash_sum", "rows_active")
    session.insert(table, columns, ["".join(lines).encode()], _EVERY_INSERT)
