"""The list of whom to visit first, on the terminal."""

from __future__ import annotations

from rich.console import Group
from rich.text import Text

from scoring.administration.supervision.visit_list import Ranked, Ranking
from scoring.cli.show.run import bullet
from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import Lang
from scoring.explain.words.figures import decimal
from scoring.rules.wording import say

MOST_NAME = 26
"""Columns of a name, so that the reasons have the rest."""


def ranking_list(ranking: Ranking, top: int, named: bool, lang: Lang) -> Group:
    """The first rows, and how to read them.

    Args:
        ranking: The whole list.
        top: How many rows.
        named: Whether names are shown.
        lang: Language.
    """
    table = Sheet(frame=False)
    table.add_numbers(*(say(lang, f"mr_{name}") for name in ("rank", "points", "probability")))
    table.add_column(say(lang, "mr_who"), max_width=MOST_NAME)
    table.add_column(say(lang, "mr_why"))
    for ranked in ranking.rows(top):
        table.add_row(
            str(ranked.rank),
            decimal(ranked.points),
            f"{ranked.probability:.1%}",
            _who(ranked, named),
            _why(ranked, ranking, lang),
        )
    notes = [bullet(Text(note, "dim")) for note in _notes(ranking, lang)]
    return Group(Prose(_title(ranking, top, lang), "bold"), "", table, "", *notes)


def _title(ranking: Ranking, top: int, lang: Lang) -> str:
    enterprises = len(ranking.ids)
    return say(
        lang,
        "mr_title",
        title=ranking.table.title.model_dump()[lang],
        day=ranking.as_of,
        top=decimal(min(top, enterprises)),
        n=decimal(enterprises),
    )


def _notes(ranking: Ranking, lang: Lang) -> list[str]:
    """What the chance is of, what the list is worth, how to read it, and that it decides nothing."""
    model, gain = ranking.table, ranking.expected()
    return [
        say(lang, "mr_predicts", what=model.label.text.model_dump()[lang]),
        *([gain[lang]] if gain else []),
        say(lang, "mr_usual"),
        say(lang, "mr_order", gone=decimal(ranking.gone)),
        say(lang, "mr_limits", limits=model.limits.model_dump()[lang]),
        say(lang, "mr_no_decision"),
    ]


def _who(ranked: Ranked, named: bool) -> Text:
    if named and ranked.name:
        return Prose.from_parts((f"{ranked.name}\n", "bold"), (ranked.enterprise_id, "dim"))
    return Prose(ranked.enterprise_id)


def _why(ranked: Ranked, ranking: Ranking, lang: Lang) -> Sheet | Text:
    """A line a reason, points under points."""
    if not ranked.reasons:
        return Prose(say(lang, "mr_nothing"), "dim")
    lines = Sheet(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
    lines.add_column(justify="right", no_wrap=True, min_width=5)
    lines.add_column()
    for reason in ranked.reasons:
        more, words = ranking.parts(reason, lang)
        lines.add_row(Text(more, "bold"), words)
    return lines
