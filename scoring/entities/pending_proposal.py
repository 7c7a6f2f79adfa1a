"""A result that waits: from which grade to which, what brings it, and until when it can be answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from scoring.entities.result import BandInfo

CauseCode = Literal[
    "on_file",
    "new_record",
    "became_final",
    "settled",
    "counts",
    "corrected",
    "lapsed",
    "faded",
    "distance",
    "ended",
    "policy",
    "register",
    "indicator",
    "rule",
]
"""What a record or a day did: ``became_final``, ``lapsed``, ``faded`` and ``distance`` are brought by a day alone."""
HearingState = Literal["unserved", "running", "over"]


@dataclass(frozen=True)
class RecordCorrection:
    """What a record said before in one column, and what it says now."""

    column: str
    before: str | None
    now: str | None


@dataclass(frozen=True)
class CausingRecord:
    """A record that brings a proposal, and what it did.

    Attributes:
        record_id: Its id; ``None`` where the reader may not know which record it is.
        code: What it did.
        on: The day on which it did that; ``None``: the day of the record says it.
        dated_on: The day it ages from: of the decision, else of the event.
        corrections: What was corrected in it.
    """

    record_id: str | None
    code: CauseCode
    on: date | None
    kind: str
    result: str | None
    severity: str | None
    dated_on: date | None
    authority: str | None
    document_no: str | None
    amount_fen: int | None
    corrections: tuple[RecordCorrection, ...] = ()


@dataclass(frozen=True)
class ProposalCause:
    """What moves the same points, then and now, and the rules that begin to hold with it.

    Attributes:
        code: What brings it; that of its first record where it has records.
        records: The records together, the newest first.
        points_before: Points of its indicators in the result in effect.
        points_now: Their points in the proposed result.
        indicators: Labels of the indicators that are moved.
        rules: Labels of vetoes and caps that begin (of a rise: that end).
    """

    code: CauseCode
    records: tuple[CausingRecord, ...]
    points_before: int
    points_now: int
    indicators: tuple[Mapping[str, str], ...] = ()
    rules: tuple[Mapping[str, str], ...] = ()

    @property
    def change(self) -> int:
        """By how many points it moves the total."""
        return self.points_now - self.points_before


@dataclass(frozen=True)
class Hearing:
    """Whether a notice was served, and when and to whom it can be answered.

    Attributes:
        served_on: The day of service; ``None``: it was not served, and the period has not begun.
        how: How it was served (``proposal_steps.SERVICES``).
        first_day: First day of the period.
        last_day: Last day on which it can be answered.
        workdays: Length of the period.
        state: Where the period stands on the day of the answer.
        emergency: Whether an emergency ends the period with its service.
        authorities: Who decided the records: where no contact is configured, they take the answer.
    """

    served_on: date | None
    how: str | None
    first_day: date | None
    last_day: date | None
    workdays: int
    state: HearingState
    emergency: bool = False
    authorities: tuple[str, ...] = ()


@dataclass(frozen=True)
class PendingProposal:
    """A proposed result as people see it, beside the one in effect.

    Attributes:
        enterprise_id: Whose.
        name: Its name.
        number: The assessment that opened it: what a receipt names.
        assessment: The latest assessment of it.
        before: The band in effect; ``None``: it is not rated.
        before_reason: Why it is not rated.
        proposed: The band proposed.
        first: Whether it was never rated before.
        better: Whether the proposed grade is the better one, and another account must confirm it.
        points_before: Points in effect.
        points_now: Points proposed.
        per_point: How many of the stored points make a printed one.
        higher_is_better: Whether more points are better.
        causes: What brings it, the heaviest first.
        others: Points by which everything else moved the total; ``None`` where nothing is compared.
        proposed_on: The day on which it was proposed first.
        as_of: The day of the proposed result.
        hearing: Service and period.
        reviewers: How many people must confirm it.
        confirmed_by: Who has.
        open_statements: Numbers of statements that nobody has answered.
        returned: Whether a fact was returned and not dealt with.
        waits: What it still waits for on the day (``taking_effect.waits_for``).
    """

    enterprise_id: str
    name: str | None
    number: int
    assessment: int
    before: BandInfo | None
    before_reason: str | None
    proposed: BandInfo
    first: bool
    better: bool
    points_before: int | None
    points_now: int | None
    per_point: int
    higher_is_better: bool
    causes: tuple[ProposalCause, ...]
    others: int | None
    proposed_on: date
    as_of: date
    hearing: Hearing
    reviewers: int
    confirmed_by: tuple[str, ...]
    open_statements: tuple[int, ...]
    returned: bool
    waits: tuple[str, ...]

    def without_points(self) -> PendingProposal:
        """The same for who may not see points."""
        causes = tuple(replace(cause, points_before=0, points_now=0) for cause in self.causes)
        return replace(self, causes=causes, points_before=None, points_now=None, others=None)

    def without_records(self) -> PendingProposal:
        """The same for who may not see any record: what it did is said, not which it is."""
        causes = tuple(replace(cause, records=tuple(map(_hidden, cause.records))) for cause in self.causes)
        return replace(self, causes=causes, hearing=replace(self.hearing, authorities=()))


def _hidden(record: CausingRecord) -> CausingRecord:
    """A record of which only the kind is left."""
    return CausingRecord(None, record.code, record.on, "", *(None,) * 6)
