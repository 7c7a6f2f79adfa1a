"""Words that nobody may guess: tokens of sessions, codes that are used once, secrets of second factors."""

from __future__ import annotations

import base64
import hashlib
import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Characters of a code: none that is read as another one."""
CODE_LENGTH = 16
"""Characters of a code: 79 bits, far more than anybody tries within its days."""
_GROUP = 4


def new_token() -> str:
    """A token of 256 bits for an address or a cookie."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A code for paper, in groups of four."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return "-".join(drawn[start : start + _GROUP] for start in range(0, CODE_LENGTH, _GROUP))


def new_secret() -> str:
    """A secret of 160 bits for one-time passwords (RFC 4226 4), in base 32."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def digest_of_code(typed: str) -> str:
    """What is kept of a code, however it is typed: blanks, hyphens and case do not matter."""
    return digest_of("".join(filter(str.isalnum, typed)).upper())
