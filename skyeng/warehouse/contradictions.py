"""Staged rows that contradict rows that stay as they are: statements that find them."""

from __future__ import annotations

from collections.abc import Iterator

from skyeng.hashing import digest, values
from skyeng.model import Feed, Model, Satellite
from skyeng.part import Part
from skyeng.sql import SQL, ident, joined, literal, sql
from skyeng.warehouse.inserts import Standing, one_row_each, vault_hashdiff
from skyeng.warehouse.staging import held_rows

#: Rows shown of each fault, and how a row is shown.
SHOWN = 5
AS_TEXT = sql("jsonb_strip_nulls(to_jsonb(staged) - 'row_hash' - 'row_key')::text")


def any_contradiction_with_held(model: Model, feed: Feed, standing: Standing, part: Part | None) -> SQL:
    """Statement that is true if `contradictions_with_held` gives any row: one look at the link, for all satellites."""
    link = model.grain(feed)
    changed = (
        sql(
            "link.{key} IN (\n    SELECT hash_key FROM (\n        {changed}\n    ) AS changed\n)",
            key=ident(model.hub(satellite.hub_name).key),
            changed=_changed(model, feed, satellite, standing),
        )
        for satellite in model.satellites_of(feed)
    )
    # Fenced twice: the planner cannot know that few combinations are of a changed entity, and fewer unstaged.
    return sql(
        """SELECT count(*) > 0
FROM (
    SELECT changed.row_key
    FROM (
        SELECT link.{key} AS row_key
        FROM vault.{link} AS link
        WHERE {changed}
        OFFSET 0
    ) AS changed
    WHERE NOT EXISTS (SELECT FROM stage.{feed} AS staged WHERE staged.row_key = changed.row_key)
      AND NOT EXISTS (SELECT FROM stage.{gone} AS gone WHERE gone.row_key = changed.row_key)
    OFFSET 0
) AS unstaged
WHERE (
    SELECT true
    FROM (
        {held}
    ) AS held
    WHERE held.row_key = unstaged.row_key
)""",
        key=ident(link.key),
        link=ident(link.table),
        changed=joined("\nOR ", changed),
        feed=ident(feed.name),
        gone=ident(feed.gone_table),
        held=held_rows(model, feed, part),
    )


def _changed(model: Model, feed: Feed, satellite: Satellite, standing: Standing) -> SQL:
    """Entities whose staged attributes are not the latest known: hash key, and a staged row's place."""
    hub = model.hub(satellite.hub_name)
    return sql(
        """SELECT delivered.hash_key, delivered.place
FROM (
    SELECT {hash_key} AS hash_key, {hashdiff} AS hashdiff, ctid AS place
    FROM stage.{feed}
    WHERE {representatives}
    OFFSET 0
) AS delivered
JOIN LATERAL (
    SELECT {known} AS hashdiff FROM vault.{satellite} AS version
    WHERE version.{key} = delivered.hash_key ORDER BY {load_ts} DESC LIMIT 1
) AS latest ON latest.hashdiff <> delivered.hashdiff""",
        hash_key=digest(values(model.business_key(hub))),
        hashdiff=digest(values(model.attributes(satellite))),
        feed=ident(feed.name),
        representatives=one_row_each(model, hub, feed, {feed.name: standing}, ident("stage", feed.name)),
        known=vault_hashdiff(model, satellite),
        satellite=ident(satellite.table),
        key=ident(hub.key),
        load_ts=ident(satellite.load_ts),
    )


def contradictions_with_held(model: Model, feed: Feed, standing: Standing, part: Part | None) -> Iterator[SQL]:
    """Statements that give (reason, row) of staged rows that contradict rows that stay as they are.

    A row that changes an entity's attributes speaks for all rows of that entity. If one of
    them was not staged, the source still gives the old attributes there.
    """
    link = model.grain(feed)
    for satellite in model.satellites_of(feed):
        hub = model.hub(satellite.hub_name)
        yield sql(
            """WITH changed AS MATERIALIZED (
    {changed}
), contradicted AS (
    SELECT DISTINCT changed.place
    FROM changed
    JOIN vault.{link} AS link ON link.{key} = changed.hash_key
    JOIN (
        {held}
    ) AS held ON held.row_key = link.{link_key}
    WHERE NOT EXISTS (SELECT FROM stage.{feed} AS staged WHERE staged.row_key = held.row_key)
      AND NOT EXISTS (SELECT FROM stage.{gone} AS gone WHERE gone.row_key = held.row_key)
    LIMIT {shown}
)
SELECT {reason}, {row}
FROM contradicted
JOIN stage.{feed} AS staged ON staged.ctid = contradicted.place""",
            changed=_changed(model, feed, satellite, standing),
            feed=ident(feed.name),
            key=ident(hub.key),
            row=AS_TEXT,
            reason=literal(f"changes '{satellite.name}' here, while other rows of the same '{hub.name}' do not"),
            link=ident(link.table),
            link_key=ident(link.key),
            held=held_rows(model, feed, part),
            gone=ident(feed.gone_table),
            shown=literal(SHOWN + 1),
        )
