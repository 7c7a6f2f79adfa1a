"""The law that a policy applies, and the one hash of all rules: policy, law and closed lists."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any

from scoring.entities import RelationSet, codes
from scoring.policy.language.forms import Form
from scoring.policy.language.schema import Policy
from scoring.policy.law.finality import FinalityProfile, load_finality
from scoring.policy.law.relations import load_relations
from scoring.policy.law.retention import Instrument, UseSpan, read_instrument, use_spans


class LawText(Form):
    """A profile of finality with its instruments and the relations of records, as one text."""

    finality: FinalityProfile
    instruments: tuple[Instrument, ...]
    relations: RelationSet | None = None


@dataclass(frozen=True)
class Law:
    """A profile of finality with the instruments that it names, and how records are related.

    Attributes:
        finality: When decisions count.
        instruments: What each instrument says on use, deletion and restoration, in order.
        relations: How records stand to each other; ``None``: by their act alone.
    """

    finality: FinalityProfile
    instruments: tuple[Instrument, ...]
    relations: RelationSet | None = None

    @cached_property
    def use_spans(self) -> tuple[UseSpan, ...]:
        """Its rules of use with the days on which they are in force."""
        return use_spans(self.instruments)

    def limits(self, as_of: date) -> dict[str, date]:
        """For each rule of use the oldest day that it lets count on ``as_of``: any, if not in force."""
        return {span.rule_id: span.oldest(as_of) for span in self.use_spans}

    @cached_property
    def content(self) -> str:
        """All of it as canonical JSON, words included; ``law_of`` reads it back."""
        text = LawText(finality=self.finality, instruments=self.instruments, relations=self.relations)
        return _canonical(text.model_dump(mode="json", by_alias=True, exclude_none=True))

    @cached_property
    def sha256(self) -> str:
        """Hash of ``content``."""
        return _digest(self.content)


@cache
def load_law(profile_id: str, relations_id: str | None = None) -> Law:
    """The law of a profile that is shipped, with a set of relations.

    Raises:
        PolicyError: There is no profile or set of this id, or a file of it or of its instruments is not
            valid.
    """
    finality = load_finality(profile_id)
    relations = load_relations(relations_id) if relations_id else None
    return Law(finality, tuple(map(read_instrument, finality.retention)), relations)


def law_of(content: str) -> Law:
    """The law from its canonical JSON.

    Raises:
        ValueError: The text is none.
    """
    text = LawText.model_validate_json(content)
    return Law(text.finality, text.instruments, text.relations)


@cache
def lists_content() -> str:
    """The closed lists of ``rules/kinds.toml`` as JSON, in their order, labels included."""
    # Not sorted: severities and sizes mean something by their order.
    return json.dumps(codes(), ensure_ascii=False, separators=(",", ":"))


def policy_content(policy: Policy) -> str:
    """A policy after ``extends`` as canonical JSON, labels included."""
    return _canonical(policy.model_dump(mode="json", by_alias=True, exclude_none=True))


def rules_sha256(policy: str, law: str, lists: str) -> str:
    """The one hash of the rules that a result follows from.

    A policy pins its points tables by hash, so they are covered too.

    Args:
        policy: ``policy_content``.
        law: ``Law.content``.
        lists: ``lists_content``.

    Returns:
        64 hexadecimal digits.
    """
    return _digest(_canonical({"policy": policy, "law": law, "lists": lists}))


def changed_codes(lists: str) -> list[str]:
    """Codes of which the present closed lists say something else than some earlier ones.

    Labels aside; codes that came later change nothing for those that were there.

    Args:
        lists: Earlier ``lists_content``.

    Returns:
        Table and code of each, such as ``kinds.accident``; a table whose order changed by its name.
    """
    changed = []
    for table, earlier in json.loads(lists).items():
        present = codes().get(table, {})
        kept = [code for code in present if code in earlier]
        in_order = [code for code in earlier if code in present]
        changed += [table] if kept != in_order else []
        changed += [
            f"{table}.{code}"
            for code in earlier
            if _unlabelled(earlier[code]) != _unlabelled(present.get(code))
        ]
    return changed


def _unlabelled(attributes: Any) -> Any:
    """What is said of a code besides its labels."""
    if not isinstance(attributes, dict):
        return attributes
    return {name: value for name, value in attributes.items() if name not in ("zh", "en")}


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
