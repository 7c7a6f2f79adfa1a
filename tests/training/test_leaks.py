"""The leak detector: the answer, the future and the inspector are refused, and honest features are not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from studio import Studio

from scoring.analysis.training.card import card
from scoring.analysis.training.leaks import (
    read_inspectors,
    refuse_future,
    refuse_implausible,
    refuse_inspector,
)
from scoring.analysis.training.pipeline import fitted
from scoring.analysis.training.train import source_of
from scoring.engine.cases import Relations
from scoring.errors import ModelError

RNG = np.random.default_rng(4)


def test_implausible_feature_is_refused(studio: Studio) -> None:
    """A feature that all but gives the label is refused; those of the model are told with their AUC."""
    found = studio.ready.labelled.cases["label"]
    noisy = found + RNG.normal(0, 0.4, len(found))
    assert max(refuse_implausible(studio.ready.matrix, found, 0.75).values()) < 0.75
    with pytest.raises(ModelError, match="feature outcome alone has an AUC"):
        refuse_implausible(studio.ready.matrix.assign(outcome=noisy.to_numpy()), found, 0.75)


def test_feature_of_the_future_is_refused(studio: Studio) -> None:
    """A feature that changes when later records are deleted is refused; the model's own do not change."""
    cases, day = studio.ready.labelled.cases.head(300), date(2025, 6, 30)

    def honest(tables: Relations, asked: pd.DataFrame) -> pd.DataFrame:
        again = source_of(studio.definition, studio.source.engine, tables, studio.source.covers)
        return again.matrix(asked, again.values(asked), studio.ready.means)

    def leaky(tables: Relations, asked: pd.DataFrame) -> pd.DataFrame:
        text = f"SELECT enterprise_id, count(*) AS n FROM {tables.records} r GROUP BY 1"
        ever = studio.source.engine.select(text).to_pandas().set_index("enterprise_id")["n"]
        return honest(tables, asked).assign(visits_ever=ever.reindex(asked["enterprise_id"]).to_numpy())

    refuse_future(honest, studio.source.tables, cases, day)
    with pytest.raises(ModelError, match="visits_ever changes"):
        refuse_future(leaky, studio.source.tables, cases, day)


def test_inspector_is_refused() -> None:
    """A rate by inspector is refused, a rate by area that inspectors overlap in is not."""
    who = pd.Series(RNG.choice(["a", "b", "c"], 2_000))
    area = who.map({"a": 0.1, "b": 0.2, "c": 0.3}) + RNG.normal(0, 0.15, 2_000)
    honest = pd.DataFrame({"area": area, "own": RNG.normal(0, 1, 2_000)})
    assert 0.1 < refuse_inspector(honest, who)["area"] < 0.5
    with pytest.raises(ModelError, match="100% of feature strict is explained by who visits"):
        refuse_inspector(honest.assign(strict=who.map({"a": 0.1, "b": 0.2, "c": 0.3})), who)


def test_a_list_of_who_visited_is_for_the_check_alone(studio: Studio, tmp_path: Path) -> None:
    """Given such a list, training says of every feature how much who visits explains, and the same model comes out."""
    cases = studio.ready.labelled.cases
    who = pd.Series(RNG.choice(["a", "b", "c"], len(cases)), index=cases.index)
    path = tmp_path / "visits.csv"
    cases[["enterprise_id", "visit_on"]].assign(inspector=who).to_csv(
        path, index=False, date_format="%Y-%m-%d"
    )
    table, _ = fitted(studio.definition, studio.source, inspectors=path)
    told = table.metrics["inspector_explains"]
    assert set(told) == {f.id for f in table.features}
    assert max(told.values()) < 0.05
    assert (table.features, table.intercept) == (studio.table.features, studio.table.intercept)
    assert "explains at most" in card(table)
    assert "was not told who visited" in card(studio.table)


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
    studio: Studio, tmp_path: Path, text: str, words: str
) -> None:
    """A list without its columns, with other days, or of other enterprises checks nothing and is refused."""
    path = tmp_path / "visits.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=words):
        read_inspectors(path, studio.ready.labelled.cases)


def test_noise_does_not_look_like_an_inspector() -> None:
    """With few cases and many inspectors a random feature is explained by nobody; one that is always unknown is no reason either."""
    who = pd.Series([f"i{n}" for n in RNG.integers(0, 40, 60)])
    alone = np.where(np.arange(60) < 3, 1.0, np.nan)
    matrix = pd.DataFrame({"noise": RNG.normal(0, 1, 60), "unknown": np.full(60, np.nan), "alone": alone})
    shares = refuse_inspector(matrix, who)
    assert shares["noise"] < 0.5
    assert (shares["unknown"], shares["alone"]) == (0.0, 0.0)
