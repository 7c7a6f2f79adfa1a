"""Sets of relations between records, read from ``rules/relations``."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from scoring.entities import RelationSet
from scoring.errors import PolicyError
from scoring.policy.read.document import read_or_raise
from scoring.rules import RELATIONS


def relation_ids() -> list[str]:
    """Ids of the sets that are shipped, sorted."""
    return sorted(path.stem for path in RELATIONS.glob("*.toml"))


@cache
def load_relations(set_id: str) -> RelationSet:
    """One set of relations.

    Raises:
        PolicyError: There is none of this id, or its file is not valid.
    """
    known_ids = relation_ids()
    if set_id not in known_ids:
        nearest_ids = get_close_matches(set_id, known_ids, n=1) or known_ids
        raise PolicyError("relations_unknown", relations=set_id, known=known_ids, near=nearest_ids[0])
    return read_or_raise(RELATIONS / f"{set_id}.toml", RelationSet).model
