"""What is to come and what would help: forecast, distance and path of one enterprise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scoring.assess.assessor import Assessed, Assessor
from scoring.engine.cases import Case
from scoring.engine.decision import BEFORE_GATES
from scoring.entities import Outlook, Path, WhatIf
from scoring.explain.outlook.forecast import DAYS, Forecast
from scoring.explain.outlook.path import MOST_STEPS, Search
from scoring.explain.outlook.questions import Questions
from scoring.explain.outlook.removals import changes_without
from scoring.policy.language.schema import Policy

WITHOUT = "without "


class Ahead(NamedTuple):
    """The outlook, and for every record that counts the result if it were not there."""

    outlook: Outlook
    without: Mapping[str, WhatIf]


def look_ahead(assessor: Assessor, assessed: Assessed, days: int = DAYS) -> Ahead:
    """Finds out what would be.

    Without each record, on each day to come, and after the steps that the enterprise can take.

    Args:
        assessor: Who assessed the enterprise.
        assessed: The assessment.
        days: How many days the forecast and the path look at, the day of the assessment included.
    """
    questions = Questions(assessor, assessed)
    forecast = Forecast(questions, days)
    without = _cases_without(questions)
    is_best = assessed.score.band == questions.policy.bands[0].id
    search = None if is_best or _beyond_help(questions) else Search(questions, forecast.days[-1])
    # Everything in one query: planning it costs more than the rows.
    searched = search.cases() if search else []
    answers = questions.ask([*forecast.cases(), *without.values(), *searched])
    forecast_days = forecast.line(answers)
    by_waiting = {forecast_day.day: forecast_day.answer for forecast_day in forecast_days}
    band_now = forecast_days[0].answer.band_no
    last_day = forecast.days[-1]
    no_path = None if is_best else Path((), None, None, last_day, MOST_STEPS)
    outlook = Outlook(
        until=last_day,
        turns=forecast.turns(forecast_days, answers),
        better_on=next((day for day, answer in by_waiting.items() if answer.band_no < band_now), None),
        distance=distance(assessed, questions.policy),
        path=search.path(answers, by_waiting) if search else no_path,
    )
    results = {record_id: answers[case.case_id].result for record_id, case in without.items()}
    return Ahead(outlook, results)


def _cases_without(questions: Questions) -> dict[str, Case]:
    """For every record that weighs, the question what would be without it."""
    return {
        record_id: questions.case(WITHOUT + record_id, questions.as_of, change)
        for record_id, change in changes_without(questions).items()
    }


def distance(assessed: Assessed, policy: Policy) -> int | None:
    """Points that are missing to the next better band, by points alone.

    ``None`` in the best band or when not rated.
    """
    points = assessed.score.points
    if points is None:
        return None
    band_edges = [band.from_ for band in policy.bands]
    if policy.higher_is_better:
        return min((edge - points for edge in band_edges if edge > points), default=None)
    reached = max((edge for edge in band_edges if edge <= points), default=policy.scale.low)
    # Fewer points are better here: one less than the edge of the band reached will do.
    return None if reached == band_edges[0] else points - reached + 1


def _beyond_help(questions: Questions) -> bool:
    """Whether somebody is gone, outside the scheme or of unknown type: no step changes what the register says."""
    reason = questions.assessed.score.status_reason
    if reason in BEFORE_GATES:
        return True
    conditions = []
    for gate in questions.policy.gates:
        if gate.id == reason:
            conditions += [*gate.all, *gate.any]
    return bool(conditions) and not any(condition.indicator for condition in conditions)
