"""What a code comes to online: the store knows what it issued, byte for byte, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from scoring.administration.credential.code_address import read_address
from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.credential.not_a_code import CodeReason, NotACode
from scoring.administration.credential.profile import OpaqueCode, decode
from scoring.administration.credential.verdict import CodeVerdict, check
from scoring.store.standing.code_holders import StoredCodes
from scoring.store.standing.code_records import RecordedCode
from scoring.store.tables.code_desk import SHOWN

CodeFace = Literal["sticker", "shown", "opaque"]
"""How people hold a code: a sticker with a colour, a screen, a plate that says nothing."""


@dataclass(frozen=True)
class ScannedCode:
    """A code that was scanned online.

    Attributes:
        reason: ``VALID`` where the store has issued it, whatever became of it since; else why it is none of ours.
        face: How it is held.
        enterprise_id: Whose it is.
        code: The code as the store knows it; of a plate there is nothing to know.
        verdict: What it proves by itself.
    """

    reason: CodeReason
    face: CodeFace | None = None
    enterprise_id: str | None = None
    code: RecordedCode | None = None
    verdict: CodeVerdict | None = None

    @property
    def is_demo(self) -> bool:
        """Whether a key of a demonstration has signed it."""
        return self.verdict is not None and self.verdict.is_demo

    @property
    def is_by_lost_key(self) -> bool:
        """Whether the key that signed it was withdrawn since: the page holds, and a new code is due."""
        return self.verdict is not None and self.verdict.reason is CodeReason.KEY_WITHDRAWN

    @property
    def forged_serial(self) -> str | None:
        """The serial of a code that a key of ours has signed beside the store, in hexadecimal."""
        claims = self.verdict.claims if self.verdict else None
        return claims.serial.hex() if claims and self.reason is CodeReason.NOT_ISSUED else None


def look_up(stored: StoredCodes, office: IssuingOffice, written: str, moment: datetime) -> ScannedCode:
    """What a code comes to that a browser brings.

    Args:
        stored: The codes of the store on the day of the moment.
        office: Who issues them.
        written: What stands behind ``/q/`` in the address; browsers and people may write it in small letters.
        moment: The present moment.
    """
    # Beyond ASCII other letters become capitals that stand in a code.
    capitals = written.upper() if written.isascii() else written
    text = f"HTTPS://{office.settings.printed_host}/Q/{capitals}"
    try:
        code = decode(text)
    except NotACode as refused:
        return ScannedCode(refused.reason)
    if isinstance(code, OpaqueCode):
        owner = stored.owner(code.token)
        return ScannedCode(CodeReason.VALID if owner else CodeReason.NOT_ISSUED, "opaque", owner)
    verdict = check(text, office.trust(stored.day), int(moment.timestamp()))
    recorded = stored.recorded(code.claims.serial)
    # That these very bytes are on file proves more than a signature, and still does when the key was
    # lost: whoever holds a lawful code never goes dark.
    if recorded is not None and recorded.content == read_address(text).content:
        face: CodeFace = "shown" if recorded.face == SHOWN else "sticker"
        return ScannedCode(CodeReason.VALID, face, recorded.enterprise_id, recorded, verdict)
    if verdict.claims is None:
        return ScannedCode(verdict.reason)
    return ScannedCode(CodeReason.NOT_ISSUED, verdict=verdict)
