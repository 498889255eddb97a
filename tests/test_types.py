"""The logical types: both engines hold the same values and write the same canonical text."""

from __future__ import annotations

import io

import pytest
from conftest import Servers

from skyeng.fingerprint import canary
from skyeng.hashing import canonical_text, clickhouse_text_hash, digest, text_hash
from skyeng.model.types import parse_type
from skyeng.postgres import Postgres
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
    x = [(ident("x"), type_)]
    rows = SQL(f"SELECT place, {type_.served.replace('{x}', 'x')} FROM (VALUES {values}) AS v (place, x)")
    postgres = Postgres("pg", servers.database("types"))
    with postgres.session() as session, servers.datamart().session(create=True) as mart:
        buffer = io.BytesIO()
        session.copy_out(rows, buffer, binary=False)
        ours = session.rows(
            sql(
                "SELECT place, {hash}, {text} FROM (VALUES {values}) AS v (place, x) ORDER BY 1",
                hash=text_hash(x),
                text=canonical_text(x),
                values=SQL(values),
            )
        )
        mart.execute(SQL(f"CREATE TABLE edges (place Int32, x Nullable({type_.clickhouse})) ENGINE = Memory"))
        mart.insert("edges", ["place", "x"], [buffer.getvalue()], {})
        theirs = mart.rows(sql("SELECT place, {hash} FROM edges ORDER BY place", hash=clickhouse_text_hash(x)))
        mart.execute(SQL("DROP TABLE edges"))
    assert [(place, hash_) for place, hash_, _ in ours] == theirs
    assert len({text for _, _, text in ours}) == len(EDGES[name]) + 1, "no two values share a canonical text"


def test_hash_keys_can_be_recomputed_elsewhere(servers: Servers) -> None:
    """The stored form, by hand: MD5 of UTF-8 bytes of escaped values between bars."""
    import hashlib

    values = [
        (SQL("'a|b\\'"), parse_type("text")),
        (SQL("NULL::text"), parse_type("text")),
        (SQL("7"), parse_type("integer")),
    ]
    with Postgres("pg", servers.database("types")).session() as session:
        stored = session.scalar(sql("SELECT {key}::text", key=digest(values)))
    by_hand = hashlib.md5(rb"a\|b\\|\N|7", usedforsecurity=False).hexdigest()
    assert stored.replace("-", "") == by_hand


def test_rows_that_differ_only_in_where_a_bar_stands_have_different_hashes(servers: Servers) -> None:
    text = parse_type("text")
    with Postgres("pg", servers.database("types")).session() as session:
        hashes = {
            session.scalar(sql("SELECT {hash}", hash=text_hash([(SQL(a), text), (SQL(b), text)])))
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


def test_the_canary_runs(servers: Servers) -> None:
    with Postgres("pg", servers.database("types")).session() as session:
        assert isinstance(session.scalar(canary()), int)


@pytest.mark.parametrize("spelled", ["numeric", "numeric(77,2)", "numeric(5,6)", "varchar(255)", "json", "", "INTEGER"])
def test_other_spellings_are_refused(spelled: str) -> None:
    with pytest.raises(ValueError, match="unknown type"):
        parse_type(spelled)
