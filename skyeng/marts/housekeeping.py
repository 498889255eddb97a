"""Housekeeping of a mart's history: ended row versions get a partition of their own, which current reads skip.

A version gets its partition when it is written (`tables.IS_PAST`). A version that ends later stays in the partition of
the current ones. When there are too many of these, the history is written again into a shadow table, which is swapped
in. Housekeeping may stop at any point, because a reader of either table sees the same rows.
"""

from __future__ import annotations

from skyeng.db.clickhouse import ClickHouseSession
from skyeng.errors import MartDamaged
from skyeng.marts.append import Check
from skyeng.marts.contents import Contents
from skyeng.marts.tables import IS_PAST, OPEN_END, ROW_HASH, SHADOW, MartTables, appended_columns, moment
from skyeng.model import Mart
from skyeng.sql import ident, idents, literal, sql

#: The history is rewritten once ended versions among the current ones reach this fraction of the active rows.
MOST_ENDED = 0.25
#: It is not rewritten for fewer ended versions: so few rows are read at once anyway.
LEAST_ENDED = 8192


def is_due(held: Contents) -> bool:
    """Whether too many ended versions are in the partition of the current ones."""
    return held.ended_among_current >= max(LEAST_ENDED, MOST_ENDED * held.loads[-1].rows_active)


def set_past_apart(session: ClickHouseSession, mart: Mart, still_alone: Check) -> None:
    """Write the history again, each version in its partition. All ended versions must have ended at registered loads.

    Raises `MartDamaged` where the new table has other row versions than the history; the history stays in use then.
    """
    history, shadow = MartTables(mart).history, MartTables(mart, SHADOW).history
    both = {"history": ident(history), "shadow": ident(shadow)}
    session.drop(shadow)
    # This also copies an administrator's codecs, indexes and replication.
    session.execute(sql("CREATE TABLE {shadow} AS {history}", **both))
    for partition in _past_partitions(session, history):
        # The partition is not copied: both tables share its files.
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
            expected="no other session that writes to the table",
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
    """Count all versions and those that have not ended, and sum hashes of their keys and validity."""
    return session.rows(
        sql(
            "SELECT count(), countIf({end} = {open}), sum(cityHash64({told})) FROM {history}",
            end=ident(mart.load_end_ts),
            open=moment(OPEN_END),
            told=idents([mart.key, mart.load_ts, mart.load_end_ts, ROW_HASH]),
            history=ident(history),
        )
    )
