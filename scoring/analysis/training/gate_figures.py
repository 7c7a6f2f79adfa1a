"""The figures that the gate reads: is the order certainly better than what needs no model?

Differences are paired: model and floor are measured on the same visits, and their errors are those of
whole days and whole enterprises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training.candidates import FLOORS
from scoring.analysis.training.clustered import Blocks, placements, variance
from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.train import Trained, parts_of
from scoring.analysis.training.training_data import Prepared

Floats = NDArray[np.float64]


def over_floors(cases: pd.DataFrame, score: Floats, floors: pd.DataFrame) -> dict[str, Any]:
    """By how much the AUC is above that of every floor, with paired 95 % intervals.

    Args:
        cases: ``visit_on``, ``enterprise_id`` and ``label`` of the visits.
        score: Of the model.
        floors: Scores of the floors on the same visits.
    """
    labels, blocks = cases["label"].to_numpy(dtype=np.int64), Blocks.of(cases)
    of_model = placements(labels, score)
    compared = {}
    for floor in FLOORS:
        of_floor = placements(labels, floors[floor].to_numpy(dtype=np.float64))
        difference = of_model.area() - of_floor.area()
        # What a visit adds to the difference: paired, for both orders are of the same visits.
        error = float(np.sqrt(variance(of_model.influence() - of_floor.influence(), blocks)))
        bounds = [round(difference - 1.96 * error, 4), round(difference + 1.96 * error, 4)]
        compared[floor] = {"difference": round(difference, 4), "interval": bounds}
    return compared


def gate_figures(
    definition: ModelDefinition,
    ready: Prepared,
    trained: Trained,
    held: NDArray[np.bool_] | None,
    looks: int,
) -> dict[str, Any]:
    """What the gate reads, as far as it follows from the visits that the model did not see.

    Args:
        definition: Says the origins.
        ready: Cases, features and floors.
        trained: The fitted model and its scores of the tested visits.
        held: Which cases are of the holdout; ``None`` without one, and the origins stand in for it.
        looks: The number of this look at the holdout.
    """
    cases = ready.labelled.cases
    # Without a holdout the origins stand in for it, so that the reasons name the floors all the same.
    if held is not None and _has_order(cases["label"][held]):
        judged, floors = cases[held], ready.floors[held]
        score = trained.additive.log_odds(ready.matrix[held].to_numpy())
    else:
        rows = trained.unseen.rows
        judged, floors, score = cases.iloc[rows], ready.floors.iloc[rows], trained.unseen.score
    by_origin = [
        int(ready.labels[parts_of(definition, cases, origin)[1]].sum())
        for origin in definition.splits.origins
    ]
    return {
        "holdout": held is not None,
        "fewest_in_fold": min(by_origin),
        "findings": int(cases["label"][held].sum()) if held is not None else 0,
        "floors": over_floors(judged, score, floors),
        "below_on_origins": _below(trained.metrics["mean_auc"], trained.chosen),
        "looks": looks,
    }


def _has_order(labels: pd.Series) -> bool:
    return labels.nunique() > 1


def _below(mean_auc: Mapping[str, float], chosen: str) -> dict[str, dict[str, float]]:
    """Floors that are as good on the rolling origins."""
    below = {}
    for floor in FLOORS:
        if mean_auc[chosen] <= mean_auc[floor]:
            below[floor] = {"auc": mean_auc[chosen], "floor_auc": mean_auc[floor]}
    return below
