"""Housekeeping of a mart's history: row versions that have ended are set apart, so that current reads skip them.

A version goes where it belongs as it is written (`tables.IS_PAST`). What ends later stays among the current ones, until
there is so much of it that the history is written again: in a shadow table that is swapped in. So it may end early at
any place, and a reader of either table sees the same.
"""

from __future__ import annotations

from skyeng.db.clickhouse import ClickHouseSession
from skyeng.errors import MartDamaged
from skyeng.marts.append import Check
from skyeng.marts.contents import Contents
from skyeng.marts.tables import IS_PAST, OPEN_END, ROW_HASH, SHADOW, MartTables, appended_columns, moment
from skyeng.model import Mart
from skyeng.sql import ident, idents, literal, sql

#: Ended versions among the current ones, as a part of these, from which on they are set apart.
MOST_ENDED = 0.25
#: So few rows are read at once anyway.
LEAST_ENDED = 8192


def is_due(held: Contents) -> bool:
    """Whether too much of what ended is among what is current."""
    return held.ended_among_current >= max(LEAST_ENDED, MOST_ENDED * held.loads[-1].rows_active)


def set_past_apart(session: ClickHouseSession, mart: Mart, still_alone: Check) -> None:
    """Write the history again, each version where it belongs. All that ended ended at registered loads."""
    history, shadow = MartTables(mart).history, MartTables(mart, SHADOW).history
    both = {"history": ident(history), "shadow": ident(shadow)}
    session.drop(shadow)
    # An administrator's codecs, indexes and replication go along.
    session.execute(sql("CREATE TABLE {shadow} AS {history}", **both))
    for partition in _past_partitions(session, history):
        # Shares the files.
        session.execute(
            sql("ALTER TABLE {shadow} ATTACH PARTITION ID {id} FROM {history}", id=literal(partition), **both)
        )
    session.execute(
        sql(
            "INSERT INTO {shadow} ({columns}) SELECT {columns} FROM {history} WHERE {past} = 0",
            columns=idents(appended_columns(mart)),
            past=ident(IS_PAST),
            **both,
        )
    )
    if _summary(session, mart, shadow) != _summary(session, mart, history):
        raise MartDamaged(
            "the history was written again with other row versions than it had; the one in use stays",
            where=history,
            expected="nobody else who writes to the table",
            remedy="run again",
        )
    still_alone()
    session.execute(sql("EXCHANGE TABLES {shadow} AND {history}", **both))
    session.drop(shadow)


def _past_partitions(session: ClickHouseSession, history: str) -> list[str]:
    rows = session.rows(
        sql(
            "SELECT DISTINCT _partition_id FROM {history} WHERE {past} = 1", history=ident(history), past=ident(IS_PAST)
        )
    )
    return [partition for (partition,) in rows]


def _summary(session: ClickHouseSession, mart: Mart, history: str) -> list[tuple[int, int, int]]:
    """How many versions, how many that have not ended, and a sum over their keys and validity."""
    return session.rows(
        sql(
            "SELECT count(), countIf({end} = {open}), sum(cityHash64({told})) FROM {history}",
            end=ident(mart.load_end_ts),
            open=moment(OPEN_END),
            told=idents([mart.key, mart.load_ts, mart.load_end_ts, ROW_HASH]),
            history=ident(history),
        )
    )
