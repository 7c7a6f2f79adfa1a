"""A finding of ``sise policy check``: what is wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scoring.errors import PolicyError
from scoring.rules.wording import Lang, Worded

Severity = Literal["error", "warning"]
TomlPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding(Worded):
    """One fault of a policy or register file.

    Attributes:
        code: Stable name of the fault.
        place: ``file:line``.
        text_id: Its sentence: what was got, what was expected, an example. Where a code has one
            sentence alone, the code names it and this is empty.
        parameters: What fills the sentence.
        severity: An ``error`` makes the file unusable; a ``warning`` does not.
    """

    code: str
    place: str
    text_id: str = ""
    # a table has no hash; findings that differ in it alone are still unequal
    parameters: Mapping[str, object] = field(default_factory=dict, hash=False)
    severity: Severity = "error"

    @property
    def sentence_id(self) -> str:
        """The text id of its own, else the code."""
        return self.text_id or self.code

    def text(self, lang: Lang) -> str:
        """The finding as one printed line in ``zh`` or ``en``."""
        return f"{self.place}: {self.sentence(lang)} [{self.code}]"


def as_error(findings: list[Finding]) -> PolicyError:
    """The first error of a list that holds at least one, and how many more there are."""
    errors = [finding for finding in findings if finding.severity == "error"]
    first, more = errors[0], len(errors) - 1
    if more:
        return PolicyError("rule_file_faults", place=first.place, fault=first.words, more=more)
    return PolicyError("rule_file_fault", place=first.place, fault=first.words)
