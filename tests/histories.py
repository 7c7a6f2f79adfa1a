"""Strategies: what may happen to an enterprise, as canonical records of a few words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypeVar

from hypothesis import strategies as st
from worlds import Row

T = TypeVar("T")

DAY = date(2026, 11, 13)
OLDEST = 2_000
AUTHORITIES = ("market", "fire", "environment", None)
SEVERITIES = ("minor", "general", "serious", None)
PROBLEMS = ("corrected", "problem", "violation", "refused")

ADVERSE_KINDS = (
    "administrative_penalty", "administrative_penalty", "administrative_penalty", "inspection_refusal",
    "serious_violation_listing", "criminal_judgment", "abnormal_operations_listing",
    "rectification_order", "tax_arrears", "social_insurance_arrears", "commitment_breach", "judgment_default", "accident",
    "work_safety_listing", "wage_arrears_listing",
)  # fmt: skip
RESULTS = {
    "inspection": (*PROBLEMS, "no_problem", "no_activity"),
    "sampling_test": ("qualified", "unqualified"),
    "complaint": ("substantiated", "unsubstantiated"),
    "tax_grade": ("grade_a", "grade_d"),
    "environment_grade": ("grade_a", "grade_d"),
    "annual_report": ("no_problem",),
}
OTHER_KINDS = (*RESULTS, "inspection", "complaint", "honour", "self_inspection", "public_credit_score")
BAD_RESULTS = {"inspection": PROBLEMS, "sampling_test": ("unqualified",), "complaint": ("substantiated",), "tax_grade": ("grade_d",)}

AGES = st.one_of(st.integers(0, 400), st.integers(0, OLDEST), st.sampled_from([0, 88, 89, 179, 180, 364, 365, 729, 730, 1094, 1095]))
MAYBE_DAYS = st.one_of(st.none(), st.integers(-400, 400).map(lambda n: DAY + timedelta(days=n)))


@st.composite
def records(draw: st.DrawFn, *, adverse: bool = False, settled: bool = False) -> Row:
    """One record without ids.

    Args:
        draw: Of Hypothesis.
        adverse: Only what can never speak for an enterprise.
        settled: Known, final and undisputed on ``DAY``, so that nothing but time will change it.
    """
    kind = draw(st.sampled_from((*ADVERSE_KINDS, *BAD_RESULTS) if adverse else (*ADVERSE_KINDS, *OTHER_KINDS)))
    results = (BAD_RESULTS if adverse else RESULTS).get(kind)
    decided = DAY - timedelta(days=draw(AGES))
    row: Row = {
        "kind": kind,
        "result": draw(st.sampled_from(results)) if results else None,
        "severity": draw(st.sampled_from(SEVERITIES)),
        "scope": draw(st.sampled_from(("own", "own", "own", "branch"))),
        "decided_on": decided,
        "known_on": decided + timedelta(days=draw(st.integers(0, 0 if settled else 60))),
        "procedure": draw(st.sampled_from(("ordinary", "ordinary", "summary", None))),
        "amount_fen": draw(st.sampled_from((None, 0, 100_000, 300_000, 300_001, 5_000_000, 10**11))),
        "value_x100": draw(st.integers(50_000, 99_900)) if kind == "public_credit_score" else None,
        "authority": draw(st.sampled_from(AUTHORITIES)),
        "final_on": decided if settled else draw(st.sampled_from((decided, decided, None))),
    }
    if not settled:
        row["contest"] = draw(st.sampled_from((None, None, None, "review", "upheld", "annulled")))
    for name in ("publish_until", "restored_on", "withdrawn_on"):
        row[name] = draw(MAYBE_DAYS) if draw(st.integers(0, 9)) == 0 else None
    return row


HISTORIES = st.lists(records(), max_size=14)
SETTLED = st.lists(records(settled=True), max_size=14)


def district(of: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    """So many of a thing that one query over all of them is worth its price."""
    return st.lists(of, min_size=20, max_size=28)
