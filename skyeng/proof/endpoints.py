"""The endpoints of an exact comparison: source, vault and mart.

Each gives checksums by hash bucket, row hashes of chosen hash buckets, and the values of chosen rows. Source and vault
are compared by PostgreSQL's row hash. Vault and mart are compared by a hash of canonical texts, which both engines
compute from the values that they store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from skyeng.db import clickhouse
from skyeng.db.postgres import Parameters, Session
from skyeng.hashing.checksums import (
    Checksum,
    Method,
    as_checksums,
    checksums,
    checksums_in_one_scan,
    clickhouse_checksums,
    clickhouse_in_hash_buckets,
    in_hash_buckets,
    row_hash,
)
from skyeng.hashing.hash_keys import Value, key_digest, key_values, row_values
from skyeng.marts.tables import MartTables, types
from skyeng.model import Feed, Mart, Model, Satellite
from skyeng.model.types import parse_type
from skyeng.proof.exported_rows import VALIDITY, ExportedRow
from skyeng.sources import postgres as source_feed
from skyeng.sql import SQL, ident, joined, literal, sql
from skyeng.vault.readback import AsOf, Computed, prepare_whole_read, rows_as_of

#: Type of an entity's hash as a part of a row.
_HASH = parse_type("bigint")

#: Rows by row key, as canonical texts of their values. A duplicate key has several rows.
Texts = dict[str, list[tuple[str | None, ...]]]


class Endpoint(Protocol):
    """A store that has the rows of a feed."""

    @property
    def name(self) -> str: ...
    def checksums(self, buckets: int) -> dict[int, Checksum]: ...
    def hashes(self, chosen: Sequence[int], buckets: int) -> dict[str, tuple[int, int]]:
        """Row key to (row hash, number of rows with this key), in the chosen hash buckets."""
        ...

    def texts(self, keys: Sequence[str]) -> Texts:
        """The rows with these keys."""
        ...


@dataclass(frozen=True)
class PostgresEndpoint:
    """Source or vault. `rows` is a query of `row_key`, `row_hash` and the columns of `shown`."""

    name: str
    session: Session
    rows: SQL
    shown: Sequence[Value]
    #: If one scan computes the checksums of several endpoints: that reading, and the index of this endpoint in it.
    reading: Reading | None = None
    place: int = 0
    parameters: Parameters | None = None

    def checksums(self, buckets: int) -> dict[int, Checksum]:
        if self.reading:
            return self.reading.checksums(buckets)[self.place]
        return as_checksums(self.session.rows(checksums(self.rows, buckets), self.parameters))

    def hashes(self, chosen: Sequence[int], buckets: int) -> dict[str, tuple[int, int]]:
        statement = sql(
            """SELECT row_key::text, min(row_hash), count(*)
FROM (
    {rows}
) AS hashed
WHERE {selected}
GROUP BY row_key""",
            rows=self.rows,
            selected=in_hash_buckets(chosen, buckets),
        )
        return {key: (hash_, count) for key, hash_, count in self.session.rows(statement, self.parameters)}

    def texts(self, keys: Sequence[str]) -> Texts:
        statement = sql(
            """SELECT row_key::text, ARRAY[{texts}]::text[]
FROM (
    {rows}
) AS hashed
WHERE row_key = ANY({keys}::uuid[])""",
            texts=joined(", ", (SQL(it.type.postgres_text.replace("{x}", it.expression.text)) for it in self.shown)),
            rows=self.rows,
            keys=literal("{" + ",".join(keys) + "}"),
        )
        return _by_key(self.session.rows(statement, self.parameters))


@dataclass(frozen=True)
class Reading:
    """One scan of the vault for several comparisons, because the scan takes most of the time."""

    session: Session
    rows: SQL
    #: A hash expression for each comparison, over the columns of `rows`.
    hashes: Sequence[SQL]
    _known: dict[int, list[dict[int, Checksum]]] = field(default_factory=dict)

    def hashed(self, place: int) -> SQL:
        """Query of the rows with their hash for one comparison."""
        return sql(
            "SELECT *, {hash} AS row_hash\nFROM (\n    {rows}\n) AS active", hash=self.hashes[place], rows=self.rows
        )

    def checksums(self, buckets: int) -> list[dict[int, Checksum]]:
        """The checksums of all comparisons, in their order. They are computed once and reused."""
        if buckets not in self._known:
            found = self.session.rows(checksums_in_one_scan(self.rows, self.hashes, buckets))
            self._known[buckets] = [
                as_checksums([row[1:] for row in found if row[0] == place]) for place in range(len(self.hashes))
            ]
        return self._known[buckets]


@dataclass(frozen=True)
class MartEndpoint:
    """The current rows of a mart as analysts see them, or row versions of its history."""

    name: str
    session: clickhouse.ClickHouseSession
    relation: SQL
    served: ExportedRow
    #: Whether these are row versions, with their validity.
    versions: bool = False

    @property
    def rows(self) -> SQL:
        return self.served.mart_rows(self.relation, versions=self.versions)

    def checksums(self, buckets: int) -> dict[int, Checksum]:
        return as_checksums(self.session.rows(clickhouse_checksums(self.rows, buckets)))

    def hashes(self, chosen: Sequence[int], buckets: int) -> dict[str, tuple[int, int]]:
        statement = sql(
            "SELECT toString(row_key), min(row_hash), count() FROM (\n{rows}\n) WHERE {selected} GROUP BY row_key",
            rows=self.rows,
            selected=clickhouse_in_hash_buckets(chosen, buckets),
        )
        return {key: (int(hash_), int(count)) for key, hash_, count in self.session.rows(statement)}

    def texts(self, keys: Sequence[str]) -> Texts:
        shown = [(ident(column.name), type_) for column, type_ in types(self.served.model, self.served.mart)]
        shown += [(it.expression, it.type) for it in VALIDITY] if self.versions else []
        statement = sql(
            "SELECT toString(row_key), [{texts}] FROM (\n{rows}\n) WHERE row_key IN ({keys})",
            texts=joined(", ", (_nullable(value, type_.clickhouse_text) for value, type_ in shown)),
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


@dataclass(frozen=True)
class _Delivered:
    """The hash of a feed's row for the comparison of source and vault, over its keys and a hash of each entity.

    The vault computes the hash of an entity before it joins the entity to the rows that contain it.
    """

    model: Model
    feed: Feed
    method: Method

    @property
    def row_hash(self) -> SQL:
        """Expression over the business keys and the hashes of entities, which have the names given here."""
        names = (self._name(satellite) for satellite in self.model.satellites_of(self.feed))
        parts = (Value(name, ident(name), _HASH) for name in names)
        return row_hash([*row_values(self.model.row_key(self.feed)), *parts], self.method)

    @property
    def of_entities(self) -> Computed:
        """Expressions of the hashes that the vault computes for each entity."""
        return {
            satellite.name: {
                self._name(satellite): row_hash(
                    (
                        Value(column.name, ident(column.vault_column), column.type)
                        for column in self.model.attributes(satellite)
                    ),
                    self.method,
                )
            }
            for satellite in self.model.satellites_of(self.feed)
        }

    @property
    def source_rows(self) -> SQL:
        """Query of the source's rows with `row_key` and `row_hash`."""
        parts = (
            sql(
                ", {hash} AS {name}",
                hash=row_hash(row_values(self.model.attributes(satellite)), self.method),
                name=ident(self._name(satellite)),
            )
            for satellite in self.model.satellites_of(self.feed)
        )
        return sql(
            """SELECT *, {row_key} AS row_key, {row_hash} AS row_hash
FROM (
    SELECT *{parts}
    FROM (
        {rows}
    ) AS typed
) AS keyed""",
            row_key=key_digest(key_values(self.model.row_key(self.feed))),
            row_hash=self.row_hash,
            parts=joined("", parts),
            rows=source_feed.typed_rows(self.model, self.feed),
        )

    def _name(self, satellite: Satellite) -> str:
        return f"{satellite.name}_digest_source"


def source_endpoint(session: Session, model: Model, feed: Feed, method: Method) -> PostgresEndpoint:
    rows = _Delivered(model, feed, method).source_rows
    return PostgresEndpoint("source", session, rows, row_values(model.feed_columns(feed)))


def vault_endpoints(session: Session, model: Model, feed: Feed, method: Method | None) -> list[PostgresEndpoint]:
    """Endpoints of the vault for the source, if a method is given, and for each of the feed's marts, in this order."""
    served = [ExportedRow(model, mart) for mart in model.marts if mart.feed == feed.name]
    delivered = _Delivered(model, feed, method) if method else None
    also: dict[str, dict[str, SQL]] = {}
    for computed in (delivered.of_entities if delivered else {}, *(one.digests for one in served)):
        for satellite, expressions in computed.items():
            also.setdefault(satellite, {}).update(expressions)
    prepare_whole_read(session)
    rows = rows_as_of(model, feed, AsOf.known(session, model), also=also)
    with_source = [(delivered.row_hash, row_values(model.feed_columns(feed)))] if delivered else []
    compared = [*with_source, *((one.vault_hash, one.shown) for one in served)]
    reading = Reading(session, rows, [hash_ for hash_, _ in compared])
    return [
        PostgresEndpoint("warehouse", session, reading.hashed(place), columns, reading, place)
        for place, (_, columns) in enumerate(compared)
    ]


def mart_endpoint(session: clickhouse.ClickHouseSession, model: Model, mart: Mart) -> MartEndpoint:
    """The current rows of a mart as analysts see them."""
    return MartEndpoint(MartTables(mart).view, session, ident(MartTables(mart).view), ExportedRow(model, mart))
