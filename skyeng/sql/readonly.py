"""Checks whether a statement only reads, by its text as ClickHouse's own parser writes it.

ClickHouse's `readonly` refuses to write tables and to change settings. It allows the following, which is refused here:

- statements that write elsewhere (`INTO OUTFILE`, `KILL`, some of `SYSTEM`);
- under `readonly = 2`, table functions that reach out of the engine;
- in the embedded engine, functions that read any file of the machine.

The parser writes each name without quotes, however it was quoted in the statement.
"""

from __future__ import annotations

import re
from collections.abc import Collection

#: Verbs of statements that return rows and change nothing.
QUERIES = frozenset({"SELECT", "WITH", "SHOW", "DESCRIBE", "EXISTS", "EXPLAIN"})

#: `file()` reads any file of the machine, `Python()` reads our own memory, `eval()` hides a statement
#: in a string, and the ai functions call other servers.
_FUNCTIONS = "FILE|PYTHON|EVAL|AI(?:REDACT|SIMILARITY|FILTER|CLASSIFY|EMBED|EXTRACT|GENERATE|TRANSLATE)"
#: Matches these names anywhere. This is safe for any user, but columns with such names cannot be read.
FORBIDDEN_NAMES = re.compile(rf"\b(?:{_FUNCTIONS}|OUTFILE|INFILE)\b", re.IGNORECASE)
#: Matches them only where they are called, also by bare name. A column may have such a name.
FORBIDDEN_CALLS = re.compile(
    rf"\b(?:{_FUNCTIONS})(?=\()|(?:(?<=APPLY\()|(?<=APPLY ))(?:{_FUNCTIONS})\b|\b(?:INTO OUTFILE|FROM INFILE)\b",
    re.IGNORECASE,
)

_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`", re.DOTALL)
#: Adds further statements, which may be of any kind.
_ANOTHER = re.compile(r"\bPARALLEL WITH\b")
_EXPLAINED = re.compile(
    r"EXPLAIN(?: (?:AST|SYNTAX|QUERY TREE|PLAN|PIPELINE|ESTIMATE))?(?: \w+ = [\w.'-]+,?)* (?:SELECT|WITH)\b"
)
_CALLED = re.compile(r"(\w+)\(")
_SETTINGS = re.compile(r"\bSETTINGS\b")
#: Table functions that are also plain functions. These do not reach out of the engine.
_ALSO_PLAIN = frozenset({"format"})


def without_quoted(canonical: str, kept: str = "") -> str:
    """A statement without its quoted texts and names, except `kept`, a quoted text."""
    return _QUOTED.sub(lambda quoted: quoted[0] if quoted[0] == kept else "''", canonical)


def sets(plain: str) -> bool:
    """Whether a statement has settings of its own, which `readonly = 1` refuses and `readonly = 2` accepts."""
    return bool(_SETTINGS.search(plain))


def objection(
    plain: str, reaching: Collection[str], forbidden: re.Pattern[str], verbs: Collection[str] = QUERIES
) -> str | None:
    """The part of a statement that a reader may not use; None if there is none.

    `plain` is a statement as the parser writes it, without quoted texts and names. `reaching` has the table
    functions, in lower case, that reach out of the engine. `forbidden` is one of the two patterns above.
    """
    verb = plain.partition(" ")[0]
    if verb not in verbs or _ANOTHER.search(plain):
        return "what is no query"
    if verb == "EXPLAIN" and not _EXPLAINED.match(plain):
        return "EXPLAIN of what is no query"
    if found := forbidden.search(plain):
        return f"the name {found[0]}"
    # ClickHouse itself refuses these only under `readonly = 1`, and not in DESCRIBE. A user's profile may set 2.
    called = (name for name in _CALLED.findall(plain) if name.lower() in reaching)
    return next((f"{name}()" for name in called if name.lower() not in _ALSO_PLAIN), None)
