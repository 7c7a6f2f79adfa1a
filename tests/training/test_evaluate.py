"""The evaluator: by hand on small lists, and against the published figures of Chicago."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from scoring.analysis.training.clustered import Blocks
from scoring.analysis.training.evaluate import (
    Order,
    auc,
    calibrated,
    calibration_error,
    gain,
    interval,
    order,
    probability,
    reliability,
)

CAPPED = {
    "pastSerious": 1,
    "pastCritical": 1,
    "heat_burglary": 70,
    "heat_sanitation": 70,
    "heat_garbage": 50,
}
"""Inputs of the white paper and where it caps them."""
PLAIN = (
    "timeSinceLast",
    "temperatureMax",
    "tobacco_retail_over_counter",
    "consumption_on_premises_incidental_activity",
)
"""Inputs of the white paper as they are."""
DAYS = pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]))


def test_order_by_hand() -> None:
    """A finding of day 4 that is ranked first is found three days earlier; visits a day stay."""
    ordered = order(DAYS, [1, 2, 3, 9], [0, 0, 0, 1])
    assert Order(days_earlier=3.0, first_half=1.0, usual_half=0.0) == ordered


def test_equal_scores_share_their_places() -> None:
    """Neither chance nor the real date decides among equals: each has the mean of their days."""
    ordered = order(DAYS, [1, 1, 1, 1], [0, 0, 0, 1])
    assert Order(days_earlier=1.5, first_half=0.5, usual_half=0.0) == ordered
    # A place that is shared counts by its share.
    assert {75: 0.75} == gain([1, 0, 0, 0], [1, 1, 1, 1], (75,))


def test_sharing_places_is_the_mean_over_every_order_of_equals() -> None:
    """Figures of a list with ties are the means over all orders of the equal ones."""
    score, hits = np.array([3, 2, 2, 2]), np.array([0, 1, 0, 1])
    broken = [score + np.array([0, *ranks]) / 10 for ranks in permutations(range(3))]
    orders = [order(DAYS, without_ties, hits) for without_ties in broken]
    tied = order(DAYS, score, hits)
    assert tied.days_earlier == pytest.approx(np.mean([each.days_earlier for each in orders]))
    assert tied.first_half == pytest.approx(np.mean([each.first_half for each in orders]))
    gains = [gain(hits, without_ties, (50,))[50] for without_ties in broken]
    assert gain(hits, score, (50,))[50] == pytest.approx(np.mean(gains))


def test_gain_by_hand() -> None:
    """The first half of a perfect list holds every finding."""
    labels, score = [1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    assert {50: 1.0, 10: 0.2} == gain(labels, score, (50, 10))


def test_calibration_mends_a_wrong_scale() -> None:
    """Log-odds that are twice too large are brought back, and the error with them."""
    rng = np.random.default_rng(4)
    log_odds = rng.normal(-1.5, 0.8, 20_000)
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-log_odds))).astype(int)
    calibration = calibrated(2 * log_odds, labels)
    assert abs(calibration.slope - 0.5) < 0.03
    mended = probability(2 * log_odds, calibration)
    wrong = 1 / (1 + np.exp(-2 * log_odds))
    assert calibration_error(mended, labels) < 0.01 < calibration_error(wrong, labels)
    assert 20_000 == sum(group.visits for group in reliability(mended, labels))


def test_interval_holds_the_measure() -> None:
    """A bootstrap interval is the same for a seed and holds the measure."""
    values = np.random.default_rng(1).normal(0, 1, 500)
    alone = Blocks(np.arange(500), np.arange(500))
    low, high = interval(lambda rows: float(values[rows].mean()), alone, 4)
    assert (low, high) == interval(lambda rows: float(values[rows].mean()), alone, 4)
    assert low < values.mean() < high


def test_interval_draws_whole_days_and_enterprises() -> None:
    """Where visits of a day are alike the interval is as wide as days make it, not as visits do."""
    by_day = np.repeat(np.random.default_rng(1).normal(0, 1, 50), 20)
    days, alone = np.repeat(np.arange(50), 20), np.arange(1000)

    def mean(rows: np.ndarray) -> float:
        """What is measured."""
        return float(by_day[rows].mean())

    narrow = interval(mean, Blocks(alone, alone), 4)
    for blocks in (Blocks(days, alone), Blocks(alone, days)):
        low, high = interval(mean, blocks, 4)
        assert high - low > 3 * (narrow[1] - narrow[0])


@pytest.mark.parametrize(
    ("table", "column", "days", "area"),
    [("2015", "score_xgboost", 7.79, 0.6790), ("2019", "glm_pred_test", None, 0.674688)],
    ids=["xgboost-2017", "glmnet-2019"],
)
def test_published_scores_of_chicago(
    shared_data: Path, table: str, column: str, days: float | None, area: float
) -> None:
    """The city's own scores give its published figures, to 0.05 days and 0.0005 AUC."""
    city = pd.read_parquet(shared_data / "chicago-food" / f"model_table_{table}.parquet")
    # The tables of different years mark their test rows by a number and by a truth value.
    tested = city.query("Test == 1 or Test == True")
    ordered = order(tested["Inspection_Date"], tested[column], tested["criticalFound"])
    assert abs(auc(tested["criticalFound"], tested[column]) - area) < 0.0005
    assert days is None or abs(ordered.days_earlier - days) < 0.05


def test_published_model_of_chicago(shared_data: Path) -> None:
    """The paper's inputs, fitted again on its training rows, give its figures.

    They are 7.44 days, and 69.0 % for 54.7 % in the first half; without the inspector 2.2 days and
    AUC 0.572.
    """
    city = pd.read_parquet(shared_data / "chicago-food" / "model_table_2015.parquet")
    city = city.reset_index(drop=True)
    test = city["Test"].astype(bool).to_numpy()
    with_inspector, without = (_refitted(city, test, named) for named in (True, False))
    tested = city[test]
    ordered = order(tested["Inspection_Date"], with_inspector, tested["criticalFound"])
    assert abs(ordered.days_earlier - 7.44) < 0.05
    assert (0.547, 0.690) == (round(ordered.usual_half, 3), round(ordered.first_half, 3))
    # The published days rest on who inspects.
    blind = order(tested["Inspection_Date"], without, tested["criticalFound"])
    assert abs(blind.days_earlier - 2.2) < 0.15
    assert round(auc(tested["criticalFound"], without), 3) == 0.572


def _refitted(city: pd.DataFrame, test: np.ndarray, inspector: bool) -> np.ndarray:
    """The white paper's logistic model, with its caps, on the published split."""
    columns = {name: city[name].astype(float).clip(upper=cap) for name, cap in CAPPED.items()}
    columns |= {name: city[name].astype(float) for name in PLAIN}
    columns["old"] = (city["ageAtInspection"] > 4).astype(float)
    inputs = pd.DataFrame(columns)
    if inspector:
        inputs = inputs.join(pd.get_dummies(city["sanitarian_group"].astype(str)).astype(float))
    scaled = ((inputs - inputs[~test].mean()) / inputs[~test].std()).to_numpy()
    outcomes = city.loc[~test, "criticalFound"].astype(int)
    model = LogisticRegression(C=1.0, max_iter=2000).fit(scaled[~test], outcomes)
    return np.asarray(model.decision_function(scaled[test]))
