"""Finality profiles: when a penalty begins to count. That differs by place and so is data."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from scoring.errors import PolicyError
from scoring.policy.language.forms import Code, Form, Identifier, PolicyId, Text
from scoring.policy.language.schema import Legal
from scoring.policy.read.document import read_or_raise
from scoring.rules import FINALITY


class Never(Form):
    """Records that never count unless they ended in one of some results, or something of them is known.

    A complaint that nobody has substantiated is one, a promise that was kept another, a slight penalty
    that nobody has published, and a penalty of unknown class.

    Attributes:
        classes: Where given, their classes: ``info_class``, else ``severity``.
        unless: Results with which they count.
        unless_known: Of what a record tells; with all of it, it counts.
    """

    id: Identifier
    kinds: Annotated[tuple[Code, ...], Field(min_length=1)]
    classes: tuple[Code, ...] | None = None
    unless: tuple[Code, ...] = ()
    unless_known: tuple[Literal["publish_until", "class"], ...] | None = None
    label: Text


class FinalityProfile(Form):
    """When decisions of some kinds count; the form of ``rules/finality/<id>.toml``.

    Attributes:
        id: Name of the profile and of its file.
        title: What it is, in zh and en.
        months: Calendar months from service (else decision) after which a decision without contest
            is presumed final; a last day that is no working day moves on to the next one, and it
            counts from the day after.
        kinds: Kinds of records that must be final to count; all others count as soon as they are
            known.
        presumed_contests: States of contest under which finality may be presumed when ``final_on``
            is missing.
        no_sooner_contests: States of contest after which a decision counts no sooner than one that nobody
            contested: who appeals and loses is not worse off than who did not appeal.
        held_contests: States under which the record weighs nothing until decided.
        void_contests: States under which it never counts.
        summary_counts: Whether decisions by summary procedure count.
        small_fine_fen: Of unknown procedure, a fine of at most this, or a minor record without a
            fine, is treated as summary.
        retention: Instruments on use and restoration that apply, by id.
        never: Records that never count.
        legal: The articles it rests on.
    """

    id: PolicyId
    title: Text
    months: Annotated[int, Field(ge=0, le=120)]
    kinds: tuple[Code, ...]
    presumed_contests: tuple[Code, ...]
    no_sooner_contests: tuple[Code, ...] | None = None
    held_contests: tuple[Code, ...]
    void_contests: tuple[Code, ...]
    summary_counts: bool
    small_fine_fen: Annotated[int, Field(ge=0, le=10**12)]
    retention: tuple[Code, ...]
    never: tuple[Never, ...] = ()
    legal: tuple[Legal, ...]


def finality_ids() -> list[str]:
    """Ids of the profiles that are shipped, sorted."""
    return sorted(path.stem for path in FINALITY.glob("*.toml"))


@lru_cache(maxsize=16)
def load_finality(profile_id: str) -> FinalityProfile:
    """Loads a finality profile from ``rules/finality``.

    Raises:
        PolicyError: There is none of this id, or its file is not valid.
    """
    known_ids = finality_ids()
    if profile_id not in known_ids:
        nearest_ids = get_close_matches(profile_id, known_ids, n=1) or known_ids
        raise PolicyError("finality_unknown", profile=profile_id, known=known_ids, near=nearest_ids[0])
    return read_or_raise(FINALITY / f"{profile_id}.toml", FinalityProfile).model
