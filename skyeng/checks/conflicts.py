"""Finds staged rows that conflict with active rows that stay as they are.

A row that changes an entity's attributes does so for all rows of that entity. If one of them was not
staged, the source still delivers the old attributes there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from skyeng.db.postgres import Session
from skyeng.detection.active_rows import select_active_rows
from skyeng.detection.key_range import KeyRanges
from skyeng.detection.segmentation import segment_column, segment_key
from skyeng.hashing.hash_keys import attribute_values, hashdiff, key_digest, key_values
from skyeng.model import Feed, Hub, Link, Model, Satellite
from skyeng.sql import FENCE, SQL, ident, literal, sql
from skyeng.vault.bad_rows import SHOWN, as_text
from skyeng.vault.driving_keys import driving_of_link, driving_of_staged
from skyeng.vault.inserts import KeyProfile, one_row_each, vault_hashdiff
from skyeng.vault.staging import is_unstaged


def conflicts_with_active_rows(
    session: Session, model: Model, feed: Feed, key_profile: KeyProfile, key_ranges: KeyRanges | None
) -> Iterator[SQL]:
    """Statements that give (reason, row) of staged rows that conflict with active rows that are not staged.

    The entities that change are found first: few runs change an entity that many rows contain. If all rows of an
    entity have the same segment key, and all rows with that key are staged, the entity is not looked up.
    """
    alone = segment_column(model, feed) and not session.scalar(_any_beside(model, feed))
    yield from driving_keys_of_active_rows(model, feed, alone=bool(alone))
    satellites = [
        satellite
        for satellite in model.satellites_of(feed)
        if not (alone and _has_segment_key(model, feed, model.hub(satellite.hub_name)))
    ]
    changed = keep_changed(session, model, feed, satellites, key_profile)
    yield from (_in_conflict(model, feed, satellite, key_ranges) for satellite in changed)


def driving_keys_of_active_rows(model: Model, feed: Feed, *, alone: bool) -> Iterator[SQL]:
    """Statement that gives (reason, row) of staged rows whose driving key has another relationship that stays active.

    There is none where the link has no driving key. Nor is there one where the driving key is the segment key, and
    staged rows are `alone`: no active row that is not staged has their segment key.
    """
    link = model.grain(feed)
    if not link.driving_key or (alone and all(_has_segment_key(model, feed, model.hub(it)) for it in link.driving_key)):
        return
    yield sql(
        """SELECT {reason}, {row}
FROM stage.{feed} AS staged
WHERE {of_staged} IN (
    SELECT {of_link}
    FROM vault.{link} AS link
    JOIN control.{rows} AS held ON held.row_key = link.{key}
    WHERE {unstaged}
)
LIMIT {shown}""",
        reason=literal(another_relationship(feed, link)),
        row=as_text(model, feed),
        feed=ident(feed.name),
        of_staged=driving_of_staged(model, link),
        of_link=driving_of_link(model, link),
        link=ident(link.table),
        key=ident(link.key),
        rows=ident(feed.active_rows_table),
        unstaged=is_unstaged(feed, sql("held.row_key")),
        shown=literal(SHOWN + 1),
    )


def another_relationship(feed: Feed, link: Link) -> str:
    """The reason why two rows of the same driving key cannot be loaded."""
    at_once = " for one time" if feed.applied else ""
    driving = ", ".join(link.driving_key)
    return f"the feed delivers more than one relationship of this {driving}{at_once}: '{link.name}' has one at a time"


def _any_beside(model: Model, feed: Feed) -> SQL:
    """Statement that is true if an active row that stays as it is has the segment key of a staged row."""
    return sql(
        """SELECT count(*) > 0
FROM (
    SELECT held.row_key
    FROM (SELECT {place} AS place FROM stage.{feed}) AS staged
    JOIN control.{rows} AS held ON held.row_place = staged.place
    {fence}
) AS beside
WHERE {unstaged}""",
        fence=FENCE,
        unstaged=is_unstaged(feed, sql("beside.row_key")),
        place=segment_key(model, feed),
        feed=ident(feed.name),
        rows=ident(feed.active_rows_table),
    )


def keep_changed(
    session: Session, model: Model, feed: Feed, satellites: Sequence[Satellite], key_profile: KeyProfile
) -> list[Satellite]:
    """Record the entities whose staged attributes are not the latest known, and return the satellites that have any."""
    session.execute(
        sql("""DROP TABLE IF EXISTS pg_temp.changed;
CREATE TEMPORARY TABLE changed (satellite text, hash_key uuid, staged tid) ON COMMIT DROP""")
    )
    changed = [it for it in satellites if session.execute(_keep_changed(model, feed, it, key_profile))]
    if changed:
        # Without statistics, the planner expects a small table, and would scan staging for each row of it.
        session.execute(sql("ANALYZE pg_temp.changed"))
    return changed


def _keep_changed(model: Model, feed: Feed, satellite: Satellite, key_profile: KeyProfile) -> SQL:
    hub = model.hub(satellite.hub_name)
    return sql(
        """INSERT INTO pg_temp.changed
SELECT {name}, delivered.hash_key, delivered.place
FROM (
    SELECT {hash_key} AS hash_key, {hashdiff} AS hashdiff, ctid AS place
    FROM stage.{feed}
    WHERE {representatives}
    {fence}
) AS delivered
JOIN LATERAL (
    SELECT {known} AS hashdiff FROM vault.{satellite} AS version
    WHERE version.{key} = delivered.hash_key ORDER BY {load_ts} DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff""",
        fence=FENCE,
        name=literal(satellite.name),
        hash_key=key_digest(key_values(model.business_key(hub))),
        hashdiff=hashdiff(attribute_values(model.attributes(satellite))),
        feed=ident(feed.name),
        representatives=one_row_each(model, hub, feed, {feed.name: key_profile}, ident("stage", feed.name)),
        known=vault_hashdiff(model, satellite),
        satellite=ident(satellite.table),
        key=ident(hub.key),
        load_ts=ident(satellite.load_ts),
    )


def _in_conflict(model: Model, feed: Feed, satellite: Satellite, key_ranges: KeyRanges | None) -> SQL:
    """Statement that gives (reason, row) of staged rows that change an entity, while other rows of it are not staged.

    Fenced twice: the planner cannot know that few rows are of a changed entity, and that fewer are unstaged.
    """
    return sql(
        """WITH contradicted AS MATERIALIZED (
    SELECT DISTINCT unstaged.staged AS changing
    FROM (
        SELECT rows.row_key, rows.staged
        FROM (
            {rows}
            {fence}
        ) AS rows
        WHERE {unstaged}
        {fence}
    ) AS unstaged
    WHERE (
        SELECT true
        FROM (
            {held}
        ) AS held
        WHERE held.row_key = unstaged.row_key
    )
    LIMIT {shown}
)
SELECT {reason}, {row}
FROM contradicted
JOIN stage.{feed} AS staged ON staged.ctid = contradicted.changing""",
        fence=FENCE,
        reason=literal(f"changes '{satellite.name}' here, while other rows of the same '{satellite.hub_name}' do not"),
        row=as_text(model, feed),
        feed=ident(feed.name),
        rows=_rows_of_changed(model, feed, satellite),
        unstaged=is_unstaged(feed, sql("rows.row_key")),
        held=select_active_rows(model, feed, key_ranges),
        shown=literal(SHOWN + 1),
    )


def _rows_of_changed(model: Model, feed: Feed, satellite: Satellite) -> SQL:
    """Query of the rows of changed entities: by segment key if all rows of an entity have one, else from the link."""
    hub = model.hub(satellite.hub_name)
    if _has_segment_key(model, feed, hub):
        return sql(
            """SELECT held.row_key, changed.staged
FROM pg_temp.changed
JOIN (SELECT ctid, {place} AS place FROM stage.{feed}) AS changing ON changing.ctid = changed.staged
JOIN control.{rows} AS held ON held.row_place = changing.place
WHERE changed.satellite = {name}""",
            place=segment_key(model, feed),
            feed=ident(feed.name),
            rows=ident(feed.active_rows_table),
            name=literal(satellite.name),
        )
    link = model.grain(feed)
    return sql(
        """SELECT link.{link_key} AS row_key, changed.staged
FROM vault.{link} AS link
JOIN pg_temp.changed ON changed.hash_key = link.{key}
WHERE changed.satellite = {name}""",
        link=ident(link.table),
        link_key=ident(link.key),
        key=ident(hub.key),
        name=literal(satellite.name),
    )


def _has_segment_key(model: Model, feed: Feed, hub: Hub) -> bool:
    """Whether an entity's rows are those with one segment key."""
    column = segment_column(model, feed)
    return column is not None and model.business_key(hub) == (column,)
