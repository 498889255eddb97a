"""A Data Vault warehouse in PostgreSQL with a ClickHouse datamart loader.

For notebooks, the same functions that the commands call:

>>> import skyeng
>>> skyeng.run()                                   # doctest: +SKIP
>>> skyeng.query("a-named-query")             # doctest: +SKIP
>>> skyeng.query(sql="SELECT count() FROM dm_orders")  # doctest: +SKIP
>>> skyeng.history("customer", 1)                    # doctest: +SKIP
>>> skyeng.verify()                                # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skyeng.errors import SkyengError

if TYPE_CHECKING:
    from skyeng.api import history, load_model, query, run, verify

__all__ = ["SkyengError", "history", "load_model", "query", "run", "verify"]


def __getattr__(name: str) -> Any:
    """The functions are imported when they are asked for: a task or a server of ours needs none of them."""
    if name in __all__:
        from skyeng import api

        return getattr(api, name)
    raise AttributeError(f"module 'skyeng' has no attribute '{name}'")
