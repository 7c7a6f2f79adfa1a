"""The language of policies: what one TOML file may say, as pydantic models.

A policy is the whole rule book of a day (``rules/policies/<id>/<valid-from>.toml``). These models
check the form; ``policy.check`` checks the meaning. ``rules/policies/REFERENCE.toml`` has every
key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from scoring.entities import Colour
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.audiences import Audience, Publication
from scoring.policy.language.conditions import Condition, EnterpriseField, Gate, Limit
from scoring.policy.language.forms import (
    AgeWeights,
    Bound,
    Code,
    Form,
    Identifier,
    Points,
    PolicyId,
    Text,
    teach,
)
from scoring.policy.language.legal import Legal, Tag
from scoring.policy.language.measures import Measure
from scoring.policy.language.related_fields import Activity, RelatedField
from scoring.policy.language.selection import (
    SELECTED_COLUMNS,
    RecordState,
    Select,
    SelectedColumn,
)
from scoring.policy.language.tiers import Tiers

__all__ = [
    "MODEL",
    "SELECTED_COLUMNS",
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
    "Identifier",
    "Indicator",
    "IndicatorGroup",
    "Legal",
    "Limit",
    "Linear",
    "Points",
    "Policy",
    "PolicyId",
    "Publication",
    "RecordWeight",
    "Review",
    "Scale",
    "Select",
    "SelectedColumn",
    "Supervision",
    "Tag",
    "Text",
    "model_floor",
]

Direction = Literal["adverse", "favourable", "neutral"]
if TYPE_CHECKING:
    Aggregate = str
else:
    Aggregate = Literal[tuple(AGGREGATES)]

MODEL: Literal["model"] = "model"
"""Aggregate of a learned model: the sum of the points of its table."""


class Scale(Form):
    """The scale of points: stored ones are integers, ``per_point`` of them make a printed one."""

    base: Points
    low: Points
    high: Points
    per_point: Annotated[int, Field(ge=1, le=100)] = 1


class Bin(Form):
    """Points for values up to ``upto`` (inclusive); the last bin has none and takes the rest."""

    upto: Bound | None = None
    points: Points


class RecordWeight(Form):
    """What a record counts by its gravity and state; each record is weighed by the row that takes it.

    Attributes:
        severity: Severities of the row, ``unknown`` among them; any where it is left out.
        state: States of the row; any where it is left out.
        percent: What such a record counts.
    """

    severity: tuple[Code, ...] | None = None
    state: tuple[RecordState, ...] | None = None
    percent: Annotated[int, Field(ge=0, le=100)]


class Linear(Form):
    """Points in proportion to the value: ``times`` the value, held between ``low`` and ``high``.

    For schemes that add up what an inspector wrote down. Where the scheme counts in whole points
    and values are in hundredths (``value_x100``), ``per_point = 100`` makes both the same unit.
    """

    times: Annotated[int, Field(ge=-1000, le=1000)]
    low: Annotated[int, Field(ge=-100_000, le=100_000)]
    high: Annotated[int, Field(ge=-100_000, le=100_000)]


_KEYS_OF_AGGREGATES: Mapping[str, str] = {
    "model": "indicator_model",
    "sha256": "indicator_model",
    "age_weights": "indicator_age_weights",
    "of": "indicator_of",
    "among": "indicator_among",
}
"""Keys that some aggregates need and others do not take, each with what is said of it."""


class Indicator(Form):
    """One 评价指标: which records, how they are aggregated, and the points of each bin.

    Attributes:
        weights: What a record counts by its gravity and state, besides its age; a record that no row
            takes counts nothing.
        least_among: Records from which on a share is known: of fewer it would say little.
        unknown: Points where the value is unknown.
        linear: Points in proportion to the value, instead of bins.
        verdict_days: Of a model how old the verdict on its drift may be; what its table says where
            it is left out.
    """

    LATER = frozenset({"verdict_days"})

    id: Identifier
    group: Identifier
    direction: Direction
    label: Text
    select: Select
    aggregate: Aggregate
    of: Measure | None = None
    among: Select | None = None
    window_days: Annotated[int, Field(ge=1, le=36_500)]
    age_weights: AgeWeights | None = None
    weights: Annotated[tuple[RecordWeight, ...], Field(min_length=1)] | None = None
    least_among: Annotated[int, Field(ge=2, le=100)] | None = None
    bins: tuple[Bin, ...] = ()
    linear: Linear | None = None
    unknown: Points = 0
    model: Annotated[str, Field(pattern=r"^([a-z][a-z0-9-]{0,59}|.*\.json)$")] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    verdict_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    legal: tuple[Identifier, ...] = ()
    remedy: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _fits_aggregate(self) -> Indicator:
        needs = AGGREGATES[self.aggregate].needs
        for key, text_id in _KEYS_OF_AGGREGATES.items():
            if (key in needs) != (getattr(self, key) is not None):
                raise teach(text_id)
        return self

    @model_validator(mode="after")
    def _weighs_what_it_counts(self) -> Indicator:
        if self.weights is not None and self.aggregate != "weighted_count":
            raise teach("indicator_weights")
        if self.least_among is not None and self.aggregate != "share":
            raise teach("indicator_least_among")
        if self.verdict_days is not None and self.aggregate != MODEL:
            raise teach("indicator_verdict_days")
        return self

    @model_validator(mode="after")
    def _gives_points_one_way(self) -> Indicator:
        if bool(self.bins) == (self.linear is not None):
            raise teach("indicator_bins_or_linear")
        if self.linear is not None and not AGGREGATES[self.aggregate].linear:
            raise teach("indicator_not_linear")
        return self

    @property
    def points_by_value(self) -> tuple[int, ...]:
        """Points in the order of rising values: of every bin, or at both ends of a line."""
        if self.linear is None:
            return tuple(a_bin.points for a_bin in self.bins)
        return self.linear.times * self.linear.low, self.linear.times * self.linear.high


class Band(Form):
    """One band; array order is best to worst and ``from`` is inclusive."""

    id: Code
    colour: Colour | None = None
    from_: Annotated[Points, Field(alias="from")]
    label: Text
    meaning: Text | None = None


class Supervision(Form):
    """How a band steers supervision: share drawn in 万分比, most routine visits a year (null: any)."""

    sampling_bp: Annotated[int, Field(ge=0, le=10_000)]
    annual_cap: Annotated[int, Field(ge=0, le=366)] | None = None
    legal: tuple[Identifier, ...] = ()


class Review(Form):
    """When a worse result needs a person's review before it takes effect.

    Attributes:
        fall_of_bands: A fall of so many bands is reviewed by one person.
        to: A fall to one of these bands is reviewed by two.
        confirm_within_workdays: A proposal that is not confirmed within so many working days lapses
            and is made and served anew; 30 where it is not given.
    """

    fall_of_bands: Annotated[int, Field(ge=1, le=10)] | None = None
    to: tuple[Code, ...] = ()
    confirm_within_workdays: Annotated[int, Field(ge=5, le=250)] | None = None


class IndicatorGroup(Form):
    """A group of indicators; ``within`` makes it a sub-group (level 2) of another."""

    id: Identifier
    label: Text
    within: Identifier | None = None


class Policy(Form):
    """One version of one policy: the rule book of a day.

    Attributes:
        relations: How records stand to each other; without it, by their act alone.
        activity: What shows that an enterprise is active in a field; for ``fields``.
        fields: Fields with points and a band of their own.
        tiers: Bands by two grades; its pairs are among the caps.
        publication: What the law publishes of an enterprise; for ``audiences.public.grounds``.
    """

    id: PolicyId
    valid_from: date
    title: Text
    note: Text | None = None
    subjects: Annotated[tuple[Code, ...], Field(min_length=1)]
    finality: Code
    relations: Code | None = None
    worsening_notice_workdays: Annotated[int, Field(ge=0, le=60)]
    disputed: Literal["hold_worsening", "ignore"]
    upgrade_margin: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    origin: Identifier | None = None
    legal: Annotated[tuple[Legal, ...], Field(min_length=1)]
    scale: Scale
    groups: Annotated[tuple[IndicatorGroup, ...], Field(min_length=1)]
    indicators: Annotated[tuple[Indicator, ...], Field(min_length=1, max_length=400)]
    gates: tuple[Gate, ...] = ()
    caps: tuple[Limit, ...] = ()
    vetoes: tuple[Limit, ...] = ()
    tiers: Tiers | None = None
    activity: Activity | None = None
    fields: Annotated[tuple[RelatedField, ...], Field(min_length=1)] | None = None
    bands: Annotated[tuple[Band, ...], Field(min_length=1, max_length=20)]
    supervision: dict[Code, Supervision] = Field(default_factory=dict)
    audiences: dict[Literal["public", "enterprise", "inspector", "officer"], Audience] = Field(
        default_factory=dict
    )
    publication: Publication | None = None
    review: Review = Review()

    @model_validator(mode="after")
    def _tells_activity(self) -> Policy:
        if (self.fields is None) != (self.activity is None):
            raise teach("fields_and_activity")
        return self

    @model_validator(mode="after")
    def _tells_what_is_published(self) -> Policy:
        with_grounds = [name for name, granted in self.audiences.items() if granted.grounds]
        if set(with_grounds) - {"public"} or (with_grounds and self.publication is None):
            raise teach("grounds_without_publication")
        return self

    def __hash__(self) -> int:
        # tables (supervision, audiences) have no hash; equality still compares every field
        return hash((self.id, self.valid_from, self.scale))

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
        for indicator in self.indicators:
            if indicator.id == indicator_id:
                return indicator
        raise KeyError(indicator_id)

    def cited(self, ids: tuple[str, ...]) -> tuple[Legal, ...]:
        """The legal entries of these ids, in the order given."""
        by_id = {entry.id: entry for entry in self.legal}
        return tuple(by_id[entry_id] for entry_id in ids)


def model_floor(policy: Policy) -> int | None:
    """Points below which a learned model may not take a total.

    They are the edge of the worst blue or green band, and what an upgrade must clear: with the
    margin, a model cannot hold anybody back in yellow or red either. ``None`` where bands have no
    colours.
    """
    good = [band.from_ for band in policy.bands if band.colour in (Colour.BLUE, Colour.GREEN)]
    return min(good) + policy.upgrade_margin if good else None
