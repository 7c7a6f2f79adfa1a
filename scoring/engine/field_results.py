"""Points and bands by field of supervision, from the same contributions as the whole (Zhejiang Regulation art. 23)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from scoring.engine.decision import limits_of
from scoring.engine.indicators import ACTIVE
from scoring.engine.results import DecidedRows, Ints, bools_of, column_of, limits_that_hold, texts_of
from scoring.policy.language.schema import Limit, Policy

FIELD_SCHEMA = pa.schema(
    [
        ("enterprise_id", pa.string()),
        ("field", pa.string()),
        ("points", pa.int32()),
        ("band", pa.string()),
        ("colour", pa.string()),
    ]
)


def fields(rows: DecidedRows) -> pa.Table:
    """One row per rated enterprise and field in which it is active, ordered by both.

    Points are those of the related indicators alone; caps and vetoes hold where all that they test is
    related.
    """
    policy, parts = rows.policy, []
    enterprise_ids = column_of(rows.table, "enterprise_id")
    limit_flags = limits_that_hold(rows)
    holding = {(kind, flag.name): flag.is_set for kind, flags in limit_flags.items() for flag in flags}
    for number, related in enumerate(sorted(policy.fields or (), key=lambda related: related.id)):
        active = bools_of(column_of(rows.table, ACTIVE + related.id)).astype(bool) & rows.rated
        numbers = [n for n, indicator in enumerate(policy.indicators) if indicator.id in related.indicators]
        total = policy.scale.base + rows.points[:, numbers].sum(axis=1, dtype=np.int64)
        points = np.clip(total, policy.scale.low, policy.scale.high)
        reached = _band_numbers(points, policy)
        band_no = reached
        for kind, rule in limits_of(policy):
            if _tests_only(rule, related.indicators):
                allowed = _allowed_band(rule, reached, policy)
                band_no = np.where(holding[kind, rule.id], np.maximum(band_no, allowed), band_no)
        place = np.flatnonzero(active)
        parts.append((place, np.full(len(place), number), points[place], band_no[place]))
    return _field_rows(policy, enterprise_ids, parts)


def _field_rows(policy: Policy, enterprise_ids: pa.Array, parts: Sequence[tuple[Ints, ...]]) -> pa.Table:
    if not parts:
        return FIELD_SCHEMA.empty_table()
    place, number, points, band_no = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((number, place))
    names = sorted(related.id for related in policy.fields or ())
    columns = {
        "enterprise_id": enterprise_ids.take(pa.array(place[order])),
        "field": texts_of(names, number[order]),
        "points": pa.array(points[order], pa.int32()),
        "band": texts_of([band.id for band in policy.bands], band_no[order]),
        "colour": texts_of([band.colour for band in policy.bands], band_no[order]),
    }
    return pa.table(columns).cast(FIELD_SCHEMA)


def _band_numbers(points: Ints, policy: Policy) -> Ints:
    """Numbers of the bands that hold points, as ``decision.band_of``."""
    edges = [band.from_ for band in policy.bands]
    if policy.higher_is_better:
        return len(edges) - 1 - np.searchsorted(edges[::-1][1:], points, side="right")
    return np.searchsorted(edges[1:], points, side="right")


def _tests_only(rule: Limit, related: Sequence[str]) -> bool:
    conditions = (*rule.all, *rule.any)
    return all(condition.indicator is None or condition.indicator in related for condition in conditions)


def _allowed_band(rule: Limit, reached: Ints, policy: Policy) -> Ints:
    """The best band that a limit still allows."""
    if rule.worse_by is None:
        number = [band.id for band in policy.bands].index(str(rule.band))
        return np.full(len(reached), number)
    return np.minimum(reached + rule.worse_by, len(policy.bands) - 1)
