"""What the store needs of whoever signs codes: it says what is to be signed, and keeps what was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, Protocol

from scoring.policy.resolved import ResolvedPolicy

STICKER, SHOWN = "sticker", "shown"
"""Faces of signed codes: one with a colour, and one on a screen without."""


class CodeTicket(NamedTuple):
    """What a code is to say.

    Attributes:
        enterprise_id: Unified social credit code of the enterprise.
        status_index: Its place in the status list.
        issued_at: POSIX time.
        colour: The colour of a sticker; ``None``: a code on a screen.
        as_of: The day of the result.
        rules_from: First day of the version of the policy of the result.
    """

    enterprise_id: str
    status_index: int
    issued_at: int
    colour: str | None = None
    as_of: date | None = None
    rules_from: date | None = None


class SealedCode(NamedTuple):
    """A code that was signed.

    Attributes:
        serial: 8 bytes in hexadecimal that no other code has.
        expires_at: The last second of its validity.
        content: The code.
    """

    serial: str
    expires_at: int
    content: bytes


class CodeDesk(Protocol):
    """Who signs codes on one day."""

    @property
    def key_id(self) -> str:
        """Id of the key that signs, in hexadecimal."""
        ...

    @property
    def leaving(self) -> frozenset[str]:
        """Ids of keys that must not be relied on: codes by them are to be signed anew."""
        ...

    def accepts(self, enterprise_id: str) -> bool:
        """Whether a code can name an enterprise: it has a unified social credit code."""
        ...

    def sign(self, tickets: Sequence[CodeTicket]) -> list[SealedCode]:
        """A code for each ticket, in order."""
        ...


class CodeOffice(Protocol):
    """Who issues codes for a store, and for whom.

    Attributes:
        area: What the ids of areas begin with for whose enterprises it issues.
        with_sole_traders: Whether sole traders have codes.
    """

    @property
    def area(self) -> str:
        """What the ids of areas begin with for whose enterprises it issues."""
        ...

    @property
    def with_sole_traders(self) -> bool:
        """Whether sole traders have codes."""
        ...

    def shows_colours(self, version: ResolvedPolicy) -> bool:
        """Whether it issues stickers with the colours of a policy."""
        ...

    def desk(self, day: date) -> CodeDesk | None:
        """Who signs on a day; ``None``: no key does."""
        ...
