"""Whether a model treats groups alike: flag rate, precision and false omission by district, industry, size, age and choice of visit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine

GROUPS = ("chosen", "district_code", "supervised_by", "industry_code", "size_band", "age")
FLAGGED = 0.10
FEWEST = 100
"""Visits of a group below which its rates are not printed: they would be noise about few enterprises."""
MOST_GROUPS = 8
AGES = ((2, "0-2"), (5, "2-5"), (10, "5-10"))


def audit(
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
    frame = _attributes(cases, engine, tables).assign(
        flagged=flagged, label=cases["label"].to_numpy(dtype=np.int64)
    )
    rows = []
    for by in GROUPS:
        sizes = frame[by].value_counts()
        kept = sorted(sizes[sizes >= FEWEST].index, key=lambda group: (-int(sizes[group]), str(group)))[
            :MOST_GROUPS
        ]
        rows += [_rates(by, str(group), frame[frame[by] == group]) for group in kept]
    return rows


def _rates(by: str, group: str, rows: pd.DataFrame) -> dict[str, Any]:
    inside, outside = rows.loc[rows["flagged"], "label"], rows.loc[~rows["flagged"], "label"]
    return {
        "by": by,
        "group": group,
        "visits": len(rows),
        "flagged": round(float(rows["flagged"].mean()), 4),
        "precision": round(float(inside.mean()), 4) if len(inside) else None,
        "omission": round(float(outside.mean()), 4) if len(outside) else None,
    }


def _attributes(cases: pd.DataFrame, engine: DuckEngine, tables: Relations) -> pd.DataFrame:
    """Choice of the visit, and district, area, industry (first letter and two digits of GB/T 4754), size and age of the enterprise."""
    text = f"""
        SELECT enterprise_id, district_code, supervised_by, industry_code, size_band, registered_on FROM {tables.enterprises}
        QUALIFY row_number() OVER (PARTITION BY enterprise_id ORDER BY known_on DESC NULLS LAST) = 1"""
    known = (
        engine.select(text)
        .to_pandas()
        .set_index("enterprise_id")
        .reindex(cases["enterprise_id"])
        .reset_index(drop=True)
    )
    years = (cases["as_of"].reset_index(drop=True) - pd.to_datetime(known["registered_on"])).dt.days / 365.25
    code = known["industry_code"].astype("str")
    industry = known["industry_code"].where(~code.str.fullmatch(r"[A-Z]\d{2,4}"), code.str[:3])
    ages = np.select(
        [years.isna(), *(years < limit for limit, _ in AGES)],
        ["", *(word for _, word in AGES)],
        default="10+",
    )
    chosen = cases["chosen"].reset_index(drop=True)
    told: pd.DataFrame = known.assign(
        chosen=chosen, industry_code=industry, age=pd.Series(ages).replace("", None)
    )
    return told
