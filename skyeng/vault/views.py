"""Views and functions of the vault, derived at each migration: now, as of any time, and by applied date."""

from __future__ import annotations

from skyeng.model import Effectivity, Feed, Model, Satellite
from skyeng.sql import SQL, ident, idents, joined, sql
from skyeng.vault.readback import AsOf, last_closed_load, rows_as_of


def current_view(model: Model, feed: Feed) -> SQL:
    """`vault.<feed>`: the columns of the feed, as of the last closed load."""
    return sql(
        """CREATE VIEW vault.{feed} AS
SELECT {columns}
FROM (
    {rows}
) AS active""",
        feed=ident(feed.name),
        columns=_names(model, feed),
        rows=rows_as_of(model, feed, AsOf.last(model)),
    )


def as_of_function(model: Model, feed: Feed) -> SQL:
    """`vault.<feed>_as_of(timestamptz)`: the columns of the feed, as of any time."""
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
            model,
            feed,
            AsOf.at(model, sql("({last})", last=last_closed_load(model, ident(feed.as_of_function, "as_of")))),
        ),
    )


def applied_history_view(model: Model, part: Satellite | Effectivity) -> SQL:
    """`vault.s_<plural>_history`: versions in the order of their applied date.

    The result does not depend on the order or the batches in which versions came. If two have the same applied
    date, the later load's counts. A version that repeats the value before it is left out.
    """
    if isinstance(part, Effectivity):
        key, values, compared = model.link_of(part).key, [part.is_active], part.is_active
        before = sql("lag({is_active}, 1, false)", is_active=ident(compared))
    else:
        key = model.hub(part.hub_name).key
        values, compared = [column.vault_column for column in model.attributes(part)], part.hashdiff
        before = sql("lag({hashdiff})", hashdiff=ident(compared))
    return sql(
        """CREATE VIEW vault.{view} AS
SELECT {key}, {applied} AS {start}, lead({applied}) OVER (PARTITION BY {key} ORDER BY {applied}) AS {end}, {values}
FROM (
    SELECT *, {before} OVER (PARTITION BY {key} ORDER BY {applied}) AS before
    FROM (
        SELECT DISTINCT ON ({key}, {applied}) *
        FROM vault.{table}
        WHERE {load_ts} > '-infinity' AND {load_ts} <= ({visible})
        ORDER BY {key}, {applied}, {load_ts} DESC
    ) AS known
) AS compared
WHERE {compared} IS DISTINCT FROM before""",
        view=ident(part.history_view),
        key=ident(key),
        applied=ident(part.applied_ts),
        start=ident(part.column("from_ts")),
        end=ident(part.column("to_ts")),
        values=idents(values),
        compared=ident(compared),
        before=before,
        table=ident(part.table),
        load_ts=ident(part.load_ts),
        visible=last_closed_load(model),
    )


def _names(model: Model, feed: Feed) -> SQL:
    return joined(", ", (ident(column.name) for column in model.feed_columns(feed)))
