"""Who keeps the registration looks into an enterprise that was closed, moved or not found at a visit."""

from __future__ import annotations

from sqlalchemy import Connection, select

from scoring.administration.inspection.new_visit import NewVisit
from scoring.entities.authorities import register
from scoring.rules.wording import LANGUAGES, say
from scoring.store.log.canonical_json import compact
from scoring.store.standing.case_steps import NewStep
from scoring.store.tables.orm import table_of
from scoring.store.tables.visible import VisibleEnterprise

REGISTRAR_TASK = "registrar_task"
"""Its procedure."""
FIELD, KIND = "market", "-market"
"""What the registrar's code ends with, and the field that it has."""


def registrar_task(connection: Connection, visit: NewVisit, record_id: str) -> NewStep:
    """The step that opens the task about the record of a visit."""
    words = " · ".join(say(lang, f"visit_is_{visit.presence}", day=visit.visited_on) for lang in LANGUAGES)
    kept = {
        "by": "officer",
        "presence_found": visit.presence,
        "office": registrar_of(connection, visit.enterprise_id),
    }
    return NewStep(
        kind=REGISTRAR_TASK,
        enterprise_id=visit.enterprise_id,
        ground=f"{words} {visit.remarks.strip()}".strip(),
        document=visit.act_no.strip() or visit.order_no.strip() or None,
        record_id=record_id,
        content=compact(kept),
    )


def registrar_of(connection: Connection, enterprise_id: str) -> str | None:
    """Code of who keeps the registration of an enterprise: of its district, else of its city."""
    version = table_of(VisibleEnterprise).c
    latest = (
        select(version.district_code)
        .where(version.enterprise_id == enterprise_id)
        .order_by(version.created, version.known_on.desc().nulls_last(), version.seq.desc())
        .limit(1)
    )
    district = str(connection.execute(latest).scalar() or "")
    known = register().authorities
    # The first six digits name a district; those of a city end with 00.
    for area in (district[:6], f"{district[:4]}00"):
        if f"{area}{KIND}" in known:
            return f"{area}{KIND}"
    return next((code for code, body in known.items() if code.endswith(KIND) and FIELD in body.fields), None)
