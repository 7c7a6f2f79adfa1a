"""The result on every day to come if nothing new happens: what changes, why, and what would prevent it.

Hysteresis makes a day depend on the day before: with a band in effect, the band of each day is the
prior of the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise, product
from typing import Literal, NamedTuple

from scoring.engine.cases import Case
from scoring.engine.results import HYSTERESIS
from scoring.entities import Cause, Turn
from scoring.explain.outlook.lifetime import DAY, RecordTurn, record_turn
from scoring.explain.outlook.questions import Answer, Answers, Details, Questions
from scoring.policy.language.schema import Gate, Indicator, Policy
from scoring.rules.wording import both

DAYS = 1_096
"""How far a forecast looks: three years, the longest use of a penalty or listing."""
PRECEDENCE: tuple[RecordTurn, ...] = ("ends", "begins", "fades")
NO_PRIOR = -1


class ForecastDay(NamedTuple):
    """A day to come: the case that asked about it, and the answer."""

    day: date
    case_id: str
    answer: Answer


class RulesOfKind(NamedTuple):
    """The gates, caps or vetoes of a policy."""

    kind: Literal["gate", "cap", "veto"]
    rules: Sequence[Gate]


class Forecast:
    """The days to come of one enterprise.

    Args:
        questions: The enterprise.
        days: How many days to look at, the day of the assessment included.
    """

    def __init__(self, questions: Questions, days: int = DAYS) -> None:
        self.questions = questions
        self.days = [questions.as_of + offset * DAY for offset in range(days)]
        self._priors = _priors(questions)

    def cases(self) -> list[Case]:
        """Every day, once for each band that may be in effect before it."""
        cases = []
        for day, prior in product(self.days, self._priors):
            given_prior = None if prior == NO_PRIOR else prior
            cases.append(self.questions.case(_case_id(day, prior), day, prior=given_prior))
        return cases

    def line(self, answers: Answers) -> list[ForecastDay]:
        """The answer of each day, the band of each day being in effect before the next."""
        prior_band = self.questions.assessed.prior
        if prior_band is None:
            prior_band = self._priors[0]
        line = []
        for day in self.days:
            case_id = _case_id(day, prior_band)
            answer = answers[case_id]
            line.append(ForecastDay(day, case_id, answer))
            # Who is not rated keeps the band of before for the day of being rated again.
            if len(self._priors) > 1 and answer.result.band is not None:
                prior_band = answer.band_no
        return line

    def turns(self, line: Sequence[ForecastDay], answers: Answers) -> tuple[Turn, ...]:
        """The days on which the result is not that of the day before."""
        turning_days = []
        for before, after in pairwise(line):
            if before.answer.result != after.answer.result:
                turning_days.append(self._turn(before, after, answers))
        return tuple(turning_days)

    def _turn(self, before: ForecastDay, after: ForecastDay, answers: Answers) -> Turn:
        details_before, details_after = answers.details(before.case_id), answers.details(after.case_id)
        result_before, result_after = before.answer.result, after.answer.result
        causes: list[Cause] = []
        if result_before.points is not None and result_after.points is not None:
            causes += _moved(self.questions, after.day, details_before, details_after)
        causes += _ruled(self.questions.policy, details_before, details_after)
        fewer_points = (result_after.points or 0) < (result_before.points or 0)
        worse = after.answer.band_no > before.answer.band_no or fewer_points
        prevention = tuple(_prevention(causes, self.questions.policy)) if worse else ()
        return Turn(after.day, result_before, result_after, tuple(causes), prevention)


def _case_id(day: date, prior: int) -> str:
    return f"{day}|{prior}"


def _priors(questions: Questions) -> list[int]:
    """Bands that may be in effect before a day.

    Without a margin to clear, the band in effect changes nothing, so any single one will do.
    """
    if questions.assessed.prior is None:
        return [NO_PRIOR]
    if questions.policy.upgrade_margin:
        return list(range(len(questions.policy.bands)))
    return [questions.assessed.prior]


def _moved(questions: Questions, day: date, before: Details, after: Details) -> Iterator[Cause]:
    """Indicators whose points change, with the records that end, fade or begin on the day."""
    for indicator in questions.policy.indicators:
        change = after.points_of.get(indicator.id, 0) - before.points_of.get(indicator.id, 0)
        if change:
            how, records = _records_behind(questions, indicator, day)
            label = indicator.label.model_dump()
            yield Cause(indicator.id, "indicator", label, change, not records, records, how)


def _records_behind(
    questions: Questions, indicator: Indicator, day: date
) -> tuple[RecordTurn, tuple[str, ...]]:
    """Records that move an indicator on a day: those that end, else those that begin, else fade."""
    by_turn: dict[RecordTurn, list[str]] = {}
    for record in questions.records:
        turn = record_turn(record, indicator, questions.resolved, day)
        if turn is not None:
            by_turn.setdefault(turn, []).append(str(record["record_id"]))
    how = next((turn for turn in PRECEDENCE if turn in by_turn), PRECEDENCE[0])
    return how, tuple(by_turn.get(how, ()))


def _ruled(policy: Policy, before: Details, after: Details) -> Iterator[Cause]:
    """Gates, caps and vetoes that begin or end."""
    changed = before.rules ^ after.rules
    rules_by_kind = (
        RulesOfKind("gate", policy.gates),
        RulesOfKind("cap", policy.caps),
        RulesOfKind("veto", policy.vetoes),
    )
    for kind, rules in rules_by_kind:
        for rule in rules:
            if (kind, rule.id) in changed:
                begins = (kind, rule.id) in after.rules
                yield Cause(rule.id, kind, rule.label.model_dump(), 0, begins, ())
    if (HYSTERESIS, HYSTERESIS) in changed:
        begins = (HYSTERESIS, HYSTERESIS) in after.rules
        label = both("hysteresis", margin=policy.upgrade_margin)
        yield Cause(HYSTERESIS, "hysteresis", label, 0, begins, ())


def _prevention(causes: Sequence[Cause], policy: Policy) -> Iterator[Mapping[str, str]]:
    """What would prevent the fall: the remedies of what falls away or begins, each once."""
    rules: tuple[Gate, ...] = (*policy.gates, *policy.caps, *policy.vetoes)
    rules_by_id = {rule.id: rule for rule in rules}
    given_remedies = set()
    for cause in causes:
        is_rule = cause.kind != "indicator"
        source = rules_by_id.get(cause.id) if is_rule else policy.indicator(cause.id)
        falls = cause.points < 0 or (is_rule and cause.begins)
        remedy = source.remedy if source is not None else None
        if falls and remedy is not None and remedy.zh not in given_remedies:
            given_remedies.add(remedy.zh)
            yield remedy.model_dump()
