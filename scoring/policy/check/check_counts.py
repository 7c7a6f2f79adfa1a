"""Checks of what is counted: a share that bad news cannot dilute, a line that rises, selections that can ever hold a record."""

from __future__ import annotations

from collections.abc import Iterator

from scoring.entities import codes
from scoring.policy.check.subject import Subject
from scoring.policy.language.schema import Indicator, Select
from scoring.policy.read.finding import Finding


def check_share(s: Subject) -> Iterator[Finding]:
    """Of an adverse share, what the denominator adds to the numerator is no bad news: else one more problem would lower it."""
    for where, indicator in s.indicators():
        if indicator.direction != "adverse" or indicator.among is None:
            continue
        among, select = indicator.among, indicator.select
        narrower = next(
            (
                key
                for key in ("kind", "field", "severity", "info_class", "scope")
                if _narrower(select, among, key)
            ),
            None,
        )
        problems = [code for code, row in codes()["results"].items() if row["evidence"] == "problem"]
        diluting = [
            code
            for code in problems
            if code in (among.result or problems) and code not in (select.result or problems)
        ]
        open_ended = among.result is None and select.result is not None
        if narrower or diluting or open_ended:
            what = narrower or (diluting or ["result"])[0]
            yield s.finding(
                "share_diluted",
                (*where, "among"),
                f"扣分指标 {indicator.id} 的分母 among 含有不在分子 select 中的不良记录（{what}），再多一条不良记录反而使比率下降；"
                '分母只应另加良好结果，例如 among = { kind = ["inspection"], result = ["no_problem", "problem"] }',
                f"among of the adverse share {indicator.id} holds adverse records that select leaves out ({what}), so that one more would "
                'lower the share; it may add good results only, e.g. among = { kind = ["inspection"], result = ["no_problem", "problem"] }',
            )


def _narrower(select: Select, among: Select, key: str) -> bool:
    """Whether the numerator asks for more than the denominator under a key."""
    chosen, all_of = getattr(select, key), getattr(among, key)
    return chosen is not None and (all_of is None or not set(all_of) <= set(chosen))


def check_linear(s: Subject) -> Iterator[Finding]:
    """A line has two ends in order and a slope."""
    for where, indicator in s.indicators():
        line = indicator.linear
        if line is not None and (line.low >= line.high or line.times == 0):
            yield s.finding(
                "linear_order",
                (*where, "linear"),
                f"指标 {indicator.id} 的 linear 中 low = {line.low}、high = {line.high}、times = {line.times}，"
                "low 应小于 high 且 times 不为 0，例如 linear = { times = 1, low = 0, high = 10000 }",
                f"linear of {indicator.id} has low = {line.low}, high = {line.high}, times = {line.times}; "
                "low must be below high and times not 0, e.g. linear = { times = 1, low = 0, high = 10000 }",
            )


def check_never(s: Subject) -> Iterator[Finding]:
    """No indicator waits for records that the policy's profile never lets count."""
    if s.law is None:
        return
    for where, indicator in s.indicators():
        for rule in s.law.finality.never:
            if _never_holds(indicator, rule.kinds, rule.unless):
                yield s.finding(
                    "never_counts",
                    (*where, "select"),
                    f'指标 {indicator.id} 选取的记录从不计分（{rule.label.zh}），请改选或删去，例如 result = ["{rule.unless[0]}"]',
                    f"indicator {indicator.id} selects records that never count ({rule.label.en}), select others or drop it, "
                    f'e.g. result = ["{rule.unless[0]}"]',
                )


def _never_holds(indicator: Indicator, kinds: tuple[str, ...], unless: tuple[str, ...]) -> bool:
    select = indicator.select
    return (
        set(select.kind) <= set(kinds) and select.result is not None and not set(select.result) & set(unless)
    )
