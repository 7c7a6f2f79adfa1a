"""Whose code a text is: of a sticker, a plate, a page of ours, an electronic licence, or a code that was typed.

Nothing is opened: an address is only text in which a code is looked for.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple
from urllib.parse import unquote

from sqlalchemy import Connection, select

from scoring.administration.credential.not_a_code import NotACode
from scoring.administration.credential.profile import OpaqueCode, SignedCode, decode
from scoring.errors import InputError
from scoring.store.standing.code_records import plate_owner, recorded_code
from scoring.store.tables.visible import VisibleEnterprise

LONGEST = 2_000
"""Characters of a text that is looked at; a QR code of any size that a telephone reads holds fewer."""
_USCC = re.compile(r"(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Z])")
_PAGE = re.compile(r"/(?:e|firm/e|desk/e|inspect/e)/([^/?#\s]+)")
_IN_BETWEEN = re.compile(r"[\s-]+")


class ScannedText(NamedTuple):
    """Whose code it is.

    Attributes:
        enterprise_id: The enterprise.
        is_signed: Whether it was a code that this store has issued.
        ended: ``superseded`` or ``revoked``, where such a code has ended.
    """

    enterprise_id: str
    is_signed: bool = False
    ended: str | None = None


def whose_code(connection: Connection, text: str, day: date) -> ScannedText:
    """The enterprise that a text names.

    Args:
        connection: The store.
        text: What was scanned or typed.
        day: The day.

    Raises:
        InputError: It names none that the store knows, or several.
    """
    # The end of a line ends a code; no letter of the next line may grow onto it.
    plain = "".join(letter if letter.isprintable() else " " for letter in text).strip()
    if not plain or len(text) > LONGEST:
        raise InputError("scan_without_code")
    # A code that was issued comes first: it names one enterprise, whatever else stands beside it.
    if (issued := _issued(connection, plain, day)) is not None:
        return issued
    known = _known(connection, _candidates(plain))
    if not known:
        raise InputError("scan_without_code")
    if len(known) > 1:
        raise InputError("scan_several_codes", codes=known)
    return ScannedText(known[0])


def _issued(connection: Connection, text: str, day: date) -> ScannedText | None:
    """Whose code this store has issued so; schemes and hosts are read in any case, what follows in capitals."""
    head, mark, code = text.upper().partition("/Q/")
    try:
        read = decode(f"{head}{mark}{code}")
    except NotACode:
        return None
    if isinstance(read, OpaqueCode):
        owner = plate_owner(connection, read.token)
        return ScannedText(owner, is_signed=True) if owner else None
    return _of_serial(connection, read, day)


def _of_serial(connection: Connection, code: SignedCode, day: date) -> ScannedText | None:
    # Whoever signed it: what this store never issued says nothing here, not even whose it is.
    recorded = recorded_code(connection, code.claims.serial.hex(), day)
    if recorded is None:
        return None
    return ScannedText(recorded.enterprise_id, is_signed=True, ended=recorded.state)


def _candidates(text: str) -> list[str]:
    """What in a text may be the id of an enterprise."""
    readable = unicodedata.normalize("NFKC", unquote(text))
    spelled = readable.upper()
    in_pages = [unquote(part) for part in _PAGE.findall(text)]
    # A code that was typed in groups is one code.
    joined = _USCC.findall(_IN_BETWEEN.sub("", spelled)) if len(spelled) < 40 else []
    return list(dict.fromkeys([readable, *in_pages, *_USCC.findall(spelled), *joined]))


def _known(connection: Connection, candidates: list[str]) -> list[str]:
    query = select(VisibleEnterprise.enterprise_id).where(VisibleEnterprise.enterprise_id.in_(candidates))
    known = set(connection.execute(query.distinct()).scalars())
    return [candidate for candidate in candidates if candidate in known]
