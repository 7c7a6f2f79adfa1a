"""Computed results as the store keeps them, from the engine's rows; it computes no point."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa

from scoring.engine import results
from scoring.engine.field_results import fields as field_results
from scoring.engine.results import HYSTERESIS, DecidedRows
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.log.canonical_json import compact
from scoring.store.standing.taking_effect import Weight

KEPT = (
    "points",
    "band",
    "colour",
    "status",
    "status_reason",
    "vetoes",
    "caps",
    "contributions",
    "fields",
)
"""What makes two results the same: values that count days change daily and move nobody."""
LISTS = ("reasons", "vetoes", "caps")
"""Columns that are kept as JSON lists."""
_PLAIN = (
    "enterprise_id",
    "name",
    "points",
    "band",
    "colour",
    "status",
    "status_reason",
    "coverage",
    "n_records",
)


@dataclass(frozen=True)
class ComputedResult:
    """The result of one enterprise, with the columns of ``orm.Assessment``; lists are JSON.

    ``fields`` is there where the policy has any.
    """

    enterprise_id: str
    name: str | None
    points: int | None
    band: str | None
    colour: str | None
    status: str
    status_reason: str | None
    reasons: str
    vetoes: str
    caps: str
    coverage: int
    n_records: int
    contributions: str
    given: str
    fields: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What is compared with an earlier result."""
        return key_of([getattr(self, name) for name in KEPT])


def key_of(kept: Sequence[Any]) -> tuple[object, ...]:
    """Values of ``KEPT`` as they are compared."""
    # Where the band is the same, it tells nothing that the band before held it back.
    plain_caps = kept[KEPT.index("caps")].replace(f',"{HYSTERESIS}"', "").replace(f'"{HYSTERESIS}"', "")
    return tuple(plain_caps if column == "caps" else value for column, value in zip(KEPT, kept, strict=True))


def computed_results(rows: DecidedRows, version: ResolvedPolicy) -> Iterator[ComputedResult]:
    """Results of the engine's rows, in their order."""
    scores = results.scores(rows, version)
    columns = {column: scores.column(column).to_pylist() for column in (*_PLAIN, *LISTS)}
    contributed_by_enterprise = _by_enterprise(results.contributions(rows))
    contributed = next(contributed_by_enterprise, None)
    in_fields = _in_fields(rows) if version.policy.fields else None
    for row_number, enterprise_id in enumerate(columns["enterprise_id"]):
        contributions: list[list[Any]] = []
        given: list[int | None] = []
        # Both come in the order of enterprises, but those that nothing moves have no contributions.
        if contributed is not None and contributed[0] == enterprise_id:
            for _, indicator_id, points, unknown, value in contributed[1]:
                contributions.append([indicator_id, points, unknown])
                given.append(value)
            contributed = next(contributed_by_enterprise, None)
        values: dict[str, Any] = {column: columns[column][row_number] for column in _PLAIN}
        values |= {column: text_of(columns[column][row_number]) for column in LISTS}
        yield ComputedResult(
            **values,
            contributions=text_of(contributions),
            given=text_of(given),
            fields=None if in_fields is None else text_of(in_fields.get(enterprise_id, [])),
        )


def _in_fields(rows: DecidedRows) -> dict[str, list[list[object]]]:
    """[field, points, band] of every field in which an enterprise is active, by enterprise."""
    by_enterprise: dict[str, list[list[object]]] = {}
    for row in field_results(rows).to_pylist():
        by_enterprise.setdefault(row["enterprise_id"], []).append([row["field"], row["points"], row["band"]])
    return by_enterprise


def _by_enterprise(contributions: pa.Table) -> Iterator[tuple[str, Iterator[tuple[Any, ...]]]]:
    """(id, indicator, points, unknown, value) of every contribution, together by enterprise."""
    names = ("enterprise_id", "indicator_id", "points", "unknown", "value")
    columns = [contributions.column(column).to_pylist() for column in names]
    return groupby(zip(*columns, strict=True), key=itemgetter(0))


def text_of(value: Sequence[object]) -> str:
    """A list as the store keeps it: JSON without blanks."""
    return compact(value)


def weight_of(result: Any, policy: Policy) -> Weight:
    """What a result holds against an enterprise: its limits, and what each adverse indicator costs.

    Args:
        result: Anything with ``vetoes``, ``caps`` and ``contributions`` as JSON.
        policy: The policy of the result.
    """
    better = 1 if policy.higher_is_better else -1
    costs = {
        indicator: -better * points
        for indicator, points, _unknown in json.loads(result.contributions)
        if better * points < 0
    }
    caps = [cap for cap in json.loads(result.caps) if cap != HYSTERESIS]
    limits = [f"veto {veto}" for veto in json.loads(result.vetoes)] + [f"cap {cap}" for cap in caps]
    return Weight(frozenset(limits), costs)
