"""Explains one enterprise from DataFrames: the edge that notebooks use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from scoring.assess.scorer import open_frames
from scoring.entities import Explanation
from scoring.explain.build import explain as build
from scoring.explain.outlook.look_ahead import look_ahead
from scoring.policy.load import ResolvedPolicy

if TYPE_CHECKING:
    import pandas as pd


def explain(
    enterprise: pd.DataFrame,
    records: pd.DataFrame,
    policy: str | ResolvedPolicy,
    as_of: date,
    *,
    prior: pd.DataFrame | None = None,
    covers: Iterable[str] | None = None,
) -> Explanation:
    """Why one enterprise has its colour: every point with its records and articles.

    Args and errors are those of ``scoring.assess_one``.
    """
    with open_frames(enterprise, records, policy, as_of, prior=prior, covers=covers) as assessor:
        assessed = assessor.full(assessor.only_id(), as_of)
        return build(assessed, assessor.version, look_ahead(assessor, assessed))
