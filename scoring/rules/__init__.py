"""Law, policies, models, source maps and words as data, and where each of them lies."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

RULES = Path(__file__).resolve().parent
POLICIES = RULES / "policies"
"""Policies, a folder each with a file per version and a register."""
FINALITY = RULES / "finality"
"""Profiles of when a decision is final."""
RETENTION = RULES / "retention"
"""Instruments on use, deletion and restoration."""
LAW = RULES / "law"
"""Instruments that citations name (laws, regulations, orders, plans), and the authorities."""
MODELS = RULES / "models"
"""Points tables of trained models; those that no longer ship are kept under their hash in ``superseded``."""
RELATIONS = RULES / "relations"
"""Sets of relations between records."""
SOURCES = RULES / "sources"
"""Source maps."""
WORDING = RULES / "wording"
"""Sentences by text id, a folder per language."""
MOST_NESTED = 12
"""Levels of a rule file or a map, which need few."""
_QUOTED = re.compile(r"""\"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_DOTTED = re.compile(rf"(?<![\w-])[\w-]++(?:[ \t]*+\.[ \t]*+[\w-]++){{{MOST_NESTED}}}")
_OPENED = re.compile(rf"(?:[\[{{][^\[\]{{}}]*+){{{4 * MOST_NESTED}}}")


def is_nested(text: str) -> bool:
    """Whether a TOML text is nested deeper than any of ours; told before it is parsed.

    The parser takes minutes for a key of thousands of parts, and ends in a traceback where brackets
    are opened without end.
    """
    plain = _QUOTED.sub("q", text)
    return bool(_DOTTED.search(plain) or _OPENED.search(plain))


def shipped_table(name: str) -> dict[str, Any]:
    """A table of this folder by its name: ``kinds`` (the closed lists), ``authorities`` or ``industries`` (GB/T 4754)."""
    return tomllib.loads((RULES / f"{name}.toml").read_text(encoding="utf-8"))
