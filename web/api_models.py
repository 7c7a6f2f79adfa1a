"""What the twins of pages answer and take, as models: numbers are numbers, days are ISO text, sentences stand in both languages.

A model names what a reader relies on; what else a page shows stands in its twin as well.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from scoring.administration.inspection.new_visit import ANSWERS, PRESENCES, RECEIPTS
from scoring.administration.inspection.visit_checks import LONGEST, LONGEST_NUMBER, MOST_PHOTOS
from scoring.entities.canonical import codes


class Shown(BaseModel):
    """Base of what is answered: more may be there than is named."""

    model_config = ConfigDict(extra="allow")


class Sent(BaseModel):
    """Base of what is sent: what is not known is refused."""

    model_config = ConfigDict(extra="forbid")


class Sentence(Shown):
    """A text in both languages."""

    zh: str
    en: str


class Problem(Shown):
    """Why something was refused: a stable code, and the sentence in both languages."""

    error: str
    zh: str | None = None
    en: str | None = None


class EnterpriseName(Shown):
    """An enterprise: its code and name."""

    id: str
    name: str | None


class Grade(Shown):
    """A grade: its mark, its colour where it has one, its word and its rank."""

    mark: str
    colour: str | None
    word: Sentence
    rank: int | None
    of: int | None


class EnterpriseTwin(Shown):
    """An enterprise, explained, as far as who asks may see it."""

    as_of: date | None = None


class SearchTwin(Shown):
    """What a search finds, page by page."""

    total: int
    items: list[dict[str, Any]]


class AnyTwin(Shown):
    """The twin of a page as plain data."""


class StandingRecord(Shown):
    """A record, as lists of findings have it."""

    id: str
    kind: Sentence
    field: Sentence | None
    result: Sentence | None
    severity: Sentence | None
    date: date | None
    due_on: Annotated[str | None, Field(description="ISO day")] = None


class CapTwin(Shown):
    """The visits of a year of an authority in a field; ``most`` is null where the rules set no limit."""

    office: str
    used: int
    most: int | None
    used_up: bool


class BeforeVisit(Shown):
    """What is known before a visit, and what may be answered."""

    enterprise: EnterpriseName
    day: date
    standing: Grade | None
    open: list[StandingRecord]
    last: list[StandingRecord]
    caps: list[CapTwin]
    offices: list[dict[str, Any]]


class VisitResult(Shown):
    """Points and grades before a visit and now."""

    changed: bool
    proposed: bool
    in_effect: Grade
    now: Grade
    points_before: float | None
    points_now: float | None


class RecordedTwin(Shown):
    """A visit and what followed from it."""

    number: int
    enterprise: EnterpriseName
    visited_on: date
    entered_on: date
    result: VisitResult | None
    opened: list[StandingRecord]
    closed: list[StandingRecord]
    cases: list[dict[str, Any]]


class ScanTwin(Shown):
    """Whose code was scanned; of what is no code of an enterprise that one may see, only that it was not found."""

    known: bool
    enterprise_id: str | None = None
    address: str | None = None


class SentScan(Sent):
    """A text that was scanned or typed."""

    text: Annotated[str, Field(max_length=2_000)]


Number = Annotated[str, Field(max_length=LONGEST_NUMBER)]
Words = Annotated[str, Field(max_length=LONGEST)]
Code = Annotated[str, Field(max_length=60)]


def _one_of(known: Any) -> Any:
    """The codes of a closed list, for who reads the description; what is none is refused in words."""
    return {"examples": list(known)[:1], "description": " | ".join(known)}


class SentOfficer(Sent):
    """An officer, with the number of the certificate that was shown."""

    name: Number
    certificate: Number


class SentAnswer(Sent):
    """What was said of an item; photographs are JPEG or PNG in base 64."""

    answer: Annotated[Code, Field(**_one_of(ANSWERS))]
    severity: Annotated[Code | None, Field(**_one_of(codes()["severities"]))] = None
    note: Words = ""
    recheck_on: date | None = None
    photos: Annotated[list[str], Field(max_length=MOST_PHOTOS)] = []


class SentRecheck(Sent):
    """What became of a finding of before."""

    corrected: bool
    note: Words = ""


class SentDepartment(Sent):
    """What the officers of an authority looked at."""

    office: Code
    answers: dict[Code, SentAnswer] = {}
    rechecks: dict[Annotated[str, Field(max_length=300)], SentRecheck] = {}


class SentVisit(Sent):
    """A visit that is to be recorded."""

    visited_on: date
    officers: Annotated[list[SentOfficer], Field(max_length=8)]
    occasion: Annotated[Code, Field(**_one_of(codes()["occasions"]))]
    departments: Annotated[list[SentDepartment], Field(max_length=8)]
    received_by: Words = ""
    receipt: Annotated[Code, Field(**_one_of(RECEIPTS))] = ""
    order_no: Number = ""
    emergency: Words = ""
    task_no: Number = ""
    act_no: Number = ""
    presence: Annotated[Code, Field(**_one_of(PRESENCES))] = "open"
    refusal: Words = ""
    late_reason: Words = ""
    cap_exception: Code = ""
    cap_document: Number = ""
    remarks: Words = ""


class IdempotencyKey(BaseModel):
    """The key of a request: with the same one the same visit is recorded once, however often it is sent."""

    idempotency_key: Annotated[str, Field(alias="Idempotency-Key", min_length=8, max_length=120)]


class Query(BaseModel):
    """What every twin may be asked with: the language of its refusals."""

    lang: Annotated[str | None, Field(description="zh | en")] = None


class SearchQuery(Query):
    """What is looked for, and which page of it."""

    q: str | None = None
    colour: str | None = None
    area: str | None = None
    field: str | None = None
    order: str | None = None
    offset: int | None = None


class QueueQuery(Query):
    """Which kind of what waits, and which page of it."""

    procedure: str | None = None
    overdue: str | None = None
    offset: int | None = None


class FiguresQuery(Query):
    """Of which area, field and months."""

    area: str | None = None
    field: str | None = None
    since: Annotated[str | None, Field(alias="from")] = None
    until: Annotated[str | None, Field(alias="to")] = None
    moved: int | None = None


class VisitQuery(Query):
    """As which authority somebody inspects, of those that he may act for."""

    office: str | None = None
