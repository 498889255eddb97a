"""A Data Vault warehouse in PostgreSQL with a ClickHouse datamart loader.

For notebooks, the same functions that the commands call:

>>> import skyeng
>>> skyeng.run()                                   # doctest: +SKIP
>>> skyeng.query("lessons-per-course")             # doctest: +SKIP
>>> skyeng.query(sql="SELECT count() FROM dm_courses_modules_lessons_streams")  # doctest: +SKIP
>>> skyeng.verify()                                # doctest: +SKIP
"""

from skyeng.api import load_model, query, run, verify
from skyeng.errors import SkyengError

__all__ = ["SkyengError", "load_model", "query", "run", "verify"]
