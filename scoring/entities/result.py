"""The result: one score, what each indicator gave, and the bands that it may have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from scoring.entities.canonical import Colour

FIRST_NOTICE = "first_notice"
"""Reason of a first result that waits for its notice: the enterprise is not rated yet."""


@dataclass(frozen=True)
class BandInfo:
    """A band as people see it: ``rank`` 1 is best of ``of``."""

    id: str
    rank: int
    of: int
    colour: Colour | None
    label: Mapping[str, str]
    from_points: int


@dataclass(frozen=True)
class Contribution:
    """What one indicator gave: ``base + sum of points = points`` of the score, exactly.

    Attributes:
        indicator_id: Id in the policy, or ``scale_limit`` for clipping to the scale.
        value: The indicator's value in its own unit (see the aggregate), ``None`` when unknown.
        unknown: Whether the value is unknown, which is not zero.
        points: Points given, in the policy's unit.
    """

    indicator_id: str
    value: int | None
    unknown: bool
    points: int


@dataclass(frozen=True)
class FieldResult:
    """What one enterprise has in a field of supervision in which it is active: for supervision there alone."""

    field: str
    points: int
    band: str
    colour: Colour | None


@dataclass(frozen=True)
class Score:
    """The result for one enterprise on one day under one version of a policy.

    Fields as in ``scores.parquet``.
    """

    enterprise_id: str
    name: str | None
    as_of: date
    points: int | None
    band: str | None
    colour: Colour | None
    status: Literal["rated", "not_rated"]
    status_reason: str | None
    reasons: tuple[str, ...]
    vetoes: tuple[str, ...]
    caps: tuple[str, ...]
    coverage: int
    n_records: int
    policy_id: str
    policy_version: str
    rules_sha256: str
