"""The result on every day to come if nothing new happens: what changes, why, and what would prevent it.

Hysteresis makes a day depend on the day before: with a band in effect, the band of each day is the prior of the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from scoring.engine.cases import Case
from scoring.entities import Cause, Turn
from scoring.explain.outlook.lifetime import DAY, Event, event
from scoring.explain.outlook.questions import Answer, Answers, Details, Questions
from scoring.policy.language.schema import Gate, Indicator, Policy
from scoring.rules.wording import both

ORDER: tuple[Event, ...] = ("ends", "begins", "fades")
DAYS = 1_096
"""How far a forecast looks: three years, the longest use of a penalty or listing."""


class Forecast:
    """The days to come of one questions.

    Args:
        questions: The enterprise.
        days: How many days to look at, the day of the assessment included.
    """

    def __init__(self, questions: Questions, days: int = DAYS) -> None:
        self.questions = questions
        self.days = [questions.as_of + n * DAY for n in range(days)]
        self._priors = _priors(questions)

    def cases(self) -> list[Case]:
        """Every day, once for each band that may be in effect before it."""
        return [
            self.questions.case(f"{day}|{prior}", day, prior=None if prior < 0 else prior)
            for day in self.days
            for prior in self._priors
        ]

    def line(self, answers: Answers) -> list[tuple[str, Answer]]:
        """The case and answer of each day, the band of each day being in effect before the next."""
        prior = self._priors[0] if self.questions.assessed.prior is None else self.questions.assessed.prior
        found = []
        for day in self.days:
            name = f"{day}|{prior}"
            found.append((name, answers[name]))
            if len(self._priors) > 1 and answers[name].result.band is not None:
                prior = answers[name].band_no
        return found

    def turns(self, line: Sequence[tuple[str, Answer]], answers: Answers) -> tuple[Turn, ...]:
        """The days on which the result is not that of the day before."""
        days = zip(self.days[1:], line, line[1:], strict=False)
        return tuple(
            self._turn(day, before, after, answers.details(first), answers.details(then))
            for day, (first, before), (then, after) in days
            if before.result != after.result
        )

    def _turn(self, day: date, before: Answer, after: Answer, gave: Details, gives: Details) -> Turn:
        moved = (
            _moved(self.questions, day, gave, gives)
            if None not in (before.result.points, after.result.points)
            else ()
        )
        causes = (*moved, *_ruled(self.questions.policy, gave, gives))
        worse = after.band_no > before.band_no or (after.result.points or 0) < (before.result.points or 0)
        return Turn(
            day,
            before.result,
            after.result,
            causes,
            tuple(_prevention(causes, self.questions.policy)) if worse else (),
        )


def _priors(questions: Questions) -> list[int]:
    """Bands that may be in effect before a day: without a margin to clear the band in effect changes nothing, so one will do."""
    if questions.assessed.prior is None:
        return [-1]
    return (
        list(range(len(questions.policy.bands)))
        if questions.policy.upgrade_margin
        else [questions.assessed.prior]
    )


def _moved(questions: Questions, day: date, before: Details, after: Details) -> Iterator[Cause]:
    """Indicators whose points change, with the records that end, fade or begin on the day."""
    for indicator in questions.policy.indicators:
        change = after.points_of.get(indicator.id, 0) - before.points_of.get(indicator.id, 0)
        if change:
            how, records = _behind(questions, indicator, day)
            yield Cause(
                indicator.id, "indicator", indicator.label.model_dump(), change, not records, records, how
            )


def _behind(questions: Questions, indicator: Indicator, day: date) -> tuple[Event, tuple[str, ...]]:
    """Records that move an indicator on a day: those that end, else those that begin to count, else those that fade."""
    found = [
        (event(record, indicator, questions.resolved, day), str(record["record_id"]))
        for record in questions.records
    ]
    how: Event = next((how for how in ORDER if any(happens == how for happens, _ in found)), "ends")
    return how, tuple(record_id for happens, record_id in found if happens == how)


def _ruled(policy: Policy, before: Details, after: Details) -> Iterator[Cause]:
    """Gates, caps and vetoes that begin or end."""
    for kind, rules in (("gate", policy.gates), ("cap", policy.caps), ("veto", policy.vetoes)):
        for rule in rules:
            held, holds = (kind, rule.id) in before.rules, (kind, rule.id) in after.rules
            if held != holds:
                yield Cause(rule.id, kind, rule.label.model_dump(), 0, holds, ())  # type: ignore[arg-type]
    held, holds = ("hysteresis", "hysteresis") in before.rules, ("hysteresis", "hysteresis") in after.rules
    if held != holds:
        yield Cause(
            "hysteresis", "hysteresis", both("hysteresis", margin=policy.upgrade_margin), 0, holds, ()
        )


def _prevention(causes: Sequence[Cause], policy: Policy) -> Iterator[Mapping[str, str]]:
    """What would prevent the fall: the remedies of what falls away or begins."""
    rules: dict[str, Gate] = {rule.id: rule for rule in (*policy.gates, *policy.caps, *policy.vetoes)}
    told = set()
    for cause in causes:
        falls = cause.points < 0 or (cause.kind != "indicator" and cause.begins)
        source = policy.indicator(cause.id) if cause.kind == "indicator" else rules.get(cause.id)
        if falls and source is not None and source.remedy is not None and source.remedy.zh not in told:
            told.add(source.remedy.zh)
            yield source.remedy.model_dump()
