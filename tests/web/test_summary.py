"""The first screen: the rule that decided comes first, and until when is true."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from scoring.administration.results.current import CurrentResults
from scoring.entities import Evidence, Explanation, Reason, Rule
from scoring.explain.words.effect import decided
from web.parts.summary import lines

LISTING = "Inspection (Problem found, follow-up pending) on 1 January 2026"
"""What is told of the only record of a reason: what happened, and when."""


def record(name: str, until: date | None) -> Evidence:
    """A record that counts until a day."""
    return Evidence(
        name, "inspection", "problem", None, date(2026, 1, 1), None, "机关", None, None, None, 100, until
    )


def reason(name: str, points: int, *evidence: Evidence) -> Reason:
    """A reason that gave points."""
    return Reason(
        name,
        {"zh": name, "en": name},
        points,
        1,
        False,
        "adverse" if points < 0 else "favourable",
        evidence,
        (),
        None,
    )


def rule(kind: Any, band: str | None, *evidence: Evidence) -> Rule:
    """A rule that held."""
    return Rule(kind, kind, {"zh": kind, "en": kind}, band, (), evidence)


@pytest.fixture
def yellow(folder: CurrentResults, ids: dict[str, str]) -> Explanation:
    """A yellow enterprise (band C) with 600 points and no reason or rule yet."""
    real = folder.explain(ids["yellow"])
    return replace(real, score=replace(real.score, points=600), reasons=(), rules=())


def told(explanation: Explanation, folder: CurrentResults, question: str) -> list[str]:
    """The English lines that answer a question."""
    return [line["en"] for line in lines(explanation, folder.version)[question]]


def test_what_lowers_comes_first_below_the_best_band(yellow: Explanation, folder: CurrentResults) -> None:
    """For a yellow enterprise the deductions are told before any gain, three lines at most."""
    many = replace(yellow, reasons=(reason("gain", 90), reason("a", -60), reason("b", -20), reason("c", -5)))
    assert ["a: −60\u00a0points", "b: −20\u00a0points", "c: −5\u00a0points"] == told(many, folder, "why")


def test_a_gain_is_no_reason_for_a_bad_grade(yellow: Explanation, folder: CurrentResults) -> None:
    """In the worse half of the grades what raises is left out, and told only where nothing lowers."""
    mixed = replace(yellow, reasons=(reason("gain", 90), reason("a", -60)))
    gains = replace(yellow, reasons=(reason("gain", 90),))
    assert (["a: −60\u00a0points"], ["gain: +90\u00a0points"]) == (
        told(mixed, folder, "why"),
        told(gains, folder, "why"),
    )


def test_a_veto_comes_first_and_its_deduction_next(folder: CurrentResults, ids: dict[str, str]) -> None:
    """What the law fixed is told first, then the heaviest deductions, that of the same record too."""
    listing = record("listing", date(2028, 1, 1))
    red = folder.explain(ids["red"])
    score, reasons = replace(red.score, points=950), (reason("same", -300, listing), reason("other", -5))
    vetoed = replace(red, score=score, reasons=reasons, rules=(rule("veto", "D", listing),))
    assert [
        "veto: set to Red (rank 4) by law",
        f"{LISTING}: −300\u00a0points",
        "other: −5\u00a0points",
    ] == told(vetoed, folder, "why")


def test_a_cap_that_changed_nothing_is_not_a_why(yellow: Explanation, folder: CurrentResults) -> None:
    """A cap above what the points gave is no reason for the colour."""
    idle = replace(yellow, rules=(rule("cap", "B"),), reasons=(reason("a", -60),))
    assert (False, ["a: −60\u00a0points"]) == (decided(idle.rules[0], idle), told(idle, folder, "why"))


def test_a_cap_that_held_the_band_down_is(yellow: Explanation, folder: CurrentResults) -> None:
    """A cap at the band reached, with points for a better one, decided."""
    capped = replace(yellow, score=replace(yellow.score, points=950), rules=(rule("cap", "C"),))
    assert (True, ["cap: Yellow (rank 3) at best"]) == (
        decided(capped.rules[0], capped),
        told(capped, folder, "why"),
    )


def test_until_is_the_first_adverse_end(yellow: Explanation, folder: CurrentResults) -> None:
    """Until when is the first end among records of the deductions that were told, never of a gain."""
    against = reason("a", -60, record("1", date(2027, 5, 1)), record("2", date(2026, 9, 1)))
    ends = replace(yellow, reasons=(against, reason("gain", 9, record("3", date(2026, 7, 1)))))
    assert ["After 1 September 2026 one of these records stops counting"] == told(ends, folder, "until")


def test_until_of_a_deciding_rule_is_its_last_end(yellow: Explanation, folder: CurrentResults) -> None:
    """A rule that decides holds until the last of its records, not until the first."""
    held = rule("cap", "C", record("1", date(2027, 5, 1)), record("2", date(2026, 9, 1)))
    capped = replace(yellow, score=replace(yellow.score, points=950), rules=(held,))
    assert "1 May 2027 at the latest" in told(capped, folder, "until")[0]


def test_nothing_against_has_no_end(yellow: Explanation, folder: CurrentResults) -> None:
    """Without a deduction the line says that it is evaluated anew, with the day of this result."""
    assert ["Evaluated anew with every new record; this is the result of 30 September 2026"] == told(
        yellow, folder, "until"
    )
