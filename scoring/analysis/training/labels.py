"""Cases and labels: whom to predict on which day, what then happened, and when it became known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scoring.analysis.training.definition import Cases, ModelDefinition
from scoring.analysis.training.features import OpenTables, enterprise_ids
from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine
from scoring.entities import codes
from scoring.errors import ModelError
from scoring.policy.language.points_table import Label
from scoring.sql.literals import literal

MIN_POSITIVES = 50
"""Positive cases below which nothing is measured or refitted."""
LEAST_POSITIVES = 10
"""Positive cases below which not even a draft is learned."""
ONE_DAY = pd.Timedelta(days=1)
CHOSEN = ("random", "planned", "targeted", "unknown")
"""Ways in which a visit came to be, as the occasions of ``kinds.toml`` say.

Of several on a day the last of these that is known counts.
"""


@dataclass(frozen=True)
class Labelled:
    """Cases with their labels.

    Attributes:
        cases: ``case_id``, ``enterprise_id``, ``as_of``, ``visit_on``, ``known_on`` (of the
            outcome), ``chosen`` (an entry of ``CHOSEN``) and ``label`` (0 or 1), by day and id.
        visits: All conclusive visits: ``enterprise_id``, ``visit_on``, ``known_on``, ``found``,
            ``chosen``.
        censored: Cases without a conclusive visit within the label's days: left out, never taken
            for good.
        never_visited: Enterprises without any conclusive visit: nothing is known about them, and no
            figure here is about them.
    """

    cases: pd.DataFrame
    visits: pd.DataFrame
    censored: int
    never_visited: int


def read_visits(engine: DuckEngine, tables: Relations, label: Label) -> pd.DataFrame:
    """Conclusive visits of the label's kind by day, a row per enterprise and day.

    Withdrawn and annulled ones are none.
    """
    frame: pd.DataFrame = engine.select(_visits_sql(tables, label)).to_pandas()
    for column in ("visit_on", "known_on"):
        frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    return frame.assign(chosen=np.array(CHOSEN)[frame["chosen"]])


def _visits_sql(tables: Relations, label: Label) -> str:
    conclusive = "result IS NOT NULL"
    if label.conclusive:
        conclusive = f"result IN ({_listed(label.conclusive)})"
    if label.occasion:
        conclusive += f" AND coalesce(occasion, 'unknown') IN ({_listed(label.occasion)})"
    having = "HAVING bool_or(value_x100 IS NOT NULL)" if label.scored else ""
    # A record of a branch (scope) is of a visit there, not to the enterprise that is predicted.
    return f"""
        SELECT enterprise_id,
               coalesce(decided_on, occurred_on) AS visit_on,
               max(known_on) AS known_on,
               CAST(bool_or(coalesce({_positive_sql(label)}, FALSE)) AS INT) AS found,
               coalesce(max({_chosen_sql()}), {CHOSEN.index("unknown")}) AS chosen
        FROM {tables.records}
        WHERE kind = {literal(label.kind)}
          AND known_until IS NULL
          AND withdrawn_on IS NULL
          AND coalesce(scope, 'own') = 'own'
          AND coalesce(contest, '') <> 'annulled'
          AND coalesce(decided_on, occurred_on) IS NOT NULL
          AND {conclusive}
        GROUP BY 1, 2
        {having}
        ORDER BY visit_on, enterprise_id"""


def _positive_sql(label: Label) -> str:
    """What makes a record a finding."""
    wanted = (("result", label.result), ("severity", label.severity))
    conditions = [f"{column} IN ({_listed(values)})" for column, values in wanted if values]
    return " AND ".join(conditions) or "TRUE"


def _chosen_sql() -> str:
    """The place in ``CHOSEN`` that a record's occasion has."""
    ranks = [
        f"WHEN {literal(code)} THEN {CHOSEN.index(str(occasion['chosen']))}"
        for code, occasion in codes()["occasions"].items()
    ]
    return f"CASE occasion {' '.join(ranks)} END"


def label_cases(data: OpenTables, label: Label, cases: Cases) -> Labelled:
    """The cases of open tables with their labels.

    Raises:
        ModelError: As ``make_cases``.
    """
    visits = read_visits(data.engine, data.tables, label)
    return make_cases(visits, enterprise_ids(data.engine, data.tables), label, cases)


def between(days: pd.Series, first: date, last: date) -> NDArray[np.bool_]:
    """Which days lie in a span, both ends included."""
    return ((days >= pd.Timestamp(first)) & (days <= pd.Timestamp(last))).to_numpy()


def learned_from(definition: ModelDefinition, cases: pd.DataFrame) -> NDArray[np.bool_]:
    """Which cases the final model learns from."""
    return (cases["visit_on"] <= pd.Timestamp(definition.splits.train_until)).to_numpy()


def by_choice(cases: pd.DataFrame) -> dict[str, int]:
    """Number of visits behind the cases by the way they came to be; what does not occur is left out."""
    counts = cases["chosen"].value_counts()
    return {choice: int(counts[choice]) for choice in CHOSEN if choice in counts}


def make_cases(visits: pd.DataFrame, enterprises: Sequence[str], label: Label, cases: Cases) -> Labelled:
    """Puts a label to every case that has one.

    Args:
        visits: What ``read_visits`` gave.
        enterprises: Ids of all enterprises.
        label: What is predicted, and within how many days.
        cases: The days on which a prediction is made.

    Raises:
        ModelError: There is no visit, only one class, or fewer than 10 positives.
    """
    first = pd.Timestamp(cases.first)
    if cases.every_days is None:
        case_days = _days_before_visits(visits, first)
    else:
        case_days = _fixed_days(visits, enterprises, first, cases.every_days)
    _refuse_no_case(case_days, visits, label, cases)
    joined = _next_visits(case_days, visits, label.within_days)

    labelled = joined.dropna(subset=["label"]).sort_values(["as_of", "enterprise_id"])
    labelled = labelled.drop(columns="on").reset_index(drop=True)
    refuse_thin(labelled, LEAST_POSITIVES)
    # Ids of equal length, for the engine gives cases in the order of their text.
    case_ids = [f"{number:09d}" for number in range(len(labelled))]
    labelled = labelled.assign(label=labelled["label"].astype("int64"), case_id=case_ids)
    never_visited = set(enterprises).difference(visits["enterprise_id"])
    return Labelled(labelled, visits, len(joined) - len(labelled), len(never_visited))


def _refuse_no_case(case_days: pd.DataFrame, visits: pd.DataFrame, label: Label, cases: Cases) -> None:
    """Says which days are the matter where no case lies after the first day."""
    if not len(visits):
        raise ModelError("label_no_visit", kind=label.kind)
    if not len(case_days):
        first, last = visits["visit_on"].min().date(), visits["visit_on"].max().date()
        raise ModelError("label_dates", visits=len(visits), begins=cases.first, first=first, last=last)


def _days_before_visits(visits: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    later = visits.loc[visits["visit_on"] > first, ["enterprise_id"]]
    return later.assign(as_of=visits["visit_on"] - ONE_DAY).drop_duplicates()


def _fixed_days(
    visits: pd.DataFrame, enterprises: Sequence[str], first: pd.Timestamp, every_days: int
) -> pd.DataFrame:
    fixed_days = pd.date_range(first, visits["visit_on"].max(), freq=f"{every_days}D", unit="us")
    columns = ["as_of", "enterprise_id"]
    every_pair = pd.MultiIndex.from_product([fixed_days, sorted(enterprises)], names=columns)
    return every_pair.to_frame(index=False)


def _next_visits(case_days: pd.DataFrame, visits: pd.DataFrame, within_days: int) -> pd.DataFrame:
    """Each enterprise and day with the first visit after that day, empty where none comes in time."""
    # A prediction is made at the end of a day: the visit of that day does not count.
    return pd.merge_asof(
        case_days.assign(on=case_days["as_of"] + ONE_DAY).sort_values("on"),
        visits.rename(columns={"found": "label"}).assign(on=visits["visit_on"]).sort_values("on"),
        on="on",
        by="enterprise_id",
        direction="forward",
        tolerance=pd.Timedelta(days=within_days - 1),
    )


def refuse_thin(cases: pd.DataFrame, fewest: int = MIN_POSITIVES) -> None:
    """Refuses cases that nothing can be learned from.

    Args:
        cases: With ``label``.
        fewest: Positives that are needed.

    Raises:
        ModelError: There is none, one class only, or there are too few positives.
    """
    positives = int(cases["label"].sum()) if len(cases) else 0
    if len(cases) == 0 or positives in (0, len(cases)):
        raise ModelError("label_one_class", cases=len(cases), positives=positives)
    if positives < fewest:
        raise ModelError("label_few_positives", positives=positives, fewest=fewest)


def _listed(values: Sequence[str]) -> str:
    return ", ".join(literal(value) for value in values)
