"""Whom to ask: the office of an authority as the register has it, and who publishes the results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from scoring.entities import Explanation
from scoring.entities.authorities import Authority, office_of, register
from scoring.rules.wording import LANGUAGES, both, say

MOST_NAMED = 2
"""Authorities of records that a first screen names; each record names its own."""


def contact_of(name: str, *, fictitious: bool) -> dict[str, Any]:
    """How an authority that a record names is reached; that nothing is entered, where nothing is.

    Args:
        name: As the record has it.
        fictitious: Whether the facts are made up: a made-up contact is shown beside them alone.
    """
    entry = register().authorities.get(office_of(name) or "")
    if entry is None or (entry.fictitious and not fictitious):
        return _unknown(dict.fromkeys(LANGUAGES, name))
    return _known(entry)


def publisher(*, fictitious: bool) -> dict[str, Any]:
    """Who publishes the results as a whole, or that nobody is entered."""
    entry = register().publisher
    if entry is None or (entry.fictitious and not fictitious):
        return _unknown(both("publisher_unnamed"))
    return _known(entry)


def whom_to_ask(explanation: Explanation, *, records: bool = True) -> list[dict[str, Any]]:
    """The authorities of the records that are shown, in the order in which these are told, then the publisher.

    Args:
        explanation: As its reader may see it.
        records: Whether records may be seen: without them the publisher alone is named.
    """
    names = dict.fromkeys(_authorities(explanation)) if records else {}
    shown = [contact_of(name, fictitious=explanation.fictitious) for name in names]
    whole = publisher(fictitious=explanation.fictitious)
    asked_once = {contact["code"] or contact["name"]["zh"]: contact for contact in shown}
    asked_once.pop(whole["code"], None)
    return [*asked_once.values(), whole]


def _authorities(explanation: Explanation) -> Iterator[str]:
    path = explanation.outlook.path if explanation.outlook else None
    for step in path.steps if path else ():
        yield from _given(step.authority)
    for rule in explanation.rules:
        yield from _given(*(record.authority for record in rule.evidence))
    # What takes points is asked about first.
    for reason in sorted(explanation.reasons, key=lambda reason: reason.points > 0):
        yield from _given(*(record.authority for record in reason.evidence))
    yield from _given(*(record.authority for record, _ in explanation.excluded))


def _given(*names: str | None) -> Iterable[str]:
    return filter(None, names)


def line(contact: Mapping[str, Any]) -> dict[str, str]:
    """A contact in one line."""
    joined: dict[str, str] = {}
    for lang in LANGUAGES:
        joined[lang] = say(lang, "comma").join(part[lang] for part in parts(contact))
    return joined


def parts(contact: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Name, desk, telephone, address and hours; or the name and that nothing is entered."""
    if contact["telephone"] is None:
        return [both("contact_missing", name=contact["name"])]
    telephone = dict.fromkeys(LANGUAGES, contact["telephone"])
    return [contact["name"], contact["office"], telephone, contact["address"], contact["hours"]]


def _known(entry: Authority) -> dict[str, Any]:
    return {
        "code": entry.code,
        "name": dict(entry.name),
        "office": dict(entry.office),
        "telephone": entry.telephone,
        "tel": "tel:" + re.sub(r"[^0-9+]", "", entry.telephone),
        "address": dict(entry.address),
        "hours": dict(entry.hours),
        "publisher": entry.publisher,
        "note": None,
    }


def _unknown(name: Mapping[str, str]) -> dict[str, Any]:
    empty = dict.fromkeys(("office", "telephone", "tel", "address", "hours"))
    return {"code": None, "name": dict(name), **empty, "publisher": False, "note": both("contact_none")}
