"""How much an order rests on when visits are assumed to have become known.

Few sources say when an outcome was published; their maps assume so many days. Training under another
assumption shows what the assumption is worth: a model that needs the outcome of last week as of
today is of no use where it takes three weeks to be published.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from scoring.analysis.training.labels import Labelled
from scoring.engine.cases import Relations
from scoring.engine.duckdb import DuckEngine
from scoring.policy.language.points_table import Label
from scoring.sql.literals import literal

ASSUMED_DAYS = (0, 20, 60)
"""Days from the visit to its publication that a card has figures for."""
ALIKE = 0.95
"""Share of visits published after the same number of days, from which on that is taken for assumed."""
_EVENT = "coalesce(decided_on, occurred_on)"


class Lag(NamedTuple):
    """Days between a visit and its publication: the commonest, and whether it is assumed."""

    days: int
    assumed: bool


def lag_of(engine: DuckEngine, tables: Relations, label: Label) -> Lag:
    """How long after a visit its outcome became known, as the records have it.

    Nobody publishes everything after the same number of days: what is so was assumed by a map.
    """
    counted = engine.select(
        f"""
        SELECT date_diff('day', {_EVENT}, known_on) AS days, count(*) AS visits
        FROM {tables.records}
        WHERE kind = {literal(label.kind)} AND known_on IS NOT NULL AND {_EVENT} IS NOT NULL
        GROUP BY 1
        ORDER BY visits DESC, days"""
    ).to_pylist()
    if not counted:
        return Lag(0, assumed=False)
    commonest, every = counted[0], sum(row["visits"] for row in counted)
    return Lag(int(commonest["days"]), commonest["visits"] >= ALIKE * every)


def published_after(tables: Relations, label: Label, lag: Lag, days: int) -> Relations:
    """The same tables, as if visits had become known so many days after they took place.

    Where the day of publication is recorded, it is no earlier than that.
    """
    later = f"CAST({_EVENT} + INTERVAL {days} DAY AS DATE)"
    if lag.assumed:
        # A correction has a day of its own, which stays.
        same = f"date_diff('day', {_EVENT}, known_on) = {lag.days}"
        known_on = f"CASE WHEN {same} THEN {later} ELSE known_on END"
    else:
        known_on = f"greatest(known_on, {later})"
    # Other records are published by others, and nothing is assumed of them here.
    of_visits = f"CASE WHEN kind = {literal(label.kind)} THEN {known_on} ELSE known_on END"
    return Relations(
        tables.enterprises, f"(SELECT * REPLACE ({of_visits} AS known_on) FROM {tables.records})"
    )


def labels_published_after(labelled: Labelled, lag: Lag, days: int) -> Labelled:
    """The same cases and visits, as if their outcomes had become known so many days later."""
    return replace(
        labelled,
        cases=_later(labelled.cases, lag, days),
        visits=_later(labelled.visits, lag, days),
    )


def _later(frame: pd.DataFrame, lag: Lag, days: int) -> pd.DataFrame:
    later = (frame["visit_on"] + pd.Timedelta(days=days)).astype(frame["known_on"].dtype)
    if lag.assumed:
        same = (frame["known_on"] - frame["visit_on"]).dt.days == lag.days
        return frame.assign(known_on=later.where(same, frame["known_on"]))
    return frame.assign(known_on=frame["known_on"].where(frame["known_on"] >= later, later))
