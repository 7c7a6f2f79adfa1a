"""Bands of two policies side by side: how far down each stands, when two are the same, and how they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from scoring.entities import Lang
from scoring.policy.language.schema import Band, Policy
from scoring.rules.wording import say
from scoring.sql.literals import literal

Step = Literal["stays", "better", "worse", "aside"]


@dataclass(frozen=True)
class Place:
    """One row or column of a matrix: a band, or *not rated* when ``band`` is ``None``."""

    band: Band | None

    @property
    def id(self) -> str | None:
        """Id of the band, ``None`` for not rated."""
        return self.band.id if self.band else None

    def word(self, lang: Lang) -> str:
        """The colour's word with the band's label, the label alone without colours, or *not rated*."""
        if self.band is None:
            return say(lang, "not_rated")
        label: str = getattr(self.band.label, lang)
        return (
            say(lang, "m_band", word=say(lang, f"colour_{self.band.colour}"), label=label)
            if self.band.colour
            else label
        )


def places(policy: Policy) -> list[Place]:
    """Bands from best to worst, then not rated."""
    return [*(Place(band) for band in policy.bands), Place(None)]


def sameness(old: Policy, new: Policy) -> tuple[dict[str, str], dict[str, str]]:
    """What a band is known by in both policies: its colour where every band of both has one, else its id."""
    coloured = all(band.colour for band in (*old.bands, *new.bands))
    keys = [{b.id: str(b.colour) if coloured else b.id for b in policy.bands} for policy in (old, new)]
    return keys[0], keys[1]


def step(a: Place, b: Place, old: Policy, new: Policy) -> Step:
    """What going from a place under ``old`` to one under ``new`` is: ``aside`` where it enters or leaves rating, or cannot be told."""
    if a.band is None or b.band is None:
        return "stays" if a.band is b.band else "aside"
    old_keys, new_keys = sameness(old, new)
    if old_keys[a.band.id] == new_keys[b.band.id]:
        return "stays"
    before, after = old.bands.index(a.band) * most(new), new.bands.index(b.band) * most(old)
    return "better" if after < before else "worse" if after > before else "aside"


def most(policy: Policy) -> int:
    """Steps from the best band to the worst, at least one: what makes places of schemes with unequal bands comparable."""
    return max(len(policy.bands) - 1, 1)


def reached(points: str, policy: Policy, per_point: int) -> str:
    """SQL: number of the band (0 is best) of ``points`` that are counted in 1/``per_point``."""
    edges = [(band.from_ * per_point, n) for n, band in enumerate(policy.bands)]
    ordered = sorted(edges, reverse=True)
    tests = " ".join(
        f"WHEN {points} * {policy.scale.per_point} >= {edge} THEN {n}" for edge, n in ordered[:-1]
    )
    return f"CASE {tests} ELSE {ordered[-1][1]} END" if tests else str(ordered[-1][1])


def numbered(column: str, words: Sequence[str]) -> str:
    """SQL: the position of a text in a list, null where it is not in it."""
    return f"list_position([{', '.join(map(literal, words))}], {column}) - 1"
