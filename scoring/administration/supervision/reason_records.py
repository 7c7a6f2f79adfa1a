"""The records behind the reasons of a list of whom to visit first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from scoring.assess.dataset import Dataset
from scoring.engine.cases import Case
from scoring.policy.language.points_table import ModelTable, ScoredFeature
from scoring.policy.model_policy import inputs_policy
from scoring.sql.literals import literal


@dataclass(frozen=True)
class ReasonRecord:
    """A record that a feature looks at.

    Attributes:
        record_id: Its id.
        kind: Its kind.
        dated_on: The day that it ages from.
    """

    record_id: str
    kind: str
    dated_on: date


Behind = Mapping[tuple[str, str], Sequence[ReasonRecord]]
"""By enterprise and feature, the newest first."""


def records_behind(
    table: ModelTable, data: Dataset, enterprise_ids: Sequence[str], as_of: date
) -> dict[tuple[str, str], list[ReasonRecord]]:
    """The records that each feature of some enterprises looks at as of a day.

    A rate of peers rests on the records of all of them, and an age on none: neither has an entry.

    Args:
        table: The model.
        data: Where the records are.
        enterprise_ids: The enterprises.
        as_of: The day, at its end.
    """
    if not enterprise_ids:
        return {}
    policy = inputs_policy(table.inputs, table.finality)
    cases = [Case(enterprise_id, enterprise_id, as_of) for enterprise_id in enterprise_ids]
    kinds = _kinds(data, enterprise_ids)
    features_of = _own_features(table.features)
    behind: dict[tuple[str, str], list[ReasonRecord]] = defaultdict(list)
    for trace in data.engine.trace_cases(policy, cases, data.tables):
        who, record_id = trace["case_id"], trace["record_id"]
        looking = dict.fromkeys(name for looked in trace["weights"] for name in features_of[looked])
        for feature in looking:
            dated_on = as_of - timedelta(days=trace["age"])
            behind[who, feature].append(ReasonRecord(record_id, kinds[who, record_id], dated_on))
    for records in behind.values():
        records.sort(key=lambda record: (-record.dated_on.toordinal(), record.record_id))
    return dict(behind)


def _own_features(features: Sequence[ScoredFeature]) -> dict[str, list[str]]:
    """By input the features that it enters, where they are of the enterprise itself."""
    by_input: dict[str, list[str]] = defaultdict(list)
    for feature in features:
        if feature.by is None:
            for name in filter(None, (feature.of, feature.among)):
                by_input[name].append(feature.id)
    return by_input


def _kinds(data: Dataset, enterprise_ids: Sequence[str]) -> dict[tuple[str, str], str]:
    wanted = ", ".join(map(literal, enterprise_ids))
    rows = data.engine.select(
        f"""
        SELECT DISTINCT enterprise_id, record_id, kind
        FROM {data.tables.records}
        WHERE enterprise_id IN ({wanted})
        """
    )
    return {(row["enterprise_id"], row["record_id"]): row["kind"] for row in rows.to_pylist()}
