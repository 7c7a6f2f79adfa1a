"""Checks of what is counted.

A share that bad news cannot dilute, a line that rises, selections that can ever hold a record.
"""

from __future__ import annotations

from collections.abc import Iterator

from scoring.entities import codes
from scoring.policy.check.subject import Subject
from scoring.policy.language.schema import Indicator, Select
from scoring.policy.law.finality import Never
from scoring.policy.read.finding import Finding


def check_share(subject: Subject) -> Iterator[Finding]:
    """Of an adverse share, what the denominator adds to the numerator is no bad news.

    Otherwise one more problem would lower it.
    """
    for toml_path, indicator in subject.indicators():
        if indicator.direction != "adverse" or indicator.among is None:
            continue
        diluting = _diluting(indicator.select, indicator.among)
        if diluting is not None:
            yield subject.finding(
                "share_diluted", (*toml_path, "among"), indicator=indicator.id, what=diluting
            )


def check_share_points(subject: Subject) -> Iterator[Finding]:
    """Under a set of relations a share gives no points.

    A visit of a matter stays among the visits and leaves those with a problem, so one more record of the
    matter would lower the share, and the end of one would raise it.
    """
    if subject.law is None or subject.law.relations is None:
        return
    for toml_path, indicator in subject.indicators():
        if indicator.among is not None and any(step.points for step in indicator.bins or ()):
            yield subject.finding("share_points", (*toml_path, "bins"), indicator=indicator.id)


def _diluting(select: Select, among: Select) -> str | None:
    """The key or code by which the denominator holds bad news that the numerator leaves out."""
    for select_key in ("kind", "field", "severity", "info_class", "scope"):
        if _narrower(select, among, select_key):
            return select_key
    problems = [code for code, row in codes()["results"].items() if row["evidence"] == "problem"]
    for code in problems:
        if code in (among.result or problems) and code not in (select.result or problems):
            return code
    # a record without a result may be a problem that nobody has written down as one
    return "result" if among.result is None and select.result is not None else None


def _narrower(select: Select, among: Select, select_key: str) -> bool:
    """Whether the numerator asks for more than the denominator under a key."""
    chosen, among_these = getattr(select, select_key), getattr(among, select_key)
    return chosen is not None and (among_these is None or not set(among_these) <= set(chosen))


def check_linear(subject: Subject) -> Iterator[Finding]:
    """A line has two ends in order and a slope."""
    for toml_path, indicator in subject.indicators():
        line = indicator.linear
        if line is not None and (line.low >= line.high or line.times == 0):
            yield subject.finding(
                "linear_order",
                (*toml_path, "linear"),
                indicator=indicator.id,
                low=line.low,
                high=line.high,
                times=line.times,
            )


def check_never(subject: Subject) -> Iterator[Finding]:
    """No indicator waits for records that the policy's profile never lets count."""
    if subject.law is None:
        return
    for toml_path, indicator in subject.indicators():
        for rule in subject.law.finality.never:
            if _never_holds(indicator, rule):
                yield subject.finding(
                    "never_counts",
                    (*toml_path, "select"),
                    indicator=indicator.id,
                    rule=rule.label.words,
                    example=rule.unless[0],
                )


def _never_holds(indicator: Indicator, rule: Never) -> bool:
    select = indicator.select
    if not rule.unless or select.result is None or not set(select.kind) <= set(rule.kinds):
        return False
    return not set(select.result) & set(rule.unless)
