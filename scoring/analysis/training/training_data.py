"""What a model is learned from: cases with labels, their features, and the floors to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training.labels import Labelled


@dataclass(frozen=True)
class Prepared:
    """Everything that is learned from.

    Attributes:
        labelled: Cases with labels.
        matrix: Features by case, rates of peers as they stood on the last day of refreshing.
        means: Population means of the shares.
        floors: Scores of the floors by case, more is riskier.
        single_auc: AUC of every feature alone.
        sha256: Digest of cases, labels and features.
    """

    labelled: Labelled
    matrix: pd.DataFrame
    means: dict[str, int]
    floors: pd.DataFrame
    single_auc: dict[str, float]
    sha256: str

    @property
    def labels(self) -> NDArray[np.int64]:
        """1 where the visit found something."""
        return self.labelled.cases["label"].to_numpy(dtype=np.int64)
