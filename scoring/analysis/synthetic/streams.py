"""The records: how often each kind occurs, how it follows risk, what it ends with.

Shares are shares of all records. The figures are plausible, not measured, but for
those that ``data/README.md`` gives a source for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Outcome(NamedTuple):
    """What a record ends with: bad with log-odds ``at + slope × risk``; weights of the codes either way."""

    at: float
    slope: float
    bad: Mapping[str, float]
    good: Mapping[str, float]


class Stream(NamedTuple):
    """One kind of record.

    Attributes:
        kind: Code in ``kinds.toml``.
        share: Share of all records.
        slope: How its rate follows risk z: ``exp(slope·z)``, kept at mean 1.
        field: Its field, or ``""`` for the fields of the enterprise's trade.
        mark: What its document number says after the department; ``""`` where it has no number.
        outcome: Result codes, if it has any.
        severity: Weights of minor, general, serious; without them only bad visits and tests have one.
        publish: Days published by severity; 0 is without end.
        fen: Median amount by severity in fen, if it has an amount.
        lifted: Share that is withdrawn by its owner within 400 days (removed from the list, paid).
        annual: One a year at most, in the first half.
    """

    kind: str
    share: float
    slope: float
    field: str = ""
    mark: str = ""
    outcome: Outcome | None = None
    severity: tuple[float, float, float] | None = None
    publish: tuple[int, int, int] = (0, 0, 0)
    fen: tuple[int, int, int] | None = None
    lifted: float = 0.0
    annual: bool = False


VISIT_BAD = {
    "corrected": 0.52,
    "problem": 0.24,
    "violation": 0.12,
    "not_published": 0.04,
    "concealed": 0.02,
    "unreachable": 0.05,
    "refused": 0.01,
}
VISIT_GOOD = {
    "no_problem": 0.94,
    "no_activity": 0.03,
    "suspended": 0.01,
    "closed": 0.012,
    "deregistered": 0.002,
    "licence_revoked": 0.002,
    "annulled": 0.002,
    "moved": 0.002,
}
GRADES_BAD = {"grade_c": 0.72, "grade_d": 0.28}
GRADES_GOOD = {"grade_a": 0.24, "grade_b": 0.66, "grade_m": 0.10}
GRADES = {"grade_a": 0.30, "grade_b": 0.70}
COMPLAINT_GOOD = {"unsubstantiated": 0.85, "pending": 0.15}
YEARS_3 = 3 * 365
OCCASIONS = {
    "random": (0.30, 0.0),
    "routine": (0.45, 0.0),
    "campaign": (0.10, 0.3),
    "triggered": (0.11, 0.7),
    "followup": (0.04, 0.7),
}
"""Why visits take place: share, and how it follows risk z.

Given z the outcome knows nothing of the occasion: that is why targeted visits find more.
"""
# NDRC Order 36 (in force 2026-04-01): at most three months, one year, three years.
MINOR_GENERAL_SERIOUS = (90, 365, YEARS_3)
WAN = 1_000_000
"""Fen in 10,000 yuan."""
EVEN = (0.45, 0.45, 0.10)
ALL_SERIOUS, ALL_GENERAL = (0.0, 0.0, 1.0), (0.0, 1.0, 0.0)

STREAMS = (
    Stream("inspection", 0.4650, 0.15, outcome=Outcome(-2.5, 0.95, VISIT_BAD, VISIT_GOOD)),
    Stream("sampling_test", 0.0200, 0.15, outcome=Outcome(-2.9, 0.8, {"unqualified": 1}, {"qualified": 1})),
    Stream("self_inspection", 0.0250, -0.50, outcome=Outcome(-1.5, 0.2, {"corrected": 1}, {"no_problem": 1})),
    Stream("rectification_order", 0.0250, 1.00, mark="责改", severity=EVEN),
    Stream("inspection_refusal", 0.0020, 1.60, severity=(0.3, 0.5, 0.2)),
    Stream(
        "administrative_penalty",
        0.0550,
        1.15,
        mark="罚",
        severity=(0.44, 0.48, 0.08),
        publish=MINOR_GENERAL_SERIOUS,
        fen=(WAN // 10, WAN * 8 // 10, WAN * 8),
    ),
    Stream("accident", 0.0015, 1.20, field="work_safety", severity=(0.6, 0.35, 0.05)),
    Stream(
        "abnormal_operations_listing",
        0.0080,
        1.40,
        field="market",
        mark="列异",
        severity=ALL_GENERAL,
        lifted=0.6,
    ),
    Stream(
        "serious_violation_listing",
        0.0012,
        2.00,
        field="market",
        mark="列严",
        severity=ALL_SERIOUS,
        publish=(0, 0, YEARS_3),
    ),
    Stream(
        "wage_arrears_listing",
        0.0008,
        2.00,
        field="labour",
        mark="列薪",
        severity=ALL_SERIOUS,
        publish=(0, 0, YEARS_3),
        fen=(0, 0, WAN * 30),
    ),
    Stream(
        "work_safety_listing",
        0.0008,
        2.00,
        field="work_safety",
        mark="列安",
        severity=ALL_SERIOUS,
        publish=(0, 0, YEARS_3),
    ),
    Stream(
        "judgment_default",
        0.0040,
        1.80,
        field="credit",
        mark="执",
        severity=ALL_SERIOUS,
        publish=(0, 0, 730),
        fen=(0, 0, WAN * 20),
        lifted=0.2,
    ),
    Stream(
        "compulsory_enforcement",
        0.0020,
        1.60,
        field="credit",
        mark="强执",
        severity=ALL_GENERAL,
        fen=(0, WAN * 10, 0),
    ),
    Stream("criminal_judgment", 0.0004, 2.00, field="credit", mark="刑", severity=ALL_SERIOUS),
    Stream(
        "tax_arrears",
        0.0060,
        1.30,
        field="tax",
        mark="欠税",
        severity=ALL_GENERAL,
        fen=(0, WAN * 5, 0),
        lifted=0.5,
    ),
    Stream(
        "tax_grade",
        0.0600,
        0.00,
        field="tax",
        outcome=Outcome(-2.4, 1.1, GRADES_BAD, GRADES_GOOD),
        annual=True,
    ),
    Stream(
        "environment_grade",
        0.0080,
        0.10,
        field="environment",
        outcome=Outcome(-2.4, 0.9, GRADES_BAD, GRADES),
        annual=True,
    ),
    Stream("public_credit_score", 0.0600, 0.00, field="credit", annual=True),
    Stream("industry_grade", 0.0150, 0.00, outcome=Outcome(-2.4, 0.9, GRADES_BAD, GRADES), annual=True),
    Stream("licence", 0.0800, 0.00, mark="许"),
    Stream(
        "annual_report",
        0.0750,
        0.00,
        field="market",
        annual=True,
        outcome=Outcome(-3.2, 1.0, {"not_published": 0.9, "concealed": 0.1}, {"no_problem": 1}),
    ),
    Stream(
        "commitment",
        0.0250,
        0.00,
        mark="承",
        outcome=Outcome(-9.0, 0.0, {"broken": 1}, {"kept": 0.8, "pending": 0.2}),
    ),
    Stream(
        "commitment_breach",
        0.0030,
        1.30,
        mark="违诺",
        outcome=Outcome(9.0, 0.0, {"broken": 1}, {"kept": 1}),
        severity=ALL_GENERAL,
    ),
    Stream("complaint", 0.0255, 0.70, outcome=Outcome(-1.0, 0.6, {"substantiated": 1}, COMPLAINT_GOOD)),
    Stream("monitoring_alarm", 0.0100, 0.80, severity=(0.7, 0.27, 0.03)),
    Stream(
        "utility_arrears",
        0.0050,
        1.00,
        field="credit",
        severity=(1.0, 0.0, 0.0),
        fen=(WAN // 5, 0, 0),
        lifted=0.6,
    ),
    Stream(
        "social_insurance_arrears",
        0.0030,
        1.30,
        field="labour",
        severity=ALL_GENERAL,
        fen=(0, WAN * 2, 0),
        lifted=0.4,
    ),
    Stream("ip_infringement", 0.0020, 1.00, field="ip", mark="知", severity=ALL_GENERAL, fen=(0, WAN * 3, 0)),
    Stream("honour", 0.0080, -0.80, mark="荣"),
    Stream(
        "fulfilment", 0.0038, 0.40, field="credit", outcome=Outcome(-9.0, 0.0, {"broken": 1}, {"kept": 1})
    ),
)
"""Each kind of ``kinds.toml`` once; a test holds that none is missing and shares add up to 1."""
