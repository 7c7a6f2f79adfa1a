"""Training: refusals without a file, the same bytes for the same seed, and a table that is the estimator."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studio import Studio, defined
from worlds import DAY, World, enterprise, record

from scoring.analysis.training.apply import engine_scores, judged, log_odds
from scoring.analysis.training.candidates import FLOORS, history
from scoring.analysis.training.card import choice
from scoring.analysis.training.definition import Cases
from scoring.analysis.training.export import additive_of, to_json
from scoring.analysis.training.features import shrunk
from scoring.analysis.training.labels import make_cases, read_visits
from scoring.analysis.training.pipeline import make
from scoring.analysis.training.scorecard import LN2
from scoring.analysis.training.train import train
from scoring.assess.dataset import open_sources
from scoring.engine.duckdb import DuckEngine
from scoring.errors import ModelError
from scoring.policy.language.points_table import Label
from scoring.records.map.sources import SourceSpec


def quiet(stage: str, share: float) -> None:
    """Says nothing about how far it is."""


FOUND = 'result = ["corrected", "problem", "violation", "concealed", "refused"]'
REFUSED = {
    "one class only": (f"{FOUND}\nwithin", 'result = ["grade_a"]\nwithin', "one class only"),
    "too few positives": (f"{FOUND}\nwithin", 'result = ["refused"]\nwithin', "at least 50 are needed"),
    "origins before the data": ("first = 2025-01-01", "first = 2025-06-30", "before the first origin"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusal_leaves_no_file(district_folder: Path, small: str, tmp_path: Path, name: str) -> None:
    """What the data do not carry is refused with a sentence, and no partial model file is left."""
    old, new, said = REFUSED[name]
    assert old in small
    definition = defined(small.replace(old, new, 1), tmp_path)
    with (
        open_sources([SourceSpec("canonical", district_folder)], quiet) as data,
        pytest.raises(ModelError, match=said),
    ):
        make(definition, data, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_model_that_does_not_beat_the_floors_is_not_released(studio: Studio) -> None:
    """If a hand-written card does as well, the card is to be used."""
    better = studio.ready.floors.assign(rule_card=studio.ready.found.astype(float))
    with pytest.raises(ModelError, match="does not beat the floor rule_card"):
        train(studio.definition, replace(studio.ready, floors=better))


def test_same_seed_gives_the_same_bytes(district_folder: Path, studio: Studio, tmp_path: Path) -> None:
    """Trained again from the files, the table is the same byte for byte, its card beside it; what was kept of an older one is gone."""
    (tmp_path / "small.skops").write_bytes(b"an estimator of an older table")
    with open_sources([SourceSpec("canonical", district_folder)], quiet) as data:
        make(studio.definition, data, tmp_path)
    assert to_json(studio.table) == (tmp_path / "small.json").read_text(encoding="utf-8")
    assert ["small.json", "small.md"] == sorted(path.name for path in tmp_path.iterdir())


def test_engine_gives_the_points_of_the_estimator(studio: Studio, tmp_path: Path) -> None:
    """The table in the engine has the estimator's points for every case, so the order is the same and log-odds differ by nothing."""
    path = tmp_path / "small.json"
    path.write_text(to_json(studio.table), encoding="utf-8")
    cases, source, additive = studio.ready.labelled.cases, studio.source, additive_of(studio.table)
    frozen = source.matrix(cases, source.values(cases), studio.ready.means, studio.table.looked_up_on)
    points = engine_scores(str(path), cases, studio.data).reindex(frozen.index)
    assert len(points) > 3_000
    assert additive.score(frozen.to_numpy()).tolist() == points.tolist()
    assert (
        float(np.abs(additive.log_odds(frozen.to_numpy()) - log_odds(studio.table, points)).max()) <= LN2 / 80
    )


def test_features_are_what_the_engine_counts(studio: Studio) -> None:
    """A share in the matrix is the engine's two weighted counts shrunk to the mean, rounded down."""
    cases = studio.ready.labelled.cases.head(200)
    values = studio.source.values(cases)
    mean = studio.ready.means["own_share"]
    by_hand = [
        (10_000 * f + 200 * mean) // (v + 200) for f, v in zip(values["found"], values["visits"], strict=True)
    ]
    assert by_hand == studio.ready.matrix["own_share"].head(200).astype(int).tolist()


def test_report_has_each_fold_and_the_floors(studio: Studio) -> None:
    """Every fold stands in the table with the floors beside the model, trained on earlier outcomes alone."""
    folds = studio.table.metrics["folds"]
    assert ["2025-07-01", "2026-01-01"] == [fold["origin"] for fold in folds]
    assert all(set(FLOORS) < set(fold["auc"]) and fold["trained_on"] > 0 for fold in folds)
    chosen = studio.table.algorithm
    assert studio.table.metrics["mean_auc"][chosen] > max(
        studio.table.metrics["mean_auc"][name] for name in FLOORS
    )
    assert set(studio.table.metrics["holdout"]) == {"refreshed", "frozen", "window", "floors"}


def test_evaluation_through_the_engine(studio: Studio, tmp_path: Path) -> None:
    """``evaluate`` scores the holdout with the frozen table and finds an order better than chance, with its interval."""
    path = tmp_path / "small.json"
    path.write_text(to_json(studio.table), encoding="utf-8")
    window = studio.definition.holdout
    assert window is not None
    found = judged(str(path), studio.data, window.first, window.last, lambda stage, share: None)
    low, high = found["auc_interval"]
    assert 0.5 < low < found["auc"] < high


def test_censored_cases_are_counted_and_left_out() -> None:
    """On fixed days a case has a label only if a visit follows in time; the others are censored, and who was never visited is told."""
    days = pd.date_range("2025-03-01", periods=120, unit="us")
    ids = [f"e{n % 60}" for n in range(120)]
    visits = pd.DataFrame(
        {"enterprise_id": ids, "visit_on": days, "known_on": days, "found": [n % 2 for n in range(120)]}
    )
    label = Label.model_validate({"text": {"zh": "x", "en": "x"}, "kind": "inspection", "within_days": 90})
    found = make_cases(
        visits,
        [*visits["enterprise_id"].unique(), "never"],
        label,
        Cases(first=date(2025, 2, 1), every_days=30),
    )
    gaps = (found.cases["visit_on"] - found.cases["as_of"]).dt.days
    assert (1, True, True) == (
        found.never_visited,
        bool((gaps >= 1).all() and (gaps <= 90).all()),
        found.censored > 0,
    )
    assert len(found.cases) + found.censored == 61 * len(
        pd.date_range("2025-02-01", visits["visit_on"].max(), freq="30D")
    )


def test_history_knows_only_what_was_known() -> None:
    """The last result is that of the latest visit known by the day, and a visit known late does not count before."""
    visits = pd.DataFrame(
        {
            "enterprise_id": ["a", "a"],
            "visit_on": pd.to_datetime(["2025-01-01", "2025-02-01"]).astype("datetime64[us]"),
            "known_on": pd.to_datetime(["2025-01-01", "2025-02-21"]).astype("datetime64[us]"),
            "found": [0, 1],
        }
    )
    days = pd.to_datetime(["2024-12-31", "2025-02-20", "2025-02-21"]).astype("datetime64[us]")
    asked = pd.DataFrame({"case_id": ["1", "2", "3"], "enterprise_id": "a", "as_of": days})
    assert [[0.5, 0], [0, 1], [1, 2]] == history(asked, visits).to_numpy().tolist()


def test_shares_are_rounded_down() -> None:
    """A share is an integer number of basis points, rounded down, and unknown where there is nothing to divide by."""
    found = shrunk(pd.Series([100, 0, 0]), pd.Series([300, 300, 0]), 0, 1400)
    assert (3333, 0, True) == (int(found[0]), int(found[1]), bool(np.isnan(found[2])))


def test_how_visits_were_chosen_is_told(studio: Studio) -> None:
    """Labels are counted by how their visits came to be, as the records say; the audit has a row for each that is common."""
    counts = studio.table.metrics["visits_by_choice"]
    assert sum(counts.values()) == studio.table.metrics["cases"]
    assert min(counts[way] for way in ("random", "planned", "targeted")) > 50
    assert {"random", "planned", "targeted"} <= {
        row["group"] for row in studio.table.metrics["audit"] if row["by"] == "chosen"
    }
    assert "random draws" in choice(counts, "en")


def test_of_several_visits_on_a_day_the_targeted_one_counts(tmp_path: Path) -> None:
    """A visit that a complaint also asked for is targeted; one that does not say why is unknown."""
    said = (
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
        world = World(engine, tmp_path).holds(
            [enterprise(who) for who in "abcd"],
            [record(who, str(n), **visit, occasion=why) for n, (who, why) in enumerate(said)],
        )
        label = Label.model_validate(
            {"text": {"zh": "有", "en": "has"}, "kind": "inspection", "within_days": 1}
        )
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
