"""Provisions a deployment: sample data, read-only roles, migrations.

Every step checks the current state and does only what is missing, so a deployment can be repeated at each start.
Passwords never reach a server as plain text. PostgreSQL and ClickHouse get salted hashes, so no log, process list or
error message can show a password.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from psycopg2.extensions import encrypt_password

from skyeng.db.clickhouse import ClickHouse
from skyeng.db.postgres import Postgres, Session
from skyeng.db.stores import Stores
from skyeng.errors import SkyengError, UsageError
from skyeng.marts import migrations as mart_migrations
from skyeng.model import Model
from skyeng.sources import sample_data
from skyeng.sql import SQL, ident, literal, sql

#: Time limit of an analyst's query, in seconds. The analyst can lower the limit, but not raise it.
ANALYST_SECONDS = 300

#: Names that need no escaping in SQL, in a URL or in JSON.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}")

#: Rights of a role beyond reading: its own, through PUBLIC, or through a role that it is a member of.
_EXCESS = sql("""
SELECT what FROM pg_roles, LATERAL (VALUES
    (rolsuper, 'SUPERUSER'),
    (rolcreatedb, 'CREATEDB'),
    (rolcreaterole, 'CREATEROLE'),
    (rolreplication, 'REPLICATION'),
    (has_database_privilege(oid, current_database(), 'CREATE'), 'CREATE on the database'),
    (has_database_privilege(oid, current_database(), 'TEMPORARY'), 'TEMPORARY on the database'),
    (has_schema_privilege(oid, 'public', 'CREATE'), 'CREATE on schema public')
) AS rights (held, what) WHERE rolname = %(role)s AND held
UNION ALL
SELECT concat('writing ', oid::regclass) FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'p', 'v', 'm', 'f')
    AND has_table_privilege(%(role)s, oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
UNION ALL
SELECT concat('advancing ', seqrelid::regclass) FROM pg_sequence JOIN pg_class ON pg_class.oid = seqrelid
WHERE relnamespace = 'public'::regnamespace AND has_sequence_privilege(%(role)s, seqrelid, 'USAGE, UPDATE')
LIMIT 10""")


@dataclass(frozen=True)
class Login:
    """A role and its password. Raises `UsageError` for a name or a password that servers interpret differently."""

    name: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"'{self.name}' cannot be the name of a role",
                expected="a letter or '_', then letters, digits, '_', '-' and '.', at most 63 in all",
            )
        if not self.password.isprintable():
            raise UsageError(f"the password of '{self.name}' has a character that is not text", expected="UTF-8 text")


def deploy(
    model: Model, stores: Stores, *, sample: bool = False, reader: Login | None = None, analyst: Login | None = None
) -> Iterator[str]:
    """Create what is missing, step by step. Yields a sentence after each step. Safe to repeat.

    `sample` fills a datasource that has no tables. `reader` is the role with which loads read the datasource.
    `analyst` is the user with which people query a datamart server.
    """
    if sample:
        yield _create_sample(stores.source, model)
    if reader:
        yield _create_reader(stores.source, reader)
    migrate(model, stores)
    yield f"warehouse and datamart: migrated for model '{model.name}'"
    if analyst:
        yield _create_analyst(stores.datamart, analyst)


def migrate(model: Model, stores: Stores) -> None:
    """Create or upgrade warehouse and datamart. Safe to repeat."""
    from skyeng.vault import migrations

    migrations.migrate(stores.warehouse, model)
    mart_migrations.migrate(stores.datamart, model)


def _create_sample(source: Postgres, model: Model) -> str:
    if sample_data.has_tables(source):
        return "datasource: has tables, left as it is"
    sample_data.create_sample(source, model)
    return f"datasource: sample of model '{model.name}' created"


def _create_reader(source: Postgres, login: Login) -> str:
    """Create the reader in one transaction, so that concurrent loads never lose a right."""
    with source.session() as session:
        if session.scalar(sql("SELECT current_user")) == login.name:
            return f"datasource: connected as '{login.name}' itself, its rights are left as they are"
        session.execute(role_with_password(session, login))
        session.execute(_reader_rights(ident(str(session.scalar(sql("SELECT current_database()")))), ident(login.name)))
        _check_nothing_else(session, login)
    return f"datasource: role '{login.name}' may SELECT and nothing else"


def role_with_password(session: Session, login: Login) -> SQL:
    """The statement that creates a PostgreSQL role, or sets the password of an existing one, as a salted hash."""
    known = session.row(sql("SELECT FROM pg_roles WHERE rolname = %(role)s"), {"role": login.name}) is not None
    verifier = encrypt_password(login.password, login.name, session.connection, "scram-sha-256")
    return sql(
        "{verb} ROLE {role} LOGIN PASSWORD {verifier}",
        verb=sql("ALTER") if known else sql("CREATE"),
        role=ident(login.name),
        verifier=literal(verifier),
    )


def _reader_rights(database: SQL, role: SQL) -> SQL:
    """Statements for the rights of the reader.

    They also revoke default rights from PUBLIC, because the reader would have them too. With `work_mem`, its joins stay
    in memory, whatever the server's own setting is.
    """
    return sql(
        """
REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON DATABASE {database} FROM {role};
REVOKE ALL ON SCHEMA public FROM {role};
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {role};
GRANT CONNECT ON DATABASE {database} TO {role};
GRANT USAGE ON SCHEMA public TO {role};
GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {role};
ALTER ROLE {role} SET default_transaction_read_only = on;
ALTER ROLE {role} SET work_mem = '32MB'""",
        database=database,
        role=role,
    )


def _check_nothing_else(session: Session, login: Login) -> None:
    """Raises `SkyengError` if the role can do more than read.

    An existing role can have rights from elsewhere. A right of PUBLIC can have another grantor, and then remains.
    """
    excess = [what for (what,) in session.rows(_EXCESS, {"role": login.name})]
    if excess:
        raise SkyengError(
            f"role '{login.name}' can do more than read the datasource",
            where=f"{session.database.name}: {', '.join(excess)}",
            expected="a role for reading alone; nothing was changed",
            remedy="set SKYENG_READER to the name of a new role, or revoke these rights from the role and from PUBLIC",
        )


def _create_analyst(datamart: ClickHouse, login: Login) -> str:
    if datamart.embedded:
        return "datamart: users exist on a ClickHouse server only, none made in the embedded engine"
    with datamart.session(create=True) as session:
        if session.scalar(sql("SELECT currentUser()")) == login.name:
            raise UsageError(
                f"'{login.name}' is the user that loads the datamart, and cannot be made one that only reads",
                expected="SKYENG_ANALYST with a name of its own",
            )
        for statement in analyst_statements(datamart.database, login):
            session.execute(statement)
    return f"datamart: user '{login.name}' may SELECT from database '{datamart.database}' and nothing else"


def analyst_statements(database: str, login: Login) -> list[SQL]:
    """ClickHouse statements for a user that reads one database.

    `readonly = 2` refuses writes, but lets a client choose settings of its queries, as HTTP clients do. The grant
    replaces all others in one step, so that a repeated run does not remove a right for a moment.
    """
    salt = secrets.token_hex(16)
    digest = hashlib.sha256(f"{login.password}{salt}".encode()).hexdigest()
    parts = {
        "user": ident(login.name),
        "credentials": sql(
            "IDENTIFIED WITH sha256_hash BY {digest} SALT {salt}", digest=literal(digest), salt=literal(salt)
        ),
        "settings": sql(
            "SETTINGS readonly = 2, max_execution_time = {seconds} MIN 1 MAX {seconds}",
            seconds=literal(ANALYST_SECONDS),
        ),
    }
    return [
        sql("CREATE USER IF NOT EXISTS {user} {credentials} {settings}", **parts),
        sql("ALTER USER {user} {credentials} {settings}", **parts),
        sql(
            "GRANT SELECT ON {database}.* TO {user} WITH REPLACE OPTION",
            database=ident(database),
            user=parts["user"],
        ),
    ]
