"""The nouns of the scorer: canonical tables, colours, scores and explanations.

Nothing here reads a file but the closed lists of ``rules/kinds.toml``, and nothing here computes a point.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

Lang = Literal["zh", "en"]
ColumnType = Literal["text", "date", "int"]


class Colour(StrEnum):
    """Colours of a code. Which is best is policy data, never this order."""

    BLUE = "blue"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


ENTERPRISE_COLUMNS: Mapping[str, ColumnType] = {
    "enterprise_id": "text",
    "name": "text",
    "entity_type": "text",
    "status": "text",
    "registered_on": "date",
    "industry_code": "text",
    "district_code": "text",
    "supervised_by": "text",
    "parent_id": "text",
    "size_band": "text",
    "source": "text",
    "known_on": "date",
    "known_until": "date",
}
"""Canonical enterprises, one row per version: ``known_on`` inclusive (null: always known), ``known_until`` exclusive."""

RECORD_COLUMNS: Mapping[str, ColumnType] = {
    "record_id": "text",
    "enterprise_id": "text",
    "act_id": "text",
    "kind": "text",
    "field": "text",
    "result": "text",
    "severity": "text",
    "info_class": "text",
    "scope": "text",
    "occurred_on": "date",
    "decided_on": "date",
    "served_on": "date",
    "final_on": "date",
    "contest": "text",
    "procedure": "text",
    "publish_until": "date",
    "restored_on": "date",
    "withdrawn_on": "date",
    "amount_fen": "int",
    "value_x100": "int",
    "authority": "text",
    "document_no": "text",
    "basis_document_no": "text",
    "officer_note": "text",
    "source": "text",
    "known_on": "date",
    "known_until": "date",
}
"""Canonical records, one dated fact a row, versioned like enterprises. ``officer_note`` is never shown to the public."""

CODED_COLUMNS: Mapping[str, str] = {
    "kind": "kinds",
    "field": "fields",
    "result": "results",
    "severity": "severities",
    "info_class": "severities",
    "scope": "scopes",
    "contest": "contests",
    "procedure": "procedures",
    "entity_type": "entity_types",
    "status": "statuses",
    "size_band": "size_bands",
}
"""Columns whose values are a closed list, and that list's table in ``rules/kinds.toml``."""

MAX_AMOUNT_FEN = 10**12
MAX_RECORDS = 50_000
"""Bounds that make 64-bit sums safe: amount x weight x records <= 10^12 x 100 x 50,000 < 2^63."""


@cache
def codes() -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    """The closed lists of ``rules/kinds.toml``: table name -> code -> attributes (``zh``, ``en``, ``rank``, ...)."""
    return tomllib.loads(files("scoring").joinpath("rules/kinds.toml").read_text(encoding="utf-8"))


@cache
def code_number(column: str, code: str) -> int:
    """Number of a code within its closed list, from 1; severities so count up from minor.

    Raises:
        KeyError: The column's list has no such code.
    """
    return list(codes()[CODED_COLUMNS[column]]).index(code) + 1 if code in codes()[CODED_COLUMNS[column]] else _missing(column, code)


def _missing(column: str, code: str) -> int:
    raise KeyError(f"{column}: {code}")


def code_label(table: str, code: str | None, lang: Lang) -> str:
    """Label of a code in ``zh`` or ``en``; the code itself if it is not in the list, a dash if there is none."""
    if code is None:
        return "—"
    return str(codes()[table].get(code, {}).get(lang, code))


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
class Score:
    """The result for one enterprise on one day under one version of a policy; fields as in ``scores.parquet``."""

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
    policy_sha256: str


@dataclass(frozen=True)
class Evidence:
    """One record behind a reason, as it may be shown."""

    record_id: str
    kind: str
    result: str | None
    severity: str | None
    occurred_on: date | None
    decided_on: date | None
    authority: str | None
    document_no: str | None
    amount_fen: int | None
    source: str | None
    weight: int
    counts_until: date | None
    final_presumed: bool = False
    officer_note: str | None = None


@dataclass(frozen=True)
class Citation:
    """An article that a rule rests on."""

    id: str
    document: str
    article: str
    title: str
    issued_on: date
    url: str | None
    tag: str


@dataclass(frozen=True)
class Reason:
    """One line of an explanation: an indicator that moved the points, with its records and articles."""

    indicator_id: str
    label: Mapping[str, str]
    points: int
    value: int | None
    unknown: bool
    direction: str
    evidence: tuple[Evidence, ...]
    legal: tuple[Citation, ...]
    remedy: Mapping[str, str] | None


@dataclass(frozen=True)
class Rule:
    """A gate, cap or veto that took effect, with its label and article."""

    id: str
    kind: Literal["gate", "cap", "veto", "hysteresis"]
    label: Mapping[str, str]
    band: str | None
    legal: tuple[Citation, ...]
    evidence: tuple[Evidence, ...] = ()


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
class Explanation:
    """Why an enterprise has its colour on a day: the score, its reasons with records and articles, and what helps.

    Attributes:
        score: The result explained.
        base: Points before any contribution.
        contributions: All contributions that are not zero, ``scale_limit`` included.
        reasons: The same in order of weight, with evidence; ``scale_limit`` is left out.
        rules: Gates, caps and vetoes that took effect.
        band: The band reached, ``None`` when not rated.
        bands: All bands, best first: the legend.
        excluded: Records that did not count, as (record, exclusion code); for officers only.
        advice: What the enterprise can do, most useful first.
        next_check: Sentence on how often such an enterprise is inspected.
        demonstration: True when the policy is not in force as law: every view must say so.
    """

    score: Score
    enterprise: Mapping[str, object]
    base: int
    contributions: tuple[Contribution, ...]
    reasons: tuple[Reason, ...]
    rules: tuple[Rule, ...]
    band: BandInfo | None
    bands: tuple[BandInfo, ...]
    excluded: tuple[tuple[Evidence, str], ...]
    advice: tuple[Mapping[str, str], ...]
    next_check: Mapping[str, str]
    policy_title: Mapping[str, str]
    demonstration: bool
    notes: tuple[Mapping[str, str], ...] = field(default=())
