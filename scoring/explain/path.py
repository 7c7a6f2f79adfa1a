"""The shortest set of feasible steps to a better grade, found by search and verified by applying them.

A step restores or cures a record on the earliest day that the law allows, passes a re-inspection, or waits until a day.
Fewest steps win, then the earliest day, then the order of the steps, so that the answer is one and the same each time.
Waiting alone is told by the forecast; here it is an answer only where nothing that can be done helps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from scoring.engine.cases import Case, Change
from scoring.entities import EarlyEnd, Path, Step, code_label
from scoring.explain.bench import Answer, Bench, Record
from scoring.explain.ends import early_end, turning_days
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
    for record in sorted(bench.records, key=lambda r: (-_weight(r), str(r["record_id"]))):
        end = early_end(record, bench.policy, bench.as_of)
        if end is not None and end.effect_on <= until and _matters(record):
            found.append(Action(_step(record, end), _ended(record, end)))
    return [*_visits(bench), *found][:MOST_ACTIONS]


def search(bench: Bench, until: date, alone: Sequence[tuple[date, Answer]]) -> Path:
    """The path to a better grade.

    Args:
        bench: The enterprise; it is not in the best grade.
        until: Last day to look at.
        alone: The forecast: the answer of each day by waiting alone.
    """
    now = alone[0][1].band_no
    waited = next((day for day, answer in alone[1:] if answer.band_no < now), None)
    known = actions(bench, until)
    days = sorted({day for record in bench.records for day in turning_days(record, bench.policy) if bench.as_of < day <= until})
    for size in range(1, MOST_STEPS + 1):
        found = _of_size(bench, known, size, days, now)
        if found:
            day, steps, answer = min(found, key=lambda path: (path[0], [(step.on, step.kind, step.record_id or "") for step in path[1]]))
            return Path(steps, day, answer.result, until, MOST_STEPS)
    if waited is not None:
        return Path((_wait(waited),), waited, dict(alone)[waited].result, until, MOST_STEPS)
    return Path((), None, None, until, MOST_STEPS)


def _of_size(
    bench: Bench, known: Sequence[Action], size: int, days: Sequence[date], now: int
) -> list[tuple[date, tuple[Step, ...], Answer]]:
    """All paths of so many steps that reach a better grade: so many actions, or one fewer and a wait."""
    asked: dict[str, tuple[date, tuple[Step, ...]]] = {}
    cases: list[Case] = []
    for chosen in (*combinations(known, size), *(combinations(known, size - 1) if size > 1 else ())):
        ready = max(action.step.on for action in chosen)
        steps = tuple(sorted((action.step for action in chosen), key=lambda step: (step.on, step.kind, step.record_id or "")))
        for day in [ready] if len(chosen) == size else [day for day in days if day > ready]:
            name = str(len(cases))
            asked[name] = (day, steps if len(chosen) == size else (*steps, _wait(day)))
            cases.append(bench.case(name, day, *(action.change for action in chosen)))
    if not cases:
        return []
    return [(*asked[name], answer) for name, answer in bench.ask(cases).items() if answer.band_no < now]


def _matters(record: Record) -> bool:
    """Whether the record weighs, or will once its finality is reached."""
    return bool(record["weights"]) or record["excluded"] == "not_final"


def _weight(record: Record) -> int:
    return sum(record["weights"].values())


def _step(record: Record, end: EarlyEnd) -> Step:
    kind = both_labels("kinds", record["kind"])
    number = record["document_no"] or record["record_id"]
    named = {lang: f"{kind[lang]} {number}" for lang in LANGUAGES}
    label = both(f"step_{end.how}", record=named, open=end.open_on, on=end.effect_on)
    return Step(end.how, end.effect_on, str(record["record_id"]), label, end)


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
    facts = {"record_id": record_id, "act_id": record_id, "enterprise_id": bench.enterprise_id, "kind": "inspection"}
    return {**facts, "field": field, "result": "no_problem", "scope": "own", "occurred_on": day, "known_on": day, "act_rank": 0}


def _wait(day: date) -> Step:
    return Step("wait", day, None, both("step_wait", on=day))


