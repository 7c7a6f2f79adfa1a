"""Passwords: what is one, and whether it is somebody's. Argon2id, with the parameters of its library."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from scoring.errors import UsageError

SHORTEST, LONGEST = 10, 200
"""Characters of a password (NIST SP 800-63B asks for eight at least, and for no signs of certain kinds)."""
FEWEST_DIFFERENT = 5
"""Different characters of a password."""
_HASHER = PasswordHasher()


def hash_of(password: str, account: str) -> str:
    """The hash under which a password is kept.

    Raises:
        UsageError: It is too short or too long, too much alike, or holds the account's name.
    """
    is_long = SHORTEST <= len(password) <= LONGEST
    if not is_long or len(set(password)) < FEWEST_DIFFERENT or account in password.casefold():
        raise UsageError("password_weak", shortest=SHORTEST, longest=LONGEST)
    return _HASHER.hash(password)


def is_password(kept: str | None, typed: str) -> bool:
    """Whether a typed password is the kept one; of nobody it takes as long to say no."""
    try:
        return _HASHER.verify(kept or _nobodys(), typed[:LONGEST]) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """A hash that is compared with where there is none."""
    return _HASHER.hash("nobody has this password")
