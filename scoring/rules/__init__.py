"""Law, policies, models, source maps and words as data, and where each of them lies."""

from __future__ import annotations

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
MODELS = RULES / "models"
"""Points tables of trained models; those that no longer ship are kept under their hash in ``superseded``."""
SOURCES = RULES / "sources"
"""Source maps."""
WORDING = RULES / "wording"
"""Sentences by text id, a folder per language."""


def shipped_table(name: str) -> dict[str, Any]:
    """A table of this folder by its name: ``kinds`` (the closed lists) or ``industries`` (GB/T 4754)."""
    return tomllib.loads((RULES / f"{name}.toml").read_text(encoding="utf-8"))
