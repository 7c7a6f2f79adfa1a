"""Why, in lines that an owner recognises: what happened on which day, its number, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from scoring.entities import Evidence, Reason
from scoring.explain.words.figures import decimal, labels, money, prose_day
from scoring.policy.language.schema import Indicator, Policy
from scoring.rules.wording import both

Both = dict[str, str]
A_MONTH = 30
LEAST_NUMBER = 4
VISITS = frozenset({"inspection", "sampling_test"})


def lines(reasons: Iterable[Reason], policy: Policy, *, records: bool = True) -> list[Both]:
    """A line for each reason; reasons of the same records are one line with their points together.

    Args:
        reasons: In order.
        policy: The policy that gave them.
        records: Whether records may be named.
    """
    groups: dict[tuple[str, ...], list[Reason]] = {}
    for reason in reasons:
        named = tuple(record.record_id for record in reason.evidence) if records else ()
        # What has no record, or takes where another gives, stands by itself.
        sign = "+" if reason.points > 0 else "-"
        key = (sign, *named) if named and reason.whole is None else (reason.indicator_id,)
        groups.setdefault(key, []).append(reason)
    return [_line(group, policy, records=records) for group in groups.values()]


def _line(group: list[Reason], policy: Policy, *, records: bool) -> Both:
    points = sum(reason.points for reason in group)
    what = _what(group[0], policy, records=records)
    return both("why_line", what=what, effect=effect(points, policy, together=len(group) > 1))


def effect(points: int, policy: Policy, *, together: bool = False) -> Both:
    """What points do: ``扣 60 分``, ``加 20 分``; of several items together."""
    taken = "takes" if points < 0 else "gives"
    text_id = f"why_{taken}_together" if together else f"why_{taken}"
    return both(text_id, n=decimal(abs(points), policy.scale.per_point))


def _what(reason: Reason, policy: Policy, *, records: bool) -> Both:
    if reason.whole is not None:
        of_visits = _of_visits(policy.indicator(reason.indicator_id))
        text_id = "why_visits" if of_visits else "why_share"
        return both(text_id, label=reason.label, part=reason.part, whole=reason.whole)
    evidence = reason.evidence if records else ()
    if len(evidence) == 1:
        return happened(evidence[0])
    if not evidence:
        return dict(reason.label)
    days = [day for record in evidence if (day := record.decided_on or record.occurred_on)]
    newest = prose_day(max(days, default=None))
    return both("why_many", label=reason.label, n=len(evidence), newest=newest)


def _of_visits(indicator: Indicator) -> bool:
    kinds = set(indicator.select.kind or ())
    return bool(kinds) and kinds <= VISITS


def happened(record: Evidence) -> Both:
    """What a record reports, with its day and number: ``2025 年 10 月 21 日被罚 15,600 元（…号）``."""
    day = record.decided_on or record.occurred_on
    amount = money(record.amount_fen)
    kind = labels("kinds", record.kind) or {}
    if record.kind == "administrative_penalty" and amount:
        what = both("why_fined", amount=amount, on=prose_day(day))
    else:
        result = labels("results", record.result)
        said = both("h_detailed", kind=kind, details=result) if result else dict(kind)
        what = both("why_happened", what=said, on=prose_day(day))
    return (
        both("why_numbered", what=what, number=record.document_no) if is_telling(record.document_no) else what
    )


def is_telling(number: str | None) -> bool:
    """Whether a number tells which document is meant: 无, / and 0 do not."""
    return number is not None and len(number) >= LEAST_NUMBER and any(map(str.isdigit, number))


def window(days: int) -> Both:
    """How far an indicator looks back: whole years where they are whole, else days."""
    years, rest = divmod(days, 365)
    # Three years may hold a leap day.
    if years and rest <= 1:
        return both("window_year") if years == 1 else both("window_years", n=years)
    return both("window", days=days)


def value_words(reason: Reason, policy: Policy, given: Both, as_of: date) -> Both:
    """What an indicator saw, as a sentence: how many records, how far back, how much by age.

    Args:
        reason: The reason.
        policy: Its policy.
        given: The value with its unit.
        as_of: Day of the result.
    """
    indicator = policy.indicator(reason.indicator_id)
    aggregate = indicator.aggregate
    if reason.whole is not None:
        return both("value_of_whole", part=reason.part, whole=reason.whole)
    if reason.value is None:
        return both("value_told_unknown")
    if aggregate == "days_since":
        return both("value_last_one", n=reason.value)
    if aggregate in ("weighted_count", "weighted_sum"):
        return _weighted(reason, given, as_of, graded=bool(indicator.weights))
    return both("value", value=given)


def _weighted(reason: Reason, given: Both, as_of: date, *, graded: bool) -> Both:
    """Of one record how much of it counts, by age or by gravity too; of several what they come to."""
    weights = {record.weight for record in reason.evidence}
    if weights == {100}:
        return both("value_in_full", n=len(reason.evidence))
    if len(reason.evidence) > 1 or not weights:
        return both("value_weighted", n=len(reason.evidence), value=given)
    record = reason.evidence[0]
    if graded:
        return both("value_graded", percent=record.weight)
    passed = as_of - (record.decided_on or record.occurred_on or as_of)
    return both("value_at_weight", months=passed.days // A_MONTH, percent=record.weight)
