"""Sentences by text id and parameters, one file per language in ``rules/wording``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache

from scoring.entities import Lang
from scoring.rules import WORDING

LANGUAGES: tuple[Lang, Lang] = ("zh", "en")


@cache
def wording(lang: Lang) -> Mapping[str, str]:
    """All sentences of one language by text id."""
    return tomllib.loads((WORDING / f"{lang}.toml").read_text(encoding="utf-8"))


def say(lang: Lang, text_id: str, **parameters: object) -> str:
    """One sentence; ``parameters`` fill its ``{names}``."""
    return wording(lang)[text_id].format(**parameters)


def both(text_id: str, **parameters: object) -> dict[str, str]:
    """One sentence in both languages; parameters that are mappings give each language its own."""
    return {
        lang: say(
            lang, text_id, **{k: v[lang] if isinstance(v, Mapping) else v for k, v in parameters.items()}
        )
        for lang in LANGUAGES
    }
