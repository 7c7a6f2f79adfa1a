"""The path to a better grade in words: what to do first, and what comes of it with and without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from scoring.entities import Explanation, Path, Step, Turn
from scoring.explain.outlook.sentences import Both, early, grade_of, points_words
from scoring.explain.words.figures import prose_day
from scoring.policy.language.schema import Policy
from scoring.rules.wording import both

A_YEAR = 366
APPLIED_FOR = ("restore", "cure")


def path(explanation: Explanation, policy: Policy, today: date | None = None) -> dict[str, Any] | None:
    """The path to a better grade: its steps in order and what they lead to.

    Where there is no path, a sentence says so. A day that is past today is told as past.
    """
    way = explanation.outlook.path if explanation.outlook else None
    if way is None:
        return None
    return {
        "on": way.on.isoformat() if way.on else None,
        "steps": [_step(step, explanation) for step in way.steps],
        "text": leads(way, explanation, policy, today),
    }


def acted(way: Path) -> list[Step]:
    """The steps in which the enterprise does something."""
    return [step for step in way.steps if step.kind != "wait"]


def numbered(explanation: Explanation, policy: Policy, today: date | None = None) -> list[Both]:
    """What to do in lines: one step with what it leads to, or all steps numbered and that behind them.

    Nothing where there is nothing to do. A day that is past today is told as past.
    """
    way = explanation.outlook.path if explanation.outlook else None
    if way is None or not acted(way):
        return []
    outcome = leads(way, explanation, policy, today, with_points=False)
    steps, unknown = acted(way), [both("cure_unknown")] if _waits_for_cure(way) else []
    if len(steps) == 1:
        return [_in_one([steps[0].label, *unknown, outcome])]
    lines = [both("step_numbered", n=n, step=step.label) for n, step in enumerate(steps, start=1)]
    return [*lines, _in_one([*unknown, outcome])]


def _in_one(sentences: Sequence[Mapping[str, str]]) -> Both:
    """Sentences one behind the other, each with its stop."""
    whole = both("sentence_first", text=sentences[0])
    for sentence in sentences[1:]:
        whole = both("sentence_next", before=whole, text=sentence)
    return whole


def _waits_for_cure(way: Path) -> bool:
    """Whether a step opens with a cure, the day of which is not on record."""
    return any(step.early_end and step.early_end.after_cure for step in way.steps)


def leads(
    way: Path,
    explanation: Explanation,
    policy: Policy,
    today: date | None = None,
    *,
    with_points: bool = True,
) -> Both:
    """What the steps lead to and by when, and when that would come without them."""
    result, on = way.result, way.on
    if result is None or on is None or result.points is None or not acted(way):
        return nothing_helps(explanation, today)
    points = points_words(explanation.score.points, result.points, policy)
    reached = both("reached_points", grade=grade_of(result, explanation), points=points)
    if not with_points:
        reached = grade_of(result, explanation)
    sentence = both("path_leads", condition=_condition(way), on=prose_day(on, today), grade=reached)
    alone = _alone(way, explanation, today)
    # On a first screen an end years away is no news.
    if way.lasts_until and (with_points or (way.lasts_until - on).days <= A_YEAR):
        return both("path_outcome_until", leads=sentence, alone=alone, last=prose_day(way.lasts_until))
    return both("path_outcome", leads=sentence, alone=alone)


def _condition(way: Path) -> Both:
    """On what it depends: that it is accepted, that a re-inspection is passed, that a cure was in time."""
    kinds = {step.kind for step in way.steps}
    checked = "reinspect" in kinds
    if _waits_for_cure(way):
        return both("if_cured_and_checked" if checked else "if_cured")
    if checked:
        return both("if_accepted_and_checked" if kinds & set(APPLIED_FOR) else "if_checked")
    return both("if_accepted")


def _alone(way: Path, explanation: Explanation, today: date | None) -> Both:
    """When waiting alone gives as good a grade; else that it does not as far as was looked."""
    turn = _as_good_by_itself(way, explanation)
    if turn is None:
        return both("alone_never", until=prose_day(way.until))
    return both("alone_on", on=prose_day(turn.on, today))


def _as_good_by_itself(way: Path, explanation: Explanation) -> Turn | None:
    ranks = {band.id: band.rank for band in explanation.bands}
    wanted = ranks.get(str(way.result.band if way.result else None), 0)
    coming = explanation.outlook.turns if explanation.outlook else ()
    return next((turn for turn in coming if ranks.get(str(turn.after.band), wanted + 1) <= wanted), None)


def nothing_helps(explanation: Explanation, today: date | None = None) -> Both:
    """That nothing can be done; and where the grade changes by itself, when and to what."""
    outlook = explanation.outlook
    turns_of_grade = (
        [turn for turn in outlook.turns if turn.before.band != turn.after.band] if outlook else []
    )
    better_on: date | None = outlook.better_on if outlook else None
    turn = next((turn for turn in turns_of_grade if turn.on == better_on), None)
    if turn is not None:
        grade = grade_of(turn.after, explanation)
        return both("path_none_but_better", on=prose_day(turn.on, today), grade=grade)
    if explanation.band is None:
        return both("path_no_rating")
    return both("path_none")


def _step_words(step: Step) -> Both:
    unknown = step.early_end is not None and step.early_end.after_cure
    return both("step_with_unknown", step=step.label) if unknown else dict(step.label)


def _step(step: Step, explanation: Explanation) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "on": step.on.isoformat(),
        "text": _step_words(step),
        "authority": step.authority,
        "early_end": early(step.early_end, explanation) if step.early_end else None,
    }
