"""Sentences by text id and parameters, in Chinese and in English: a folder per language, read as one.

Everything that a person reads is worded here: explanations, tables, pages, refusals. A language is one folder with the same ids.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

Lang = Literal["zh", "en"]
LANGUAGES: tuple[Lang, Lang] = ("zh", "en")
FOLDER = Path(__file__).resolve().parent
_BETWEEN: Mapping[Lang, str] = {"zh": "、", "en": ", "}


@cache
def wording(lang: Lang) -> Mapping[str, str]:
    """All sentences of one language by text id.

    Raises:
        ValueError: Two files of the language have the same id.
    """
    sentences: dict[str, str] = {}
    for path in sorted((FOLDER / lang).glob("*.toml")):
        more = tomllib.loads(path.read_text(encoding="utf-8"))
        if twice := sorted(sentences.keys() & more.keys()):
            raise ValueError(f"text id {twice[0]!r} of {path} is in another file of the language too")
        sentences |= more
    return sentences


def say(lang: Lang, text_id: str, **parameters: object) -> str:
    """One sentence; ``parameters`` fill its ``{names}``.

    A parameter that is a mapping gives each language its own words; one that is a list is written with the commas of the language.
    """
    return wording(lang)[text_id].format(**{name: _worded(value, lang) for name, value in parameters.items()})


def both(text_id: str, **parameters: object) -> dict[str, str]:
    """One sentence in both languages."""
    return {lang: say(lang, text_id, **parameters) for lang in LANGUAGES}


class Worded:
    """What is told in one sentence of each language: a text id and what fills it."""

    parameters: Mapping[str, object]

    @property
    def sentence_id(self) -> str:
        """The text id."""
        raise NotImplementedError

    @property
    def words(self) -> dict[str, str]:
        """The sentence by language, as another sentence takes it for a parameter."""
        return both(self.sentence_id, **self.parameters)

    @property
    def zh(self) -> str:
        """The sentence in Chinese."""
        return self.sentence("zh")

    @property
    def en(self) -> str:
        """The sentence in English."""
        return self.sentence("en")

    def sentence(self, lang: Lang) -> str:
        """The sentence in one language."""
        return say(lang, self.sentence_id, **self.parameters)


def _worded(value: object, lang: Lang) -> object:
    if isinstance(value, Mapping):
        return value[lang]
    if isinstance(value, (list, tuple)):
        return _BETWEEN[lang].join(str(_worded(item, lang)) for item in value)
    return value
