"""Sets of relations between records, read from ``rules/relations``."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from itertools import chain

from scoring.entities import HeldPower, RelationSet, Spelling
from scoring.entities.authorities import AuthorityRegister, name_key, register
from scoring.errors import PolicyError
from scoring.policy.language.legal import is_article
from scoring.policy.read.document import read_or_raise
from scoring.policy.read.instruments import instruments
from scoring.rules import RELATIONS


def relation_ids() -> list[str]:
    """Ids of the sets that are shipped, sorted."""
    return sorted(path.stem for path in RELATIONS.glob("*.toml"))


@cache
def load_relations(set_id: str) -> RelationSet:
    """One set of relations, with what the register of authorities says of names and powers.

    Raises:
        PolicyError: There is none of this id, its file is not valid, or it rests on no article.
    """
    known_ids = relation_ids()
    if set_id not in known_ids:
        nearest_ids = get_close_matches(set_id, known_ids, n=1) or known_ids
        raise PolicyError("relations_unknown", relations=set_id, known=known_ids, near=nearest_ids[0])
    path = RELATIONS / f"{set_id}.toml"
    relations = read_or_raise(path, RelationSet).model
    for article in chain.from_iterable(rule.legal for rule in relations.succeeds):
        if article.instrument not in instruments() or not is_article(article.article):
            raise PolicyError("relations_article", place=str(path), **article.model_dump())
    return relations.model_copy(update=_of_register(register()))


def _of_register(authorities: AuthorityRegister) -> dict[str, object]:
    """What linking needs to know of the authorities: their spellings, and who holds whose power when."""
    names = {code: name_key(authority.name["zh"]) for code, authority in authorities.authorities.items()}
    return {
        "spellings": tuple(Spelling(alias=alias, name=name) for alias, name in authorities.spellings()),
        "powers": tuple(
            HeldPower(
                power=names[held.of],
                field=held.field,
                holder=names[held.to],
                begins=held.begins,
                until=held.until,
            )
            for held in authorities.held_powers()
        ),
    }
