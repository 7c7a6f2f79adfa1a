"""What an officer of a department sees of an enterprise: the colour of all, and records and tier of its own fields.

What other departments hold against the enterprise is not his affair (国办发〔2025〕22号, point 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from scoring.administration.identity.scope import fields_of
from scoring.administration.results.viewer import is_of
from scoring.entities import Evidence, Explanation, Reason
from scoring.entities.authorities import register
from scoring.policy.language.schema import Audience
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import both
from scoring.store.people.grants import Grant
from web.parts import view
from web.parts.reasons import by_field, not_counted

OTHERS = ("points", "summary", "rules", "history", "advice", "outlook", "joined", "proposal")
"""Parts of a page that tell what other departments have."""


@dataclass(frozen=True)
class OwnDepartment:
    """Whose records an officer may see.

    Attributes:
        codes: Codes of the authorities that he belongs to.
        fields: The fields in which they have the power on the day.
    """

    codes: frozenset[str]
    fields: frozenset[str]

    def may_see(self, evidence: Evidence) -> bool:
        """Whether a record is its own, or of a field of its own."""
        return evidence.field in self.fields or any(is_of(evidence.authority, code) for code in self.codes)


def department_of(grants: Iterable[Grant], day: date) -> OwnDepartment | None:
    """The departments of some grants; ``None``: one of them holds for all departments."""
    held = [grant.departments for grant in grants]
    if any(departments is None for departments in held):
        return None
    mine = frozenset().union(*(departments or () for departments in held))
    return OwnDepartment(mine, fields_of(mine, day))


def department_view(
    whole: Explanation,
    version: ResolvedPolicy,
    granted: Audience,
    department: OwnDepartment,
    today: date,
    *,
    uncounted: bool,
) -> dict[str, Any]:
    """One enterprise as an officer of a department may see it.

    Args:
        whole: The explained result.
        version: The policy that gave it.
        granted: What the policy grants to officers or inspectors.
        department: Whose records may be seen.
        today: The day on which it is read.
        uncounted: Whether its records that did not count may be seen too.
    """
    narrowed = (_narrowed(reason, department) for reason in whole.reasons)
    kept = tuple(reason for reason in narrowed if reason.evidence)
    excluded = tuple(
        (record, why) for record, why in whole.excluded if uncounted and department.may_see(record)
    )
    own = replace(whole, reasons=kept, rules=(), excluded=excluded, joined=(), advice=(), outlook=None)
    own = replace(own, proposal=None, proposed=None)
    shown = view.enterprise_view(own, version, granted, today=today) | dict.fromkeys(OTHERS)
    is_told = uncounted and granted.reasons and granted.records
    fields = by_field(whole, version) if granted.colour and granted.reasons else None
    return shown | {
        "ask": [],
        "public": None,
        "not_counted": not_counted(own, version, today) if is_told else None,
        "fields": [row for row in fields or () if row["id"] in department.fields] or None,
        "pending": both("proposal_marked") if whole.pending and whole.band else None,
        "department": both("department_note", names=_names(department)),
    }


def _narrowed(reason: Reason, department: OwnDepartment) -> Reason:
    """A reason with the records alone that a department may see."""
    return replace(reason, evidence=tuple(filter(department.may_see, reason.evidence)))


def _names(department: OwnDepartment) -> list[Mapping[str, str]]:
    known = register().authorities
    return [
        known[code].name if code in known else {"zh": code, "en": code} for code in sorted(department.codes)
    ]
