"""The letter to the authority of a record that is objected to.

What is said, what is asked, by when.
"""

from __future__ import annotations

from sqlalchemy import Connection

from scoring.administration.casework.case_files import CaseFile, ContestedRecord
from scoring.administration.casework.papers import Paper, PaperSection, clipped, pdf_of, rows_of
from scoring.entities import Lang
from scoring.errors import StoreError
from scoring.explain.words import contacts
from scoring.explain.words.disclosures import labels_of
from scoring.explain.words.figures import labels, prose_day
from scoring.rules.wording import say
from scoring.store.facts.fictitious_facts import holds_fictitious


def letter_pdf(connection: Connection, file: CaseFile, lang: Lang) -> bytes:
    """The letter as PDF.

    Raises:
        StoreError: The procedure sends no letters, or the record names no authority.
    """
    return pdf_of(letter_paper(connection, file, lang))


def letter_paper(connection: Connection, file: CaseFile, lang: Lang) -> Paper:
    """What stands on the letter; raises as ``letter_pdf``."""
    record = file.record
    if file.procedure.authority != "letter" or record is None or not record.authority:
        raise StoreError("case_without_letter", number=file.number)
    fictitious = holds_fictitious(connection)
    sender = contacts.publisher(fictitious=fictitious)
    addressee = contacts.contact_of(record.authority, fictitious=fictitious)
    opening = file.opening
    grounds = {ground.id: ground.label.words for ground in file.procedure.grounds}
    who = (
        say(lang, "coded", label=file.name, code=opening.enterprise_id)
        if file.name
        else opening.enterprise_id
    )
    return Paper(
        lang=lang,
        title=say(lang, "paper_letter_title"),
        number=say(lang, "paper_number", number=file.number),
        sender=sender["name"][lang],
        addressee=say(lang, "paper_to", who=addressee["name"]),
        lead=[say(lang, "paper_letter_lead", on=prose_day(opening.done_on), who=who)],
        rows=rows_of(
            lang,
            [
                ("paper_row_record", record_line(record, lang)),
                ("paper_row_reason", grounds.get(str(opening.kept.get("reason")))),
                ("paper_row_said", opening.ground),
                ("paper_row_document", opening.document),
                ("paper_row_state", say(lang, "case_marked") if opening.kept.get("by") else None),
            ],
        ),
        sections=[
            PaperSection(
                say(lang, "paper_letter_asks"),
                [
                    say(lang, "paper_letter_asked", due=prose_day(file.state.due_on)),
                    say(lang, "paper_letter_outcomes"),
                    file.procedure.basis.words[lang],
                    say(lang, "paper_letter_reply", contact=contacts.line(sender)),
                ],
            )
        ],
        closing=[sender["name"][lang], prose_day(opening.done_on)[lang]],
        notices=[sentence[lang] for sentence in labels_of(demonstration=True, fictitious=fictitious)],
    )


def record_line(record: ContestedRecord, lang: Lang) -> str:
    """A record as a paper names it: what it is, its number, its day."""
    kind = labels("kinds", record.kind) or {lang: record.kind}
    day = prose_day(record.dated_on)[lang] if record.dated_on else None
    parts = [kind[lang], record.document_no or record.record_id, day]
    return clipped(say(lang, "comma").join(part for part in parts if part))
