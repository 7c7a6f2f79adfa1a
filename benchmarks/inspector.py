"""What the published Chicago figures rest on: who inspects. For comparison alone; no model of ours may see it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from scoring.analysis.training import evaluate
from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.evaluate import Order
from scoring.analysis.training.leaks import explained_by
from scoring.analysis.training.scorecard import Scorecard
from scoring.analysis.training.training_data import Prepared

Floats = NDArray[np.float64]
CAPPED = {"pastSerious": 1, "pastCritical": 1, "heat_burglary": 70, "heat_sanitation": 70, "heat_garbage": 50}
PLAIN = (
    "timeSinceLast",
    "temperatureMax",
    "tobacco_retail_over_counter",
    "consumption_on_premises_incidental_activity",
)
CITY = (
    "pastFail",
    "pastCritical",
    "pastSerious",
    "pastMinor",
    "timeSinceLast",
    "firstRecord",
    "ageAtInspection",
    "tavern",
    "outdoor_patio",
    "consumption_on_premises_incidental_activity",
    "tobacco_retail_over_counter",
    "package_goods",
    "limited_business_license",
    "public_place_of_amusement",
    "childrens_services_facility_license",
    "regulated_business_license",
    "filling_station",
    "caterers_liquor_license",
    "mobile_food_license",
    "heat_burglary",
    "heat_garbage",
    "heat_sanitation",
    "temperatureMax",
)
"""Inputs of the city's model table but the inspector; what describes the same visit's outcome is not among them."""
HALF_LIFE = 60
"""Days in which a visit loses half its weight in an inspector group's rate."""


def city_table(shared: Path, year: str) -> pd.DataFrame:
    """The city's model table of 2015 or 2019; ``Test`` marks the published window."""
    rows = pd.read_parquet(shared / "chicago-food" / f"model_table_{year}.parquet").reset_index(drop=True)
    return rows.assign(Test=rows["Test"].astype(bool))


def white_paper(shared: Path, named: bool) -> tuple[Order, float]:
    """The paper's logistic model with its caps, fitted again on its training rows: order and AUC on its test rows."""
    rows = city_table(shared, "2015")
    test = rows["Test"].to_numpy()
    inputs = pd.DataFrame({name: rows[name].astype(float).clip(upper=cap) for name, cap in CAPPED.items()})
    inputs = inputs.assign(
        **{name: rows[name].astype(float) for name in PLAIN}, old=(rows["ageAtInspection"] > 4).astype(float)
    )
    if named:
        inputs = inputs.join(pd.get_dummies(rows["sanitarian_group"].astype(str)).astype(float))
    scaled = ((inputs - inputs[~test].mean()) / inputs[~test].std()).to_numpy()
    fitted = LogisticRegression(C=1.0, max_iter=2000).fit(
        scaled[~test], rows.loc[~test, "criticalFound"].astype(int)
    )
    seen, score = rows[test], fitted.decision_function(scaled[test])
    found = evaluate.order(seen["Inspection_Date"], score, seen["criticalFound"])
    return found, evaluate.auc(seen["criticalFound"], score)


def with_groups(cases: pd.DataFrame, shared: Path) -> pd.DataFrame:
    """Cases with the ``group`` of inspectors that went, where the city says it."""
    visits = pd.read_csv(
        shared / "chicago-food" / "inspections.csv.gz",
        usecols=["License", "Inspection_Date", "sanitarian_group"],
    )
    known = visits.dropna().drop_duplicates(["License", "Inspection_Date"])
    keys = "chicago:" + known["License"].astype(str) + "|" + known["Inspection_Date"]
    keyed = pd.Series(known["sanitarian_group"].to_numpy(), index=keys)
    asked = cases["enterprise_id"].astype(str) + "|" + cases["visit_on"].dt.strftime("%Y-%m-%d")
    return cases.assign(group=keyed.reindex(asked).to_numpy())


def write_inspectors(shared: Path, target: Path) -> None:
    """Who visited, as ``sise model train --inspectors`` takes it: a group of inspectors for every visit."""
    visits = pd.read_csv(
        shared / "chicago-food" / "inspections.csv.gz",
        usecols=["License", "Inspection_Date", "sanitarian_group"],
        dtype="str",
    ).dropna()
    named = visits.rename(columns={"Inspection_Date": "visit_on", "sanitarian_group": "inspector"})
    named = named.assign(enterprise_id="chicago:" + named["License"])
    named[["enterprise_id", "visit_on", "inspector"]].to_csv(target, index=False)


def city_inputs(cases: pd.DataFrame, shared: Path) -> pd.DataFrame:
    """The city's own inputs (``CITY``) of every case; NaN where its table has no such visit."""
    table = city_table(shared, "2015").drop_duplicates(["License", "Inspection_Date"])
    days = pd.to_datetime(table["Inspection_Date"]).dt.strftime("%Y-%m-%d")
    rows = table[list(CITY)].astype(float).set_axis("chicago:" + table["License"].astype(str) + "|" + days)
    asked = cases["enterprise_id"].astype(str) + "|" + cases["visit_on"].dt.strftime("%Y-%m-%d")
    return rows.reindex(asked)


def explained(matrix: pd.DataFrame, group: pd.Series) -> dict[str, float]:
    """Share of every feature's variance that the inspector group explains, where it is known."""
    known = group.notna().to_numpy()
    return {str(name): round(explained_by(matrix[name][known], group[known]), 4) for name in matrix}


def allowed(
    definition: ModelDefinition, ready: Prepared, cases: pd.DataFrame, rows: NDArray[np.bool_], shared: Path
) -> tuple[Order, float]:
    """The same scorecard that also sees the city's inputs, the inspector group and its recent rate: order and AUC on ``rows``."""
    groups = pd.get_dummies(cases["group"]).set_axis(ready.matrix.index).astype(float)
    city = city_inputs(cases, shared).set_axis(ready.matrix.index)
    matrix = ready.matrix.join(city).join(groups).assign(recent=_rate(cases))
    learned = (cases["visit_on"] <= pd.Timestamp(definition.splits.train_until)).to_numpy() & cases[
        "group"
    ].notna().to_numpy()
    signs = [*(f.monotone for f in definition.features), *(0 for _ in (*CITY, *groups)), 1]
    card = Scorecard(max(definition.fit.max_bins), signs, definition.fit.l2).fit(
        matrix[learned].to_numpy(), ready.labels[learned]
    )
    score, seen = card.decision_function(matrix[rows].to_numpy()), cases[rows]
    return evaluate.order(seen["visit_on"], score, seen["label"]), evaluate.auc(seen["label"], score)


def _rate(cases: pd.DataFrame) -> Floats:
    """The group's rate of findings over the visits of earlier days, each losing weight by half-life; NaN where unknown."""
    daily = cases.groupby(["visit_on", "group"])["label"].agg(["sum", "count"]).unstack(fill_value=0)
    days = pd.date_range(cases["visit_on"].min(), cases["visit_on"].max())
    faded = daily.reindex(days, fill_value=0).ewm(halflife=HALF_LIFE, adjust=False).mean().shift(1)
    rates = (faded["sum"] / faded["count"]).stack()
    asked = pd.MultiIndex.from_arrays([cases["visit_on"], cases["group"]])
    found: Floats = rates.reindex(asked).to_numpy(dtype=np.float64)
    return found
