"""What the law offers against one record: administrative review and lawsuit, with their periods.

They lie against the decision of an authority that the record reports, never against a finding of a
visit, a court's decision or a grade.
"""

from __future__ import annotations

from datetime import date, timedelta

from scoring.entities import Evidence
from scoring.explain.words.figures import prose_day
from scoring.rules.wording import both
from scoring.workdays import is_workday, last_day_of_period

Both = dict[str, str]
DECISIONS = (
    "administrative_penalty",
    "rectification_order",
    "abnormal_operations_listing",
    "serious_violation_listing",
    "wage_arrears_listing",
    "work_safety_listing",
)
"""Kinds of records that are decisions of an authority."""
REVIEW_DAYS = 60
SUIT_MONTHS = 6
REVIEW_FIRST_FROM = date(2024, 1, 1)
"""From when a penalty on the spot goes to review first (Administrative Reconsideration Law 2023, art. 23)."""
OPEN_CONTESTS = ("review", "lawsuit")


def remedies(record: Evidence, day: date) -> list[Both]:
    """The remedies against a record, a sentence each; none where it is no decision of an authority.

    Args:
        record: The record; its periods run from service, and from knowledge where that day is not known.
        day: Today, or the day of the result: a period that is over by then is told as over.
    """
    if record.kind not in DECISIONS:
        return []
    if record.contest in OPEN_CONTESTS:
        return [both(f"remedy_under_{record.contest}")]
    first = _review_first(record)
    offered = [*_review(record, day, first=first), *_lawsuit(record, day, first=first)]
    # Whose time to sue is over has asked for no review that could still be answered.
    served = record.served_on
    over = served is not None and last_day_of_period(served, SUIT_MONTHS) < day
    return offered if over else [*offered, both("remedy_after_review")]


def _review_first(record: Evidence) -> bool:
    """Whether a lawsuit is open only after a review: so with penalties imposed on the spot."""
    dated = record.decided_on or record.occurred_on
    on_the_spot = record.kind == "administrative_penalty" and record.procedure == "summary"
    return on_the_spot and dated is not None and dated >= REVIEW_FIRST_FROM


def review_until(served: date) -> date:
    """Last day on which a review can be asked for; a day off moves to the next working day."""
    last = served + timedelta(days=REVIEW_DAYS)
    while not is_workday(last):
        last += timedelta(days=1)
    return last


def _review(record: Evidence, day: date, *, first: bool) -> list[Both]:
    text_id = "remedy_review_first" if first else "remedy_review"
    if record.served_on is None:
        return [both(text_id)]
    last = review_until(record.served_on)
    return [both(f"{text_id}_over" if last < day else f"{text_id}_until", last=prose_day(last))]


def _lawsuit(record: Evidence, day: date, *, first: bool) -> list[Both]:
    if first:
        return []
    if record.served_on is None:
        return [both("remedy_lawsuit")]
    last = last_day_of_period(record.served_on, SUIT_MONTHS)
    return [both("remedy_lawsuit_over" if last < day else "remedy_lawsuit_until", last=prose_day(last))]
