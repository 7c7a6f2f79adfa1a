"""How often one address may ask: who guesses ids is stopped long before a hundred guesses; who has one is not."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from time import perf_counter, sleep
from typing import Any

from flask import Response, request
from flask_limiter import Limiter

GUESSES = "60 per hour"
"""Ids and codes that are none, and codes of licences that are looked up: all of one address together."""
QUICK, EVEN = 0.03, 0.25
"""Seconds: what is at hand is answered within the first, whatever else takes whole multiples of the other."""
View = Callable[..., Any]


class PublicLimits:
    """Limits of the public's routes.

    Args:
        limiter: Of the application.
    """

    def __init__(self, limiter: Limiter) -> None:
        self.misses = limiter.shared_limit(GUESSES, scope="guesses", deduct_when=_is_miss)
        self.searches = limiter.shared_limit(
            GUESSES, scope="guesses", exempt_when=lambda: not request.args.get("q", "").strip()
        )

    def guarded(self, view: View) -> View:
        """A view of one enterprise: misses are counted, and its time tells nothing of whom it shows."""
        limited: View = self.misses(in_even_time(view))
        return limited


def _is_miss(response: Response) -> bool:
    return response.status_code == 404


def in_even_time(view: View) -> View:
    """A view that answers at once or after a round time: whose records are many takes no longer than whose are few."""

    @wraps(view)
    def evened(*arguments: Any, **named: Any) -> Any:
        began = perf_counter()
        try:
            return view(*arguments, **named)
        finally:
            spent = perf_counter() - began
            # What is at hand takes the same time whomever it shows.
            if spent > QUICK:
                sleep(-spent % EVEN)

    return evened
