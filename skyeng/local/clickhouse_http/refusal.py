"""Errors in the format of ClickHouse: a code, a name, a sentence, and an HTTP status."""

from __future__ import annotations

import re

#: ClickHouse's own codes for requests that are refused here, before they reach the engine.
CODES = {
    "CANNOT_READ_ALL_DATA": 33,
    "BAD_ARGUMENTS": 36,
    "NOT_IMPLEMENTED": 48,
    "SYNTAX_ERROR": 62,
    "UNKNOWN_TYPE_OF_QUERY": 78,
    "UNKNOWN_SETTING": 115,
    "INCORRECT_DATA": 117,
    "READONLY": 164,
    "ABORTED": 236,
    "NOT_ENOUGH_SPACE": 243,
    "INTO_OUTFILE_NOT_ALLOWED": 358,
    "SESSION_NOT_FOUND": 372,
    "SESSION_IS_LOCKED": 373,
    "AUTHENTICATION_FAILED": 516,
    "STD_EXCEPTION": 1001,
}

_STATUSES = {
    400: (6, 27, 33, 36, 38, 41, 53, 62, 72, 117, 131),
    403: (497, 516),
    404: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 336),
    408: (159,),
    501: (48,),
}
_STATUS = {code: status for status, codes in _STATUSES.items() for code in codes}

_CODE = re.compile(r"Code: (\d+)\. ")


class Refused(Exception):
    """A statement or request that failed, with the message for the client."""

    def __init__(self, code: int, text: str, *, status: int | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.status = status or _STATUS.get(code, 500)


def refusal(name: str, sentence: str, *, status: int | None = None) -> Refused:
    """An error of our own, in the format of ClickHouse."""
    return Refused(CODES[name], f"Code: {CODES[name]}. DB::Exception: {sentence} ({name})", status=status)


def from_engine(message: str) -> Refused:
    """The engine's own error, without the text that chDB adds around it."""
    found = _CODE.search(message)
    if found is None:
        return refusal("STD_EXCEPTION", message.strip())
    return Refused(int(found[1]), message[found.start() :].strip())
