"""What the firm is told of one record: what happened, its remedies to the day, and why it was not used."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from outlooks import POLICY, VERSION, reason, record

from benchmarks.peers import JULY
from scoring.entities import Reason
from scoring.explain.outlook.lifetime import COMPLEX_WORKDAYS
from scoring.explain.words import reason_lines
from scoring.explain.words.exclusion import article_of, not_held
from scoring.explain.words.figures import prose_day
from scoring.explain.words.remedies import remedies, review_until
from scoring.policy.law.retention import use_rules
from scoring.policy.load import load_policy

DAY = date(2026, 6, 30)
PENALTY = record("r-1")
SERVED = replace(PENALTY, served_on=date(2026, 5, 6), procedure="ordinary")


def told(offered: list[dict[str, str]]) -> list[str]:
    """The Chinese sentences."""
    return [text["zh"] for text in offered]


def test_periods_run_from_service() -> None:
    """Sixty days and six months after service, moved to a working day; the fifteen days after a review have no date."""
    first, second, third = told(remedies(SERVED, DAY))
    assert ("2026 年 7 月 6 日" in first, "2026 年 11 月 6 日" in second, "15 日内" in third) == (
        True,
        True,
        True,
    )
    assert date(2026, 7, 6) == review_until(date(2026, 5, 6))


def test_without_service_no_date_is_told() -> None:
    """Where the day of service is not known the periods run from knowledge, and no day is computed."""
    first, second, _ = told(remedies(PENALTY, DAY))
    assert ("可以自知道之日起 60 日内申请行政复议（送达日期未知）", True) == (
        first,
        "自知道之日起 6 个月" in second,
    )


def test_past_periods_are_told_as_past() -> None:
    """A period that is over says so, and when all are over nothing else is offered."""
    offered = told(remedies(SERVED, date(2027, 1, 1)))
    assert (2, True) == (len(offered), all("届满" in sentence for sentence in offered))


@pytest.mark.parametrize(("decided", "first"), [(date(2023, 12, 31), False), (date(2024, 1, 1), True)])
def test_on_the_spot_review_comes_first(decided: date, first: bool) -> None:
    """Against a penalty imposed on the spot, since 2024, the review comes first and no lawsuit is offered beside it."""
    summary = replace(PENALTY, procedure="summary", decided_on=decided)
    offered = told(remedies(summary, DAY))
    assert (first, not first) == ("要先申请行政复议" in offered[0], "提起行政诉讼" in " ".join(offered[:2]))


@pytest.mark.parametrize("kind", ["inspection", "judgment_default", "tax_grade"])
def test_what_is_no_decision_of_an_authority_has_none(kind: str) -> None:
    """A finding, a court's decision and a grade have no review and no lawsuit of this kind."""
    assert [] == remedies(replace(PENALTY, kind=kind), DAY)


@pytest.mark.parametrize(("contest", "words"), [("review", "正在行政复议中"), ("lawsuit", "正在行政诉讼中")])
def test_what_is_under_way_is_told(contest: str, words: str) -> None:
    """While a review or lawsuit goes on nothing else is offered."""
    assert [True] == [
        words in sentence for sentence in told(remedies(replace(PENALTY, contest=contest), DAY))
    ]


def lines(*reasons: Reason) -> list[str]:
    """The Chinese lines of why."""
    return [line["zh"] for line in reason_lines.lines(reasons, POLICY)]


def test_why_says_what_happened() -> None:
    """One record is told by its day, amount and number, and two items of it are one line with their points together."""
    penalty = reason("market_penalties", -60, PENALTY)
    line = "2025 年 12 月 13 日被罚 1,800 元（虚柯市监罚〔2025〕001617号）：扣 60\u00a0分"
    assert [line] == lines(penalty)
    assert [line.replace("扣 60", "共扣 105")] == lines(penalty, reason("fines", -45, PENALTY))


def test_a_share_says_how_many_of_how_many() -> None:
    """A share of visits is told in visits, where a policy takes points for one."""
    policy = load_policy(JULY, None).policy
    label = policy.indicator("problem_share").label.model_dump()
    share = Reason(
        "problem_share", label, -35, 3_333, False, "adverse", (record("v-1"),), (), None, part=1, whole=3
    )
    told = [line["zh"] for line in reason_lines.lines([share], policy)]
    assert ["检查发现问题较多（3 次中 1 次）：扣 35\u00a0分"] == told


@pytest.mark.parametrize(
    ("name", "zh"),
    [
        ("product_penalties", "1 条，按轻重、状态和时间计 40%"),
        ("tax_arrears", "1 条，因已过 6 个月按 40% 计"),
    ],
)
def test_what_a_record_counts_says_by_what(name: str, zh: str) -> None:
    """Where gravity or state weighs too, nobody is told that time alone had passed."""
    told_of = reason(name, -40, replace(PENALTY, weight=40))
    assert zh == reason_lines.value_words(told_of, POLICY, {}, DAY)["zh"]


def test_a_number_that_tells_nothing_is_left_out() -> None:
    """A number like 0 or 无 names no document."""
    assert ["2025 年 12 月 13 日被罚 1,800 元：扣 60\u00a0分"] == lines(
        reason("market_penalties", -60, record("r-1", "0"))
    )


@pytest.mark.parametrize(
    ("days", "zh"), [(365, "看最近 1 年"), (1095, "看最近 3 年"), (1096, "看最近 3 年"), (89, "看最近 89 天")]
)
def test_windows_are_told_in_years_where_they_are(days: int, zh: str) -> None:
    """Three years are not told as 1,095 days."""
    assert zh == reason_lines.window(days)["zh"]


def test_every_rule_that_drops_a_record_is_a_sentence() -> None:
    """Each code of the snapshot, of what never scores and of the law of use has a sentence and, where it is law, its article."""
    codes = ["restored", "expired", "annulled", "contested", "summary", "not_final", "minor_unpublished"]
    codes += [rule.id for _instrument, rule in use_rules(VERSION.law.instruments)]
    for code in codes:
        article = article_of(PENALTY, code, VERSION, DAY)
        assert article is not None and not_held(code, VERSION)["zh"].endswith(("计", "使用")), code
    for code in (
        "superseded",
        "no_date",
        "not_yet",
        "withdrawn",
        "same_act",
        "unsubstantiated",
        "promise_kept",
        "unclassed",
    ):
        assert (None, True) == (article_of(PENALTY, code, VERSION, DAY), bool(not_held(code, VERSION)["en"]))


def test_days_in_sentences_are_written_out() -> None:
    """A day in a sentence is written out in each language, and marked where it is past."""
    assert {"zh": "2026 年 10 月 20 日", "en": "20 October 2026"} == prose_day(date(2026, 10, 20))
    assert "20 October 2026 (past)" == prose_day(date(2026, 10, 20), date(2026, 10, 21))["en"]


def test_complex_matters_have_ten_more_days() -> None:
    """The law with ten working days for complex matters is among those that the policy applies."""
    assert set(COMPLEX_WORKDAYS) <= {instrument.legal.id for instrument in VERSION.law.instruments}
