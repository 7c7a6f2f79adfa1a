"""Strategies: what may happen to an enterprise, as canonical records of a few words."""

from __future__ import annotations

import os
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st
from worlds import Row

from scoring.entities import codes

T = TypeVar("T")

SIZE = int(os.environ.get("SISE_HISTORIES", "40"))
"""Least number of enterprises in one example; a campaign sets a greater number."""

DAY = date(2026, 11, 13)
OLDEST = 2_000
ENDS = ("publish_until", "restored_on", "withdrawn_on")
AUTHORITIES = ("market", "fire", "environment", None)
SEVERITIES = ("minor", "general", "serious", None)
PROBLEMS = ("corrected", "problem", "violation", "refused")

ADVERSE_KINDS = (
    *["administrative_penalty"] * 16,
    "inspection_refusal",
    "serious_violation_listing",
    "criminal_judgment",
    "abnormal_operations_listing",
    "rectification_order",
    "tax_arrears",
    "social_insurance_arrears",
    "commitment_breach",
    "judgment_default",
    "accident",
    "compulsory_enforcement",
    "work_safety_listing",
    "wage_arrears_listing",
    "ip_infringement",
    "monitoring_alarm",
)
RESULTS = {
    "inspection": (*PROBLEMS, "no_problem", "no_activity"),
    "sampling_test": ("qualified", "unqualified"),
    "complaint": ("substantiated", "unsubstantiated"),
    "tax_grade": ("grade_a", "grade_d"),
    "environment_grade": ("grade_a", "grade_d"),
    "annual_report": ("no_problem",),
    "accident": ("ordinary_accident", "larger_accident", "major_accident", "gravest_accident"),
    "industry_grade": ("grade_a", "grade_c", "grade_d"),
}
OTHER_KINDS = (
    *RESULTS,
    *["inspection"] * 10,
    "complaint",
    "honour",
    "self_inspection",
    "public_credit_score",
    "fulfilment",
)
BAD_RESULTS = {
    "inspection": PROBLEMS,
    "sampling_test": ("unqualified",),
    "complaint": ("substantiated",),
    "tax_grade": ("grade_d",),
    "industry_grade": ("grade_c", "grade_d"),
    "accident": RESULTS["accident"],
}
FIELDS = (*codes()["fields"], None)

EDGES = (0, 44, 45, 88, 89, 179, 180, 364, 365, 729, 730, 1094, 1095)
AMOUNTS = (None, 0, 100_000, 300_000, 300_001, 5_000_000, 10**11)


def happening(chance: Random, *, adverse: bool = False, settled: bool = False) -> Row:
    """One record without ids.

    Args:
        chance: A seeded source of numbers.
        adverse: Only what can never speak for an enterprise.
        settled: Known, final and undisputed on ``DAY``, so that nothing but time will change it.
    """
    kind = chance.choice(
        (*ADVERSE_KINDS, *BAD_RESULTS, *["inspection"] * 6) if adverse else (*ADVERSE_KINDS, *OTHER_KINDS)
    )
    results = (BAD_RESULTS if adverse else RESULTS).get(kind)
    decided = DAY - timedelta(
        days=chance.choice((chance.randint(0, 400), chance.randint(0, OLDEST), chance.choice(EDGES)))
    )
    ends = {name: DAY + timedelta(days=chance.randint(-400, 400)) for name in ENDS if chance.random() < 0.1}
    return {
        "kind": kind,
        "result": chance.choice(results) if results else None,
        "field": chance.choice(FIELDS),
        "severity": chance.choice(SEVERITIES),
        "scope": chance.choice(("own", "own", None, "branch")),
        "decided_on": decided,
        "known_on": decided + timedelta(days=0 if settled else chance.randint(0, 60)),
        "procedure": chance.choice(("ordinary", "ordinary", "summary", None)),
        "amount_fen": chance.choice(AMOUNTS),
        "value_x100": chance.randint(50_000, 99_900) if kind == "public_credit_score" else None,
        "authority": chance.choice(AUTHORITIES),
        "final_on": decided if settled else chance.choice((decided, decided, None)),
        "contest": None if settled else chance.choice((None, None, None, "review", "upheld", "annulled")),
        **ends,
    }


class Fact(dict[str, Any]):
    """One record, printed as the seed it grew from."""

    def __init__(self, seed: int, **how: bool) -> None:
        super().__init__(happening(Random(seed), **how))
        self.seed = seed

    def __repr__(self) -> str:
        return f"Fact({self.seed})"


class History(list[Row]):
    """Up to fourteen records of one enterprise, printed as the seed they grew from."""

    def __init__(self, seed: int, **how: bool) -> None:
        chance = Random(seed)
        super().__init__(happening(chance, **how) for _ in range(chance.randint(0, 14)))
        self.seed = seed

    def __repr__(self) -> str:
        return f"History({self.seed})"


# Drawn as one number each: a history drawn field by field costs a hundred times more, and is poorer.
SEEDS = st.integers(0, 2**32 - 1)
HISTORIES = SEEDS.map(History)
SETTLED = SEEDS.map(lambda seed: History(seed, settled=True))
RECORDS = SEEDS.map(Fact)
ADVERSE = SEEDS.map(lambda seed: Fact(seed, adverse=True))


def district(of: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    """So many of a thing that one query over all of them is worth its price."""
    return st.lists(of, min_size=SIZE, max_size=SIZE * 3 // 2)
