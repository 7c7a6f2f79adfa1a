"""What is to come and what would help: counterfactuals, forecast, distance and path of one enterprise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from scoring.assess import Assessed, Assessor
from scoring.engine.cases import Change
from scoring.engine.decision import OUTSIDE_SCHEME
from scoring.entities import Outlook, Path, WhatIf
from scoring.explain.bench import Answer, Bench
from scoring.explain.forecast import DAYS, Forecast
from scoring.explain.path import MOST_STEPS, search
from scoring.policy.schema import Policy

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
    bench = Bench(assessor, assessed)
    forecast = Forecast(bench, days)
    cited = [str(record["record_id"]) for record in bench.records if record["weights"]]
    without = [bench.case(WITHOUT + record_id, bench.as_of, Change((record_id,))) for record_id in dict.fromkeys(cited)]
    answers = bench.ask([*forecast.cases(), *without])
    line = forecast.line(answers)
    again = forecast.asked_again(line)
    details = bench.ask(again, details=True) if again else {}
    now = line[0].band_no
    alone = list(zip(forecast.days, line, strict=True))
    outlook = Outlook(
        until=forecast.days[-1],
        turns=forecast.turns(line, details),
        better_on=next((day for day, answer in alone if answer.band_no < now), None),
        distance=distance(assessed, bench.policy),
        path=_path(bench, alone) if now else None,
    )
    return Ahead(outlook, {record_id: answers[WITHOUT + record_id].result for record_id in dict.fromkeys(cited)})


def distance(assessed: Assessed, policy: Policy) -> int | None:
    """Points that are missing to the next better band, by points alone; ``None`` in the best band or when not rated."""
    points = assessed.score.points
    if points is None:
        return None
    if policy.higher_is_better:
        return min((band.from_ - points for band in policy.bands if band.from_ > points), default=None)
    own = max((band.from_ for band in policy.bands if band.from_ <= points), default=policy.scale.low)
    return None if own == policy.bands[0].from_ else points - own + 1


def _path(bench: Bench, alone: list[tuple[date, Answer]]) -> Path:
    """No step changes what the register says: who is gone or outside the scheme has no path."""
    gate = next((g for g in bench.policy.gates if g.id == bench.assessed.score.status_reason), None)
    if bench.assessed.score.status_reason == OUTSIDE_SCHEME or (gate and not any(c.indicator for c in (*gate.all, *gate.any))):
        return Path((), None, None, alone[-1][0], MOST_STEPS)
    return search(bench, alone[-1][0], alone)
