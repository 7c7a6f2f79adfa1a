"""Drift, rates of groups and feasibility: what moves is seen, and small numbers say nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from trained_model import TrainedModel

from scoring.analysis.training.drift import drift, moved_most, psi
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.feasible import feasible, half_width
from scoring.analysis.training.group_rates import rates_by_group
from scoring.errors import ModelError

RNG = np.random.default_rng(4)


def test_psi_by_hand() -> None:
    """The same distribution gives about 0, a shift of a deviation much; unknown ones count."""
    before, same, moved = (RNG.normal(mean, 1, 20_000) for mean in (0, 0, 1))
    assert psi(before, same) < 0.01 < 0.25 < psi(before, moved)
    half = np.where(np.arange(20_000) % 2 == 0, np.nan, same)
    assert psi(before, half) > 1


def test_world_that_stays_is_not_condemned(trained: TrainedModel) -> None:
    """Nothing changes in the synthetic district: no month says *do not use*, all name what moved."""
    measured = drift(trained.table, trained.ready.labelled, trained.source, date(2026, 4, 1))
    first = measured["months"][0]
    assert measured["verdict"] in ("ok", "watch") and first["month"] == "2026-04"
    features = {feature.id for feature in trained.table.features}
    assert all(set(month["psi_of_features"]) == features for month in measured["months"])
    most = max(first["psi_of_features"].values())
    assert moved_most(trained.table, first, "en").endswith(f" {most:.2f}")


def test_world_that_turns_is_condemned(trained: TrainedModel) -> None:
    """Where later labels come by chance and thrice as often, the verdict is *do not use*."""
    cases = trained.ready.labelled.cases
    later = (cases["visit_on"] >= "2026-04-01").to_numpy()
    by_chance = (RNG.random(len(cases)) < 3 * cases["label"].mean()).astype("int64")
    label = cases["label"].where(~later, by_chance)
    turned = replace(trained.ready.labelled, cases=cases.assign(label=label))
    measured = drift(trained.table, turned, trained.source, date(2026, 4, 1))
    # From the month in which it shows.
    assert ("do_not_use", True) == (measured["verdict"], str(measured["since"]) <= "2026-06")


def test_no_month_says_nothing(trained: TrainedModel) -> None:
    """Without a month of 50 visits there is no verdict but a sentence."""
    with pytest.raises(ModelError, match="no month from 2031-01-01 has 50 visits"):
        drift(trained.table, trained.ready.labelled, trained.source, date(2031, 1, 1))


def test_rates_by_group(trained: TrainedModel) -> None:
    """A tenth is flagged over all, and groups of less than 100 visits are not printed."""
    cases = trained.ready.labelled.cases
    score = additive_of(trained.table).log_odds(trained.ready.matrix.to_numpy())
    rates = rates_by_group(cases, score, trained.source.engine, trained.source.tables)
    ages = pd.DataFrame([group for group in rates if group["by"] == "age"])
    kinds = {group["by"] for group in rates}
    assert {"district_code", "industry_code", "size_band", "age"} <= kinds
    assert abs((ages["flagged"] * ages["visits"]).sum() / ages["visits"].sum() - 0.10) < 0.02
    assert all(group["visits"] >= 100 and 0 <= group["omission"] <= 1 for group in rates)


def test_feasible_counts_the_folds(trained: TrainedModel) -> None:
    """Every fold is counted as training counts it, and more positives narrow the interval."""
    counted = feasible(trained.definition, trained.source)
    origins = [fold["origin"] for fold in trained.table.metrics["folds"]]
    assert origins == [fold["origin"] for fold in counted["folds"]]
    assert counted["verdict"] in ("enough", "thin")
    many, few = half_width(100, 900), half_width(20, 180)
    assert many is not None and few is not None
    assert many < few
    # Without both classes an interval has no bound.
    assert half_width(0, 10) is None
