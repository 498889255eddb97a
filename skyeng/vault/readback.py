"""Reading the vault back as the denormalised feed: now, at any time, or version by version.

Missing levels come back as NULL, because the ghost record of the zero key holds NULLs: every
join is an inner join.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import LiteralString

from skyeng.db.postgres import Session
from skyeng.model import Effectivity, Feed, Link, Model, Satellite
from skyeng.sql import SQL, ident, idents, joined, literal, sql


def last_closed_load(model: Model, at: SQL | None = None) -> SQL:
    """Scalar expression: timestamp of the last closed load, at or before a time."""
    return sql(
        """coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = {model} AND status = 'closed'{at}
), '-infinity')""",
        model=literal(model.name),
        at=sql(" AND load_ts <= {at}", at=at) if at else sql(""),
    )


def first_closed_load(model: Model) -> SQL:
    """Query of the timestamp of the first closed load: no row version is older."""
    return sql(
        "SELECT min(load_ts) FROM control.loads WHERE model = {model} AND status = 'closed'", model=literal(model.name)
    )


@dataclass(frozen=True)
class AsOf:
    """A load timestamp up to which row versions count, and the first closed load's: cheap scalars, repeated often."""

    until: SQL
    first: SQL
    #: Both are written out, so that the planner knows how few rows came later than the first.
    written: bool = False

    @classmethod
    def last(cls, model: Model) -> AsOf:
        """The last closed load, looked up by the statement itself."""
        return cls.at(model, sql("({last})", last=last_closed_load(model)))

    @classmethod
    def at(cls, model: Model, until: SQL) -> AsOf:
        return cls(until, sql("({first})", first=first_closed_load(model)))

    @classmethod
    def known(cls, session: Session, model: Model, until: SQL | None = None) -> AsOf:
        """The last closed load, or `upto`, written out."""
        first, last = session.row(
            sql(
                "SELECT ({first})::text, ({last})::text",
                first=first_closed_load(model),
                last=until or last_closed_load(model),
            )
        ) or (None, None)
        return cls(_timestamp(last), _timestamp(first), written=True)


#: Expressions over the columns of a satellite: by the satellite's name, then by the name they are given.
Computed = Mapping[str, Mapping[str, SQL]]


def _timestamp(text: str | None) -> SQL:
    return sql("{text}::timestamptz", text=literal(text or "-infinity"))


def prepare_whole_read(session: Session) -> None:
    """Let the planner order all joins of a read of everything; it is worth some milliseconds then.

    Every order is tried up to 19 tables, which is eight satellites. Each one more takes 2.6 times as long (twelve took
    8 s), so that of more tables the genetic search chooses the order.
    """
    session.execute(
        sql("""SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20""")
    )


def prepare_lookups(session: Session) -> None:
    """Keep to the written order of joins, where a transaction that read everything looks single rows up."""
    session.execute(sql("SET LOCAL join_collapse_limit = DEFAULT; SET LOCAL from_collapse_limit = DEFAULT"))


def rows_as_of(model: Model, feed: Feed, moment: AsOf, keys: SQL | None = None, also: Computed | None = None) -> SQL:
    """The feed's active rows as of a load timestamp, with their `row_key`.

    With `keys`, a query of row keys, only these rows, each looked up. What is `also` wanted is computed
    once for each entity, not for each row that shows it.
    """
    link = model.grain(feed)
    effectivity, latest = link.effectivity, _LOOKUP if keys else _SUPERSEDED
    return sql(
        """SELECT link.{key} AS row_key, {computed}
    {columns}
FROM {links} AS link
{effectivity}
{hubs}
WHERE {effectivity_table}.{is_active}
{found}""",
        key=ident(link.key),
        computed=_computed(model, feed, also),
        columns=_columns(model, feed),
        found=_found(model, feed),
        is_active=ident(effectivity.is_active),
        effectivity_table=ident(effectivity.table),
        effectivity=_latest(latest, model, link.key, effectivity, moment),
        links=_links(link, keys) if keys else ident("vault", link.table),
        hubs=joined("\n", _joins(model, feed, latest, moment, also or {})),
    )


def _computed(model: Model, feed: Feed, also: Computed | None) -> SQL:
    """Select list of what each entity was wanted for besides its columns."""
    return joined(
        " ",
        (
            sql("{column},", column=ident(satellite.table, name))
            for satellite in model.satellites_of(feed)
            for name in (also or {}).get(satellite.name, ())
        ),
    )


def _links(link: Link, keys: SQL) -> SQL:
    return sql(
        """(
    SELECT every.*
    FROM vault.{link} AS every
    WHERE every.{key} IN (
        {keys}
    )
)""",
        link=ident(link.table),
        key=ident(link.key),
        keys=keys,
    )


def row_versions(
    model: Model,
    feed: Feed,
    whole_load: AsOf | None = None,
    also: Computed | None = None,
    changes: SQL | None = None,
) -> SQL:
    """Row versions of the closed loads in (`%(after)s`, `%(upto)s`], from the log of changes.

    Columns: `row_key`, `load_ts`, `row_end_ts` (NULL: not asked for, or no later version), `row_hash` (NULL: the row
    went), then the feed's. A load that touched most rows is read by scanning (`whole_load`, one load at a time);
    small loads by looking each row's versions up, so that the cost follows the change. What is `also` wanted is
    computed for each entity. Of `changes`, a query of `skyeng.vault.change_log`, only those, with their ends.
    """
    link = model.grain(feed)
    latest, moment = _SUPERSEDED if whole_load else _LOOKUP, whole_load or AsOf.at(model, sql("changes.load_ts"))
    return sql(
        """SELECT changes.row_key, changes.load_ts, {row_end_ts} AS row_end_ts, changes.row_hash, {computed}
    {columns}
FROM {changes} AS changes
JOIN vault.{link} AS link ON link.{key} = changes.row_key
{hubs}
WHERE changes.load_ts > %(after)s AND changes.load_ts <= %(upto)s
{found}""",
        found=_found(model, feed),
        computed=_computed(model, feed, also),
        columns=_columns(model, feed),
        changes=changes or ident("control", feed.changes_table),
        row_end_ts=sql("changes.row_end_ts") if changes else sql("NULL::timestamptz"),
        link=ident(link.table),
        key=ident(link.key),
        hubs=joined("\n", _joins(model, feed, latest, moment, also)),
    )


def newest_first(model: Model, part: Satellite | Effectivity) -> SQL:
    """Order of the versions of one parent, in a query that calls them `version`."""
    return joined(", ", (sql("{column} DESC", column=ident("version", name)) for name in model.version(part)))


def _columns(model: Model, feed: Feed) -> SQL:
    """Select list that gives vault columns the feed's names, in the feed's order."""
    columns = (
        sql("{column} AS {name}", column=ident(column.owner.table, column.vault_column), name=ident(column.name))
        for column in model.feed_columns(feed)
    )
    return joined(",\n", columns)


#: The latest row of every parent, by hashing. Measured on a million rows: sorting by parent and
#: load takes twice as long, since hash keys come in no order. Two more things make it fast.
#: What comes later than a row comes later than the first load (`since`), so that only the few rows
#: of later loads are hashed. Who reads everything asks for them as DISTINCT, which they are anyway, so that
#: each process hashes them for itself: else PostgreSQL may hash the large table instead, and what is left of
#: that is given out by one process alone (the read took 16 s, and takes 8 s). And an outer join is never estimated to
#: give fewer rows than the link has: with inner joins the planner takes a third of the rows for each
#: satellite, and ends with nested loops over what it thinks are few. `found` makes it an inner join again,
#: in words that the planner does not see through.
_SUPERSEDED: LiteralString = """LEFT JOIN (
    SELECT *{also}
    FROM vault.{table} AS version
    WHERE version.{load_ts} <= {moment}
        AND NOT EXISTS (
            SELECT FROM (
                SELECT {distinct}{key}, {version} FROM vault.{table} WHERE {load_ts} <= {moment}{since}
            ) AS later
            WHERE later.{key} = version.{key} AND ({later}) > ({this})
        )
) AS {table} ON {table}.{key} = link.{key}"""

#: The latest row of each parent asked for, by its primary key.
_LOOKUP: LiteralString = """JOIN LATERAL (
    SELECT *{also}
    FROM vault.{table} AS version
    WHERE version.{key} = link.{key} AND version.{load_ts} <= {moment}
    ORDER BY {newest}
    LIMIT 1
) AS {table} ON true"""


def _joins(
    model: Model, feed: Feed, latest: LiteralString, moment: AsOf, also: Computed | None = None
) -> Iterator[SQL]:
    for hub in model.hubs_of(model.grain(feed)):
        yield sql("JOIN vault.{table} ON {table}.{key} = link.{key}", table=ident(hub.table), key=ident(hub.key))
        for satellite in model.satellites_of(feed):
            if satellite.hub_name == hub.name:
                yield _latest(latest, model, hub.key, satellite, moment, (also or {}).get(satellite.name))


def _found(model: Model, feed: Feed) -> SQL:
    """Conditions that each satellite has a row: the last part of `_SUPERSEDED`."""
    return joined(
        "\n",
        (
            sql("    AND ({column} IS NULL) IS NOT TRUE", column=ident(satellite.table, satellite.load_ts))
            for satellite in model.satellites_of(feed)
        ),
    )


def _latest(
    template: LiteralString,
    model: Model,
    key: str,
    part: Satellite | Effectivity,
    moment: AsOf,
    also: Mapping[str, SQL] | None = None,
) -> SQL:
    return sql(
        template,
        key=ident(key),
        table=ident(part.table),
        load_ts=ident(part.load_ts),
        moment=moment.until,
        also=joined(
            "", (sql(", {value} AS {name}", value=value, name=ident(name)) for name, value in (also or {}).items())
        ),
        **_order(template, model, part, moment),
    )


def _order(template: LiteralString, model: Model, satellite: Satellite | Effectivity, moment: AsOf) -> dict[str, SQL]:
    """How a template puts the versions of one parent in order."""
    if template is _LOOKUP:
        return {"newest": newest_first(model, satellite)}
    version = model.version(satellite)
    # Versions with times of their own may follow each other within the first load: any may be the later one.
    applied = model.applied(satellite)
    since = sql(" AND {ts} > {first}", ts=ident(satellite.load_ts), first=moment.first)
    return {
        "version": idents(version),
        "later": joined(", ", (ident("later", column) for column in version)),
        "this": joined(", ", (ident("version", column) for column in version)),
        "since": sql("") if applied else since,
        "distinct": sql("DISTINCT ") if moment.written and not applied else sql(""),
    }
