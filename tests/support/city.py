"""The commands that make a store of the committed sample: accounts, facts, a scoring, and its stock taken over."""

from __future__ import annotations

from pathlib import Path

SCORED_ON = "2026-09-30"


def city_calls(rejects: Path) -> list[tuple[object, ...]]:
    """The calls in order, each without its database; the accounts are mia, anna and bert."""
    source = ("--source", "canonical:data/sample", "--rejects", rejects)
    adopt = ("db", "adopt", "--as-of", SCORED_ON, "--ground", "stock")
    return [
        ("db", "init"),
        *(("user", "add", name, "--by", "mia") for name in ("mia", "anna", "bert")),
        ("db", "import", *source, "--by", "mia"),
        ("db", "score", "--as-of", SCORED_ON, "--by", "mia"),
        *((*adopt, "--by", name) for name in ("mia", "anna")),
    ]
