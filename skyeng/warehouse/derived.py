"""Views and functions of a model: made again where they are missing, replaced by hand, or made by another release.

They hold no history. One that is as it should be is left alone: views that somebody built on it
stay, and so do the rights that somebody granted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from skyeng.errors import ObjectsLost
from skyeng.model import Effectivity, Model, Satellite
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, literal, sql
from skyeng.warehouse.views import applied_history_view, as_of_function, current_view


@dataclass(frozen=True)
class Derived:
    """A view or function in schema `vault`."""

    name: str
    kind: Literal["view", "function"]
    #: Composes the statement that makes it: its name alone is asked for more often.
    compose: Callable[[], SQL]

    @property
    def statement(self) -> SQL:
        return self.compose()


def derived(model: Model) -> Iterator[Derived]:
    """Every view and function of a model."""
    for feed in model.feeds:
        yield Derived(feed.name, "view", partial(current_view, model, feed))
        yield Derived(feed.as_of_function, "function", partial(as_of_function, model, feed))
    for part in _applied(model):
        yield Derived(part.history_view, "view", partial(applied_history_view, model, part))


def _applied(model: Model) -> list[Satellite | Effectivity]:
    """Whose versions carry the time from which they hold."""
    parts = (*model.satellites, *(link.effectivity for link in model.links))
    return [part for part in parts if model.applied(part)]


def check(session: Session, model: Model) -> None:
    """Raise `ObjectsLost` where a view or function is not what the last migration made.

    PostgreSQL locks the tables of a view to write its definition out: not to be asked while a load of the
    model may be filling one.
    """
    if replaced := differing(session, model):
        raise ObjectsLost(
            f"views or functions of model '{model.name}' are not as `skyeng migrate` made them",
            where="\n".join(f"{it.kind} vault.{it.name}" for it in replaced),
            expected="the definition that the model gives; somebody replaced it, or another release made it",
            remedy="run `skyeng migrate`: it makes them again, and they hold no history",
        )


def differing(session: Session, model: Model) -> list[Derived]:
    """Views and functions that are missing or not as the last migration made them, by their own definitions."""
    known = {it.name: it for it in derived(model)}
    # Names are written out wherever the search path does not lead.
    session.execute(sql("SET LOCAL search_path = pg_catalog"))
    rows = session.rows(
        sql(
            """SELECT expected.name
FROM unnest(%(names)s::text[], %(kinds)s::text[], %(statements)s::text[]) AS expected (name, kind, statement)
LEFT JOIN control.model_tables AS made ON (made.schema_name, made.table_name) = ('vault', expected.name)
WHERE made.model IS DISTINCT FROM {model} OR made.definition IS DISTINCT FROM {digest}""",
            model=literal(model.name),
            digest=_DIGEST,
        ),
        _parameters(list(known.values())),
    )
    return [known[name] for (name,) in rows]


def drop(session: Session, model: Model) -> None:
    """Drop the views and functions before the tables below them are altered."""
    for it in derived(model):
        session.execute(_dropped(it))


def make(session: Session, model: Model) -> None:
    """Make the views and functions that are missing or not as they should be."""
    differ = differing(session, model)
    for it in differ:
        session.execute(_dropped(it))
        session.execute(it.statement)
    session.execute(
        sql(
            """INSERT INTO control.model_tables (schema_name, table_name, model, definition)
SELECT 'vault', expected.name, {model}, {digest}
FROM unnest(%(names)s::text[], %(kinds)s::text[], %(statements)s::text[]) AS expected (name, kind, statement)
ON CONFLICT (schema_name, table_name) DO UPDATE SET definition = EXCLUDED.definition""",
            model=literal(model.name),
            digest=_DIGEST,
        ),
        _parameters(differ),
    )


#: Of an `expected` one: from what it was made, and what PostgreSQL says that it is.
_DIGEST = sql("""md5(expected.statement || CASE expected.kind
    WHEN 'view' THEN pg_get_viewdef(to_regclass(format('vault.%%I', expected.name)))
    ELSE pg_get_functiondef(to_regprocedure(format('vault.%%I(timestamp with time zone)', expected.name)))
END)""")


def _parameters(wanted: list[Derived]) -> dict[str, list[str]]:
    return {
        "names": [it.name for it in wanted],
        "kinds": [it.kind for it in wanted],
        "statements": [it.statement.text for it in wanted],
    }


def _dropped(it: Derived) -> SQL:
    if it.kind == "view":
        return sql("DROP VIEW IF EXISTS vault.{name}", name=ident(it.name))
    return sql("DROP FUNCTION IF EXISTS vault.{name}(timestamp with time zone)", name=ident(it.name))
