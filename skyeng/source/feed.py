"""A feed's rows as statements for its source: typed, hashed, placed, restricted to what may differ."""

from __future__ import annotations

from skyeng.cut import Selection, place, place_column
from skyeng.errors import SourceError, StatementFailed
from skyeng.fingerprint import Method, with_row_hash
from skyeng.hashing import hash_key, key_digest, key_values
from skyeng.model import Feed, FeedColumn, LogicalType, Model
from skyeng.model.specification import APPLIED_TS
from skyeng.model.types import parse_type
from skyeng.part import Part
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, idents, joined, sql, written


def query(model: Model, feed: Feed) -> SQL:
    """The feed's own query, as it was written."""
    path = model.directory / feed.query
    try:
        return written(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise SourceError(f"the query of feed '{feed.name}' cannot be read", where=f"{path}: {exc}") from exc


def typed_rows(model: Model, feed: Feed, part: Part | None = None) -> SQL:
    """The feed's rows, or a part of them, each column in the type the model declares.

    Texts are taken as they are spelled: a column's own collation may call 'a' and 'A' equal.
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
) AS feed{part}""",
        columns=joined(",\n", columns),
        query=query(model, feed),
        part=sql("\nWHERE {condition}", condition=_condition(model, feed, part)) if part else sql(""),
    )


def _condition(model: Model, feed: Feed, part: Part) -> SQL:
    return part.condition(model, feed, {column.name: ident("feed", column.name) for column in model.row_key(feed)})


def placed_rows(model: Model, feed: Feed, method: Method, part: Part | None = None) -> SQL:
    """The feed's rows, or a part of them, with their `row_hash` and `row_place`."""
    return sql(
        "SELECT *, {place} AS row_place\nFROM (\n    {rows}\n) AS hashed",
        place=place(model, feed),
        rows=with_row_hash(typed_rows(model, feed, part), model, feed, method),
    )


def extraction(model: Model, feed: Feed, method: Method, selection: Selection, part: Part | None = None) -> SQL:
    """The selected rows, in the order of `staged_columns`."""
    placed = place_column(model, feed)
    own = (hash_key(key_values(model.business_key(hub))) for hub in model.keyed_hubs(feed))
    return sql(
        """SELECT {columns}, row_hash, {keys}
FROM (
    {rows}
) AS placed
WHERE {wanted}""",
        columns=idents(_delivered(model, feed)),
        keys=joined(", ", (key_digest(key_values(model.row_key(feed))), *own)),
        rows=placed_rows(model, feed, method, part),
        # Of the column's own type: else no index finds it.
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
    """Raise `SourceError` with every column that is missing or could not be loaded unbent.

    With the types proved here, no value can fail to convert, or change, while rows flow.
    """
    where = str(model.directory / feed.query)
    try:
        found = session.column_types(query(model, feed))
    except StatementFailed as exc:
        raise SourceError(
            f"the query of feed '{feed.name}' fails on the datasource: {exc.what.partition(': ')[2]}",
            where=where,
            expected="a SELECT that the datasource can run",
            remedy=exc.remedy or "mend the query, or grant SELECT on its tables to the role of PG_DATASOURCE_URL",
        ) from exc
    expected = [(column.name, column.type) for column in model.feed_columns(feed)]
    if feed.applied:
        expected.append((feed.applied, parse_type("timestamptz")))
    wrong = list(filter(None, (_fault(name, type_, found.get(name, [])) for name, type_ in expected)))
    if wrong:
        raise SourceError(
            f"feed '{feed.name}' does not deliver what the model declares:\n    " + "\n    ".join(wrong),
            where=where,
            expected="every declared column, in a type that loads without changing a value",
            remedy="change the type in the model, or write a cast in the query",
        )


def _fault(name: str, type_: LogicalType, found: list[str]) -> str | None:
    if not found:
        return f"column {name} is missing"
    if len(found) > 1:
        return f"column {name} is delivered {len(found)} times"
    if found[0] not in type_.accepts:
        hint = f": json has no hash function, write {name}::jsonb" if found == ["json"] else ""
        return f"column {name} is {found[0]}, declared as {type_}{hint}"
    return None
