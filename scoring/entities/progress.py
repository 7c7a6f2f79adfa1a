"""How far a long piece of work is: one signature for everything that reports."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with the stage and the share of it that is done, from 0.0 to 1.0."""


def silent(stage: str, share: float) -> None:
    """Progress that nobody watches."""
