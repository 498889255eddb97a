"""Feeds that deliver new and changed rows only, several of one key at once, late, in any order.

What such a feed does not deliver stays as it is; a combination ends where its driving key shows
up in another one. Where the feed says from when a row's values hold (`applied`), every version
is kept with that time, since a version that seems to repeat the one before it counts as soon as
another comes between them.
"""

from __future__ import annotations

from skyeng.fingerprint import Method, with_row_hash
from skyeng.hashing import attribute_values, hash_key, hashdiff, key_digest, key_values, zero_key
from skyeng.model import Feed, Hub, Link, Model
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, joined, literal, sql
from skyeng.warehouse import staging
from skyeng.warehouse.history import Moment, rows_as_of
from skyeng.warehouse.inserts import target
from skyeng.warehouse.loads import Load
from skyeng.warehouse.staging import Changes


def find_changes(session: Session, model: Model, feed: Feed) -> Changes:
    """Leave only rows in staging that tell something new, and the keys of the combinations they end."""
    if feed.applied:
        session.execute(_drop_known_versions(model, feed))
        return staging.count_staged(session, feed)
    gone = session.execute(_end_combinations(model, feed)) if model.grain(feed).driving_key else 0
    staging.drop_unchanged(session, feed)
    return staging.count_staged(session, feed, gone=gone)


def restage(session: Session, model: Model, feed: Feed, load: Load, method: Method) -> None:
    """Replace what was delivered by what it changed: rows as the vault gives them back with this load.

    They may be more rows than were delivered, as the rows of a course that was renamed, or fewer,
    as where a version came late.
    """
    staging.clear(session, feed)
    now = rows_as_of(model, feed, Moment.at(model, sql("%(load_ts)s")), keys=_touched(model, feed))
    rows = with_row_hash(now, model, feed, method)
    staged = joined(", ", (ident(column.name) for column in model.feed_columns(feed)))
    session.execute(
        sql(
            """INSERT INTO stage.{feed} ({staged}, row_hash, row_key)
SELECT {staged}, row_hash, row_key
FROM (
    {rows}
) AS now""",
            feed=ident(feed.name),
            staged=staged,
            rows=rows,
        ),
        {"load_ts": load.load_ts},
    )
    gone = session.execute(
        sql(
            """INSERT INTO stage.{gone}
SELECT held.row_key
FROM control.{held} AS held
WHERE held.row_key IN (
    {touched}
) AND NOT EXISTS (SELECT FROM stage.{feed} AS staged WHERE staged.row_key = held.row_key)""",
            gone=ident(feed.gone_table),
            held=ident(feed.rows_table),
            touched=_touched(model, feed),
            feed=ident(feed.name),
        ),
        {"load_ts": load.load_ts},
    )
    staging.drop_unchanged(session, feed)
    staging.register(session, model, feed, load, staging.count_staged(session, feed, gone=gone))


def reaches_further(session: Session, model: Model, feed: Feed, load: Load) -> bool:
    """Whether a load changed what rows say that it did not stage, as the other rows of a course that was renamed."""
    return session.scalar(
        sql(
            """SELECT count(*) > 0
FROM (
    {touched}
) AS touched (row_key)
JOIN control.{held} AS held USING (row_key)
WHERE {unstaged}""",
            touched=_touched(model, feed),
            held=ident(feed.rows_table),
            unstaged=staging.is_unstaged(feed, sql("touched.row_key")),
        ),
        {"load_ts": load.load_ts},
    )


def _touched(model: Model, feed: Feed) -> SQL:
    """Row keys of the combinations that a load changed, or an attribute of theirs."""
    link = model.grain(feed)
    effectivity = link.effectivity
    began = sql(
        "SELECT {key} FROM vault.{effectivity} WHERE {load_ts} = %(load_ts)s",
        key=ident(link.key),
        effectivity=ident(effectivity.table),
        load_ts=ident(effectivity.load_ts),
    )
    described = (
        sql(
            "SELECT {key} FROM vault.{link} WHERE {hub_key} IN "
            "(SELECT {hub_key} FROM vault.{satellite} WHERE {load_ts} = %(load_ts)s)",
            key=ident(link.key),
            link=ident(link.table),
            hub_key=ident(model.hub(satellite.hub_name).key),
            satellite=ident(satellite.table),
            load_ts=ident(satellite.load_ts),
        )
        for satellite in model.satellites_of(feed)
    )
    return joined("\nUNION\n", (began, *described))


def _end_combinations(model: Model, feed: Feed) -> SQL:
    """Active combinations whose driving key was delivered in another one, and only there."""
    link = model.grain(feed)
    return sql(
        """INSERT INTO stage.{gone}
SELECT held.row_key
FROM control.{held} AS held
JOIN vault.{link} AS link ON link.{key} = held.row_key
WHERE {of_link} IN (SELECT {of_staged} FROM stage.{feed} AS staged)
  AND NOT EXISTS (SELECT FROM stage.{feed} AS staged WHERE staged.row_key = held.row_key)""",
        gone=ident(feed.gone_table),
        held=ident(feed.rows_table),
        link=ident(link.table),
        key=ident(link.key),
        of_link=driving_of_link(model, link),
        of_staged=driving_of_staged(model, link),
        feed=ident(feed.name),
    )


def driving_of_staged(model: Model, link: Link) -> SQL:
    """What a staged row's combination is the one and only combination of."""
    hubs = _driving_hubs(model, link)
    return _driving(hubs, [hash_key(key_values(model.business_key(hub))) for hub in hubs], sql("staged.row_key"))


def driving_of_link(model: Model, link: Link) -> SQL:
    """The same of a row of the link's table."""
    hubs = _driving_hubs(model, link)
    return _driving(hubs, [ident("link", hub.key) for hub in hubs], ident("link", link.key))


def _driving_hubs(model: Model, link: Link) -> list[Hub]:
    return [model.hub(name) for name in link.driving_key]


def _driving(hubs: list[Hub], keys: list[SQL], own: SQL) -> SQL:
    """Keys of the driving hubs; where there are none, or all are missing, a combination stands for itself."""
    if not hubs:
        return sql("ARRAY[{own}]", own=own)
    return sql(
        "CASE WHEN ARRAY[{keys}] = ARRAY[{none}] THEN ARRAY[{own}] ELSE ARRAY[{keys}] END",
        keys=joined(", ", keys),
        none=joined(", ", [zero_key()] * len(hubs)),
        own=own,
    )


def _drop_known_versions(model: Model, feed: Feed) -> SQL:
    """Forget staged rows of which the vault holds every part, for the same time."""
    link = model.grain(feed)
    effectivity = link.effectivity
    known = [
        sql(
            """(
    SELECT {is_active} FROM vault.{table}
    WHERE {key} = staged.row_key AND {applied} = staged.applied_ts
    ORDER BY {load_ts} DESC LIMIT 1
)""",
            is_active=ident(effectivity.is_active),
            table=ident(effectivity.table),
            key=ident(link.key),
            applied=ident(effectivity.applied_ts),
            load_ts=ident(effectivity.load_ts),
        )
    ]
    for satellite in model.satellites_of(feed):
        hub = model.hub(satellite.hub_name)
        known.append(
            sql(
                """({first} IS NULL OR (
    SELECT {hashdiff} FROM vault.{table}
    WHERE {key} = {hash_key} AND {applied} = staged.applied_ts
    ORDER BY {load_ts} DESC LIMIT 1
) = {delivered})""",
                first=ident(model.business_key(hub)[0].name),
                hashdiff=ident(satellite.hashdiff),
                table=ident(satellite.table),
                key=ident(hub.key),
                # With their table: within the query, a column of the vault's of the same name would come first.
                hash_key=key_digest(key_values(model.business_key(hub), "staged")),
                applied=ident(satellite.applied_ts),
                load_ts=ident(satellite.load_ts),
                delivered=hashdiff(attribute_values(model.attributes(satellite))),
            )
        )
    return sql(
        "DELETE FROM stage.{feed} AS staged\nWHERE {known}",
        feed=ident(feed.name),
        known=joined("\nAND ", known),
    )


def effectivity_insert(model: Model, link: Link) -> SQL:
    """From when on a combination is active, and from when on no longer, by all that is known now.

    Of each driving key touched, all times at which a combination was seen are put in order: each
    ends the one before it. A later load's word on the same time replaces an earlier one's.
    """
    feed, effectivity = model.feed_of(link), link.effectivity
    return sql(
        """INSERT INTO vault.{effectivity} ({target})
WITH staged AS (
    SELECT {of_staged} AS driving, staged.row_key, staged.applied_ts FROM stage.{feed} AS staged
), stored AS (
    SELECT DISTINCT ON (link.{key}, version.{applied})
        {of_link} AS driving, link.{key} AS row_key, version.{applied} AS applied_ts,
        version.{load_ts} AS load_ts, version.{is_active} AS active
    FROM vault.{link} AS link
    JOIN vault.{effectivity} AS version ON version.{key} = link.{key}
    WHERE {of_link} IN (SELECT driving FROM staged)
    ORDER BY link.{key}, version.{applied}, version.{load_ts} DESC
), seen AS (
    SELECT driving, row_key, applied_ts, load_ts FROM stored WHERE active
    UNION ALL
    SELECT driving, row_key, applied_ts, %(load_ts)s FROM staged
), chosen AS (
    SELECT DISTINCT ON (driving, applied_ts) driving, row_key, applied_ts
    FROM seen
    ORDER BY driving, applied_ts, load_ts DESC
), followed AS (
    SELECT row_key, lead(row_key) OVER later AS next_key, lead(applied_ts) OVER later AS next_ts
    FROM chosen
    WINDOW later AS (PARTITION BY driving ORDER BY applied_ts)
), wanted AS (
    SELECT row_key, applied_ts, true AS active FROM chosen
    UNION
    SELECT row_key, next_ts, false FROM followed WHERE next_key <> row_key
    UNION
    SELECT seen.row_key, applied_ts, false
    FROM seen JOIN chosen USING (driving, applied_ts)
    WHERE seen.row_key <> chosen.row_key
)
SELECT wanted.row_key, %(load_ts)s, {source}, wanted.applied_ts, wanted.active
FROM wanted
LEFT JOIN stored USING (row_key, applied_ts)
WHERE stored.active IS DISTINCT FROM wanted.active""",
        effectivity=ident(effectivity.table),
        target=target(effectivity, link.key, effectivity.applied_ts, effectivity.is_active),
        of_staged=driving_of_staged(model, link),
        feed=ident(feed.name),
        key=ident(link.key),
        applied=ident(effectivity.applied_ts),
        of_link=driving_of_link(model, link),
        load_ts=ident(effectivity.load_ts),
        is_active=ident(effectivity.is_active),
        link=ident(link.table),
        source=literal(model.source),
    )
