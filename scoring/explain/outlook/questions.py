"""What-if questions on one enterprise: many days and many changes of its records, answered by one query.

The bench holds what was believed on the day of the assessment and nothing that became known later;
what is asked of it goes through the same expression as the batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from scoring.assess.assessor import Assessed, Assessor, Record
from scoring.engine.cases import Case, RecordChange, Relations
from scoring.engine.decision import limits_of
from scoring.engine.snapshot import NOT_KNOWN
from scoring.entities import WhatIf
from scoring.policy.language.schema import Policy

SUPERSEDED = "superseded"


@dataclass(frozen=True)
class Answer:
    """The result of one case: points and band, or why not rated.

    The band's number, one past the last when not rated.
    """

    result: WhatIf
    band_no: int


@dataclass(frozen=True)
class Details:
    """What gave a result: points by indicator that are not zero.

    Caps and vetoes that hold, or the gate, as (kind, id).
    """

    points_of: Mapping[str, int]
    rules: frozenset[tuple[str, str]]


class Questions:
    """One assessed enterprise, set up for questions.

    Args:
        assessor: Who assessed it.
        assessed: The assessment.
    """

    def __init__(self, assessor: Assessor, assessed: Assessed) -> None:
        self.assessed, self.resolved, self.covers = assessed, assessor.version, assessor.covers
        self.policy = assessor.version.policy
        self.records: tuple[Record, ...] = tuple(
            {**record, "known_until": None}
            for record in assessed.records
            if record["excluded"] not in (NOT_KNOWN, SUPERSEDED)
        )
        self.enterprise_id = assessed.score.enterprise_id
        self._engine = assessor.single_engine
        self._tables: Relations = self._engine.hold(
            [{**assessed.enterprise, "known_until": None}], self.records
        )

    @property
    def as_of(self) -> date:
        """Day of the assessment."""
        return self.assessed.score.as_of

    @property
    def in_effect(self) -> int | None:
        """Number of the band in effect from the day after, which is the prior of days to come.

        ``None`` where no band was given.
        """
        band = self.assessed.score.band
        return (
            self.assessed.prior
            if self.assessed.prior is None or band is None
            else [b.id for b in self.policy.bands].index(band)
        )

    def case(self, name: str, day: date, *changes: RecordChange, prior: int | None = None) -> Case:
        """A question: this enterprise on a day, after changes.

        The band in effect is that of the assessment unless given.
        """
        return Case(name, self.enterprise_id, day, self.assessed.prior if prior is None else prior, changes)

    def ask(self, cases: Sequence[Case]) -> Answers:
        """The answers to some cases, by one query."""
        return Answers(
            self._engine.cases(self.resolved, cases, self.covers, self._tables, columns(self.policy)),
            self.policy,
        )


class Answers:
    """Answers by case.

    Thousands are asked and a few are looked at in detail, so rows become objects only when wanted.

    Args:
        table: The engine's rows.
        policy: The policy that gave them.
    """

    def __init__(self, table: Any, policy: Policy) -> None:
        self._table, self._policy = table, policy
        self._row = {name: n for n, name in enumerate(table.column("case_id").to_pylist())}
        self._fixed = [table.column(name).to_pylist() for name in FIXED]

    def __getitem__(self, name: str) -> Answer:
        points, band_no, gate = (column[self._row[name]] for column in self._fixed)
        if gate is None:
            return Answer(WhatIf(points, self._policy.bands[band_no].id), band_no)
        return Answer(WhatIf(None, None, gate), len(self._policy.bands))

    def details(self, name: str) -> Details:
        """Points by indicator and the rules that hold, of one case."""
        return _details(self._table.slice(self._row[name], 1).to_pylist()[0], self._policy)


FIXED = ("points", "band_no", "gate")


def columns(policy: Policy) -> list[str]:
    """Columns of the expression that answers are made of."""
    rules = [f"{kind}__{rule.id}" for kind, rule in limits_of(policy)]
    return ["case_id", *FIXED, "points_band", "held_band", *rules, *(f"p__{i.id}" for i in policy.indicators)]


def _details(row: Record, policy: Policy) -> Details:
    if row["gate"] is not None:
        return Details({}, frozenset({("gate", row["gate"])}))
    held = {(kind, rule.id) for kind, rule in limits_of(policy) if row[f"{kind}__{rule.id}"]}
    held |= {("hysteresis", "hysteresis")} if row["held_band"] != row["points_band"] else set()
    return Details({i.id: row[f"p__{i.id}"] for i in policy.indicators if row[f"p__{i.id}"]}, frozenset(held))
