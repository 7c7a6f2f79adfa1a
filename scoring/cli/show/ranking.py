"""The list of whom to visit first, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.text import Text

from scoring.administration.supervision.reason_records import ReasonRecord
from scoring.administration.supervision.visit_list import Ranked, Ranking
from scoring.cli.show.run import bullet
from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import Lang, code_label
from scoring.explain.words.figures import decimal
from scoring.explain.words.grades import band_of, full_name
from scoring.rules.wording import say

MOST_RECORDS = 3
"""Records shown under a reason, the newest."""
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
            _who(ranked, ranking, named, lang),
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
        *_shares(ranking, lang),
        say(lang, "mr_usual"),
        say(lang, "mr_order", gone=decimal(ranking.gone)),
        say(lang, "mr_limits", limits=model.limits.model_dump()[lang]),
        say(lang, "mr_no_decision"),
    ]


def _shares(ranking: Ranking, lang: Lang) -> list[str]:
    """Of a list of one field, how many of each grade are inspected."""
    if ranking.sample is None:
        return []
    shares = []
    for row in ranking.sample.by_band():
        band = band_of(row["band"], ranking.sample.policy)
        share = f"{row['sampling_bp'] / 100:g}"
        counts = {"n": decimal(row["enterprises"]), "inspected": decimal(row["inspected"])}
        shares.append(
            say(lang, "mr_share", grade=full_name(band) if band else row["band"], share=share, **counts)
        )
    return [say(lang, "mr_field", field=ranking.sample.label), *shares]


def _who(ranked: Ranked, ranking: Ranking, named: bool, lang: Lang) -> Text:
    """Name and code; of a list of one field with the grade there, and whether its share takes it."""
    sample, who = ranking.sample, ranked.enterprise_id
    placed = ""
    if sample:
        taken = say(lang, "mr_inspected" if who in ranking.chosen else "mr_not_inspected")
        placed = "\n" + say(lang, "mr_in_field", grade=sample.grade(who)[lang], taken=taken)
    if named and ranked.name:
        return Prose.from_parts((f"{ranked.name}\n", "bold"), (f"{who}{placed}", "dim"))
    return Prose(f"{who}{placed}")


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
        if records := ranking.records(ranked, reason):
            lines.add_row("", Prose(_records(records, lang), "dim"))
    return lines


def _records(records: Sequence[ReasonRecord], lang: Lang) -> str:
    """The newest records behind a reason, and how many there are besides."""
    shown = [
        say(
            lang,
            "mr_record",
            day=record.dated_on,
            kind=code_label("kinds", record.kind, lang),
            id=record.record_id,
        )
        for record in records[:MOST_RECORDS]
    ]
    more = len(records) - len(shown)
    return "\n".join([*shown, *([say(lang, "mr_more_records", n=more)] if more else [])])
