"""What a model's own TOML file may say: label, cases, inputs, features, splits, floors. Read strictly; every fault has its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from scoring.errors import ModelError, PolicyError
from scoring.policy.check.check_model import colour_fault
from scoring.policy.language.forms import Code, Form, Identifier, Points, PolicyId, Text, teach
from scoring.policy.language.points_table import Feature, Input, Label, Use, Window, consistent
from scoring.policy.read.document import read_or_raise


class Cases(Form):
    """Which days are predicted: the day before every visit, or, with ``every_days``, each enterprise on fixed days."""

    first: date
    every_days: Annotated[int, Field(ge=7, le=366)] | None = None


class Splits(Form):
    """Rolling origins: trained on what was known before an origin, tested on ``window_days`` from it; then the final fit.

    ``train_until`` is the last day whose visits the final model learns from; ``gap_days`` are left out before every origin.
    """

    origins: Annotated[tuple[date, ...], Field(min_length=2, max_length=24)]
    window_days: Annotated[int, Field(ge=7, le=366)]
    gap_days: Annotated[int, Field(ge=0, le=366)] = 0
    train_until: date
    suspicious_auc: Annotated[float, Field(gt=0.5, le=1.0)] = 0.75


class Lookups(Form):
    """How often rates of peers are taken anew while training and evaluating, and the day on which the export freezes them."""

    refresh_days: Annotated[int, Field(ge=1, le=366)]
    frozen_on: date


class RuleLine(Form):
    """One line of the rule card, a floor that somebody wrote by hand: points where a feature is at least so much (or unknown)."""

    feature: Identifier
    at_least: int | None = None
    unknown: bool = False
    points: Points


class Fit(Form):
    """Settings that are tried on the rolling origins; the first that is within one standard error of the best is taken."""

    max_bins: Annotated[tuple[Annotated[int, Field(ge=2, le=32)], ...], Field(min_length=1)] = (5,)
    l2: Annotated[float, Field(gt=0)] = 3.0
    points_to_double_odds: Annotated[int, Field(ge=5, le=200)] = 40


class ModelDefinition(Form):
    """One model, as an analyst declares it before training."""

    id: PolicyId
    use: Use
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)]
    finality: Code
    title: Text
    purpose: Text
    limits: Text
    label: Label
    cases: Cases
    splits: Splits
    lookups: Lookups | None = None
    holdout: Window | None = None
    fit: Fit = Fit()
    inputs: Annotated[tuple[Input, ...], Field(min_length=1, max_length=40)]
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=40)]
    rule_card: Annotated[tuple[RuleLine, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _consistent(self) -> ModelDefinition:
        consistent(self.inputs, self.features)
        known = [f.id for f in self.features]
        for line in self.rule_card:
            if line.feature not in known:
                raise teach(
                    f'rule_card 用到的 {line.feature} 不是特征；特征有 {"、".join(known)}，例如 feature = "{known[0]}"',
                    f'the rule card asks {line.feature}, which is no feature; they are {", ".join(known)}, e.g. feature = "{known[0]}"',
                )
        if any(f.by for f in self.features) != (self.lookups is not None):
            raise teach(
                "有同类比率（by）才写 [lookups]，且必须写，例如 refresh_days = 7",
                "[lookups] goes with rates of peers (`by`), and they need it, e.g. refresh_days = 7",
            )
        return self

    @model_validator(mode="after")
    def _in_order(self) -> ModelDefinition:
        days = [self.cases.first, *self.splits.origins, self.splits.train_until]
        if sorted(set(days[:-1])) != days[:-1] or days[-1] < days[0]:
            raise teach(
                f"日期次序不对：first、origins 依次为 {', '.join(map(str, days[:-1]))}，应递增，train_until {days[-1]} 不早于 first，"
                "例如 2013-03-01",
                f"dates are out of order: first and origins run {', '.join(map(str, days[:-1]))} and must rise, and train_until {days[-1]} "
                "must not be before first, e.g. 2013-03-01",
            )
        if self.holdout and not self.splits.train_until < self.holdout.first <= self.holdout.last:
            raise teach(
                f"留出窗口 {self.holdout.first} 至 {self.holdout.last} 应在 train_until {self.splits.train_until} 之后且首日不晚于末日，"
                "例如 first = 2014-09-02",
                f"the holdout {self.holdout.first} to {self.holdout.last} must lie after train_until {self.splits.train_until}, "
                "first day first, e.g. first = 2014-09-02",
            )
        return self

    @model_validator(mode="after")
    def _lawful_for_colours(self) -> ModelDefinition:
        if self.use == "colour" and (fault := colour_fault(self.inputs, self.features)):
            raise teach(*fault)
        return self


def read_definition(path: Path) -> ModelDefinition:
    """Reads a model definition.

    Raises:
        ModelError: With file, line and a sentence: what was got, what was expected, an example.
    """
    try:
        return read_or_raise(path, ModelDefinition).model
    except PolicyError as error:
        raise ModelError(zh=error.zh, en=error.en, place=error.place) from error
