"""Checks of the scale: bands cover it without gap or overlap, and each steers supervision.

Whether every band can be reached is checked in ``check_reach``.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from scoring.entities import Colour
from scoring.policy.check.subject import Subject, repeated
from scoring.policy.read.finding import Finding


def check_scale(subject: Subject) -> Iterator[Finding]:
    """The scale has room, and its base lies on it."""
    scale = subject.policy.scale
    if scale.low >= scale.high:
        yield subject.finding("scale_order", ("scale", "high"), low=scale.low, high=scale.high)
    elif not scale.low <= scale.base <= scale.high:
        yield subject.finding(
            "base_off_scale", ("scale", "base"), base=scale.base, low=scale.low, high=scale.high
        )


def check_bands(subject: Subject) -> Iterator[Finding]:
    """Bands run one way from best to worst and cover the scale without gap or overlap."""
    bands, scale = subject.policy.bands, subject.policy.scale
    starts = [band.from_ for band in bands]
    expected = sorted(set(starts), reverse=subject.policy.higher_is_better)
    if starts != expected:
        toml_path = ("bands", _first_difference(starts, expected))
        yield subject.finding("bands_overlap", toml_path, starts=str(starts), expected=str(expected))
    lowest = starts.index(min(starts))
    if starts[lowest] > scale.low:
        yield subject.finding("bands_gap", ("bands", lowest, "from"), low=scale.low, last=starts[lowest] - 1)
    for position, start in enumerate(starts):
        if start > scale.high or (start < scale.low and position == lowest):
            yield subject.finding(
                "band_off_scale",
                ("bands", position, "from"),
                band=bands[position].id,
                start=start,
                low=scale.low,
                high=scale.high,
            )


def _first_difference(starts: list[int], expected: list[int]) -> int:
    # equal starts make the expected list shorter: then the first one too many is meant
    pairs = enumerate(zip(starts, expected, strict=False))
    return next((position for position, (start, wanted) in pairs if start != wanted), len(expected))


def check_colours(subject: Subject) -> Iterator[Finding]:
    """No colour is used twice, and either all bands have one or none has."""
    given = [band.colour for band in subject.policy.bands]
    free = next((colour for colour in Colour if colour not in given), Colour.YELLOW)
    for position, name in repeated(str(colour) for colour in given):
        if given[position] is not None:
            yield subject.finding("colour_twice", ("bands", position, "colour"), colour=name, free=free)
    if None in given and any(given):
        yield subject.finding("colour_missing", ("bands", given.index(None)), free=free)


def check_limits(subject: Subject) -> Iterator[Finding]:
    """A cap or veto at the best band would do nothing."""
    band_ids = [band.id for band in subject.policy.bands]
    for toml_path, limit in subject.limits():
        if len(band_ids) > 1 and limit.band == band_ids[0]:
            yield subject.finding(
                "limit_without_effect",
                (*toml_path, "band"),
                list_name=toml_path[0],
                limit=limit.id,
                best=band_ids[0],
                worst=band_ids[-1],
            )


def check_supervision(subject: Subject) -> Iterator[Finding]:
    """Every band says how it steers supervision, and a worse band is not inspected less."""
    bands, supervision = subject.policy.bands, subject.policy.supervision
    for position, band in enumerate(bands):
        if band.id not in supervision:
            yield subject.finding("no_supervision", ("bands", position), band=band.id)
    ratios = [(band.id, supervision[band.id].sampling_bp) for band in bands if band.id in supervision]
    for (better, earlier), (worse, later) in pairwise(ratios):
        if earlier > later:
            yield subject.finding(
                "supervision_sense",
                ("supervision", worse),
                severity="warning",
                worse=worse,
                later=later,
                better=better,
                earlier=earlier,
            )
