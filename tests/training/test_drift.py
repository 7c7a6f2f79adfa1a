"""Drift, audit and feasibility: what moves is seen, what stays is ok, and small numbers say nothing."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from studio import Studio

from scoring.analysis.training.drift import drift, moved_most, psi
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.feasible import feasible, half_width
from scoring.analysis.training.group_rates import audit
from scoring.errors import ModelError

RNG = np.random.default_rng(4)


def test_psi_by_hand() -> None:
    """The same distribution gives about 0, a shift of one deviation far more than 0.25, and a share of unknown ones counts."""
    before, same, moved = RNG.normal(0, 1, 20_000), RNG.normal(0, 1, 20_000), RNG.normal(1, 1, 20_000)
    assert psi(before, same) < 0.01 < 0.25 < psi(before, moved)
    half = np.where(np.arange(20_000) % 2 == 0, np.nan, same)
    assert psi(before, half) > 1


def test_world_that_stays_is_not_condemned(studio: Studio) -> None:
    """In the synthetic district nothing changes, so no month says *do not use* and every row names what moved most."""
    found = drift(studio.table, studio.ready.labelled, studio.source, date(2026, 4, 1))
    assert found["verdict"] in ("ok", "watch") and found["months"][0]["month"] == "2026-04"
    assert all(
        set(row["psi_of_features"]) == {f.id for f in studio.table.features} for row in found["months"]
    )
    most = max(found["months"][0]["psi_of_features"].values())
    assert moved_most(studio.table, found["months"][0], "en").endswith(f" {most:.2f}")


def test_world_that_turns_is_condemned(studio: Studio) -> None:
    """Where later labels come by chance and thrice as often, the verdict is *do not use*, from the month in which that shows."""
    cases = studio.ready.labelled.cases
    later = (cases["visit_on"] >= "2026-04-01").to_numpy()
    label = cases["label"].where(~later, (RNG.random(len(cases)) < 3 * cases["label"].mean()).astype("int64"))
    turned = type(studio.ready.labelled)(cases.assign(label=label), studio.ready.labelled.visits, 0, 0)
    found = drift(studio.table, turned, studio.source, date(2026, 4, 1))
    assert ("do_not_use", True) == (found["verdict"], str(found["since"]) <= "2026-06")


def test_no_month_says_nothing(studio: Studio) -> None:
    """Without a month of 50 visits there is no verdict but a sentence."""
    with pytest.raises(ModelError, match="no month from 2031-01-01 has 50 visits"):
        drift(studio.table, studio.ready.labelled, studio.source, date(2031, 1, 1))


def test_audit_by_group(studio: Studio) -> None:
    """A tenth is flagged over all, groups of less than 100 visits are not printed, and rates are shares."""
    cases = studio.ready.labelled.cases
    rows = audit(
        cases,
        additive_of(studio.table).log_odds(studio.ready.matrix.to_numpy()),
        studio.source.engine,
        studio.source.tables,
    )
    ages = pd.DataFrame([row for row in rows if row["by"] == "age"])
    assert {"district_code", "industry_code", "size_band", "age"} <= {row["by"] for row in rows}
    assert abs((ages["flagged"] * ages["visits"]).sum() / ages["visits"].sum() - 0.10) < 0.02
    assert all(row["visits"] >= 100 and 0 <= row["omission"] <= 1 for row in rows)


def test_feasible_counts_the_folds(studio: Studio) -> None:
    """Every fold is counted as training counts it, and more positives narrow the interval."""
    found = feasible(studio.definition, studio.source)
    trained = [fold["origin"] for fold in studio.table.metrics["folds"]]
    assert (trained, True) == (
        [fold["origin"] for fold in found["folds"]],
        found["verdict"] in ("enough", "thin"),
    )
    assert half_width(100, 900) < half_width(20, 180) and half_width(0, 10) is None  # type: ignore[operator]
