"""The receipt of what was entered for a firm at the window.

Who came, what was seen, what follows.
"""

from __future__ import annotations

from sqlalchemy import Connection

from scoring.administration.casework import case_words
from scoring.administration.casework.case_files import CaseFile
from scoring.administration.casework.letter_paper import record_line
from scoring.administration.casework.papers import (
    SHORT,
    Paper,
    PaperSection,
    clipped,
    pdf_of,
    rows_of,
)
from scoring.entities import Lang
from scoring.explain.words import contacts
from scoring.explain.words.disclosures import labels_of
from scoring.explain.words.figures import prose_day
from scoring.rules.wording import say
from scoring.store.facts.fictitious_facts import holds_fictitious


def receipt_pdf(connection: Connection, file: CaseFile, lang: Lang) -> bytes:
    """The receipt as PDF."""
    return pdf_of(receipt_paper(connection, file, lang))


def receipt_paper(connection: Connection, file: CaseFile, lang: Lang) -> Paper:
    """What stands on the receipt."""
    fictitious = holds_fictitious(connection)
    publisher = contacts.publisher(fictitious=fictitious)
    opening, presence = file.opening, file.opening.kept.get("presence") or {}
    grounds = {ground.id: ground.label.words for ground in file.procedure.grounds}
    who = (
        say(lang, "coded", label=file.name, code=opening.enterprise_id)
        if file.name
        else opening.enterprise_id
    )
    seen = [say(lang, f"seen_{code}") for code in presence.get("seen", ())]
    remarks = [remark[lang] for remark in case_words.remarks(file)]
    follows = [
        say(lang, "paper_receipt_due", due=prose_day(file.state.due_on)) if file.state.is_open else None,
        case_words.who_acts(file)[lang],
        *remarks,
        file.procedure.basis.words[lang],
        file.procedure.next.words[lang] if file.procedure.next and file.state.is_open else None,
        say(lang, "paper_receipt_ask", contact=contacts.line(publisher)),
    ]
    return Paper(
        lang=lang,
        title=say(lang, "paper_receipt_title"),
        number=say(lang, "paper_number", number=file.number),
        sender=publisher["name"][lang],
        rows=rows_of(
            lang,
            [
                ("paper_row_case", case_words.title(file)),
                ("paper_row_firm", who),
                ("paper_row_record", record_line(file.record, lang) if file.record else None),
                ("paper_row_reason", grounds.get(str(opening.kept.get("reason")))),
                ("paper_row_said", opening.ground),
                ("paper_row_document", opening.document),
                ("paper_row_person", presence.get("person")),
                ("paper_row_seen", say(lang, "comma").join(seen)),
                ("paper_row_paper", presence.get("paper")),
                ("paper_row_digest", presence.get("paper_sha256")),
                ("paper_row_clerk", opening.actor),
                ("paper_row_day", prose_day(opening.done_on)),
            ],
        ),
        sections=[
            PaperSection(
                say(lang, "paper_receipt_follows"),
                [clipped(line[0].upper() + line[1:]) for line in follows if line],
            ),
            PaperSection(
                say(lang, "paper_receipt_steps"),
                [clipped(line[lang], SHORT) for line in case_words.step_lines(file)][-6:],
            ),
        ],
        signs=[say(lang, "paper_sign_clerk"), say(lang, "paper_sign_person")],
        closing=[publisher["name"][lang], prose_day(opening.done_on)[lang]],
        notices=[sentence[lang] for sentence in labels_of(demonstration=True, fictitious=fictitious)],
    )
