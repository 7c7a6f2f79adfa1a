"""Single edits that make a good policy wrong, for the mutation test and its campaign.

Every mutation takes the text of a policy and a source of random numbers and gives the edited text.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

Mutation = Callable[[str, random.Random], str]


def _edit(pattern: str, replace: Callable[[re.Match[str]], str]) -> Mutation:
    """Edits one random match of a pattern."""

    def mutation(text: str, rng: random.Random) -> str:
        match = rng.choice(list(re.finditer(pattern, text, re.MULTILINE)))
        return text[: match.start()] + replace(match) + text[match.end() :]

    return mutation


MUTATIONS: Mapping[str, Mutation] = {
    "swapped bound": _edit(
        r"\{ upto = (\d+), points = (-?\d+) \}, \{ upto = (\d+),",
        lambda m: f"{{ upto = {m[3]}, points = {m[2]} }}, {{ upto = {m[1]},",
    ),
    "missing translation": _edit(r', en = "[^"]*" \}', lambda m: " }"),
    "empty translation": _edit(r'zh = "[^"]*"', lambda m: 'zh = ""'),
    "untranslated": _edit(r'en = "[^"]*"', lambda m: 'en = "未译"'),
    "dates out of order": _edit(r"^issued_on = \d{4}", lambda m: "issued_on = 2199"),
    "unknown indicator": _edit(r'indicator = "(\w+)"', lambda m: f'indicator = "{m[1]}x"'),
    "unknown kind": _edit(r'kind = \["(\w+)"', lambda m: f'kind = ["{m[1]}x"'),
    "unknown article": _edit(r'^legal = \["(\w+)"', lambda m: f'legal = ["{m[1]}x"'),
    "unknown group": _edit(r'^group = "(\w+)"', lambda m: f'group = "{m[1]}x"'),
    "id twice": _edit(r'^id = "(general_penalties|fines|honours)"', lambda m: 'id = "serious_penalties"'),
    "gap below the bands": _edit(r"^from = 0$", lambda m: "from = 1"),
    "bands swapped": _edit(r"^from = (\d{3})$", lambda m: "from = -5"),
    "window too long": _edit(r"^window_days = \d+", lambda m: "window_days = 99999999"),
    "key lost": _edit(r"^(aggregate|direction|group|band|select) = .*$", lambda m: ""),
    "key misspelt": _edit(r"^(aggregate|direction|group|band|select|bins|label) = ", lambda m: f"{m[1]}s = "),
    "number as text": _edit(r"points = (-?\d+)", lambda m: f'points = "{m[1]}"'),
    "bracket lost": _edit(r"\}\]$", lambda m: "}"),
    "supervision lost": _edit(r"^[A-D] = \{ sampling_bp.*$", lambda m: ""),
    "last bin bounded": _edit(r", \{ points = (-?\d+) \}\]", lambda m: f", {{ upto = 999999999, points = {m[1]} }}]"),
}
