"""Feeds that deliver new and changed rows only. Rows of one key may come several at once, late, and in any order.

A row that such a feed does not deliver stays as it is. A relationship ends if its driving key is delivered in another
relationship. If the feed says from when a row's values are valid (`applied`), every version is stored with that time.
A version that repeats the previous one is stored too: it counts as soon as another version comes between them.
"""

from __future__ import annotations

from skyeng.control import feed_changes
from skyeng.control.feed_changes import Changes
from skyeng.control.loads import Load
from skyeng.db.postgres import Session
from skyeng.detection import full_compare
from skyeng.hashing.checksums import Method, with_row_hash
from skyeng.hashing.hash_keys import attribute_values, hashdiff, key_digest, key_values
from skyeng.model import Feed, Model
from skyeng.sql import SQL, ident, joined, sql
from skyeng.vault import staging
from skyeng.vault.driving_keys import driving_of_link, driving_of_staged
from skyeng.vault.readback import AsOf, rows_as_of


def find_changes(session: Session, model: Model, feed: Feed) -> Changes:
    """Leave only new and changed rows in staging, and stage the keys of the relationships that they end."""
    if feed.applied:
        session.execute(_drop_known_versions(model, feed))
        return full_compare.count_staged(session, feed)
    deleted = session.execute(_end_relationships(model, feed)) if model.grain(feed).driving_key else 0
    full_compare.drop_unchanged(session, feed)
    return full_compare.count_staged(session, feed, deleted=deleted)


def restage(session: Session, model: Model, feed: Feed, load: Load, method: Method) -> None:
    """Replace the delivered rows in staging by the rows that they changed, as the vault returns them with this load.

    There may be more of them than were delivered, such as all rows of a renamed product. There may also be fewer, for
    example if a version came late.
    """
    staging.clear(session, feed)
    now = rows_as_of(model, feed, AsOf.at(model, sql("%(load_ts)s")), keys=_touched(model, feed))
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
    deleted = session.execute(
        sql(
            """INSERT INTO stage.{deleted}
SELECT held.row_key
FROM control.{held} AS held
WHERE held.row_key IN (
    {touched}
) AND NOT EXISTS (SELECT FROM stage.{feed} AS staged WHERE staged.row_key = held.row_key)""",
            deleted=ident(feed.deleted_table),
            held=ident(feed.active_rows_table),
            touched=_touched(model, feed),
            feed=ident(feed.name),
        ),
        {"load_ts": load.load_ts},
    )
    full_compare.drop_unchanged(session, feed)
    feed_changes.register(session, model, feed, load, full_compare.count_staged(session, feed, deleted=deleted))


def reaches_further(session: Session, model: Model, feed: Feed, load: Load) -> bool:
    """Whether a load changed values of rows that it did not stage, such as the other rows of a renamed product."""
    return session.scalar(
        sql(
            """SELECT count(*) > 0
FROM (
    {touched}
) AS touched (row_key)
JOIN control.{held} AS held USING (row_key)
WHERE {unstaged}""",
            touched=_touched(model, feed),
            held=ident(feed.active_rows_table),
            unstaged=staging.is_unstaged(feed, sql("touched.row_key")),
        ),
        {"load_ts": load.load_ts},
    )


def _touched(model: Model, feed: Feed) -> SQL:
    """Query of the row keys of relationships that a load changed, or whose attributes it changed."""
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


def _end_relationships(model: Model, feed: Feed) -> SQL:
    """Statement that stages the keys of active relationships whose driving key was delivered only in another one."""
    link = model.grain(feed)
    return sql(
        """INSERT INTO stage.{deleted}
SELECT held.row_key
FROM control.{held} AS held
JOIN vault.{link} AS link ON link.{key} = held.row_key
WHERE {of_link} IN (SELECT {of_staged} FROM stage.{feed} AS staged)
  AND NOT EXISTS (SELECT FROM stage.{feed} AS staged WHERE staged.row_key = held.row_key)""",
        deleted=ident(feed.deleted_table),
        held=ident(feed.active_rows_table),
        link=ident(link.table),
        key=ident(link.key),
        of_link=driving_of_link(model, link),
        of_staged=driving_of_staged(model, link),
        feed=ident(feed.name),
    )


def _drop_known_versions(model: Model, feed: Feed) -> SQL:
    """Statement that deletes staged rows of which the vault has every part with the same applied date."""
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
                # Qualified: inside the subquery, a column of the vault with the same name would take precedence.
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
