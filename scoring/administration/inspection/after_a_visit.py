"""What a visit has led to: points and colour before and now, what it opened and closed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.administration.casework.case_files import CaseFile, cases_about
from scoring.administration.inspection.open_findings import latest_records
from scoring.administration.inspection.stored_visits import StoredVisit
from scoring.store.facts.family import FactRow
from scoring.store.facts.same_visits import DIFFERENCE, FINDINGS
from scoring.store.standing.taking_effect import IN_EFFECT
from scoring.store.tables.orm import Assessment, Standing

OPENED_BY_VISITS = (DIFFERENCE, "registrar_task")
"""Procedures that a visit may open a case of."""


@dataclass(frozen=True)
class ResultStand:
    """A result as it was stored: points and band, and the same by field where the policy tells them."""

    points: int | None
    band: str | None
    fields: dict[str, tuple[int | None, str | None]]


@dataclass(frozen=True)
class AfterVisit:
    """What a visit has led to.

    Attributes:
        before: The result that was the last before it.
        now: The result that followed; the same where it changed nothing.
        in_effect: The band that was in effect when it was recorded.
        is_changed: Whether another result followed.
        is_proposed: Whether that is proposed and not in effect.
        opened: Records of findings that it opened.
        closed: Records of findings that it closed.
        cases: Cases that it opened.
    """

    before: ResultStand | None
    now: ResultStand | None
    in_effect: str | None
    is_changed: bool
    is_proposed: bool
    opened: tuple[FactRow, ...]
    closed: tuple[FactRow, ...]
    cases: tuple[CaseFile, ...]


def after_visit(connection: Connection, policy_id: str, visit: StoredVisit, day: date) -> AfterVisit:
    """What a visit has led to, by what was stored with it.

    Args:
        connection: The store.
        policy_id: The policy.
        visit: The visit.
        day: The day of the question, for the cases.
    """
    results = _results(connection, policy_id, visit.enterprise_id)
    # A visit is bound by one log entry, whose number its results carry.
    followed = [row for row in results if row.event == visit.event]
    earlier = [row for row in results if row.event < visit.event]
    last = followed[-1] if followed else (earlier[-1] if earlier else None)
    effective = [row for row in earlier if row.state == IN_EFFECT]
    records = latest_records(connection, visit.record_ids)
    own = [row for row in records.values() if _is_shown(row)]
    corrected = [row for row in own if row["refers_to"] and row["result"] not in FINDINGS]
    closed = latest_records(connection, [row["refers_to"] for row in corrected]) if corrected else {}
    # A case may be about any of its records: a difference about one, the registrar's task about another.
    about = [case for record_id in records for case in cases_about(connection, day, record_id=record_id)]
    return AfterVisit(
        before=_stand(earlier[-1]) if earlier else None,
        now=_stand(last) if last is not None else None,
        in_effect=effective[-1].band if effective else _standing_band(connection, policy_id, visit),
        is_changed=bool(followed),
        is_proposed=bool(followed) and followed[-1].state != IN_EFFECT,
        opened=tuple(row for row in own if row["result"] in FINDINGS and not row["refers_to"]),
        closed=tuple(closed.values()),
        cases=tuple(case for case in about if case.procedure.id in OPENED_BY_VISITS),
    )


def _is_shown(row: FactRow) -> bool:
    """Whether a record is still to be shown: what is restored or withdrawn is not."""
    return row["restored_on"] is None and row["withdrawn_on"] is None


def _results(connection: Connection, policy_id: str, enterprise_id: str) -> Sequence[Any]:
    columns = (Assessment.number, Assessment.event, Assessment.state)
    shown = (Assessment.points, Assessment.band, Assessment.fields)
    query = (
        select(*columns, *shown)
        .where(Assessment.enterprise_id == enterprise_id, Assessment.policy_id == policy_id)
        .order_by(Assessment.number)
    )
    return connection.execute(query).all()


def _stand(row: Any) -> ResultStand:
    fields = {field: (points, band) for field, points, band in json.loads(row.fields or "[]")}
    return ResultStand(row.points, row.band, fields)


def _standing_band(connection: Connection, policy_id: str, visit: StoredVisit) -> str | None:
    query = select(Standing.band).where(
        Standing.policy_id == policy_id, Standing.enterprise_id == visit.enterprise_id
    )
    return connection.execute(query).scalar()
