"""Cases and labels: on which day whom to predict, what then happened, and when that became known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scoring.analysis.training.definition import Cases
from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine
from scoring.entities import codes
from scoring.errors import ModelError
from scoring.policy.language.points_table import Label
from scoring.sql.literals import literal

MIN_POSITIVES = 50
CHOSEN = ("random", "planned", "targeted", "unknown")
"""How a visit came to be, as the occasions of ``kinds.toml`` say; of several on a day the last of these that is known counts."""


@dataclass(frozen=True)
class Labelled:
    """Cases with their labels.

    Attributes:
        cases: ``case_id``, ``enterprise_id``, ``as_of``, ``visit_on``, ``known_on`` (of the outcome), ``chosen`` (one of ``CHOSEN``) and
            ``label`` (0 or 1), by day and id.
        visits: All conclusive visits: ``enterprise_id``, ``visit_on``, ``known_on``, ``found``, ``chosen``.
        censored: Cases without a conclusive visit within the label's days: left out, never taken for good.
        never_visited: Enterprises without any conclusive visit: nothing is known about them, and no figure here is about them.
    """

    cases: pd.DataFrame
    visits: pd.DataFrame
    censored: int
    never_visited: int


def read_visits(engine: DuckEngine, tables: Relations, label: Label) -> pd.DataFrame:
    """Conclusive visits of the label's kind, one row per enterprise and day, by day; withdrawn and annulled ones are none."""
    found = [
        f"{name} IN ({_listed(codes)})"
        for name, codes in (("result", label.result), ("severity", label.severity))
        if codes
    ]
    conclusive = f"result IN ({_listed(label.conclusive)})" if label.conclusive else "result IS NOT NULL"
    scored = " HAVING bool_or(value_x100 IS NOT NULL)" if label.scored else ""
    ranks = " ".join(
        f"WHEN {literal(code)} THEN {CHOSEN.index(str(of['chosen']))}"
        for code, of in codes()["occasions"].items()
    )
    text = f"""
        SELECT enterprise_id, coalesce(decided_on, occurred_on) AS visit_on, max(known_on) AS known_on,
               CAST(bool_or(coalesce({" AND ".join(found) or "TRUE"}, FALSE)) AS INT) AS found,
               coalesce(max(CASE occasion {ranks} END), {CHOSEN.index("unknown")}) AS chosen
        FROM {tables.records}
        WHERE kind = {literal(label.kind)} AND known_until IS NULL AND withdrawn_on IS NULL AND coalesce(scope, 'own') = 'own'
              AND coalesce(contest, '') <> 'annulled' AND coalesce(decided_on, occurred_on) IS NOT NULL AND {conclusive}
        GROUP BY 1, 2{scored} ORDER BY visit_on, enterprise_id"""
    frame: pd.DataFrame = engine.select(text).to_pandas()
    days = {name: pd.to_datetime(frame[name]).astype("datetime64[us]") for name in ("visit_on", "known_on")}
    return frame.assign(**days, chosen=np.array(CHOSEN)[frame["chosen"]])


def by_choice(cases: pd.DataFrame) -> dict[str, int]:
    """How many of the cases' visits came to be in each way; ways that do not occur are left out."""
    counts = cases["chosen"].value_counts()
    return {way: int(counts[way]) for way in CHOSEN if way in counts}


def make_cases(visits: pd.DataFrame, enterprises: Sequence[str], label: Label, cases: Cases) -> Labelled:
    """Puts a label to every case that has one.

    Raises:
        ModelError: There is no visit, only one class, or fewer than 50 positives.
    """
    first = pd.Timestamp(cases.first)
    never = len(set(enterprises).difference(visits["enterprise_id"]))
    asked = (
        _before_visits(visits, first)
        if cases.every_days is None
        else _grid(visits, enterprises, first, cases.every_days)
    )
    told = visits.rename(columns={"found": "label"}).assign(on=visits["visit_on"])
    asked = asked.assign(on=asked["as_of"] + pd.Timedelta(days=1))
    within = pd.Timedelta(days=label.within_days - 1)
    both = asked.sort_values("on"), told.sort_values("on")
    joined = pd.merge_asof(*both, on="on", by="enterprise_id", direction="forward", tolerance=within)
    kept = (
        joined.dropna(subset=["label"])
        .sort_values(["as_of", "enterprise_id"])
        .drop(columns="on")
        .reset_index(drop=True)
    )
    refuse_thin(kept)
    kept = kept.assign(label=kept["label"].astype("int64"), case_id=[f"{n:09d}" for n in range(len(kept))])
    return Labelled(kept, visits, len(joined) - len(kept), never)


def _before_visits(visits: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    asked = visits.loc[visits["visit_on"] > first, ["enterprise_id"]]
    return asked.assign(as_of=visits["visit_on"] - pd.Timedelta(days=1)).drop_duplicates()


def _grid(visits: pd.DataFrame, enterprises: Sequence[str], first: pd.Timestamp, every: int) -> pd.DataFrame:
    days = pd.date_range(first, visits["visit_on"].max(), freq=f"{every}D", unit="us")
    return pd.MultiIndex.from_product([days, sorted(enterprises)], names=["as_of", "enterprise_id"]).to_frame(
        index=False
    )


def refuse_thin(cases: pd.DataFrame) -> None:
    """Refuses cases that nothing can be learned from.

    Raises:
        ModelError: There is none, one class only, or fewer than 50 positives.
    """
    positives = int(cases["label"].sum()) if len(cases) else 0
    if len(cases) == 0 or positives in (0, len(cases)):
        raise ModelError(
            zh=f"标签只有一类：{len(cases)} 个样本中 {positives} 个为正；请核对 [label] 的 result、severity 和 within_days，例如 "
            "within_days = 180",
            en=f"the label has one class only: {positives} of {len(cases)} cases are positive; check result, severity and within_days of "
            "[label], e.g. within_days = 180",
        )
    if positives < MIN_POSITIVES:
        raise ModelError(
            zh=f'正样本只有 {positives} 个，至少需要 {MIN_POSITIVES} 个；请加长时段或放宽标签，例如 severity = ["general", "serious"]',
            en=f"there are {positives} positives, at least {MIN_POSITIVES} are needed; take a longer span or a wider label, "
            'e.g. severity = ["general", "serious"]',
        )


def _listed(codes: Sequence[str]) -> str:
    return ", ".join(literal(code) for code in codes)
