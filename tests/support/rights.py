"""Pairs of histories: the same enterprise once without and once with a right that was used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from random import Random
from typing import Any

from related_histories import Past, before, finding, penalty

Pair = tuple[Past, Past]
"""A history, and the same where a right was used (or nothing was): the second is to be no worse."""


def mended(chance: Random, past: Past) -> Pair:
    """The same finding mended, in any of four ways, against left open."""
    days = chance.randint(45, 360)
    found = finding(chance, past, "f", days, field="transport")
    way = chance.choice(("spot", "told", "visit", "papers"))
    after = past.copy()
    if way == "spot":
        after.rows["f"]["result"] = "corrected"
    elif way == "told":
        after.rows["f"]["mended_on"] = before(days - 5)
    else:
        kind = "inspection" if way == "visit" else "mending_check"
        _check(after, found, kind, days - chance.randint(1, 40))
    return past, after


def _check(past: Past, found: dict[str, Any], kind: str, days: int) -> None:
    past.add(
        "c",
        kind=kind,
        result="no_problem",
        occasion="followup" if kind == "inspection" else None,
        field=found["field"],
        authority=found["authority"],
        occurred_on=before(days),
    )


def mended_earlier(chance: Random, past: Past) -> Pair:
    """The same finding mended earlier against later."""
    days = chance.randint(80, 360)
    found = finding(chance, past, "f", days, field="transport")
    late, early = past.copy(), past.copy()
    last = chance.randint(0, days - 2)
    _check(late, found, "mending_check", last)
    _check(early, found, "mending_check", chance.randint(last, days - 1))
    return late, early


def appealed(chance: Random, past: Past) -> Pair:
    """A penalty that was appealed against in vain, against one that nobody appealed against."""
    days = chance.randint(0, 400)
    penalty(chance, past, "p", days, final_on=None, contest="none")
    lost = before(max(0, days - chance.randint(30, 120)))
    return past, past.changed("p", contest="upheld", final_on=lost, known_on=before(days))


def ended(chance: Random, past: Past) -> Pair:
    """A record that is restored, withdrawn, annulled or masked, against the same that stands."""
    name = _adverse(chance, past)
    day = before(chance.randint(0, 20))
    change: dict[str, object] = chance.choice(
        (
            {"restored_on": day},
            {"withdrawn_on": day},
            {"masked_from": day},
            {"contest": "annulled", "known_on": past.rows[name]["known_on"]},
        )
    )
    return past, past.changed(name, **change)


def _adverse(chance: Random, past: Past) -> str:
    """Some record that speaks against the enterprise; a penalty is added where there is none."""
    names = [
        name
        for name, row in past.rows.items()
        if row["kind"] in ("administrative_penalty", "rectification_order", "inspection", "sampling_test")
        and row.get("result") in (None, "problem", "violation", "unqualified")
        and row.get("occasion") is None
        and row.get("contest") in (None, "none")
    ]
    if not names:
        penalty(chance, past, "p", chance.randint(0, 300))
        names = ["p"]
    return chance.choice(names)


def never_been(chance: Random, past: Past) -> Pair:
    """A restored penalty, against a history without it and without every adverse grade that contained it."""
    days = chance.randint(30, 400)
    own = penalty(chance, past, "p", days, restored_on=before(chance.randint(0, 20)), authority="fire")
    contained = [
        name
        for name, row in past.rows.items()
        if row["kind"] in ("public_credit_score", "industry_grade")
        and row.get("result") in ("grade_c", "grade_d")
        and own["decided_on"] <= row["decided_on"] < own["restored_on"]
    ]
    return past.without("p", *contained), past


def joined(chance: Random, past: Past) -> Pair:
    """Two or three records joined into one matter, against the same apart."""
    names = _of_one_matter(chance, past)
    if chance.random() < 0.5:
        after = past
        for name in names:
            after = after.changed(name, matter_id="M")
        return past, after
    # Each rests on the decision or visit before it, by its number.
    numbered = past
    for name in names:
        numbered = numbered.changed(name, document_no=f"虚联〔2026〕{name}77号")
    after = numbered
    for earlier, later in pairwise(sorted(names, key=lambda name: _day_of(past.rows[name]))):
        after = after.changed(later, basis_document_no=numbered.rows[earlier]["document_no"])
    return numbered, after


def _of_one_matter(chance: Random, past: Past, *, standing: bool = False) -> list[str]:
    """Adds two or three records that may be about one thing, some of them checked again; their names.

    Args:
        chance: A seeded source of numbers.
        past: The history.
        standing: None of them has lapsed or was carried out, which would end what rests on the same facts.
    """
    area = chance.choice(("food", "construction", "market"))
    order, decision = (_open_order, _fresh_penalty) if standing else (_order, _penalty)
    makers = chance.sample(
        (_visit, _visit, _test, order, decision, _listing, _complaint), chance.randint(2, 3)
    )
    names = []
    for number, make in enumerate(makers, start=1):
        name = f"{number}"
        make(chance, past, name, {"field": area, "authority": "甲局"})
        names.append(name)
    return names


def _day_of(row: dict[str, Any]) -> tuple[date, str]:
    return row.get("decided_on") or row["occurred_on"], row["record_id"]


def _visit(chance: Random, past: Past, name: str, given: dict[str, Any], kind: str = "inspection") -> None:
    days = chance.randint(20, 400)
    problem = "unqualified" if kind == "sampling_test" else "problem"
    way = chance.choice(("open", "open", "spot", "told", "checked", "failed"))
    result = "corrected" if way == "spot" and kind == "inspection" else problem
    told = {"mended_on": before(days - chance.randint(1, 19))} if way == "told" else {}
    finding(chance, past, name, days, kind=kind, result=result, **told, **given)
    if way in ("checked", "failed"):
        past.add(
            f"{name}c",
            kind="inspection",
            occasion="followup",
            refers_to=name,
            result="no_problem" if way == "checked" else "problem",
            severity=past.rows[name]["severity"],
            occurred_on=before(days - chance.randint(1, 19)),
            **given,
        )


def _test(chance: Random, past: Past, name: str, given: dict[str, Any]) -> None:
    _visit(chance, past, name, given, kind="sampling_test")


def _order(chance: Random, past: Past, name: str, given: dict[str, Any]) -> None:
    days = chance.randint(20, 400)
    told = {"mended_on": before(days - chance.randint(1, 19))} if chance.random() < 0.3 else {}
    past.add(
        name,
        kind="rectification_order",
        severity=chance.choice(("minor", "general", "serious")),
        result=chance.choice((None, None, "kept", "broken")),
        decided_on=before(days),
        **told,
        **given,
    )


def _penalty(chance: Random, past: Past, name: str, given: dict[str, Any]) -> None:
    penalty(chance, past, name, chance.randint(0, 400), **given)


def _fresh_penalty(chance: Random, past: Past, name: str, given: dict[str, Any]) -> None:
    penalty(chance, past, name, chance.randint(0, 80), **given)


def _open_order(chance: Random, past: Past, name: str, given: dict[str, Any]) -> None:
    _order(chance, past, name, given)
    past.rows[name] |= {"result": None, "mended_on": None}


def _listing(chance: Random, past: Past, name: str, given: dict[str, Any]) -> None:
    past.add(name, kind="abnormal_operations_listing", decided_on=before(chance.randint(0, 300)), **given)


def _complaint(chance: Random, past: Past, name: str, given: dict[str, Any]) -> None:
    past.add(
        name, kind="complaint", result="substantiated", occurred_on=before(chance.randint(0, 400)), **given
    )


def reported(chance: Random, past: Past) -> Pair:
    """A self-inspection, whatever it found, against none."""
    after = past.copy()
    after.add(
        "self",
        kind="self_inspection",
        result=chance.choice(("no_problem", "corrected", "problem")),
        severity=chance.choice(("minor", "general", "serious")),
        field="food",
        occurred_on=before(chance.randint(0, 400)),
    )
    return past, after


def objected(chance: Random, past: Past) -> Pair:
    """A record under review, against the same undisputed."""
    return past, past.changed(_adverse(chance, past), contest="review")


def newer_grade(chance: Random, past: Past) -> Pair:
    """A better grade after a worse one, against the better one alone."""
    past.add("better", kind="tax_grade", field="tax", authority="t", result="grade_b", decided_on=before(20))
    after = past.copy()
    after.add("worse", kind="tax_grade", field="tax", authority="t", result="grade_d", decided_on=before(200))
    return past, after


def spelled(chance: Random, past: Past) -> Pair:
    """One decision under two names of its bureau, against it once; neither may be worse than the other."""
    once = penalty(
        chance, past, "p", chance.randint(0, 300), document_no="虚柯罚〔2026〕88号", authority="甲局"
    )
    twice = past.copy()
    twice.add("q", **{**once, "record_id": "q", "act_id": "q", "authority": "乙局"})
    return past, twice


def run_out(chance: Random, past: Past) -> Pair:
    """A record of which the publicity has ended, against the same in use."""
    return past, past.changed(_adverse(chance, past), publish_until=before(1))


def added(chance: Random, past: Past) -> Pair:
    """One more record that speaks against the enterprise, against none: the first is to be no worse."""
    after = past.copy()
    kind = chance.choice(("penalty", "finding", "order", "failed", "grade"))
    days = chance.randint(0, 300)
    if kind == "penalty":
        penalty(chance, after, "x", days)
    elif kind == "grade":
        after.add(
            "x",
            kind="industry_grade",
            field="credit",
            authority="fire",
            result="grade_d",
            decided_on=before(days),
        )
    elif kind == "order":
        after.add(
            "x",
            kind="rectification_order",
            severity="serious",
            field="food",
            authority="t",
            decided_on=before(days),
        )
    else:
        found = next((row for row in past.rows.values() if row["kind"] == "inspection"), {})
        finding(
            chance,
            after,
            "x",
            days,
            field=found.get("field") or "food",
            occasion="followup" if kind == "failed" else None,
        )
    return after, past


Made = Callable[[Random, Past], Pair]
PROPERTIES: tuple[Made, ...] = (
    mended,
    mended_earlier,
    appealed,
    ended,
    never_been,
    joined,
    reported,
    objected,
    newer_grade,
    spelled,
    run_out,
    added,
)


def pieces(chance: Random, past: Past, *, standing: bool = False) -> list[Past]:
    """Two or three records of one matter together, and each of them alone."""
    names = _of_one_matter(chance, past, standing=standing)
    # A check is a visit too, and may speak for the enterprise: alone it would be another matter.
    past = past.without(*(f"{name}c" for name in names))
    if standing:  # a report of mending would answer the orders beside it
        for name in names:
            past = past.changed(name, mended_on=None)
    together = past
    for name in names:
        together = together.changed(name, matter_id="M")
    return [together, *(past.without(*(name for name in names if name != kept)) for kept in names)]
