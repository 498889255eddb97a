"""Reading the vault back as the denormalised feed: now, at any time, or version by version.

Missing levels come back as NULL, because the ghost record of the zero key holds NULLs: every
join is an inner join.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

from skyeng.model import Feed, Model
from skyeng.model.specification import Effectivity, Satellite
from skyeng.sql import SQL, ident, joined, literal, sql


def last_closed_load(model: Model, at: SQL | None = None) -> SQL:
    """Scalar expression: timestamp of the last closed load, at or before a time."""
    return sql(
        """coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = {model} AND status = 'closed'{at}
), '-infinity')""",
        model=literal(model.name),
        at=sql(" AND load_ts <= {at}", at=at) if at else sql(""),
    )


def rows_as_of(model: Model, feed: Feed, moment: SQL) -> SQL:
    """The feed's active rows as of a load timestamp, with their `row_key`.

    `moment` must be a cheap scalar, such as a column of an outer query: it is repeated.
    """
    link = model.grain(feed)
    effectivity = link.effectivity
    return sql(
        """SELECT link.{key} AS row_key,
    {columns}
FROM vault.{link} AS link
{effectivity}
{hubs}
WHERE {effectivity_table}.{is_active}""",
        key=ident(link.key),
        columns=_columns(model, feed),
        is_active=ident(effectivity.is_active),
        effectivity_table=ident(effectivity.table),
        effectivity=_latest(_SCAN, link.key, effectivity, moment),
        link=ident(link.table),
        hubs=joined("\n", _joins(model, feed, _SCAN, moment)),
    )


def row_versions(model: Model, feed: Feed, *, whole_load: bool) -> SQL:
    """Row versions of the closed loads in (`%(after)s`, `%(upto)s`], from the log of changes.

    Columns: `row_key`, `load_ts`, `row_hash` (NULL: the row went), then the feed's. A load that
    touched most rows is read by scanning (`whole_load`, one load at a time); small loads by
    looking each row's versions up, so that the cost follows the change.
    """
    link = model.grain(feed)
    latest, moment = (_SCAN, sql("%(upto)s")) if whole_load else (_LOOK_UP, sql("changes.load_ts"))
    return sql(
        """SELECT changes.row_key, changes.load_ts, changes.row_hash,
    {columns}
FROM control.{changes} AS changes
JOIN vault.{link} AS link ON link.{key} = changes.row_key
{hubs}
WHERE changes.load_ts > %(after)s AND changes.load_ts <= %(upto)s""",
        columns=_columns(model, feed),
        changes=ident(feed.changes_table),
        link=ident(link.table),
        key=ident(link.key),
        hubs=joined("\n", _joins(model, feed, latest, moment)),
    )


def current_view(model: Model, feed: Feed) -> SQL:
    """`vault.<feed>`: column for column like the feed, as of the last closed load."""
    return sql(
        """CREATE VIEW vault.{feed} AS
SELECT {columns}
FROM (
    {rows}
) AS active""",
        feed=ident(feed.name),
        columns=_names(model, feed),
        rows=rows_as_of(model, feed, sql("({moment})", moment=last_closed_load(model))),
    )


def as_of_function(model: Model, feed: Feed) -> SQL:
    """`vault.<feed>_as_of(timestamptz)`: the same at any time."""
    columns = (
        sql("{name} {type}", name=ident(column.name), type=SQL(column.type.postgres))
        for column in model.feed_columns(feed)
    )
    return sql(
        """CREATE FUNCTION vault.{function}(as_of timestamp with time zone)
RETURNS TABLE (
    {columns}
)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT {names}
    FROM (
        {rows}
    ) AS active;
END""",
        function=ident(feed.as_of_function),
        columns=joined(",\n", columns),
        names=_names(model, feed),
        rows=rows_as_of(
            model, feed, sql("({moment})", moment=last_closed_load(model, ident(feed.as_of_function, "as_of")))
        ),
    )


def _names(model: Model, feed: Feed) -> SQL:
    return joined(", ", (ident(column.name) for column in model.feed_columns(feed)))


def _columns(model: Model, feed: Feed) -> SQL:
    """Select list that gives vault columns the feed's names, in the feed's order."""
    columns = (
        sql("{column} AS {name}", column=ident(column.owner.table, column.vault_column), name=ident(column.name))
        for column in model.feed_columns(feed)
    )
    return joined(",\n", columns)


#: The latest row of every parent, by hashing. Measured on a million lessons: sorting by parent
#: and load takes twice as long, since hash keys come in no order.
_SCAN: LiteralString = """JOIN vault.{table} ON {table}.{key} = link.{key}
    AND {table}.{load_ts} <= {moment}
    AND NOT EXISTS (
        SELECT FROM vault.{table} AS later
        WHERE later.{key} = {table}.{key} AND later.{load_ts} > {table}.{load_ts} AND later.{load_ts} <= {moment}
    )"""

#: The latest row of each parent asked for, by its primary key.
_LOOK_UP: LiteralString = """JOIN LATERAL (
    SELECT *
    FROM vault.{table} AS version
    WHERE version.{key} = link.{key} AND version.{load_ts} <= {moment}
    ORDER BY version.{load_ts} DESC
    LIMIT 1
) AS {table} ON true"""


def _joins(model: Model, feed: Feed, latest: LiteralString, moment: SQL) -> Iterator[SQL]:
    for hub in model.hubs_of(model.grain(feed)):
        yield sql("JOIN vault.{table} ON {table}.{key} = link.{key}", table=ident(hub.table), key=ident(hub.key))
        for satellite in model.satellites_of(feed):
            if satellite.hub_name == hub.name:
                yield _latest(latest, hub.key, satellite, moment)


def _latest(template: LiteralString, key: str, satellite: Satellite | Effectivity, moment: SQL) -> SQL:
    return sql(
        template,
        key=ident(key),
        table=ident(satellite.table),
        load_ts=ident(satellite.load_ts),
        moment=moment,
    )
