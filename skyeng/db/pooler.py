"""Poolers in front of the warehouse: one that gives each transaction another session is refused.

Locks and heartbeats of a load belong to its session. Given away with the next transaction, they would be somebody
else's, and two loads could write at once.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2.extensions

from skyeng.db.postgres_errors import without_password
from skyeng.errors import ConnectionFailed

if TYPE_CHECKING:
    from skyeng.db.postgres import Postgres

#: Other clients of the pool may take the session that was just given back.
_ATTEMPTS = 5


def check_keeps_sessions(database: Postgres) -> None:
    """Raise `ConnectionFailed` where a second client is given the session of the first, which is still connected."""
    for _ in range(_ATTEMPTS):
        with closing(database.open()) as one, closing(database.open()) as other:
            before, theirs, after = _pid(one), _pid(other), _pid(one)
            if theirs == before or after != before:
                raise ConnectionFailed(
                    f"{database.name} is behind a pooler that gives each transaction another session",
                    where=without_password(database.url),
                    expected="the server itself, or a pooler in session mode (PgBouncer: pool_mode = session)",
                    remedy=f"let {database.variable} lead past the pooler",
                )


def _pid(connection: psycopg2.extensions.connection) -> int:
    """The server's process of a transaction of its own."""
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((pid,),) = cursor.fetchall()
    return pid
