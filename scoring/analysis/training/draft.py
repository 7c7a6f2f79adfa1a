"""A refit as a draft version of its policy: a file that holds the new points and nothing else, checked, in no register."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.refit import Refit, Refitted
from scoring.errors import PolicyError, UsageError
from scoring.policy.check.checks import check_file
from scoring.policy.load import ResolvedPolicy, read_policy_file
from scoring.rules import POLICIES

PROPOSAL = "proposal.json"


def require_released(version: ResolvedPolicy, valid_from: date) -> None:
    """Refuses what a draft cannot extend.

    Raises:
        UsageError: The policy is a file of somebody's own, or the draft would not be later.
    """
    policy = version.policy
    later = policy.valid_from.replace(year=policy.valid_from.year + 1, day=1)
    if Path(version.path).resolve() != (POLICIES / policy.id / f"{policy.version}.toml").resolve():
        raise UsageError(
            zh=f"草案只能沿用已发布的版本，{version.path} 不是；例如 --policy quzhou-demo@2026-07-01",
            en=f"a draft extends a released version, and {version.path} is none; e.g. --policy quzhou-demo@2026-07-01",
        )
    if valid_from <= policy.valid_from:
        raise UsageError(
            zh=f"草案的首日 {valid_from} 应晚于 {policy.version}；例如 --valid-from {later}",
            en=f"the draft's first day, {valid_from}, must be after {policy.version}; e.g. --valid-from {later}",
        )


def write_draft(
    found: Refitted, version: ResolvedPolicy, definition: ModelDefinition, valid_from: date, folder: Path
) -> ResolvedPolicy:
    """Writes ``<valid_from>.toml`` and ``proposal.json`` into an existing folder.

    Raises:
        PolicyError: The draft does not pass ``policy check``.
    """
    path = folder / f"{valid_from}.toml"
    path.write_text("\n".join(_lines(found, version, definition, valid_from)) + "\n", encoding="utf-8")
    errors = [finding for finding in check_file(path) if finding.severity == "error"]
    if errors:
        raise PolicyError(
            zh=f"草案未通过 policy check，没有写出文件：{errors[0].zh}",
            en=f"the draft does not pass `policy check`, no file was written: {errors[0].en}",
            place=Path(errors[0].place).name,
        )
    draft = read_policy_file(path)
    told = _told(found, version, draft, definition)
    (folder / PROPOSAL).write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return draft


def _lines(
    found: Refitted, version: ResolvedPolicy, definition: ModelDefinition, valid_from: date
) -> Iterator[str]:
    base, label = f"{version.policy.id}@{version.policy.version}", definition.label.text
    yield "# 草案，未发布：只有下列指标的分值与所沿用的版本不同，由人审定后才能发布。"
    yield "# A draft, released by nobody: only the points below differ from the version it extends; a person decides what becomes of it."
    yield f"# 结果 · outcome: {label.zh} · {label.en}; {found.cases} cases, {found.positives} positives."
    yield f'id = "{version.policy.id}"'
    yield f"valid_from = {valid_from}"
    yield f'extends = "{base}"'
    for refit in found.refits:
        if refit.points != tuple(b.points for b in refit.indicator.bins):
            yield from _indicator(refit)


def _indicator(refit: Refit) -> Iterator[str]:
    old = ", ".join(str(b.points) for b in refit.indicator.bins)
    limits = ["" if b.upto is None else f"upto = {b.upto}, " for b in refit.indicator.bins]
    bins = ", ".join(
        f"{{ {limit}points = {points} }}" for limit, points in zip(limits, refit.points, strict=True)
    )
    seen = ", ".join(f"{hit}/{n}" for hit, n in zip(refit.positives, refit.cases, strict=True))
    yield ""
    yield f"[[indicators]]  # 原为 · was {old}; 各档中有此结果者 · with the outcome, by bin: {seen}"
    yield f'id = "{refit.indicator.id}"'
    yield f"bins = [{bins}]"


def _told(
    found: Refitted, version: ResolvedPolicy, draft: ResolvedPolicy, definition: ModelDefinition
) -> dict[str, Any]:
    return {
        "extends": {"id": version.policy.id, "version": version.policy.version, "sha256": version.sha256},
        "draft": {"file": Path(draft.path).name, "valid_from": draft.policy.version, "sha256": draft.sha256},
        "outcome": {
            "definition": definition.id,
            "label": definition.label.model_dump(mode="json", exclude_none=True),
        },
        "trained": {
            "first": definition.cases.first.isoformat(),
            "last": definition.splits.train_until.isoformat(),
        },
        "cases": found.cases,
        "positives": found.positives,
        "visits_by_choice": found.visits_by_choice,
        "points_to_double_odds": found.points_to_double_odds,
        "holdout_auc": found.auc,
        "indicators": [
            {
                "id": r.indicator.id,
                "direction": r.indicator.direction,
                "upto": [b.upto for b in r.indicator.bins],
                "old": [b.points for b in r.indicator.bins],
                "new": r.points,
                "cases": r.cases,
                "positives": r.positives,
            }
            for r in found.refits
        ],
    }
