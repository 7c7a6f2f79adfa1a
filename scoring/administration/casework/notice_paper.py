"""The notice of a proposal on one page.

The grade now and proposed, why, until when, to whom and how to answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from scoring.administration.casework.papers import (
    MOST_ITEMS,
    SHORT,
    Paper,
    PaperSection,
    clipped,
    paper_grade,
    pdf_of,
)
from scoring.administration.results.kept import KeptReadings
from scoring.administration.results.pending_results import pending_proposals
from scoring.administration.results.viewer import FIRM, Look
from scoring.entities import Lang, PendingProposal
from scoring.errors import StoreError
from scoring.explain.words import contacts, proposal_words
from scoring.explain.words.disclosures import notices
from scoring.explain.words.figures import prose_day
from scoring.explain.words.grounds import points_notice
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both, say
from scoring.store.tables.database import Database

REMEDIES = (
    "paper_remedy_objection",
    "paper_remedy_recalculation",
    "paper_remedy_review",
    "paper_remedy_law",
)


def notice_pdf(
    database: Database, version: ResolvedPolicy, enterprise_id: str, day: date, lang: Lang
) -> bytes:
    """The notice of the open proposal of an enterprise as PDF.

    Args:
        database: The store.
        version: The policy.
        enterprise_id: Whose.
        day: The day on which it is printed.
        lang: Language.

    Raises:
        StoreError: No proposal is open, or it is an improvement, of which nobody is given notice.
    """
    return pdf_of(notice_paper(database, version, enterprise_id, day, lang))


def notice_paper(
    database: Database, version: ResolvedPolicy, enterprise_id: str, day: date, lang: Lang
) -> Paper:
    """What stands on the notice; raises as ``notice_pdf``."""
    with database.read() as connection:
        kept = KeptReadings(database)
        # A notice is read by the enterprise itself.
        waiting = pending_proposals(kept, connection, version, day, [enterprise_id], look=Look(FIRM))
        fictitious = kept.fictitious(connection)
    if not waiting or waiting[0].better:
        raise StoreError("proposal_not_open", enterprise_id=enterprise_id)
    proposal = waiting[0]
    publisher = contacts.publisher(fictitious=fictitious)
    who = both("coded", label=proposal.name, code=enterprise_id)[lang] if proposal.name else enterprise_id
    said = (*notices(version, fictitious=fictitious), points_notice(version))
    return Paper(
        lang=lang,
        title=say(lang, "paper_notice_title"),
        number=say(lang, "paper_number", number=proposal.number),
        sender=publisher["name"][lang],
        addressee=say(lang, "paper_to", who=who),
        lead=[say(lang, "paper_notice_lead", policy=version.policy.title.words)],
        grades=[
            paper_grade(say(lang, "paper_now"), proposal.before, lang),
            paper_grade(say(lang, "paper_proposed"), proposal.proposed, lang),
        ],
        sections=_sections(proposal, fictitious, lang),
        signs=[
            say(lang, text_id)
            for text_id in (
                "paper_sign_served",
                "paper_sign_received",
                "paper_sign_how",
                "paper_sign_day",
            )
        ],
        closing=[publisher["name"][lang], prose_day(day)[lang]],
        notices=[sentence[lang] for sentence in said],
    )


def _sections(proposal: PendingProposal, fictitious: bool, lang: Lang) -> list[PaperSection]:
    """Why, until when and to whom to answer, and the remedies."""
    causes = [clipped(cause[lang], 2 * SHORT) for cause in proposal_words.causes(proposal)]
    if len(causes) > MOST_ITEMS:
        causes = [*causes[:MOST_ITEMS], say(lang, "and_more", n=len(causes) - MOST_ITEMS)]
    totals = proposal_words.totals(proposal)
    if totals:
        causes.append(totals[lang])
    return [
        PaperSection(say(lang, "paper_why"), causes),
        PaperSection(say(lang, "paper_answer"), list(_answer(proposal, fictitious, lang))),
        PaperSection(say(lang, "paper_remedies"), [say(lang, text_id) for text_id in REMEDIES]),
    ]


def _answer(proposal: PendingProposal, fictitious: bool, lang: Lang) -> Iterator[str]:
    """Until when, to whom and how it can be answered, and what follows."""
    hearing = proposal.hearing
    if hearing.last_day is not None:
        yield say(lang, "paper_until", last=prose_day(hearing.last_day))
    else:
        urgent = "_emergency" if hearing.emergency else ""
        yield say(lang, f"notice_answer{urgent}", n=hearing.workdays)
    named = [contacts.contact_of(name, fictitious=fictitious) for name in hearing.authorities[:2]]
    for contact in named or [contacts.publisher(fictitious=fictitious)]:
        yield say(lang, "paper_whom", contact=contacts.line(contact))
    yield say(lang, "paper_how")
    yield say(
        lang,
        "paper_then" if not proposal.reviewers else "paper_then_reviewed",
        n=proposal.reviewers,
    )
