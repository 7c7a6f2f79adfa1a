"""What a signed code says: the claims of a CWT (RFC 8392), each of one form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from operator import mul
from typing import Any

from scoring.administration.credential.not_a_code import NotACode
from scoring.entities import Colour

ISSUER, SUBJECT, EXPIRES, ISSUED, SERIAL = 1, 2, 4, 6, 7
STICKER, SHOWN = -65537, -65538
"""Private claims: of a sticker [colour, as-of day, policy version, status index], of a shown code
[status index]."""
COLOURS = (Colour.BLUE, Colour.GREEN, Colour.YELLOW, Colour.RED)
"""The number of a colour in a code is its place here, whichever a policy thinks the best."""
SERIAL_BYTES = 8
DAY = 86_400
LONGEST = 92 * DAY
"""Seconds for which a sticker is valid at most."""
LONGEST_SHOWN = DAY
"""Seconds for which a code on a screen is valid at most."""
EPOCH = date(1970, 1, 1)
LAST_DAY = (date(9999, 12, 31) - EPOCH).days
LAST_SECOND = LAST_DAY * DAY
MOST_INDEX = 2**23 - 1
"""Last status index: a list of two megabytes holds four of them in a byte."""
_ISSUER = re.compile(r"CN-[0-9]{6}", re.ASCII)
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII)
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


@dataclass(frozen=True)
class Claims:
    """What a signed code says.

    Attributes:
        issuer: ``CN-`` and the division of the authority, for example ``CN-330800``.
        subject: Unified social credit code of the enterprise.
        issued: When it was issued, in POSIX seconds.
        expires: The last second of its validity.
        serial: 8 bytes that no other code has.
        index: Its place in the issuer's status list.
        colour: The colour of a sticker; ``None``: a code that is shown on a screen, which has none.
        as_of: The day of the result of a sticker.
        rules_from: First day of the version of the policy of a sticker.
    """

    issuer: str
    subject: str
    issued: int
    expires: int
    serial: bytes
    index: int
    colour: Colour | None = None
    as_of: date | None = None
    rules_from: date | None = None

    @property
    def district(self) -> str:
        """Division of the issuer."""
        return self.issuer[3:]

    def as_map(self) -> dict[int, Any]:
        """The claims by their numbers."""
        own: dict[int, Any] = {SHOWN: [self.index]}
        if self.colour is not None and self.as_of is not None and self.rules_from is not None:
            rules = int(self.rules_from.strftime("%Y%m%d"))
            own = {STICKER: [COLOURS.index(self.colour), (self.as_of - EPOCH).days, rules, self.index]}
        return {
            ISSUER: self.issuer,
            SUBJECT: self.subject,
            EXPIRES: self.expires,
            ISSUED: self.issued,
            SERIAL: self.serial,
            **own,
        }


def read_claims(claims: Any) -> Claims:
    """The claims of a code, if they are these and in this form.

    Raises:
        NotACode: One is missing, foreign, or of another form.
    """
    if not isinstance(claims, dict):
        raise NotACode
    own = STICKER if STICKER in claims else SHOWN
    if set(claims) != {ISSUER, SUBJECT, EXPIRES, ISSUED, SERIAL, own} or not isinstance(claims[own], list):
        raise NotACode
    issued, expires, serial = claims[ISSUED], claims[EXPIRES], claims[SERIAL]
    longest = LONGEST if own == STICKER else LONGEST_SHOWN
    if not _is_number(issued, LAST_SECOND) or not _is_number(expires, LAST_SECOND):
        raise NotACode
    if not issued <= expires <= issued + longest or not isinstance(serial, bytes):
        raise NotACode
    if len(serial) != SERIAL_BYTES or not is_uscc(claims[SUBJECT]) or not is_issuer(claims[ISSUER]):
        raise NotACode
    index, more = _own(claims[own], own)
    return Claims(claims[ISSUER], claims[SUBJECT], issued, expires, serial, index, **more)


def _own(values: list[Any], own: int) -> tuple[int, dict[str, Any]]:
    """Index, and what a sticker says of a result."""
    bounds = (len(COLOURS) - 1, LAST_DAY, 99991231, MOST_INDEX) if own == STICKER else (MOST_INDEX,)
    if len(values) != len(bounds) or not all(map(_is_number, values, bounds)):
        raise NotACode
    if own == SHOWN:
        return values[0], {}
    colour, as_of, rules, index = values
    try:
        rules_from = date(rules // 10_000, rules // 100 % 100, rules % 100)
    except ValueError:
        raise NotACode from None
    day = EPOCH + timedelta(days=as_of)
    return index, {"colour": COLOURS[colour], "as_of": day, "rules_from": rules_from}


def _is_number(value: Any, most: int) -> bool:
    return isinstance(value, int) and 0 <= value <= most


def is_issuer(text: Any) -> bool:
    """Whether a text names an issuer."""
    return isinstance(text, str) and _ISSUER.fullmatch(text) is not None


def is_uscc(text: Any) -> bool:
    """Whether a text is a unified social credit code with its check character (GB 32100-2015)."""
    if not isinstance(text, str) or not _USCC.fullmatch(text):
        return False
    total = sum(map(mul, _WEIGHTS, map(_VALUES.__getitem__, text)))
    return text[17] == _ALPHABET[-total % 31]
