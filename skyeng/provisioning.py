"""What a deployment needs beside the servers: sample data, roles that may only read, migrations.

Every step looks at what is there and does what is missing, so that a deployment can be repeated
at each start. Passwords never reach a server as they are: PostgreSQL and ClickHouse are given
salted hashes, so that no log, no list of processes and no error message can show one.
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

#: A query of an analyst that runs longer is ended; the analyst can lower the limit, not lift it.
ANALYST_SECONDS = 300

#: Names that need no escape in SQL, in a URL or in JSON.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}")

#: What a role can do beyond reading, by itself, through PUBLIC or through a role it belongs to.
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
    """A role and its password. Raises `UsageError` for a name or a password that servers take differently."""

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
    """Bring what is missing, step by step: a sentence after each step. Safe to repeat.

    `sample` fills a datasource without tables. `reader` is the role that loads read the
    datasource as; `analyst` the user that people ask a datamart server as.
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
    """All in one transaction: loads that read meanwhile lose no right for a moment."""
    with source.session() as session:
        if session.scalar(sql("SELECT current_user")) == login.name:
            return f"datasource: connected as '{login.name}' itself, its rights are left as they are"
        session.execute(role_with_password(session, login))
        session.execute(_reader_rights(ident(str(session.scalar(sql("SELECT current_database()")))), ident(login.name)))
        _check_nothing_else(session, login)
    return f"datasource: role '{login.name}' may SELECT and nothing else"


def role_with_password(session: Session, login: Login) -> SQL:
    """The statement that makes a PostgreSQL role, or gives one that exists its password, as a salted hash."""
    known = session.row(sql("SELECT FROM pg_roles WHERE rolname = %(role)s"), {"role": login.name}) is not None
    verifier = encrypt_password(login.password, login.name, session.connection, "scram-sha-256")
    return sql(
        "{verb} ROLE {role} LOGIN PASSWORD {verifier}",
        verb=sql("ALTER") if known else sql("CREATE"),
        role=ident(login.name),
        verifier=literal(verifier),
    )


def _reader_rights(database: SQL, role: SQL) -> SQL:
    """What PostgreSQL lets everybody do is taken from everybody, or the reader could do it too.

    Its joins stay in memory, whatever the server's own setting.
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
    """A role that was there before may have rights from elsewhere, and a right of PUBLIC another giver."""
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

    `readonly = 2` refuses writes and yet lets a client choose settings of its queries, which
    HTTP clients do. The grant replaces any other in one step, so that a rerun takes no right
    away for a moment.
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
