"""The leak detector refuses the answer, the future and the inspector, and no honest feature."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from trained_model import TrainedModel

from scoring.analysis.training.card import card
from scoring.analysis.training.leaks import (
    read_inspectors,
    refuse_future,
    refuse_inspector,
    single_aucs,
)
from scoring.analysis.training.pipeline import train_table
from scoring.analysis.training.train import source_of
from scoring.engine.cases import Relations
from scoring.errors import ModelError

RNG = np.random.default_rng(4)


def test_a_feature_alone_tells_little(trained: TrainedModel) -> None:
    """What all but gives the label has an AUC near 1, in whatever direction; those of the model have not."""
    labels = trained.ready.labelled.cases["label"]
    noisy = labels + RNG.normal(0, 0.4, len(labels))
    assert max(single_aucs(trained.ready.matrix, labels).values()) < 0.75
    assert single_aucs(pd.DataFrame({"outcome": -noisy}), labels)["outcome"] > 0.9


def test_feature_of_the_future_is_refused(trained: TrainedModel) -> None:
    """A feature that changes when later records are deleted is refused; the model's do not."""
    cases, day = trained.ready.labelled.cases.head(300), date(2025, 6, 30)

    def honest(tables: Relations, early: pd.DataFrame) -> pd.DataFrame:
        """The features of the model."""
        again = source_of(trained.definition, trained.source.engine, tables, trained.source.covers)
        return again.matrix(early, again.values(early), trained.ready.means)

    def leaky(tables: Relations, early: pd.DataFrame) -> pd.DataFrame:
        """The features of the model, and one that counts visits whenever they were."""
        query = f"SELECT enterprise_id, count(*) AS visits FROM {tables.records} r GROUP BY 1"
        ever = trained.source.engine.select(query).to_pandas().set_index("enterprise_id")
        visits_ever = ever["visits"].reindex(early["enterprise_id"])
        return honest(tables, early).assign(visits_ever=visits_ever.to_numpy())

    refuse_future(honest, trained.source.tables, cases, day)
    with pytest.raises(ModelError, match="visits_ever changes"):
        refuse_future(leaky, trained.source.tables, cases, day)


def test_inspector_is_refused() -> None:
    """A rate by inspector is refused, a rate by area that inspectors overlap in is not."""
    who = pd.Series(RNG.choice(["a", "b", "c"], 2_000))
    strictness = who.map({"a": 0.1, "b": 0.2, "c": 0.3})
    area = strictness + RNG.normal(0, 0.15, 2_000)
    honest = pd.DataFrame({"area": area, "own": RNG.normal(0, 1, 2_000)})
    # An area in which inspectors overlap varies by more than who visits.
    assert 0.1 < refuse_inspector(honest, who)["area"] < 0.5
    with pytest.raises(ModelError, match="100% of feature strict is explained by who inspects"):
        refuse_inspector(honest.assign(strict=strictness), who)


def test_who_visited_is_for_the_check_alone(trained: TrainedModel, tmp_path: Path) -> None:
    """Training says of every feature how much who visits explains, and the same model comes out."""
    visits = trained.ready.labelled.cases[["enterprise_id", "visit_on"]]
    visits = visits.assign(inspector=RNG.choice(["a", "b", "c"], len(visits)))
    path = tmp_path / "visits.csv"
    visits.to_csv(path, index=False, date_format="%Y-%m-%d")
    table, _ = train_table(trained.definition, trained.source, inspectors=path)
    explained = table.metrics["inspector_explains"]
    assert set(explained) == {feature.id for feature in table.features}
    assert max(explained.values()) < 0.05
    assert (table.features, table.intercept) == (trained.table.features, trained.table.intercept)
    assert "explains at most" in card(table)
    assert ["inspector", "team", "district", "month"] == [each["by"] for each in table.metrics["within"]]
    assert "was not told who visited" in card(trained.table)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("enterprise_id,visit_on\nx,2025-03-07\n", "cannot read who visited"),
        ("enterprise_id,visit_on,inspector\nx,7.3.2025,a\n", "cannot read who visited"),
        ("enterprise_id,visit_on,inspector\nx,2025-03-07,a\n", "only 0 say who visited"),
    ],
    ids=["no column", "no day", "nobody known"],
)
def test_a_list_that_says_too_little_is_refused(
    trained: TrainedModel, tmp_path: Path, text: str, words: str
) -> None:
    """A list without its columns, with other days, or of other enterprises is refused."""
    path = tmp_path / "visits.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=words):
        read_inspectors(path, trained.ready.labelled.cases)


def test_noise_does_not_look_like_an_inspector() -> None:
    """With few cases and many inspectors a random feature is explained by nobody."""
    who = pd.Series([f"i{number}" for number in RNG.integers(0, 40, 60)])
    # Three known values of sixty say nothing about who visited.
    columns = {
        "noise": RNG.normal(0, 1, 60),
        "unknown": np.full(60, np.nan),
        "alone": np.where(np.arange(60) < 3, 1.0, np.nan),
    }
    matrix = pd.DataFrame(columns)
    shares = refuse_inspector(matrix, who)
    assert shares["noise"] < 0.5
    assert (shares["unknown"], shares["alone"]) == (0.0, 0.0)
