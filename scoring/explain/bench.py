"""What-if questions on one enterprise: many days and many changes of its records, answered by one query.

The bench holds what was believed on the day of the assessment and nothing that became known later; what is asked of it
goes through the same expression as the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from scoring.assess import Assessed, Assessor
from scoring.engine.cases import Case, Change, Relations
from scoring.engine.decision import limits_of
from scoring.engine.snapshot import NOT_KNOWN
from scoring.entities import WhatIf
from scoring.policy.schema import Policy

Record = Mapping[str, Any]
SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Answer:
    """The result of one case.

    Attributes:
        result: Points and band, or why not rated.
        band_no: Number of the band, 0 is best; one past the last when not rated.
        points_of: Points by indicator that are not zero.
        rules: Ids of the caps and vetoes that hold, as (kind, id), and of the gate.
    """

    result: WhatIf
    band_no: int
    points_of: Mapping[str, int]
    rules: frozenset[tuple[str, str]]


class Bench:
    """One assessed enterprise, set up for questions.

    Args:
        assessor: Who assessed it.
        assessed: The assessment.
    """

    def __init__(self, assessor: Assessor, assessed: Assessed) -> None:
        self.assessed, self.policy, self.covers = assessed, assessor.version.policy, assessor.covers
        self.records: tuple[Record, ...] = tuple(
            {**record, "known_until": None} for record in assessed.records if record["excluded"] not in (NOT_KNOWN, SUPERSEDED)
        )
        self.enterprise_id = assessed.score.enterprise_id
        self._engine = assessor.bench
        self._tables: Relations = self._engine.hold([{**assessed.enterprise, "known_until": None}], self.records)

    @property
    def as_of(self) -> date:
        """Day of the assessment."""
        return self.assessed.score.as_of

    def case(self, name: str, day: date, *changes: Change, prior: int | None = None) -> Case:
        """A question: this enterprise on a day, after changes; the band in effect is that of the assessment unless given."""
        return Case(name, self.enterprise_id, day, self.assessed.prior if prior is None else prior, changes)

    def ask(self, cases: Sequence[Case], *, details: bool = False) -> dict[str, Answer]:
        """Answers by case; ``details`` are the points by indicator and the rules that hold."""
        rules = [f"{kind}__{rule.id}" for kind, rule in limits_of(self.policy)]
        points = [f"p__{i.id}" for i in self.policy.indicators]
        fixed = ["case_id", "points", "band_no", "gate", "points_band", "held_band"]
        columns = [*fixed, *rules, *points] if details else fixed
        table = self._engine.cases(self.policy, cases, self.covers, self._tables, columns)
        return {row["case_id"]: _answer(row, self.policy, points if details else (), rules if details else ()) for row in table.to_pylist()}


def _answer(row: Record, policy: Policy, points: Iterable[str], rules: Iterable[str]) -> Answer:
    rated = row["gate"] is None
    result = WhatIf(row["points"], policy.bands[row["band_no"]].id) if rated else WhatIf(None, None, row["gate"])
    held = {(kind, rule) for name in rules if row[name] for kind, _, rule in [name.partition("__")]} if rated else {("gate", row["gate"])}
    if rated and row["held_band"] != row["points_band"]:
        held.add(("hysteresis", "hysteresis"))
    found = {name.removeprefix("p__"): row[name] for name in points if rated and row[name]}
    return Answer(result, row["band_no"] if rated else len(policy.bands), found, frozenset(held))
