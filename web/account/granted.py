"""What an account may do, in words."""

from __future__ import annotations

from typing import Any

from scoring.administration.identity.person import Person
from scoring.entities.areas import area_name
from scoring.entities.authorities import register
from scoring.rules.wording import both
from scoring.store.people.grants import Grant


def granted_view(person: Person) -> list[dict[str, Any]]:
    """One line a grant: what, where, of which departments, until when."""
    return [_line(grant) for grant in person.grants]


def _line(grant: Grant) -> dict[str, Any]:
    return {
        "role": both(f"role_{grant.role}"),
        "areas": [area_name(area) for area in sorted(grant.areas or ())],
        "departments": [register().authorities[code].name for code in sorted(grant.departments or ())],
        "enterprise_id": grant.enterprise_id,
        "until": grant.until.isoformat() if grant.until else None,
    }
