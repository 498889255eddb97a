"""Statements that read a feed's rows from its source: typed, hashed, with segment key, limited to a selection."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from skyeng.db.postgres import Postgres, Session
from skyeng.detection.key_range import KeyRanges
from skyeng.detection.segmentation import RowSelection, segment_column, segment_key
from skyeng.errors import SourceError, StatementFailed
from skyeng.hashing.checksums import Method, with_row_hash
from skyeng.hashing.hash_keys import hash_key, key_digest, key_values
from skyeng.model import Feed, FeedColumn, LogicalType, Model
from skyeng.model.names import place_of
from skyeng.model.rules import Fault
from skyeng.model.spec import APPLIED_TS
from skyeng.model.types import parse_type
from skyeng.sql import SQL, ident, idents, joined, sql, written


def query(model: Model, feed: Feed) -> SQL:
    """The feed's own query, as written in its file."""
    path = model.directory / feed.query
    try:
        return written(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise SourceError(f"the query of feed '{feed.name}' cannot be read", where=f"{path}: {exc}") from exc


def typed_rows(model: Model, feed: Feed, key_ranges: KeyRanges | None = None) -> SQL:
    """The feed's rows, or those within key ranges, with each column in the type that the model declares.

    Texts have the collation "C", which compares bytes: a column's own collation may treat 'a' and 'A' as equal.
    """

    def typed(column: FeedColumn) -> SQL:
        collation = sql(' COLLATE "C"') if column.type.name == "text" else sql("")
        return sql(
            "{name}::{type}{collation} AS {name}",
            name=ident(column.name),
            type=SQL(column.type.postgres),
            collation=collation,
        )

    columns = [typed(column) for column in model.feed_columns(feed)]
    if feed.applied:
        columns.append(sql("{applied} AS {name}", applied=ident(feed.applied), name=ident(APPLIED_TS)))
    return sql(
        """SELECT
    {columns}
FROM (
    {query}
) AS feed{key_ranges}""",
        columns=joined(",\n", columns),
        query=query(model, feed),
        key_ranges=sql("\nWHERE {condition}", condition=_condition(model, feed, key_ranges)) if key_ranges else sql(""),
    )


def _condition(model: Model, feed: Feed, key_ranges: KeyRanges) -> SQL:
    return key_ranges.condition(
        model, feed, {column.name: ident("feed", column.name) for column in model.row_key(feed)}
    )


def keyed_rows(model: Model, feed: Feed, method: Method, key_ranges: KeyRanges | None = None) -> SQL:
    """The feed's rows, or those within key ranges, with `row_hash` and segment key (`row_place`)."""
    return sql(
        "SELECT *, {segment_key} AS row_place\nFROM (\n    {rows}\n) AS hashed",
        segment_key=segment_key(model, feed),
        rows=with_row_hash(typed_rows(model, feed, key_ranges), model, feed, method),
    )


def extraction(
    model: Model, feed: Feed, method: Method, selection: RowSelection, key_ranges: KeyRanges | None = None
) -> SQL:
    """The selected rows, with columns in the order of `staged_columns`."""
    placed = segment_column(model, feed)
    own = (hash_key(key_values(model.business_key(hub))) for hub in model.keyed_hubs(feed))
    return sql(
        """SELECT {columns}, row_hash, {keys}
FROM (
    {rows}
) AS placed
WHERE {wanted}""",
        columns=idents(_delivered(model, feed)),
        keys=joined(", ", (key_digest(key_values(model.row_key(feed))), *own)),
        rows=keyed_rows(model, feed, method, key_ranges),
        # In the type of the column: otherwise PostgreSQL cannot use an index.
        wanted=selection.condition(ident(placed.name), SQL(placed.type.postgres))
        if placed
        else selection.condition(sql("row_place"), sql("bigint")),
    )


def staged_columns(model: Model, feed: Feed) -> SQL:
    """Columns of the staging table that `extraction` fills, in its order."""
    own = (hub.key for hub in model.keyed_hubs(feed))
    return idents([*_delivered(model, feed), "row_hash", "row_key", *own])


def _delivered(model: Model, feed: Feed) -> list[str]:
    return [*(column.name for column in model.feed_columns(feed)), *feed.times]


def check_columns(session: Session, model: Model, feed: Feed) -> None:
    """Raise `SourceError` that lists every column that is missing or cannot be loaded unchanged.

    After this check of types, no value can fail to convert, or change, while rows are copied.
    """
    with reading(model, feed):
        wrong = list(_wrong_columns(session, model, feed))
    if wrong:
        listed = (f"column {it.name} {it.what}" for it in wrong)
        raise SourceError(
            f"feed '{feed.name}' does not deliver what the model declares:\n    " + "\n    ".join(listed),
            where=str(model.directory / feed.query),
            expected="every declared column, in a type that loads without changing a value",
            remedy="change the type in the model, or write a cast in the query",
        )


@contextmanager
def reading(model: Model, feed: Feed) -> Iterator[None]:
    """Raise `SourceError` that names the feed if its query fails at the source.

    It may fail after the first rows: a view may divide by zero, or a cast may meet a text that it cannot convert.
    """
    try:
        yield
    except StatementFailed as exc:
        if exc.server != model.source:
            raise
        where = str(model.directory / feed.query)
        raise SourceError(
            f"the query of feed '{feed.name}' fails on the datasource: {_reason(exc)}",
            where=f"{where}\n{exc.where}" if exc.where else where,
            expected=exc.expected or "a SELECT that the datasource can run",
            remedy=exc.remedy or _FIX_QUERY,
        ) from exc


def source_faults(source: Postgres, model: Model) -> list[Fault]:
    """Faults of all feeds: columns that the live source does not deliver as the model declares.

    A query that fails is a fault of its feed. Raises `ConnectionFailed` if the source cannot be reached.
    """
    return [fault for feed in model.feeds for fault in _faults_of(source, model, feed)]


def _faults_of(source: Postgres, model: Model, feed: Feed) -> Iterator[Fault]:
    # One session for each feed: after a failed query, PostgreSQL refuses other statements in the transaction.
    try:
        with source.session(snapshot=True) as session:
            wrong = list(_wrong_columns(session, model, feed))
    except StatementFailed as exc:
        message = f"the query {feed.query} fails on the datasource: {_reason(exc)}; {exc.remedy or _FIX_QUERY}"
        yield Fault(("feeds", feed.name, "query"), message)
        return
    places = {column.name: place_of(column) for column in model.feed_columns(feed)}
    for it in wrong:
        yield Fault(
            places.get(it.name, ("feeds", feed.name, "applied")),
            f"column {it.name} of feed '{feed.name}' {it.what}; expected {' or '.join(it.type.accepts)}:"
            f" change the model, or write {it.name}::{it.type.postgres} in {feed.query}",
        )


_FIX_QUERY = "fix the query, or grant SELECT on its tables to the role of PG_DATASOURCE_URL"


@dataclass(frozen=True)
class _Wrong:
    """A column that a query does not deliver as declared. `what` is the fault, to be read after the column's name."""

    name: str
    type: LogicalType
    what: str


def _wrong_columns(session: Session, model: Model, feed: Feed) -> Iterator[_Wrong]:
    """Find the columns that are missing or cannot be loaded unchanged. Raises `StatementFailed`."""
    delivered = session.column_types(query(model, feed))
    declared = [(column.name, column.type) for column in model.feed_columns(feed)]
    if feed.applied:
        declared.append((feed.applied, parse_type("timestamptz")))
    for name, type_ in declared:
        if what := _fault(name, type_, delivered.get(name, [])):
            yield _Wrong(name, type_, what)


def _fault(name: str, type_: LogicalType, delivered: list[str]) -> str | None:
    if not delivered:
        return "is missing"
    if len(delivered) > 1:
        return f"is delivered {len(delivered)} times"
    if not type_.takes(delivered[0]):
        hint = f": json has no hash function, write {name}::jsonb" if delivered == ["json"] else ""
        return f"is {delivered[0]}, declared as {type_}{hint}"
    return None


def _reason(exc: StatementFailed) -> str:
    """The message of the server, without the name of its connection."""
    return exc.what.partition(": ")[2]
