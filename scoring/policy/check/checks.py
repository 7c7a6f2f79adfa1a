"""``sise policy check``: form, meaning and place in the register; every fault at once.

Raises nothing for a bad file: each fault is a ``Finding`` with file, line and a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from scoring.policy.check import (
    check_citations,
    check_counts,
    check_fairness,
    check_grades,
    check_indicators,
    check_law,
    check_mending,
    check_model,
    check_names,
    check_reach,
    check_register,
    check_rules,
    check_scale,
)
from scoring.policy.check.subject import Subject
from scoring.policy.language.schema import Policy
from scoring.policy.law.register import FILE_NAME
from scoring.policy.read.document import read_toml
from scoring.policy.read.finding import Finding, as_error
from scoring.rules import POLICIES

__all__ = ["CHECKS", "Finding", "check_all", "check_file", "check_folder", "require_sound"]

CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    check_names.check_ids,
    check_names.check_references,
    check_names.check_states,
    check_names.check_groups,
    check_names.check_legal_references,
    check_names.check_conditions,
    check_names.check_used,
    check_names.check_texts,
    check_citations.check_roles,
    check_citations.check_articles,
    check_citations.check_instruments,
    check_citations.check_use,
    check_law.check_dates,
    check_law.check_windows,
    check_law.check_grounds,
    check_law.check_publication,
    check_indicators.check_bins,
    check_indicators.check_direction,
    check_indicators.check_latest,
    check_indicators.check_limit_sense,
    check_indicators.check_ages,
    check_scale.check_scale,
    check_scale.check_bands,
    check_scale.check_colours,
    check_reach.check_reachable,
    check_scale.check_limits,
    check_rules.check_rules,
    check_scale.check_supervision,
    check_counts.check_share,
    check_counts.check_share_points,
    check_mending.check_weights,
    check_mending.check_mending,
    check_grades.check_components,
    check_grades.check_tiers,
    check_counts.check_linear,
    check_counts.check_never,
    check_model.check_model,
    check_fairness.check_fair_competition,
)
"""What a policy must prove. A new check is one function, and one line here."""


def check_file(path: Path) -> list[Finding]:
    """All findings on one policy file, by line; against the ``register.toml`` beside it too.

    Args:
        path: The policy file. A draft may stand anywhere and be called anything.
    """
    document, findings = read_toml(path, Policy)
    if document is None:
        return _by_line(findings)
    subject = Subject(document.model, document.path, document.locator)
    findings = list(chain.from_iterable(check(subject) for check in CHECKS))
    if (path.parent / FILE_NAME).is_file():
        findings += check_register.check_released(subject, path)
    return _by_line(findings)


def require_sound(path: Path) -> None:
    """Refuses a policy file with an error of form or meaning.

    Raises:
        PolicyError: With all of them.
    """
    findings = check_file(path)
    if any(finding.severity == "error" for finding in findings):
        raise as_error(findings)


def check_folder(folder: Path) -> list[Finding]:
    """All findings on one policy: its register and every version in the folder."""
    register = folder / FILE_NAME
    findings = list(check_register.check_register(register))
    for path in sorted(folder.glob("*.toml")):
        if path != register:
            findings += check_file(path)
    return findings


def check_all() -> list[Finding]:
    """All findings on the shipped policies."""
    folders = sorted(path for path in POLICIES.iterdir() if path.is_dir())
    return list(chain.from_iterable(map(check_folder, folders)))


def _by_line(findings: list[Finding]) -> list[Finding]:
    # one key may be at fault in many ways that read alike
    return sorted(dict.fromkeys(findings), key=lambda finding: (_line(finding), finding.code))


def _line(finding: Finding) -> int:
    line = finding.place.rpartition(":")[2]
    # a file that cannot be read has a place without a line
    return int(line) if line.isdigit() else 0
