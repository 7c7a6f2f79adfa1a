"""What every view must say of itself: rules that are a demonstration, data that is fictitious, whose order it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scoring.entities import Colour, Lang
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both

Notice = Mapping[str, str]
"""A sentence in every language."""


def notices(version: ResolvedPolicy, *, fictitious: bool) -> tuple[Notice, ...]:
    """The sentences at the head of a view, each where it is true and nowhere else.

    Args:
        version: The policy of the view.
        fictitious: Whether some of the facts behind it are made up.
    """
    return labels_of(demonstration=version.demonstration, fictitious=fictitious)


def labels_of(*, demonstration: bool, fictitious: bool) -> tuple[Notice, ...]:
    """The same for what knows no policy, as a card."""
    of_rules = (both("notice_demonstration"),) if demonstration else ()
    return (*of_rules, both("notice_fictitious")) if fictitious else of_rules


def in_one(sentences: Iterable[Notice], lang: Lang) -> str:
    """Sentences one behind the other; Chinese has no blank between them."""
    return ("" if lang == "zh" else " ").join(sentence[lang] for sentence in sentences)


def order_notice(version: ResolvedPolicy) -> tuple[Notice, ...]:
    """That the order of colours is the demonstration's choice; of a scheme without colours nothing."""
    best = best_colour(version.policy)
    if best is None or not version.demonstration:
        return ()
    return (both("notice_order", colour=both(f"order_{best}")),)


def best_colour(policy: Policy) -> Colour | None:
    """The colour of the best band."""
    return policy.bands[0].colour
