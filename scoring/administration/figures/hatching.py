"""Fills that differ by hatching as well as by hue: they are told apart in black and white, on
paper and by anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scoring.explain.history.svg import tag
from scoring.explain.words.grades import legend, short_name
from scoring.explain.words.marks import HUES
from scoring.policy.language.schema import Policy
from scoring.rules.wording import both

Kind = Literal["solid", "rising", "dots", "crossed", "level", "upright", "falling", "empty"]
SIDE = 8
"""Side of the square that a hatching repeats."""
INK, PAPER, GREY = "#1b1f24", "#ffffff", "#5b616b"
OF_COLOURS: Mapping[str, tuple[Kind, str]] = {
    "blue": ("solid", PAPER),
    "green": ("rising", PAPER),
    "yellow": ("dots", INK),
    "red": ("level", PAPER),
}
"""Hatching of a colour and the ink of its lines."""
WITHOUT_COLOUR: Sequence[Kind] = ("solid", "rising", "crossed", "upright", "falling", "level")
"""Hatchings of bands without a colour, best first."""


@dataclass(frozen=True)
class Hatching:
    """How one series is drawn.

    Attributes:
        word: What it is, by language.
        kind: Its hatching.
        fill: Hue below.
        ink: Hue of the lines.
    """

    word: Mapping[str, str]
    kind: Kind
    fill: str
    ink: str


def plain_series(*words: Mapping[str, str]) -> list[Hatching]:
    """Series without hues of their own, from light to dark."""
    looks: Sequence[tuple[Kind, str, str]] = (
        ("empty", PAPER, INK),
        ("rising", PAPER, INK),
        ("crossed", "#b9c0ca", INK),
        ("solid", "#37475a", PAPER),
    )
    return [Hatching(word, *look) for word, look in zip(words, looks, strict=False)]


def band_series(policy: Policy) -> dict[str, Hatching]:
    """A series for each band, best first, and for who is not rated."""
    series = {}
    for number, band in enumerate(legend(policy)):
        kind, ink = WITHOUT_COLOUR[number % len(WITHOUT_COLOUR)], PAPER
        if band.colour is not None:
            kind, ink = OF_COLOURS[band.colour]
        fill = HUES[band.colour or "graded"][0]
        series[band.id] = Hatching(short_name(band.colour, band.label), kind, fill, ink)
    series[""] = Hatching(both("not_rated"), "empty", "#f3f4f6", GREY)
    return series


def defined(key: str, series: Sequence[Hatching]) -> str:
    """The definitions of some series, which ``fill_of`` names."""
    patterns = [_pattern(fill_id(key, number), hatching) for number, hatching in enumerate(series)]
    return tag("defs", "".join(patterns))


def fill_id(key: str, number: int) -> str:
    """The id of a series of a picture."""
    return f"{key}s{number}"


def _pattern(name: str, hatching: Hatching) -> str:
    ground = tag("rect", width=SIDE, height=SIDE, fill=hatching.fill)
    square = {"width": SIDE, "height": SIDE, "patternUnits": "userSpaceOnUse"}
    return tag("pattern", ground + _lines(hatching), id=name, **square)


def _lines(hatching: Hatching) -> str:
    """What is drawn over the hue."""
    stroke = {"stroke": hatching.ink, "stroke_width": 1.6, "fill": "none"}
    # The corners are drawn too, so that the lines go on from square to square.
    rising, falling = "M-2 2L2 -2M0 8L8 0M6 10L10 6", "M-2 6L2 10M0 0L8 8M6 -2L10 2"
    paths: Mapping[Kind, str] = {
        "rising": rising,
        "falling": falling,
        "crossed": f"{rising}{falling}",
        "level": "M0 2H8M0 6H8",
        "upright": "M2 0V8M6 0V8",
    }
    if hatching.kind == "dots":
        spots = [tag("circle", cx=x, cy=y, r=1.3, fill=hatching.ink) for x, y in ((2, 2), (6, 6))]
        return "".join(spots)
    return tag("path", d=paths[hatching.kind], **stroke) if hatching.kind in paths else ""
