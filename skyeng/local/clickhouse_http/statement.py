"""Locates the parts of a statement: its verb, its FORMAT, the inline data of an INSERT.

The engine parses statements. This module finds only what an HTTP interface must know before that. A statement is
handled as bytes, because the data of an insert need not be text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from skyeng.local.clickhouse_http.refusal import refusal

_BLANK = rb"(?:\s|--[^\n]*(?:\n|\Z)|\#[ !][^\n]*(?:\n|\Z)|/\*.*?\*/)"
_NAME = rb"(?:`(?:[^`\\]|\\.|``)*`|\"(?:[^\"\\]|\\.|\"\")*\"|\{[^}]*\}|[\w$]+)"

_TOKEN = re.compile(
    rb"""
      (?P<blank> BLANK+ )
    | (?P<quoted> '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `(?:[^`\\]|\\.|``)*` | \$(\w*)\$.*?\$\3\$ )
    | (?P<word> \w+ )
    | (?P<sign> . )
    """.replace(b"BLANK", _BLANK),
    re.DOTALL | re.VERBOSE,
)
_INSERT = re.compile(
    rb"~*INSERT~+(?:INTO~+)?(?:(?:TABLE|FUNCTION)~+)?NAME(?:~*\.~*NAME)*".replace(b"NAME", _NAME).replace(b"~", _BLANK),
    re.DOTALL | re.IGNORECASE,
)
#: Blanks between the name of a format and the data: at most one line break does not belong to the data.
_BEFORE_DATA = re.compile(rb"[ \t\f]*\r?\n?")

_NESTING = {b"(": 1, b"[": 1, b"{": 1, b")": -1, b"]": -1, b"}": -1}

#: Verbs of statements that return rows and can name a destination for them.
_QUERIES = frozenset({"(", "SELECT", "WITH", "FROM", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS"})


@dataclass(frozen=True)
class Insert:
    """An INSERT followed by its data. The clause that names their source belongs between `before` and `after`."""

    before: bytes
    after: bytes
    format: bytes
    data_at: int

    def reading(self, path: str) -> bytes:
        """The statement that reads the data from a file."""
        return self.before + b" FROM INFILE '" + path.encode() + b"' " + self.after + b" FORMAT " + self.format


def inline_insert(text: bytes) -> Insert | None:
    """The INSERT at the start of `text` that is followed by its data, or None. The data are not scanned."""
    head = _INSERT.match(text)
    if head is None:
        return None
    place: int | None = None
    for token, word in _outermost(text, head.end()):
        if word in (b"SELECT", b"WITH", b"FROM"):
            return None
        if word == b"SETTINGS":
            place = token.start() if place is None else place
        elif word in (b"FORMAT", b"VALUES"):
            clause = token.start()
            place = clause if place is None else place
            if word == b"VALUES":
                return Insert(text[:place], text[place:clause], b"Values", token.end())
            return _with_format(text, place, clause, token.end())
    return None


def _with_format(text: bytes, place: int, clause: int, after: int) -> Insert | None:
    named = next((it for it in _tokens(text, after)), None)
    if named is None or named.lastgroup != "word":
        return None
    data = _BEFORE_DATA.match(text, named.end())
    return Insert(text[:place], text[place:clause], named[0], data.end() if data else named.end())


@dataclass(frozen=True)
class Statement:
    """One statement, without data and without anything after its end."""

    text: bytes
    verb: str
    #: The name after FORMAT, or None.
    format: str | None
    #: Offset at which a destination of its rows can be named; None if it returns no rows.
    place: int | None

    def writing(self, path: str, default_format: str) -> bytes:
        """The statement that writes its rows to a file."""
        assert self.place is not None
        clause = f" INTO OUTFILE '{path}' TRUNCATE " + ("" if self.format else f"FORMAT {default_format}")
        return self.text[: self.place] + clause.encode() + self.text[self.place :]

    @property
    def changes_nothing(self) -> bool:
        return self.place is not None or self.verb in ("USE", "SET")


def read(text: bytes) -> Statement:
    """The single statement in `text`. Raises `Refused` for several, for client files, and for `input()`."""
    end, closed = 0, False
    before: tuple[bytes, bytes] = (b"", b"")
    for token in _tokens(text, 0):
        if token[0] == b";":
            closed = True
            continue
        if closed:
            raise refusal(
                "SYNTAX_ERROR",
                f"Syntax error (Multi-statements are not allowed): failed at position {end + 1} (end of query).",
            )
        _refuse_unsupported(before, token)
        before, end = (before[1], token[0].upper()), token.end()
    outermost = list(_outermost(text[:end], 0))
    if not outermost:
        raise refusal("SYNTAX_ERROR", "Syntax error: failed at position 1 (end of query): Empty query.")
    verb = outermost[0][0][0].upper().decode(errors="replace")
    gives_rows = verb in _QUERIES and not any(word == b"INSERT" for _, word in outermost)
    clause = _format_clause(outermost)
    return Statement(
        text=text[:end],
        verb=verb,
        format=clause[1].decode() if clause else None,
        place=(clause[0] if clause else end) if gives_rows else None,
    )


def _refuse_unsupported(before: tuple[bytes, bytes], token: re.Match[bytes]) -> None:
    """Raises `Refused` for client files and `input()`. A client file would be one of the server here."""
    if token.lastgroup == "quoted" and before == (b"INTO", b"OUTFILE"):
        raise refusal("INTO_OUTFILE_NOT_ALLOWED", "INTO OUTFILE is not allowed")
    if token.lastgroup == "quoted" and before == (b"FROM", b"INFILE"):
        raise refusal("UNKNOWN_TYPE_OF_QUERY", "FROM INFILE is not allowed: send the data with the query")
    if token[0] == b"(" and before == (b"FROM", b"INPUT"):
        # chDB would insert nothing, and report success.
        raise refusal("NOT_IMPLEMENTED", "input() is not supported by the local endpoint: insert into a table first")


def _format_clause(outermost: list[tuple[re.Match[bytes], bytes]]) -> tuple[int, bytes] | None:
    """Offset of `FORMAT name`, and the name; None if there is none. Only SETTINGS may follow it."""
    for number in range(len(outermost) - 2, 0, -1):
        token, word = outermost[number]
        named = outermost[number + 1][0]
        follows = outermost[number + 2][1] if number + 2 < len(outermost) else b"SETTINGS"
        if word == b"FORMAT" and named.lastgroup == "word" and follows == b"SETTINGS":
            return token.start(), named[0]
    return None


def _outermost(text: bytes, at: int) -> Iterator[tuple[re.Match[bytes], bytes]]:
    """Tokens outside all brackets, each with its upper-case word; empty if it is not a word."""
    depth = 0
    for token in _tokens(text, at):
        nesting = _NESTING.get(token[0], 0) if token.lastgroup == "sign" else 0
        if depth == 0 or depth + nesting == 0:
            yield token, token[0].upper() if token.lastgroup == "word" else b""
        depth += nesting


def _tokens(text: bytes, at: int) -> Iterator[re.Match[bytes]]:
    return (token for token in _TOKEN.finditer(text, at) if token.lastgroup != "blank")
