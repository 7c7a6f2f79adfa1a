"""What an audit found: which row, and what was done to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scoring.entities import Lang
from scoring.rules.wording import say

What = Literal["changed", "removed", "inserted", "rewritten", "projection", "older", "forked", "damaged"]


@dataclass(frozen=True, order=True)
class AuditFinding:
    """One thing that is not as it was recorded.

    Attributes:
        what: A cell or row ``changed``, ``removed`` or ``inserted``, rows ``rewritten`` with their
            digests, a ``projection`` that does not follow from the rows, a log ``older`` than a
            checkpoint or ``forked`` from it, a page of the file ``damaged``.
        table: The table; empty for the log or the file as a whole.
        key: The row's key, ``first–last`` of several, how many, or what the database says.
        more: The entry of the log that says otherwise, or the checkpoint's size.
    """

    what: What
    table: str
    key: str
    more: str = ""

    def text(self, lang: Lang) -> str:
        """The sentence in ``zh`` or ``en``."""
        return say(lang, f"a_{self.what}", table=self.table, key=self.key, more=self.more)
