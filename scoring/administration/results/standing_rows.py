"""Rows of results in effect, as queries give them and as ``Score``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import select

from scoring.assess.assessor import to_score
from scoring.entities import Score
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.computed import LISTS
from scoring.store.tables.orm import Assessment, Standing, table_of


def in_effect_rows() -> Any:
    """A query for assessments in effect, with the name of the enterprise and whether a proposal is open."""
    columns = (Standing.name, Standing.proposed, *table_of(Assessment).columns)
    return select(*columns).join(Assessment, Assessment.number == Standing.in_effect)


def score_of(row: Mapping[str, Any], version: ResolvedPolicy) -> Score:
    """A row of such a query as the result that it holds."""
    kept = {field.name: row[field.name] for field in fields(Score) if field.name in row}
    lists = {name: json.loads(row[name]) for name in LISTS}
    return to_score({**kept, **lists, "policy_version": version.policy.version})
