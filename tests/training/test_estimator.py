"""The estimator beside the table: it is what the table was read from, and the same bytes each time.

It loads only where its types are named.
"""

from __future__ import annotations

import numpy as np
import pytest
from skops import io
from trained_model import TrainedModel

from scoring.analysis.training.candidates import points_of
from scoring.analysis.training.estimator import estimator_bytes
from scoring.analysis.training.export import additive_of
from scoring.analysis.training.scorecard import LN2, Additive, Scorecard, Term

TRUSTED = [Scorecard, Additive, Term]
BOOSTED = ["interpret.glassbox._ebm._ebm.ExplainableBoostingClassifier"]


def test_estimator_scores_as_the_table_does(trained: TrainedModel) -> None:
    """The scorecard that is kept gives every case the log-odds of the table."""
    written = estimator_bytes(trained.definition, trained.table, trained.ready)
    kept = io.loads(written, trusted=TRUSTED)
    matrix = trained.ready.matrix.to_numpy()
    assert len(matrix) > 3_000
    log_odds = additive_of(trained.table).log_odds(matrix)
    assert np.abs(kept.decision_function(matrix) - log_odds).max() < 1e-6


def test_unnamed_types_are_not_loaded(trained: TrainedModel) -> None:
    """Who loads it has to name every type of ours; without that skops refuses."""
    kept = estimator_bytes(trained.definition, trained.table, trained.ready)
    ours = {f"{kind.__module__}.{kind.__name__}" for kind in TRUSTED}
    assert ours == set(io.get_untrusted_types(data=kept))
    with pytest.raises(io.exceptions.UntrustedTypesFoundException):
        io.loads(kept)


def test_boosting_machine_is_kept_too(trained: TrainedModel) -> None:
    """A chosen EBM is kept unrounded: its points differ by half a point a feature at most."""
    # Any definition has the EBM among its candidates, whichever was chosen.
    boosted = trained.table.model_copy(update={"algorithm": "ebm"})
    kept = io.loads(estimator_bytes(trained.definition, boosted, trained.ready), trusted=BOOSTED)
    matrix, scale = trained.ready.matrix.to_numpy(), trained.definition.fit.points_to_double_odds
    apart = np.abs(kept.decision_function(matrix) - points_of(kept, scale).log_odds(matrix)).max()
    assert 0 < apart <= matrix.shape[1] * LN2 / scale / 2 + 1e-9


@pytest.mark.parametrize("chosen", ["scorecard_3", "ebm"])
def test_same_bytes_again(trained: TrainedModel, chosen: str) -> None:
    """Fitted and written again the file is the same: no address in memory and no time is in it."""
    table = trained.table.model_copy(update={"algorithm": chosen})
    first = estimator_bytes(trained.definition, table, trained.ready)
    assert first == estimator_bytes(trained.definition, table, trained.ready)
