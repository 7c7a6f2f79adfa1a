"""What a scan tells online: an officer the colour of today and its day, a partner identity and published records.

Whatever colour a code says, online the store's counts. Nothing that a partner gets has a place for a colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from scoring.administration.credential.not_a_code import CodeReason
from scoring.explain.public_result import PublishedRecord
from scoring.store.standing.code_records import RecordedCode

BY_STATE = {
    None: CodeReason.VALID,
    "superseded": CodeReason.SUPERSEDED,
    "revoked": CodeReason.REVOKED,
}


@dataclass(frozen=True)
class OfficerScan:
    """What an officer is told.

    Attributes:
        reason: What the code comes to.
        enterprise_id: Whose code it is.
        name: Its name.
        colour: Its colour of today; ``None``: it has none, or its code is dark.
        as_of: The day of that colour.
        said: The colour that the code says, where it is another one.
        ended_on: Since when the code does not hold.
        cause: Why it does not.
    """

    reason: CodeReason
    enterprise_id: str
    name: str | None = None
    colour: str | None = None
    as_of: date | None = None
    said: str | None = None
    ended_on: date | None = None
    cause: str | None = None


@dataclass(frozen=True)
class PartnerScan:
    """What a partner is told: who it is, and what the law publishes of it.

    Attributes:
        reason: Whether the code holds; that it was superseded by another colour is not told.
        enterprise_id: Whose code it is.
        name: Its name.
        records: Its published records.
    """

    reason: CodeReason
    enterprise_id: str
    name: str | None = None
    records: tuple[PublishedRecord, ...] = ()


@dataclass(frozen=True)
class PublicScan:
    """What everybody is told of a code, beside what the public may see of the enterprise today.

    Attributes:
        reason: What the code comes to.
        is_dark: Whether nothing is shown of its enterprise.
        said: The colour that the code says and that was superseded since.
        ended_on: Since when the code does not hold.
        cause: Why it does not.
    """

    reason: CodeReason
    is_dark: bool = False
    said: str | None = None
    ended_on: date | None = None
    cause: str | None = None


@dataclass(frozen=True)
class EnterpriseToday:
    """What the store says of an enterprise today.

    Attributes:
        enterprise_id: The enterprise.
        name: Its name; of a sole trader ``None``, for it is a person's.
        colour: Its colour in effect.
        as_of: The day of the store's results.
        under_review: Whether another colour waits.
        gone: Why it has no code any more.
    """

    enterprise_id: str
    name: str | None
    colour: str | None
    as_of: date
    under_review: bool = False
    gone: str | None = None


def officer_scan(today: EnterpriseToday, code: RecordedCode | None, at: int) -> OfficerScan:
    """What an officer is told of a code.

    Args:
        today: What the store says of the enterprise.
        code: The code as the store knows it; ``None``: a plate, which says nothing that could be old.
        at: The present moment, in POSIX seconds.
    """
    reason = _reason(today, code, at)
    if reason is CodeReason.REVOKED:
        cause = today.gone or (code.cause if code else None)
        ended_on = code.ended_on if code else None
        return OfficerScan(reason, today.enterprise_id, today.name, ended_on=ended_on, cause=cause)
    said = code.colour if code and code.colour != today.colour else None
    return OfficerScan(
        reason=reason,
        enterprise_id=today.enterprise_id,
        name=today.name,
        colour=today.colour,
        as_of=today.as_of,
        said=said,
        ended_on=code.ended_on if code else None,
        cause=code.cause if code else None,
    )


def partner_scan(
    today: EnterpriseToday, code: RecordedCode | None, records: Sequence[PublishedRecord], at: int
) -> PartnerScan:
    """What a partner is told of a code: nothing from which a colour, or that one waits, could be read.

    Args:
        today: What the store says of the enterprise.
        code: The code as the store knows it.
        records: The published records of the enterprise.
        at: The present moment, in POSIX seconds.
    """
    reason = _reason(today, code, at)
    if reason is CodeReason.REVOKED:
        return PartnerScan(reason, today.enterprise_id, today.name)
    shown = reason if reason is CodeReason.EXPIRED else CodeReason.VALID
    return PartnerScan(shown, today.enterprise_id, today.name, tuple(records))


def public_scan(today: EnterpriseToday, code: RecordedCode | None, at: int) -> PublicScan:
    """What everybody is told of a code.

    What it says of an old colour is on the code itself and in the list of statuses; whether the present
    one is shown is not decided here.

    Args:
        today: What the store says of the enterprise.
        code: The code as the store knows it; ``None``: a plate, or the page without a code.
        at: The present moment, in POSIX seconds.
    """
    reason = _reason(today, code, at)
    ended_on = code.ended_on if code else None
    if reason is CodeReason.REVOKED:
        return PublicScan(reason, True, ended_on=ended_on, cause=today.gone or (code.cause if code else None))
    if code is None or code.state is None:
        return PublicScan(reason)
    return PublicScan(reason, said=code.colour, ended_on=ended_on, cause=code.cause)


def _reason(today: EnterpriseToday, code: RecordedCode | None, at: int) -> CodeReason:
    state = code.state if code else None
    if today.gone or state == "revoked":
        return CodeReason.REVOKED
    if code and code.expires_at < at:
        return CodeReason.EXPIRED
    if state is None and today.under_review:
        return CodeReason.UNDER_REVIEW
    return BY_STATE[state]
