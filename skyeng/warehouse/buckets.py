"""What the warehouse holds by bucket, compared with what the source has; which rows are to be staged.

Fingerprints never leave the two servers: the source's flow into the warehouse and are compared
there. What Python holds is the answer: at most a number a bucket, whatever the table's size.

**Rows named by their hash.** Where a bucket differs by one row only, the difference of the two sums
is that row's hash, and proves it by falling into the bucket. Such a row alone is staged, and not
the bucket's others; a row that went needs no staging at all. That three or more rows of one bucket
look like a single one is possible, about once in `total` such buckets; so what was named is looked
for, and where it is not found the bucket is staged whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from skyeng.errors import StagingLost
from skyeng.fingerprint import Selection, bucket, bucket_of, fingerprints
from skyeng.model import Feed, Model
from skyeng.pipe import pipe
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, literal, sql
from skyeng.warehouse.loads import Load

#: With more single rows than this, all buckets that differ are staged whole.
MOST_NAMED = 200_000

#: Loads that tell how much usually changes.
_RECENT = 5

_FOUND = sql("pg_temp.found")


@dataclass(frozen=True)
class Difference:
    """The rows that are to be staged, and how many the warehouse holds."""

    selection: Selection
    rows_held: int


def expected_size(session: Session, feed: Feed) -> tuple[int, int]:
    """How many rows the warehouse holds as active, and how many a load touched lately, at most.

    From the register of loads: the figures decide how fine the comparison is, not what it finds.
    """
    row = session.row(
        sql(
            """SELECT coalesce((array_agg(rows_active ORDER BY load_id DESC))[1], 0), coalesce(max(touched), 0)
FROM (
    SELECT load_id, rows_active,
        CASE WHEN rows_active > rows_new THEN rows_new + rows_changed + rows_gone END AS touched
    FROM control.load_feeds JOIN control.loads USING (load_id)
    WHERE feed = {feed} AND status = 'closed'
    ORDER BY load_id DESC
    LIMIT {recent}
) AS recent""",
            feed=literal(feed.name),
            recent=literal(_RECENT),
        )
    )
    rows, touched = row or (0, 0)
    return rows, touched


def differing(source: Session, warehouse: Session, rows: SQL, held: SQL, total: int) -> Difference:
    """Which of `total` buckets of the source's `rows` are not as those that the warehouse has `held`."""
    warehouse.execute(
        sql(
            """DROP TABLE IF EXISTS {found};
CREATE TEMPORARY TABLE found (bucket integer, row_count bigint, hash_sum numeric) ON COMMIT DROP""",
            found=_FOUND,
        )
    )
    with pipe(lambda end: source.copy_out(fingerprints(rows, total), end, binary=True)) as flow:
        warehouse.copy_in(_FOUND, sql("bucket, row_count, hash_sum"), flow.reader)
    added, removed, mixed, rows_held = warehouse.row(_difference(held, total)) or ([], [], [], 0)
    if len(added) + len(removed) > MOST_NAMED:
        added, removed, mixed = [], [], mixed + [bucket_of(hash_, total) for hash_ in added + removed]
    if len(mixed) > total // 2:
        return Difference(Selection(total), int(rows_held))
    return Difference(Selection.of(mixed, total, tuple(added), tuple(removed)), int(rows_held))


def _difference(held: SQL, total: int) -> SQL:
    """Statement: hashes of single rows that came and that went, buckets with more differences, rows held."""
    return sql(
        """WITH compared AS MATERIALIZED (
    SELECT
        bucket,
        coalesce(held.row_count, 0) AS held,
        coalesce(found.row_count, 0) - coalesce(held.row_count, 0) AS came,
        coalesce(found.hash_sum, 0) - coalesce(held.hash_sum, 0) AS hash_sum
    FROM (
        {held}
    ) AS held
    FULL JOIN {found} AS found USING (bucket)
), named AS (
    SELECT bucket, came, CASE
        WHEN abs(came) = 1 AND came * hash_sum BETWEEN {lowest} AND {highest} THEN (came * hash_sum)::bigint
    END AS row_hash
    FROM compared
    WHERE came <> 0 OR hash_sum <> 0
), proved AS (
    SELECT bucket, came, row_hash, {own} IS NOT DISTINCT FROM bucket AS single FROM named
)
SELECT
    coalesce(array_agg(row_hash) FILTER (WHERE single AND came = 1), ARRAY[]::bigint[]),
    coalesce(array_agg(row_hash) FILTER (WHERE single AND came = -1), ARRAY[]::bigint[]),
    coalesce(array_agg(bucket) FILTER (WHERE NOT single), ARRAY[]::integer[]),
    (SELECT coalesce(sum(held), 0) FROM compared)
FROM proved""",
        found=_FOUND,
        held=fingerprints(held, total),
        lowest=literal(-(2**63)),
        highest=literal(2**63 - 1),
        own=bucket(total),
    )


def was_found(warehouse: Session, feed: Feed, selection: Selection) -> bool:
    """Whether every row that was named by its hash was staged, or is one that the warehouse holds."""
    named = (("stage", feed.name, selection.added), ("control", feed.rows_table, selection.removed))
    return all(_are_there(warehouse, ident(schema, table), hashes) for schema, table, hashes in named if hashes)


def _are_there(session: Session, table: SQL, hashes: tuple[int, ...]) -> bool:
    found = session.scalar(
        sql("SELECT count(DISTINCT row_hash) FROM {table} WHERE row_hash = ANY(%(hashes)s)", table=table),
        {"hashes": list(hashes)},
    )
    return found == len(set(hashes))


def keep_selection(
    session: Session, model: Model, feed: Feed, load: Load, selection: Selection, rows_held: int = 0
) -> None:
    """Note for which load staging is, and which rows of the feed are staged."""
    session.execute(
        sql(
            """INSERT INTO stage.selections (model, feed, load_id, buckets, bitmap, added, removed, rows_held)
VALUES (
    {model}, {feed}, %(load_id)s, %(total)s, %(bitmap)s, %(added)s::bigint[], %(removed)s::bigint[], %(rows_held)s
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, buckets, bitmap, added, removed, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.buckets, EXCLUDED.bitmap, EXCLUDED.added, EXCLUDED.removed, EXCLUDED.rows_held)""",
            **names(model, feed),
        ),
        {
            "load_id": load.load_id,
            "total": selection.total,
            "bitmap": selection.bitmap,
            "added": list(selection.added),
            "removed": list(selection.removed),
            "rows_held": rows_held,
        },
    )


def kept_selection(session: Session, model: Model, feed: Feed, load: Load) -> Selection:
    """Which rows of the feed are staged for a load.

    Raises `StagingLost` where they are another's, or gone: staging is not logged, and a server
    that crashes comes back with it empty. An empty staging would look as if every row had vanished.
    """
    row = session.row(
        sql(
            """SELECT buckets, bitmap, added, removed FROM stage.selections
WHERE model = {model} AND feed = {feed} AND load_id = %(load_id)s""",
            **names(model, feed),
        ),
        {"load_id": load.load_id},
    )
    if row is None:
        raise StagingLost(
            f"what load {load.load_id} staged is gone",
            where=f"stage.{feed.name}",
            expected="rows that its first steps left; a server that recovers from a crash empties staging",
            remedy="run again from the first step (in Airflow: clear e_from_pg_datawarehouse); nothing is lost",
        )
    total, bitmap, added, removed = row
    return Selection(total, None if bitmap is None else bytes(bitmap), tuple(added), tuple(removed))


def names(model: Model, feed: Feed) -> dict[str, SQL]:
    """A feed as the registers know it: parts for a statement."""
    return {"model": literal(model.name), "feed": literal(feed.name)}
