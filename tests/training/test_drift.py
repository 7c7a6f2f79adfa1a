"""Drift: what turns is seen, what stays is not condemned, small numbers say nothing, and recovery is shown."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from trained_model import TrainedModel

from campaigns.drifting import CAUGHT, SimulatedWorld, false_alarms, months_until_alarm
from scoring.analysis.training.drift import drift, moved_most, psi
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.feasible import feasible, half_width
from scoring.analysis.training.group_rates import rates_by_group, verdict_of
from scoring.analysis.training.sequential import FALSE_ALARM
from scoring.errors import ModelError

RNG = np.random.default_rng(4)
RUNS = int(os.environ.get("SISE_DRIFT_RUNS", "30"))


def test_psi_by_hand() -> None:
    """The same distribution gives about 0, a shift of a deviation much; unknown ones count."""
    before, same, moved = (RNG.normal(mean, 1, 20_000) for mean in (0, 0, 1))
    assert psi(before, same) < 0.01 < 0.25 < psi(before, moved)
    half = np.where(np.arange(20_000) % 2 == 0, np.nan, same)
    assert psi(before, half) > 1


@pytest.mark.parametrize("clustered", [False, True], ids=["alone", "in clusters"])
def test_world_that_stays_is_seldom_condemned(clustered: bool) -> None:
    """In two years of a world that stays no more than the allowance is told to train anew (a sample of the campaign)."""
    shares = false_alarms(SimulatedWorld(1000, 0.15, clustered=clustered), RUNS, 4)
    # One more may happen by chance in a sample.
    assert shares["retrain"] <= FALSE_ALARM + 1 / RUNS


@pytest.mark.parametrize("clustered", [False, True], ids=["alone", "in clusters"])
def test_order_that_is_lost_is_noticed_within_half_a_year(clustered: bool) -> None:
    """With 150 findings a quarter a fall to drawing lots is noticed within two quarters, mostly."""
    waited = months_until_alarm(SimulatedWorld(1000, 0.05, clustered=clustered, turns=6), RUNS, 4, watched=6)
    assert float(np.isfinite(waited).mean()) >= CAUGHT - 2 / RUNS


def test_alarm_is_taken_back_when_the_order_is_shown_again() -> None:
    """A world that is lost for half a year and then as before is told so, but not before three good months."""
    world = SimulatedWorld(1500, 0.15, turns=6, back=12)
    judged = world.run(np.random.default_rng(4), 24)
    states = [each.worst for each in judged]
    assert states[5] == "ok" and states[10] == "do_not_use"
    recovered = next(month for month, each in enumerate(judged) if each.recovered)
    assert recovered >= 14 and states[recovered] in ("ok", "watch")
    assert set(states[recovered:]) <= {"ok", "watch"}


def test_few_findings_are_no_verdict() -> None:
    """With a finding a month nobody can tell whether the order holds, and nobody says that it does not."""
    judged = SimulatedWorld(10, 0.1, auc_after=0.5, turns=0).run(np.random.default_rng(4), 12)
    assert {None} == {each.order for each in judged}


def test_world_that_stays_is_told_month_by_month(trained: TrainedModel) -> None:
    """Nothing changes in the synthetic district: no month alarms, all name what moved."""
    measured = drift(trained.table, trained.ready.labelled, trained.source, date(2026, 4, 1))
    first = measured["months"][0]
    assert measured["verdict"] in ("ok", "watch", "cannot_tell") and first["month"] == "2026-04"
    features = {feature.id for feature in trained.table.features}
    assert all(set(month["psi_of_features"]) == features for month in measured["months"])
    most = max(first["psi_of_features"].values())
    assert moved_most(trained.table, first, "en").endswith(f" {most:.2f}")


def test_world_that_turns_is_condemned(trained: TrainedModel) -> None:
    """Where later labels come by chance and thrice as often, the model is not kept; it shows by summer."""
    turned = _turned(trained)
    measured = drift(trained.table, turned, trained.source, date(2026, 4, 1))
    assert measured["verdict"] in ("retrain", "do_not_use") and measured["since"] <= "2026-06"


def _turned(trained: TrainedModel):  # type: ignore[no-untyped-def]
    cases = trained.ready.labelled.cases
    later = (cases["visit_on"] >= "2026-04-01").to_numpy()
    by_chance = (RNG.random(len(cases)) < 3 * cases["label"].mean()).astype("int64")
    label = cases["label"].where(~later, by_chance)
    return replace(trained.ready.labelled, cases=cases.assign(label=label))


def test_a_month_without_visits_has_its_row(trained: TrainedModel) -> None:
    """A month in which nobody visited is told, and judged with those before it."""
    cases = trained.ready.labelled.cases
    gap = (cases["visit_on"] >= "2026-06-01") & (cases["visit_on"] < "2026-07-01")
    thin = replace(trained.ready.labelled, cases=cases[~gap])
    months = drift(trained.table, thin, trained.source, date(2026, 4, 1))["months"]
    assert [f"2026-{month:02d}" for month in range(4, 10)] == [row["month"] for row in months][:6]
    assert (0, None, "2026-04") == (months[2]["visits"], months[2]["rate"], months[2]["judged_from"])


def test_only_what_was_known_is_looked_at(trained: TrainedModel) -> None:
    """As of a day outcomes that became known later say nothing."""
    as_of = date(2026, 6, 30)
    measured = drift(trained.table, trained.ready.labelled, trained.source, date(2026, 4, 1), as_of)
    assert measured["months"][-1]["month"] == "2026-06" and measured["until"] <= "2026-06-30"


def test_no_visit_says_nothing(trained: TrainedModel) -> None:
    """Without a visit after training there is no verdict but a sentence."""
    with pytest.raises(ModelError, match="no visit from 2031-01-01 on"):
        drift(trained.table, trained.ready.labelled, trained.source, date(2031, 1, 1))


def test_rates_by_group(trained: TrainedModel) -> None:
    """A tenth is flagged over all; a group with fewer than 30 flagged visits is not judged."""
    cases = trained.ready.labelled.cases
    score = additive_of(trained.table).log_odds(trained.ready.matrix.to_numpy())
    rates = rates_by_group(cases, score, trained.source.engine, trained.source.tables)
    ages = pd.DataFrame([group for group in rates if group["by"] == "age"])
    kinds = {group["by"] for group in rates}
    assert {"district_code", "industry_code", "size_band", "age"} <= kinds
    assert abs((ages["flagged"] * ages["visits"]).sum() / ages["visits"].sum() - 0.10) < 0.02
    assert all(group["visits"] >= 100 and 0 <= group["omission"] <= 1 for group in rates)
    for group in rates:
        low, high = group["precision_interval"] or (0, 0)
        assert low <= (group["precision"] or 0) <= high
        assert (group["flagged_visits"] < 30) == (group["verdict"] == "too_few")


def test_group_that_is_treated_otherwise_is_named(trained: TrainedModel) -> None:
    """Where the flagged visits of one size find nothing and all others do, that size differs."""
    engine, tables = trained.source.engine, trained.source.tables
    cases = trained.ready.labelled.cases
    score = additive_of(trained.table).log_odds(trained.ready.matrix.to_numpy())
    sizes = engine.select(f"SELECT DISTINCT enterprise_id, size_band FROM {tables.enterprises}").to_pandas()
    of_case = sizes.drop_duplicates("enterprise_id").set_index("enterprise_id")["size_band"]
    micro = of_case.reindex(cases["enterprise_id"]).eq("micro").to_numpy()
    unfair = cases.assign(label=np.where(micro, 0, 1))
    rates = rates_by_group(unfair, score, engine, tables)
    by_name = {group["group"]: group["verdict"] for group in rates if group["by"] == "size_band"}
    assert ("differs", "differs") == (by_name["micro"], verdict_of(rates))


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
