"""Situations on the terminal: which of them came out as expected, and where the others differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group
from rich.text import Text

from scoring.analysis.situations.situation_runner import Verdict
from scoring.cli.show.run import indented
from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import Lang
from scoring.rules.wording import say

GRADE = ("band", "colour", "not_rated")
"""What stands in the table; everything else is told where it differs."""


def situation_table(verdicts: Sequence[Verdict], lang: Lang) -> Group:
    """One row a situation and day, then what differs, then how many passed."""
    table = Sheet(say(lang, "y_case"))
    for text_id in ("y_expected", "y_outcome", "y_verdict"):
        table.add_column(say(lang, text_id))
    for verdict in verdicts:
        mark = Prose(say(lang, "y_passed"), "green4")
        if not verdict.passed:
            mark = Prose(say(lang, "y_failed"), "bold red3")
        grades = (_grade(verdict.expected), _grade(verdict.outcome))
        table.add_row(verdict.case.id, *grades, mark)
    failed = [verdict for verdict in verdicts if not verdict.passed]
    lines: list[Text] = []
    for verdict in failed:
        lines += [Prose(verdict.case.id, "bold"), *indented(_differences(verdict, lang), 2, "")]
    counts = {"n": len(verdicts), "passed": len(verdicts) - len(failed), "failed": len(failed)}
    return Group(table, *lines, Prose(say(lang, "y_summary", **counts), "bold"))


def _grade(values: object) -> str:
    given = values if isinstance(values, dict) else {}
    return " ".join(str(given[key]) for key in GRADE if given.get(key)) or "—"


def _differences(verdict: Verdict, lang: Lang) -> Iterator[str]:
    for key in verdict.different:
        expected, got = (_shown(values.get(key)) for values in (verdict.expected, verdict.outcome))
        yield say(lang, "y_differs", key=key, expected=expected, got=got)


def _shown(value: object) -> str:
    """A value as it is written in a file of situations."""
    if value is None:
        return "—"
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_shown(part)}" for key, part in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
