"""Whether an order holds among visits of the same hand: one inspector, one team, one district, one month.

Who visits differs more than whom is visited: rates by area carry the inspector of the area, and an
order by them looks good over a city while within each inspector's own visits it is drawing lots.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training import evaluate
from scoring.analysis.training.clustered import Blocks, area_within, placements, variance
from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine
from scoring.policy.language.points_table import Feature, Label
from scoring.sql.literals import literal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
KINDS = ("inspector", "team", "district", "month")
"""Ways to tell visits of one hand, the closest first; the first that is known decides."""
COVERED = 0.5
"""Share of the visits whose group must be known."""
AREAS = ("supervised_by", "district_code")
"""Columns whose rates are rates of an area."""


@dataclass(frozen=True)
class Grouping:
    """One way to tell visits of one hand.

    Attributes:
        by: An entry of ``KINDS``.
        numbers: The group of every visit, -1 where it is not known.
    """

    by: str
    numbers: Ints

    @property
    def count(self) -> int:
        """How many groups there are."""
        return len(np.unique(self.numbers[self.numbers >= 0]))


def groupings(
    cases: pd.DataFrame,
    label: Label,
    engine: DuckEngine,
    tables: Relations,
    inspectors: pd.Series | None = None,
) -> list[Grouping]:
    """The ways in which these visits can be grouped, the closest first.

    Args:
        cases: ``case_id``, ``enterprise_id`` and ``visit_on``.
        label: Says of which kind the visits are.
        engine: Where the records are.
        tables: Their tables.
        inspectors: Who visited, by ``case_id``, where it is known.
    """
    named = {"month": cases["visit_on"].dt.strftime("%Y-%m")}
    named["district"] = _districts(cases, engine, tables)
    named["team"] = _teams(cases, label, engine, tables)
    if inspectors is not None:
        named["inspector"] = inspectors.reindex(cases["case_id"])
    usable = []
    for kind in KINDS:
        if kind in named:
            numbers, _ = pd.factorize(named[kind].to_numpy(), sort=True)
            grouping = Grouping(kind, numbers.astype(np.int64))
            known = (grouping.numbers >= 0).mean()
            if kind == "month" or (grouping.count > 1 and known >= COVERED):
                usable.append(grouping)
    return usable


def _districts(cases: pd.DataFrame, engine: DuckEngine, tables: Relations) -> pd.Series:
    newest = engine.select(
        f"""
        SELECT enterprise_id, district_code
        FROM {tables.enterprises}
        QUALIFY row_number() OVER (PARTITION BY enterprise_id ORDER BY known_on DESC NULLS LAST) = 1"""
    ).to_pandas()
    districts: pd.Series = newest.set_index("enterprise_id")["district_code"]
    return districts.reindex(cases["enterprise_id"])


def _teams(cases: pd.DataFrame, label: Label, engine: DuckEngine, tables: Relations) -> pd.Series:
    """The authority that made the visit; of several on a day the first by name."""
    teams = engine.select(
        f"""
        SELECT enterprise_id, coalesce(decided_on, occurred_on) AS visit_on, min(authority) AS team
        FROM {tables.records}
        WHERE kind = {literal(label.kind)} AND known_until IS NULL AND authority IS NOT NULL
        GROUP BY 1, 2"""
    ).to_pandas()
    teams["visit_on"] = pd.to_datetime(teams["visit_on"]).astype(cases["visit_on"].dtype)
    return cases.merge(teams, how="left", on=["enterprise_id", "visit_on"])["team"]


def area_rates(features: Sequence[Feature]) -> list[str]:
    """Features that are rates of an area."""
    return [feature.id for feature in features if feature.by in AREAS]


def power_within(
    cases: pd.DataFrame, origin: Ints, score: Floats, area_score: Floats | None, grouping: Grouping
) -> dict[str, Any]:
    """How well scores order the visits of one hand and one origin, with 95 % intervals.

    Args:
        cases: ``visit_on``, ``enterprise_id`` and ``label`` of the tested visits.
        origin: The number of the origin whose model scored each visit.
        score: What the models say.
        area_score: What their rates of areas alone say; ``None`` without such rates.
        grouping: Which visits are of one hand.

    Returns:
        ``by``, ``groups``, ``visits``, ``findings``; ``auc`` with its ``interval``; the same of
        ``area_rates``; ``overall``, the AUC within origins alone; and ``own_visits``, days by which
        findings come earlier where each group keeps its own visits.
    """
    known = grouping.numbers >= 0
    # Every origin has a model of its own, whose scores are not those of another one.
    both = np.where(known, grouping.numbers + (grouping.count + 1) * origin, -1)
    labels, blocks = cases["label"].to_numpy(dtype=np.int64), Blocks.of(cases)
    figures = {
        "by": grouping.by,
        "groups": grouping.count,
        "visits": int(known.sum()),
        "findings": int(labels[known].sum()),
        **_area(labels, score, both, blocks),
        "overall": _area(labels, score, np.where(known, origin, -1), blocks)["auc"],
        "area_rates": None,
        "own_visits": next(days_within(cases, score, [Grouping(grouping.by, both)]), None),
    }
    if area_score is not None:
        figures["area_rates"] = _area(labels, area_score, both, blocks)
    return figures


def _area(labels: Ints, score: Floats, groups: Ints, blocks: Blocks) -> dict[str, Any]:
    placed = placements(labels, score, groups)
    if not placed.pairs:
        return {"auc": None, "interval": None}
    area = area_within(placed, blocks)
    low, high = area.interval
    return {"auc": round(area.auc, 4), "interval": [round(low, 4), round(high, 4)]}


def days_within(cases: pd.DataFrame, score: Floats, groups: Sequence[Grouping]) -> Iterator[dict[str, Any]]:
    """By grouping: days by which findings come earlier where each group keeps its own visits.

    Each group orders its own visits over its own days; nobody hands visits to others.

    Args:
        cases: ``visit_on``, ``enterprise_id`` and ``label`` of the visits of a window.
        score: More is visited earlier.
        groups: Ways to tell visits of one hand.
    """
    real_days = cases["visit_on"].to_numpy(dtype="datetime64[D]").astype(np.int64)
    hits = cases["label"].to_numpy() > 0
    for grouping in groups:
        earlier = np.zeros(len(cases))
        for number in np.unique(grouping.numbers[grouping.numbers >= 0]):
            own = grouping.numbers == number
            earlier[own] = evaluate.days_earlier_of_each(real_days[own], score[own])
        counted = hits & (grouping.numbers >= 0)
        findings = int(counted.sum())
        if findings:
            days = float(earlier[counted].mean())
            influence = np.where(counted, earlier - days, 0.0) / findings
            reach = 1.96 * float(np.sqrt(variance(influence, Blocks.of(cases))))
            bounds = [round(days - reach, 2), round(days + reach, 2)]
            yield {"by": grouping.by, "findings": findings, "days": round(days, 2), "interval": bounds}
