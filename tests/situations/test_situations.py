"""What the law and the policy say about an enterprise on a day, situation by situation, through the one path from records to reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from situations import DEFAULT_POLICY, Case, read_cases

from scoring.assess import Assessed, Assessor, opened
from scoring.engine.snapshot import NOT_KNOWN, SAME_ACT, exclusion_rules
from scoring.entities import Explanation, Outlook
from scoring.explain.build import explain
from scoring.explain.outlook import look_ahead
from scoring.policy.finality import load_finality
from scoring.policy.load import PolicyVersion, load_policy
from scoring.policy.retention import instrument, limits, retention_ids
from scoring.policy.schema import Policy

HERE = Path(__file__).resolve().parent
CASES = read_cases(sorted(HERE.glob("*.toml")))
Group = tuple[str, frozenset[str] | None]


class Court:
    """Hears cases; those of one policy and one coverage come through one intake, opened when the first of them is heard."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._open: dict[Group, Assessor] = {}

    def hears(self, case: Case) -> tuple[Assessor, Assessed]:
        """The enterprise of a case on its day."""
        group = (case.policy, case.covers)
        if group not in self._open:
            assessor = self._stack.enter_context(_opened(group))
            ids = [case.enterprise_id for case in CASES if (case.policy, case.covers) == group]
            held = assessor.engine.memory(assessor.tables, ids)     # plans for few rows, as the pages do: a third of the time
            self._open[group] = Assessor(assessor.engine, assessor.version, assessor.covers, held)
        return self._open[group], self._open[group].full(case.enterprise_id, case.on)


def _opened(group: Group) -> AbstractContextManager[Assessor]:
    cases = [case for case in CASES if (case.policy, case.covers) == group]
    version = load_policy(group[0], min(case.on for case in cases))
    enterprises = pd.DataFrame([row for case in cases for row in case.enterprises()])
    records = pd.DataFrame([row for case in cases for row in case.records()])
    prior = pd.DataFrame(
        [{"enterprise_id": c.enterprise_id, "band": _band(version, c.situation["prior"])} for c in cases if "prior" in c.situation],
        columns=["enterprise_id", "band"],
    )
    day = max(case.on for case in cases)
    return opened(enterprises, records, version, day, prior=prior if len(prior) else None, covers=group[1])


def _band(version: PolicyVersion, colour: str) -> str:
    return next(band.id for band in version.policy.bands if band.colour == colour)


@pytest.fixture(scope="module")
def court() -> Iterator[Court]:
    """One court for all cases, with few intakes."""
    with ExitStack() as stack:
        yield Court(stack)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_situation(case: Case, court: Court) -> None:
    """Colour, reasons with points, rules, and what does not count are what the articles say, all of them and no others."""
    assessor, assessed = court.hears(case)
    asked = {"forecast", "path"} & case.expect.keys()
    ahead = look_ahead(assessor, assessed) if asked else None
    explanation = explain(assessed, assessor.version, ahead)
    assert expected(case, assessor.version.policy) == found(case, assessed, explanation)


def expected(case: Case, policy: Policy) -> dict[str, Any]:
    """What is expected, with what is expected where nothing is said."""
    expect = case.expect
    rated = "colour" in expect
    standard = {"clean_visits": 10} if case.visited and rated else {}
    reasons = {name: points for name, points in (standard | expect.get("reasons", {})).items() if points}
    told = {key: expect[key] for key in ("coverage", "forecast", "path") if key in expect}
    return {
        "colour": expect.get("colour"),
        "not_rated": expect.get("not_rated"),
        "points": policy.scale.base + sum(reasons.values()) if rated else None,
        "reasons": reasons,
        "caps": sorted(expect.get("caps", [])),
        "vetoes": sorted(expect.get("vetoes", [])),
        "excluded": {name: sorted(_listed(rules)) for name, rules in expect.get("excluded", {}).items()},
        **told,
    }


def found(case: Case, assessed: Assessed, explanation: Explanation) -> dict[str, Any]:
    """What came of it, in the same words."""
    score, outlook = explanation.score, explanation.outlook
    rules = {kind: sorted(rule.id for rule in explanation.rules if rule.kind in kinds) for kind, kinds in RULES.items()}
    excluded = [(str(evidence.record_id), rule) for evidence, rule in explanation.excluded]
    excluded += [(str(record["record_id"]), NOT_KNOWN) for record in assessed.records if record["excluded"] == NOT_KNOWN]
    by_id: dict[str, list[str]] = {}
    for record_id, rule in sorted(excluded):
        by_id.setdefault(case.plain(record_id), []).append(rule)
    told: dict[str, Any] = {"coverage": score.coverage} if "coverage" in case.expect else {}
    if outlook and "forecast" in case.expect:
        told["forecast"] = _turns(case, explanation, outlook)
    if outlook and "path" in case.expect:
        told["path"] = _steps(case, outlook)
    return {
        "colour": score.colour and str(score.colour),
        "not_rated": score.status_reason,
        "points": score.points,
        "reasons": {c.indicator_id: c.points for c in explanation.contributions},
        **rules,
        "excluded": by_id,
        **told,
    }


RULES = {"caps": ("cap", "hysteresis"), "vetoes": ("veto",)}


def _listed(rules: str | list[str]) -> list[str]:
    return [rules] if isinstance(rules, str) else rules


def _turns(case: Case, explanation: Explanation, outlook: Outlook) -> dict[str, str]:
    """Changes of colour by day, up to the last day that the case names."""
    colours: Mapping[str | None, str] = {band.id: str(band.colour) for band in explanation.bands}
    last = max(map(date.fromisoformat, case.expect["forecast"]))
    turns = [turn for turn in outlook.turns if turn.before.band != turn.after.band and turn.on <= last]
    return {str(turn.on): colours.get(turn.after.band, "not_rated") for turn in turns}


def _steps(case: Case, outlook: Outlook) -> list[str]:
    """The steps of the path to a better grade, as ``restore penalty 2026-05-18``."""
    steps = outlook.path.steps if outlook.path else ()
    return [" ".join(filter(None, (step.kind, case.plain(step.record_id) if step.record_id else "", str(step.on)))) for step in steps]
