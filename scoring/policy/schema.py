"""The language of policies: what one TOML file may say, as pydantic models.

A policy is the whole rule book of a day (``rules/policies/<id>/<valid-from>.toml``). These models check the form;
``policy.check`` checks the meaning. Conditions are tables, never strings, so a policy cannot carry code.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from scoring.entities import Colour

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
PolicyId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]+$", max_length=80)]
Points = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
Bound = Annotated[int, Field(ge=-(10**15), le=10**15)]

Tag = Literal["found", "recalled", "not_confirmed", "not_law"]
Direction = Literal["adverse", "favourable", "neutral"]
Aggregate = Literal["count", "weighted_count", "sum", "weighted_sum", "max", "latest", "days_since", "distinct", "share"]
EnterpriseField = Literal["status", "entity_type", "size_band", "industry_code", "district_code", "supervised_by"]

NO_RECORDS_IS_ZERO: frozenset[str] = frozenset({"count", "weighted_count", "sum", "weighted_sum", "distinct"})
"""Aggregates that are 0 for a covered kind without records; the others are unknown then."""


def _teach(zh: str, en: str) -> PydanticCustomError:
    """An error of form that carries its sentence in both languages."""
    return PydanticCustomError("form", "{en}", {"zh": zh, "en": en})


class Model(BaseModel):
    """Base: unknown keys are refused, and a policy once read cannot be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Text(Model):
    """A sentence or label in both languages."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class Legal(Model):
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


class Scale(Model):
    """The scale of points: stored points are integers, ``per_point`` of them make one printed point."""

    base: Points
    low: Points
    high: Points
    per_point: Annotated[int, Field(ge=1, le=100)] = 1


class Select(Model):
    """Which records an indicator sees: lists are *any of*, keys are *and*, a null never matches.

    Without ``scope`` only the enterprise's own records count; a policy that wants branches says so.
    """

    kind: Annotated[tuple[Code, ...], Field(min_length=1)]
    field: tuple[Code, ...] | None = None
    result: tuple[Code, ...] | None = None
    severity: tuple[Code, ...] | None = None
    info_class: tuple[Code, ...] | None = None
    scope: tuple[Literal["own", "branch"], ...] = ("own",)


class Bin(Model):
    """Points for values up to ``upto`` (inclusive); the last bin has none and takes the rest."""

    upto: Bound | None = None
    points: Points


class Indicator(Model):
    """One 评价指标: which records, how they are aggregated, and the points of each bin."""

    id: Identifier
    group: Identifier
    direction: Direction
    label: Text
    select: Select
    aggregate: Aggregate
    of: Literal["severity", "value_x100"] | None = None
    among: Select | None = None
    window_days: Annotated[int, Field(ge=1, le=36_500)]
    age_weights: tuple[tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=0, le=100)]], ...] | None = None
    bins: Annotated[tuple[Bin, ...], Field(min_length=1)]
    unknown: Points = 0
    legal: tuple[Identifier, ...] = ()
    remedy: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _fits_aggregate(self) -> Indicator:
        weighted = self.aggregate.startswith("weighted_")
        if weighted != (self.age_weights is not None):
            raise _teach(
                "age_weights 只能与 weighted_count、weighted_sum 同用，且二者必须写明，例如 age_weights = [[180, 100], [365, 60]]",
                "age_weights go with weighted_count and weighted_sum, and those need them, e.g. age_weights = [[180, 100], [365, 60]]",
            )
        if (self.aggregate in ("max", "latest")) != (self.of is not None):
            raise _teach(
                "of 只能与 max、latest 同用，且二者必须写明，例如 of = \"severity\" 或 of = \"value_x100\"",
                "`of` goes with max and latest, and those need it, e.g. of = \"severity\" or of = \"value_x100\"",
            )
        if (self.aggregate == "share") != (self.among is not None):
            raise _teach(
                "among（分母）只能与 share 同用，且 share 必须写明，例如 among = { kind = [\"inspection\"] }",
                "`among` (the denominator) goes with share, and share needs it, e.g. among = { kind = [\"inspection\"] }",
            )
        return self


class Condition(Model):
    """A test of one indicator's value or one attribute of the enterprise."""

    indicator: Identifier | None = None
    enterprise: EnterpriseField | None = None
    at_least: Bound | None = None
    at_most: Bound | None = None
    in_: Annotated[tuple[Code, ...] | None, Field(alias="in", min_length=1)] = None
    unknown: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> Condition:
        if (self.indicator is None) == (self.enterprise is None):
            raise _teach(
                "一个条件只能针对 indicator 或 enterprise 之一，例如 { indicator = \"x\", at_least = 1 }",
                "a condition tests either `indicator` or `enterprise`, e.g. { indicator = \"x\", at_least = 1 }",
            )
        tests = [self.at_least is not None or self.at_most is not None, self.in_ is not None, self.unknown is not None]
        if sum(tests) != 1:
            raise _teach(
                "一个条件须且只能写 at_least/at_most、in、unknown = true 之一，例如 { indicator = \"x\", at_least = 1 }",
                "a condition needs exactly one of at_least/at_most, in, unknown = true, e.g. { indicator = \"x\", at_least = 1 }",
            )
        if self.enterprise is not None and self.in_ is None:
            raise _teach(
                "针对 enterprise 的条件须写 in，例如 { enterprise = \"status\", in = [\"revoked\"] }",
                "a condition on the enterprise needs `in`, e.g. { enterprise = \"status\", in = [\"revoked\"] }",
            )
        if self.indicator is not None and self.in_ is not None:
            raise _teach(
                "针对 indicator 的条件须写 at_least、at_most 或 unknown = true，不能写 in，例如 { indicator = \"x\", at_least = 1 }",
                "a condition on an indicator needs at_least, at_most or unknown = true, not `in`, e.g. { indicator = \"x\", at_least = 1 }",
            )
        return self


class Gate(Model):
    """When it holds the enterprise is *not rated*, with this reason."""

    id: Identifier
    label: Text
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    legal: tuple[Identifier, ...] = ()
    remedy: Text | None = None

    @model_validator(mode="after")
    def _has_conditions(self) -> Gate:
        if not self.all and not self.any:
            raise _teach(
                "all 或 any 至少须有一个条件，例如 all = [{ indicator = \"x\", at_least = 1 }]",
                "`all` or `any` must hold at least one condition, e.g. all = [{ indicator = \"x\", at_least = 1 }]",
            )
        return self


class Limit(Gate):
    """A cap (best band still allowed) or a veto (law that fixes a band): neither ever improves a result."""

    band: Code


class Band(Model):
    """One band; array order is best to worst and ``from`` is inclusive."""

    id: Code
    colour: Colour | None = None
    from_: Annotated[Points, Field(alias="from")]
    label: Text
    meaning: Text | None = None


class Supervision(Model):
    """How a band steers supervision: share drawn in 万分比, most routine visits a year (null: no cap)."""

    sampling_bp: Annotated[int, Field(ge=0, le=10_000)]
    annual_cap: Annotated[int, Field(ge=0, le=366)] | None = None
    legal: tuple[Identifier, ...] = ()


class Audience(Model):
    """What one circle of readers may see; everything not granted is withheld."""

    colour: bool = False
    points: bool = False
    reasons: bool = False
    records: bool = False


class Review(Model):
    """When a worse result needs a person's review before it takes effect."""

    fall_of_bands: Annotated[int, Field(ge=1, le=10)] | None = None
    to: tuple[Code, ...] = ()


class Group(Model):
    """A level-1 group of indicators."""

    id: Identifier
    label: Text


class Policy(Model):
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
    supervision: dict[Code, Supervision] = {}
    audiences: dict[Literal["public", "enterprise", "inspector", "officer"], Audience] = {}
    review: Review = Review()

    def __hash__(self) -> int:
        return hash((self.id, self.valid_from, self.scale))     # equality still compares every field

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


def _missing(indicator_id: str) -> Indicator:
    raise KeyError(indicator_id)
