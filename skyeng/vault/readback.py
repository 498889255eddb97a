"""Reads the vault back as the denormalised feed: now, as of any time, or version by version.

A missing hub is read as NULL, because the ghost record of the zero key holds NULLs. So every
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
    """Scalar expression: timestamp of the last closed load, or of the last one until the time `at`."""
    return sql(
        """coalesce((
    SELECT max(load_ts) FROM control.loads WHERE model = {model} AND status = 'closed'{at}
), '-infinity')""",
        model=literal(model.name),
        at=sql(" AND load_ts <= {at}", at=at) if at else sql(""),
    )


def first_closed_load(model: Model) -> SQL:
    """Query of the timestamp of the first closed load. No row version is older."""
    return sql(
        "SELECT min(load_ts) FROM control.loads WHERE model = {model} AND status = 'closed'", model=literal(model.name)
    )


@dataclass(frozen=True)
class AsOf:
    """The load timestamp until which row versions count, and that of the first closed load.

    Both are cheap scalar expressions, because a statement repeats them often.
    """

    until: SQL
    first: SQL
    #: Both are literals, so that the planner knows how few rows are later than the first load.
    written: bool = False

    @classmethod
    def last(cls, model: Model) -> AsOf:
        """As of the last closed load, which the statement itself looks up."""
        return cls.at(model, sql("({last})", last=last_closed_load(model)))

    @classmethod
    def at(cls, model: Model, until: SQL) -> AsOf:
        return cls(until, sql("({first})", first=first_closed_load(model)))

    @classmethod
    def known(cls, session: Session, model: Model, until: SQL | None = None) -> AsOf:
        """As of the last closed load, or of `until`. Both timestamps are read now, and become literals."""
        first, last = session.row(
            sql(
                "SELECT ({first})::text, ({last})::text",
                first=first_closed_load(model),
                last=until or last_closed_load(model),
            )
        ) or (None, None)
        return cls(_timestamp(last), _timestamp(first), written=True)


#: Expressions over the columns of a satellite, by the satellite's name, then by the name of the result.
Computed = Mapping[str, Mapping[str, SQL]]


def _timestamp(text: str | None) -> SQL:
    return sql("{text}::timestamptz", text=literal(text or "-infinity"))


def prepare_whole_read(session: Session) -> None:
    """Let the planner order all joins of a full read, which is worth some milliseconds.

    It tries every order of up to 19 tables, which is eight satellites. Each further one takes 2.6 times as long
    (twelve took 8 s), so for more tables the genetic search chooses the order.
    """
    session.execute(
        sql("""SET LOCAL join_collapse_limit = 200;
SET LOCAL from_collapse_limit = 200;
SET LOCAL geqo = on;
SET LOCAL geqo_threshold = 20""")
    )


def prepare_lookups(session: Session) -> None:
    """Keep to the written order of joins again, for lookups of single rows after a full read in one transaction."""
    session.execute(sql("SET LOCAL join_collapse_limit = DEFAULT; SET LOCAL from_collapse_limit = DEFAULT"))


def rows_as_of(model: Model, feed: Feed, moment: AsOf, keys: SQL | None = None, also: Computed | None = None) -> SQL:
    """Query of the feed's active rows as of a load timestamp, with their `row_key`.

    `keys` is a query of row keys: only these rows are read, each by a lookup. Expressions in `also` are computed
    once for each entity, not for each row that contains it.
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
    """Select list of the expressions in `also`."""
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
    """Query of the row versions of the closed loads in (`%(after)s`, `%(upto)s`], from the log of changes.

    Columns: `row_key`, `load_ts`, `row_end_ts` (NULL: not asked for, or no later version), `row_hash` (NULL: the row
    was deleted), then the feed's. A load that touched most rows is read by scans (`whole_load`, one load at a time).
    For small loads, each row's versions are looked up, so that the cost depends on the number of changes.
    Expressions in `also` are computed for each entity. `changes` is a query of `skyeng.vault.change_log`: only these
    changes are read, with their ends.
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
    """Sort order of the versions of one parent, newest first, in a query that calls them `version`."""
    return joined(", ", (sql("{column} DESC", column=ident("version", name)) for name in model.version(part)))


def _columns(model: Model, feed: Feed) -> SQL:
    """Select list that gives vault columns the feed's names, in the feed's order."""
    columns = (
        sql("{column} AS {name}", column=ident(column.owner.table, column.vault_column), name=ident(column.name))
        for column in model.feed_columns(feed)
    )
    return joined(",\n", columns)


#: Join of the latest version of every parent, by hashing. Measured on a million rows: sorting by parent and load
#: takes twice as long, because hash keys come in no order.
#: - A row that supersedes another one is later than the first load (`since`), so only the few rows of later loads are
#:   hashed.
#: - A full read selects these with DISTINCT, though they are distinct anyway, so that each process hashes them itself.
#:   Otherwise PostgreSQL may hash the large table, and one process alone returns the remaining rows (the read took
#:   16 s, and takes 8 s).
#: - The planner never estimates that an outer join returns fewer rows than the link has. For inner joins, it estimates
#:   a third of the rows for each satellite, and chooses nested loops for the few rows that it expects.
#: - `_found` makes it an inner join again, written so that the planner cannot simplify it.
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

#: Join of the latest version of each parent that is asked for, by its primary key.
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
    """Conditions that each satellite has a row. `_SUPERSEDED` needs them."""
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
    """The parts of a template that order the versions of one parent."""
    if template is _LOOKUP:
        return {"newest": newest_first(model, satellite)}
    version = model.version(satellite)
    # With applied dates, one parent may have several versions in the first load: any may be the later one.
    applied = model.applied(satellite)
    since = sql(" AND {ts} > {first}", ts=ident(satellite.load_ts), first=moment.first)
    return {
        "version": idents(version),
        "later": joined(", ", (ident("later", column) for column in version)),
        "this": joined(", ", (ident("version", column) for column in version)),
        "since": sql("") if applied else since,
        "distinct": sql("DISTINCT ") if moment.written and not applied else sql(""),
    }
