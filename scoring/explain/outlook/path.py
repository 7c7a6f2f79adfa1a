"""The shortest set of feasible steps to a better grade, found by search and verified by applying them.

A step restores or cures a record on the earliest day that the law allows, passes a re-inspection,
or waits until a day. Fewest steps win, then the earliest day, then the order of the steps, so that
the answer is one and the same each time. Waiting alone is told by the forecast; here it is an
answer only where nothing that can be done helps. What is already on its way may undo a grade, so
how long it lasts is asked too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from scoring.assess.assessor import Record
from scoring.engine.cases import Case, RecordChange
from scoring.entities import RECORD_COLUMNS, EarlyEnd, Path, Step, code_label
from scoring.explain.outlook.lifetime import DAY, early_end, to_end, turning_days
from scoring.explain.outlook.questions import Answer, Answers, Questions
from scoring.rules.wording import LANGUAGES, both
from scoring.workdays import add_workdays

MOST_STEPS = 4
MOST_ACTIONS = 10
"""Actions that are combined: those that bring most when each is taken alone."""
RECHECK_WORKDAYS = 10
"""Special-equipment measures art. 29: re-check within ten working days of the report.

Taken for all fields.
"""
VISITS = ("inspection", "sampling_test")


@dataclass(frozen=True)
class Action:
    """One thing that the enterprise can do, the day on which it takes effect, and what it changes."""

    step: Step
    change: RecordChange


def actions(questions: Questions, until: date) -> list[Action]:
    """The re-inspections that could be passed, and what can be done about the records that weigh."""
    found = []
    own = [
        record for record in questions.records if record["scope"] != "branch"
    ]  # a branch applies for its own
    for record in sorted(own, key=lambda r: str(r["record_id"])):
        end = early_end(record, questions.resolved, questions.as_of)
        if end is not None and end.effect_on <= until and _matters(record):
            found.append(Action(_step(record, end, questions.as_of), _ended(record, end)))
    return [*_visits(questions), *found]


@dataclass(frozen=True)
class Way:
    """Some actions, the day on which all have taken effect, and the cases that ask about it and the days to come, by day."""

    steps: tuple[Step, ...]
    ready: date
    cases: Mapping[date, Case]


class Search:
    """The search for one enterprise that is not in the best grade.

    Each way is asked about the day it is ready and every later day on which something can change.
    That tells whether it helps, whether it helps after a wait (which is a step more), and how long
    the grade lasts.

    Args:
        questions: The enterprise.
        until: Last day to look at.
    """

    def __init__(self, questions: Questions, until: date) -> None:
        self._bench, self._until = questions, until
        self._days = {day for record in questions.records for day in turning_days(record, questions.resolved)}
        self._actions = actions(questions, until)
        self._singles = self._ways([(action,) for action in self._actions])

    def cases(self) -> list[Case]:
        """What is asked about single actions: together with the forecast, for one is often enough."""
        return [case for way in self._singles for case in way.cases.values()]

    def path(self, answers: Answers, alone: Sequence[tuple[date, Answer]]) -> Path:
        """The path to a better grade.

        Args:
            answers: Those to ``cases``.
            alone: The forecast: the answer of each day by waiting alone.
        """
        now = alone[0][1].band_no
        waiting: list[tuple[Way, dict[date, Answer]]] = []
        best = self._best(answers)
        for size in range(1, MOST_STEPS + 1):
            ways = self._singles if size == 1 else self._ways(combinations(best, size))
            if size > 1 and ways:
                answers = self._bench.ask([case for way in ways for case in way.cases.values()])
            told = [(way, {day: answers[case.case_id] for day, case in way.cases.items()}) for way in ways]
            found = [(way.ready, way.steps, on) for way, on in told if on[way.ready].band_no < now]
            found += [
                (day, (*way.steps, _wait(day)), on)
                for way, on in waiting
                for day in on
                if day > way.ready and on[day].band_no < now
            ]
            if found:
                return self._told(
                    *min(found, key=lambda path: (path[0], [_order(step) for step in path[1]])), now
                )
            waiting = told
        waited = next((day for day, answer in alone[1:] if answer.band_no < now), None)
        if waited is not None:
            return self._told(waited, (_wait(waited),), dict(alone), now)
        return Path((), None, None, self._until, MOST_STEPS)

    def _told(self, day: date, steps: tuple[Step, ...], on: Mapping[date, Answer], now: int) -> Path:
        ends = min(
            (later - DAY for later, answer in on.items() if later > day and answer.band_no >= now),
            default=None,
        )
        return Path(steps, day, on[day].result, self._until, MOST_STEPS, ends)

    def _best(self, answers: Answers) -> list[Action]:
        """The actions that are combined: by the grade and the points that each alone leads to."""

        def brings(n: int) -> tuple[int, int]:
            way = self._singles[n]
            answer = answers[way.cases[way.ready].case_id]
            points = answer.result.points or 0
            return answer.band_no, -points if self._bench.policy.higher_is_better else points

        return [self._actions[n] for n in sorted(range(len(self._actions)), key=brings)[:MOST_ACTIONS]]

    def _ways(self, sets: Iterable[tuple[Action, ...]]) -> list[Way]:
        """Ways of some sets of actions.

        Where a band was in effect before, today's is in effect on the days to come.
        """
        found: list[Way] = []
        for chosen in sets:
            ready, changes = (
                max(action.step.on for action in chosen),
                tuple(action.change for action in chosen),
            )
            visits = {
                day
                for change in changes
                for row in change.plus
                for day in turning_days(row, self._bench.resolved)
            }
            days = [ready, *sorted(day for day in self._days | visits if ready < day <= self._until)]
            prior, name = self._bench.in_effect, f"{len(chosen)} steps, {len(found)}, "
            cases = {day: self._bench.case(f"{name}{day}", day, *changes, prior=prior) for day in days}
            found.append(Way(tuple(sorted((action.step for action in chosen), key=_order)), ready, cases))
        return found


def _order(step: Step) -> tuple[date, str, str]:
    return step.on, step.kind, step.record_id or step.field or ""


def _matters(record: Record) -> bool:
    """Whether the record weighs, or will once its finality is reached."""
    return bool(record["weights"]) or record["excluded"] == "not_final"


def _step(record: Record, end: EarlyEnd, as_of: date) -> Step:
    kind = both_labels("kinds", record["kind"])
    number = record["document_no"] or record["record_id"]
    named: dict[str, str] = {lang: f"{kind[lang]} {number}" for lang in LANGUAGES}
    return Step(end.how, end.effect_on, str(record["record_id"]), to_end(end, named, as_of), end)


def both_labels(table: str, code: str) -> dict[str, str]:
    """Label of a code in both languages."""
    return {lang: code_label(table, code, lang) for lang in LANGUAGES}


def _ended(record: Record, end: EarlyEnd) -> RecordChange:
    column = {"restore": "restored_on", "cure": "withdrawn_on"}[end.how]
    return RecordChange((str(record["record_id"]),), ({**record, column: end.effect_on},))


def _visits(questions: Questions) -> Iterator[Action]:
    """A clean re-inspection in each field in which a visit speaks against the enterprise, or a first one where none is rated."""
    day = add_workdays(questions.as_of, RECHECK_WORKDAYS)
    against = {
        r["field"]
        for r in questions.records
        if r["kind"] in VISITS and r["weights"] and r["result"] not in ("no_problem", "qualified")
    }
    fields = sorted(against, key=lambda field: field or "") or (
        [None] if questions.assessed.score.points is None else []
    )
    for field in fields[:3]:
        label = both(
            "step_reinspect", field=both_labels("fields", field) if field else both("any_field"), on=day
        )
        yield Action(
            Step("reinspect", day, None, label, field=field), RecordChange(plus=(_visit(questions, day, field),))
        )


def _visit(questions: Questions, day: date, field: str | None) -> Record:
    record_id = f"re-inspection-{field or 'general'}"
    blank = dict.fromkeys(RECORD_COLUMNS)
    facts = {
        **blank,
        "record_id": record_id,
        "act_id": record_id,
        "enterprise_id": questions.enterprise_id,
        "kind": "inspection",
    }
    return {
        **facts,
        "field": field,
        "result": "no_problem",
        "scope": "own",
        "occurred_on": day,
        "known_on": day,
        "act_rank": 0,
    }


def _wait(day: date) -> Step:
    return Step("wait", day, None, both("step_wait", on=day))
