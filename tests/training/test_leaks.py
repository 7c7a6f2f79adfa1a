"""The leak detector: the answer, the future and the inspector are refused, and honest features are not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from studio import Studio

from scoring.engine.cases import Relations
from scoring.errors import ModelError
from scoring.training.leaks import refuse_future, refuse_implausible, refuse_inspector
from scoring.training.train import source_of

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
