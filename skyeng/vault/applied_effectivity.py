"""Effectivity of a link whose feed has applied dates: versions may arrive late and in any order."""

from __future__ import annotations

from skyeng.model import Link, Model
from skyeng.sql import SQL, ident, literal, sql
from skyeng.vault.driving_keys import driving_of_link, driving_of_staged
from skyeng.vault.inserts import target


def effectivity_insert(model: Model, link: Link) -> SQL:
    """Statement that inserts the applied dates at which relationships begin and end, by all versions known now.

    For each staged driving key, all versions of its relationships are ordered by applied date. Each relationship
    ends the one before it. If two loads deliver the same applied date, the later load's version counts.
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
