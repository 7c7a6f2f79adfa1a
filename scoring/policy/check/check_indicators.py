"""Checks of indicators: bins in order, and points that can only move the way the direction says.

They prove the properties of the language: with favourable and neutral contributions and gates
fixed, one more adverse record never raises the points, and time never lowers the adverse part.
*Good* is more points on a scale where high is best and fewer points where low is best; ``_sign``
turns the sense so that every check reads one way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from scoring.policy.check.subject import Subject
from scoring.policy.language.aggregates import AGGREGATES
from scoring.policy.language.schema import Condition, Indicator
from scoring.policy.read.finding import Finding, TomlPath
from scoring.rules.wording import both


def check_bins(subject: Subject) -> Iterator[Finding]:
    """Upper bounds rise strictly, and only the last bin is open."""
    for toml_path, indicator in subject.indicators():
        if indicator.linear is not None:
            continue
        here = (*toml_path, "bins")
        bounds = [a_bin.upto for a_bin in indicator.bins]
        known = [bound for bound in bounds if bound is not None]
        if bounds[-1] is not None:
            yield subject.finding("bins_not_closed", here, indicator=indicator.id, bound=bounds[-1])
        if None in bounds[:-1]:
            yield subject.finding("bins_open_early", here, indicator=indicator.id)
        if not _rises(known):
            yield subject.finding(
                "bins_order",
                here,
                indicator=indicator.id,
                bounds=str(known),
                example=str(sorted(set(known))),
            )


def check_direction(subject: Subject) -> Iterator[Finding]:
    """Adverse indicators only take and favourable ones only give, the more the stronger the value.

    What is unknown is no news.
    """
    for toml_path, indicator in subject.indicators():
        if indicator.direction == "neutral":
            yield from _zigzag(subject, toml_path, indicator)
            continue
        yield from _sense(subject, toml_path, indicator)
        yield from _signs(subject, toml_path, indicator)
        yield from _unknown(subject, toml_path, indicator)


def _zigzag(subject: Subject, toml_path: TomlPath, indicator: Indicator) -> Iterator[Finding]:
    """A neutral indicator may go either way, but seldom up and down again: somebody should look."""
    points = list(indicator.points_by_value)
    if points not in (sorted(points), sorted(points, reverse=True)):
        yield subject.finding(
            "points_zigzag",
            (*toml_path, "bins"),
            severity="warning",
            indicator=indicator.id,
            points=str(points),
            example=str(sorted(points)),
        )


def _sign(subject: Subject) -> int:
    """What turns points into *good*."""
    return 1 if subject.policy.higher_is_better else -1


def _goods(subject: Subject, indicator: Indicator) -> list[int]:
    return [_sign(subject) * points for points in indicator.points_by_value]


def _sense(subject: Subject, toml_path: TomlPath, indicator: Indicator) -> Iterator[Finding]:
    """The stronger the value, the worse (adverse) or the better (favourable)."""
    # days since a record grow as it fades: there the small values are the strong ones
    weakens = AGGREGATES[indicator.aggregate].counts_days
    good_falls = (indicator.direction == "adverse") != weakens
    steps = list(pairwise(_goods(subject, indicator)))
    if not any((later > earlier) if good_falls else (later < earlier) for earlier, later in steps):
        return
    points = list(indicator.points_by_value)
    points_fall = good_falls == subject.policy.higher_is_better
    yield subject.finding(
        "points_sense",
        (*toml_path, "bins"),
        direction=both(f"points_sense_{indicator.direction}"),
        indicator=indicator.id,
        aggregate=indicator.aggregate,
        points=str(points),
        sense=both("points_sense_never_rise" if points_fall else "points_sense_never_fall"),
        example=str(sorted(points, reverse=points_fall)),
    )


def _signs(subject: Subject, toml_path: TomlPath, indicator: Indicator) -> Iterator[Finding]:
    """An adverse indicator never gives and a favourable one never takes."""
    goods = [*_goods(subject, indicator), _sign(subject) * indicator.unknown]
    if indicator.direction == "adverse" and max(goods) > 0:
        yield subject.finding("adverse_gives", (*toml_path, "bins"), indicator=indicator.id)
    if indicator.direction == "favourable" and min(goods) < 0:
        yield subject.finding("favourable_takes", (*toml_path, "bins"), indicator=indicator.id)


def _unknown(subject: Subject, toml_path: TomlPath, indicator: Indicator) -> Iterator[Finding]:
    """What is unknown costs nothing and pays nothing."""
    sign, goods = _sign(subject), _goods(subject, indicator)
    unknown, best, worst = sign * indicator.unknown, max(goods), min(goods)
    here = (*toml_path, "unknown")
    if indicator.direction == "adverse" and unknown < best:
        yield subject.finding(
            "unknown_costs", here, indicator=indicator.id, unknown=indicator.unknown, best=sign * best
        )
    if indicator.direction == "favourable" and unknown > worst:
        yield subject.finding(
            "unknown_pays", here, indicator=indicator.id, unknown=indicator.unknown, worst=sign * worst
        )


def check_latest(subject: Subject) -> Iterator[Finding]:
    """No adverse indicator uses ``latest``: a new mild record would wipe out an old grave one."""
    for toml_path, indicator in subject.indicators():
        if AGGREGATES[indicator.aggregate].forgets and indicator.direction == "adverse":
            yield subject.finding("adverse_latest", (*toml_path, "aggregate"), indicator=indicator.id)


def check_limit_sense(subject: Subject) -> Iterator[Finding]:
    """Caps and vetoes take hold as an adverse value worsens and never let go.

    One more adverse record must not lift one. Nor does one take hold because a favourable value
    grows: then the direction is wrong.
    """
    directed = [given for given in subject.policy.indicators if given.direction != "neutral"]
    by_id = {indicator.id: indicator for indicator in directed}
    for toml_path, condition in subject.conditions():
        indicator = by_id.get(condition.indicator or "")
        # a gate neither improves nor worsens: not rated is incomparable
        if toml_path[0] == "gates" or indicator is None:
            continue
        if indicator.direction == "favourable":
            yield from _takes_hold_on_good(subject, toml_path, condition, indicator)
        else:
            yield from _lets_go_on_bad(subject, toml_path, condition, indicator)


def _lets_go_on_bad(
    subject: Subject, toml_path: TomlPath, condition: Condition, indicator: Indicator
) -> Iterator[Finding]:
    if AGGREGATES[indicator.aggregate].counts_days:
        expected, wrong_bound = "at_most", condition.at_least
    else:
        expected, wrong_bound = "at_least", condition.at_most
    # one record more makes a value known
    if wrong_bound is not None or condition.unknown:
        yield subject.finding(
            "limit_sense",
            toml_path,
            "limit_sense_adverse",
            list_name=toml_path[0],
            indicator=indicator.id,
            key=expected,
        )


def _takes_hold_on_good(
    subject: Subject, toml_path: TomlPath, condition: Condition, indicator: Indicator
) -> Iterator[Finding]:
    counts_days = AGGREGATES[indicator.aggregate].counts_days
    key = "at_most" if counts_days else "at_least"
    if getattr(condition, key) is not None:
        yield subject.finding(
            "limit_sense",
            toml_path,
            "limit_sense_favourable",
            list_name=toml_path[0],
            indicator=indicator.id,
            key=key,
        )


def check_ages(subject: Subject) -> Iterator[Finding]:
    """Age limits rise, weights never rise with age, and limits and window end together."""
    for toml_path, indicator in subject.indicators():
        if indicator.age_weights is None:
            continue
        here = (*toml_path, "age_weights")
        limits = [limit for limit, _ in indicator.age_weights]
        weights = [weight for _, weight in indicator.age_weights]
        if not _rises(limits):
            yield subject.finding(
                "age_order",
                here,
                indicator=indicator.id,
                limits=str(limits),
                example=str(sorted(set(limits))),
            )
        lightest_last = sorted(weights, reverse=True)
        if weights != lightest_last:
            yield subject.finding(
                "age_weights_rise",
                here,
                indicator=indicator.id,
                weights=str(weights),
                example=str(lightest_last),
            )
        if max(limits) != indicator.window_days:
            yield subject.finding(
                "age_window", here, indicator=indicator.id, limit=max(limits), window=indicator.window_days
            )


def _rises(numbers: Sequence[int]) -> bool:
    return all(earlier < later for earlier, later in pairwise(numbers))
