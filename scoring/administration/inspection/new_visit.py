"""A visit as it was filled in: who came, on what ground, what was looked at and found, who received the minutes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Literal

from scoring.store.log.canonical_json import compact

Answered = Literal["fine", "problem", "corrected", "not_checked", "not_applicable"]
ANSWERS: tuple[Answered, ...] = ("fine", "problem", "corrected", "not_checked", "not_applicable")
"""What may be said of an item; ``corrected`` is a finding that was corrected before the officers left."""
FINDING: tuple[Answered, ...] = ("problem", "corrected")
Presence = Literal["open", "closed", "moved", "not_found"]
PRESENCES: tuple[Presence, ...] = ("open", "closed", "moved", "not_found")
"""Whether the enterprise was there and open."""
RECEIPTS = ("signed", "refused")
"""Whether who received the minutes signed them."""


@dataclass(frozen=True)
class VisitingOfficer:
    """One of the officers, with the number of the certificate that was shown."""

    name: str
    certificate: str


@dataclass(frozen=True)
class ItemAnswer:
    """What was said of an item.

    Attributes:
        answer: One of ``ANSWERS``.
        severity: Of a finding, how grave it is.
        note: What was seen.
        recheck_on: Of a finding that is still to be corrected, the day on which somebody looks again.
        photos: Digests of the photographs of it, as they are kept.
    """

    answer: str
    severity: str | None = None
    note: str = ""
    recheck_on: date | None = None
    photos: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecheckAnswer:
    """What became of a finding of before that was looked at again."""

    corrected: bool
    note: str = ""


@dataclass(frozen=True)
class DepartmentPart:
    """What the officers of one authority looked at.

    Attributes:
        office: Code of the authority.
        answers: By item.
        rechecks: By record of a finding of before.
    """

    office: str
    answers: Mapping[str, ItemAnswer] = field(default_factory=dict)
    rechecks: Mapping[str, RecheckAnswer] = field(default_factory=dict)


@dataclass(frozen=True)
class NewVisit:
    """A visit that is to be recorded.

    Attributes:
        enterprise_id: The enterprise.
        visited_on: The day.
        officers: Two at least.
        order_no: Number of the notice or of the approval.
        emergency: Ground of an emergency, where the number comes later.
        occasion: Why it took place, a code.
        task_no: Number of the task, complaint or referral.
        act_no: Number of the act (行政行为码).
        departments: What each authority looked at.
        presence: Whether the enterprise was there and open.
        received_by: Who received the minutes.
        receipt: Signed or refused.
        refusal: Of a refusal, how it was and who witnessed it.
        late_reason: Why it is entered on a later day.
        cap_exception: Beyond the yearly cap, which published exception holds.
        cap_document: The number of what that rests on.
        remarks: What else is to be said.
    """

    enterprise_id: str
    visited_on: date
    officers: tuple[VisitingOfficer, ...]
    occasion: str
    departments: tuple[DepartmentPart, ...]
    received_by: str
    receipt: str
    order_no: str = ""
    emergency: str = ""
    task_no: str = ""
    act_no: str = ""
    presence: str = "open"
    refusal: str = ""
    late_reason: str = ""
    cap_exception: str = ""
    cap_document: str = ""
    remarks: str = ""

    @cached_property
    def minutes(self) -> dict[str, Any]:
        """As the minutes keep it: days as ISO text."""
        minutes: dict[str, Any] = _plain(asdict(self))
        return minutes

    @cached_property
    def digest(self) -> str:
        """Digest of what is said: another content under one idempotency key is another request."""
        return hashlib.sha256(compact(self.minutes).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def request_digest(account: str, key: str) -> str:
    """Digest of whose request it is and of its idempotency key."""
    return hashlib.sha256(f"{account}\n{key}".encode()).hexdigest()
