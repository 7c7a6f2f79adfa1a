"""The form of a model definition, the TOML file that says what is to be learned from what.

It declares label, cases, inputs, features, splits and floors. It is read strictly, and every fault
has its line. ``models/REFERENCE.toml`` has every key.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from scoring.errors import ModelError, PolicyError
from scoring.policy.check.check_model import colour_fault
from scoring.policy.language.forms import Code, Form, Identifier, Points, PolicyId, Text, teach
from scoring.policy.language.points_table import (
    Feature,
    Input,
    Label,
    Use,
    VerdictDays,
    Window,
    refuse_inconsistent,
)
from scoring.policy.read.document import read_or_raise


class Cases(Form):
    """The days on which a prediction is made.

    That is the day before every visit or, with ``every_days``, every enterprise on fixed days that
    are so far apart.
    """

    first: date
    every_days: Annotated[int, Field(ge=7, le=366)] | None = None


class Splits(Form):
    """The days that separate training from testing.

    A fold is trained on what was known before its origin and tested on ``window_days`` from it.
    ``gap_days`` are left out before every origin. ``train_until`` is the last day whose visits the
    final model learns from.
    """

    origins: Annotated[tuple[date, ...], Field(min_length=2, max_length=24)]
    window_days: Annotated[int, Field(ge=7, le=366)]
    gap_days: Annotated[int, Field(ge=0, le=366)] = 0
    train_until: date
    suspicious_auc: Annotated[float, Field(gt=0.5, le=1.0)] = 0.75


class Lookups(Form):
    """How fresh rates of peers are.

    While training and evaluating they are taken anew every ``refresh_days``; the exported table
    freezes those of ``frozen_on``.
    """

    refresh_days: Annotated[int, Field(ge=1, le=366)]
    frozen_on: date


class RuleLine(Form):
    """One line of the rule card, which somebody wrote by hand and which a model must beat.

    It gives its points where the feature is at least ``at_least``, or where it is unknown.
    """

    feature: Identifier
    at_least: int | None = None
    unknown: bool = False
    points: Points


class Fit(Form):
    """Settings of the scorecard.

    Every number of ``max_bins`` is tried on the rolling origins; the smallest within one standard
    error of the best is taken.
    """

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
    verdict_days: VerdictDays | None = None
    inputs: Annotated[tuple[Input, ...], Field(min_length=1, max_length=40)]
    features: Annotated[tuple[Feature, ...], Field(min_length=1, max_length=40)]
    rule_card: Annotated[tuple[RuleLine, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _consistent(self) -> ModelDefinition:
        refuse_inconsistent(self.inputs, self.features)
        features = [feature.id for feature in self.features]
        for line in self.rule_card:
            if line.feature not in features:
                raise teach(
                    "definition_rule_card_feature",
                    feature=line.feature,
                    features=features,
                    example=features[0],
                )
        has_peers = any(feature.by for feature in self.features)
        if has_peers != (self.lookups is not None):
            raise teach("definition_lookups_and_peers")
        return self

    @model_validator(mode="after")
    def _in_order(self) -> ModelDefinition:
        until = self.splits.train_until
        days = [self.cases.first, *self.splits.origins]
        if sorted(set(days)) != days or until < days[0]:
            as_written = ", ".join(map(str, days))
            raise teach("definition_dates_out_of_order", days=as_written, train_until=until)
        # A window that was learned from would prove nothing.
        window = self.holdout
        if window and not until < window.first <= window.last:
            first, last = window.first, window.last
            raise teach("definition_holdout_misplaced", first=first, last=last, train_until=until)
        return self

    @model_validator(mode="after")
    def _lawful_for_colours(self) -> ModelDefinition:
        if self.use == "colour" and (fault := colour_fault(self.inputs, self.features)):
            raise teach(fault.text_id, **fault.parameters)
        return self


def read_definition(path: Path) -> ModelDefinition:
    """Reads a model definition.

    Raises:
        ModelError: The file cannot be read or is not of this form; the place has file and line.
    """
    try:
        return read_or_raise(path, ModelDefinition).model
    except PolicyError as error:
        fault = {"zh": error.zh, "en": error.en}
        raise ModelError("definition_invalid", place=error.place, fault=fault) from error
