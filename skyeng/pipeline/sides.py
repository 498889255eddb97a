"""The sides of an exact comparison: source, vault and mart, asked the same three questions.

Which fingerprints by bucket? Which row hashes in these buckets? What do these rows say? Source
and vault are compared by PostgreSQL's row hash, vault and mart by the hash of the canonical
text, which both engines compute from what they really hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from skyeng.datamart import client as clickhouse
from skyeng.datamart.tables import MartTables, types
from skyeng.fingerprint import (
    Fingerprint,
    Method,
    Selection,
    as_fingerprints,
    clickhouse_fingerprints,
    clickhouse_selection,
    fingerprints,
    row_hash,
)
from skyeng.hashing import Value, clickhouse_text_hash, digest, values
from skyeng.model import Feed, Mart, Model
from skyeng.model.types import parse_type
from skyeng.postgres import Session
from skyeng.source import feed as source_feed
from skyeng.sql import SQL, ident, joined, literal, sql
from skyeng.warehouse.history import last_closed_load, rows_as_of

#: Rows by row key, as canonical texts of their values; a key has several rows where it is doubled.
Texts = dict[str, list[tuple[str | None, ...]]]


class Side(Protocol):
    """One holder of a feed's rows."""

    @property
    def name(self) -> str: ...
    def fingerprints(self, buckets: int) -> dict[int, Fingerprint]: ...
    def hashes(self, selection: Selection) -> dict[str, tuple[int, int]]:
        """Row key to (row hash, how many rows have this key)."""
        ...

    def texts(self, keys: Sequence[str]) -> Texts:
        """The rows with these keys."""
        ...


@dataclass(frozen=True)
class PostgresSide:
    """Source or vault: `rows` give `row_key`, `row_hash` and the columns of `shown`."""

    name: str
    session: Session
    rows: SQL
    shown: Sequence[Value]
    _known: dict[int, dict[int, Fingerprint]] = field(default_factory=dict)

    def fingerprints(self, buckets: int) -> dict[int, Fingerprint]:
        """Computed once: a side of one snapshot may be compared with several others."""
        if buckets not in self._known:
            self._known[buckets] = as_fingerprints(self.session.rows(fingerprints(self.rows, buckets)))
        return self._known[buckets]

    def hashes(self, selection: Selection) -> dict[str, tuple[int, int]]:
        statement = sql(
            """SELECT row_key::text, min(row_hash), count(*)
FROM (
    {rows}
) AS hashed
WHERE {selected}
GROUP BY row_key""",
            rows=self.rows,
            selected=selection.condition(),
        )
        return {key: (hash_, count) for key, hash_, count in self.session.rows(statement)}

    def texts(self, keys: Sequence[str]) -> Texts:
        statement = sql(
            """SELECT row_key::text, ARRAY[{texts}]::text[]
FROM (
    {rows}
) AS hashed
WHERE row_key = ANY({keys}::uuid[])""",
            texts=joined(", ", (SQL(type_.postgres_text.replace("{x}", value.text)) for value, type_ in self.shown)),
            rows=self.rows,
            keys=literal("{" + ",".join(keys) + "}"),
        )
        return _by_key(self.session.rows(statement))


@dataclass(frozen=True)
class MartSide:
    """A view of the mart: what is current, or what the history says."""

    name: str
    session: clickhouse.Session
    rows: SQL
    shown: Sequence[Value]

    def fingerprints(self, buckets: int) -> dict[int, Fingerprint]:
        return as_fingerprints(self.session.rows(clickhouse_fingerprints(self.rows, buckets)))

    def hashes(self, selection: Selection) -> dict[str, tuple[int, int]]:
        statement = sql(
            "SELECT toString(row_key), min(row_hash), count() FROM (\n{rows}\n) WHERE {selected} GROUP BY row_key",
            rows=self.rows,
            selected=clickhouse_selection(selection),
        )
        return {key: (int(hash_), int(count)) for key, hash_, count in self.session.rows(statement)}

    def texts(self, keys: Sequence[str]) -> Texts:
        statement = sql(
            "SELECT toString(row_key), [{texts}] FROM (\n{rows}\n) WHERE row_key IN ({keys})",
            texts=joined(", ", (_nullable(value, type_.clickhouse_text) for value, type_ in self.shown)),
            rows=self.rows,
            keys=joined(", ", map(literal, keys)),
        )
        return _by_key(self.session.rows(statement))


def _by_key(rows: Iterable[tuple[Any, ...]]) -> Texts:
    found: Texts = {}
    for key, texts in rows:
        found.setdefault(key, []).append(tuple(texts))
    return found


def _nullable(value: SQL, text: str) -> SQL:
    return SQL("CAST(" + text.replace("{x}", value.text) + ", 'Nullable(String)')")


def source_side(session: Session, model: Model, feed: Feed, method: Method) -> PostgresSide:
    rows = sql(
        "SELECT *, {row_key} AS row_key\nFROM (\n    {rows}\n) AS keyed",
        row_key=digest(values(model.row_key(feed))),
        rows=source_feed.hashed_rows(model, feed, method),
    )
    return PostgresSide("source", session, rows, values(model.feed_columns(feed)))


def vault_side(session: Session, model: Model, feed: Feed, method: Method) -> PostgresSide:
    """The vault's rows, to be compared with the source."""
    shown = values(model.feed_columns(feed))
    return PostgresSide("warehouse", session, _hashed(_active(model, feed), row_hash(shown, method)), shown)


def served_side(session: Session, model: Model, mart: Mart) -> PostgresSide:
    """The vault's rows as a mart should show them, row key included in the hash."""
    shown = [(ident(column.column), type_) for column, type_ in types(model, mart)]
    key = (sql("row_key"), parse_type("uuid"))
    active = _active(model, model.feed(mart.feed))
    return PostgresSide("warehouse", session, _hashed(active, row_hash([key, *shown], "text")), shown)


def mart_sides(session: clickhouse.Session, model: Model, mart: Mart) -> Iterator[MartSide]:
    """What analysts see now, and what the history says is now: both must be right."""
    tables = MartTables(mart)
    shown = [(ident(column.name), type_) for column, type_ in types(model, mart)]
    key = (ident(mart.key), parse_type("uuid"))
    latest = session.scalar(
        sql("SELECT toString(max({ts})) FROM {history}", ts=ident(mart.load_ts), history=ident(tables.history))
    )
    as_of = sql("{view}(ts = {latest})", view=ident(tables.as_of), latest=literal(latest))
    for name, table in ((tables.view, ident(tables.view)), (tables.history, as_of)):
        rows = sql(
            "SELECT *, {key} AS row_key, {hash} AS row_hash FROM {table}",
            key=key[0],
            hash=clickhouse_text_hash([key, *shown]),
            table=table,
        )
        yield MartSide(name, session, rows, shown)


def _active(model: Model, feed: Feed) -> SQL:
    return rows_as_of(model, feed, sql("({moment})", moment=last_closed_load(model)))


def _hashed(rows: SQL, hash_: SQL) -> SQL:
    return sql("SELECT *, {hash} AS row_hash\nFROM (\n    {rows}\n) AS active", hash=hash_, rows=rows)
