"""Which enterprises a person means: every word that was typed is part of the name or of the code."""

from __future__ import annotations

import re
import unicodedata

from sqlalchemy import ColumnElement, false, func, or_

from scoring.store.tables.orm import Standing

MOST_WORDS = 12
"""Words that are looked for: a database takes no endless conditions."""


def spellings(text: str) -> list[set[str]]:
    """The words of a text, each in the spellings in which it may be stored.

    Blanks, hyphens and brackets part words, so that a code may be typed in groups of four. Letters and
    digits of full width stand for those of half width too (NFKC).
    """
    words = re.findall(r"\w+", text.lower())[:MOST_WORDS]
    return [{word, unicodedata.normalize("NFKC", word)} for word in words]


def name_or_code_has(text: str) -> list[ColumnElement[bool]]:
    """Conditions on ``Standing``, all of which hold for who is meant; none for an empty text, which means everybody."""
    if text and not spellings(text):
        return [false()]
    return [_has_any(words) for words in spellings(text)]


def _has_any(words: set[str]) -> ColumnElement[bool]:
    tests = []
    for word in sorted(words):
        tests.append(func.lower(Standing.name).contains(word, autoescape=True))
        tests.append(func.lower(Standing.enterprise_id).contains(word, autoescape=True))
    return or_(*tests)
