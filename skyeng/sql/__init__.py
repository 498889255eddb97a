"""SQL composed from checked parts, never formatted from loose strings.

A `SQL` value is made from a literal template, from other `SQL` values, from identifiers that
are quoted here, and from literals that are escaped here. `sql()` takes `LiteralString`, so a
type checker rejects text that was computed at run time. `written()` takes SQL that a person
wrote in a file. Rendering needs no connection, so a plan can be printed offline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import LiteralString

_PLACEHOLDER = re.compile(r"(?P<indent>(?<=\n)[ ]*|^[ ]*)?\{(?P<name>[a-z_]+)\}")
#: Tokens that may follow the last statement, and tokens of a statement: texts, quoted names, or any other character.
_TOKEN = re.compile(
    r"""(?P<behind>[\s;]+|--[^\n]*)|(?P<comment>/\*)
    |[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$|[\w.]+|.""",
    re.DOTALL | re.VERBOSE,
)
_COMMENT_MARK = re.compile(r"/\*|\*/")
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
#: Key words of PostgreSQL 15 to 18 that `pg_get_keywords()` does not call unreserved. All are quoted everywhere:
#: some may name a column in one place and not in another, such as `position` within RETURNS TABLE.
_POSTGRES_KEY_WORDS = """
all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast
char character check coalesce collate collation column concurrently constraint create cross current_catalog
current_date current_role current_schema current_time current_timestamp current_user dec decimal default deferrable
desc distinct do else end except exists extract false fetch float for foreign freeze from full grant greatest group
grouping having ilike in initially inner inout int integer intersect interval into is isnull join json json_array
json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize json_table json_value
lateral leading least left like limit localtime localtimestamp merge_action national natural nchar none normalize not
notnull null nullif numeric offset on only or order out outer overlaps overlay placing position precision primary real
references returning right row select session_user setof similar smallint some substring symmetric system_user table
tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose
when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot
xmlserialize xmltable
"""
#: Names that ClickHouse does not read as a column unless they are quoted: in a table's definition, first in a list of
#: columns, or because they are numbers.
_CLICKHOUSE_KEY_WORDS = "index projection top cube rollup inf infinity nan"
#: Names that are always quoted.
KEY_WORDS: frozenset[str] = frozenset(f"{_POSTGRES_KEY_WORDS} {_CLICKHOUSE_KEY_WORDS}".split())


@dataclass(frozen=True)
class SQL:
    """A piece of SQL text that is safe to send."""

    text: str
    #: Line breaks may be inside a string, so the text must never be indented.
    verbatim: bool = False

    def __str__(self) -> str:
        return self.text


def sql(template: LiteralString, **parts: SQL) -> SQL:
    """Fill `{name}` placeholders of a literal template with other pieces.

    A part of several lines that begins its line gets that line's indentation, so that
    printed SQL is readable. A missing or unused part is a programming error (`KeyError`).
    """
    unused = set(parts)

    def fill(match: re.Match[str]) -> str:
        unused.discard(match["name"])
        indent, part = match["indent"] or "", parts[match["name"]]
        return indent + (part.text if part.verbatim else part.text.replace("\n", "\n" + indent))

    text = _PLACEHOLDER.sub(fill, template)
    if unused:
        raise KeyError(f"unused parts: {sorted(unused)}")
    return SQL(text, any(part.verbatim for part in parts.values()))


#: Ends a subquery that the planner must not merge into the outer query. The 0 is in quotes, because PostgreSQL checks
#: for an offset before it casts a bare 0. It would then not divide the work on top of the subquery.
FENCE = SQL("OFFSET '0'")


def ident(*names: str) -> SQL:
    """An identifier, qualified where several names are given, quoted where needed."""
    return SQL(".".join(map(_quoted, names)))


def _quoted(name: str) -> str:
    if _PLAIN.fullmatch(name) and name not in KEY_WORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | int | bool | None) -> SQL:
    """A PostgreSQL literal (standard-conforming strings: a backslash is just a backslash)."""
    if value is None:
        return SQL("NULL")
    if isinstance(value, bool):
        return SQL("true" if value else "false")
    if isinstance(value, int):
        return SQL(str(value))
    return SQL("'" + value.replace("'", "''") + "'", verbatim="\n" in value)


def joined(separator: LiteralString, parts: Iterable[SQL]) -> SQL:
    """Pieces with a literal separator between them."""
    pieces = list(parts)
    return SQL(separator.join(part.text for part in pieces), any(part.verbatim for part in pieces))


def idents(names: Iterable[str]) -> SQL:
    """A comma-separated list of identifiers."""
    return joined(", ", (ident(name) for name in names))


def written(text: str) -> SQL:
    """SQL that a person wrote in a file, without the semicolons and comments after its last statement."""
    text = text.removeprefix("\ufeff").strip()
    return SQL(text[: _end(text)], verbatim=True)


def _end(text: str) -> int:
    """The end of the last statement, before the semicolons and comments that follow it."""
    if ";" not in text:
        return len(text)
    place = end = 0
    while match := _TOKEN.match(text, place):
        place = _end_of_comment(text, match.end()) if match["comment"] else match.end()
        if not (match["behind"] or match["comment"]):
            end = place
    return end


def _end_of_comment(text: str, place: int) -> int:
    """The end of a block comment. Block comments may be nested."""
    depth = 1
    while depth and (mark := _COMMENT_MARK.search(text, place)):
        depth += 1 if mark[0] == "/*" else -1
        place = mark.end()
    return place if not depth else len(text)
