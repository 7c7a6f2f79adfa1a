"""What a partner does to a record on a day: void, replaced, mended, ended, disputed, or displaced."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from worlds import (
    DAY,
    Row,
    World,
    ago,
    enterprise,
    indicator,
    make_policy,
    per_unit,
    record,
    rule,
    version_of,
)

FINDINGS = ["inspection", "sampling_test"]
OPEN = indicator(
    "open",
    kind=FINDINGS,
    select={"result": ["problem", "unqualified"], "state": ["open"]},
    bins=per_unit(0, -20, -30),
    direction="adverse",
)
MENDED = indicator(
    "mended",
    kind=FINDINGS,
    select={"result": ["problem", "corrected"], "state": ["mended"]},
    bins=per_unit(0, -5, -8),
    direction="adverse",
)
ORDERS = indicator("orders", kind="rectification_order", bins=per_unit(0, -10, -15), direction="adverse")
PENALTIES = indicator(
    "penalties", kind="administrative_penalty", bins=per_unit(0, -40, -45), direction="adverse"
)
LISTS = indicator("lists", kind="serious_violation_listing", bins=per_unit(0, -60), direction="adverse")
BAD_TAX = indicator(
    "bad_tax", kind="tax_grade", select={"result": ["grade_d"]}, bins=per_unit(0, -15), direction="adverse"
)
GOOD_TAX = indicator(
    "good_tax", kind="tax_grade", select={"result": ["grade_a"]}, bins=per_unit(0, 10), direction="favourable"
)
CREDIT = indicator(
    "credit",
    kind="public_credit_score",
    select={"result": ["grade_d"]},
    bins=per_unit(0, -25),
    direction="adverse",
)
PROBLEM_SHARE = indicator(
    "share",
    kind="inspection",
    select={"result": ["problem"]},
    among={"kind": ["inspection"]},
    aggregate="share",
    bins=[{"upto": 5000, "points": 0}, {"points": -12}],
    direction="adverse",
)
POLICY = make_policy(
    OPEN,
    MENDED,
    ORDERS,
    PENALTIES,
    LISTS,
    BAD_TAX,
    GOOD_TAX,
    CREDIT,
    PROBLEM_SHARE,
    relations="enforcement-2026",
    vetoes=[rule("listed", all=[{"indicator": "lists", "at_least": 1}], band="D")],
    caps=[rule("ordered", all=[{"indicator": "orders", "at_least": 1}], band="B")],
)


def related(record_id: str, kind: str, **changes: Any) -> Row:
    """A record that is looked at anew each day."""
    return record(record_id=record_id, kind=kind, related=1, **changes)


def of_matter(record_id: str, kind: str, rank: int, matter: str = "m", **changes: Any) -> Row:
    """The record of this rank in a matter."""
    return related(record_id, kind, matter=matter, matter_rank=rank, **changes)


def points(world: World, *rows: Row) -> dict[str, int]:
    """Points by indicator."""
    world.holds([enterprise()], rows)
    return world.contributions(POLICY).get("e1", {})


def excluded(world: World) -> dict[str, str | None]:
    """What became of each record."""
    return {row["record_id"]: row["excluded"] for row in world.traced(POLICY)}


VISIT = of_matter("visit", "inspection", 3, result="problem", age=30)
ORDER = of_matter("order", "rectification_order", 2, age=25)
PENALTY = of_matter("penalty", "administrative_penalty", 1, age=10)


def test_of_a_matter_the_costliest_counts_alone(world: World) -> None:
    """Of visit, order and penalty the penalty gives points; caps and vetoes see all three."""
    assert {"penalties": -40} == points(world, VISIT, ORDER, PENALTY)
    assert {"visit": "same_matter", "order": "same_matter", "penalty": None} == excluded(world)
    assert ["ordered"] == world.scores(POLICY)["e1"]["caps"]
    assert {"same_matter": 2} == world.engine.exclusions(version_of(POLICY), DAY, world.tables)


def test_a_visit_of_a_matter_stays_among_the_visits(world: World) -> None:
    """It is one of the visits of a share, but none of those with a problem."""
    clean = [record(record_id=f"clean{n}", kind="inspection", result="no_problem") for n in range(1)]
    assert {"penalties": -40} == points(world, VISIT, PENALTY, *clean)
    assert 0 == world.values(POLICY)["e1"]["share"]


def test_the_next_costliest_counts_where_the_first_does_not(world: World) -> None:
    """While the penalty is under review, the order of its matter counts."""
    assert {"orders": -10} == points(world, {**ORDER}, {**PENALTY, "contest": "review"})


def test_what_ends_the_penalty_ends_its_matter(world: World) -> None:
    """Once the penalty is restored, visit and order end with it; a list entry does not."""
    listing = of_matter("listing", "serious_violation_listing", 0, age=5)
    restored = {**PENALTY, "restored_on": DAY}
    assert {} == points(world, VISIT, ORDER, restored)
    assert {"visit": "matter_ended", "order": "matter_ended", "penalty": "restored"} == excluded(world)
    assert {"lists": -60} == points(world, VISIT, ORDER, restored, listing)


def test_a_list_entry_reported_twice_ends_with_its_copy(world: World) -> None:
    """Removed in one report, an entry is removed in the other; another entry of the matter stays."""
    entry = of_matter("entry", "serious_violation_listing", 1, age=50)
    copy = of_matter("copy", "serious_violation_listing", 2, age=50, restored_on=DAY)
    assert {} == points(world, entry, copy)
    assert {"lists": -60} == points(world, of_matter("other", "serious_violation_listing", 1, age=20), copy)


def test_what_falls_puts_its_matter_in_dispute(world: World) -> None:
    """Once the penalty is annulled, the order is disputed until its authority confirms it."""
    fallen = {**PENALTY, "contest": "annulled", "known_on": ago(2)}
    assert {} == points(world, ORDER, fallen)
    assert {"order": "matter_disputed", "penalty": "annulled"} == excluded(world)
    assert {"orders": -10} == points(world, {**ORDER, "confirmed_on": ago(1)}, fallen)


def test_choices_are_weighed_together(world: World) -> None:
    """Two matters: the choice that costs most over both counts, not the costliest of each by itself."""
    first = [
        of_matter("p1", "administrative_penalty", 1, "m1"),
        of_matter("o1", "rectification_order", 2, "m1"),
    ]
    second = [
        of_matter("p2", "administrative_penalty", 1, "m2"),
        of_matter("o2", "rectification_order", 2, "m2"),
    ]
    assert {"penalties": -40, "orders": -10} == points(world, *first, *second)


def test_of_many_matters_no_slight_record_hides_a_costly_one(world: World) -> None:
    """Of more matters than are weighed together, the costliest record of the last one still counts."""
    rows = []
    for n in range(5):
        rows.append(of_matter(f"o{n}", "rectification_order", 1, f"m{n}"))
        kind = "administrative_penalty" if n == 4 else "inspection"
        rows.append(of_matter(f"p{n}", kind, 2, f"m{n}", result=None if n == 4 else "problem"))
    assert -40 == points(world, *rows)["penalties"]


def test_a_passed_re_check_mends(world: World) -> None:
    """A finding stands open until its re-check was passed; a failed one later opens it again."""
    finding = related("finding", "inspection", result="problem", age=30)
    passed = related("passed", "inspection", result="no_problem", age=10, recheck_of="finding")
    assert {"open": -20, "share": -12} == points(world, finding)
    assert {"mended": -5} == points(world, finding, passed)
    failed = related("failed", "inspection", result="problem", age=5, recheck_of="finding")
    assert -20 == points(world, finding, passed, failed)["open"]


def test_a_report_mends_when_nobody_came(world: World) -> None:
    """A finding reported as mended counts as mended once ten working days have gone by without a look."""
    finding = related("finding", "inspection", result="problem", age=60, mended_on=ago(30))
    assert {"mended": -5, "share": -12} == points(world, finding)
    assert {"open": -20, "share": -12} == points(world, {**finding, "mended_on": ago(5)})
    failed = related("failed", "inspection", result="no_activity", age=20, recheck_of="finding")
    assert {"open": -20} == {k: v for k, v in points(world, finding, failed).items() if k == "open"}


def test_a_newer_grade_replaces(world: World) -> None:
    """Of the grades of one series the newest counts; void, it gives back an older one that says no worse."""
    good = related("good", "tax_grade", result="grade_a", age=200, series="tax")
    bad = related("bad", "tax_grade", result="grade_d", age=100, series="tax")
    newer = related("newer", "tax_grade", result="grade_a", age=10, series="tax")
    assert {"bad_tax": -15} == points(world, good, bad)
    assert {"good_tax": 10} == points(world, good, bad, newer)
    assert {"good_tax": 10} == points(world, good, {**bad, "withdrawn_on": DAY})
    assert {} == points(world, bad, {**newer, "withdrawn_on": DAY})
    assert {"bad": "replaced", "newer": "withdrawn"} == excluded(world)


def test_a_contested_grade_still_replaces(world: World) -> None:
    """An objection against the newest grade never brings an older one back."""
    worse = related("worse", "tax_grade", result="grade_d", age=100, series="tax")
    contested = related("contested", "tax_grade", result="grade_c", age=10, series="tax", contest="review")
    assert {} == points(world, worse, contested)


def test_an_adverse_grade_is_void_once_something_of_it_ended(world: World) -> None:
    """A bad score ends when a record from before it is restored after it; a good one stays."""
    score = related("score", "public_credit_score", result="grade_d", age=100)
    penalty = related("penalty", "administrative_penalty", age=200, restored_on=ago(10))
    assert {} == points(world, score, penalty)
    assert {"score": "contained", "penalty": "restored"} == excluded(world)
    assert {"credit": -25} == points(world, score, {**penalty, "restored_on": ago(150)})
    assert {"credit": -25} == points(world, score, {**penalty, "decided_on": ago(50)})


def test_a_plain_relation_is_a_day_on_the_row(world: World) -> None:
    """A record in one plain relation needs no look at others: from a day on it is closed or replaced."""
    finding = record(record_id="f", kind="inspection", result="problem", age=30, closed_on=DAY)
    assert {"mended": -5, "share": -12} == points(world, finding)
    assert {"open": -20, "share": -12} == points(world, {**finding, "closed_on": DAY + timedelta(days=1)})
    grade = record(record_id="g", kind="tax_grade", result="grade_d", age=30, replaced_on=DAY)
    assert {} == points(world, grade)
    assert {"g": "replaced"} == excluded(world)


def test_a_masked_record_counts_for_nothing(world: World) -> None:
    """What a court in restructuring hides is out of the score for as long as it hides it."""
    penalty = record(record_id="p", kind="administrative_penalty", age=30, masked_from=DAY)
    assert {} == points(world, penalty)
    assert {"penalties": -40} == points(world, {**penalty, "masked_from": ago(9), "masked_until": DAY})
