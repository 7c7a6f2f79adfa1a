"""Checks of indicators: bins in order, and points that can only move the way the direction says.

They prove the properties of design 5: with favourable and neutral contributions and gates fixed, one more adverse
record never raises the points, and time never lowers the adverse part. *Good* is more points on a scale where high is
best and fewer points where low is best; ``_good`` turns the sense so that every check reads one way.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from scoring.policy.check.subject import Subject
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import Condition, Indicator
from scoring.policy.read.finding import Finding, TomlPath


def check_bins(s: Subject) -> Iterator[Finding]:
    """Upper bounds rise strictly, and only the last bin is open."""
    for where, indicator in s.indicators():
        if indicator.linear is not None:
            continue
        bounds = [b.upto for b in indicator.bins]
        if bounds[-1] is not None:
            yield s.finding(
                "bins_not_closed",
                (*where, "bins"),
                f"指标 {indicator.id} 的最后一档写了 upto = {bounds[-1]}，更大的值没有分档；最后一档不写 upto，例如 {{ points = -40 }}",
                f"the last bin of {indicator.id} ends at upto = {bounds[-1]} and leaves greater values without points; "
                "the last bin has no upto, e.g. { points = -40 }",
            )
        if any(b is None for b in bounds[:-1]):
            yield s.finding(
                "bins_open_early",
                (*where, "bins"),
                f"指标 {indicator.id} 在最后一档之前就有一档没写 upto，后面的分档永远用不到，例如 {{ upto = 0, points = 0 }}",
                f"a bin of {indicator.id} before the last has no upto, so the later ones are never reached, "
                "e.g. { upto = 0, points = 0 }",
            )
        known = [b for b in bounds if b is not None]
        if any(first >= later for first, later in pairwise(known)):
            yield s.finding(
                "bins_order",
                (*where, "bins"),
                f"指标 {indicator.id} 的 upto 依次为 {known}，应严格递增，例如 upto = {sorted(set(known))}",
                f"upto of {indicator.id} runs {known}, expected to rise strictly, e.g. upto = {sorted(set(known))}",
            )


def check_direction(s: Subject) -> Iterator[Finding]:
    """Adverse indicators only take and favourable ones only give, the more the stronger the value; unknown is no news."""
    for where, indicator in s.indicators():
        if indicator.direction == "neutral":
            yield from _zigzag(s, where, indicator)
            continue
        goods = _good(s, indicator)
        worst_first = AGGREGATES[indicator.aggregate].counts_days
        falling = (indicator.direction == "adverse") != worst_first
        if any((later > first) if falling else (later < first) for first, later in pairwise(goods)):
            yield _sense(s, where, indicator, falling)
        yield from _signs(s, where, indicator, goods)
        yield from _unknown(s, where, indicator, goods)


def _zigzag(s: Subject, where: TomlPath, indicator: Indicator) -> Iterator[Finding]:
    """A neutral indicator may go either way, but seldom up and down again: somebody should look."""
    points = list(indicator.points_by_value)
    if points not in (sorted(points), sorted(points, reverse=True)):
        yield s.finding(
            "points_zigzag",
            (*where, "bins"),
            f"中性指标 {indicator.id} 各档分值为 {points}，先升后降或先降后升；请确认不是笔误，例如 {sorted(points)}",
            f"points of the neutral indicator {indicator.id} run {points}, up and down; make sure it is no slip, e.g. {sorted(points)}",
            "warning",
        )


def _good(s: Subject, indicator: Indicator) -> list[int]:
    sign = 1 if s.policy.higher_is_better else -1
    return [sign * points for points in indicator.points_by_value]


def _sense(s: Subject, where: tuple[str | int, ...], indicator: Indicator, falling: bool) -> Finding:
    points = list(indicator.points_by_value)
    down = falling == s.policy.higher_is_better
    zh, en = ("不升", "never rise") if down else ("不降", "never fall")
    word_zh, word_en = ("扣分", "adverse") if indicator.direction == "adverse" else ("加分", "favourable")
    example = sorted(points, reverse=down)
    return s.finding(
        "points_sense",
        (*where, "bins"),
        f"{word_zh}指标 {indicator.id}（{indicator.aggregate}）各档分值为 {points}，随数值增大应{zh}，例如 {example}",
        f"points of the {word_en} indicator {indicator.id} ({indicator.aggregate}) run {points}; "
        f"as the value grows they must {en}, e.g. {example}",
    )


def _signs(
    s: Subject, where: tuple[str | int, ...], indicator: Indicator, goods: list[int]
) -> Iterator[Finding]:
    sign = 1 if s.policy.higher_is_better else -1
    unknown = sign * indicator.unknown
    if indicator.direction == "adverse" and max(*goods, unknown) > 0:
        yield s.finding(
            "adverse_gives",
            (*where, "bins"),
            f"扣分指标 {indicator.id} 有一档反而加分；没有记录不等于好，最好一档应为 0，例如 {{ upto = 0, points = 0 }}",
            f"a bin of the adverse indicator {indicator.id} gives points; no record is not good: its best bin is 0, "
            "e.g. { upto = 0, points = 0 }",
        )
    if indicator.direction == "favourable" and min(*goods, unknown) < 0:
        yield s.finding(
            "favourable_takes",
            (*where, "bins"),
            f'加分指标 {indicator.id} 有一档反而扣分；最差一档应为 0，两边都动的指标用 neutral，例如 direction = "neutral"',
            f"a bin of the favourable indicator {indicator.id} takes points; its worst bin is 0, and an indicator that does both "
            'is neutral, e.g. direction = "neutral"',
        )


def _unknown(
    s: Subject, where: tuple[str | int, ...], indicator: Indicator, goods: list[int]
) -> Iterator[Finding]:
    sign = 1 if s.policy.higher_is_better else -1
    unknown, best, worst = sign * indicator.unknown, max(goods), min(goods)
    if indicator.direction == "adverse" and unknown < best:
        yield s.finding(
            "unknown_costs",
            (*where, "unknown"),
            f"扣分指标 {indicator.id} 在不详时为 {indicator.unknown} 分，差于最好一档 {sign * best}；"
            f"不详不是坏消息，例如 unknown = {sign * best}",
            f"adverse indicator {indicator.id} gives {indicator.unknown} when unknown, worse than its best bin {sign * best}; "
            f"unknown is no bad news, e.g. unknown = {sign * best}",
        )
    if indicator.direction == "favourable" and unknown > worst:
        yield s.finding(
            "unknown_pays",
            (*where, "unknown"),
            f"加分指标 {indicator.id} 在不详时为 {indicator.unknown} 分，好于最差一档 {sign * worst}；"
            f"不详不是好消息，例如 unknown = {sign * worst}",
            f"favourable indicator {indicator.id} gives {indicator.unknown} when unknown, better than its worst bin {sign * worst}; "
            f"unknown is no good news, e.g. unknown = {sign * worst}",
        )


def check_latest(s: Subject) -> Iterator[Finding]:
    """An adverse indicator never uses ``latest``: a new mild record would wipe out an old grave one."""
    for where, indicator in s.indicators():
        if AGGREGATES[indicator.aggregate].forgets and indicator.direction == "adverse":
            yield s.finding(
                "adverse_latest",
                (*where, "aggregate"),
                f"扣分指标 {indicator.id} 用了 latest，新的轻微记录会冲掉旧的严重记录；"
                '请用 max 或 weighted_count，例如 aggregate = "max"',
                f"adverse indicator {indicator.id} uses latest, so that a new mild record would wipe out an old grave one; "
                'use max or weighted_count, e.g. aggregate = "max"',
            )


def check_limit_sense(s: Subject) -> Iterator[Finding]:
    """Caps and vetoes take hold as an adverse value worsens, never let go: one more adverse record must not lift one.

    Nor does one take hold because a favourable value grows: then the direction is wrong.
    """
    by_id = {i.id: i for i in s.policy.indicators if i.direction != "neutral"}
    for where, c in s.conditions():
        indicator = by_id.get(c.indicator or "")
        if where[0] == "gates" or indicator is None:
            continue
        if indicator.direction == "favourable":
            yield from _limit_on_good(s, where, c, indicator)
            continue
        worse, better = (
            ("at_most", c.at_least)
            if AGGREGATES[indicator.aggregate].counts_days
            else ("at_least", c.at_most)
        )
        if better is not None or c.unknown:
            yield s.finding(
                "limit_sense",
                where,
                f"{where[0]} 的条件会因 {indicator.id} 再多一条不良记录而不再成立，应写 {worse}，"
                f'例如 {{ indicator = "{indicator.id}", {worse} = 1 }}',
                f"one more adverse record in {indicator.id} would end this condition of {where[0]}, expected {worse}, "
                f'e.g. {{ indicator = "{indicator.id}", {worse} = 1 }}',
            )


def _limit_on_good(s: Subject, where: TomlPath, c: Condition, indicator: Indicator) -> Iterator[Finding]:
    good, bound = (
        ("at_most", c.at_most) if AGGREGATES[indicator.aggregate].counts_days else ("at_least", c.at_least)
    )
    if bound is not None:
        yield s.finding(
            "limit_sense",
            where,
            f'{where[0]} 的条件在加分指标 {indicator.id} 变好时成立（{good}），方向写反了，例如把指标改为 direction = "adverse"',
            f"this condition of {where[0]} takes hold as the favourable indicator {indicator.id} grows better ({good}): the direction is "
            'wrong, e.g. expected direction = "adverse" there',
        )


def check_ages(s: Subject) -> Iterator[Finding]:
    """Age limits rise, weights never rise with age, and limits and window end together."""
    for where, indicator in s.indicators():
        if indicator.age_weights is None:
            continue
        limits = [limit for limit, _ in indicator.age_weights]
        weights = [weight for _, weight in indicator.age_weights]
        here = (*where, "age_weights")
        if any(first >= later for first, later in pairwise(limits)):
            yield s.finding(
                "age_order",
                here,
                f"指标 {indicator.id} 的年龄界限依次为 {limits}，应严格递增，例如 {sorted(set(limits))}",
                f"age limits of {indicator.id} run {limits}, expected to rise strictly, e.g. {sorted(set(limits))}",
            )
        if any(first < later for first, later in pairwise(weights)):
            yield s.finding(
                "age_weights_rise",
                here,
                f"指标 {indicator.id} 的权重依次为 {weights}，记录越旧权重不得越大，例如 {sorted(weights, reverse=True)}",
                f"weights of {indicator.id} run {weights}, an older record must not weigh more, e.g. {sorted(weights, reverse=True)}",
            )
        if max(limits) != indicator.window_days:
            yield s.finding(
                "age_window",
                here,
                f"指标 {indicator.id} 的最后年龄界限为 {max(limits)}，window_days 为 {indicator.window_days}，二者应相同，"
                f"例如 window_days = {max(limits)}",
                f"the last age limit of {indicator.id} is {max(limits)} and its window_days {indicator.window_days}, "
                f"expected equal, e.g. window_days = {max(limits)}",
            )
