"""The logical types: both engines hold the same values and write the same canonical text."""

from __future__ import annotations

import hashlib
import io

import pytest

from conftest import Servers
from skyeng.db.postgres import Postgres
from skyeng.hashing.hash_keys import Value, clickhouse_text_hash, hashdiff, key_digest, named_text, text_hash
from skyeng.model.types import parse_type
from skyeng.sql import SQL, ident, sql

#: Type, and PostgreSQL literals of its edges. NULL is tried with every type.
EDGES = {
    "boolean": ["true", "false"],
    "smallint": ["-32768", "0", "32767"],
    "integer": ["-2147483648", "0", "2147483647"],
    "bigint": ["-9223372036854775808", "9223372036854775807"],
    "double": [
        "0",
        "'-0'",
        "0.1",
        "1e-310",
        "-1.7976931348623157e308",
        "'NaN'",
        "'Infinity'",
        "'-Infinity'",
        "2",
        "1e20",
    ],
    "numeric(12,2)": ["0", "-0.01", "9999999999.99", "-9999999999.99", "1.5"],
    "numeric(5,0)": ["0", "-99999", "99999"],
    "numeric(38,20)": ["123456789012345678.00000000000000000001"],
    "text": ["''", "'plain'", r"'back\slash'", "'pi|pe'", r"'\N'", "E'tab\\tnew\\nline\\r'", "'🎓 عربي é'", "' '"],
    "date": ["'0001-01-01'", "'1969-12-31'", "'2106-02-08'", "'9999-12-31'"],
    "timestamp": [
        "'0001-01-01'",
        "'1969-12-31 23:59:59.999999'",
        "'2026-01-10 10:10:10.1'",
        "'9999-12-31 23:59:59.999999'",
    ],
    "timestamptz": ["'0001-01-01 00:00:00+00'", "'2026-03-29 02:30:00.000010+02'", "'9999-12-31 23:59:59.999999+00'"],
    "uuid": ["'00000000-0000-0000-0000-000000000000'", "'FFFFFFFF-ffff-4fff-8fff-ffffffffffff'"],
    "jsonb": ["""'{"b": [1, null, "a|b\\\\"], "a": 1.50}'""", "'null'", "'\"\"'"],
}


@pytest.mark.parametrize("name", EDGES)
def test_both_engines_agree_on_every_edge(servers: Servers, name: str) -> None:
    """Values travel by COPY as rows do; the texts and their hashes must then be the same."""
    type_ = parse_type(name)
    values = ", ".join(
        f"({place}, CAST({value} AS {type_.postgres}))" for place, value in enumerate([*EDGES[name], "NULL"])
    )
    x = [Value("x", ident("x"), type_)]
    rows = SQL(f"SELECT place, {type_.served.replace('{x}', 'x')} FROM (VALUES {values}) AS v (place, x)")
    postgres = Postgres("pg", servers.database("types"))
    with postgres.session() as session, servers.datamart().session(create=True) as mart:
        buffer = io.BytesIO()
        session.copy_out(rows, buffer, binary=False)
        ours = session.rows(
            sql(
                "SELECT place, {hash}, {text} FROM (VALUES {values}) AS v (place, x) ORDER BY 1",
                hash=text_hash(x),
                text=named_text(x),
                values=SQL(values),
            )
        )
        mart.execute(SQL(f"CREATE TABLE edges (place Int32, x Nullable({type_.clickhouse})) ENGINE = Memory"))
        mart.insert("edges", ["place", "x"], [buffer.getvalue()])
        theirs = mart.rows(sql("SELECT place, {hash} FROM edges ORDER BY place", hash=clickhouse_text_hash(x)))
        mart.execute(SQL("DROP TABLE edges"))
    assert [(place, hash_) for place, hash_, _ in ours] == theirs
    assert len({text for _, _, text in ours}) == len(EDGES[name]) + 1, "no two values share a canonical text"


def test_hash_keys_can_be_recomputed_elsewhere(servers: Servers) -> None:
    """The stored form, by hand: MD5 of UTF-8 bytes of escaped values between bars, in the order of the names."""
    values = [
        Value("order.number", SQL("1.50::numeric(5,2)"), parse_type("numeric(5,2)")),
        Value("customer.name", SQL("'a|b\\'"), parse_type("text")),
        Value("customer.town", SQL("NULL::text"), parse_type("text")),
    ]
    assert by_server(servers, key_digest(values)) == by_hand(rb"a\|b\\|\N|1.5")
    assert by_server(servers, hashdiff(values)) == by_hand(rb"customer.name=a\|b\\|order.number=1.5|")
    assert by_server(servers, hashdiff(reversed(values[:2]))) == by_server(servers, hashdiff(values))
    assert by_server(servers, hashdiff([])) == by_hand(b"")


def test_many_values_are_hashed_as_few_are(servers: Servers) -> None:
    """PostgreSQL's functions take a hundred arguments; a row may have more values."""
    values = [Value(f"v{place:03}", SQL(str(place)), parse_type("integer")) for place in range(250)]
    keys = "|".join(str(place) for place in range(250))
    attributes = "".join(f"v{place:03}={place}|" for place in range(250))
    assert by_server(servers, key_digest(values)) == by_hand(keys.encode())
    assert by_server(servers, hashdiff(values)) == by_hand(attributes.encode())


def by_server(servers: Servers, expression: SQL) -> str:
    with Postgres("pg", servers.database("types")).session() as session:
        return session.scalar(sql("SELECT ({key})::text", key=expression)).replace("-", "")


def by_hand(text: bytes) -> str:
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def test_rows_that_differ_only_in_where_a_bar_stands_have_different_hashes(servers: Servers) -> None:
    text = parse_type("text")
    with Postgres("pg", servers.database("types")).session() as session:
        hashes = {
            session.scalar(sql("SELECT {hash}", hash=text_hash([Value("a", SQL(a), text), Value("b", SQL(b), text)])))
            for a, b in [
                ("'a|b'", "'c'"),
                ("'a'", "'b|c'"),
                ("'a'", "NULL"),
                ("'a'", r"'\N'"),
                ("'a'", "''"),
                ("NULL", "'a'"),
            ]
        }
    assert len(hashes) == 6


@pytest.mark.parametrize("spelled", ["numeric", "numeric(77,2)", "numeric(5,6)", "varchar(255)", "json", "", "INTEGER"])
def test_other_spellings_are_refused(spelled: str) -> None:
    with pytest.raises(ValueError, match="unknown type"):
        parse_type(spelled)
