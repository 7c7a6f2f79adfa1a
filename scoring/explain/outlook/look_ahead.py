"""What is to come and what would help: counterfactuals, forecast, distance and path of one enterprise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from scoring.assess.assessor import Assessed, Assessor
from scoring.engine.cases import RecordChange
from scoring.engine.decision import OUTSIDE_SCHEME
from scoring.entities import Outlook, Path, WhatIf
from scoring.explain.outlook.forecast import DAYS, Forecast
from scoring.explain.outlook.path import MOST_STEPS, Search
from scoring.explain.outlook.questions import Questions
from scoring.policy.language.schema import Policy

WITHOUT = "without "


class Ahead(NamedTuple):
    """The outlook, and for every record that counts the result if it were not there."""

    outlook: Outlook
    without: Mapping[str, WhatIf]


def look_ahead(assessor: Assessor, assessed: Assessed, days: int = DAYS) -> Ahead:
    """Asks what would be: without each record, on each day to come, and after the steps that the enterprise can take.

    Args:
        assessor: Who assessed the enterprise.
        assessed: The assessment.
        days: How many days the forecast and the path look at, the day of the assessment included.
    """
    questions = Questions(assessor, assessed)
    forecast = Forecast(questions, days)
    cited = [str(record["record_id"]) for record in questions.records if record["weights"]]
    without = [
        questions.case(WITHOUT + record_id, questions.as_of, RecordChange((record_id,)))
        for record_id in dict.fromkeys(cited)
    ]
    best = assessed.score.band == questions.policy.bands[0].id
    search = None if best or _beyond_help(questions) else Search(questions, forecast.days[-1])
    answers = questions.ask([*forecast.cases(), *without, *(search.cases() if search else ())])
    line = forecast.line(answers)
    alone = [(day, answer) for day, (_, answer) in zip(forecast.days, line, strict=True)]
    now = alone[0][1].band_no
    none = Path((), None, None, forecast.days[-1], MOST_STEPS)
    outlook = Outlook(
        until=forecast.days[-1],
        turns=forecast.turns(line, answers),
        better_on=next((day for day, answer in alone if answer.band_no < now), None),
        distance=distance(assessed, questions.policy),
        path=None if best else search.path(answers, alone) if search else none,
    )
    return Ahead(
        outlook, {record_id: answers[WITHOUT + record_id].result for record_id in dict.fromkeys(cited)}
    )


def distance(assessed: Assessed, policy: Policy) -> int | None:
    """Points that are missing to the next better band, by points alone.

    ``None`` in the best band or when not rated.
    """
    points = assessed.score.points
    if points is None:
        return None
    if policy.higher_is_better:
        return min((band.from_ - points for band in policy.bands if band.from_ > points), default=None)
    own = max((band.from_ for band in policy.bands if band.from_ <= points), default=policy.scale.low)
    return None if own == policy.bands[0].from_ else points - own + 1


def _beyond_help(questions: Questions) -> bool:
    """No step changes what the register says: who is gone or outside the scheme has no path."""
    gate = next((g for g in questions.policy.gates if g.id == questions.assessed.score.status_reason), None)
    registered = gate is not None and not any(c.indicator for c in (*gate.all, *gate.any))
    return registered or questions.assessed.score.status_reason == OUTSIDE_SCHEME
