"""A refit as a draft version of its policy.

The draft is a file that holds the new points and nothing else. It passes the check and is in no
register.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.refit import IndicatorRefit, PolicyRefit
from scoring.errors import PolicyError, UsageError
from scoring.policy.check.checks import check_file
from scoring.policy.load import read_policy_file
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules import POLICIES
from scoring.rules.wording import both

PROPOSAL = "proposal.json"


def require_released(version: ResolvedPolicy, valid_from: date) -> None:
    """Refuses what a draft cannot extend.

    Raises:
        UsageError: The policy is a file of somebody's own, or the draft would not be later.
    """
    policy = version.policy
    released = POLICIES / policy.id / f"{policy.version}.toml"
    if Path(version.path).resolve() != released.resolve():
        raise UsageError("draft_base_not_released", path=version.path)
    if valid_from <= policy.valid_from:
        # The example of the refusal: some day that is later for sure.
        later = policy.valid_from.replace(year=policy.valid_from.year + 1, day=1)
        raise UsageError("draft_not_later", valid_from=valid_from, version=policy.version, later=later)


def write_draft(
    proposed: PolicyRefit,
    version: ResolvedPolicy,
    definition: ModelDefinition,
    valid_from: date,
    folder: Path,
) -> ResolvedPolicy:
    """Writes ``<valid_from>.toml`` and ``proposal.json`` into an existing folder.

    Args:
        proposed: The new points.
        version: The version that the draft extends.
        definition: What says the outcome.
        valid_from: First day of the draft.
        folder: Where to write.

    Raises:
        PolicyError: The draft does not pass ``policy check``.
    """
    path = folder / f"{valid_from}.toml"
    lines = _lines(proposed, version, definition, valid_from)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    errors = [finding for finding in check_file(path) if finding.severity == "error"]
    if errors:
        fault = {"zh": errors[0].zh, "en": errors[0].en}
        raise PolicyError("draft_invalid", place=Path(errors[0].place).name, fault=fault)
    draft = read_policy_file(path)
    proposal = _proposal(proposed, version, draft, definition)
    content = json.dumps(proposal, ensure_ascii=False, indent=1) + "\n"
    (folder / PROPOSAL).write_text(content, encoding="utf-8")
    return draft


def _lines(
    proposed: PolicyRefit, version: ResolvedPolicy, definition: ModelDefinition, valid_from: date
) -> Iterator[str]:
    """Lines of the draft, whose comments say in both languages that nobody has released it."""
    unreleased, label = both("draft_unreleased"), definition.label.text
    yield f"# {unreleased['zh']}"
    yield f"# {unreleased['en']}"
    outcome = f"{_bilingual('draft_outcome')}: {label.zh} · {label.en}"
    yield f"# {outcome}; {proposed.cases} cases, {proposed.positives} positives."
    yield f'id = "{version.policy.id}"'
    yield f"valid_from = {valid_from}"
    yield f'extends = "{version.policy.id}@{version.policy.version}"'
    for refit in proposed.refits:
        if refit.points != tuple(score_bin.points for score_bin in refit.indicator.bins):
            yield from _indicator_lines(refit)


def _indicator_lines(refit: IndicatorRefit) -> Iterator[str]:
    present_bins = refit.indicator.bins
    old = ", ".join(str(score_bin.points) for score_bin in present_bins)
    limits = ["" if score_bin.upto is None else f"upto = {score_bin.upto}, " for score_bin in present_bins]
    pairs = zip(limits, refit.points, strict=True)
    new = ", ".join(f"{{ {limit}points = {points} }}" for limit, points in pairs)
    counts = zip(refit.positives, refit.cases, strict=True)
    outcomes = ", ".join(f"{positives}/{cases}" for positives, cases in counts)
    yield ""
    comment = f"{_bilingual('draft_was')} {old}; {_bilingual('draft_by_bin')}: {outcomes}"
    yield f"[[indicators]]  # {comment}"
    yield f'id = "{refit.indicator.id}"'
    yield f"bins = [{new}]"


def _bilingual(text_id: str) -> str:
    return " · ".join(both(text_id).values())


def _proposal(
    proposed: PolicyRefit,
    version: ResolvedPolicy,
    draft: ResolvedPolicy,
    definition: ModelDefinition,
) -> dict[str, Any]:
    """What is proposed, from what it was fitted, and how good it is, for JSON."""
    policy = version.policy
    label = definition.label.model_dump(mode="json", exclude_none=True)
    first, last = definition.cases.first, definition.splits.train_until
    return {
        "extends": {"id": policy.id, "version": policy.version, "sha256": version.rules_sha256},
        "draft": {
            "file": Path(draft.path).name,
            "valid_from": draft.policy.version,
            "sha256": draft.rules_sha256,
        },
        "outcome": {"definition": definition.id, "label": label},
        "trained": {"first": first.isoformat(), "last": last.isoformat()},
        "cases": proposed.cases,
        "positives": proposed.positives,
        "visits_by_choice": proposed.visits_by_choice,
        "points_to_double_odds": proposed.points_to_double_odds,
        "holdout_auc": proposed.auc,
        "indicators": [_indicator_proposal(refit) for refit in proposed.refits],
    }


def _indicator_proposal(refit: IndicatorRefit) -> dict[str, Any]:
    present_bins = refit.indicator.bins
    return {
        "id": refit.indicator.id,
        "direction": refit.indicator.direction,
        "upto": [score_bin.upto for score_bin in present_bins],
        "old": [score_bin.points for score_bin in present_bins],
        "new": refit.points,
        "cases": refit.cases,
        "positives": refit.positives,
    }
