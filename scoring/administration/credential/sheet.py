"""A printed sheet as data: what stands where, once, for pictures and for vectors alike.

Lengths are dots of 300 to the inch, from the left and from the top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from scoring.explain.words.marks import Shape

DPI = 300
MM = DPI / 25.4
"""Dots of a millimetre."""
Ink = Literal["paper", "ink", "fill", "soft"]
"""The four colours of a sheet; ``fill`` is that of the result."""


@dataclass(frozen=True)
class Box:
    """A filled rectangle."""

    x: int
    y: int
    width: int
    height: int
    ink: Ink


@dataclass(frozen=True)
class Emblem:
    """The shape of a result, in a square."""

    x: int
    y: int
    side: int
    shape: Shape
    ink: Ink


@dataclass(frozen=True)
class Words:
    """A line of letters.

    Attributes:
        x: Its left end.
        y: The line that the letters stand on.
        size: Height of the letters.
        text: The letters.
        ink: Their colour.
        is_heavy: Whether they are drawn with a rim: large ones alone, for it smears small Chinese ones.
    """

    x: int
    y: int
    size: int
    text: str
    ink: Ink = "ink"
    is_heavy: bool = False


@dataclass(frozen=True)
class QrField:
    """A QR code.

    Attributes:
        x: Left end of its modules.
        y: Upper end of its modules.
        module: Dots of a module.
        text: What it holds.
    """

    x: int
    y: int
    module: int
    text: str


Item = Box | Emblem | Words | QrField


@dataclass(frozen=True)
class PrintSheet:
    """A sheet.

    Attributes:
        width: Its width.
        height: Its height.
        colours: Each ink as ``#rrggbb``.
        ground: What is the same on many sheets, lowest first.
        own: What is this sheet's own, above it.
        title: What it is, for whoever cannot see it.
        unprintable: Characters of names for which the letters have no shape.
    """

    width: int
    height: int
    colours: Mapping[Ink, str]
    ground: tuple[Item, ...]
    own: tuple[Item, ...]
    title: str = ""
    unprintable: tuple[str, ...] = field(default=())

    @property
    def items(self) -> tuple[Item, ...]:
        """All of it, lowest first."""
        return (*self.ground, *self.own)
