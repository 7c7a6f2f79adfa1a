"""The shortest set of feasible steps to a better grade, found by search and verified by applying them.

A step restores or cures a record on the earliest day that the law allows, passes a re-inspection, or waits until a day.
Fewest steps win, then the earliest day, then the order of the steps, so that the answer is one and the same each time.
Waiting alone is told by the forecast; here it is an answer only where nothing that can be done helps.
What is already on its way may undo a grade, so how long it lasts is asked too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from scoring.engine.cases import Case, Change
from scoring.entities import RECORD_COLUMNS, EarlyEnd, Path, Step, code_label
from scoring.explain.bench import Answer, Answers, Bench, Record
from scoring.explain.ends import DAY, early_end, to_end, turning_days
from scoring.explain.wording import LANGUAGES, both
from scoring.workdays import add_workdays

MOST_STEPS = 4
MOST_ACTIONS = 10
"""Actions that are combined: those on the records that weigh most."""
RECHECK_WORKDAYS = 10
"""Special-equipment measures art. 29: re-check within ten working days of the report; taken for all fields."""
VISITS = ("inspection", "sampling_test")


@dataclass(frozen=True)
class Action:
    """One thing that the enterprise can do, the day on which it takes effect, and what it changes."""

    step: Step
    change: Change


def actions(bench: Bench, until: date) -> list[Action]:
    """What can be done about the records that weigh, heaviest first, and the re-inspections that could be passed."""
    found = []
    own = [record for record in bench.records if record["scope"] != "branch"]       # a branch applies for its own
    for record in sorted(own, key=lambda r: (-_weight(r), str(r["record_id"]))):
        end = early_end(record, bench.policy, bench.as_of)
        if end is not None and end.effect_on <= until and _matters(record):
            found.append(Action(_step(record, end, bench.as_of), _ended(record, end)))
    return [*_visits(bench), *found][:MOST_ACTIONS]


@dataclass(frozen=True)
class Attempt:
    """Some actions, and perhaps a wait after them: the question, the day of the answer, and the steps."""

    case: Case
    on: date
    steps: tuple[Step, ...]


class Search:
    """The search for one enterprise that is not in the best grade.

    Args:
        bench: The enterprise.
        until: Last day to look at.
    """

    def __init__(self, bench: Bench, until: date) -> None:
        self._bench, self._until, self._actions = bench, until, actions(bench, until)
        days = {day for record in bench.records for day in turning_days(record, bench.policy)}
        self._days = sorted(day for day in days if bench.as_of < day <= until)
        self.singles = self._attempts(1)
        """Single actions: asked together with the forecast, for they are often enough."""

    def path(self, answers: Answers, alone: Sequence[tuple[date, Answer]]) -> Path:
        """The path to a better grade.

        Args:
            answers: Those to ``singles``.
            alone: The forecast: the answer of each day by waiting alone.
        """
        now = alone[0][1].band_no
        for size in range(1, MOST_STEPS + 1):
            asked = self.singles if size == 1 else self._attempts(size)
            if size > 1 and asked:
                answers = self._bench.ask([attempt.case for attempt in asked])
            better = [attempt for attempt in asked if answers[attempt.case.case_id].band_no < now]
            if better:
                best = min(better, key=lambda attempt: (attempt.on, [_order(step) for step in attempt.steps]))
                result = answers[best.case.case_id].result
                return Path(best.steps, best.on, result, self._until, MOST_STEPS, self._lasts_until(best, now))
        waited = next(((day, answer) for day, answer in alone[1:] if answer.band_no < now), None)
        if waited is not None:
            ends = next((day - DAY for day, answer in alone if day > waited[0] and answer.band_no >= now), None)
            return Path((_wait(waited[0]),), waited[0], waited[1].result, self._until, MOST_STEPS, ends)
        return Path((), None, None, self._until, MOST_STEPS)

    def _attempts(self, size: int) -> list[Attempt]:
        """All ways of so many steps: so many actions, or one fewer and a wait until a day on which something can change."""
        found: list[Attempt] = []
        for chosen in (*combinations(self._actions, size), *(combinations(self._actions, size - 1) if size > 1 else ())):
            ready = max(action.step.on for action in chosen)
            steps = tuple(sorted((action.step for action in chosen), key=_order))
            for day in [ready] if len(chosen) == size else [day for day in self._days if day > ready]:
                case = self._case(f"{size} steps, {len(found)}", day, tuple(action.change for action in chosen))
                found.append(Attempt(case, day, steps if len(chosen) == size else (*steps, _wait(day))))
        return found


    def _case(self, name: str, day: date, changes: tuple[Change, ...]) -> Case:
        """A question about a day to come: where a band was in effect before, today's is in effect then."""
        return self._bench.case(name, day, *changes, prior=self._bench.in_effect)

    def _lasts_until(self, best: Attempt, now: int) -> date | None:
        """Last day before what is on its way undoes the better grade; ``None`` if nothing does."""
        visits = {day for change in best.case.changes for row in change.plus for day in turning_days(row, self._bench.policy)}
        days = sorted(day for day in {*self._days, *visits} if best.on < day <= self._until)
        answers = self._bench.ask([self._case(str(day), day, best.case.changes) for day in days]) if days else None
        return next((day - DAY for day in days if answers and answers[str(day)].band_no >= now), None)


def _order(step: Step) -> tuple[date, str, str]:
    return step.on, step.kind, step.record_id or step.field or ""


def _matters(record: Record) -> bool:
    """Whether the record weighs, or will once its finality is reached."""
    return bool(record["weights"]) or record["excluded"] == "not_final"


def _weight(record: Record) -> int:
    return sum(record["weights"].values())


def _step(record: Record, end: EarlyEnd, as_of: date) -> Step:
    kind = both_labels("kinds", record["kind"])
    number = record["document_no"] or record["record_id"]
    named: dict[str, str] = {lang: f"{kind[lang]} {number}" for lang in LANGUAGES}
    return Step(end.how, end.effect_on, str(record["record_id"]), to_end(end, named, as_of), end)


def both_labels(table: str, code: str) -> dict[str, str]:
    """Label of a code in both languages."""
    return {lang: code_label(table, code, lang) for lang in LANGUAGES}


def _ended(record: Record, end: EarlyEnd) -> Change:
    column = {"restore": "restored_on", "cure": "withdrawn_on"}[end.how]
    return Change((str(record["record_id"]),), ({**record, column: end.effect_on},))


def _visits(bench: Bench) -> Iterator[Action]:
    """A clean re-inspection in each field in which a visit speaks against the enterprise, or a first one where none is rated."""
    day = add_workdays(bench.as_of, RECHECK_WORKDAYS)
    against = {r["field"] for r in bench.records if r["kind"] in VISITS and r["weights"] and r["result"] not in ("no_problem", "qualified")}
    fields = sorted(against, key=lambda field: field or "") or ([None] if bench.assessed.score.points is None else [])
    for field in fields[:3]:
        label = both("step_reinspect", field=both_labels("fields", field) if field else both("any_field"), on=day)
        yield Action(Step("reinspect", day, None, label, field=field), Change(plus=(_visit(bench, day, field),)))


def _visit(bench: Bench, day: date, field: str | None) -> Record:
    record_id = f"re-inspection-{field or 'general'}"
    blank = dict.fromkeys(RECORD_COLUMNS)
    facts = {**blank, "record_id": record_id, "act_id": record_id, "enterprise_id": bench.enterprise_id, "kind": "inspection"}
    return {**facts, "field": field, "result": "no_problem", "scope": "own", "occurred_on": day, "known_on": day, "act_rank": 0}


def _wait(day: date) -> Step:
    return Step("wait", day, None, both("step_wait", on=day))


