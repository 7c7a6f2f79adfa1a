"""The explanation: reasons with records and articles, what would change it, and what is to come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from scoring.entities.pending_proposal import PendingProposal
from scoring.entities.result import BandInfo, Contribution, Score


@dataclass(frozen=True)
class WhatIf:
    """What the result would be: points and band, or neither and the reason why not rated."""

    points: int | None
    band: str | None
    status_reason: str | None = None


@dataclass(frozen=True)
class EarlyEnd:
    """How a record can end before its time.

    Attributes:
        how: Restored (信用修复, early removal from a list) or cured (paid, corrected, carried out).
        open_on: First day on which it may be applied for, or cured.
        effect_on: First day on which it can no longer count, if it is accepted: with all the working
            days that the authority has, those for a complex matter included.
        conditions: What must be done, in zh and en.
        legal: The instrument and article.
        after_cure: Whether the way opens with the cure alone, the day of which is not on record.
        workdays: Working days that the authority has for its answer.
        more_workdays: Further ones where the matter is complex.
    """

    how: Literal["restore", "cure"]
    open_on: date
    effect_on: date
    conditions: Mapping[str, str]
    legal: Citation
    after_cure: bool = False
    workdays: int = 0
    more_workdays: int = 0


@dataclass(frozen=True)
class Evidence:
    """One record behind a reason, as it may be shown.

    ``without`` is the result if this record were not there, ``served_on`` the day from which the
    periods of the statutory remedies run, ``inherited_from`` the enterprise from which it followed.
    """

    record_id: str
    kind: str
    result: str | None
    severity: str | None
    occurred_on: date | None
    decided_on: date | None
    authority: str | None
    document_no: str | None
    amount_fen: int | None
    source: str | None
    weight: int
    counts_until: date | None
    final_presumed: bool = False
    officer_note: str | None = None
    without: WhatIf | None = None
    early_end: EarlyEnd | None = None
    field: str | None = None
    served_on: date | None = None
    procedure: str | None = None
    contest: str | None = None
    inherited_from: str | None = None


@dataclass(frozen=True)
class Citation:
    """An article that a rule rests on.

    Attributes:
        article: ``None`` where it is to be checked.
        role: Ground of the ``fact`` or of its ``use``; rules from before roles were told have none.
    """

    id: str
    document: str
    article: str | None
    title: str
    issued_on: date
    url: str | None
    tag: str
    role: str | None = None


@dataclass(frozen=True)
class Reason:
    """One line of an explanation: an indicator that moved the points, its records and articles.

    Of a share, ``part`` records of ``whole`` made it.
    """

    indicator_id: str
    label: Mapping[str, str]
    points: int
    value: int | None
    unknown: bool
    direction: str
    evidence: tuple[Evidence, ...]
    legal: tuple[Citation, ...]
    remedy: Mapping[str, str] | None
    part: int | None = None
    whole: int | None = None


@dataclass(frozen=True)
class Rule:
    """A gate, cap or veto that took effect, with its label and article.

    A cap may say how many bands worse (``worse_by``).
    """

    id: str
    kind: Literal["gate", "cap", "veto", "hysteresis"]
    label: Mapping[str, str]
    band: str | None
    legal: tuple[Citation, ...]
    evidence: tuple[Evidence, ...] = ()
    worse_by: int | None = None


@dataclass(frozen=True)
class Cause:
    """What moves a forecast on a day: an indicator, or a gate, cap or veto that begins or ends.

    Attributes:
        id: Of the indicator or rule.
        kind: What it is.
        label: Its label in zh and en.
        points: Change of an indicator's points.
        begins: Whether a rule begins to hold.
        records: Records behind an indicator's move.
        how: What those do on the day: end, begin to count (once final) or fade with age.
    """

    id: str
    kind: Literal["indicator", "gate", "cap", "veto", "hysteresis"]
    label: Mapping[str, str]
    points: int
    begins: bool
    records: tuple[str, ...]
    how: Literal["ends", "begins", "fades"] = "ends"


@dataclass(frozen=True)
class Turn:
    """A day on which the result changes if nothing new happens.

    Attributes:
        on: The day.
        before: The result of the day before.
        after: The result of the day.
        causes: What moves it.
        prevention: What would prevent a change for the worse, in zh and en.
    """

    on: date
    before: WhatIf
    after: WhatIf
    causes: tuple[Cause, ...]
    prevention: tuple[Mapping[str, str], ...]


@dataclass(frozen=True)
class Step:
    """One step of a path: restore or cure a record, ask for a re-inspection, or wait until a day.

    ``record_id`` is the record that ends, or whose finding is inspected again; ``authority`` the name
    of who is asked for it.
    """

    kind: Literal["restore", "cure", "reinspect", "wait"]
    on: date
    record_id: str | None
    label: Mapping[str, str]
    early_end: EarlyEnd | None = None
    field: str | None = None
    authority: str | None = None


@dataclass(frozen=True)
class Path:
    """The fewest steps to a better grade, and of those the earliest.

    ``steps`` is empty where none exists before ``until``.

    Something is to be done in it where anything helps; waiting alone is a path only where nothing
    else is.

    Attributes:
        steps: What the enterprise itself can do first, then re-inspections, then waiting; each in order
            of days.
        on: Day on which the better grade is reached; ``None`` without steps.
        lasts_until: Last day of a grade better than now if nothing new happens; ``None`` where it
            lasts to ``until``.
        result: The result on that day, found by applying the steps; ``None`` without steps.
        until: Last day that was looked at.
        most_steps: Most steps that were tried.
    """

    steps: tuple[Step, ...]
    on: date | None
    result: WhatIf | None
    until: date
    most_steps: int
    lasts_until: date | None = None


@dataclass(frozen=True)
class Outlook:
    """What is to come if nothing new happens, and what would help.

    Attributes:
        until: Last day of the forecast.
        turns: Days on which the result changes, in order.
        better_on: First day with a better grade by waiting alone, ``None`` if there is none.
        distance: Points that are missing to the next better grade, ``None`` in the best or when not
            rated.
        path: Steps to a better grade; ``None`` in the best one.
    """

    until: date
    turns: tuple[Turn, ...]
    better_on: date | None
    distance: int | None
    path: Path | None


@dataclass(frozen=True)
class FieldGrade:
    """What an enterprise has in a field of supervision in which it is active.

    Attributes:
        field: The field.
        label: Its name in zh and en.
        points: Points by what is related to the field.
        band: Its grade there.
        check: What the grade means there: the share that is inspected, and how often.
    """

    field: str
    label: Mapping[str, str]
    points: int
    band: BandInfo
    check: Mapping[str, str]


@dataclass(frozen=True)
class Explanation:
    """Why an enterprise has its colour on a day: the score, its reasons, and what helps.

    Attributes:
        score: The result explained.
        base: Points before any contribution.
        contributions: All contributions that are not zero, ``scale_limit`` included.
        reasons: The same in order of weight, with evidence; ``scale_limit`` is left out.
        rules: Gates, caps and vetoes that took effect.
        band: The band reached, ``None`` when not rated.
        bands: All bands, best first: the legend.
        excluded: Records that did not count, as (record, exclusion code); for the enterprise itself and
            for officers.
        advice: What the enterprise can do, most useful first.
        next_check: Sentence on how often such an enterprise is inspected.
        demonstration: True when the policy is not in force as law: every view must say so.
        fictitious: True when some of its facts are made up: every view must say that too.
        outlook: What is to come and what would help; ``None`` where nobody asked.
        pending: That a worse grade is proposed only, and whether a person must review it first;
            ``None`` otherwise.
        proposal: What is proposed instead, where a store has an open proposal.
        proposed: The proposed result explained: why, what to do and until when are then told of it.
        fields: What it has in each field in which it is active, for supervision there; never public.
        joined: How its records stand to each other, in sentences: what followed from whom, re-checks that
            close nothing, and what could be joined to nothing; for itself and for officers.
    """

    score: Score
    enterprise: Mapping[str, object]
    base: int
    contributions: tuple[Contribution, ...]
    reasons: tuple[Reason, ...]
    rules: tuple[Rule, ...]
    band: BandInfo | None
    bands: tuple[BandInfo, ...]
    excluded: tuple[tuple[Evidence, str], ...]
    advice: tuple[Mapping[str, str], ...]
    next_check: Mapping[str, str]
    policy_title: Mapping[str, str]
    demonstration: bool
    outlook: Outlook | None = None
    pending: Mapping[str, str] | None = None
    fictitious: bool = False
    proposal: PendingProposal | None = None
    proposed: Explanation | None = None
    fields: tuple[FieldGrade, ...] = ()
    joined: tuple[Mapping[str, str], ...] = ()
