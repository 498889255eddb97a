"""What the warehouse holds by bucket, compared with what the source has; which rows are to be staged.

Fingerprints of what the warehouse holds are kept and changed by each load, so that a run reads a number a bucket
and not every row. The source's flow into the warehouse and are compared there: they never pass through Python.

**Places told from sums.** Where all that differs in a bucket differs at one place, that place is the quotient of
two differences, and rows of this place alone are staged. Of another bucket all places are staged. A quotient that is
a place by chance comes once in 2**40 such buckets; the bucket would differ at the next run again, and be seen then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skyeng.cut import Cut, Selection
from skyeng.errors import StagingLost
from skyeng.model import Feed, Model
from skyeng.pipe import pipe
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, literal, sql
from skyeng.warehouse.loads import Load

#: With more places than this to look for, all rows are staged; so is a table of which most rows would be.
MOST_PLACES = 1_000_000
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
    """How the rows that the warehouse holds are cut; None where it holds none, or rows without their places."""
    row = session.row(
        sql("SELECT shift, hashed FROM control.cuts WHERE model = {model} AND feed = {feed}", **names(model, feed))
    )
    return Cut(*row) if row else None


def keep_cut(session: Session, model: Model, feed: Feed, cut: Cut) -> None:
    """Note how the rows are cut; their fingerprints are forgotten, since they may be of another cut."""
    session.execute(
        sql(
            """TRUNCATE control.{buckets};
INSERT INTO control.cuts (model, feed, shift, hashed) VALUES ({model}, {feed}, {shift}, {hashed})
ON CONFLICT (model, feed) DO UPDATE SET (shift, hashed) = (EXCLUDED.shift, EXCLUDED.hashed)""",
            buckets=ident(feed.buckets_table),
            shift=literal(cut.shift),
            hashed=literal(cut.hashed),
            **names(model, feed),
        )
    )


def ready(session: Session, model: Model, feed: Feed) -> Cut:
    """The cut to compare by, with its fingerprints: made anew where buckets have become too large or too small."""
    cut = kept_cut(session, model, feed) or Cut()
    built, fits = filled(session, feed, cut)
    if built and fits:
        return cut
    wanted = _wanted(session, feed)
    if not built or wanted != cut:
        keep_cut(session, model, feed, wanted)
        session.execute(
            sql(
                "INSERT INTO control.{buckets} ({columns})\n{fingerprints}",
                buckets=ident(feed.buckets_table),
                columns=_COLUMNS,
                fingerprints=wanted.fingerprints(
                    sql("SELECT row_hash, place FROM control.{rows}", rows=ident(feed.rows_table))
                ),
            )
        )
        session.execute(sql("ANALYZE control.{buckets}", buckets=ident(feed.buckets_table)))
    return wanted


def filled(session: Session, feed: Feed, cut: Cut) -> tuple[bool, bool]:
    """Whether there are fingerprints, and whether their buckets have a good size."""
    placed, rows_placed, hashed, rows_hashed = session.row(
        sql(
            """SELECT
    count(*) FILTER (WHERE placed), coalesce(sum(row_count) FILTER (WHERE placed), 0),
    count(*) FILTER (WHERE NOT placed), coalesce(sum(row_count) FILTER (WHERE NOT placed), 0)
FROM (
    SELECT bucket >= {first} AS placed, row_count FROM control.{buckets} WHERE row_count > 0
) AS filled""",
            first=literal(cut.first_placed),
            buckets=ident(feed.buckets_table),
        )
    ) or (0, 0, 0, 0)
    built = placed + hashed > 0
    return built, _FEW * placed <= rows_placed <= _MANY * placed and rows_hashed <= _MANY * hashed


def _wanted(session: Session, feed: Feed) -> Cut:
    """The cut that suits the rows that the warehouse holds."""
    rows = ident(feed.rows_table)
    count, placed = session.row(sql("SELECT count(*), count(place) FROM control.{rows}", rows=rows)) or (0, 0)
    span = session.scalar(
        sql(
            """SELECT quartiles[2] - quartiles[1]
FROM (
    SELECT percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY place) AS quartiles
    FROM control.{rows} TABLESAMPLE BERNOULLI ({percent}) REPEATABLE (0)
) AS sampled""",
            rows=rows,
            percent=literal(max(1, 100 * _SAMPLE // max(count, _SAMPLE))),
        )
    )
    return Cut.of(placed, count - placed, span)


def carry_changes(session: Session, model: Model, feed: Feed, placed: SQL) -> bool:
    """Bring the fingerprints from what is held to what will be; whether there are any.

    To be called before what is held is changed. `placed` is a row's place over columns of staging.
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
    SELECT 1 AS sign, row_hash, {placed} AS place FROM stage.{rows}
    UNION ALL
    SELECT -1, held.row_hash, held.place
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
            placed=placed,
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
    places, buckets, count, selected, rows_held = warehouse.row(_difference(fingerprints, cut)) or ("{}", "{}", 0, 0, 0)
    everything = count > MOST_PLACES or selected > max(rows_held // 2, _WORTH_CHOOSING)
    return Difference(
        Selection(cut, everything=True) if everything else Selection(cut, places, buckets), int(rows_held)
    )


def _difference(held: SQL, cut: Cut) -> SQL:
    """Statement: places and whole buckets that differ, how many places, about how many rows, and rows held."""
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
            WHEN {weighed} AND bucket >= {first} AND abs(hash_sum) > 1099511627776
            THEN round(weighted_sum * {unit} / hash_sum)
        END AS within
    FROM compared
    WHERE came <> 0 OR hash_sum <> 0 OR weighted_sum <> 0
), told AS (
    SELECT bucket, row_count, (bucket << {shift}) + within::bigint AS place
    FROM differing
    WHERE within BETWEEN 0 AND {last} AND abs(weighted_sum - within * hash_sum) <= 4 * {unit} * within
), untold AS (
    SELECT bucket, row_count, {listed} AND bucket >= {first} AS listed
    FROM differing
    WHERE bucket NOT IN (SELECT bucket FROM told)
), places AS (
    SELECT place FROM told
    UNION ALL
    SELECT (bucket << {shift}) + within FROM untold CROSS JOIN generate_series(0, {most}) AS within WHERE listed
)
SELECT
    (SELECT coalesce(array_agg(place), ARRAY[]::bigint[])::text FROM places),
    (SELECT coalesce(array_agg(bucket) FILTER (WHERE NOT listed), ARRAY[]::bigint[])::text FROM untold),
    (SELECT count(*) FROM places),
    (SELECT count(*) FROM told) + (SELECT coalesce(sum(row_count), 0) FROM untold),
    (SELECT coalesce(sum(held), 0) FROM compared)""",
        held=held,
        found=_FOUND,
        unit=literal(cut.unit),
        weighed=literal(cut.weighed),
        listed=literal(cut.listed),
        first=literal(cut.first_placed),
        shift=literal(cut.shift),
        last=literal(cut.last_within),
        most=literal(cut.last_within if cut.listed else 0),
    )


# For which load staging is


def keep_selection(
    session: Session, model: Model, feed: Feed, load: Load, selection: Selection, rows_held: int = 0
) -> None:
    """Note for which load staging is, and which rows of the feed are staged."""
    session.execute(
        sql(
            """INSERT INTO stage.selections
    (model, feed, load_id, shift, hashed, places, buckets, everything, rows_held)
VALUES (
    {model}, {feed}, %(load_id)s, %(shift)s, %(hashed)s, %(places)s::bigint[], %(buckets)s::bigint[],
    %(everything)s, %(rows_held)s
)
ON CONFLICT (model, feed) DO UPDATE
SET (load_id, shift, hashed, places, buckets, everything, rows_held)
    = (EXCLUDED.load_id, EXCLUDED.shift, EXCLUDED.hashed, EXCLUDED.places, EXCLUDED.buckets, EXCLUDED.everything,
        EXCLUDED.rows_held)""",
            **names(model, feed),
        ),
        {
            "load_id": load.load_id,
            "shift": selection.cut.shift,
            "hashed": selection.cut.hashed,
            "places": selection.places,
            "buckets": selection.buckets,
            "everything": selection.everything,
            "rows_held": rows_held,
        },
    )


def kept_selection(session: Session, model: Model, feed: Feed, load: Load) -> Selection:
    """Which rows of the feed are staged for a load. Raises `StagingLost`."""
    row = _kept(session, model, feed, load, sql("shift, hashed, places::text, buckets::text, everything"))
    shift, hashed, *selected = row
    return Selection(Cut(shift, hashed), *selected)


def check_staged(session: Session, model: Model, feed: Feed, load: Load) -> None:
    """Raise `StagingLost` where what is staged of a feed is another load's, or gone.

    Staging is not logged, and a server that crashes comes back with it empty. An empty staging
    would look as if every row had vanished.
    """
    _kept(session, model, feed, load, sql("load_id"))


def _kept(session: Session, model: Model, feed: Feed, load: Load, columns: SQL) -> tuple[Any, ...]:
    row = session.row(
        sql(
            "SELECT {columns} FROM stage.selections WHERE model = {model} AND feed = {feed} AND load_id = %(load_id)s",
            columns=columns,
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
    return row


def names(model: Model, feed: Feed) -> dict[str, SQL]:
    """A feed as the registers know it: parts for a statement."""
    return {"model": literal(model.name), "feed": literal(feed.name)}
