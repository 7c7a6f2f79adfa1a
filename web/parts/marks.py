"""Shapes for the templates: the same corners as on the cards."""

from __future__ import annotations

from flask import Flask

from scoring.administration.credential.shapes import CORNERS
from scoring.explain.words.marks import MARKS, MarkId


def install(app: Flask) -> None:
    """Gives templates ``corners(mark)``: the points of an SVG polygon on 100 x 100, empty for a circle."""
    app.context_processor(lambda: {"corners": corners})


def corners(mark: MarkId) -> str:
    """Points of the mark's shape for an SVG ``polygon`` in a 100 x 100 view box."""
    return " ".join(f"{x * 100:g},{y * 100:g}" for x, y in CORNERS.get(MARKS[mark].shape, ()))
