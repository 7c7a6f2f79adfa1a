"""Sise: explainable four-colour supervision scoring of enterprises."""

from scoring.assess.scorer import ScoredFrames, Scorer
from scoring.entities import Colour, Contribution, Explanation, Score
from scoring.errors import SiseError
from scoring.explain.notebook import explain

__all__ = [
    "Colour",
    "Contribution",
    "Explanation",
    "Score",
    "ScoredFrames",
    "Scorer",
    "SiseError",
    "explain",
]
