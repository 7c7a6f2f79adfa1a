"""Changes between two policies as sentences, sorted by what they have an effect on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeGuard

from scoring.analysis.impact.diff import PolicyDifference, differences
from scoring.analysis.impact.rule_words import RuleWords
from scoring.entities import Lang
from scoring.policy.language.schema import Form, Policy
from scoring.policy.read.document import policy_sha256
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, both, say

Effect = Literal["points", "grades", "words"]
"""What a change can move: points, grades and what follows from them, or nothing but words."""

EFFECTS: tuple[Effect, ...] = ("points", "grades", "words")
AFFECT_POINTS = frozenset({"finality", "scale", "indicators"})
"""Parts of a policy that decide which records count and for how much."""
GROUPING = frozenset({"id", "valid_from", "origin", "legal", "groups", "group", "direction"})
"""Fields that name, group or found a rule without changing what it does."""
SORTS = ("version", "regrouped", "groups", "order", "direction", "cited", "legal", "texts")
"""Sorts of changes that move nobody, in the order in which they are counted."""
MOST_IN_ORDER = 8
"""Entries whose new order is written out; of more it is only said that it changed."""


@dataclass(frozen=True)
class WordedChange:
    """One change as it is read.

    Attributes:
        difference: The change.
        effect: What it has an effect on.
        where: The rule that changed, in both languages.
        what: What changed there, in both languages.
        brief: The same in short: of an indicator that came or went only its window and points.
    """

    difference: PolicyDifference
    effect: Effect
    where: dict[str, str]
    what: dict[str, str]
    brief: dict[str, str]

    def plain(self) -> dict[str, Any]:
        """As JSON has it, with a whole sentence in both languages."""
        return {
            "path": list(self.difference.path),
            "kind": self.difference.kind,
            "old": _plain(self.difference.old),
            "new": _plain(self.difference.new),
            "decides": self.difference.decides,
            "effect": self.effect,
            "where": self.where,
            "what": self.what,
            "brief": self.brief,
            "text": both("d_sentence", where=self.where, what=self.what),
        }


def compared(old: ResolvedPolicy, new: ResolvedPolicy) -> dict[str, Any]:
    """What changed from ``old`` to ``new`` as plain data, with a sentence for each change.

    ``decides`` of the whole says whether anything that decides changed. ``folded``
    counts the changes of grouping and wording, which are many and move nobody.
    """
    changes = list(worded_changes(old.policy, new.policy))
    decides = policy_sha256(old.policy) != policy_sha256(new.policy)
    summary = "d_decides" if decides else "d_only_labels" if changes else "d_same"
    return {
        "old": identity(old),
        "new": identity(new),
        "decides": decides,
        "summary": both(summary, n=len(changes)),
        "changes": [change.plain() for change in changes],
        "folded": folded(change.difference for change in changes if change.effect == "words"),
    }


def identity(version: ResolvedPolicy) -> dict[str, str]:
    """Which version of which policy, and the hash of its rules."""
    return {
        "id": version.policy.id,
        "version": version.policy.version,
        "sha256": version.rules_sha256,
        "status": version.status,
    }


def worded_changes(old: Policy, new: Policy) -> Iterable[WordedChange]:
    """All changes in words, in the order of the schema."""
    phrases: dict[str, Phrases] = {lang: Phrases(old, new, lang) for lang in LANGUAGES}
    for difference in differences(old, new):
        yield WordedChange(
            difference,
            effect_of(difference),
            where={lang: phrase.where(difference) for lang, phrase in phrases.items()},
            what={lang: phrase.what(difference) for lang, phrase in phrases.items()},
            brief={lang: phrase.what(difference, brief=True) for lang, phrase in phrases.items()},
        )


def effect_of(difference: PolicyDifference) -> Effect:
    """What a change has an effect on."""
    policy_part, last_field = difference.path[0], difference.path[-1]
    field = difference.fields[0] if difference.fields else ""
    if not difference.decides or policy_part in GROUPING or field in GROUPING or last_field in GROUPING:
        return "words"
    # Points are added up, whatever their order; of gates and bands the order decides.
    if difference.kind == "reordered" and policy_part == "indicators":
        return "words"
    # A field that is new here may move a grade: it is shown, not folded.
    return "points" if policy_part in AFFECT_POINTS else "grades"


def folded(changes: Iterable[PolicyDifference]) -> list[dict[str, Any]]:
    """Changes of grouping and wording as counts: ``21 indicators moved to another group``."""
    counts: dict[str, set[tuple[str, ...]]] = {}
    for change in changes:
        sort = _sort_of(change)
        # Of one rule several texts may change; whatever else changes is counted by rule.
        counts.setdefault(sort, set()).add(change.path if sort == "texts" else change.path[:2])
    return [
        {"sort": sort, "n": len(counts[sort]), "text": both(f"d_folded_{sort}", n=len(counts[sort]))}
        for sort in SORTS
        if sort in counts
    ]


def _sort_of(change: PolicyDifference) -> str:
    policy_part, last_field = change.path[0], change.path[-1]
    if not change.decides:
        return "texts"
    if policy_part in ("legal", "groups"):
        return policy_part
    if change.kind == "reordered":
        return "order"
    return {"group": "regrouped", "direction": "direction", "legal": "cited"}.get(last_field, "version")


class Phrases:
    """Changes between two policies in the words of one language.

    Args:
        old: The policy that the changes start from.
        new: The policy that they lead to.
        lang: The language.
    """

    def __init__(self, old: Policy, new: Policy, lang: Lang) -> None:
        self._lang = lang
        self._old, self._new = RuleWords(old, lang), RuleWords(new, lang)

    def where(self, difference: PolicyDifference) -> str:
        """The rule that changed, e.g. ``指标 一般行政处罚``."""
        whole_area = len(difference.path) > 1 or difference.kind == "reordered"
        policy_part = difference.path[0] if whole_area else "policy"
        words = self._old if difference.kind == "removed" else self._new
        if difference.entry is None:
            return words.area(policy_part)
        entry = words.entry(policy_part, difference.entry, difference.label)
        return f"{words.area(policy_part)} {entry}".rstrip()

    def what(self, difference: PolicyDifference, *, brief: bool = False) -> str:
        """What changed there, e.g. ``回看期 365 天 → 730 天``; what came or went in full, or ``brief``."""
        old, new = difference.old, difference.new
        if difference.kind in ("added", "removed"):
            words = self._new if difference.kind == "added" else self._old
            worded = words.brief if brief else words.value
            return self._whole(f"d_{difference.kind}", worded(old or new, difference.path[:1]))
        if difference.kind == "reordered":
            return self._reordered(difference)
        fields = difference.fields or difference.path
        if _are_codes(old) and _are_codes(new) and set(old) != set(new):
            return self._more_and_less(fields, old, new)
        return say(
            self._lang,
            "d_changed",
            field=self._new.field(fields),
            old=self._old.value(old, fields, difference.entry),
            new=self._new.value(new, fields, difference.entry),
        )

    def _whole(self, text_id: str, what: str) -> str:
        return say(self._lang, text_id, what=what) if what else say(self._lang, f"{text_id}_plain")

    def _reordered(self, difference: PolicyDifference) -> str:
        policy_part, old, new = difference.path[0], difference.old, difference.new
        if not isinstance(old, tuple) or not isinstance(new, tuple):
            return ""
        if len(new) > MOST_IN_ORDER:
            return say(self._lang, "d_reordered_many", n=len(new))
        old_order, new_order = self._old.ordered(policy_part, old), self._new.ordered(policy_part, new)
        return say(self._lang, "d_reordered", old=old_order, new=new_order)

    def _more_and_less(self, fields: Sequence[str], old: Any, new: Any) -> str:
        more = [code for code in new if code not in old]
        less = [code for code in old if code not in new]
        which = "d_more_less" if more and less else "d_more" if more else "d_less"
        return say(
            self._lang,
            which,
            field=self._new.field(fields),
            more=self._new.listed(more, fields),
            less=self._old.listed(less, fields),
        )


def _are_codes(value: object) -> TypeGuard[tuple[str, ...]]:
    return isinstance(value, tuple) and all(isinstance(code, str) for code in value)


def _plain(value: object) -> Any:
    """A value as JSON has it, names as in the file."""
    if isinstance(value, Form):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
