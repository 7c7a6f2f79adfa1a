"""The second factor of officers: one-time passwords that a telephone computes (TOTP, RFC 6238)."""

from __future__ import annotations

from datetime import datetime

import pyotp

ISSUER = "Sise"
STEP_SECONDS = 30
DRIFT = 1
"""Steps by which the clock of a telephone may be off."""


def address_of(secret: str, account: str) -> str:
    """What a telephone scans (``otpauth://``)."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=ISSUER)


def step_of(secret: str, typed: str, moment: datetime) -> int | None:
    """The time step of a typed one-time password; ``None``: it is not the right one.

    Args:
        secret: The secret that server and telephone share, in base 32.
        typed: Six digits; blanks do not matter.
        moment: Now.
    """
    digits = "".join(filter(str.isalnum, typed))
    now = int(moment.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    for step in range(now - DRIFT, now + DRIFT + 1):
        if pyotp.utils.strings_equal(digits, generator.generate_otp(step)):
            return step
    return None
