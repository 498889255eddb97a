"""What the warehouse holds by bucket, compared with what the source has; which rows are to be staged.

Fingerprints of what the warehouse holds are kept and changed by each load, so that a run reads a number a bucket
and not every row. The source's flow into the warehouse and are compared there: they never pass through Python.

**Places told from sums.** Where all that differs in a bucket differs at one place, that place is the quotient of
two differences, and rows of this place alone are staged. Of another bucket all places are staged. Where several
differ, the quotient is a place by chance once in 2**50 such buckets of 16 places, once in 2**46 of 64; `verify` would
tell. Wider buckets are staged whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from skyeng.db.pipe import pipe
from skyeng.db.postgres import Session
from skyeng.detection.row_selection import names
from skyeng.detection.segmentation import FIRST_PLACED, Cut, Selection, place, place_column
from skyeng.model import Feed, Model
from skyeng.sql import SQL, ident, literal, sql

#: Characters of the longest list of places, a million places of eight digits: with more to look for, all rows are
#: staged. The list passes through Python, within statements. So is a table staged of which most rows would be.
LONGEST_LIST = 9_000_000
_WORTH_CHOOSING = 10_000

#: Rows a bucket, on average, at which the cut is thought over.
_FEW, _MANY = 4, 64
_SAMPLE = 20_000

_FOUND = sql("pg_temp.found")
_COLUMNS = sql("bucket, row_count, hash_sum, weighted_sum")


@dataclass(frozen=True)
class Difference:
    """The rows that are to be staged, and how many the warehouse holds."""

    selection: Selection
    rows_held: int


# What the warehouse holds, by bucket


def kept_cut(session: Session, model: Model, feed: Feed) -> Cut | None:
    """How the rows that the warehouse holds are cut; None where it holds none, or rows with other places or without."""
    row = session.row(
        sql(
            """SELECT shift, hashed FROM control.cuts
WHERE model = {model} AND feed = {feed} AND placed_by = {placed_by}""",
            placed_by=_placed_by(model, feed),
            **names(model, feed),
        )
    )
    return Cut(*row) if row else None


def _placed_by(model: Model, feed: Feed) -> SQL:
    column = place_column(model, feed)
    return literal(column.name if column else "")


def keep_cut(session: Session, model: Model, feed: Feed, cut: Cut) -> None:
    """Note how the rows are cut; their fingerprints are forgotten, since they may be of another cut."""
    session.empty(ident("control", feed.buckets_table))
    session.execute(
        sql(
            """INSERT INTO control.cuts (model, feed, placed_by, shift, hashed)
VALUES ({model}, {feed}, {placed_by}, {shift}, {hashed})
ON CONFLICT (model, feed) DO UPDATE
SET (placed_by, shift, hashed) = (EXCLUDED.placed_by, EXCLUDED.shift, EXCLUDED.hashed)""",
            placed_by=_placed_by(model, feed),
            shift=literal(cut.shift),
            hashed=literal(cut.hashed),
            **names(model, feed),
        )
    )


def ready(session: Session, model: Model, feed: Feed, known: Filled | None = None) -> Cut:
    """The cut to compare by, with its fingerprints: made anew where buckets have become too large or too small."""
    cut = kept_cut(session, model, feed) or Cut()
    found = known or filled(session, feed)
    if found.built and found.fits:
        return cut
    wanted = _wanted(session, feed)
    if not found.built or wanted != cut:
        keep_cut(session, model, feed, wanted)
        session.execute(
            sql(
                "INSERT INTO control.{buckets} ({columns})\n{fingerprints}",
                buckets=ident(feed.buckets_table),
                columns=_COLUMNS,
                fingerprints=wanted.fingerprints(
                    sql("SELECT row_hash, row_place FROM control.{rows}", rows=ident(feed.rows_table))
                ),
            )
        )
        session.execute(sql("ANALYZE control.{buckets}", buckets=ident(feed.buckets_table)))
    return wanted


@dataclass(frozen=True)
class Filled:
    """What the fingerprints say of themselves."""

    #: Whether there are any.
    built: bool
    #: Whether their buckets have a good size.
    fits: bool
    #: Rows that they count.
    rows: int


def filled(session: Session, feed: Feed) -> Filled:
    """Whether there are fingerprints, whether their buckets have a good size, and of how many rows they are."""
    placed, rows_placed, hashed, rows_hashed = session.row(
        sql(
            """SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= {first} AS placed, row_count FROM control.{buckets} WHERE row_count > 0
) AS filled""",
            first=literal(FIRST_PLACED),
            buckets=ident(feed.buckets_table),
        )
    ) or (0, 0, 0, 0)
    fits = _FEW * placed <= rows_placed <= _MANY * placed and rows_hashed <= _MANY * hashed
    return Filled(placed + hashed > 0, fits, int(rows_placed + rows_hashed))


def _wanted(session: Session, feed: Feed) -> Cut:
    """The cut that suits the rows that the warehouse holds."""
    rows = ident(feed.rows_table)
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
    return Cut.of(placed, count - placed, None if span is None else int(span))


def carry_changes(session: Session, model: Model, feed: Feed) -> bool:
    """Bring the fingerprints from what is held to what will be; whether there are any.

    To be called before what is held is changed.
    """
    cut = kept_cut(session, model, feed)
    if cut is None or not session.scalar(
        sql("SELECT EXISTS (SELECT FROM control.{buckets})", buckets=ident(feed.buckets_table))
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
    WHERE held.row_key IN (SELECT row_key FROM stage.{rows} UNION ALL SELECT row_key FROM stage.{gone})
) AS changes
GROUP BY 1
ON CONFLICT (bucket) DO UPDATE SET
    row_count = kept.row_count + EXCLUDED.row_count,
    hash_sum = kept.hash_sum + EXCLUDED.hash_sum,
    weighted_sum = kept.weighted_sum + EXCLUDED.weighted_sum""",
            buckets=ident(feed.buckets_table),
            columns=_COLUMNS,
            bucket=cut.bucket(),
            weighted=cut.weighted(),
            placed=place(model, feed),
            rows=ident(feed.name),
            held=ident(feed.rows_table),
            gone=ident(feed.gone_table),
        )
    )
    return True


# The comparison


def differing(
    source: Session, warehouse: Session, feed: Feed, cut: Cut, rows: SQL, held: SQL | None = None
) -> Difference:
    """Which of the source's `rows` may not be as the warehouse holds them.

    Of a part of the rows, `held` are those that the warehouse holds of it.
    """
    fingerprints = (
        cut.fingerprints(held)
        if held
        else sql("SELECT {columns} FROM control.{buckets}", columns=_COLUMNS, buckets=ident(feed.buckets_table))
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
    with pipe(lambda end: source.copy_out(cut.fingerprints(rows), end, binary=True)) as flow:
        warehouse.copy_in(_FOUND, _COLUMNS, flow.reader)
    found = warehouse.row(_difference(fingerprints, cut)) or ("{}", "{}", 0, 0, 0)
    places, buckets, characters, selected, rows_held = found
    everything = characters > LONGEST_LIST or selected > max(rows_held // 2, _WORTH_CHOOSING)
    return Difference(
        Selection(cut, everything=True) if everything else Selection(cut, places, buckets), int(rows_held)
    )


def _difference(held: SQL, cut: Cut) -> SQL:
    """Statement: places and whole buckets that differ, how long a list the places are, about how many rows, rows held.

    A list that is too long is not given.
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
        unit=literal(cut.unit),
        told=literal(cut.told),
        longest=literal(LONGEST_LIST),
        first=literal(FIRST_PLACED),
        shift=literal(cut.shift),
        last=literal(cut.last_within),
        most=literal(cut.last_within if cut.told else 0),
    )
