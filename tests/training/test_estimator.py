"""The estimator beside the table: it is what the table was read from, the same bytes each time, and it loads with its types named."""

from __future__ import annotations

import numpy as np
import pytest
from skops import io
from studio import Studio

from scoring.analysis.training.candidates import points_of
from scoring.analysis.training.estimator import estimator_bytes
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.scorecard import LN2, Additive, Scorecard, Term

TRUSTED = [Scorecard, Additive, Term]
BOOSTED = ["interpret.glassbox._ebm._ebm.ExplainableBoostingClassifier"]


def test_estimator_scores_as_the_table_does(studio: Studio) -> None:
    """The scorecard that is kept gives every case the log-odds of the table."""
    kept = io.loads(estimator_bytes(studio.definition, studio.table, studio.ready), trusted=TRUSTED)
    matrix = studio.ready.matrix.to_numpy()
    assert len(matrix) > 3_000
    assert np.abs(kept.decision_function(matrix) - additive_of(studio.table).log_odds(matrix)).max() < 1e-6


def test_unnamed_types_are_not_loaded(studio: Studio) -> None:
    """Who loads it has to name every type of ours; without that skops refuses."""
    kept = estimator_bytes(studio.definition, studio.table, studio.ready)
    assert {f"{kind.__module__}.{kind.__name__}" for kind in TRUSTED} == set(
        io.get_untrusted_types(data=kept)
    )
    with pytest.raises(io.exceptions.UntrustedTypesFoundException):
        io.loads(kept)


def test_boosting_machine_is_kept_too(studio: Studio) -> None:
    """Where the EBM was chosen it is kept unrounded: the points differ from it by half a point a feature at most."""
    boosted = studio.table.model_copy(update={"algorithm": "ebm"})
    kept = io.loads(estimator_bytes(studio.definition, boosted, studio.ready), trusted=BOOSTED)
    matrix, scale = studio.ready.matrix.to_numpy(), studio.definition.fit.points_to_double_odds
    apart = np.abs(kept.decision_function(matrix) - points_of(kept, scale).log_odds(matrix)).max()
    assert 0 < apart <= matrix.shape[1] * LN2 / scale / 2 + 1e-9


@pytest.mark.parametrize("chosen", ["scorecard_3", "ebm"])
def test_same_bytes_again(studio: Studio, chosen: str) -> None:
    """Fitted and written again the file is the same: no address in memory and no time is in it."""
    table = studio.table.model_copy(update={"algorithm": chosen})
    one, other = (estimator_bytes(studio.definition, table, studio.ready) for _ in range(2))
    assert one == other
