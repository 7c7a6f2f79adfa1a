"""Assesses situations on the one path from records to reasons, and compares what came of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Any, NamedTuple

import pandas as pd

from scoring.analysis.situations.situation_case import SituationCase
from scoring.assess.assessor import Assessed, Assessor
from scoring.assess.scorer import Scorer
from scoring.engine.cases import Case
from scoring.engine.snapshot import NOT_KNOWN
from scoring.entities import Explanation, Outlook
from scoring.errors import InputError
from scoring.explain.build import explain
from scoring.explain.outlook.look_ahead import look_ahead
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy

BESIDES = ("fields", "coverage", "forecast", "path")
"""What a situation may say besides; what it does not say is not compared."""


class Group(NamedTuple):
    """Cases that come through one intake."""

    version: ResolvedPolicy
    covers: frozenset[str] | None


@dataclass(frozen=True)
class Verdict:
    """What was expected of a case and what came of it, in the same words."""

    case: SituationCase
    expected: Mapping[str, Any]
    outcome: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        """Whether both are the same."""
        return self.expected == self.outcome

    @property
    def different(self) -> list[str]:
        """Keys under which they differ; points follow from reasons and are no key of a file."""
        keys = [key for key, value in self.expected.items() if self.outcome.get(key) != value]
        return [key for key in keys if key != "points"] or keys


def run_situations(cases: Sequence[SituationCase]) -> Iterator[Verdict]:
    """The verdict on each case, in order.

    Raises:
        PolicyError: A policy that a case names cannot be used, or is not in force on its day.
        InputError: A record of a case cannot be read, or it names a band that its policy has not.
    """
    with ExitStack() as stack:
        runner = SituationRunner(stack, cases)
        yield from map(runner.verdict, cases)


class SituationRunner:
    """Assesses cases; those of one policy and one coverage come through one intake.

    Args:
        stack: What closes the intakes.
        cases: All cases that will be asked about.
    """

    def __init__(self, stack: ExitStack, cases: Sequence[SituationCase]) -> None:
        self._stack, self._open = stack, dict[Group, Assessor]()
        self._by_group: dict[Group, list[SituationCase]] = {}
        self._usual: dict[Group, Mapping[date, Mapping[str, int]]] = {}
        self._versions: dict[tuple[str, date | None], ResolvedPolicy] = {}
        # a version that is named is looked up once, on the first day on which it must be in force
        for case in sorted(cases, key=lambda case: case.on):
            self._by_group.setdefault(self._group(case), []).append(case)

    def verdict(self, case: SituationCase) -> Verdict:
        """What was expected of a case and what came of it."""
        assessor, assessed = self.assess(case)
        looks_ahead = {"forecast", "path"} & case.expect.keys()
        ahead = look_ahead(assessor, assessed) if looks_ahead else None
        explanation = explain(assessed, assessor.version, ahead)
        expectation = _expected(case, assessor.version, self._usual_reasons(case))
        return Verdict(case, expectation, _outcome(case, assessed, explanation))

    def assess(self, case: SituationCase) -> tuple[Assessor, Assessed]:
        """The enterprise of a case on its day."""
        assessor = self._assessor(self._group(case))
        return assessor, assessor.full(case.enterprise_id, case.on)

    def _group(self, case: SituationCase) -> Group:
        ref = case.policy
        named = "@" in ref or ref.endswith(".toml")
        key = (ref, None if named else case.on)
        if key not in self._versions:
            self._versions[key] = load_policy(ref, case.on)
        return Group(self._versions[key], case.covers)

    def _usual_reasons(self, case: SituationCase) -> Mapping[str, int]:
        """Points by indicator that the clean visit alone brings: they go without saying."""
        group = self._group(case)
        if group not in self._usual:
            plain = [first.only_visited() for first in self._first_of_days(group)]
            asked_days = [Case(each.id, each.enterprise_id, each.on) for each in plain]
            scored = self._assessor(group).scored(asked_days)
            self._usual[group] = {day.score.as_of: day.points for day in scored}
        return self._usual[group].get(case.on, {}) if case.visited else {}

    def _first_of_days(self, group: Group) -> Sequence[SituationCase]:
        """The first case with the clean visit of every day."""
        first_of = {case.on: case for case in reversed(self._by_group[group]) if case.visited}
        return list(first_of.values())

    def _assessor(self, group: Group) -> Assessor:
        if group not in self._open:
            cases = self._by_group[group]
            plain = [first.only_visited() for first in self._first_of_days(group)]
            assessor = self._stack.enter_context(_opened(group, [*cases, *plain]))
            ids = [case.enterprise_id for case in (*cases, *plain)]
            # plans for few rows, as the pages do: a third of the time
            in_memory = assessor.engine.memory(assessor.tables, ids)
            self._open[group] = Assessor(assessor.engine, assessor.version, assessor.covers, in_memory)
        return self._open[group]


def _opened(group: Group, cases: Sequence[SituationCase]) -> AbstractContextManager[Assessor]:
    enterprises = pd.DataFrame(chain.from_iterable(case.enterprises() for case in cases))
    records = pd.DataFrame(chain.from_iterable(case.records() for case in cases))
    if records.empty:
        # a table without rows must have its columns all the same
        records = pd.DataFrame(columns=["record_id", "enterprise_id", "kind", "known_on"])
    prior_bands = {
        case.enterprise_id: _band(group.version, case) for case in cases if "prior" in case.situation
    }
    prior = pd.DataFrame(prior_bands.items(), columns=["enterprise_id", "band"]) if prior_bands else None
    days = [case.on for case in cases]
    return Scorer(group.version, max(days), prior=prior, covers=group.covers).open(enterprises, records)


def _band(version: ResolvedPolicy, case: SituationCase) -> str:
    """The band that was in effect before, which a situation names by its id or its colour."""
    named = case.situation["prior"]
    for band in version.policy.bands:
        if named in (band.id, band.colour):
            return band.id
    raise _no_band(version, case, "prior", named)


def _no_band(version: ResolvedPolicy, case: SituationCase, key: str, named: str) -> InputError:
    known = [band.id for band in version.policy.bands]
    return InputError(
        "situation_band_unknown", place=case.id, key=key, band=named, known=known, near=known[0]
    )


def _expected(case: SituationCase, version: ResolvedPolicy, usual: Mapping[str, int]) -> dict[str, Any]:
    """What is expected, with what is expected where nothing is said."""
    expect, policy = case.expect, version.policy
    if "band" in expect and expect["band"] not in [band.id for band in policy.bands]:
        raise _no_band(version, case, "band", expect["band"])
    rated = "not_rated" not in expect
    reasons = {**(usual if rated else {}), **expect.get("reasons", {})}
    reasons = {name: points for name, points in reasons.items() if points}
    excluded = expect.get("excluded", {})
    grade = {key: expect.get(key) for key in ("colour", "band") if key in expect or not rated}
    besides: dict[str, Any] = {key: expect[key] for key in BESIDES if key in expect}
    return {
        **grade,
        "not_rated": expect.get("not_rated"),
        "points": policy.scale.base + sum(reasons.values()) if rated else None,
        "reasons": reasons,
        "caps": sorted(expect.get("caps", [])),
        "vetoes": sorted(expect.get("vetoes", [])),
        "excluded": {name: sorted(as_list(rules)) for name, rules in excluded.items()},
        **besides,
    }


def _outcome(case: SituationCase, assessed: Assessed, explanation: Explanation) -> dict[str, Any]:
    """What came of it, in the same words."""
    score, outlook = explanation.score, explanation.outlook
    besides: dict[str, Any] = {"coverage": score.coverage} if "coverage" in case.expect else {}
    if "fields" in case.expect:
        besides["fields"] = {
            given.field: str(given.band.colour or given.band.id) for given in explanation.fields
        }
    if outlook and "forecast" in case.expect:
        besides["forecast"] = _turns(case, explanation, outlook)
    if outlook and "path" in case.expect:
        besides["path"] = _steps(case, outlook)
    grade = {"colour": score.colour and str(score.colour), "band": score.band}
    asked_grade = {key: grade[key] for key in grade if key in case.expect or "not_rated" in case.expect}
    return {
        **asked_grade,
        "not_rated": score.status_reason,
        "points": score.points,
        "reasons": {given.indicator_id: given.points for given in explanation.contributions},
        "caps": sorted(rule.id for rule in explanation.rules if rule.kind in ("cap", "hysteresis")),
        "vetoes": sorted(rule.id for rule in explanation.rules if rule.kind == "veto"),
        "excluded": _excluded(case, assessed, explanation),
        **besides,
    }


def _excluded(case: SituationCase, assessed: Assessed, explanation: Explanation) -> dict[str, list[str]]:
    """The rules that dropped the versions of each record, what is known only later included."""
    excluded = [(str(evidence.record_id), rule) for evidence, rule in explanation.excluded]
    later = [record for record in assessed.records if record["excluded"] == NOT_KNOWN]
    excluded += [(str(record["record_id"]), NOT_KNOWN) for record in later]
    by_id: dict[str, list[str]] = {}
    for record_id, rule in sorted(excluded):
        by_id.setdefault(case.plain(record_id), []).append(rule)
    return by_id


def as_list(rules: str | list[str]) -> list[str]:
    """Rules of which one may be written alone."""
    return [rules] if isinstance(rules, str) else rules


def _turns(case: SituationCase, explanation: Explanation, outlook: Outlook) -> dict[str, str]:
    """Changes of colour (of band where there is none) by day, up to the last day that the case names."""
    grades: Mapping[str | None, str] = {band.id: str(band.colour or band.id) for band in explanation.bands}
    last = max(map(date.fromisoformat, case.expect["forecast"]), default=case.on)
    turns = [turn for turn in outlook.turns if turn.before.band != turn.after.band]
    return {str(turn.on): grades.get(turn.after.band, "not_rated") for turn in turns if turn.on <= last}


def _steps(case: SituationCase, outlook: Outlook) -> list[str]:
    """The steps of the path to a better grade, as ``restore penalty 2026-05-18``."""
    steps = []
    for step in outlook.path.steps if outlook.path else ():
        record = case.plain(step.record_id) if step.record_id else ""
        steps.append(" ".join(filter(None, (step.kind, record, str(step.on)))))
    return steps
