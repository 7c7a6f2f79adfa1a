"""Draws the six shapes: corners on a unit square, so that cards, pages and legends show the same ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from PIL import Image, ImageDraw

from scoring.explain.words.marks import Shape

CORNERS: Mapping[Shape, tuple[tuple[float, float], ...]] = {
    "square": ((0.06, 0.06), (0.94, 0.06), (0.94, 0.94), (0.06, 0.94)),
    "triangle": ((0.5, 0.03), (1.0, 0.93), (0.0, 0.93)),
    "octagon": (
        (0.3, 0.02),
        (0.7, 0.02),
        (0.98, 0.3),
        (0.98, 0.7),
        (0.7, 0.98),
        (0.3, 0.98),
        (0.02, 0.7),
        (0.02, 0.3),
    ),
    "pentagon": ((0.5, 0.02), (1.0, 0.39), (0.81, 0.96), (0.19, 0.96), (0.0, 0.39)),
    "diamond": ((0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)),
}
"""Corners of each shape in a square of side 1, x to the right and y down; ``circle`` has none."""

_SMOOTH = 4


@cache
def mask(shape: Shape, size: int) -> Image.Image:
    """The shape as an 8-bit mask of ``size`` x ``size`` pixels with smooth edges."""
    side = size * _SMOOTH
    image = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(image)
    if shape == "circle":
        draw.ellipse((0, 0, side - 1, side - 1), fill=255)
    else:
        draw.polygon([(x * (side - 1), y * (side - 1)) for x, y in CORNERS[shape]], fill=255)
    return image.resize((size, size), Image.Resampling.LANCZOS)
