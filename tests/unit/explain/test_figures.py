"""Figures: exact, with units, in both languages."""

from __future__ import annotations

from datetime import date

import pytest
from worlds import indicator, make_policy

from scoring.explain.words.figures import decimal, money, percent, permille, signed, value
from scoring.policy.load import load_policy

POLICY = load_policy("quzhou-demo", date(2026, 6, 30)).policy


@pytest.mark.parametrize(
    ("number", "divisor", "expected"),
    [
        (0, 1, "0"),
        (100, 1, "100"),
        (-60, 1, "−60"),
        (1_000_000, 1, "1,000,000"),
        (855, 10, "85.5"),
        (850, 10, "85"),
        (1, 100, "0.01"),
    ],
)
def test_decimal_is_exact(number: int, divisor: int, expected: str) -> None:
    """Numbers lose no digit and no needless zero is shown."""
    assert expected == decimal(number, divisor)


@pytest.mark.parametrize(
    ("points", "per_point", "expected"),
    [(15, 1, "+15"), (-60, 1, "−60"), (0, 1, "0"), (-5, 10, "−0.5")],
)
def test_points_have_their_sign(points: int, per_point: int, expected: str) -> None:
    """Points are printed with their sign and in the scheme's own unit."""
    assert expected == signed(points, per_point)


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("substantiated_complaints", 160, "1.6 records weighted by age"),
        ("product_penalties", 160, "1.6 records by weight"),
        ("fines", 1_560_000, "15,600 yuan"),
        ("accidents", 2, "Larger accident"),
        ("tax_grade", 3, "Grade M"),
        ("public_credit_score", 81_250, "812.5"),
        ("annual_report_recency", 90, "90 days ago"),
        ("penalising_authorities", 2, "authorities: 2"),
        ("serious_listings", 1, "1 on record"),
        ("public_credit_score", None, "unknown"),
    ],
)
def test_values_have_their_unit(name: str, number: int | None, expected: str) -> None:
    """Hundredths, fen, basis points, days and levels are printed in the unit that people use.

    Unknown is a word.
    """
    assert expected == value(POLICY.indicator(name), number)["en"]


def test_a_share_is_a_percentage() -> None:
    """Basis points are printed as percent."""
    share = load_policy("food-demo", None).policy.indicator("problem_share")
    assert "66.66%" == value(share, 6666)["en"]


def test_a_gravity_is_its_word() -> None:
    """The gravest of some records is printed as the gravity that it is."""
    gravest = indicator("gravest", kind="rectification_order", aggregate="max", of="severity")
    assert {"zh": "严重", "en": "Serious"} == value(make_policy(gravest).indicator("gravest"), 3)


@pytest.mark.parametrize(
    ("part", "whole", "thousandths", "text"),
    [
        (1235, 10_000, 124, "12.4%"),
        (12_349, 100_000, 123, "12.3%"),
        (1, 1, 1000, "100.0%"),
        (0, 0, 0, "0.0%"),
        (1, 2000, 1, "0.1%"),
    ],
)
def test_shares_round_halves_up(part: int, whole: int, thousandths: int, text: str) -> None:
    """Terminal and page round a share the same way, and nothing of nothing is zero."""
    assert (thousandths, text) == (permille(part, whole), percent(part, whole))


def test_no_amount_is_no_text() -> None:
    """A record without an amount shows none, not zero yuan."""
    assert (None, {"zh": "0.5 元", "en": "0.5 yuan"}) == (money(None), money(50))
