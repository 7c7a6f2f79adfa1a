"""A points table: what a learned model is once it is trained. JSON, hashed, readable by a lawyer; nothing is unpickled.

``use = "ordering"`` (whom to inspect first) may look up rates of peers and never touches a colour. ``use = "colour"`` looks at the
enterprise's own scoring records alone, in aggregates that one more record never lowers and time never raises.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from scoring.policy.language.forms import Code, Form, Identifier, Points, PolicyId, Text, teach
from scoring.policy.language.schema import (
    MODEL,
    Aggregate,
    Bin,
    Indicator,
    Select,
)

FORMAT: Literal["sise-points-table/1"] = "sise-points-table/1"
MAX_BYTES = 5_000_000

Use = Literal["ordering", "colour"]
Peers = Literal["supervised_by", "district_code", "industry_code", "size_band", "entity_type"]


class Input(Form):
    """One aggregate of the enterprise's own records, computed by the engine as an indicator that gives no points."""

    id: Identifier
    select: Select
    aggregate: Aggregate
    of: Literal["severity", "value_x100"] | None = None
    among: Select | None = None
    window_days: Annotated[int, Field(ge=1, le=36_500)]
    age_weights: (
        tuple[tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=0, le=100)]], ...] | None
    ) = None

    @model_validator(mode="after")
    def _computable(self) -> Input:
        if self.aggregate == MODEL:
            raise teach(
                '模型的输入不能又是模型，例如 aggregate = "count"',
                'an input of a model is no model, e.g. aggregate = "count"',
            )
        self.indicator("inputs")
        return self

    def indicator(self, group: str) -> Indicator:
        """The input as the engine takes it."""
        given = {name: getattr(self, name) for name in Input.model_fields}
        text = Text(zh=self.id, en=self.id)
        return Indicator(**given, group=group, direction="neutral", label=text, bins=(Bin(points=0),))


class Feature(Form):
    """What is binned: an input; of two inputs a share shrunk to the mean; or such a share over peers (``by``), looked up.

    A share is ``10,000 × (of + prior × mean) / (among + prior)`` in basis points: ``prior`` counts as so much of ``among`` at the mean.
    ``monotone`` 1: more of it never means less risk; -1: never more; 0: either.
    """

    id: Identifier
    label: Text
    of: Identifier
    among: Identifier | None = None
    prior: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    by: Peers | None = None
    monotone: Literal[-1, 0, 1] = 0

    @model_validator(mode="after")
    def _share(self) -> Feature:
        if self.by is not None and self.among is None:
            raise teach(
                'by（同类比率）须写明 among，例如 among = "visits"',
                'a rate of peers (`by`) needs `among`, e.g. among = "visits"',
            )
        return self


class Scored(Feature):
    """A feature with its points: more points, more risk. ``mean_bp`` and ``table`` (rates of peers by key) are frozen."""

    bins: Annotated[tuple[Bin, ...], Field(min_length=1)]
    unknown: Points
    mean_bp: Annotated[int, Field(ge=0, le=10_000)] | None = None
    table: dict[str, Annotated[int, Field(ge=0, le=10_000)]] | None = None

    @model_validator(mode="after")
    def _sound(self) -> Scored:
        limits = [b.upto for b in self.bins]
        inner = [limit for limit in limits[:-1] if limit is not None]
        if limits[-1] is not None or len(inner) != len(limits) - 1 or any(a >= b for a, b in pairwise(inner)):
            raise teach(
                f"特征 {self.id} 的分档界限为 {limits}，应递增且只有最后一档不写 upto，例如 [0, 100, null]",
                f"limits of the bins of {self.id} run {limits}: they must rise and the last bin alone is open, e.g. [0, 100, null]",
            )
        points = [b.points * (self.monotone or 1) for b in self.bins]
        if self.monotone and any(a > b for a, b in pairwise(points)):
            raise teach(
                f"特征 {self.id} 声明单调（{self.monotone}），各档分值却为 {[b.points for b in self.bins]}，例如 {sorted(points)}",
                f"{self.id} is declared monotone ({self.monotone}) and its points run {[b.points for b in self.bins]}, e.g. "
                f"{sorted(points)}",
            )
        if (self.mean_bp is None) != (self.among is None) or (self.table is None) != (self.by is None):
            raise teach(
                f'特征 {self.id}：份额须有 mean_bp，同类比率须有 table，例如 "mean_bp": 1400',
                f'{self.id}: a share needs mean_bp and a rate of peers its table, e.g. "mean_bp": 1400',
            )
        return self


class Label(Form):
    """What is predicted: the first visit within ``within_days`` after the day has such a finding.

    A visit is a day with records of ``kind`` (and ``result``, where it names the conclusive ones); ``scored`` keeps those with a value.
    """

    text: Text
    kind: Code
    conclusive: tuple[Code, ...] | None = None
    result: tuple[Code, ...] | None = None
    severity: tuple[Code, ...] | None = None
    scored: bool = False
    within_days: Annotated[int, Field(ge=1, le=3650)]


class Calibration(Form):
    """Probability = logistic(``intercept`` + ``slope`` × log-odds), fitted on out-of-fold scores of the rolling origins."""

    intercept: float
    slope: float


class Window(Form):
    """The days whose visits were learned from, inclusive."""

    first: date
    last: date


class ModelTable(Form):
    """A whole points table. Score = sum of points; log-odds = ``intercept`` + score × ln 2 / ``points_to_double_odds``."""

    format: Literal["sise-points-table/1"]
    id: PolicyId
    use: Use
    title: Text
    purpose: Text
    limits: Text
    finality: Code
    label: Label
    inputs: Annotated[tuple[Input, ...], Field(min_length=1, max_length=40)]
    features: Annotated[tuple[Scored, ...], Field(min_length=1, max_length=40)]
    intercept: float
    points_to_double_odds: Annotated[int, Field(ge=1, le=1000)]
    calibration: Calibration
    algorithm: str
    trained: Window
    looked_up_on: date | None
    data_sha256: str
    seed: int
    versions: dict[str, str]
    metrics: dict[str, Any]
    sha256: str

    @model_validator(mode="after")
    def _consistent(self) -> ModelTable:
        consistent(self.inputs, self.features)
        return self

    def probability(self, points: int) -> float:
        """What a sum of points means: the calibrated probability of what the label says."""
        log_odds = self.intercept + points * math.log(2) / self.points_to_double_odds
        return (1 + math.tanh((self.calibration.intercept + self.calibration.slope * log_odds) / 2)) / 2

    def peers(self) -> list[str]:
        """Enterprise columns that look-ups are keyed by."""
        return sorted({str(f.by) for f in self.features if f.by})


def consistent(inputs: Sequence[Input], features: Sequence[Feature]) -> None:
    """Refuses ids that are there twice and features of inputs that are not there."""
    known = [i.id for i in inputs]
    twice = {name for names in (known, [f.id for f in features]) for name in names if names.count(name) > 1}
    unknown = {name for f in features for name in (f.of, f.among) if name and name not in known}
    if twice or unknown:
        name = min(twice or unknown)
        raise teach(
            f'“{name}” {"重复" if twice else "不是输入"}；输入有 {"、".join(known)}，例如 of = "{known[0]}"',
            f'"{name}" is {"there twice" if twice else "no input"}; inputs are {", ".join(known)}, e.g. of = "{known[0]}"',
        )


def table_sha256(table: ModelTable | dict[str, Any]) -> str:
    """Hash of everything in a points table but the hash itself, over canonical JSON."""
    data = table.model_dump(mode="json") if isinstance(table, ModelTable) else table
    kept = {name: value for name, value in data.items() if name != "sha256"}
    canonical = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def selected(inputs: Iterable[Input]) -> Select:
    """All kinds that some input looks at, of all scopes that it looks at."""
    selects = [s for i in inputs for s in (i.select, i.among) if s]
    return Select(
        kind=tuple(sorted({kind for s in selects for kind in s.kind})),
        scope=tuple(sorted({scope for s in selects for scope in s.scope})),
    )


def longest(inputs: Iterable[Input]) -> int:
    """Days of the longest window."""
    return max(i.window_days for i in inputs)
