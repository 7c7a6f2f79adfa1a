"""Rows of results in effect, as queries give them and as ``Score``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import func, literal, select

from scoring.assess.assessor import to_score
from scoring.entities import FIRST_NOTICE, Score
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.computed import LISTS
from scoring.store.tables.orm import Assessment, Standing, table_of

_NOT_RATED = {
    "points": None,
    "band": None,
    "colour": None,
    "status": "not_rated",
    "status_reason": FIRST_NOTICE,
    **dict.fromkeys(LISTS, "[]"),
}


def in_effect_rows() -> Any:
    """A query for assessments in effect, with the name of the enterprise and whether a proposal is open.

    Where a first result waits none is in effect: its row is the proposed one, and ``first`` is true.
    """
    first = Standing.in_effect.is_(None).label("first")
    shown = func.coalesce(Standing.in_effect, Standing.latest)
    columns = (Standing.name, Standing.proposed, first, *table_of(Assessment).columns)
    return select(*columns).join(Assessment, Assessment.number == shown)


def latest_rows() -> Any:
    """A query for the latest assessments, proposed ones among them, with the columns of ``in_effect_rows``."""
    none = literal(False)
    columns = (Standing.name, none.label("proposed"), none.label("first"), *table_of(Assessment).columns)
    return select(*columns).join(Assessment, Standing.latest == Assessment.number)


def score_of(row: Mapping[str, Any], version: ResolvedPolicy) -> Score:
    """A row of such a query as the result that it holds."""
    if row["first"]:
        row = {**row, **_NOT_RATED}
    kept = {field.name: row[field.name] for field in fields(Score) if field.name in row}
    lists = {name: json.loads(row[name]) for name in LISTS}
    return to_score({**kept, **lists, "policy_version": version.policy.version})
