"""What a visit lacks: every rule that can be asked without the store is one function here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from scoring.administration.inspection.inspection_items import InspectionItem, published_items
from scoring.administration.inspection.new_visit import (
    ANSWERS,
    FINDING,
    PRESENCES,
    RECEIPTS,
    DepartmentPart,
    ItemAnswer,
    NewVisit,
)
from scoring.entities.authorities import register
from scoring.entities.canonical import codes
from scoring.errors import UsageError

FEWEST_OFFICERS = 2
LATEST_ENTRY = timedelta(days=10)
"""How long after a visit it may still be entered, with a reason."""
LONGEST = 2_000
"""Characters of a text."""
LONGEST_NUMBER = 120
MOST_PHOTOS = 6
"""Photographs of a visit."""
FOLLOW_UP = "followup"
Rule = Callable[[NewVisit, date], None]


def require_whole(visit: NewVisit, today: date) -> None:
    """Refuses a visit that lacks something.

    Args:
        visit: The visit.
        today: The day of the clock.

    Raises:
        UsageError: It lacks something, or says something that nobody can say.
    """
    require_texts(visit)
    for rule in RULES:
        rule(visit, today)


def _officers(visit: NewVisit, today: date) -> None:
    """Two officers who have shown their certificates (行政处罚法第四十二条、第五十五条)."""
    # One certificate typed twice is one officer.
    whole = [officer for officer in visit.officers if officer.name.strip() and officer.certificate.strip()]
    numbers = {officer.certificate.strip().upper() for officer in whole}
    if len(whole) < len(visit.officers) or len(numbers) < FEWEST_OFFICERS or len(numbers) < len(whole):
        raise UsageError("visit_officers", fewest=FEWEST_OFFICERS)


def _days(visit: NewVisit, today: date) -> None:
    if visit.visited_on > today:
        raise UsageError("visit_in_future", day=visit.visited_on, today=today)
    if today - visit.visited_on > LATEST_ENTRY:
        raise UsageError("visit_too_late", day=visit.visited_on, days=LATEST_ENTRY.days)
    if visit.visited_on < today and not visit.late_reason.strip():
        raise UsageError("visit_late_without_reason", day=visit.visited_on)


def _grounds(visit: NewVisit, today: date) -> None:
    if not visit.order_no.strip() and not visit.emergency.strip():
        raise UsageError("visit_without_order")
    if visit.occasion not in codes()["occasions"]:
        raise UsageError("visit_occasion", occasion=visit.occasion, known=list(codes()["occasions"]))
    # A re-check has its number already: that of the finding.
    if visit.occasion != FOLLOW_UP and not visit.task_no.strip():
        raise UsageError("visit_without_task", occasion=codes()["occasions"][visit.occasion])
    if visit.cap_exception and visit.cap_exception not in published_items().cap_exceptions:
        known = [exception.label.words for exception in published_items().cap_exceptions.values()]
        raise UsageError("visit_exception", exception=visit.cap_exception, known=known)
    if visit.cap_exception and not visit.cap_document.strip():
        raise UsageError("visit_exception_without_document")


def _receipt(visit: NewVisit, today: date) -> None:
    if not visit.received_by.strip() and visit.presence == "open":
        raise UsageError("visit_without_recipient")
    if visit.presence == "open" and visit.receipt not in RECEIPTS:
        raise UsageError("visit_without_signature")
    if visit.receipt == "refused" and not visit.refusal.strip():
        raise UsageError("visit_refusal_without_words")


def require_texts(visit: NewVisit) -> None:
    """Refuses a text without end, and one that holds what cannot be seen.

    Raises:
        UsageError: One does.
    """
    numbers = [visit.order_no, visit.task_no, visit.act_no, visit.cap_document]
    for officer in visit.officers:
        numbers += [officer.name, officer.certificate]
    answers = [answer for part in visit.departments for answer in part.answers.values()]
    rechecks = [recheck for part in visit.departments for recheck in part.rechecks.values()]
    notes = [*(said.note for said in answers), *(said.note for said in rechecks)]
    notes += [record_id for part in visit.departments for record_id in part.rechecks]
    notes += [visit.occasion, visit.presence, visit.receipt, visit.cap_exception]
    texts = [visit.emergency, visit.received_by, visit.refusal, visit.late_reason, visit.remarks, *notes]
    for text, longest in (*((n, LONGEST_NUMBER) for n in numbers), *((t, LONGEST) for t in texts)):
        if len(text) > longest or not text.replace("\n", "").isprintable():
            raise UsageError("visit_text", longest=longest)


def _departments(visit: NewVisit, today: date) -> None:
    offices = [part.office for part in visit.departments]
    if not offices or len(set(offices)) < len(offices):
        raise UsageError("visit_departments")
    for part in visit.departments:
        if part.office not in register().authorities:
            raise UsageError("grant_department_unknown", department=part.office)
        _require_answers(part, visit)
    if (
        sum(len(answer.photos) for part in visit.departments for answer in part.answers.values())
        > MOST_PHOTOS
    ):
        raise UsageError("visit_photos", most=MOST_PHOTOS)


def _require_answers(part: DepartmentPart, visit: NewVisit) -> None:
    """Refuses items of others, answers that are none, and a department that looked at nothing."""
    own = {item.id: item for item in published_items().of_office(part.office, visit.visited_on)}
    if visit.presence not in PRESENCES:
        raise UsageError("visit_presence", presence=visit.presence)
    if visit.presence != "open":
        if part.answers or part.rechecks:
            raise UsageError("visit_items_of_nobody")
        return
    for item_id, answer in part.answers.items():
        if item_id not in own:
            raise UsageError(
                "visit_item_unknown", item=item_id, office=register().authorities[part.office].name
            )
        _require_answer(own[item_id], answer, visit)
    if not part.rechecks and not any(is_looked_at(answer) for answer in part.answers.values()):
        raise UsageError("visit_without_items", office=register().authorities[part.office].name)
    for field in fields_looked_at(part):
        _require_key_items(part, field, list(own.values()))


def _require_answer(item: InspectionItem, answer: ItemAnswer, visit: NewVisit) -> None:
    if answer.answer not in ANSWERS:
        raise UsageError("visit_answer", item=item.text.words, known=list(ANSWERS))
    is_finding = answer.answer in FINDING
    if is_finding and answer.severity not in codes()["severities"]:
        raise UsageError("visit_severity", item=item.text.words)
    if not is_finding and (answer.severity or answer.recheck_on or answer.photos):
        raise UsageError("visit_finding_of_none", item=item.text.words)
    if answer.recheck_on and answer.recheck_on <= visit.visited_on:
        raise UsageError("visit_recheck_day", item=item.text.words, day=visit.visited_on)


def _require_key_items(part: DepartmentPart, field: str, items: Sequence[InspectionItem]) -> None:
    """Refuses "no problem found" in a field whose key items nobody looked at."""
    # A finding speaks for itself; only who says that there is none must have looked at what matters most.
    if any(part.answers[item].answer in FINDING for item in part.answers if field_of(item) == field):
        return
    for item in items:
        answer = part.answers.get(item.id)
        if item.key and item.field == field and (answer is None or answer.answer == "not_checked"):
            raise UsageError("visit_key_item", item=item.text.words, field=codes()["fields"][field])


def is_looked_at(answer: ItemAnswer) -> bool:
    """Whether somebody looked, and it was there to be looked at."""
    return answer.answer not in ("not_checked", "not_applicable")


def field_of(item_id: str) -> str:
    """The field of an item."""
    return published_items().items[item_id].field


def fields_looked_at(part: DepartmentPart) -> list[str]:
    """The fields in which a department looked at something, in the order of the items."""
    fields = [field_of(item) for item, answer in part.answers.items() if is_looked_at(answer)]
    return list(dict.fromkeys(fields))


RULES: tuple[Rule, ...] = (_days, _officers, _grounds, _receipt, _departments)
"""In the order in which a form asks for them."""
