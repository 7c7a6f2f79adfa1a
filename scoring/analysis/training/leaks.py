"""Refuses features that hold what they must not: the future, the answer, or the inspector."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from scoring.analysis.training.evaluate import auc
from scoring.engine.cases import Relations
from scoring.errors import ModelError

CARRIED = 0.5
"""Share of a feature's variance that who visits may explain.

A rate by area stays far below, a rate by inspector is at 1.
"""
FEWEST_NAMED = 50
"""Cases that must say who visited before anything can be said about it."""
VISIT = ["enterprise_id", "visit_on"]
"""Columns that name a visit."""
INSPECTOR_COLUMNS = [*VISIT, "inspector"]
"""Columns of a list of who visited."""


def single_aucs(matrix: pd.DataFrame, labels: pd.Series) -> dict[str, float]:
    """Single-feature AUC (either direction, unknown apart) of every feature."""
    return {str(feature): single_auc(matrix[feature], labels) for feature in matrix}


def single_auc(column: pd.Series, labels: pd.Series) -> float:
    """AUC of one feature where it is known, in the direction that it has."""
    known = column.notna().to_numpy()
    # Where it is known there is nothing to tell apart: it holds no answer.
    if labels[known].nunique() < 2:
        return 0.5
    area = auc(labels[known], column[known])
    return max(area, 1 - area)


def refuse_future(
    build: Callable[[Relations, pd.DataFrame], pd.DataFrame],
    tables: Relations,
    cases: pd.DataFrame,
    day: date,
) -> None:
    """Refuses features that change when what became known later is left out.

    Args:
        build: Builds the features of some cases from some tables.
        tables: All tables.
        cases: Cases; those after the day are left out.
        day: The last day of knowledge.

    Raises:
        ModelError: A feature changes when later records are deleted.
    """
    early = cases[cases["as_of"] <= pd.Timestamp(day)]
    known = f"(SELECT * FROM {tables.records} WHERE known_on <= DATE '{day}')"
    past = Relations(tables.enterprises, known)
    with_all, without_later = build(tables, early), build(past, early)
    equal = {feature: with_all[feature].equals(without_later[feature]) for feature in with_all}
    changed = [str(feature) for feature in with_all if not equal[feature]]
    if changed:
        raise ModelError("feature_sees_future", day=day, features=changed)


def read_inspectors(path: Path, cases: pd.DataFrame) -> pd.Series:
    """Who made the visit of every case, by ``case_id``; for checking features and for nothing else.

    Args:
        path: A CSV file with ``enterprise_id``, ``visit_on`` and ``inspector``.
        cases: ``case_id``, ``enterprise_id`` and ``visit_on``.

    Raises:
        ModelError: The file cannot be read so, or says of too few cases who visited.
    """
    try:
        visits = pd.read_csv(path, dtype="str", usecols=INSPECTOR_COLUMNS)
        visits = visits.dropna().drop_duplicates(VISIT)
        visit_days = pd.to_datetime(visits["visit_on"], format="%Y-%m-%d")
        visits = visits.assign(visit_on=visit_days.astype(cases["visit_on"].dtype))
    except (OSError, ValueError) as error:
        raise ModelError("inspectors_unreadable", place=str(path), reason=str(error)) from error
    by_case = cases.merge(visits, how="left", on=VISIT).set_index("case_id")
    inspectors: pd.Series = by_case["inspector"]
    named, different = int(inspectors.notna().sum()), inspectors.nunique()
    if named < FEWEST_NAMED or different < 2:
        raise ModelError(
            "inspectors_unnamed",
            place=str(path),
            cases=len(inspectors),
            named=named,
            inspectors=different,
            fewest=FEWEST_NAMED,
        )
    return inspectors


def refuse_inspector(matrix: pd.DataFrame, inspector: pd.Series) -> dict[str, float]:
    """Share of every feature's variance that who visits explains (correlation ratio).

    Args:
        matrix: Features.
        inspector: Who visited, by the same index; unknown ones are left out.

    Raises:
        ModelError: A feature says who visits rather than how the enterprise is.
    """
    known = inspector.notna().to_numpy()
    shares = {}
    for feature in matrix:
        share = explained_by(matrix[feature][known], inspector[known])
        shares[str(feature)] = round(share, 4)
    worst = max(shares, key=lambda feature: shares[feature])
    if shares[worst] > CARRIED:
        raise ModelError("feature_tells_inspector", feature=worst, share=shares[worst])
    return shares


def explained_by(column: pd.Series, inspector: pd.Series) -> float:
    """Share of a feature's variance that lies between inspectors; unknown values are left out.

    This is the correlation ratio, less what chance gives it where inspectors are many and visits
    few.
    """
    frame = pd.DataFrame({"feature": column.to_numpy(), "inspector": inspector.to_numpy()}).dropna()
    visits, inspectors = len(frame), frame["inspector"].nunique()
    if visits <= inspectors or frame["feature"].nunique() < 2:
        return 0.0
    within = frame["feature"] - frame.groupby("inspector")["feature"].transform("mean")
    unexplained = float(np.square(within).sum()) / (visits - inspectors)
    return max(0.0, 1 - unexplained / float(frame["feature"].var()))
