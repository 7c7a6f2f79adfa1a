"""The notices that are to be served, as a file for the gateway that sends them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from scoring.administration.results.colours import points_number
from scoring.administration.results.kept import KeptReadings
from scoring.administration.results.pending_results import pending_proposals
from scoring.administration.results.viewer import FIRM, Look
from scoring.disk import atomic_file, spreadsheet_cell
from scoring.entities import Lang, PendingProposal
from scoring.explain.words import proposal_words
from scoring.explain.words.disclosures import Notice, in_one, notices
from scoring.explain.words.grounds import points_notice
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both, say
from scoring.store.tables.database import Database

NOTICE_COLUMNS = (
    "enterprise_id",
    "name",
    "proposal",
    "before",
    "proposed",
    "points_before",
    "points",
    "reasons",
    "text",
)


def write_notices(database: Database, version: ResolvedPolicy, day: date, file: Path, lang: Lang) -> int:
    """Writes the notices that nobody was served yet as CSV for Excel, whole or not at all.

    Of an improvement that waits for a second hand nobody is given notice.

    Args:
        database: The store.
        version: The policy.
        day: The day.
        file: The file to write; an older one is replaced.
        lang: Language of the words.

    Returns:
        How many.
    """
    with database.read() as connection:
        kept = KeptReadings(database)
        # A notice is read by the enterprise itself.
        waiting = pending_proposals(kept, connection, version, day, look=Look(FIRM))
        said = (*notices(version, fictitious=kept.fictitious(connection)), points_notice(version))
    unserved = [
        proposal for proposal in waiting if proposal.hearing.served_on is None and not proposal.better
    ]
    with atomic_file(file) as unfinished, unfinished.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(NOTICE_COLUMNS)
        for proposal in unserved:
            writer.writerow(_cells(proposal, version.policy.title.words[lang], said, lang))
    return len(unserved)


def notice_text(proposal: PendingProposal, policy: str, said: Iterable[Notice], lang: Lang) -> str:
    """One notice: who, from what to what, what brings it, and until when and to whom it can be answered.

    Args:
        proposal: The proposal.
        policy: The title of the rules.
        said: What is to be said of rules and data.
        lang: Language.
    """
    urgent = "_emergency" if proposal.hearing.emergency else ""
    parts = (
        proposal_words.title(proposal),
        {lang: say(lang, "notice_reasons", reasons=reasons(proposal, lang))} if proposal.causes else None,
        proposal_words.totals(proposal),
        both(f"notice_answer{urgent}", n=proposal.hearing.workdays),
        proposal_words.addressed(proposal),
    )
    sentences = "".join(say(lang, "notice_sentence", text=part) for part in parts if part).strip()
    who = both("coded", label=proposal.name, code=proposal.enterprise_id) if proposal.name else None
    text = say(lang, "notice_text", who=who or proposal.enterprise_id, policy=policy, text=sentences)
    return in_one(({lang: text}, *said), lang)


def reasons(proposal: PendingProposal, lang: Lang) -> str:
    """What brings it, in one line."""
    return say(lang, "d_semicolon").join(cause[lang] for cause in proposal_words.causes(proposal))


def _cells(proposal: PendingProposal, policy: str, said: Iterable[Notice], lang: Lang) -> list[object]:
    grades = [proposal_words.before_words(proposal)[lang], proposal_words.now_words(proposal)[lang]]
    points = [
        points_number(number, proposal.per_point) for number in (proposal.points_before, proposal.points_now)
    ]
    texts = (reasons(proposal, lang), notice_text(proposal, policy, said, lang))
    return [
        *map(spreadsheet_cell, (proposal.enterprise_id, proposal.name or "")),
        proposal.number,
        *map(spreadsheet_cell, grades),
        *points,
        *map(spreadsheet_cell, texts),
    ]
