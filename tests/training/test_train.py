"""Training: refusals without a file, the same bytes again, and a table that is the estimator."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from trained_model import TrainedModel, defined
from worlds import DAY, World, enterprise, record

from scoring.analysis.training.apply import engine_scores, evaluate_model, log_odds
from scoring.analysis.training.candidates import FLOORS, history
from scoring.analysis.training.card import choice
from scoring.analysis.training.definition import Cases
from scoring.analysis.training.export import additive_of, to_json
from scoring.analysis.training.labels import make_cases, read_visits
from scoring.analysis.training.peer_rates import shrunk
from scoring.analysis.training.pipeline import train_model
from scoring.analysis.training.scorecard import LN2
from scoring.assess.dataset import open_sources
from scoring.engine.duckdb import DuckEngine
from scoring.entities import silent
from scoring.errors import ModelError
from scoring.policy.language.points_table import Label
from scoring.policy.language.release_gate import shortfalls
from scoring.records.map.sources import SourceSpec

FINDINGS = 'result = ["corrected", "problem", "violation", "concealed", "refused"]\nwithin'
REFUSED = {
    "one class only": (FINDINGS, 'result = ["grade_a"]\nwithin', "one class only"),
    "origins before the data": (
        "first = 2025-01-01",
        "first = 2025-06-30",
        "before the first origin",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusal_leaves_no_file(district_folder: Path, small: str, tmp_path: Path, name: str) -> None:
    """What the data do not carry is refused with a sentence, and no partial model file is left."""
    old, new, said = REFUSED[name]
    assert old in small
    definition = defined(small.replace(old, new, 1), tmp_path)
    with (
        open_sources([SourceSpec("canonical", district_folder)], silent) as data,
        pytest.raises(ModelError, match=said),
    ):
        train_model(definition, data, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_same_seed_gives_the_same_bytes(district_folder: Path, trained: TrainedModel, tmp_path: Path) -> None:
    """Trained again from the files, the table is the same byte for byte, its card beside it.

    The estimator of an older table is gone.
    """
    (tmp_path / "small.skops").write_bytes(b"an estimator of an older table")
    with open_sources([SourceSpec("canonical", district_folder)], silent) as data:
        train_model(trained.definition, data, tmp_path)
    assert to_json(trained.table) == (tmp_path / "small.json").read_text(encoding="utf-8")
    assert ["small.drift.json", "small.json", "small.md"] == sorted(path.name for path in tmp_path.iterdir())


def test_engine_gives_the_points_of_the_estimator(trained: TrainedModel, tmp_path: Path) -> None:
    """The table in the engine has the estimator's points for every case: the order is the same."""
    path = tmp_path / "small.json"
    path.write_text(to_json(trained.table), encoding="utf-8")
    cases, source, table = trained.ready.labelled.cases, trained.source, trained.table
    frozen = source.matrix(cases, source.values(cases), trained.ready.means, table.looked_up_on)
    points = engine_scores(str(path), cases, trained.data).reindex(frozen.index)
    additive = additive_of(table)
    assert len(points) > 3_000
    assert additive.score(frozen.to_numpy()).tolist() == points.tolist()
    # Half a point at 40 points that double the odds is the most that rounding may take.
    apart = np.abs(additive.log_odds(frozen.to_numpy()) - log_odds(table, points)).max()
    assert float(apart) <= LN2 / 80


def test_features_are_what_the_engine_counts(trained: TrainedModel) -> None:
    """A share in the matrix is the engine's two weighted counts, shrunk and rounded down."""
    cases = trained.ready.labelled.cases.head(200)
    values = trained.source.values(cases)
    mean = trained.ready.means["own_share"]
    # The definition gives the mean a weight of two visits, in hundredths.
    by_hand = [
        (10_000 * findings + 200 * mean) // (visits + 200)
        for findings, visits in zip(values["found"], values["visits"], strict=True)
    ]
    assert by_hand == trained.ready.matrix["own_share"].head(200).astype(int).tolist()


def test_report_has_each_fold_and_the_floors(trained: TrainedModel) -> None:
    """Every fold stands in the table with the floors beside the model."""
    metrics = trained.table.metrics
    folds, mean_auc = metrics["folds"], metrics["mean_auc"]
    assert ["2025-07-01", "2026-01-01"] == [fold["origin"] for fold in folds]
    assert all(set(FLOORS) < set(fold["auc"]) and fold["trained_on"] > 0 for fold in folds)
    # A model that is no better would not be here.
    assert mean_auc[trained.table.algorithm] > max(mean_auc[floor] for floor in FLOORS)
    assert set(metrics["holdout"]) == {"refreshed", "frozen", "window", "floors"}
    assert [] == shortfalls(metrics)


def test_evaluation_through_the_engine(trained: TrainedModel, tmp_path: Path) -> None:
    """``evaluate`` scores the holdout with the frozen table, better than chance."""
    path = tmp_path / "small.json"
    path.write_text(to_json(trained.table), encoding="utf-8")
    window = trained.definition.holdout
    assert window is not None
    figures = evaluate_model(str(path), trained.data, window.first, window.last, silent)
    low, high = figures["auc_interval"]
    assert 0.5 < low < figures["auc"] < high


def test_censored_cases_are_counted_and_left_out() -> None:
    """On fixed days a case has a label only if a visit follows in time; the others are censored."""
    days = pd.date_range("2025-03-01", periods=120, unit="us")
    visits = pd.DataFrame(
        {
            "enterprise_id": [f"e{number % 60}" for number in range(120)],
            "visit_on": days,
            "known_on": days,
            "found": [number % 2 for number in range(120)],
        }
    )
    text = {"zh": "x", "en": "x"}
    label = Label.model_validate({"text": text, "kind": "inspection", "within_days": 90})
    enterprises = [*visits["enterprise_id"].unique(), "never"]
    every_month = Cases(first=date(2025, 2, 1), every_days=30)
    labelled = make_cases(visits, enterprises, label, every_month)
    gaps = (labelled.cases["visit_on"] - labelled.cases["as_of"]).dt.days
    assert gaps.between(1, 90).all()
    # Of an enterprise that was never visited nothing is known, and no figure is about it.
    assert (1, True) == (labelled.never_visited, labelled.censored > 0)
    fixed_days = pd.date_range("2025-02-01", visits["visit_on"].max(), freq="30D")
    assert len(labelled.cases) + labelled.censored == len(enterprises) * len(fixed_days)


def test_history_knows_only_what_was_known() -> None:
    """The last result is that of the latest visit that was known by the day."""
    visits = pd.DataFrame(
        {
            "enterprise_id": ["a", "a"],
            "visit_on": _days("2025-01-01", "2025-02-01"),
            "known_on": _days("2025-01-01", "2025-02-21"),
            "found": [0, 1],
        }
    )
    as_of = _days("2024-12-31", "2025-02-20", "2025-02-21")
    cases = pd.DataFrame({"case_id": ["1", "2", "3"], "enterprise_id": "a", "as_of": as_of})
    assert [[0.5, 0], [0, 1], [1, 2]] == history(cases, visits).to_numpy().tolist()


def _days(*days: str) -> pd.DatetimeIndex:
    return pd.to_datetime(days).astype("datetime64[us]")


def test_shares_are_rounded_down() -> None:
    """A share is a whole number of basis points, and unknown with nothing to divide by."""
    third, none, unknown = shrunk(pd.Series([100, 0, 0]), pd.Series([300, 300, 0]), 0, 1400)
    assert (3333, 0) == (third, none)
    assert np.isnan(unknown)


def test_how_visits_were_chosen_is_told(trained: TrainedModel) -> None:
    """Labels are counted by how their visits came to be; the audit has a row for each common way."""
    metrics = trained.table.metrics
    counts = metrics["visits_by_choice"]
    assert sum(counts.values()) == metrics["cases"]
    common = {"random", "planned", "targeted"}
    assert min(counts[way] for way in common) > 50
    assert common <= {group["group"] for group in metrics["audit"] if group["by"] == "chosen"}
    assert "random draws" in choice(counts, "en")


def test_of_several_visits_on_a_day_the_targeted_one_counts(tmp_path: Path) -> None:
    """A visit that a complaint also asked for is targeted; one that does not say why is unknown."""
    occasions = (
        ("a", "random"),
        ("a", "triggered"),
        ("b", "routine"),
        ("b", "random"),
        ("c", None),
        ("c", "random"),
        ("d", None),
    )
    visit = {"kind": "inspection", "result": "problem", "decided_on": None, "occurred_on": DAY}
    with DuckEngine() as engine:
        facts = [
            record(who, str(number), **visit, occasion=occasion)
            for number, (who, occasion) in enumerate(occasions)
        ]
        world = World(engine, tmp_path).holds([enterprise(who) for who in "abcd"], facts)
        text = {"zh": "有", "en": "has"}
        label = Label.model_validate({"text": text, "kind": "inspection", "within_days": 1})
        visits = read_visits(engine, world.tables, label)
    assert ["targeted", "planned", "random", "unknown"] == visits["chosen"].tolist()


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"random": 80, "targeted": 20}, "higher than those"),
        ({"planned": 90, "targeted": 10}, "Few are targeted"),
        ({"random": 49, "unknown": 51}, "Most do not say"),
        ({"random": 31, "targeted": 19, "unknown": 50}, "higher than those"),
        ({"planned": 10}, "random draws 0%"),
    ],
)
def test_what_the_choice_of_visits_means(counts: dict[str, int], words: str) -> None:
    """A fifth of targeted visits, or half without a word, changes what rates may be taken for."""
    assert words in choice(counts, "en")
