"""How a colour looks: word, shape and hue, always together (WCAG 1.4.1: never by colour alone).

The hues are dark enough for white letters at a contrast of 4.5 or more; yellow takes dark letters.
Red and green differ in word, shape and number for whoever cannot tell the hues apart. Which colour
is best is policy data and not told here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from scoring.entities import Colour
from scoring.explain.words.grades import colour_word
from scoring.rules.wording import LANGUAGES, both

Shape = Literal["circle", "square", "triangle", "octagon", "pentagon", "diamond"]
MarkId = Literal["blue", "green", "yellow", "red", "graded", "not_rated"]


@dataclass(frozen=True)
class Mark:
    """One way a result can look.

    Attributes:
        id: The colour, ``graded`` for bands of schemes without colours, or ``not_rated``.
        shape: Drawn beside the word, with the rank inside.
        fill: Hue of frame and shape, ``#rrggbb``.
        ink: Letters on ``fill``, ``#rrggbb``.
    """

    id: MarkId
    shape: Shape
    fill: str
    ink: str

    @property
    def word(self) -> Mapping[str, str]:
        """The word in both languages; empty for ``graded``, where the band's own label is the word."""
        if self.id == "graded":
            return dict.fromkeys(LANGUAGES, "")
        return both("not_rated") if self.id == "not_rated" else colour_word(self.id)


MARKS: Mapping[MarkId, Mark] = {
    mark.id: mark
    for mark in (
        Mark("blue", "circle", "#1450a3", "#ffffff"),
        Mark("green", "square", "#0b7a43", "#ffffff"),
        Mark("yellow", "triangle", "#f7bb1b", "#1d1d1f"),
        Mark("red", "octagon", "#b01722", "#ffffff"),
        Mark("graded", "pentagon", "#37475a", "#ffffff"),
        Mark("not_rated", "diamond", "#5b616b", "#ffffff"),
    )
}
HUES: Mapping[str, tuple[str, str]] = {mark.id: (mark.fill, mark.ink) for mark in MARKS.values()}
"""Fill and ink by mark, for pictures that bring their own shapes."""


def mark_of(colour: Colour | str | None, rated: bool) -> Mark:
    """The mark of a result: of its colour, ``graded`` if its band has none, ``not_rated`` without band."""
    if not rated:
        return MARKS["not_rated"]
    return next((mark for mark in MARKS.values() if mark.id == colour), MARKS["graded"])
