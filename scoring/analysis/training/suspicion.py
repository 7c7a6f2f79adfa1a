"""Why one feature alone tells the answer too well, and what to do about it.

Three things make it so, and each has its own remedy: an outcome that is taken for known before
anybody published it; visits that come in clusters, where the second repeats what the first found;
and a signal that is just strong, or the answer itself.
"""

from __future__ import annotations

from typing import Any, NoReturn

import pandas as pd

from scoring.analysis.training.definition import ModelDefinition
from scoring.analysis.training.features import FeatureSource
from scoring.analysis.training.labels import learned_from
from scoring.analysis.training.leaks import single_auc
from scoring.analysis.training.publication import lag_of, published_after
from scoring.analysis.training.training_data import Prepared
from scoring.errors import ModelError
from scoring.policy.language.release_gate import LATER_DAYS

AGAIN_DAYS = 30
"""Days within which another visit is taken for one of the same cluster."""
EXPLAINED = 0.5
"""Part of what is above chance that a cause must take away to be named."""


def refuse_suspicious(
    definition: ModelDefinition, source: FeatureSource, ready: Prepared, feature: str, area: float
) -> NoReturn:
    """Refuses a feature that tells the answer too well, naming the cause that its figures show.

    Args:
        definition: Says from which AUC on a feature is suspicious.
        source: What the features are made of.
        ready: The features.
        feature: The suspicious one.
        area: Its AUC.

    Raises:
        ModelError: Always.
    """
    limit = definition.splits.suspicious_auc
    shown: dict[str, Any] = {"feature": feature, "auc": area, "limit": limit, "higher": round(area + 0.02, 2)}
    learned = learned_from(definition, ready.labelled.cases)
    cases = ready.labelled.cases[learned]
    lag = lag_of(source.engine, source.tables, definition.label)
    if lag.assumed:
        days = lag.days + LATER_DAYS
        later = _without_recent(definition, source, ready, cases, days)[feature]
        area_later = single_auc(later, cases["label"])
        if _explains(area, area_later):
            raise ModelError("feature_before_publication", **shown, later=area_later, days=days)
    # Visits that follow no other one cannot repeat what it found.
    alone = ~_visited_again(ready, cases)
    area_alone = single_auc(
        ready.matrix.loc[cases["case_id"], feature][alone.to_numpy()], cases["label"][alone]
    )
    if _explains(area, area_alone):
        share = float(1 - alone.mean())
        raise ModelError("feature_of_clusters", **shown, alone=area_alone, days=AGAIN_DAYS, share=share)
    raise ModelError("feature_holds_answer", **shown)


def _explains(area: float, without: float) -> bool:
    return without - 0.5 <= (1 - EXPLAINED) * (area - 0.5)


def _without_recent(
    definition: ModelDefinition, source: FeatureSource, ready: Prepared, cases: pd.DataFrame, days: int
) -> pd.DataFrame:
    """The features as if visits had become known so many days after they took place."""
    lag = lag_of(source.engine, source.tables, definition.label)
    later = source.over(published_after(source.tables, definition.label, lag, days))
    return later.matrix(cases, later.values(cases), ready.means)


def _visited_again(ready: Prepared, cases: pd.DataFrame) -> pd.Series:
    """Whether the enterprise of a case was visited within the last days before it."""
    visits = ready.labelled.visits[["enterprise_id", "visit_on"]].sort_values("visit_on")
    before = visits.assign(on=visits["visit_on"].astype("datetime64[us]"), last=visits["visit_on"])
    case_days = cases[["case_id", "enterprise_id"]].assign(on=cases["as_of"].astype("datetime64[us]"))
    joined = pd.merge_asof(
        case_days.sort_values("on"), before[["on", "enterprise_id", "last"]], on="on", by="enterprise_id"
    ).set_index("case_id")["last"]
    last = joined.reindex(cases["case_id"]).to_numpy()
    return pd.Series((cases["as_of"].to_numpy() - last) <= pd.Timedelta(days=AGAIN_DAYS), index=cases.index)
