"""A points table: what a learned model is once it is trained.

It is JSON, hashed, readable by a lawyer; nothing is unpickled. ``use = "ordering"`` (whom to
inspect first) may look up rates of peers and never touches a colour. ``use = "colour"`` looks at
the enterprise's own scoring records alone, in aggregates that one more record never lowers and time
never raises.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from scoring.policy.language.forms import (
    AgeWeights,
    Code,
    Form,
    Identifier,
    Points,
    PolicyId,
    Text,
    teach,
)
from scoring.policy.language.measures import Measure
from scoring.policy.language.schema import MODEL, Aggregate, Bin, Indicator, Select
from scoring.policy.language.selection import RecordScope

FORMAT: Literal["sise-points-table/1"] = "sise-points-table/1"
MAX_BYTES = 5_000_000

VERDICT_DAYS = 184
"""Days after which a verdict on drift says nothing any more, unless table or policy say otherwise."""
VerdictDays = Annotated[int, Field(ge=1, le=3650)]
Use = Literal["ordering", "colour"]
ENTERPRISE_AGE = "enterprise_age"
"""What a feature may name under ``of`` in place of an input: days since registration."""
Peers = Literal["supervised_by", "district_code", "industry_code", "size_band", "entity_type"]


class Input(Form):
    """One aggregate of the enterprise's records; the engine takes it as an indicator without points."""

    id: Identifier
    select: Select
    aggregate: Aggregate
    of: Measure | None = None
    among: Select | None = None
    window_days: Annotated[int, Field(ge=1, le=36_500)]
    age_weights: AgeWeights | None = None

    @model_validator(mode="after")
    def _computable(self) -> Input:
        if self.aggregate == MODEL:
            raise teach("input_is_model")
        # an input is sound where an indicator of the same keys is
        self.indicator("inputs")
        return self

    def indicator(self, group: str) -> Indicator:
        """The input as the engine takes it."""
        keys = {name: getattr(self, name) for name in Input.model_fields}
        label = Text(zh=self.id, en=self.id)
        return Indicator(**keys, group=group, direction="neutral", label=label, bins=(Bin(points=0),))


class Feature(Form):
    """What is binned: an input, a share of two inputs shrunk to the mean, or such a share over peers.

    In place of an input ``of`` may name ``enterprise_age``, the days since the enterprise was
    registered, unknown where nobody says when.

    A share is ``10,000 × (of + prior × mean) / (among + prior)`` in basis points: ``prior`` counts
    as so much of ``among`` at the mean.

    Attributes:
        by: Column of the enterprise whose peers the share is taken over; looked up.
        monotone: 1: more of it never means less risk; -1: never more; 0: either.
    """

    id: Identifier
    label: Text
    of: Identifier
    among: Identifier | None = None
    prior: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    by: Peers | None = None
    monotone: Literal[-1, 0, 1] = 0

    @model_validator(mode="after")
    def _rates_are_shares(self) -> Feature:
        if self.by is not None and self.among is None:
            raise teach("feature_by_without_among")
        if ENTERPRISE_AGE in (self.among, self.of if self.among else None):
            raise teach("feature_share_of_age")
        return self


class ScoredFeature(Feature):
    """A feature with its points: more points, more risk.

    Attributes:
        mean_bp: Mean of a share in basis points, frozen at training.
        table: Rates of peers by key in basis points, frozen at training.
    """

    bins: Annotated[tuple[Bin, ...], Field(min_length=1)]
    unknown: Points
    mean_bp: Annotated[int, Field(ge=0, le=10_000)] | None = None
    table: dict[str, Annotated[int, Field(ge=0, le=10_000)]] | None = None

    @model_validator(mode="after")
    def _bins_in_order(self) -> ScoredFeature:
        limits = [a_bin.upto for a_bin in self.bins]
        inner = [limit for limit in limits[:-1] if limit is not None]
        one_open = limits[-1] is None and len(inner) == len(limits) - 1
        if not one_open or any(lower >= upper for lower, upper in pairwise(inner)):
            raise teach("feature_bins_order", feature=self.id, limits=str(limits))
        return self

    @model_validator(mode="after")
    def _points_as_declared(self) -> ScoredFeature:
        points = [a_bin.points for a_bin in self.bins]
        rising = [number * (self.monotone or 1) for number in points]
        if self.monotone and any(lower > upper for lower, upper in pairwise(rising)):
            raise teach(
                "feature_not_monotone",
                feature=self.id,
                monotone=self.monotone,
                points=str(points),
                example=str(sorted(rising)),
            )
        return self

    @model_validator(mode="after")
    def _has_its_rates(self) -> ScoredFeature:
        share_fits = (self.mean_bp is None) == (self.among is None)
        rates_fit = (self.table is None) == (self.by is None)
        if not (share_fits and rates_fit):
            raise teach("feature_without_rates", feature=self.id)
        return self


class Label(Form):
    """What is predicted: the first visit within ``within_days`` after the day has such a finding.

    Attributes:
        kind: A visit is a day with records of this kind.
        conclusive: Results that a visit must have had to count; ``None``: any.
        result: Results that are the finding, of these severities where ``severity`` is given too.
        scored: Whether only visits with a value are kept.
        occasion: Visits of these occasions alone; ``None``: any. ``["random"]`` learns from and
            judges by random draws, which nobody was chosen for.
    """

    LATER = frozenset({"occasion"})

    text: Text
    kind: Code
    conclusive: tuple[Code, ...] | None = None
    result: tuple[Code, ...] | None = None
    severity: tuple[Code, ...] | None = None
    scored: bool = False
    occasion: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    within_days: Annotated[int, Field(ge=1, le=3650)]


class Calibration(Form):
    """Probability = logistic(``intercept`` + ``slope`` × log-odds).

    Fitted on out-of-fold scores of the rolling origins.
    """

    intercept: float
    slope: float


class Window(Form):
    """The days whose visits were learned from, inclusive."""

    first: date
    last: date


class ModelTable(Form):
    """A whole points table.

    The score is the sum of points; log-odds = ``intercept`` + score × ln 2 /
    ``points_to_double_odds``.

    Attributes:
        verdict_days: How old the verdict on its drift may be; ``VERDICT_DAYS`` where it is not given.
    """

    LATER = frozenset({"verdict_days"})

    format: Literal["sise-points-table/1"]
    id: PolicyId
    use: Use
    title: Text
    purpose: Text
    limits: Text
    finality: Code
    label: Label
    inputs: Annotated[tuple[Input, ...], Field(min_length=1, max_length=40)]
    features: Annotated[tuple[ScoredFeature, ...], Field(min_length=1, max_length=40)]
    intercept: float
    points_to_double_odds: Annotated[int, Field(ge=1, le=1000)]
    calibration: Calibration
    algorithm: str
    trained: Window
    looked_up_on: date | None
    data_sha256: str
    seed: int
    versions: dict[str, str]
    verdict_days: VerdictDays | None = None
    metrics: dict[str, Any]
    sha256: str

    @model_validator(mode="after")
    def _features_of_its_inputs(self) -> ModelTable:
        refuse_inconsistent(self.inputs, self.features)
        return self

    def probability(self, points: int) -> float:
        """What a sum of points means: the calibrated probability of what the label says."""
        log_odds = self.intercept + points * math.log(2) / self.points_to_double_odds
        calibrated = self.calibration.intercept + self.calibration.slope * log_odds
        # tanh and not exp: it does not overflow, however many points there are
        return (1 + math.tanh(calibrated / 2)) / 2

    def peers(self) -> list[str]:
        """Enterprise columns that look-ups are keyed by."""
        return sorted({str(feature.by) for feature in self.features if feature.by})

    @property
    def sees_age(self) -> bool:
        """Whether a feature is the age of the enterprise."""
        return any(feature.of == ENTERPRISE_AGE for feature in self.features)


def refuse_inconsistent(inputs: Sequence[Input], features: Sequence[Feature]) -> None:
    """Refuses ids that are there twice and features of inputs that are not there.

    Raises:
        PydanticCustomError: An error of form, for use in a validator.
    """
    input_ids = [model_input.id for model_input in inputs]
    first = input_ids[0]
    repeated_ids = _repeated(input_ids) | _repeated(feature.id for feature in features)
    used_ids = {feature.of for feature in features}
    used_ids |= {feature.among for feature in features if feature.among}
    if ENTERPRISE_AGE in input_ids:
        raise teach("input_is_enterprise_age")
    unknown_ids = used_ids.difference([*input_ids, ENTERPRISE_AGE])
    if repeated_ids:
        raise teach("table_id_twice", name=min(repeated_ids), inputs=input_ids, example=first)
    if unknown_ids:
        raise teach("table_input_unknown", name=min(unknown_ids), inputs=input_ids, example=first)


def _repeated(names: Iterable[str]) -> set[str]:
    return {name for name, times in Counter(names).items() if times > 1}


def table_sha256(table: ModelTable | dict[str, Any]) -> str:
    """Hash of everything in a points table but the hash itself, over canonical JSON."""
    content = table.model_dump(mode="json") if isinstance(table, ModelTable) else table
    hashed = {name: value for name, value in content.items() if name != "sha256"}
    canonical = json.dumps(hashed, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def selected(inputs: Iterable[Input]) -> Select:
    """All kinds that some input looks at, of all scopes that it looks at."""
    all_kinds: set[str] = set()
    all_scopes: set[RecordScope] = set()
    for model_input in inputs:
        for select in (model_input.select, model_input.among or model_input.select):
            all_kinds.update(select.kind)
            all_scopes.update(select.scope)
    return Select(kind=tuple(sorted(all_kinds)), scope=tuple(sorted(all_scopes)))


def longest_window(inputs: Iterable[Input]) -> int:
    """Days of the longest window."""
    return max(model_input.window_days for model_input in inputs)
