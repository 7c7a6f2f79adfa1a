"""The shortest set of feasible steps to a better grade, found by search and verified by applying them.

A step restores or cures a record on the earliest day that the law allows, passes a re-inspection that
was asked for, or waits until a day. What gains less than two weeks over waiting is left out. Fewest
steps win, then the earliest day, then the order of the steps, so that the answer is the same each
time. Waiting alone is what the forecast is about; here it is an answer only where nothing that can be
done helps. What is already on its way may undo a grade, so the search also finds out how long it
lasts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import NamedTuple

from scoring.engine.cases import Case
from scoring.entities import Path, Step
from scoring.explain.outlook.actions import Action, actions
from scoring.explain.outlook.lifetime import DAY, LEAST_GAIN, turning_days
from scoring.explain.outlook.questions import Answer, Answers, Questions
from scoring.explain.words.figures import prose_day
from scoring.rules.wording import both

MOST_STEPS = 4
ORDER = ("restore", "cure", "reinspect", "wait")
"""Steps by who acts: what the enterprise asks for itself, then whom it invites, then nobody."""
MOST_ACTIONS = 10
"""Actions that are combined: those that bring most when each is taken alone."""


@dataclass(frozen=True)
class Way:
    """Some actions, and when they have an effect.

    Attributes:
        steps: The steps in order.
        ready: Day on which all have taken effect.
        cases: By day, that one first, a question for each day on which something can change.
    """

    steps: tuple[Step, ...]
    ready: date
    cases: Mapping[date, Case]


class Lead(NamedTuple):
    """Steps that lead to a day with a better grade, and what follows them.

    Attributes:
        day: The day.
        steps: The steps in order.
        answers: The result on that day, and on each later day on which something can change.
    """

    day: date
    steps: tuple[Step, ...]
    answers: Mapping[date, Answer]


def gains_enough(day: date, answer: Answer, alone: Mapping[date, Answer]) -> bool:
    """Whether waiting alone gives the grade of a day two weeks later at the earliest, or never."""
    as_good = (later for later, waited in alone.items() if waited.band_no <= answer.band_no)
    by_itself = min(as_good, default=None)
    return by_itself is None or (by_itself - day).days >= LEAST_GAIN


class Search:
    """The search for one enterprise that is not in the best grade.

    Each way is tried on the day it is ready and on every later day on which something can change. That
    tells whether it helps, whether it helps after a wait (which is a step more), and how long the
    grade lasts.

    Args:
        questions: The enterprise.
        until: Last day to look at.
    """

    def __init__(self, questions: Questions, until: date) -> None:
        self._questions, self._until = questions, until
        self._days: set[date] = set()
        for record in questions.records:
            self._days.update(turning_days(record, questions.resolved))
        self._actions = actions(questions, until)
        self._singles = self._ways([(action,) for action in self._actions])

    def cases(self) -> list[Case]:
        """The questions about single actions.

        They go together with those of the forecast: a single action is often enough.
        """
        return _cases_of(self._singles)

    def path(self, answers: Answers, alone: Mapping[date, Answer]) -> Path:
        """The path to a better grade.

        Args:
            answers: Those to ``cases``.
            alone: The forecast: the answer of each day by waiting alone.
        """
        band_now = alone[self._questions.as_of].band_no
        best_actions = self._best_actions(answers)
        # Ways of one step less: with a wait behind them they have as many steps as those of this round.
        shorter_ways: list[Lead] = []
        for step_count in range(1, MOST_STEPS + 1):
            ways = self._singles
            if step_count > 1:
                ways = self._ways(combinations(best_actions, step_count))
                if ways:
                    answers = self._questions.ask(_cases_of(ways))
            tried_ways = [_tried(way, answers) for way in ways]
            leads = [lead for lead in tried_ways if lead.answers[lead.day].band_no < band_now]
            leads += _with_a_wait(shorter_ways, band_now)
            # What comes within two weeks by itself is no reason to apply.
            leads = [lead for lead in leads if gains_enough(lead.day, lead.answers[lead.day], alone)]
            if leads:
                return self._path(min(leads, key=_precedence), band_now)
            shorter_ways = tried_ways
        days_waited = (day for day, answer in alone.items() if answer.band_no < band_now)
        if (day_waited := next(days_waited, None)) is not None:
            return self._path(Lead(day_waited, (_wait(day_waited),), alone), band_now)
        return Path((), None, None, self._until, MOST_STEPS)

    def _path(self, lead: Lead, now: int) -> Path:
        days_lost = [day for day in lead.answers if day > lead.day and lead.answers[day].band_no >= now]
        lasts_until = min(days_lost) - DAY if days_lost else None
        result = lead.answers[lead.day].result
        return Path(lead.steps, lead.day, result, self._until, MOST_STEPS, lasts_until)

    def _best_actions(self, answers: Answers) -> list[Action]:
        """The actions that are combined: by the grade and the points that each alone leads to."""
        brought: dict[int, tuple[int, int]] = {}
        for position, way in enumerate(self._singles):
            answer = answers[way.cases[way.ready].case_id]
            points = answer.result.points or 0
            worse_points = -points if self._questions.policy.higher_is_better else points
            brought[position] = (answer.band_no, worse_points)
        # All sets of four out of ten are 210; out of twenty they would be 4,845.
        best_positions = sorted(brought, key=brought.__getitem__)[:MOST_ACTIONS]
        return [self._actions[position] for position in best_positions]

    def _ways(self, sets: Iterable[Sequence[Action]]) -> list[Way]:
        """Ways of some sets of actions.

        Where a band was in effect before, today's is in effect on the days to come.
        """
        ways: list[Way] = []
        for chosen in sets:
            ready = max(action.step.on for action in chosen)
            changes = [action.change for action in chosen]
            name, prior = f"{len(chosen)} steps, {len(ways)}, ", self._questions.in_effect
            cases = {}
            for day in self._days_of(chosen, ready):
                cases[day] = self._questions.case(f"{name}{day}", day, *changes, prior=prior)
            steps = sorted((action.step for action in chosen), key=_step_order)
            ways.append(Way(tuple(steps), ready, cases))
        return ways

    def _days_of(self, chosen: Sequence[Action], ready: date) -> list[date]:
        """The day on which actions are ready, and the later days on which something can change."""
        turning = set(self._days)
        for action in chosen:
            for record in action.change.plus:
                turning.update(turning_days(record, self._questions.resolved))
        return [ready, *sorted(day for day in turning if ready < day <= self._until)]


def _cases_of(ways: Iterable[Way]) -> list[Case]:
    cases: list[Case] = []
    for way in ways:
        cases += way.cases.values()
    return cases


def _tried(way: Way, answers: Answers) -> Lead:
    by_day = {day: answers[case.case_id] for day, case in way.cases.items()}
    return Lead(way.ready, way.steps, by_day)


def _with_a_wait(ways: Iterable[Lead], now: int) -> Iterator[Lead]:
    """Ways that lead to a better grade only on a day after they are ready."""
    for way in ways:
        for day, answer in way.answers.items():
            if day > way.day and answer.band_no < now:
                yield Lead(day, (*way.steps, _wait(day)), way.answers)


def _precedence(lead: Lead) -> tuple[date, list[tuple[int, date, str]]]:
    """The earliest day first; of one day the order of the steps, so that the answer is always the same."""
    return lead.day, [_step_order(step) for step in lead.steps]


def _step_order(step: Step) -> tuple[int, date, str]:
    return ORDER.index(step.kind), step.on, step.record_id or step.field or ""


def _wait(day: date) -> Step:
    return Step("wait", day, None, both("step_wait", on=prose_day(day)))
