"""The evaluator: by hand on small lists, and against the published figures of Chicago."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from scoring.analysis.training.evaluate import (
    auc,
    calibrated,
    calibration_error,
    gain,
    interval,
    order,
    probability,
    reliability,
)

DAYS = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]))


def test_order_by_hand() -> None:
    """A finding of day 4 that is ranked first is found three days earlier; the visits a day stay."""
    found = order(DAYS, [1, 2, 3, 9], [0, 0, 0, 1])
    assert (3.0, 1.0, 0.0) == (found.days_earlier, found.first_half, found.usual_half)


def test_equal_scores_share_their_places() -> None:
    """Neither chance nor the real date decides among equal scores: each is visited on the mean of their days."""
    found = order(DAYS, [1, 1, 1, 1], [0, 0, 0, 1])
    assert (1.5, 0.5, 0.0) == (found.days_earlier, found.first_half, found.usual_half)
    assert {75: 0.75} == gain([1, 0, 0, 0], [1, 1, 1, 1], (75,))


def test_sharing_places_is_the_mean_over_every_order_of_equals() -> None:
    """Days earlier, first half and gain of a list with ties are the means over all orders of the equal ones."""
    score, hits = np.array([3, 2, 2, 2]), np.array([0, 1, 0, 1])
    broken = [score + np.array([0, *ranks]) / 10 for ranks in permutations(range(3))]
    orders = [order(DAYS, one, hits) for one in broken]
    found = order(DAYS, score, hits)
    assert found.days_earlier == pytest.approx(np.mean([one.days_earlier for one in orders]))
    assert found.first_half == pytest.approx(np.mean([one.first_half for one in orders]))
    assert gain(hits, score, (50,))[50] == pytest.approx(
        np.mean([gain(hits, one, (50,))[50] for one in broken])
    )


def test_gain_by_hand() -> None:
    """The first half of a perfect list holds every finding."""
    assert {50: 1.0, 10: 0.2} == gain(
        [1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0], (50, 10)
    )


def test_calibration_mends_a_wrong_scale() -> None:
    """Log-odds that are twice too large are brought back, and the error with them."""
    rng = np.random.default_rng(4)
    true = rng.normal(-1.5, 0.8, 20_000)
    found = (rng.random(20_000) < 1 / (1 + np.exp(-true))).astype(int)
    fitted = calibrated(2 * true, found)
    assert abs(fitted.slope - 0.5) < 0.03
    assert (
        calibration_error(probability(2 * true, fitted), found)
        < 0.01
        < calibration_error(1 / (1 + np.exp(-2 * true)), found)
    )
    assert 20_000 == sum(n for n, _, _ in reliability(probability(2 * true, fitted), found))


def test_interval_holds_the_measure() -> None:
    """A bootstrap interval is the same for a seed and holds the measure."""
    values = np.random.default_rng(1).normal(0, 1, 500)
    low, high = interval(lambda rows: float(values[rows].mean()), 500, 4)
    assert (low, high) == interval(lambda rows: float(values[rows].mean()), 500, 4)
    assert low < values.mean() < high


@pytest.mark.parametrize(
    ("table", "column", "days", "area"),
    [("2015", "score_xgboost", 7.79, 0.6790), ("2019", "glm_pred_test", None, 0.674688)],
    ids=["xgboost-2017", "glmnet-2019"],
)
def test_published_scores_of_chicago(
    shared_data: Path, table: str, column: str, days: float | None, area: float
) -> None:
    """The city's own scores on its own test window give its published figures, to 0.05 days and 0.0005 AUC."""
    rows = pd.read_parquet(shared_data / "chicago-food" / f"model_table_{table}.parquet").query(
        "Test == 1 or Test == True"
    )
    found = order(rows["Inspection_Date"], rows[column], rows["criticalFound"])
    assert abs(auc(rows["criticalFound"], rows[column]) - area) < 0.0005
    assert days is None or abs(found.days_earlier - days) < 0.05


def test_published_model_of_chicago(shared_data: Path) -> None:
    """The paper's inputs, fitted again on its training rows, give 7.44 days and 54.7 % to 69.0 %; without the inspector 0.572 and 2.2."""
    rows = pd.read_parquet(shared_data / "chicago-food" / "model_table_2015.parquet").reset_index(drop=True)
    test = rows["Test"].astype(bool).to_numpy()
    with_inspector, without = (_refitted(rows, test, named) for named in (True, False))
    seen = rows[test]
    found = order(seen["Inspection_Date"], with_inspector, seen["criticalFound"])
    assert (True, 0.547, 0.690) == (
        abs(found.days_earlier - 7.44) < 0.05,
        round(found.usual_half, 3),
        round(found.first_half, 3),
    )
    blind = order(seen["Inspection_Date"], without, seen["criticalFound"])
    assert (True, 0.572) == (
        abs(blind.days_earlier - 2.2) < 0.15,
        round(auc(seen["criticalFound"], without), 3),
    )


def _refitted(rows: pd.DataFrame, test: np.ndarray, inspector: bool) -> np.ndarray:
    """The white paper's logistic model, with its caps, on the published split."""
    capped = {
        "pastSerious": 1,
        "pastCritical": 1,
        "heat_burglary": 70,
        "heat_sanitation": 70,
        "heat_garbage": 50,
    }
    inputs = pd.DataFrame({name: rows[name].astype(float).clip(upper=cap) for name, cap in capped.items()})
    plain = (
        "timeSinceLast",
        "temperatureMax",
        "tobacco_retail_over_counter",
        "consumption_on_premises_incidental_activity",
    )
    inputs = inputs.assign(
        **{name: rows[name].astype(float) for name in plain}, old=(rows["ageAtInspection"] > 4).astype(float)
    )
    if inspector:
        inputs = inputs.join(pd.get_dummies(rows["sanitarian_group"].astype(str)).astype(float))
    scaled = ((inputs - inputs[~test].mean()) / inputs[~test].std()).to_numpy()
    fitted = LogisticRegression(C=1.0, max_iter=2000).fit(
        scaled[~test], rows.loc[~test, "criticalFound"].astype(int)
    )
    return np.asarray(fitted.decision_function(scaled[test]))
