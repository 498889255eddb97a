"""Views and functions of a model: created again where they are missing, outdated, or were replaced by hand.

They hold no history. `control.model_tables` stores a digest of each: of the definition by the model, whatever the
order of the model file, and of the definition that PostgreSQL returns. An object whose digest fits is left alone, and
a user's view that depends on it stays. Privileges, comments, options and owners are restored.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from skyeng.db.postgres import Session
from skyeng.errors import ObjectsLost
from skyeng.model import Effectivity, FeedColumn, Model, Satellite, argument
from skyeng.model.signature import model_of, signature
from skyeng.sql import SQL, ident, literal, sql
from skyeng.vault.views import applied_history_view, as_of_function, current_view

#: Statements that restore the comment, options, privileges and owner of a replaced object, by its name.
Properties = Mapping[str, Sequence[SQL]]

_KINDS = {"view": sql("VIEW"), "function": sql("FUNCTION")}


@dataclass(frozen=True)
class Derived:
    """A view or a function in schema `vault`."""

    kind: Literal["view", "function"]
    name: str
    #: Composes the statement that creates it. A function, because the name alone is needed more often.
    compose: Callable[[], SQL]
    #: The comment on it in the database.
    description: str
    #: Table columns that it selects. If the type of one changes, so does the object, even if its text does not.
    columns: tuple[FeedColumn, ...] = ()

    @property
    def statement(self) -> SQL:
        return self.compose()

    @property
    def definition(self) -> str:
        """The statement that creates it, and the types of the columns that it selects."""
        types = ", ".join(f"{column.vault_column} {column.type}" for column in self.columns)
        return f"{self.statement}\n{types}"

    @property
    def parts(self) -> dict[str, SQL]:
        return {"kind": _KINDS[self.kind], "name": ident("vault", self.name)}


def derived(model: Model) -> Iterator[Derived]:
    """Every view and function of a model."""
    for feed in model.feeds:
        columns = model.feed_columns(feed)
        yield Derived(
            "view",
            feed.name,
            partial(current_view, model, feed),
            f"Rows of feed '{feed.name}' as of the last closed load",
            columns,
        )
        yield Derived(
            "function",
            feed.as_of_function,
            partial(as_of_function, model, feed),
            f"Rows of feed '{feed.name}' at any time",
            columns,
        )
    for part in (*model.satellites, *(link.effectivity for link in model.links)):
        if model.applied(part):
            yield _applied_history(model, part)


def _applied_history(model: Model, part: Satellite | Effectivity) -> Derived:
    columns = model.attributes(part) if isinstance(part, Satellite) else ()
    statement = partial(applied_history_view, model, part)
    return Derived(
        "view", part.history_view, statement, f"Versions of {part.table} by the time they hold from", columns
    )


def check(session: Session, model: Model) -> None:
    """Raise `ObjectsLost` where a view or function is not as the last migration made it.

    PostgreSQL locks the tables of a view when it returns its definition. Do not call this while a load of the
    model may be filling one of them.
    """
    if replaced := differing(session, model):
        raise ObjectsLost(
            f"views or functions of model '{model.name}' are not as `skyeng migrate` made them",
            where="\n".join(f"{it.kind} vault.{it.name}" for it in replaced),
            expected="the definition that the model gives; it was replaced by hand, or another release made it",
            remedy=f"run `skyeng migrate {argument(model)}`: it makes them again, and they hold no history",
        )


def differing(session: Session, model: Model) -> list[Derived]:
    """Find the views and functions that are missing, or whose digest is not the one that the last migration stored."""
    known = {it.name: it for it in derived(model)}
    rows = session.rows(
        sql(
            """SELECT expected.name
FROM unnest(%(names)s::text[], %(kinds)s::text[], %(definitions)s::text[]) AS expected (name, kind, definition)
LEFT JOIN control.model_tables AS made ON (made.schema_name, made.table_name) = ('vault', expected.name)
WHERE made.model IS DISTINCT FROM {model} OR made.definition IS DISTINCT FROM {digest}""",
            model=literal(model.name),
            digest=_DIGEST,
        ),
        _parameters(model, known),
    )
    return [known[name] for (name,) in rows]


def drop(session: Session, objects: Collection[Derived]) -> Properties:
    """Drop these objects where they exist. Returns the properties that users had set on them.

    PostgreSQL refuses this where a user's object depends on one of them.
    """
    properties = {one.name: list(_set_by_others(session, one)) for one in objects}
    for one in objects:
        session.execute(sql("DROP {kind} IF EXISTS {name}", **one.parts))
    return properties


def create(session: Session, model: Model, objects: Collection[Derived], properties: Properties) -> None:
    """Create objects that were dropped or missing, and restore the properties that users had set."""
    for one in objects:
        session.execute(one.statement)
        session.execute(
            sql("COMMENT ON {kind} {name} IS {comment}", comment=literal(one.description), **one.parts),
        )
        for statement in properties[one.name]:
            session.execute(statement)
    session.execute(
        sql(
            """INSERT INTO control.model_tables (schema_name, table_name, model, definition)
SELECT 'vault', expected.name, {model}, {digest}
FROM unnest(%(names)s::text[], %(kinds)s::text[], %(definitions)s::text[]) AS expected (name, kind, definition)
ON CONFLICT (schema_name, table_name) DO UPDATE SET definition = EXCLUDED.definition""",
            model=literal(model.name),
            digest=_DIGEST,
        ),
        _parameters(model, {one.name for one in objects}),
    )


#: Digest of an `expected` object: of its definition by the model, and of the one that PostgreSQL returns.
_DIGEST = sql("""md5(expected.definition || CASE expected.kind
    WHEN 'view' THEN pg_get_viewdef(to_regclass(format('vault.%%I', expected.name)))
    ELSE pg_get_functiondef(to_regprocedure(format('vault.%%I(timestamp with time zone)', expected.name)))
END)""")


def _parameters(model: Model, names: Collection[str]) -> dict[str, list[str]]:
    """Names, kinds and definitions of these objects.

    They are derived from the model's signature, so that the order of the model file does not matter.
    """
    wanted = [it for it in derived(model_of(signature(model), model)) if it.name in names]
    return {
        "names": [it.name for it in wanted],
        "kinds": [it.kind for it in wanted],
        "definitions": [it.definition for it in wanted],
    }


def _set_by_others(session: Session, one: Derived) -> Iterator[SQL]:
    """Statements that restore an object's comment, options, privileges and owner."""
    for comment, options, owner in session.rows(_PROPERTIES, {"name": one.name}):
        if comment:
            yield sql("COMMENT ON {kind} {name} IS {comment}", comment=literal(comment), **one.parts)
        if options:
            yield sql("ALTER VIEW {name} SET ({options})", options=SQL(options), name=one.parts["name"])
        yield from _granted(session, one)
        if owner:
            yield sql("ALTER {kind} {name} OWNER TO {owner}", owner=ident(owner), **one.parts)


def _granted(session: Session, one: Derived) -> Iterator[SQL]:
    """Statements that restore the privileges on an object. None where they are PostgreSQL's defaults."""
    rows = session.rows(_PRIVILEGES, {"name": one.name})
    if one.kind == "function" and rows and not any(grantee is None for *_, grantee, _ in rows):
        yield sql("REVOKE EXECUTE ON {kind} {name} FROM PUBLIC", **one.parts)
    for privilege, column, grantee, grantable in rows:
        yield sql(
            "GRANT {privilege}{column} ON {object} TO {grantee}{option}",
            privilege=SQL(privilege),
            column=sql(" ({column})", column=ident(column)) if column else sql(""),
            object=sql("FUNCTION {name}", name=one.parts["name"]) if one.kind == "function" else one.parts["name"],
            grantee=ident(grantee) if grantee else sql("PUBLIC"),
            option=sql(" WITH GRANT OPTION") if grantable else sql(""),
        )


#: A view's or function's comment, a view's options, and the owner where it is another role.
_PROPERTIES = sql("""SELECT obj_description(found.oid, catalog), options, nullif(rolname::text, current_user)
FROM (
    SELECT pg_class.oid, 'pg_class' AS catalog, array_to_string(reloptions, ', ') AS options, relowner AS owner
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'vault' AND relname = %(name)s AND relkind = 'v'
    UNION ALL
    SELECT pg_proc.oid, 'pg_proc', NULL, proowner
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname = 'vault' AND proname = %(name)s
) AS found
JOIN pg_roles ON pg_roles.oid = owner""")

#: Explicit privileges on a view or function: privilege, column of a view (NULL: all), grantee (NULL: PUBLIC), and
#: whether the grantee may grant it.
_PRIVILEGES = sql("""SELECT privilege_type, part, rolname::text, is_grantable
FROM (
    SELECT relacl AS acl, NULL AS part FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'vault' AND relname = %(name)s AND relkind = 'v'
    UNION ALL
    SELECT attacl, attname::text
    FROM pg_attribute
    JOIN pg_class ON pg_class.oid = attrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = 'vault' AND relname = %(name)s AND relkind = 'v'
    UNION ALL
    SELECT proacl, NULL FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname = 'vault' AND proname = %(name)s
) AS recorded
CROSS JOIN LATERAL aclexplode(acl) AS granted
LEFT JOIN pg_roles ON pg_roles.oid = grantee
ORDER BY privilege_type, part, rolname""")
