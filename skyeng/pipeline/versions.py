"""Every row version of a mart's history, compared with what the vault gives back, load by load.

What is current is compared by content elsewhere. So here all versions are compared by row key and load, and by content
those that a later one follows: of a mart that was loaded once, none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from skyeng.datamart import append
from skyeng.datamart import client as clickhouse
from skyeng.datamart.append import MartLoad, Span
from skyeng.datamart.tables import IS_DELETED, RETAINED_HASH, ROW_HASH, MartTables
from skyeng.fingerprint import Fingerprint, differing
from skyeng.hashing import clickhouse_key_number, key_number
from skyeng.model import Feed, Mart, Model
from skyeng.pipeline.served import DELETED, Served
from skyeng.pipeline.sides import MartSide, PostgresSide
from skyeng.postgres import Session
from skyeng.sql import FENCE, SQL, ident, idents, literal, sql
from skyeng.warehouse import loads
from skyeng.warehouse.history import Moment, prepare_look_ups, prepare_whole_read, row_versions

#: Of a load: its timestamp, how many row versions, and the sum of a number of each.
Checksum = tuple[datetime, int, int]


def closed_loads(session: Session, model: Model, mart: Mart) -> tuple[MartLoad, ...]:
    """The loads that a mart is to hold, in their order."""
    rows = loads.closed_loads(session, model, model.feed(mart.feed))
    return tuple(MartLoad(ts, touched, int(total) % 2**64, active) for ts, touched, total, active in rows)


def read_whole(session: Session, model: Model, span: Span) -> Moment | None:
    """Prepare a span to be read by scanning, where it is one large load."""
    if not span.whole_load:
        return None
    prepare_whole_read(session)
    return Moment.known(session, model, sql("{upto}::timestamptz", upto=literal(span.upto.isoformat())))


@dataclass(frozen=True)
class Versions:
    """The row versions of a mart, as vault and history have them.

    Left out are those that only the mart has: there is nothing to compare them with.
    """

    model: Model
    mart: Mart
    warehouse: Session
    datamart: clickhouse.Session

    def differing(self) -> list[datetime]:
        """Loads whose row versions are not the same in vault and history.

        Without those of which the vault itself lost row versions: it cannot tell any more what is right.
        """
        superseded = self.superseded()
        keys, contents = list(self._vault_keys()), list(self._vault_contents(superseded))
        unequal = differing(_added(keys, contents), _added(self._history_keys(), self._history_contents()))
        lacking = _lacking(closed_loads(self.warehouse, self.model, self.mart), keys) | _lacking(superseded, contents)
        return sorted(set(unequal) - lacking)

    def sides(self, load_ts: datetime) -> tuple[PostgresSide, MartSide]:
        """Both sides of one load."""
        known = closed_loads(self.warehouse, self.model, self.mart)
        load = next((it for it in known if it.load_ts == load_ts), MartLoad(load_ts, 0, 0, 0))
        before = max((it.load_ts for it in known if it.load_ts < load_ts), default="-infinity")
        served, span = Served(self.model, self.mart), Span(before, (load,))
        of_load = sql(
            "{ts} = toDateTime64({text}, 6, 'UTC')",
            ts=ident(self.mart.load_ts),
            text=literal(f"{load_ts.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"),
        )
        return (
            PostgresSide(
                "warehouse",
                self.warehouse,
                self._vault_versions(span),
                [*served.shown, DELETED],
                parameters={"after": span.after, "upto": span.upto},
            ),
            MartSide(
                MartTables(self.mart).history, self.datamart, self._history_versions(of_load), served, versions=True
            ),
        )

    @property
    def _feed(self) -> Feed:
        return self.model.feed(self.mart.feed)

    def _vault_versions(self, span: Span, changes: SQL | None = None) -> SQL:
        """The vault's row versions of a span, with `row_key`, `load_ts` and `row_hash`, the hash of their content."""
        served, feed = Served(self.model, self.mart), self._feed
        whole = read_whole(self.warehouse, self.model, span)
        if whole is None:
            prepare_look_ups(self.warehouse)
        versions = row_versions(self.model, feed, whole, served.digests, changes)
        names = idents(["row_key", "load_ts", IS_DELETED, *(column.name for column in self.model.feed_columns(feed))])
        return sql(
            """SELECT {names}, {hash} AS row_hash
FROM (
    SELECT *, (row_hash IS NULL)::integer AS {is_deleted}
    FROM (
        {versions}
    ) AS versions
) AS flagged""",
            names=names,
            hash=served.vault_version_hash,
            is_deleted=ident(IS_DELETED),
            versions=versions,
        )

    def _vault_keys(self) -> Iterator[Checksum]:
        statement = sql(
            "SELECT load_ts, count(*), sum({key}) FROM control.{changes} GROUP BY load_ts",
            key=key_number(sql("row_key")),
            changes=ident(self._feed.changes_table),
        )
        for load_ts, count, total in self.warehouse.rows(statement):
            yield load_ts.astimezone(UTC), count, int(total)

    def superseded(self) -> list[MartLoad]:
        """How many row versions of each load a later one follows, by the log of changes."""
        statement = sql(
            """SELECT load_ts, count(*)
FROM control.{changes} AS changes
WHERE {superseded}
GROUP BY load_ts
ORDER BY load_ts""",
            changes=ident(self._feed.changes_table),
            superseded=_is_superseded(self._feed, "changes"),
        )
        return [MartLoad(load_ts, count, 0, 0) for load_ts, count in self.warehouse.rows(statement)]

    def _vault_contents(self, superseded: Sequence[MartLoad]) -> Iterator[Checksum]:
        for span in append.spans(superseded):
            # Fenced: each row version is hashed first, and 16 bytes of it are grouped.
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
                versions=self._vault_versions(span, _superseded_changes(self._feed)),
                fence=FENCE,
            )
            for load_ts, count, total in self.warehouse.rows(statement, {"after": span.after, "upto": span.upto}):
                yield load_ts.astimezone(UTC), count, int(total)

    def _history_versions(self, selected: SQL) -> SQL:
        """The selected row versions of the history that the vault should have, an append that was repeated once."""
        columns = [self.mart.key, self.mart.load_ts, IS_DELETED, *(column.name for column in self.mart.columns)]
        return sql(
            "(SELECT {columns} FROM {history} FINAL WHERE {hash} != {retained} AND {selected})",
            columns=idents(columns),
            history=ident(MartTables(self.mart).history),
            hash=ident(ROW_HASH),
            retained=literal(RETAINED_HASH),
            selected=selected,
        )

    def _history_keys(self) -> Iterator[Checksum]:
        statement = sql(
            "SELECT {ts}, count(), sum({key}) FROM {versions} GROUP BY {ts}",
            ts=ident(self.mart.load_ts),
            key=clickhouse_key_number(ident(self.mart.key)),
            versions=self._history_versions(sql("true")),
        )
        for load_ts, count, total in self.datamart.rows(statement):
            yield load_ts.replace(tzinfo=UTC), count, int(total)

    def _history_contents(self) -> Iterator[Checksum]:
        # Without names of our own, which may be those of a mart's columns.
        of_several = sql(
            "FROM {history} WHERE {hash} != {retained} GROUP BY {key} HAVING min({ts}) < max({ts})",
            history=ident(MartTables(self.mart).history),
            hash=ident(ROW_HASH),
            retained=literal(RETAINED_HASH),
            key=ident(self.mart.key),
            ts=ident(self.mart.load_ts),
        )
        superseded = sql(
            "{key} IN (SELECT {key} {of_several}) AND ({key}, {ts}) NOT IN (SELECT {key}, max({ts}) {of_several})",
            key=ident(self.mart.key),
            ts=ident(self.mart.load_ts),
            of_several=of_several,
        )
        statement = sql(
            "SELECT {ts}, count(), sum(row_hash) FROM (\n{versions}\n) GROUP BY {ts}",
            ts=ident(self.mart.load_ts),
            versions=Served(self.model, self.mart).mart_rows(self._history_versions(superseded), versions=True),
        )
        for load_ts, count, total in self.datamart.rows(statement):
            yield load_ts.replace(tzinfo=UTC), count, int(total)


def _superseded_changes(feed: Feed) -> SQL:
    # Fenced: few rows are left of many, which nothing shall be looked up for before.
    return sql(
        """(
    SELECT *
    FROM control.{changes} AS logged
    WHERE load_ts > %(after)s AND load_ts <= %(upto)s AND {superseded}
    {fence}
)""",
        changes=ident(feed.changes_table),
        superseded=_is_superseded(feed, "logged"),
        fence=FENCE,
    )


def _is_superseded(feed: Feed, version: str) -> SQL:
    """Condition that a later load changed the row of a version in the log of changes."""
    return sql(
        """EXISTS (
    SELECT FROM control.{changes} AS later
    WHERE later.row_key = {version}.row_key AND later.load_ts > {version}.load_ts
)""",
        changes=ident(feed.changes_table),
        version=ident(version),
    )


def _lacking(expected: Iterable[MartLoad], found: Iterable[Checksum]) -> set[datetime]:
    """Loads of which fewer row versions were found than there should be."""
    counts = {load_ts: count for load_ts, count, _ in found}
    return {it.load_ts for it in expected if counts.get(it.load_ts.astimezone(UTC), 0) < it.row_versions}


def _added(*parts: Iterable[Checksum]) -> dict[datetime, Fingerprint]:
    """One fingerprint a load: how many, and the sum modulo 2^64, of all parts together."""
    fingerprints: dict[datetime, Fingerprint] = {}
    for load_ts, count, total in chain.from_iterable(parts):
        counted, summed = fingerprints.get(load_ts, (0, 0))
        fingerprints[load_ts] = counted + count, (summed + total) % 2**64
    return fingerprints
