"""What an audit found: which row, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scoring.entities import Lang
from scoring.rules.wording import say

What = Literal[
    "changed",
    "removed",
    "inserted",
    "rewritten",
    "projection",
    "older",
    "forked",
    "damaged",
    "lacking",
    "foreign",
    "altered",
    "revision",
    "unproven",
    "unsigned",
]
LONGEST_KEY = 120
"""Characters of a key that are shown: a cell may hold millions."""


@dataclass(frozen=True, order=True)
class AuditFinding:
    """One thing that is not as it was recorded.

    Attributes:
        what: A cell or row ``changed``, ``removed`` or ``inserted``, rows ``rewritten`` with their
            digests, a ``projection`` that does not follow from the rows, a log ``older`` than a
            checkpoint or ``forked`` from it, a file ``damaged``; an object of the schema that is
            ``lacking``, ``foreign`` or ``altered``, a number of the schema (``revision``) that is
            not the schema's; a deletion that is ``unproven``; an entry that is ``unsigned``.
        table: The table; empty for the log or the file as a whole.
        key: The row's key, ``first–last`` of several, how many, the name of an object, or what the
            database says.
        more: The entry of the log that says otherwise, the checkpoint's size, or what an object is.
    """

    what: What
    table: str
    key: str
    more: str = ""

    def printable(self) -> AuditFinding:
        """The same with its texts as any terminal and any file takes them."""
        return AuditFinding(self.what, _printable(self.table), _printable(self.key), _printable(self.more))

    def text(self, lang: Lang) -> str:
        """The sentence in ``zh`` or ``en``."""
        return say(lang, f"a_{self.what}", table=self.table, key=self.key, more=self.more)


def _printable(text: str) -> str:
    """A text of the database, whose control characters and broken letters are written out."""
    shown = text if len(text) <= LONGEST_KEY else f"{text[:LONGEST_KEY]}…"
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in shown)
