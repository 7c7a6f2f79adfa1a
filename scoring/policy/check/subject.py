"""What a check is given: one policy, and the means to say what is wrong where in its file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import NamedTuple

from scoring.policy.language.schema import Condition, Gate, Indicator, Limit, Policy
from scoring.policy.law.applied import Law, load_law
from scoring.policy.law.finality import finality_ids
from scoring.policy.law.relations import relation_ids
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
        if self.policy.finality not in finality_ids():
            return None
        relations = self.policy.relations
        return load_law(self.policy.finality, relations if relations in relation_ids() else None)

    def finding(
        self,
        code: str,
        toml_path: TomlPath,
        text_id: str = "",
        *,
        severity: Severity = "error",
        **parameters: object,
    ) -> Finding:
        """A finding at a TOML path.

        Args:
            code: Stable name of the fault.
            where: The part of the file that is wrong.
            text_id: Its sentence in ``rules/wording``; the code, where that has one sentence alone.
            severity: Whether the file cannot be used, or somebody should look.
            parameters: What fills the sentence.
        """
        return Finding(code, self.locator.place(toml_path), text_id, parameters, severity)

    def rules(self) -> Iterator[tuple[TomlPath, Gate]]:
        """All gates, caps and vetoes with their paths."""
        policy = self.policy
        lists: tuple[tuple[str, tuple[Gate, ...]], ...] = (
            ("gates", policy.gates),
            ("caps", policy.caps),
            ("vetoes", policy.vetoes),
        )
        for name, rules in lists:
            for position, rule in enumerate(rules):
                yield (name, position), rule

    def limits(self) -> Iterator[tuple[TomlPath, Limit]]:
        """All caps and vetoes with their paths."""
        for toml_path, rule in self.rules():
            if isinstance(rule, Limit):
                yield toml_path, rule

    def conditions(self) -> Iterator[tuple[TomlPath, Condition]]:
        """All conditions of all gates, caps and vetoes with their paths."""
        for toml_path, rule in self.rules():
            for key, conditions in (("all", rule.all), ("any", rule.any)):
                for position, condition in enumerate(conditions):
                    yield (*toml_path, key, position), condition

    def indicators(self) -> Iterator[tuple[TomlPath, Indicator]]:
        """All indicators with their paths."""
        for position, indicator in enumerate(self.policy.indicators):
            yield ("indicators", position), indicator


class Repeated(NamedTuple):
    """A name that stood in the list before, and where it stands again."""

    position: int
    name: str


def repeated(names: Iterable[str]) -> list[Repeated]:
    """All but the first of equal names."""
    occurrences: Counter[str] = Counter()
    later_ones = []
    for position, name in enumerate(names):
        occurrences[name] += 1
        if occurrences[name] > 1:
            later_ones.append(Repeated(position, name))
    return later_ones


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word most like ``word``, else the first one, for an example."""
    options = list(known)
    return (get_close_matches(word, options, n=1) or options[:1] or ["—"])[0]
