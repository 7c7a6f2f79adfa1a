"""Sise: explainable four-colour supervision scoring of enterprises."""

from scoring.assess.scorer import Assessment, assess, assess_one
from scoring.entities import Colour, Contribution, Explanation, Score
from scoring.errors import SiseError
from scoring.explain.notebook import explain

__all__ = [
    "Assessment",
    "Colour",
    "Contribution",
    "Explanation",
    "Score",
    "SiseError",
    "assess",
    "assess_one",
    "explain",
]
