"""The words of the pages, of papers and of kinds of records: what is in their list stands nowhere.

The labels of released rules stay as they were released.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scoring.rules.wording import FOLDER, wording

LIST = tomllib.loads(Path(__file__).with_name("plain_words.toml").read_text(encoding="utf-8"))
RULES = FOLDER.parent
READ_BY_ALL = ("pages", "public", "firm", "casework", "access")
"""Wording that people who are not of the trade read."""


def texts(lang: str) -> dict[str, str]:
    """Every text that such people may read, by where it stands."""
    found = {}
    for name in READ_BY_ALL:
        file = RULES / "wording" / lang / f"{name}.toml"
        found |= {
            f"{name}.{key}": text for key, text in tomllib.loads(file.read_text(encoding="utf-8")).items()
        }
    for table in ("kinds", "procedures", "areas"):
        content = tomllib.loads((RULES / f"{table}.toml").read_text(encoding="utf-8"))
        found |= dict(_labels(content, lang, table))
    return found


def _labels(content: Any, lang: str, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping):
        if isinstance(content.get(lang), str):
            yield where, content[lang]
        for key, inner in content.items():
            yield from _labels(inner, lang, f"{where}.{key}")
    elif isinstance(content, list):
        for number, inner in enumerate(content):
            yield from _labels(inner, lang, f"{where}.{number}")


def holds(text: str, word: str, lang: str) -> bool:
    """Whether a word stands in a text: of Latin letters as a word of its own."""
    return bool(re.search(rf"\b{re.escape(word)}\b", text)) if lang == "en" else word in text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_banned_word(lang: str) -> None:
    """None of the words that nobody would use, in no text."""
    found = [
        (where, word)
        for where, text in texts(lang).items()
        for word in LIST["banned"][lang]
        if holds(text, word, lang)
    ]
    assert [] == found


@pytest.mark.parametrize("pair", LIST["pairs"], ids=lambda pair: str(pair["instead_of"]))
def test_the_better_words_stand(pair: Mapping[str, Any]) -> None:
    """Of each pair the better half is there and the other is not."""
    lang, worse = pair["lang"], pair["instead_of"]
    everything = {**texts(lang), **wording(lang)}
    if pair.get("whole"):
        assert [] == [where for where, text in everything.items() if text == worse]
    else:
        assert [] == [where for where, text in everything.items() if holds(text, worse, lang)]
    assert any(pair["say"] in text for text in everything.values())
