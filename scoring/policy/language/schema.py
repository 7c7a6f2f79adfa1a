"""The language of policies: what one TOML file may say, as pydantic models.

A policy is the whole rule book of a day (``rules/policies/<id>/<valid-from>.toml``). These models check the form;
``policy.check`` checks the meaning. Conditions are tables, never strings, so a policy cannot carry code.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from scoring.entities import Colour
from scoring.policy.language.conditions import Condition, EnterpriseField, Gate, Limit
from scoring.policy.language.forms import Bound, Code, Form, Identifier, Points, PolicyId, Text, teach

__all__ = [
    "MODEL",
    "NO_RECORDS_IS_ZERO",
    "Aggregate",
    "Audience",
    "Band",
    "Bin",
    "Code",
    "Condition",
    "Direction",
    "EnterpriseField",
    "Form",
    "Gate",
    "Group",
    "Identifier",
    "Indicator",
    "Legal",
    "Limit",
    "Linear",
    "Points",
    "Policy",
    "PolicyId",
    "Review",
    "Scale",
    "Select",
    "Supervision",
    "Tag",
    "Text",
    "model_floor",
]

Tag = Literal["found", "recalled", "not_confirmed", "not_law"]
Direction = Literal["adverse", "favourable", "neutral"]
Aggregate = Literal[
    "count",
    "weighted_count",
    "sum",
    "weighted_sum",
    "max",
    "latest",
    "days_since",
    "distinct",
    "share",
    "model",
]
MODEL: Literal["model"] = "model"
"""Aggregate of a learned model: the sum of the points of its table."""

NO_RECORDS_IS_ZERO: frozenset[str] = frozenset({"count", "weighted_count", "sum", "weighted_sum", "distinct"})
"""Aggregates that are 0 for a covered kind without records; the others are unknown then."""


class Legal(Form):
    """One article that the policy rests on, in force on the policy's ``valid_from``.

    ``tag`` says how sure the citation is: found in a source, recalled, not confirmed, or not law at all (a plan, a
    choice of this policy). ``permits`` names what the article gives ground for beyond scoring.
    """

    id: Identifier
    document: str
    article: str
    title: Text
    issued_on: date
    published_on: date | None = None
    effective_on: date | None = None
    repealed_on: date | None = None
    url: str | None = None
    tag: Tag
    permits: tuple[Literal["publication"], ...] = ()


class Scale(Form):
    """The scale of points: stored points are integers, ``per_point`` of them make one printed point."""

    base: Points
    low: Points
    high: Points
    per_point: Annotated[int, Field(ge=1, le=100)] = 1


class Select(Form):
    """Which records an indicator sees: lists are *any of*, keys are *and*, a null never matches.

    Without ``scope`` only the enterprise's own records count; a policy that wants branches says so.
    """

    kind: Annotated[tuple[Code, ...], Field(min_length=1)]
    field: tuple[Code, ...] | None = None
    result: tuple[Code, ...] | None = None
    severity: tuple[Code, ...] | None = None
    info_class: tuple[Code, ...] | None = None
    scope: tuple[Literal["own", "branch"], ...] = ("own",)


class Bin(Form):
    """Points for values up to ``upto`` (inclusive); the last bin has none and takes the rest."""

    upto: Bound | None = None
    points: Points


class Linear(Form):
    """Points in proportion to the value: ``times`` the value, held between ``low`` and ``high``.

    For schemes that add up what an inspector wrote down. Where the scheme counts in whole points and values are in
    hundredths (``value_x100``), ``per_point = 100`` makes both the same unit.
    """

    times: Annotated[int, Field(ge=-1000, le=1000)]
    low: Annotated[int, Field(ge=-100_000, le=100_000)]
    high: Annotated[int, Field(ge=-100_000, le=100_000)]


class Indicator(Form):
    """One 评价指标: which records, how they are aggregated, and the points of each bin (or in proportion, ``linear``)."""

    id: Identifier
    group: Identifier
    direction: Direction
    label: Text
    select: Select
    aggregate: Aggregate
    of: Literal["severity", "value_x100"] | None = None
    among: Select | None = None
    window_days: Annotated[int, Field(ge=1, le=36_500)]
    age_weights: (
        tuple[tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=0, le=100)]], ...] | None
    ) = None
    bins: Annotated[tuple[Bin, ...], Field(min_length=1)] = ()
    linear: Linear | None = None
    unknown: Points = 0
    model: Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]{0,59}|.*\.json)$")] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    legal: tuple[Identifier, ...] = ()
    remedy: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _names_its_model(self) -> Indicator:
        if not ((self.aggregate == MODEL) == (self.model is not None) == (self.sha256 is not None)):
            raise teach(
                'aggregate = "model" 须同时写明 model 和 sha256，其他聚合都不写，例如 model = "district-demo"',
                'aggregate = "model" goes with model and sha256, and only it does, e.g. model = "district-demo"',
            )
        return self

    @model_validator(mode="after")
    def _fits_aggregate(self) -> Indicator:
        weighted = self.aggregate.startswith("weighted_")
        if weighted != (self.age_weights is not None):
            raise teach(
                "age_weights 只能与 weighted_count、weighted_sum 同用，且二者必须写明，例如 age_weights = [[180, 100], [365, 60]]",
                "age_weights go with weighted_count and weighted_sum, and those need them, e.g. age_weights = [[180, 100], [365, 60]]",
            )
        if (self.aggregate in ("max", "latest")) != (self.of is not None):
            raise teach(
                'of 只能与 max、latest 同用，且二者必须写明，例如 of = "severity" 或 of = "value_x100"',
                '`of` goes with max and latest, and those need it, e.g. of = "severity" or of = "value_x100"',
            )
        if (self.aggregate == "share") != (self.among is not None):
            raise teach(
                'among（分母）只能与 share 同用，且 share 必须写明，例如 among = { kind = ["inspection"] }',
                '`among` (the denominator) goes with share, and share needs it, e.g. among = { kind = ["inspection"] }',
            )
        return self

    @model_validator(mode="after")
    def _gives_points_one_way(self) -> Indicator:
        if bool(self.bins) == (self.linear is not None):
            raise teach(
                "bins 与 linear 须且只能写一个，例如 bins = [{ upto = 0, points = 0 }, { points = -40 }]",
                "give either bins or linear, e.g. bins = [{ upto = 0, points = 0 }, { points = -40 }]",
            )
        if self.linear is not None and self.aggregate in ("sum", "weighted_sum", "days_since", MODEL):
            raise teach(
                "linear 不能与 sum、weighted_sum、days_since、model 同用（请分档），例如 bins = [{ upto = 0, points = 0 }, "
                "{ points = -40 }]",
                "linear does not go with sum, weighted_sum, days_since and model, which go in bins, e.g. bins = [{ upto = 0, points = 0 }]",
            )
        return self

    @property
    def points_by_value(self) -> tuple[int, ...]:
        """Points in the order of rising values: of every bin, or at both ends of a line."""
        if self.linear is None:
            return tuple(b.points for b in self.bins)
        return self.linear.times * self.linear.low, self.linear.times * self.linear.high


class Band(Form):
    """One band; array order is best to worst and ``from`` is inclusive."""

    id: Code
    colour: Colour | None = None
    from_: Annotated[Points, Field(alias="from")]
    label: Text
    meaning: Text | None = None


class Supervision(Form):
    """How a band steers supervision: share drawn in 万分比, most routine visits a year (null: no cap)."""

    sampling_bp: Annotated[int, Field(ge=0, le=10_000)]
    annual_cap: Annotated[int, Field(ge=0, le=366)] | None = None
    legal: tuple[Identifier, ...] = ()


class Audience(Form):
    """What one circle of readers may see; everything not granted is withheld."""

    colour: bool = False
    points: bool = False
    reasons: bool = False
    records: bool = False


class Review(Form):
    """When a worse result needs a person's review before it takes effect."""

    fall_of_bands: Annotated[int, Field(ge=1, le=10)] | None = None
    to: tuple[Code, ...] = ()


class Group(Form):
    """A group of indicators; ``within`` makes it a sub-group (level 2) of another."""

    id: Identifier
    label: Text
    within: Identifier | None = None


class Policy(Form):
    """One version of one policy: the rule book of a day."""

    id: PolicyId
    valid_from: date
    title: Text
    note: Text | None = None
    subjects: Annotated[tuple[Code, ...], Field(min_length=1)]
    finality: Code
    worsening_notice_workdays: Annotated[int, Field(ge=0, le=60)]
    disputed: Literal["hold_worsening", "ignore"]
    upgrade_margin: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    origin: Identifier | None = None
    legal: Annotated[tuple[Legal, ...], Field(min_length=1)]
    scale: Scale
    groups: Annotated[tuple[Group, ...], Field(min_length=1)]
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1, max_length=400)]
    gates: tuple[Gate, ...] = ()
    caps: tuple[Limit, ...] = ()
    vetoes: tuple[Limit, ...] = ()
    bands: Annotated[tuple[Band, ...], Field(min_length=1, max_length=20)]
    supervision: dict[Code, Supervision] = Field(default_factory=dict)
    audiences: dict[Literal["public", "enterprise", "inspector", "officer"], Audience] = Field(
        default_factory=dict
    )
    review: Review = Review()

    def __hash__(self) -> int:
        return hash((self.id, self.valid_from, self.scale))  # equality still compares every field

    @property
    def version(self) -> str:
        """The version as people write it: the first day it is valid."""
        return self.valid_from.isoformat()

    @property
    def higher_is_better(self) -> bool:
        """Whether more points are better, told from the order of the bands."""
        return len(self.bands) == 1 or self.bands[0].from_ > self.bands[-1].from_

    def indicator(self, indicator_id: str) -> Indicator:
        """The indicator of this id.

        Raises:
            KeyError: There is none.
        """
        return next((i for i in self.indicators if i.id == indicator_id), None) or _missing(indicator_id)

    def cited(self, ids: tuple[str, ...]) -> tuple[Legal, ...]:
        """The legal entries of these ids, in the order given."""
        by_id = {entry.id: entry for entry in self.legal}
        return tuple(by_id[i] for i in ids)


def model_floor(policy: Policy) -> int | None:
    """Points below which a learned model may not take a total: the edge of the worst blue or green band, and what an upgrade must clear.

    With the margin, a model cannot hold anybody back in yellow or red either. ``None`` where bands have no colours.
    """
    good = [band.from_ for band in policy.bands if band.colour in (Colour.BLUE, Colour.GREEN)]
    return min(good) + policy.upgrade_margin if good else None


def _missing(indicator_id: str) -> Indicator:
    raise KeyError(indicator_id)
