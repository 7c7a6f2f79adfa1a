"""Checks of findings and their mending: to have mended never costs more than to have left open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

from scoring.entities import RelationSet, codes
from scoring.policy.check.subject import Subject
from scoring.policy.language.schema import MODEL, Indicator, RecordWeight
from scoring.policy.language.selection import SELECTED_COLUMNS, UNKNOWN
from scoring.policy.read.finding import Finding

Codes = Mapping[str, str | None]
OPEN, MENDED = "open", "mended"


def check_weights(subject: Subject) -> Iterator[Finding]:
    """No record is weighed by two rows of one indicator."""
    for toml_path, indicator in subject.indicators():
        for (_, one), (place, other) in combinations(enumerate(indicator.weights or ()), 2):
            if _overlap(one.severity, other.severity) and _overlap(one.state, other.state):
                yield subject.finding(
                    "weights_overlap", (*toml_path, "weights", place), indicator=indicator.id
                )


def _overlap(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> bool:
    return one is None or other is None or bool(set(one) & set(other))


def check_mending(subject: Subject) -> Iterator[Finding]:
    """A finding that was mended, on the spot or later, weighs at most what it weighs while open."""
    relations = subject.law.relations if subject.law else None
    if relations is None:
        return
    for toml_path, indicator in subject.indicators():
        if indicator.direction != "adverse" or indicator.aggregate == MODEL:
            continue
        costly = next(_costlier_mended(indicator, relations), None)
        if costly is not None:
            yield subject.finding("mending_costs", toml_path, indicator=indicator.id, result=costly)


def _costlier_mended(indicator: Indicator, relations: RelationSet) -> Iterator[str]:
    """Results that weigh more once mended than a finding that stands open."""
    rechecks = relations.rechecks
    severities = [*codes()["severities"], None]
    kinds = [kind for kind in rechecks.kinds if indicator.select.takes("kind", kind)]
    # A field is taken or it is not, and weighs nothing else: one that is taken stands for all.
    fields = [field for field in (*codes()["fields"], None) if indicator.select.takes("field", field)]
    open_results = [result for result in rechecks.findings if result in ("problem", "violation")]
    for kind, field, severity in product(kinds, fields[:1], severities):
        record: Codes = {
            "kind": kind,
            "field": field,
            "severity": severity,
            "info_class": None,
            "occasion": None,
            "scope": "own",
        }
        for result in rechecks.findings:
            left_open = weight_of(indicator, {**record, "result": result, "state": OPEN})
            if weight_of(indicator, {**record, "result": result, "state": MENDED}) > left_open:
                yield result
        for result in rechecks.on_the_spot:
            least = min(
                weight_of(indicator, {**record, "result": finding, "state": OPEN}) for finding in open_results
            )
            if weight_of(indicator, {**record, "result": result, "state": MENDED}) > least:
                yield result


def weight_of(indicator: Indicator, record: Codes) -> int:
    """What a new record with these codes counts in an indicator, in percent."""
    if not all(indicator.select.takes(column, record[column]) for column in SELECTED_COLUMNS):
        return 0
    if indicator.weights is None:
        return 100
    return next((weight.percent for weight in indicator.weights if _takes(weight, record)), 0)


def _takes(weight: RecordWeight, record: Codes) -> bool:
    severity = record["severity"] or UNKNOWN
    of_severity = weight.severity is None or severity in weight.severity
    return of_severity and (weight.state is None or record["state"] in weight.state)
