"""Views and functions that follow from the model: created again where they are missing or no longer fit.

The comment of each carries a digest of its definition, whatever the order of the model file. So a migration knows
which of them it has to touch, and a user's view that is built on one of the others stays. Privileges are granted again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from skyeng.model import Effectivity, FeedColumn, Model, Satellite
from skyeng.model.signature import model_of, signature
from skyeng.postgres import Session
from skyeng.sql import SQL, ident, literal, sql
from skyeng.warehouse.views import applied_history_view, as_of_function, current_view

#: Statements that give a new object the privileges of the one before it, by the object's name.
Grants = Mapping[str, Sequence[SQL]]

_VIEW, _FUNCTION = sql("VIEW"), sql("FUNCTION")


@dataclass(frozen=True)
class Derived:
    """A view or a function in `vault`."""

    kind: SQL
    name: str
    #: Creates it.
    statement: SQL
    #: What it is, for those who look at it in the database.
    description: str
    #: Columns of tables that it shows: a changed type changes the object, whatever its text.
    columns: tuple[FeedColumn, ...] = ()

    @property
    def digest(self) -> str:
        types = ", ".join(f"{column.vault_column} {column.type}" for column in self.columns)
        return hashlib.md5(f"{self.statement}\n{types}".encode(), usedforsecurity=False).hexdigest()

    @property
    def parts(self) -> dict[str, SQL]:
        return {"kind": self.kind, "name": ident("vault", self.name)}


def derived(model: Model) -> Iterator[Derived]:
    """Every view and function of a model."""
    for feed in model.feeds:
        columns = model.feed_columns(feed)
        yield Derived(
            _VIEW,
            feed.name,
            current_view(model, feed),
            f"Rows of feed '{feed.name}' as of the last closed load",
            columns,
        )
        yield Derived(
            _FUNCTION,
            feed.as_of_function,
            as_of_function(model, feed),
            f"Rows of feed '{feed.name}' at any time",
            columns,
        )
    for part in (*model.satellites, *(link.effectivity for link in model.links)):
        if model.applied(part):
            yield _applied_history(model, part)


def _applied_history(model: Model, part: Satellite | Effectivity) -> Derived:
    columns = model.attributes(part) if isinstance(part, Satellite) else ()
    statement = applied_history_view(model, part)
    return Derived(_VIEW, part.history_view, statement, f"Versions of {part.table} by the time they hold from", columns)


def _comments(model: Model) -> dict[str, str]:
    """The comment of each object of a model, by its name."""
    in_one_order = model_of(signature(model), model)
    return {one.name: f"{one.description} (definition {one.digest})" for one in derived(in_one_order)}


def outdated(session: Session, model: Model) -> list[Derived]:
    """Those that are missing, or that were created for another state of the model or by another release."""
    found = dict(
        session.rows(
            sql("""SELECT relname::text, obj_description(pg_class.oid, 'pg_class')
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE nspname = 'vault' AND relkind = 'v'
UNION ALL
SELECT proname::text, obj_description(pg_proc.oid, 'pg_proc')
FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname = 'vault'""")
        )
    )
    comments = _comments(model)
    return [one for one in derived(model) if found.get(one.name) != comments[one.name]]


def drop(session: Session, objects: Collection[Derived]) -> Grants:
    """Drop these objects where they exist; what was granted on them.

    PostgreSQL refuses where an object of a user's depends on one of them.
    """
    grants = {one.name: list(_granted(session, one)) for one in objects}
    for one in objects:
        session.execute(sql("DROP {kind} IF EXISTS {name}", **one.parts))
    return grants


def create(session: Session, model: Model, objects: Collection[Derived], grants: Grants) -> None:
    """Create objects that were dropped or missing, with the privileges that were granted on them."""
    comments = _comments(model)
    for one in objects:
        session.execute(one.statement)
        session.execute(sql("COMMENT ON {kind} {name} IS {comment}", comment=literal(comments[one.name]), **one.parts))
        for grant in grants[one.name]:
            session.execute(grant)


def _granted(session: Session, one: Derived) -> Iterator[SQL]:
    """Statements that repeat the privileges on an object; none where they are PostgreSQL's defaults."""
    rows = session.rows(_PRIVILEGES, {"name": one.name})
    if one.kind == _FUNCTION and rows and not any(grantee is None for _, grantee, _ in rows):
        yield sql("REVOKE EXECUTE ON {kind} {name} FROM PUBLIC", **one.parts)
    for privilege, grantee, grantable in rows:
        yield sql(
            "GRANT {privilege} ON {object} TO {grantee}{option}",
            privilege=SQL(privilege),
            object=sql("FUNCTION {name}", name=one.parts["name"]) if one.kind == _FUNCTION else one.parts["name"],
            grantee=ident(grantee) if grantee else sql("PUBLIC"),
            option=sql(" WITH GRANT OPTION") if grantable else sql(""),
        )


#: Privileges on a view or function that are on record: which, to whom (NULL: everybody), and whether to give on.
_PRIVILEGES = sql("""SELECT privilege_type, rolname::text, is_grantable
FROM (
    SELECT relacl AS acl FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'vault' AND relname = %(name)s AND relkind = 'v'
    UNION ALL
    SELECT proacl FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname = 'vault' AND proname = %(name)s
) AS recorded
CROSS JOIN LATERAL aclexplode(acl) AS granted
LEFT JOIN pg_roles ON pg_roles.oid = grantee
ORDER BY privilege_type, rolname""")
