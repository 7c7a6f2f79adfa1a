"""The comparison of two policies on the terminal: what moves points, what moves grades, and what only reads differently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Group

from scoring.analysis.impact.changes import EFFECTS
from scoring.cli.show.terminal import Prose
from scoring.entities import Lang
from scoring.rules.wording import say


def policy_changes(comparison: Mapping[str, Any], lang: Lang, *, everything: bool) -> Group:
    """Three headings, each with its changes.

    Args:
        comparison: As ``analysis.impact.changes.compared`` gives it.
        lang: The language.
        everything: Whether all is written out; otherwise changes of grouping and wording are counted, and of an
            indicator that came or went there are its window and points.
    """
    sides = {side: comparison[side] for side in ("old", "new")}
    names = {side: f"{identity['id']}@{identity['version']}" for side, identity in sides.items()}
    lines = [Prose(say(lang, "d_title", **names), "bold"), Prose(comparison["summary"][lang], hanging=2)]
    for effect in EFFECTS:
        changes = [change for change in comparison["changes"] if change["effect"] == effect]
        head = say(lang, f"d_head_{effect}")
        if not changes:
            lines += [Prose(), Prose(say(lang, "d_heading_none", head=head), "bold")]
            continue
        lines += [Prose(), Prose(say(lang, "d_heading", head=head, n=len(changes)), "bold")]
        if effect == "words" and not everything:
            lines += [_bullet(sort["text"][lang]) for sort in comparison["folded"]]
            lines.append(Prose(say(lang, "d_unfold"), "dim", indent=2))
        else:
            lines += _changes(changes, lang, "what" if everything else "brief")
    return Group(*lines)


def _changes(changes: Sequence[Mapping[str, Any]], lang: Lang, length: str) -> list[Prose]:
    """One entry a rule; where several things changed in it, each has a line."""
    lines = []
    for rule, of_rule in groupby(changes, key=lambda change: str(change["where"][lang])):
        whats = [str(change[length][lang]) for change in of_rule]
        if len(whats) == 1:
            lines.append(_bullet(say(lang, "d_sentence", where=rule, what=whats[0])))
        else:
            lines.append(_bullet(rule))
            lines += [Prose(what, indent=4, hanging=2) for what in whats]
    return lines


def _bullet(text: str) -> Prose:
    return Prose(f"· {text}", hanging=2)
