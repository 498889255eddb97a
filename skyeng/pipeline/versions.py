"""Every row version of a mart's history, compared by content with what the vault gives back, load by load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from skyeng.datamart import append
from skyeng.datamart import client as clickhouse
from skyeng.datamart.append import MartLoad, Span
from skyeng.datamart.tables import IS_DELETED, RETAINED_HASH, ROW_HASH, MartTables
from skyeng.fingerprint import Fingerprint, differing
from skyeng.model import Mart, Model
from skyeng.pipeline.served import DELETED, Served
from skyeng.pipeline.sides import MartSide, PostgresSide
from skyeng.postgres import Session
from skyeng.sql import FENCE, SQL, ident, idents, literal, sql
from skyeng.warehouse import loads
from skyeng.warehouse.history import Moment, prepare_whole_read, row_versions


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
        known = closed_loads(self.warehouse, self.model, self.mart)
        vault = {load_ts: it for span in append.spans(known) for load_ts, it in self._vault_checksums(span)}
        whole = {it.load_ts: vault.get(it.load_ts, (0, 0))[0] == it.row_versions for it in known}
        unequal = differing(vault, dict(self._history_checksums()))
        return sorted(load_ts for load_ts in unequal if whole.get(load_ts, True))

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

    def _vault_versions(self, span: Span) -> SQL:
        """The vault's row versions of a span, with `row_key`, `load_ts` and `row_hash`, the hash of their content."""
        served, feed = Served(self.model, self.mart), self.model.feed(self.mart.feed)
        versions = row_versions(self.model, feed, read_whole(self.warehouse, self.model, span), served.digests)
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

    def _vault_checksums(self, span: Span) -> Iterator[tuple[datetime, Fingerprint]]:
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
            versions=self._vault_versions(span),
            fence=FENCE,
        )
        for load_ts, count, total in self.warehouse.rows(statement, {"after": span.after, "upto": span.upto}):
            yield load_ts.astimezone(UTC), (count, int(total) % 2**64)

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

    def _history_checksums(self) -> Iterator[tuple[datetime, Fingerprint]]:
        served = Served(self.model, self.mart)
        statement = sql(
            "SELECT {ts}, count(), sum(row_hash) FROM (\n{versions}\n) GROUP BY {ts}",
            ts=ident(self.mart.load_ts),
            versions=served.mart_rows(self._history_versions(sql("true")), versions=True),
        )
        for load_ts, count, total in self.datamart.rows(statement):
            yield load_ts.replace(tzinfo=UTC), (count, int(total) % 2**64)
