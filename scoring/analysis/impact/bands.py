"""Bands of two policies side by side: how far down each stands, and when two are the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scoring.entities import Lang
from scoring.explain.words.grades import labelled_name
from scoring.policy.language.schema import Band, Policy
from scoring.rules.wording import say
from scoring.sql.literals import literal

Step = Literal["stays", "better", "worse", "aside"]


class BandNames(NamedTuple):
    """What the bands of two policies are known by: name by id."""

    old: dict[str, str]
    new: dict[str, str]


@dataclass(frozen=True)
class Place:
    """One row or column of a matrix: a band, or *not rated* when ``band`` is ``None``."""

    band: Band | None

    @property
    def id(self) -> str | None:
        """Id of the band, ``None`` for not rated."""
        return self.band.id if self.band else None

    def word(self, lang: Lang) -> str:
        """The colour's word with the band's label; the label alone without colours; or *not rated*."""
        if self.band is None:
            return say(lang, "not_rated")
        return labelled_name(self.band.colour, self.band.label.model_dump())[lang]


def places(policy: Policy) -> list[Place]:
    """Bands from best to worst, then not rated."""
    return [*(Place(band) for band in policy.bands), Place(None)]


def shared_names(old: Policy, new: Policy) -> BandNames:
    """What a band is known by in both policies: its colour where all have one, else its id."""
    coloured = all(band.colour for band in (*old.bands, *new.bands))
    return BandNames(_names(old, coloured), _names(new, coloured))


def _names(policy: Policy, coloured: bool) -> dict[str, str]:
    return {band.id: str(band.colour) if coloured else band.id for band in policy.bands}


def step(before: Place, after: Place, old: Policy, new: Policy) -> Step:
    """What going from a place under ``old`` to one under ``new`` is.

    ``aside`` where it enters or leaves rating, or where better and worse cannot be told.
    """
    if before.band is None or after.band is None:
        return "stays" if before.band is after.band else "aside"
    names = shared_names(old, new)
    if names.old[before.band.id] == names.new[after.band.id]:
        return "stays"
    # Schemes may have unequal numbers of bands: both places are brought to one measure.
    from_place = old.bands.index(before.band) * most_steps(new)
    to_place = new.bands.index(after.band) * most_steps(old)
    if from_place == to_place:
        return "aside"
    return "better" if to_place < from_place else "worse"


def most_steps(policy: Policy) -> int:
    """Steps from the best band to the worst, at least one."""
    return max(len(policy.bands) - 1, 1)


def reached(points: str, policy: Policy, per_point: int) -> str:
    """SQL: number of the band (0 is best) of ``points`` that are counted in 1/``per_point``."""
    edges = [(band.from_ * per_point, number) for number, band in enumerate(policy.bands)]
    *upper, (_, lowest) = sorted(edges, reverse=True)
    if not upper:
        return str(lowest)
    unit = policy.scale.per_point
    tests = [f"WHEN {points} * {unit} >= {edge} THEN {number}" for edge, number in upper]
    return f"CASE {' '.join(tests)} ELSE {lowest} END"


def numbered(column: str, words: Sequence[str]) -> str:
    """SQL: the position of a text in a list, null where it is not in it."""
    return f"list_position([{', '.join(map(literal, words))}], {column}) - 1"
