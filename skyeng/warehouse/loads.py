"""The register of loads in `control`: open, closed, rolled back; and who is working."""

from __future__ import annotations

import getpass
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg2.extras

from skyeng.errors import LoadInProgress, SkyengError, StatementFailed
from skyeng.fingerprint import Method
from skyeng.hashing import HASH_VERSION
from skyeng.model import Entity, Feed, Model
from skyeng.postgres import Postgres, Session
from skyeng.sql import SQL, ident, sql


@dataclass(frozen=True)
class Load:
    """One run's change set, with one load timestamp."""

    load_id: int
    load_ts: datetime


@contextmanager
def exclusive(warehouse: Postgres, model: Model) -> Iterator[None]:
    """Be the only run of a model; PostgreSQL lets go when the process or its connection dies.

    Raises `LoadInProgress` that says who is working since when.
    """
    with warehouse.session() as session:
        key = {"key": f"skyeng.{model.name}"}
        if not session.scalar(sql("SELECT pg_try_advisory_lock(hashtextextended(%(key)s, 0))"), key):
            raise LoadInProgress(
                f"another run of model '{model.name}' is working{_worker(session, model)}",
                where=warehouse.name,
                remedy="wait for it to end, then run again: a second run at once would find nothing new",
            )
        session.commit()  # the lock is the session's: no transaction need stay open for it
        yield


def _worker(session: Session, model: Model) -> str:
    row = session.row(
        sql("SELECT run_by, started_at FROM control.loads WHERE model = %(model)s AND status = 'open'"),
        {"model": model.name},
    )
    return f": {row[0]}, since {row[1]:%Y-%m-%d %H:%M:%S} UTC" if row else ""


def open_load(session: Session, model: Model, method: Method) -> Load:
    """Register a load under way; its timestamp is later than that of any load before it."""
    row = session.row(
        sql("""INSERT INTO control.loads (model, load_ts, status, run_by, hash_version, row_hash_method)
SELECT
    %(model)s,
    greatest(clock_timestamp(), max(load_ts) + interval '1 microsecond'),
    'open', %(run_by)s, %(hash_version)s, %(method)s
FROM control.loads
WHERE model = %(model)s
RETURNING load_id, load_ts"""),
        {"model": model.name, "run_by": _run_by(), "hash_version": HASH_VERSION, "method": method},
    )
    assert row is not None
    return Load(*row)


def _run_by() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()} (process {os.getpid()})"


def last_method(session: Session, model: Model) -> Method | None:
    """How the row hashes that the warehouse keeps were computed; None before the first load.

    Raises `StatementFailed` where the vault was hashed by another version of the definition.
    """
    row = session.row(
        sql("""SELECT row_hash_method, hash_version FROM control.loads
WHERE model = %(model)s AND status = 'closed' ORDER BY load_ts DESC LIMIT 1"""),
        {"model": model.name},
    )
    if row and row[1] != HASH_VERSION:
        raise StatementFailed(
            f"the vault of model '{model.name}' holds hash keys of version {row[1]}",
            expected=f"version {HASH_VERSION}",
            remedy="use the release of skyeng that wrote them, or migrate the vault",
        )
    return row[0] if row else None


def method_of(session: Session, load: Load) -> Method:
    """How the load under way hashes rows."""
    return session.scalar(
        sql("SELECT row_hash_method FROM control.loads WHERE load_id = %(load_id)s"), {"load_id": load.load_id}
    )


def roll_back_dead(session: Session, model: Model) -> int:
    """Remove what loads that died left behind; the number of loads rolled back.

    To be called by the run that holds the lock: an open load then belongs to nobody. Its rows
    were never visible. Left in place, a value that only the dead load saw would surface later.
    """
    dead = session.rows(
        sql("SELECT load_id, load_ts FROM control.loads WHERE model = %(model)s AND status = 'open'"),
        {"model": model.name},
    )
    for load_id, load_ts in dead:
        roll_back(session, model, Load(load_id, load_ts), "the process ended before the load was closed")
    return len(dead)


def roll_back(session: Session, model: Model, load: Load, error: str) -> None:
    """Remove a load's rows and mark it rolled back, unless another process has closed it meanwhile."""
    if status_of(session, load) != "open":
        return
    for entity in vault_tables(model):
        session.execute(
            sql(
                "DELETE FROM vault.{table} WHERE {load_ts} = %(load_ts)s",
                table=ident(entity.table),
                load_ts=ident(entity.load_ts),
            ),
            {"load_ts": load.load_ts},
        )
    session.execute(
        sql("""UPDATE control.loads
SET status = 'rolled back', finished_at = clock_timestamp(), error = %(error)s
WHERE load_id = %(load_id)s AND status = 'open'"""),
        {"load_id": load.load_id, "error": error},
    )


def status_of(session: Session, load: Load) -> str:
    """`open`, `closed` or `rolled back`; it stays so until the session's transaction ends."""
    return session.scalar(
        sql("SELECT status FROM control.loads WHERE load_id = %(load_id)s FOR UPDATE"), {"load_id": load.load_id}
    )


def mark_closed(session: Session, load: Load, counts: Mapping[str, int], seconds: Mapping[str, float]) -> None:
    """Make an open load visible, as the last statement of the transaction that completes it."""
    session.execute(
        sql("""UPDATE control.loads
SET status = 'closed', finished_at = clock_timestamp(), counts = %(counts)s, seconds = %(seconds)s
WHERE load_id = %(load_id)s"""),
        {
            "load_id": load.load_id,
            "counts": psycopg2.extras.Json(dict(counts)),
            "seconds": psycopg2.extras.Json({step: round(taken, 3) for step, taken in seconds.items()}),
        },
    )


def check_open(session: Session, load: Load) -> None:
    """Raise where another run took the load for dead and rolled it back.

    The lock is shared: the steps of a load work side by side, and a roll-back waits for them.
    """
    status = session.scalar(
        sql("SELECT status FROM control.loads WHERE load_id = %(load_id)s FOR SHARE"), {"load_id": load.load_id}
    )
    if status != "open":
        raise _taken_over(load)


def is_closed(session: Session, load: Load) -> bool:
    """Whether the load was closed already; raises where it was rolled back. Nobody else closes it meanwhile."""
    status = status_of(session, load)
    if status == "rolled back":
        raise _taken_over(load)
    return status == "closed"


def _taken_over(load: Load) -> SkyengError:
    return SkyengError(f"load {load.load_id} is no longer open", remedy="another run took it for dead; run again")


def closed_loads(session: Session, model: Model, feed: Feed) -> list[tuple[Any, ...]]:
    """Closed loads that changed a feed: timestamp, rows touched, sum of hashes, rows active."""
    return session.rows(
        sql("""SELECT load_ts, rows_new + rows_changed + rows_gone, hash_sum, rows_active
FROM control.loads
JOIN control.load_feeds USING (load_id)
WHERE model = %(model)s AND feed = %(feed)s AND status = 'closed' AND rows_new + rows_changed + rows_gone > 0
ORDER BY load_ts"""),
        {"model": model.name, "feed": feed.name},
    )


def recent(session: Session, model: Model, limit: int = 10) -> list[tuple[Any, ...]]:
    """The last loads: timestamp, status, who, seconds, rows new, changed, gone, error."""
    return session.rows(
        sql("""SELECT load_ts, status, run_by, extract(epoch FROM finished_at - started_at)::double precision,
    coalesce(sum(rows_new), 0)::bigint, coalesce(sum(rows_changed), 0)::bigint,
    coalesce(sum(rows_gone), 0)::bigint, error
FROM control.loads
LEFT JOIN control.load_feeds USING (load_id)
WHERE model = %(model)s
GROUP BY load_id
ORDER BY load_ts DESC
LIMIT %(limit)s"""),
        {"model": model.name, "limit": limit},
    )


def vault_tables(model: Model) -> list[Entity]:
    """Every table of the vault, hubs first."""
    links = [part for link in model.links for part in (link, link.effectivity)]
    return [*model.hubs, *links, *model.satellites]


def row_count(entity: Entity) -> SQL:
    """Statement: rows of closed loads in a vault table, without ghost records."""
    return sql(
        "SELECT count(*) FROM vault.{table} WHERE {load_ts} > '-infinity'",
        table=ident(entity.table),
        load_ts=ident(entity.load_ts),
    )
