"""What a model's figures rest on: publication, the age of a list, the label, and who was ever visited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training import evaluate
from scoring.analysis.training.candidates import candidates
from scoring.analysis.training.clustered import Blocks, area_within, placements
from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.features import FeatureSource, enterprise_ids
from scoring.analysis.training.gate_figures import over_floors
from scoring.analysis.training.holdout import in_window, listed_on
from scoring.analysis.training.labels import ONE_DAY, learned_from, read_visits
from scoring.analysis.training.publication import (
    ASSUMED_DAYS,
    Lag,
    labels_published_after,
    lag_of,
    published_after,
)
from scoring.analysis.training.train import Trained, assemble, parts_of
from scoring.analysis.training.training_data import Prepared
from scoring.entities import codes
from scoring.policy.language.points_table import Label, ModelTable, Window
from scoring.policy.language.release_gate import LATER_DAYS

Floats = NDArray[np.float64]
FEWEST_FOUND = 20
"""Findings below which an AUC is not told."""
FIRST_PART = 0.10
"""Part of a list that is called its first."""


def by_publication(
    definition: ModelDefinition, source: FeatureSource, ready: Prepared, trained: Trained
) -> dict[str, Any]:
    """Figures for other days of publication, the chosen candidate fitted anew under each.

    Returns:
        ``recorded`` (the commonest lag in the records), ``assumed`` (whether it is an assumption),
        and of every number of days ``mean_auc`` over the origins, ``holdout_auc`` and the advantage
        over the ``floors``.
    """
    lag = lag_of(source.engine, source.tables, definition.label)
    days = {*ASSUMED_DAYS, *([lag.days + LATER_DAYS] if lag.assumed else [])}
    return {
        "recorded": lag.days,
        "assumed": lag.assumed,
        "later": lag.days + LATER_DAYS,
        "days": {
            str(each): _published(definition, source, ready, trained, lag, each) for each in sorted(days)
        },
    }


def _published(
    definition: ModelDefinition,
    source: FeatureSource,
    ready: Prepared,
    trained: Trained,
    lag: Lag,
    days: int,
) -> dict[str, Any]:
    """Figures with visits published so many days after they took place."""
    if not (lag.assumed and lag.days == days):
        tables = published_after(source.tables, definition.label, lag, days)
        labelled = labels_published_after(ready.labelled, lag, days)
        ready = assemble(definition, source.over(tables), labelled)
    cases, labels = ready.labelled.cases, ready.labels
    fitter = candidates(definition)[trained.chosen]
    areas = []
    for origin in definition.splits.origins:
        before, after = parts_of(definition, cases, origin)
        if _has_both(labels[before]) and _has_both(labels[after]):
            score = fitter(ready.matrix[before], labels[before]).log_odds(ready.matrix[after].to_numpy())
            areas.append(evaluate.auc(labels[after], score))
    figures: dict[str, Any] = {"mean_auc": round(float(np.mean(areas)), 4) if areas else None}
    window = definition.holdout
    held = in_window(cases, window) if window else np.zeros(len(cases), dtype=bool)
    if _has_both(labels[held]):
        learned = learned_from(definition, cases)
        score = fitter(ready.matrix[learned], labels[learned]).log_odds(ready.matrix[held].to_numpy())
        figures["holdout_auc"] = round(evaluate.auc(labels[held], score), 4)
        figures["floors"] = over_floors(cases[held], score, ready.floors[held])
    return figures


def _has_both(labels: NDArray[np.int64]) -> bool:
    return 0 < int(labels.sum()) < len(labels)


def by_age_of_list(
    table: ModelTable, ready: Prepared, source: FeatureSource, window: Window
) -> dict[str, Any]:
    """AUC on the holdout of a list drawn anew daily, and of one drawn each quarter and each year.

    A list of the quarter is that of its first day, whatever has become known since.
    """
    cases = ready.labelled.cases[in_window(ready.labelled.cases, window)]
    visit_on = cases["visit_on"]
    drawn = {
        "daily": visit_on - ONE_DAY,
        "quarterly": visit_on.dt.to_period("Q").dt.start_time - ONE_DAY,
        "yearly": visit_on.dt.to_period("Y").dt.start_time - ONE_DAY,
    }
    figures = {}
    for how_often, as_of in drawn.items():
        as_of = as_of.astype(cases["as_of"].dtype)
        listed, score = listed_on(table, cases.assign(as_of=as_of), ready, source)
        figures[how_often] = {**_area(listed, score), "not_listed": len(cases) - len(listed)}
    return figures


def _area(cases: pd.DataFrame, score: Floats) -> dict[str, Any]:
    """AUC with its interval by days and enterprises; nothing with too few findings."""
    findings = int(cases["label"].sum())
    figures: dict[str, Any] = {"visits": len(cases), "findings": findings, "auc": None, "interval": None}
    if min(findings, len(cases) - findings) >= FEWEST_FOUND:
        area = area_within(placements(cases["label"], score), Blocks.of(cases))
        low, high = area.interval
        figures |= {"auc": round(area.auc, 4), "interval": [round(low, 4), round(high, 4)]}
    return figures


def by_label(
    label: Label, cases: pd.DataFrame, score: Floats, source: FeatureSource
) -> dict[str, dict[str, Any]]:
    """AUC of the same order where something else is called a finding."""
    figures = {}
    for name, other in _other_labels(label):
        visits = read_visits(source.engine, source.tables, other)[["enterprise_id", "visit_on", "found"]]
        joined = cases.drop(columns="label").merge(visits, how="left", on=["enterprise_id", "visit_on"])
        known = joined["found"].notna().to_numpy()
        relabelled = joined[known].rename(columns={"found": "label"})
        figures[name] = _area(relabelled, score[known])
    return figures


def _other_labels(label: Label) -> Iterator[tuple[str, Label]]:
    """The label as it is, any finding, and grave findings alone, as far as they differ."""
    yield "declared", label
    problems = tuple(code for code, row in codes()["results"].items() if row.get("evidence") == "problem")
    any_finding = label.model_copy(update={"result": problems, "severity": None})
    if (label.result, label.severity) != (any_finding.result, any_finding.severity):
        yield "any_finding", any_finding
    if label.severity != ("serious",):
        yield "grave", label.model_copy(update={"severity": ("serious",)})


def by_occasion(cases: pd.DataFrame, score: Floats) -> dict[str, dict[str, Any]]:
    """AUC among visits that came to be in the same way."""
    figures = {}
    chosen = cases["chosen"].to_numpy()
    for way in dict.fromkeys(chosen.tolist()):
        of_way = chosen == way
        figures[str(way)] = _area(cases[of_way], score[of_way])
    return figures


def of_everybody(table: ModelTable, ready: Prepared, source: FeatureSource, window: Window) -> dict[str, Any]:
    """Who is on the list of the window's first day: the never visited, and whom visits then went to.

    Later labels come from where visits go. If those go to the first of a list more often, the list
    makes its own labels; ``reweighted`` is the AUC with every visit weighed by how seldom such
    enterprises were visited.
    """
    day_before = pd.Timestamp(window.first) - ONE_DAY
    ids = enterprise_ids(source.engine, source.tables)
    everybody = pd.DataFrame({"enterprise_id": ids, "case_id": [f"e{n:09d}" for n in range(len(ids))]})
    as_of = pd.Series(day_before, index=everybody.index).astype(ready.labelled.cases["as_of"].dtype)
    listed, score = listed_on(table, everybody.assign(as_of=as_of), ready, source)
    visits = ready.labelled.visits
    before = visits[visits["visit_on"] < pd.Timestamp(window.first)]
    within = visits[in_window(visits, window)].drop_duplicates("enterprise_id").set_index("enterprise_id")
    names = listed["enterprise_id"]
    visited = names.isin(within.index).to_numpy()
    never = ~names.isin(before["enterprise_id"]).to_numpy()
    tenth = np.argsort(np.argsort(-score, kind="stable"), kind="stable") * 10 // max(len(score), 1)
    rates = np.array([visited[tenth == part].mean() if (tenth == part).any() else 0 for part in range(10)])
    first = tenth < FIRST_PART * 10
    return {
        "listed": len(listed),
        "never_visited": int(never.sum()),
        "never_in_first": round(float(first[never].mean()), 4) if never.any() else None,
        "visited_first": round(float(visited[first].mean()), 4),
        "visited_others": round(float(visited[~first].mean()), 4),
        **_reweighted(within["found"].reindex(names).to_numpy(), score, rates[tenth], visited),
    }


def _reweighted(outcomes: Floats, score: Floats, rates: Floats, visited: NDArray[np.bool_]) -> dict[str, Any]:
    """AUC among those visited, as it is and as if all had been visited alike."""
    labels, odds, weights = outcomes[visited] > 0, score[visited], 1 / rates[visited]
    if min(labels.sum(), (~labels).sum()) < FEWEST_FOUND:
        return {"auc": None, "reweighted": None}
    hits, misses = odds[labels], odds[~labels]
    order = np.argsort(misses, kind="stable")
    below = np.concatenate([[0.0], np.cumsum(weights[~labels][order])])
    left = below[np.searchsorted(misses[order], hits, side="left")]
    right = below[np.searchsorted(misses[order], hits, side="right")]
    area = float((weights[labels] * (left + right) / 2).sum() / (weights[labels].sum() * below[-1]))
    return {"auc": round(evaluate.auc(labels, odds), 4), "reweighted": round(area, 4)}
