"""A finding of ``sise policy check``: what is wrong, where, and what to write instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scoring.errors import PolicyError

Severity = Literal["error", "warning"]
TomlPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """One fault of a policy or register file.

    Attributes:
        code: Stable name of the fault.
        place: ``file:line``.
        zh: The sentence in Chinese: what was got, what was expected, an example.
        en: The same in English.
        severity: An ``error`` makes the file unusable; a ``warning`` does not.
    """

    code: str
    place: str
    zh: str
    en: str
    severity: Severity = "error"

    def text(self, lang: Literal["zh", "en"]) -> str:
        """The finding as one printed line in ``zh`` or ``en``."""
        return f"{self.place}: {self.zh if lang == 'zh' else self.en} [{self.code}]"


def as_error(findings: list[Finding]) -> PolicyError:
    """The first error of a list that holds at least one, and how many more there are."""
    errors = [f for f in findings if f.severity == "error"]
    first, more = errors[0], len(errors) - 1
    zh = first.zh + (f"（另有 {more} 处，见 `sise policy check`）" if more else "")
    en = first.en + (f" (and {more} more, see `sise policy check`)" if more else "")
    return PolicyError(zh=zh, en=en, place=first.place)
