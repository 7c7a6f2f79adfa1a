"""Whether a model treats groups of visits alike: their flag rate, precision and false omission.

Groups are those of a district, a supervised area, an industry, a size, an age, and a way in which
visits were chosen.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine

GROUPS = ("chosen", "district_code", "supervised_by", "industry_code", "size_band", "age")
FLAGGED = 0.10
"""Share of the list that is flagged."""
FEWEST = 100
"""Visits of a group below which its rates are not printed: they would be noise about a few."""
MOST_GROUPS = 8
"""Groups of a kind that are printed, the greatest first."""
AGES = ((2, "0-2"), (5, "2-5"), (10, "5-10"))
"""Years since registration and what enterprises below them are called; older ones are ``10+``."""
DAYS_OF_A_YEAR = 365.25


def rates_by_group(
    cases: pd.DataFrame, score: NDArray[np.float64], engine: DuckEngine, tables: Relations
) -> list[dict[str, Any]]:
    """Rates of every group with enough visits, greatest groups first.

    Args:
        cases: ``enterprise_id``, ``as_of``, ``chosen`` and ``label``.
        score: More is riskier; the first 10 % are flagged, equal ones by enterprise.
        engine: Where the enterprises are.
        tables: Their tables.
    """
    ranked = np.lexsort((cases["enterprise_id"].to_numpy(dtype=str), -score))
    flagged = np.zeros(len(cases), dtype=bool)
    flagged[ranked[: round(len(cases) * FLAGGED)]] = True
    labels = cases["label"].to_numpy(dtype=np.int64)
    frame = _attributes(cases, engine, tables).assign(flagged=flagged, label=labels)
    rates = []
    for kind in GROUPS:
        for group in _greatest(frame[kind]):
            rates.append(_rates(kind, group, frame[frame[kind] == group]))
    return rates


def _greatest(groups: pd.Series) -> list[str]:
    """The groups that are printed: equal sizes by name, so that the card is the same every time."""
    sizes = groups.value_counts()
    enough = sizes[sizes >= FEWEST].index
    return sorted(enough, key=lambda group: (-int(sizes[group]), str(group)))[:MOST_GROUPS]


def _rates(kind: str, group: str, visits: pd.DataFrame) -> dict[str, Any]:
    flagged = visits.loc[visits["flagged"], "label"]
    others = visits.loc[~visits["flagged"], "label"]
    return {
        "by": kind,
        "group": str(group),
        "visits": len(visits),
        "flagged": round(float(visits["flagged"].mean()), 4),
        "precision": round(float(flagged.mean()), 4) if len(flagged) else None,
        "omission": round(float(others.mean()), 4) if len(others) else None,
    }


def _attributes(cases: pd.DataFrame, engine: DuckEngine, tables: Relations) -> pd.DataFrame:
    """Choice of the visit; district, area, industry, size and age of the enterprise; by case."""
    # A rate is about where an enterprise is now: of several versions the newest.
    newest = engine.select(
        f"""
        SELECT enterprise_id, district_code, supervised_by, industry_code, size_band, registered_on
        FROM {tables.enterprises}
        QUALIFY row_number() OVER (
            PARTITION BY enterprise_id
            ORDER BY known_on DESC NULLS LAST
        ) = 1"""
    )
    enterprises = newest.to_pandas().set_index("enterprise_id")
    by_case = enterprises.reindex(cases["enterprise_id"]).reset_index(drop=True)
    as_of = cases["as_of"].reset_index(drop=True)
    years = (as_of - pd.to_datetime(by_case["registered_on"])).dt.days / DAYS_OF_A_YEAR
    attributes: pd.DataFrame = by_case.assign(
        chosen=cases["chosen"].reset_index(drop=True),
        industry_code=_industry(by_case["industry_code"]),
        age=_age_group(years),
    )
    return attributes


def _industry(codes: pd.Series) -> pd.Series:
    """First letter and two digits of a code of GB/T 4754; what is no such code stays."""
    as_text = codes.astype("str")
    return codes.where(~as_text.str.fullmatch(r"[A-Z]\d{2,4}"), as_text.str[:3])


def _age_group(years: pd.Series) -> pd.Series:
    conditions = [years.isna(), *(years < limit for limit, _ in AGES)]
    # ``select`` gives text alone, so that an unknown age is an empty one until the end.
    groups = ["", *(group for _, group in AGES)]
    return pd.Series(np.select(conditions, groups, default="10+")).replace("", None)
