"""Pairs of histories: the same enterprise once without and once with a right that was used."""

from __future__ import annotations

from collections.abc import Callable
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
    """Two records joined into one matter, against the same apart."""
    first = penalty(chance, past, "p", chance.randint(0, 300))
    finding(chance, past, "v", chance.randint(0, 300), field=first["field"])
    after = past.changed("p", matter_id="M")
    return past, after.changed("v", matter_id="M")


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


def pieces(chance: Random, past: Past) -> tuple[Past, Past, Past]:
    """A penalty and the order that it rests on: both, and each of them alone."""
    given = {"authority": "甲局", "field": "food", "decided_on": before(chance.randint(0, 200))}
    penalty(chance, past, "p", 0, document_no="虚柯罚〔2026〕88号", **given)
    severity = chance.choice(("minor", "general", "serious"))
    past.rows["p"]["basis_document_no"] = "虚柯改〔2026〕99号"
    past.add("q", kind="rectification_order", severity=severity, document_no="虚柯改〔2026〕99号", **given)
    return past, past.without("q"), past.without("p")
