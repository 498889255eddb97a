"""Who asks, and what a reader may not ask.

The analyst's statements run under ClickHouse's own `readonly = 1`: the engine refuses to write, to
change settings, and to read from files and other servers as tables. What chDB lets through all the
same, being made for one user in one process, is refused here, by the text as the engine's own parser
writes it: there each name stands plain, however it was quoted.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from email.message import Message

from skyeng.local.clickhouse_http.engine import Engine
from skyeng.local.clickhouse_http.refusal import Refused, refusal
from skyeng.sql import readonly

LOADER, ANALYST = "loader", "analyst"

_VERBS = readonly.QUERIES | {"SET", "USE"}
#: An identifier may come as a parameter, and name a function.
_IDENTIFIERS = re.compile(r"\{(\w+):Identifier\}")
_HARMLESS_NAME = re.compile(rf"(?!.*{readonly.FORBIDDEN_NAMES.pattern})[\w.]+", re.IGNORECASE)

#: What an analyst may set for a query: how a result is written, and how much it may cost.
_SAFE_SETTING = re.compile(
    r"output_format_(?!schema)\w+|max_(?!parser)\w+|date_time_(?:in|out)put_format|session_timezone|extremes"
    r"|cast_string_to_dynamic_use_inference|join_use_nulls|limit|offset|final",
    re.ASCII,
)
#: The question by which clickhouse-connect learns what it may set. Under `readonly = 1` the engine
#: answers that nothing may be, which is true of its SETTINGS clause, but not of our URL.
_WHAT_MAY_BE_SET = re.compile(r"SELECT [\w, ]+ FROM system\.settings(?: LIMIT \d+)? FORMAT \w+")


class Users:
    """The users and their passwords, of which only digests are kept."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._digests = {name: _digest(password) for name, password in passwords.items()}

    def who(self, headers: Message, fields: Mapping[str, str]) -> str:
        """The user of a request. Raises `Refused` where name or password is wrong."""
        name, password = _credentials(headers, fields)
        expected = self._digests.get(name, b"")
        if not name:
            raise refusal("AUTHENTICATION_FAILED", "No user and password were given.", status=401)
        # As long for an unknown name as for a wrong password.
        if not hmac.compare_digest(expected or _digest(""), _digest(password)) or not expected:
            raise refusal(
                "AUTHENTICATION_FAILED",
                f"{name}: Authentication failed: password is incorrect, or there is no user with such name.",
                status=403,
            )
        return name


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode(errors="surrogateescape")).digest()


def _credentials(headers: Message, fields: Mapping[str, str]) -> tuple[str, str]:
    if "X-ClickHouse-User" in headers:
        return _utf8(headers["X-ClickHouse-User"]), _utf8(headers.get("X-ClickHouse-Key", ""))
    kind, _, value = headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return "", ""
        return name, password
    return fields.get("user", ""), fields.get("password", "")


def _utf8(header: str) -> str:
    """A header's value as it was meant: the library reads its bytes as Latin-1."""
    return header.encode("latin-1", "replace").decode(errors="surrogateescape")


def check_settings(settings: Mapping[str, str]) -> None:
    """Raises `Refused` for a setting that an analyst may not set, `readonly` first of all."""
    for name in settings:
        if not _SAFE_SETTING.fullmatch(name):
            raise refusal("READONLY", f"Cannot modify '{name}' setting in readonly mode.")


def readonly_level(engine: Engine, text: bytes, parameters: Mapping[str, str], pipe: str = "") -> str:
    """The value of `readonly` to run an analyst's statement with. Raises `Refused` for what it does not cover.

    `text` is what will run, to the letter, with `pipe` as the destination of its rows.
    """
    plain = _plain(engine.canonical(text), pipe)
    if _WHAT_MAY_BE_SET.fullmatch(plain):
        return "2"
    if refused := readonly.objection(plain, engine.reaching, readonly.FORBIDDEN_NAMES, _VERBS):
        raise _not_for_readers(refused)
    for name in _IDENTIFIERS.findall(plain):
        if not _HARMLESS_NAME.fullmatch(parameters.get(name, "")):
            raise _not_for_readers(f"the identifier given for {name}")
    return "1"


def _plain(canonical: str, pipe: str) -> str:
    """A statement without what stands in quotes, and without our own pipe as its destination."""
    ours = f"'{pipe}'"
    plain = readonly.without_quoted(canonical, ours)
    return plain.replace(f" INTO OUTFILE {ours} TRUNCATE", "", 1) if pipe else plain


def _not_for_readers(what: str) -> Refused:
    return refusal("READONLY", f"{ANALYST}: Cannot execute query in readonly mode: {what}.")
