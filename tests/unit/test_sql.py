"""SQL composed from templates: parts, identifiers, literals, and statements that people wrote."""

from __future__ import annotations

import pytest

from skyeng.sql import SQL, ident, idents, joined, literal, sql, written


def test_a_part_of_several_lines_keeps_the_indentation_of_its_line() -> None:
    inner = sql("SELECT 1\nUNION\nSELECT 2")
    assert sql("FROM (\n    {inner}\n)", inner=inner).text == "FROM (\n    SELECT 1\n    UNION\n    SELECT 2\n)"


def test_a_string_over_several_lines_is_never_indented() -> None:
    text = literal("a\nb")
    assert sql("SELECT\n    {text}", text=text).text == "SELECT\n    'a\nb'"
    assert sql("(\n  {all}\n)", all=sql("x\n  {text}", text=text)).text == "(\n  x\n  'a\nb'\n)"


def test_a_missing_or_unused_part_is_an_error() -> None:
    with pytest.raises(KeyError, match="lacking"):
        sql("{lacking}")
    with pytest.raises(KeyError, match=r"unused parts: \['more'\]"):
        sql("SELECT 1", more=sql("x"))


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (("plain_1",), "plain_1"),
        (("vault", "h_orders"), "vault.h_orders"),
        (("Upper",), '"Upper"'),
        (("select",), '"select"'),
        (("position",), '"position"'),
        (('quo"te',), '"quo""te"'),
        (("ä b",), '"ä b"'),
    ],
)
def test_identifiers_are_quoted_where_needed(names: tuple[str, ...], text: str) -> None:
    assert ident(*names).text == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "NULL"), (True, "true"), (7, "7"), (-7, "-7"), ("it's", "'it''s'"), ("a\\b", "'a\\b'"), ("", "''")],
)
def test_literals(value: str | int | bool | None, text: str) -> None:
    assert literal(value).text == text


def test_lists() -> None:
    assert idents(["a", "order"]).text == 'a, "order"'
    assert joined(" AND ", []).text == ""
    assert joined(",\n", [SQL("a"), literal("x\ny")]).verbatim


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("SELECT 1", "SELECT 1"),
        ("\ufeffSELECT 1 ; -- done", "SELECT 1"),
        ("SELECT 1;\n;/* a /* b */ */;", "SELECT 1"),
        ("SELECT ';--'; -- it's", "SELECT ';--'"),
        ("SELECT $a$;$a$ || E'\\';' ;", "SELECT $a$;$a$ || E'\\';'"),
        ('SELECT ";" -- last', 'SELECT ";"'),
        ("SELECT 1; /* never closed", "SELECT 1"),
    ],
)
def test_what_stands_after_the_last_statement_is_removed(text: str, kept: str) -> None:
    assert written(text).text == kept
