"""Comparison of every row version of a mart's history with the vault, load by load.

Current rows are compared by content elsewhere. Here all versions are compared by row key and load. Versions that are
no longer valid are also compared by content and validity. A mart that was loaded once has none of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain

from skyeng.control import loads
from skyeng.db import clickhouse
from skyeng.db.postgres import Parameters, Session
from skyeng.hashing.checksums import Checksum, differing
from skyeng.hashing.hash_keys import clickhouse_key_number, key_number
from skyeng.marts import append, contents
from skyeng.marts.append import Span
from skyeng.marts.contents import MartLoad
from skyeng.marts.tables import (
    OPEN_END,
    RETAINED_HASH,
    ROW_HASH,
    MartTables,
    appended_columns,
    at,
    is_deletion,
    moment,
    next_load,
)
from skyeng.model import Feed, Mart, Model
from skyeng.proof.endpoints import MartEndpoint, PostgresEndpoint
from skyeng.proof.exported_rows import ROW_DELETED, ROW_END_TS, VALIDITY, ExportedRow
from skyeng.sql import FENCE, SQL, ident, idents, joined, literal, sql
from skyeng.vault import change_log
from skyeng.vault.readback import AsOf, prepare_lookups, prepare_whole_read, row_versions

#: Timestamp of a load, number of its row versions, and the sum of a number computed from each version.
LoadChecksum = tuple[datetime, int, int]


def closed_loads(session: Session, model: Model, mart: Mart) -> tuple[MartLoad, ...]:
    """The closed loads that a mart should have, in ascending order."""
    rows = loads.closed_loads(session, model, model.feed(mart.feed))
    return tuple(MartLoad(ts, touched, int(total) % 2**64, active) for ts, touched, total, active in rows)


def read_whole(session: Session, model: Model, span: Span) -> AsOf | None:
    """Prepare the session to read a span by scanning, if it is one large load; None if it is not."""
    if not span.whole_load:
        return None
    prepare_whole_read(session)
    return AsOf.known(session, model, sql("{until}::timestamptz", until=literal(span.until.isoformat())))


@dataclass(frozen=True)
class Versions:
    """The row versions of a mart, in the vault and in the history.

    Versions that only the mart has are left out: there is nothing to compare them with.
    """

    model: Model
    mart: Mart
    warehouse: Session
    datamart: clickhouse.ClickHouseSession

    def differing(self) -> list[datetime]:
        """Loads whose row versions differ between vault and history.

        Loads of which the vault itself lost row versions are left out: it no longer shows what is right.
        """
        past = self.past()
        keys, found = list(self._vault_keys()), list(self._vault_contents(past))
        unequal = differing(_added(keys, found), _added(self._history_keys(), self._history_contents()))
        lacking = _lacking(self._closed, keys) | _lacking(past, found)
        return sorted(set(unequal) - lacking)

    def endpoints(self, load_ts: datetime) -> tuple[PostgresEndpoint, MartEndpoint]:
        """The endpoints of vault and history for the row versions of one load."""
        load = next((it for it in self._closed if it.load_ts == load_ts), MartLoad(load_ts, 0, 0, 0))
        before = max((it.load_ts for it in self._closed if it.load_ts < load_ts), default="-infinity")
        served, span = ExportedRow(self.model, self.mart), Span(before, (load,))
        of_load = sql("{ts} = {load}", ts=ident(self.mart.load_ts), load=at(load_ts.astimezone(UTC)))
        return (
            PostgresEndpoint(
                "warehouse",
                self.warehouse,
                self._vault_versions(span, change_log.with_ends(self._feed)),
                [*served.shown, *VALIDITY],
                parameters=_bound(span),
            ),
            MartEndpoint(
                MartTables(self.mart).history, self.datamart, self._history_versions(of_load), served, versions=True
            ),
        )

    @property
    def _feed(self) -> Feed:
        return self.model.feed(self.mart.feed)

    @cached_property
    def _closed(self) -> tuple[MartLoad, ...]:
        return closed_loads(self.warehouse, self.model, self.mart)

    def _vault_versions(self, span: Span, changes: SQL) -> SQL:
        """Query of the vault's row versions of a span, with `row_key`, `load_ts`, validity and `row_hash`."""
        served, feed = ExportedRow(self.model, self.mart), self._feed
        whole = read_whole(self.warehouse, self.model, span)
        if whole is None:
            prepare_lookups(self.warehouse)
        versions = row_versions(self.model, feed, whole, served.digests, changes)
        validity = idents(it.name for it in VALIDITY)
        columns = [column.name for column in self.model.feed_columns(feed)]
        digests = [name for named in served.digests.values() for name in named]
        return sql(
            """SELECT row_key, load_ts, {validity}, {columns}, {hash} AS row_hash
FROM (
    SELECT row_key, load_ts, (row_hash IS NULL)::integer AS {row_deleted},
        CASE WHEN row_hash IS NOT NULL THEN row_end_ts END AS {row_end_ts}, {hashed}
    FROM (
        {versions}
    ) AS versions
) AS flagged""",
            validity=validity,
            columns=idents(columns),
            hashed=idents([*digests, *columns]),
            hash=served.vault_version_hash,
            row_deleted=ident(ROW_DELETED),
            row_end_ts=ident(ROW_END_TS),
            versions=versions,
        )

    def _vault_keys(self) -> Iterator[LoadChecksum]:
        statement = sql(
            "SELECT load_ts, count(*), sum({key}) FROM control.{changes} GROUP BY load_ts",
            key=key_number(sql("row_key")),
            changes=ident(self._feed.changes_table),
        )
        for load_ts, count, total in self.warehouse.rows(statement):
            yield load_ts.astimezone(UTC), count, int(total)

    def past(self) -> list[MartLoad]:
        """Number of row versions of each load that are no longer valid, by the log of changes."""
        statement = sql(
            "SELECT load_ts, count(*) FROM {past} AS past GROUP BY load_ts ORDER BY load_ts",
            past=change_log.past(self.model, self._feed),
        )
        bound = {"after": "-infinity", "upto": "infinity", "ended_upto": "infinity"}
        return [MartLoad(load_ts, count, 0, 0) for load_ts, count in self.warehouse.rows(statement, bound)]

    def _vault_contents(self, past: Sequence[MartLoad]) -> Iterator[LoadChecksum]:
        for span in append.spans(past):
            # The fence lets each row version be hashed first: 16 bytes of it are grouped.
            statement = sql(
                """SELECT load_ts, count(*), sum(row_hash)
FROM (
    SELECT load_ts, row_hash
    FROM (
        {versions}
    ) AS hashed
    {fence}
) AS narrow
GROUP BY load_ts""",
                versions=self._vault_versions(span, change_log.past(self.model, self._feed)),
                fence=FENCE,
            )
            for load_ts, count, total in self.warehouse.rows(statement, _bound(span)):
                yield load_ts.astimezone(UTC), count, int(total)

    def _history_versions(self, selected: SQL) -> SQL:
        """Query of selected row versions of the history that the vault should have, with the vault's validity.

        If only the mart has some versions of a row, each other version is valid until the next one that the vault
        should have.
        """
        versions = self._with_validity(ident(MartTables(self.mart).history))
        if contents.registered(self.datamart, self.mart).retained:
            touched = sql(
                "{key} IN (SELECT {key} FROM {history} WHERE {hash} = {retained})",
                key=ident(self.mart.key),
                history=ident(MartTables(self.mart).history),
                hash=ident(ROW_HASH),
                retained=literal(RETAINED_HASH),
            )
            versions = sql(
                "{versions} AND NOT {touched}\n    UNION ALL\n    {of_touched}",
                versions=versions,
                touched=touched,
                of_touched=self._with_validity(self._without_retained(touched)),
            )
        return sql("(SELECT * FROM (\n    {versions}\n) WHERE {selected})", versions=versions, selected=selected)

    def _with_validity(self, relation: SQL) -> SQL:
        return sql(
            """SELECT {key}, {start}, {is_deletion} AS {row_deleted},
        if({is_deletion} OR {end} = {open}, NULL, {end}) AS {row_end_ts}, {columns}
    FROM {relation}
    WHERE {hash} != {retained}""",
            key=ident(self.mart.key),
            start=ident(self.mart.load_ts),
            end=ident(self.mart.load_end_ts),
            open=moment(OPEN_END),
            is_deletion=is_deletion(self.mart),
            row_deleted=ident(ROW_DELETED),
            row_end_ts=ident(ROW_END_TS),
            columns=idents(column.name for column in self.mart.columns),
            relation=relation,
            hash=ident(ROW_HASH),
            retained=literal(RETAINED_HASH),
        )

    def _without_retained(self, touched: SQL) -> SQL:
        """Row versions of the touched rows that the vault should have. Each ends at the next one of them."""
        columns = appended_columns(self.mart)
        return sql(
            """(
        SELECT {values}
        FROM {history}
        WHERE {hash} != {retained} AND {touched}
    )""",
            values=joined(
                ", ",
                (
                    sql("{end} AS {name}", end=next_load(self.mart), name=ident(it))
                    if it == self.mart.load_end_ts
                    else ident(it)
                    for it in columns
                ),
            ),
            history=ident(MartTables(self.mart).history),
            hash=ident(ROW_HASH),
            retained=literal(RETAINED_HASH),
            touched=touched,
        )

    def _history_keys(self) -> Iterator[LoadChecksum]:
        statement = sql(
            "SELECT {ts}, count(), sum({key}) FROM {versions} GROUP BY {ts}",
            ts=ident(self.mart.load_ts),
            key=clickhouse_key_number(ident(self.mart.key)),
            versions=self._history_versions(sql("true")),
        )
        for load_ts, count, total in self.datamart.rows(statement):
            yield load_ts.replace(tzinfo=UTC), count, int(total)

    def _history_contents(self) -> Iterator[LoadChecksum]:
        past = sql("{deleted} OR {end} IS NOT NULL", deleted=ident(ROW_DELETED), end=ident(ROW_END_TS))
        statement = sql(
            "SELECT {ts}, count(), sum(row_hash) FROM (\n{versions}\n) GROUP BY {ts}",
            ts=ident(self.mart.load_ts),
            versions=ExportedRow(self.model, self.mart).mart_rows(self._history_versions(past), versions=True),
        )
        for load_ts, count, total in self.datamart.rows(statement):
            yield load_ts.replace(tzinfo=UTC), count, int(total)


def _bound(span: Span) -> Parameters:
    """Parameters of a span. Ends of versions are as of now: all closed loads count."""
    return {"after": span.after, "upto": span.until, "ended_upto": "infinity"}


def _lacking(expected: Iterable[MartLoad], found: Iterable[LoadChecksum]) -> set[datetime]:
    """Loads that have fewer row versions than expected."""
    counts = {load_ts: count for load_ts, count, _ in found}
    return {it.load_ts for it in expected if counts.get(it.load_ts.astimezone(UTC), 0) < it.row_versions}


def _added(*parts: Iterable[LoadChecksum]) -> dict[datetime, Checksum]:
    """One checksum for each load: number and sum (modulo 2^64) of row versions in all parts together."""
    checksums: dict[datetime, Checksum] = {}
    for load_ts, count, total in chain.from_iterable(parts):
        counted, summed = checksums.get(load_ts, (0, 0))
        checksums[load_ts] = counted + count, (summed + total) % 2**64
    return checksums
