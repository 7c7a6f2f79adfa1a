"""Explains one enterprise from DataFrames: what notebooks and other programs call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scoring.assess.scorer import Scorer
from scoring.entities import Explanation
from scoring.explain.build import explain as build
from scoring.explain.outlook.look_ahead import look_ahead

if TYPE_CHECKING:
    import pandas as pd


def explain(scorer: Scorer, enterprise: pd.DataFrame, records: pd.DataFrame) -> Explanation:
    """Why one enterprise has its colour: every point with its records and articles.

    Args:
        scorer: The policy and the day.
        enterprise: Its version or versions.
        records: Its records; errors are those of ``Scorer.score_one``.
    """
    with scorer.open(enterprise, records) as assessor:
        assessed = assessor.full(assessor.only_id(), scorer.as_of)
        return build(assessed, assessor.version, look_ahead(assessor, assessed))
