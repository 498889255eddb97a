"""Authentication of users, and the restrictions of a reader.

The statements of the analyst run with ClickHouse's `readonly = 1`. The engine then refuses to write, to change
settings, and to read files and other servers as tables. chDB is made for one user in one process, and still allows some
access. This module refuses the rest. It checks the text that the engine's own parser writes: there, a name is plain
even if it was quoted in the statement.
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
#: An identifier can be given as a parameter, and can name a function.
_IDENTIFIERS = re.compile(r"\{(\w+):Identifier\}")
_HARMLESS_NAME = re.compile(rf"(?!.*{readonly.FORBIDDEN_NAMES.pattern})[\w.]+", re.IGNORECASE)

#: Settings that an analyst may use: how a result is written, and how much a query may cost.
_SAFE_SETTING = re.compile(
    r"output_format_(?!schema)\w+|max_(?!parser)\w+|date_time_(?:in|out)put_format|session_timezone|extremes"
    r"|cast_string_to_dynamic_use_inference|join_use_nulls|limit|offset|final",
    re.ASCII,
)
#: The query by which clickhouse-connect learns which settings it may change. Under `readonly = 1`, the engine answers
#: that it may change none. That is true of the SETTINGS clause, but not of our URL.
_WHAT_MAY_BE_SET = re.compile(r"SELECT [\w, ]+ FROM system\.settings(?: LIMIT \d+)? FORMAT \w+")


class Users:
    """The users and digests of their passwords. The passwords are not stored."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._digests = {name: _digest(password) for name, password in passwords.items()}

    def who(self, headers: Message, fields: Mapping[str, str]) -> str:
        """The user of a request. Raises `Refused` if the name or the password is wrong."""
        name, password = _credentials(headers, fields)
        expected = self._digests.get(name, b"")
        if not name:
            raise refusal("AUTHENTICATION_FAILED", "No user and password were given.", status=401)
        # The comparison takes as long for an unknown name as for a wrong password.
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
    """A header's value, decoded as UTF-8: the library decodes its bytes as Latin-1."""
    return header.encode("latin-1", "replace").decode(errors="surrogateescape")


def check_settings(settings: Mapping[str, str]) -> None:
    """Raises `Refused` for a setting that an analyst may not use, such as `readonly`."""
    for name in settings:
        if not _SAFE_SETTING.fullmatch(name):
            raise refusal("READONLY", f"Cannot modify '{name}' setting in readonly mode.")


def readonly_level(engine: Engine, text: bytes, parameters: Mapping[str, str], pipe: str = "") -> str:
    """The value of `readonly` for an analyst's statement. Raises `Refused` for a statement that may not run.

    `text` is exactly the statement that will run, with `pipe` as the destination of its rows.
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
    """A statement without quoted text, and without our own pipe as its destination."""
    ours = f"'{pipe}'"
    plain = readonly.without_quoted(canonical, ours)
    return plain.replace(f" INTO OUTFILE {ours} TRUNCATE", "", 1) if pipe else plain


def _not_for_readers(what: str) -> Refused:
    return refusal("READONLY", f"{ANALYST}: Cannot execute query in readonly mode: {what}.")
