"""Changes to the generated school, each in its own transaction."""

from __future__ import annotations

import time
from typing import Any

from skyeng.db.postgres import Postgres
from skyeng.model import Model
from skyeng.sources import sample_data
from skyeng.sql import SQL

#: Number of lessons in the course that is renamed.
LARGE = 5000

#: The icon identifies the course after it was renamed.
_MARK = {"icon": "https://school.example/icons/large.svg"}
_FIND = SQL("SELECT id FROM course WHERE icon_url = %(icon)s")
_MAKE_COURSE = SQL("INSERT INTO course (title, icon_url) VALUES ('Large', %(icon)s) RETURNING id")
_MAKE_STREAM = SQL("INSERT INTO stream (course_id, name, is_open) VALUES (%(id)s, 'Large', true) RETURNING id")
_MAKE_MODULE = SQL("INSERT INTO stream_module (stream_id, title) VALUES (%(id)s, 'Large') RETURNING id")
_FILL_MODULE = SQL("""UPDATE stream_module_lesson SET stream_module_id = %(id)s
WHERE id IN (SELECT id FROM stream_module_lesson ORDER BY hashint8extended(id, 0), id LIMIT %(rows)s)""")
_LESSONS = SQL("""SELECT count(*)
FROM course
JOIN stream ON stream.course_id = course.id
JOIN stream_module AS module ON module.stream_id = stream.id
JOIN stream_module_lesson AS lesson ON lesson.stream_module_id = module.id
WHERE icon_url = %(icon)s""")
_RENAME = SQL("UPDATE course SET title = 'Large ' || %(seed)s WHERE icon_url = %(icon)s")

_THOUSAND = SQL("""UPDATE stream_module_lesson SET start_at = start_at + interval '1 day'
WHERE id IN (SELECT id FROM stream_module_lesson ORDER BY hashint8extended(id, %(seed)s), id LIMIT 1000)""")


def _seed() -> int:
    """A seed from the clock, so that each call picks other lessons, even if a school is reused."""
    return time.time_ns() % 1_000_000_000


def one_percent(source: Postgres, model: Model) -> sample_data.Counts:
    """Apply the model's own mixture of changes to one percent of the lessons."""
    return sample_data.change(source, model, 0.01, seed=_seed())


def thousand(source: Postgres) -> int:
    """Move 1,000 lessons, spread over the whole table, by a day. Nothing else changes."""
    with source.session() as session:
        return session.execute(_THOUSAND, {"seed": _seed()})


def make_large_course(source: Postgres) -> None:
    """Create a course of 5,000 lessons, taken from others. In a large school, the generated courses are larger."""
    with source.session() as session:
        if session.scalar(_FIND, _MARK) is None:
            parent: Any = session.scalar(_MAKE_COURSE, _MARK)
            for make in (_MAKE_STREAM, _MAKE_MODULE):
                parent = session.scalar(make, {"id": parent})
            session.execute(_FILL_MODULE, {"id": parent, "rows": LARGE})


def rename_large_course(source: Postgres) -> int:
    """Rename the large course. Returns the number of its lessons."""
    with source.session() as session:
        session.execute(_RENAME, {**_MARK, "seed": _seed()})
        return session.scalar(_LESSONS, _MARK)
