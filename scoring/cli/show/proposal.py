"""A proposed result on the terminal: the notice of one, and the table of those that wait."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from scoring.cli.show.run import STYLES, bullet
from scoring.cli.show.store import LEAST_CODE, MOST_CODE, counted_title, who_lines
from scoring.cli.show.terminal import Prose, Sheet
from scoring.entities import BandInfo, Lang, PendingProposal
from scoring.explain.words import proposal_words
from scoring.explain.words.figures import decimal
from scoring.explain.words.grades import grade_name
from scoring.rules.wording import say

MOST_CAUSES = 2
"""Causes that a row of the table tells; ``explain`` and the JSON form tell all."""


def notice(proposal: PendingProposal, lang: Lang) -> Panel:
    """What is proposed, why, and until when and to whom it can be answered, in a frame."""
    sections: list[RenderableType] = [Prose(proposal_words.title(proposal)[lang], "bold")]
    causes = proposal_words.causes(proposal)
    if causes:
        sections.append(Prose(say(lang, "t_proposal_why")))
        sections += [bullet(cause[lang]) for cause in causes]
    if totals := proposal_words.totals(proposal):
        sections.append(Prose(totals[lang]))
    if answer := proposal_words.answering(proposal):
        sections.append(Prose(answer[lang], "bold"))
    if address := proposal_words.addressed(proposal):
        sections.append(Prose(address[lang]))
    sections += [Prose(line[lang]) for line in proposal_words.lines(proposal)]
    sections.append(Prose(proposal_words.takes_effect(proposal)[lang]))
    return Panel(Group(*sections), expand=False, border_style="bold yellow")


def proposals(shown: Sequence[PendingProposal], count: int, lang: Lang) -> RenderableType:
    """Open proposals: whose, from what to what, why, until when, who has confirmed, and what is to be done.

    Args:
        shown: The first of them.
        count: How many there are.
        lang: Language.
    """
    if not shown:
        return Prose(say(lang, "nothing_open"))
    table = Sheet(title=counted_title("st_proposals", len(shown), count, lang), frame=False)
    width = min(max(LEAST_CODE, *(len(proposal.enterprise_id) for proposal in shown)), MOST_CODE)
    table.add_column(say(lang, "st_who"), width=width)
    for text_id in ("st_turn", "st_cause"):
        table.add_column(say(lang, text_id))
    table.add_column(say(lang, "st_notice"), min_width=10)
    # Why takes the room: what stands in no row has no column.
    columns = {"st_reviewers": _reviews, "st_waits": _waits}
    kept = [name for name, cell in columns.items() if any(map(cell, shown, repeat(lang)))]
    for text_id in kept:
        table.add_column(say(lang, text_id))
    for proposal in shown:
        table.add_row(
            who_lines(proposal.enterprise_id, proposal.name),
            _turn(proposal, lang),
            _causes(proposal, lang),
            str(proposal.hearing.last_day or say(lang, "not_served")),
            *(columns[name](proposal, lang) for name in kept),
        )
    return table


def _reviews(proposal: PendingProposal, lang: Lang) -> str:
    """How many have confirmed, of how many."""
    return f"{len(proposal.confirmed_by)}/{proposal.reviewers}" if proposal.reviewers else ""


def _turn(proposal: PendingProposal, lang: Lang) -> Text:
    """The grade and points in effect, and below them those proposed."""
    before, now = proposal.points_before, proposal.points_now
    lines = Prose()
    lines.append_text(_side(proposal.before, before, proposal, lang)).append("\n→ ")
    return lines.append_text(_side(proposal.proposed, now, proposal, lang))


def _side(band: BandInfo | None, points: int | None, proposal: PendingProposal, lang: Lang) -> Text:
    name = grade_name(band)[lang] if band else say(lang, "not_rated")
    colour = band.colour if band else None
    side = Text(name, STYLES.get(str(colour), "bold"))
    return (
        side
        if points is None
        else side.append(f" {decimal(points, proposal.per_point)}", "not bold default on default")
    )


def _causes(proposal: PendingProposal, lang: Lang) -> str:
    causes = [cause[lang] for cause in proposal_words.causes(proposal)]
    more = [say(lang, "and_more", n=len(causes) - MOST_CAUSES)] if len(causes) > MOST_CAUSES else []
    return "\n".join([*causes[:MOST_CAUSES], *more])


def _waits(proposal: PendingProposal, lang: Lang) -> str:
    """What people must still do; service and period have a column of their own."""
    reasons = [reason for reason in proposal.waits if reason in ("statement", "returned")]
    return say(lang, "d_and").join(say(lang, f"w_{reason}") for reason in reasons)
