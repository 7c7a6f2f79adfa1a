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
    "instrument unknown": _edit(r'^instrument = "(\w+)"', lambda m: f'instrument = "{m[1]}x"'),
    "instrument typed again": _edit(r'^instrument = ".*"$', lambda m: f"{m[0]}\nissued_on = 2020-01-01"),
    "role lost": _edit(r'^role = "\w+"$', lambda m: ""),
    "role misspelt": _edit(r'^role = "\w+"$', lambda m: 'role = "facts"'),
    "no article": _edit(r'^article = "第.*"$', lambda m: 'article = "有关各条"'),
    "article lost": _edit(r'^article = "第.*"$', lambda m: ""),
    "unknown indicator": _edit(r'indicator = "(\w+)"', lambda m: f'indicator = "{m[1]}x"'),
    "unknown kind": _edit(r'kind = \["(\w+)"', lambda m: f'kind = ["{m[1]}x"'),
    "unknown article": _edit(r'^legal = \["(\w+)"', lambda m: f'legal = ["{m[1]}x"'),
    "unknown group": _edit(r'^group = "(\w+)"', lambda m: f'group = "{m[1]}x"'),
    "id twice": _edit(r'^id = "(fines|honours)"', lambda m: 'id = "serious_listings"'),
    "gap below the bands": _edit(r"^from = 0$", lambda m: "from = 1"),
    "bands swapped": _edit(r"^from = (\d{3})$", lambda m: "from = -5"),
    "window too long": _edit(r"^window_days = \d+", lambda m: "window_days = 99999999"),
    "key lost": _edit(r"^(aggregate|direction|group|band|select) = .*$", lambda m: ""),
    "key misspelt": _edit(r"^(aggregate|direction|group|band|select|bins|label) = ", lambda m: f"{m[1]}s = "),
    "number as text": _edit(r"points = (-?\d+)", lambda m: f'points = "{m[1]}"'),
    "bracket lost": _edit(r"\}\]$", lambda m: "}"),
    "supervision lost": _edit(r"^[A-D] = \{ sampling_bp.*$", lambda m: ""),
    "last bin bounded": _edit(
        r", \{ points = (-?\d+) \}\]", lambda m: f", {{ upto = 999999999, points = {m[1]} }}]"
    ),
    "points change sign": _edit(r"points = -(\d+)", lambda m: f"points = {int(m[1]) + 1}"),
    "weights rise": _edit(r"\[(\d+), 100\](?=, \[)", lambda m: f"[{m[1]}, 1]"),
    "window shorter than ageing": _edit(
        r"^window_days = (\d+)\nage_weights", lambda m: f"window_days = {int(m[1]) - 1}\nage_weights"
    ),
    "unknown band": _edit(r'^band = "(\w+)"', lambda m: f'band = "{m[1]}x"'),
    "unknown colour": _edit(r'^colour = "(\w+)"', lambda m: 'colour = "mauve"'),
    "colour twice": _edit(r'^colour = "(green|yellow|red)"', lambda m: 'colour = "blue"'),
    "unknown finality": _edit(r'^finality = "[\w-]+"', lambda m: 'finality = "some-day"'),
    "publication without ground": _edit(
        r'^instrument = "(plan|food_demo)"$', lambda m: 'instrument = "penalty_law"'
    ),
    "base off the scale": _edit(r"^base = \d+", lambda m: "base = 999999"),
    "scale upside down": _edit(r"^high = \d+", lambda m: "high = -1"),
    "unknown subject": _edit(r'^subjects = \["', lambda m: 'subjects = ["firm", "'),
    "unknown result": _edit(r'result = \["(\w+)"', lambda m: f'result = ["{m[1]}x"'),
    "unknown status": _edit(r'in = \["(\w+)"', lambda m: f'in = ["{m[1]}x"'),
    "no condition": _edit(r"^(any|all) = \[.*\]$", lambda m: f"{m[1]} = []"),
    "wrong direction": _edit(r'^direction = "adverse"', lambda m: 'direction = "favourable"'),
    "articles lost": _edit(
        r'^(bins = .*points = -?[1-9].*|band = "\w+")\nlegal = \["\w+".*\]$', lambda m: f"{m[1]}\nlegal = []"
    ),
    "comment": _edit(r"^window_days = (\d+)$", lambda m: f"window_days = {m[1]}  # looked at"),
    "better wording": _edit(r'zh = "([^"]+)"', lambda m: f'zh = "{m[1]}等"'),
}
"""The last two change nothing that decides: they stand for edits that a check need not report."""
