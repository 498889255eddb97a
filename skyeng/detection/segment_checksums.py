"""Segment checksums: active rows and source compared by segment, to select the rows that are staged.

The warehouse stores the checksums of its active rows, and each load updates them: a run reads a few numbers a segment
instead of every row. The source's checksums are copied into the warehouse and compared there; none passes through
Python.

**Keys located from checksums.** Where all changes of a segment are at one key, its offset is the quotient of two
differences, and only rows with that key are staged. Else the rows with any key of the segment are staged. If several
keys changed, the quotient is a valid offset by chance once in 2**50 such segments of 16 keys (2**46 for 64 keys);
`verify` would report it. Segments that are wider are staged whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from skyeng.db.pipe import pipe
from skyeng.db.postgres import Session
from skyeng.detection.row_selection import names
from skyeng.detection.segmentation import FIRST_SEGMENT, RowSelection, Segmentation, segment_column, segment_key
from skyeng.model import Feed, Model
from skyeng.sql import SQL, ident, literal, sql

#: Characters of the longest list of keys, about a million keys of eight digits. With a longer list, all rows are
#: staged, because the list passes through Python within statements. All rows are also staged if most are selected.
LONGEST_LIST = 9_000_000
_WORTH_CHOOSING = 10_000

#: Least and most rows of an average segment. Outside of these, the segmentation is reconsidered.
_FEW, _MANY = 4, 64
_SAMPLE = 20_000

_FOUND = sql("pg_temp.found")
_COLUMNS = sql("bucket, row_count, hash_sum, weighted_sum")


@dataclass(frozen=True)
class SegmentDifference:
    """The rows to be staged, and how many active rows the warehouse has."""

    selection: RowSelection
    active_rows: int


# Checksums of the active rows


def recorded_segmentation(session: Session, model: Model, feed: Feed) -> Segmentation | None:
    """The segmentation of the active rows; None where there is none, or one by another segment column."""
    row = session.row(
        sql(
            """SELECT shift, hashed FROM control.cuts
WHERE model = {model} AND feed = {feed} AND placed_by = {placed_by}""",
            placed_by=_placed_by(model, feed),
            **names(model, feed),
        )
    )
    return Segmentation(*row) if row else None


def _placed_by(model: Model, feed: Feed) -> SQL:
    column = segment_column(model, feed)
    return literal(column.name if column else "")


def record_segmentation(session: Session, model: Model, feed: Feed, segmentation: Segmentation) -> None:
    """Record the segmentation, and delete the checksums, which may be of another one."""
    session.empty(ident("control", feed.segments_table))
    session.execute(
        sql(
            """INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ({model}, {feed}, {placed_by}, {shift}, {hashed})
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed)""",
            placed_by=_placed_by(model, feed),
            shift=literal(segmentation.range_bits),
            hashed=literal(segmentation.hash_buckets),
            **names(model, feed),
        )
    )


def prepare(session: Session, model: Model, feed: Feed, known: ChecksumStatistics | None = None) -> Segmentation:
    """The segmentation to compare by. Checksums are computed again where segments became too large or too small."""
    segmentation = recorded_segmentation(session, model, feed) or Segmentation()
    found = known or statistics(session, feed)
    if found.exist and found.fit:
        return segmentation
    wanted = _wanted(session, feed)
    if not found.exist or wanted != segmentation:
        record_segmentation(session, model, feed, wanted)
        session.execute(
            sql(
                "INSERT INTO control.{buckets} ({columns})\n{checksums}",
                buckets=ident(feed.segments_table),
                columns=_COLUMNS,
                checksums=wanted.checksums(
                    sql("SELECT row_hash, row_place FROM control.{rows}", rows=ident(feed.active_rows_table))
                ),
            )
        )
        session.execute(sql("ANALYZE control.{buckets}", buckets=ident(feed.segments_table)))
    return wanted


@dataclass(frozen=True)
class ChecksumStatistics:
    """Whether checksums exist, and whether their segments have a good size."""

    exist: bool
    fit: bool
    #: The rows that they count.
    rows: int


def statistics(session: Session, feed: Feed) -> ChecksumStatistics:
    """Whether there are checksums of the active rows, of how many rows, and whether segments have a good size."""
    placed, rows_placed, hashed, rows_hashed = session.row(
        sql(
            """SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= {first} AS placed, row_count FROM control.{buckets} WHERE row_count > 0
) AS filled""",
            first=literal(FIRST_SEGMENT),
            buckets=ident(feed.segments_table),
        )
    ) or (0, 0, 0, 0)
    fits = _FEW * placed <= rows_placed <= _MANY * placed and rows_hashed <= _MANY * hashed
    return ChecksumStatistics(placed + hashed > 0, fits, int(rows_placed + rows_hashed))


def _wanted(session: Session, feed: Feed) -> Segmentation:
    """The segmentation that suits the active rows."""
    rows = ident(feed.active_rows_table)
    count, placed = session.row(sql("SELECT count(*), count(row_place) FROM control.{rows}", rows=rows)) or (0, 0)
    span = session.scalar(
        sql(
            """SELECT quartiles[2]::numeric - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY row_place) AS quartiles
    FROM control.{rows} TABLESAMPLE BERNOULLI ({percent}) REPEATABLE (0)
) AS sampled""",
            rows=rows,
            percent=literal(max(1, 100 * _SAMPLE // max(count, _SAMPLE))),
        )
    )
    return Segmentation.of(placed, count - placed, None if span is None else int(span))


def update_checksums(session: Session, model: Model, feed: Feed) -> bool:
    """Add the staged changes to the checksums of the active rows. Returns False if there are no checksums.

    Call it before the active rows are changed.
    """
    segmentation = recorded_segmentation(session, model, feed)
    if segmentation is None or not session.scalar(
        sql("SELECT EXISTS (SELECT FROM control.{buckets})", buckets=ident(feed.segments_table))
    ):
        return False
    session.execute(
        sql(
            """INSERT INTO control.{buckets} AS kept ({columns})
SELECT {bucket}, sum(sign), sum(sign * row_hash::numeric), sum(sign * {weighted})
FROM (
    SELECT 1 AS sign, row_hash, {placed} AS row_place FROM stage.{rows}
    UNION ALL
    SELECT -1, held.row_hash, held.row_place
    FROM control.{held} AS held
    WHERE held.row_key IN (SELECT row_key FROM stage.{rows} UNION ALL SELECT row_key FROM stage.{deleted})
) AS changes
GROUP BY 1
ON CONFLICT (bucket) DO UPDATE SET
    row_count = kept.row_count + EXCLUDED.row_count,
    hash_sum = kept.hash_sum + EXCLUDED.hash_sum,
    weighted_sum = kept.weighted_sum + EXCLUDED.weighted_sum""",
            buckets=ident(feed.segments_table),
            columns=_COLUMNS,
            bucket=segmentation.segment(),
            weighted=segmentation.weighted(),
            placed=segment_key(model, feed),
            rows=ident(feed.name),
            held=ident(feed.active_rows_table),
            deleted=ident(feed.deleted_table),
        )
    )
    return True


# Comparison


def differing(
    source: Session, warehouse: Session, feed: Feed, segmentation: Segmentation, rows: SQL, held: SQL | None = None
) -> SegmentDifference:
    """Find the `rows` of the source that may differ from the active rows.

    For a key range, `held` are the active rows within it.
    """
    checksums = (
        segmentation.checksums(held)
        if held
        else sql("SELECT {columns} FROM control.{buckets}", columns=_COLUMNS, buckets=ident(feed.segments_table))
    )
    warehouse.execute(
        sql(
            """DROP TABLE IF EXISTS {found};
CREATE TEMPORARY TABLE found (
    bucket bigint, row_count bigint, hash_sum numeric, weighted_sum numeric
) ON COMMIT DROP""",
            found=_FOUND,
        )
    )
    with pipe(lambda end: source.copy_out(segmentation.checksums(rows), end, binary=True)) as flow:
        warehouse.copy_in(_FOUND, _COLUMNS, flow.reader)
    found = warehouse.row(_difference(checksums, segmentation)) or ("{}", "{}", 0, 0, 0)
    keys, segments, characters, selected, active_rows = found
    everything = characters > LONGEST_LIST or selected > max(active_rows // 2, _WORTH_CHOOSING)
    return SegmentDifference(
        RowSelection(segmentation, everything=True) if everything else RowSelection(segmentation, keys, segments),
        int(active_rows),
    )


def _difference(held: SQL, segmentation: Segmentation) -> SQL:
    """Statement: segment keys and segments that differ, characters of the list of keys, rows selected, active rows.

    A list that is too long is left empty.
    """
    return sql(
        """WITH compared AS MATERIALIZED (
    SELECT
        bucket,
        coalesce(held.row_count, 0) AS held,
        coalesce(found.row_count, 0) - coalesce(held.row_count, 0) AS came,
        coalesce(found.hash_sum, 0) - coalesce(held.hash_sum, 0) AS hash_sum,
        coalesce(found.weighted_sum, 0) - coalesce(held.weighted_sum, 0) AS weighted_sum
    FROM (
        {held}
    ) AS held
    FULL JOIN {found} AS found USING (bucket)
), differing AS (
    SELECT bucket, greatest(held, held + came) AS row_count, hash_sum, weighted_sum * {unit} AS weighted_sum,
        CASE
            WHEN {told} AND bucket >= {first} AND abs(hash_sum) > 1099511627776
            THEN round(weighted_sum * {unit} / hash_sum)
        END AS within
    FROM compared
    WHERE came <> 0 OR hash_sum <> 0 OR weighted_sum <> 0
), told AS (
    SELECT bucket, row_count, (bucket << {shift}) + within::bigint AS place
    FROM differing
    WHERE within BETWEEN 0 AND {last} AND abs(weighted_sum - within * hash_sum) <= 4 * {unit} * within
), untold AS (
    SELECT bucket, row_count, {told} AND bucket >= {first} AS listed
    FROM differing
    WHERE bucket NOT IN (SELECT bucket FROM told)
), places AS (
    SELECT place FROM told
    UNION ALL
    SELECT (bucket << {shift}) + within FROM untold CROSS JOIN generate_series(0, {most}) AS within WHERE listed
), list AS MATERIALIZED (
    SELECT coalesce(sum(length(place::text) + 1), 0) AS characters FROM places
)
SELECT
    (SELECT coalesce(array_agg(place), ARRAY[]::bigint[])::text FROM places
        WHERE (SELECT characters FROM list) <= {longest}),
    (SELECT coalesce(array_agg(bucket) FILTER (WHERE NOT listed), ARRAY[]::bigint[])::text FROM untold),
    (SELECT characters FROM list),
    (SELECT count(*) FROM told) + (SELECT coalesce(sum(row_count), 0) FROM untold),
    (SELECT coalesce(sum(held), 0) FROM compared)""",
        held=held,
        found=_FOUND,
        unit=literal(segmentation.unit),
        told=literal(segmentation.locates_keys),
        longest=literal(LONGEST_LIST),
        first=literal(FIRST_SEGMENT),
        shift=literal(segmentation.range_bits),
        last=literal(segmentation.last_offset),
        most=literal(segmentation.last_offset if segmentation.locates_keys else 0),
    )
