"""What a check is given: one policy with its file and lines, and the means to say what is wrong where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from scoring.policy.language.schema import Condition, Gate, Indicator, Limit, Policy
from scoring.policy.law.applied import Law, load_law
from scoring.policy.law.finality import finality_ids
from scoring.policy.read.finding import Finding, Severity, TomlPath
from scoring.policy.read.locate import Locator


@dataclass(frozen=True)
class Subject:
    """A policy under check."""

    policy: Policy
    path: str
    locator: Locator

    @cached_property
    def law(self) -> Law | None:
        """The law that the policy names, ``None`` where there is none of that name."""
        return load_law(self.policy.finality) if self.policy.finality in finality_ids() else None

    def finding(self, code: str, where: TomlPath, zh: str, en: str, severity: Severity = "error") -> Finding:
        """A finding at a TOML path."""
        return Finding(code, self.locator.place(where), zh, en, severity)

    def rules(self) -> Iterator[tuple[TomlPath, Gate]]:
        """All gates, caps and vetoes with their paths."""
        lists: tuple[tuple[str, tuple[Gate, ...]], ...] = (
            ("gates", self.policy.gates),
            ("caps", self.policy.caps),
            ("vetoes", self.policy.vetoes),
        )
        for name, rules in lists:
            for i, rule in enumerate(rules):
                yield (name, i), rule

    def limits(self) -> Iterator[tuple[TomlPath, Limit]]:
        """All caps and vetoes with their paths."""
        for where, rule in self.rules():
            if isinstance(rule, Limit):
                yield where, rule

    def conditions(self) -> Iterator[tuple[TomlPath, Condition]]:
        """All conditions of all gates, caps and vetoes with their paths."""
        for where, rule in self.rules():
            for key, conditions in (("all", rule.all), ("any", rule.any)):
                for i, condition in enumerate(conditions):
                    yield (*where, key, i), condition

    def indicators(self) -> Iterator[tuple[TomlPath, Indicator]]:
        """All indicators with their paths."""
        for i, indicator in enumerate(self.policy.indicators):
            yield ("indicators", i), indicator


def repeated(ids: Iterable[str]) -> list[tuple[int, str]]:
    """Positions and values of all but the first of equal ids."""
    seen: Counter[str] = Counter()
    out = []
    for i, value in enumerate(ids):
        seen[value] += 1
        if seen[value] > 1:
            out.append((i, value))
    return out


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like ``word``, else the first one, for an example."""
    options = list(known)
    return (get_close_matches(word, options, n=1) or options[:1] or ["—"])[0]
