"""The text of a code: an address in capitals, with the code in base32 behind ``/Q/``, so that QR
needs no bytes mode."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

from scoring.administration.credential.not_a_code import CodeReason, NotACode

MOST_CHARACTERS = 700
"""Of a text that is looked at at all; a signed code has some 280, and QR version 10 at level M
takes 311."""
HOST = re.compile(r"[A-Z0-9](?:[A-Z0-9.-]{0,98}[A-Z0-9])?(?::[0-9]{1,5})?", re.ASCII)
"""A host as a code names it: capitals, and a port where there is one."""
_TEXT = re.compile(rf"HTTPS://({HOST.pattern})/Q/(.+)", re.ASCII)
_BASE32 = re.compile("[A-Z2-7]+", re.ASCII)
_AS_DIGITS = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHIJKLMNOPQRSTUV")


class CodeAddress(NamedTuple):
    """A code's host and the bytes behind it."""

    host: str
    content: bytes

    @property
    def text(self) -> str:
        """As it is printed."""
        return f"HTTPS://{self.host}/Q/{base32(self.content)}"


def base32(content: bytes) -> str:
    """Bytes in base32 (RFC 4648) without padding."""
    return base64.b32encode(content).decode().rstrip("=")


def from_base32(text: str) -> bytes:
    """The bytes of a text that ``base32`` writes so, and in no other way.

    Raises:
        NotACode: It writes no bytes so.
    """
    spare = len(text) * 5 % 8
    if spare > 4 or not _BASE32.fullmatch(text):
        raise NotACode
    # To Python letters and digits are digits of base 32; this takes a tenth of the time of
    # ``b32decode``.
    number = int(text.translate(_AS_DIGITS), 32)
    # Bits behind the last byte would make a second text of the same code.
    if number & ((1 << spare) - 1):
        raise NotACode
    return (number >> spare).to_bytes(len(text) * 5 // 8, "big")


def read_address(text: str) -> CodeAddress:
    """The host and the bytes of a code's text.

    Raises:
        NotACode: There is no text (``UNREADABLE``), or it is not as one is printed
            (``WRONG_FORMAT``).
    """
    if not text:
        raise NotACode(CodeReason.UNREADABLE)
    parts = _TEXT.fullmatch(text) if len(text) <= MOST_CHARACTERS else None
    if parts is None:
        raise NotACode
    return CodeAddress(parts[1], from_base32(parts[2]))
