"""What-if questions on one enterprise: many days and changes of its records, answered by one query.

The records are those believed on the day of the assessment and nothing that became known later. Every
question goes through the same expression as the batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from scoring.assess.assessor import Assessed, Assessor, Record
from scoring.engine.cases import Case, RecordChange
from scoring.engine.decision import limits_of
from scoring.engine.results import HYSTERESIS
from scoring.engine.snapshot import NOT_KNOWN
from scoring.entities import WhatIf
from scoring.policy.language.schema import Policy

SUPERSEDED = "superseded"
FIXED = ("points", "band_no", "gate")
"""Columns that every answer is made of."""


@dataclass(frozen=True)
class Answer:
    """The result of one case.

    Attributes:
        result: Points and band, or why not rated.
        band_no: Number of the band (0 is best), one past the last when not rated.
    """

    result: WhatIf
    band_no: int


@dataclass(frozen=True)
class Details:
    """What gave a result.

    Attributes:
        points_of: Points by indicator that are not zero.
        rules: Caps and vetoes that hold, or the gate, as (kind, id).
    """

    points_of: Mapping[str, int]
    rules: frozenset[tuple[str, str]]


class Answers:
    """Answers by name of their case.

    Thousands of cases are asked and a few are looked at in detail, so rows become objects only when
    wanted.

    Args:
        table: The engine's rows.
        policy: The policy that gave them.
    """

    def __init__(self, table: Any, policy: Policy) -> None:
        self._table, self._policy = table, policy
        self._row_numbers = {case_id: row for row, case_id in enumerate(table.column("case_id").to_pylist())}
        self._fixed = [table.column(case_id).to_pylist() for case_id in FIXED]

    def __getitem__(self, name: str) -> Answer:
        row = self._row_numbers[name]
        points, band_no, gate = (column[row] for column in self._fixed)
        if gate is None:
            return Answer(WhatIf(points, self._policy.bands[band_no].id), band_no)
        return Answer(WhatIf(None, None, gate), len(self._policy.bands))

    def details(self, name: str) -> Details:
        """Points by indicator and the rules that hold, of one case."""
        rows = self._table.slice(self._row_numbers[name], 1).to_pylist()
        return _details(rows[0], self._policy)


class Questions:
    """One assessed enterprise, set up for questions.

    Args:
        assessor: Who assessed it.
        assessed: The assessment.
    """

    def __init__(self, assessor: Assessor, assessed: Assessed) -> None:
        self.assessed, self.resolved, self.covers = assessed, assessor.version, assessor.covers
        self.policy = assessor.version.policy
        self.enterprise_id = assessed.score.enterprise_id
        self.records = _believed(assessed)
        self._engine = assessor.single_engine
        enterprise = {**assessed.enterprise, "known_until": None}
        self._tables = self._engine.hold([enterprise], self.records)

    @property
    def as_of(self) -> date:
        """Day of the assessment."""
        return self.assessed.score.as_of

    @property
    def in_effect(self) -> int | None:
        """Number of the band in effect from the day after: the prior of days to come.

        ``None`` where no band was given.
        """
        band = self.assessed.score.band
        if self.assessed.prior is None or band is None:
            return self.assessed.prior
        return [policy_band.id for policy_band in self.policy.bands].index(band)

    def case(self, name: str, day: date, *changes: RecordChange, prior: int | None = None) -> Case:
        """A question: this enterprise on a day, after changes of its records.

        The band in effect before is that of the assessment unless ``prior`` is given.
        """
        prior_band = self.assessed.prior if prior is None else prior
        return Case(name, self.enterprise_id, day, prior_band, changes)

    def ask(self, cases: Sequence[Case]) -> Answers:
        """The answers to some cases, by one query."""
        columns = _columns(self.policy)
        answer_rows = self._engine.cases(self.resolved, cases, self.covers, self._tables, columns)
        return Answers(answer_rows, self.policy)


def _believed(assessed: Assessed) -> tuple[Record, ...]:
    """The versions of records believed on the day, as if they were believed for ever."""
    # Without an end: the correction that ended a version later is not known on the day.
    return tuple(
        {**record, "known_until": None}
        for record in assessed.records
        if record["excluded"] not in (NOT_KNOWN, SUPERSEDED)
    )


def _columns(policy: Policy) -> list[str]:
    """Columns of the expression that answers are made of."""
    rule_columns = [f"{kind}__{rule.id}" for kind, rule in limits_of(policy)]
    point_columns = [f"p__{indicator.id}" for indicator in policy.indicators]
    return ["case_id", *FIXED, "points_band", "held_band", *rule_columns, *point_columns]


def _details(row: Record, policy: Policy) -> Details:
    if row["gate"] is not None:
        return Details({}, frozenset({("gate", row["gate"])}))
    rules_that_hold = {(kind, rule.id) for kind, rule in limits_of(policy) if row[f"{kind}__{rule.id}"]}
    if row["held_band"] != row["points_band"]:
        rules_that_hold.add((HYSTERESIS, HYSTERESIS))
    points = {indicator.id: row[f"p__{indicator.id}"] for indicator in policy.indicators}
    points_of = {indicator_id: number for indicator_id, number in points.items() if number}
    return Details(points_of, frozenset(rules_that_hold))
