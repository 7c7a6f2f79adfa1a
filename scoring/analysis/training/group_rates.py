"""Whether a model treats groups of visits alike: their flag rate, precision and false omission.

Groups are those of a district, a supervised area, an industry, a size, an age, and a way in which
visits were chosen. A group is judged from ``FEWEST_FLAGGED`` flagged visits on: it differs where its
precision or its omission is certainly another than that of all other visits, however many groups are
looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from scoring.analysis.training.clustered import Blocks, variance
from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine

Floats = NDArray[np.float64]
GROUPS = ("chosen", "district_code", "supervised_by", "industry_code", "size_band", "age")
FLAGGED = 0.10
"""Share of the list that is flagged."""
FEWEST = 100
"""Visits of a group below which its rates are not printed: they would be noise about a few."""
FEWEST_FLAGGED = 30
"""Flagged visits, and visits that are not, below which a group is not judged."""
CERTAIN = 0.05
"""Chance of a difference by accident in any of the groups that are judged."""
MOST_GROUPS = 8
"""Groups of a kind that are printed, the greatest first."""
AGES = ((2, "0-2"), (5, "2-5"), (10, "5-10"))
"""Years since registration and what enterprises below them are called; older ones are ``10+``."""
DAYS_OF_A_YEAR = 365.25


def rates_by_group(
    cases: pd.DataFrame, score: NDArray[np.float64], engine: DuckEngine, tables: Relations
) -> list[dict[str, Any]]:
    """Rates of every group with enough visits and their intervals, greatest groups first.

    Each has a ``verdict``: alike, differs, or too_few.

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
    blocks = Blocks.of(cases)
    members = [(kind, group) for kind in GROUPS for group in _greatest(frame[kind])]
    judged = sum(_is_judged(frame, frame[kind] == group) for kind, group in members)
    limit = float(stats.norm.isf(CERTAIN / 4 / max(judged, 1)))
    return [_rates(kind, group, frame, blocks, limit) for kind, group in members]


def verdict_of(rates: Sequence[Mapping[str, Any]]) -> str:
    """What is said of all groups: ``differs`` if one does, ``alike`` if none of those judged does."""
    verdicts = {group["verdict"] for group in rates}
    return next((verdict for verdict in ("differs", "alike") if verdict in verdicts), "too_few")


def _is_judged(frame: pd.DataFrame, inside: pd.Series) -> bool:
    flagged = int((inside & frame["flagged"]).sum())
    return min(flagged, int(inside.sum()) - flagged) >= FEWEST_FLAGGED


def _greatest(groups: pd.Series) -> list[str]:
    """The groups that are printed: equal sizes by name, so that the card is the same every time."""
    sizes = groups.value_counts()
    enough = sizes[sizes >= FEWEST].index
    return sorted(enough, key=lambda group: (-int(sizes[group]), str(group)))[:MOST_GROUPS]


def _rates(kind: str, group: str, frame: pd.DataFrame, blocks: Blocks, limit: float) -> dict[str, Any]:
    inside = (frame[kind] == group).to_numpy()
    flagged = frame["flagged"].to_numpy(dtype=bool)
    labels = frame["label"].to_numpy(dtype=np.float64)
    parts = {"precision": flagged, "omission": ~flagged}
    rates = {name: _Share.of(labels, inside & part, blocks) for name, part in parts.items()}
    verdict = "too_few"
    if _is_judged(frame, frame[kind] == group):
        others = {name: _Share.of(labels, ~inside & part, blocks) for name, part in parts.items()}
        apart = [name for name, rate in rates.items() if rate.differs(others[name], limit)]
        verdict = "differs" if apart else "alike"
    return {
        "by": kind,
        "group": str(group),
        "visits": int(inside.sum()),
        "flagged": round(float(flagged[inside].mean()), 4),
        "flagged_visits": int((inside & flagged).sum()),
        **{name: rate.shown for name, rate in rates.items()},
        **{f"{name}_interval": rate.interval for name, rate in rates.items()},
        "verdict": verdict,
    }


@dataclass(frozen=True)
class _Share:
    """A share of some visits with its standard error by days and enterprises."""

    count: int
    rate: float
    error: float

    @classmethod
    def of(cls, labels: Floats, rows: NDArray[np.bool_], blocks: Blocks) -> _Share:
        """The share of findings among some visits."""
        count = int(rows.sum())
        if not count:
            return cls(0, np.nan, np.nan)
        rate = float(labels[rows].mean())
        by_blocks = variance((labels[rows] - rate) / count, blocks[rows])
        # Of none, or of all, the visits themselves show no variance.
        near = (rate * count + 1) / (count + 2)
        return cls(count, rate, float(np.sqrt(max(by_blocks, near * (1 - near) / count))))

    @property
    def shown(self) -> float | None:
        """The share, rounded; nothing to divide by gives none."""
        return round(self.rate, 4) if self.count else None

    @property
    def interval(self) -> list[float] | None:
        """Its 95 % interval."""
        if not self.count:
            return None
        reach = 1.96 * self.error
        return [round(max(self.rate - reach, 0.0), 4), round(min(self.rate + reach, 1.0), 4)]

    def differs(self, other: _Share, limit: float) -> bool:
        """Whether two shares of different visits are apart by so many standard errors."""
        spread = float(np.hypot(self.error, other.error))
        return other.count > 0 and abs(self.rate - other.rate) > limit * spread


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
