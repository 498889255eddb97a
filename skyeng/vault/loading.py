"""Loads the tables of the vault from staging, and inserts zero keys and ghost records."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

from skyeng.control.feed_changes import rows_touched
from skyeng.control.loads import Load
from skyeng.db.postgres import Session
from skyeng.hashing.hash_keys import hashdiff, zero_key
from skyeng.model import Effectivity, Entity, Hub, Link, Model, Satellite
from skyeng.sql import SQL, ident, idents, joined, literal, sql
from skyeng.vault import applied_effectivity, inserts
from skyeng.vault.bulk import WORTH_BULK, filling, may_fill, summarise
from skyeng.vault.inserts import KeyProfiles
from skyeng.vault.staging import WORTH_ANALYSING, key_profiles


def insert(session: Session, model: Model, entity: Entity, load: Load, *, full: bool = False) -> int:
    """Load one table of the vault from staging. Returns the number of rows inserted."""
    first = _may_fill(session, model, entity, load)
    statement = _statement(model, entity, key_profiles(session, model, load), first=first, trust_hashdiff=not full)
    key = primary_key(model, entity)
    with _filling(session, model, entity) if first else nullcontext():
        inserted = session.execute(statement, {"load_ts": load.load_ts})
    if first:
        summarise(session, "vault", entity.table)
    if inserted >= WORTH_ANALYSING:
        # Queries join, order and filter by these columns; they only return attributes.
        chosen_by = (entity.is_active,) if isinstance(entity, Effectivity) else ()
        columns = idents((*key, *chosen_by))
        session.execute(sql("ANALYZE vault.{table} ({columns})", table=ident(entity.table), columns=columns))
    return inserted


def _filling(session: Session, model: Model, entity: Entity) -> AbstractContextManager[None]:
    # Do not truncate once a load is closed: a reader may join other tables with this one's ghost record.
    truncate = not session.scalar(
        sql(
            "SELECT EXISTS (SELECT FROM control.loads WHERE model = {model} AND status = 'closed')",
            model=literal(model.name),
        )
    )
    key, ghost = primary_key(model, entity), zero_record(model, entity)
    return filling(session, "vault", entity.table, key, ghost, truncate=truncate)


def _may_fill(session: Session, model: Model, entity: Entity, load: Load) -> bool:
    # A satellite that was added later has a version of each known parent. Its loads have to look these up.
    rows = sql(
        "SELECT FROM vault.{table} WHERE {key} <> {zero}",
        table=ident(entity.table),
        key=ident(primary_key(model, entity)[0]),
        zero=zero_key(),
    )
    return rows_touched(session, load) >= WORTH_BULK and may_fill(session, "vault", entity.table, rows)


def primary_key(model: Model, entity: Entity) -> tuple[str, ...]:
    """Columns of the primary key of a vault table."""
    match entity:
        case Satellite():
            return model.hub(entity.hub_name).key, *model.version(entity)
        case Effectivity():
            return model.link_of(entity).key, *model.version(entity)
        case Hub() | Link():
            return (entity.key,)
    raise TypeError(entity)


def _statement(model: Model, entity: Entity, known: KeyProfiles, *, first: bool, trust_hashdiff: bool) -> SQL:
    match entity:
        case Hub():
            return inserts.hub_insert(model, entity, known)
        case Link():
            return inserts.link_insert(model, entity, known)
        case Effectivity() if model.applied(entity):
            return applied_effectivity.effectivity_insert(model, model.link_of(entity))
        case Effectivity():
            return inserts.effectivity_insert(model, model.link_of(entity), first=first)
        case Satellite():
            return inserts.satellite_insert(model, entity, known, first=first, trust_hashdiff=trust_hashdiff)
    raise TypeError(entity)


def zero_records(model: Model) -> list[SQL]:
    """Statements that insert the zero key of every hub and the ghost record of every satellite. Safe to repeat."""
    return list(filter(None, (zero_record(model, entity) for entity in (*model.hubs, *model.satellites))))


def zero_record(model: Model, entity: Entity) -> SQL | None:
    """Statement that inserts a hub's zero key or a satellite's ghost record; None for links and effectivity."""
    match entity:
        case Hub():
            return _ghost(entity, entity.key, {})
        case Satellite():
            return _ghost(entity, model.hub(entity.hub_name).key, _nothing(model, entity))
    return None


def null_versions(model: Model, satellite: Satellite) -> SQL:
    """Statement that inserts a version with NULL attributes for each entity that the satellite's feed has delivered.

    It is for a satellite that is added when rows are loaded already. Joins that read past states need a version, and
    a load that delivers NULL finds that it is known. Like ghost records, these rows belong to no load.
    """
    link, key = model.grain(model.feed_of(satellite)), model.hub(satellite.hub_name).key
    columns = _nothing(model, satellite)
    return sql(
        """INSERT INTO vault.{table} ({target})
SELECT known.{key}, '-infinity', 'ghost', {values}
FROM (SELECT DISTINCT {key} FROM vault.{link} WHERE {key} <> {zero}) AS known""",
        table=ident(satellite.table),
        target=inserts.target(satellite, key, *columns),
        key=ident(key),
        values=joined(", ", columns.values()),
        link=ident(link.table),
        zero=zero_key(),
    )


def _nothing(model: Model, satellite: Satellite) -> dict[str, SQL]:
    """The columns of a version without values, other than parent, load timestamp and record source."""
    applied = {satellite.applied_ts: sql("'-infinity'::timestamptz")} if model.applied(satellite) else {}
    return {**applied, satellite.hashdiff: hashdiff([])}


def _ghost(entity: Entity, key: str, also: Mapping[str, SQL]) -> SQL:
    return sql(
        """INSERT INTO vault.{table} ({target})
VALUES ({values})
ON CONFLICT DO NOTHING""",
        table=ident(entity.table),
        target=inserts.target(entity, key, *also),
        values=joined(", ", (zero_key(), sql("'-infinity'"), sql("'ghost'"), *also.values())),
    )
