"""What an inspector reads before and after a visit, as plain data: page and JSON twin are made of the same dictionary.

What an answer will do is told after it was saved, and not before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask import g

from scoring.administration.casework.case_words import described
from scoring.administration.identity.scope import fields_of
from scoring.administration.inspection.after_a_visit import AfterVisit, ResultStand, after_visit
from scoring.administration.inspection.inspection_items import published_items
from scoring.administration.inspection.open_findings import KnownFinding, known_visits, of_departments
from scoring.administration.inspection.stored_visits import StoredVisit, deadlines_of, visits_of
from scoring.administration.inspection.yearly_cap import FieldStanding, YearlyCap, standing_in, yearly_caps
from scoring.administration.results.current import CurrentResults
from scoring.entities.authorities import register
from scoring.entities.canonical import codes
from scoring.explain.words.figures import labels
from scoring.explain.words.grades import band_of
from scoring.policy.language.schema import Audience
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.facts.family import FactRow
from scoring.store.people.grants import INSPECTOR, SUPERVISOR, Grant
from web.parts.grades import grade
from web.parts.view import grants

Row = dict[str, Any]


def own_offices(covering: Sequence[Grant], area: str, day: date) -> list[str]:
    """The authorities in whose name somebody may record a visit, that have items; of who acts for all, those of the area.

    Args:
        covering: The grants that hold for the enterprise.
        area: The area that supervises it.
        day: The day.
    """
    mine = [grant.departments for grant in covering if grant.role in (INSPECTOR, SUPERVISOR)]
    known = register().authorities
    if any(departments is None for departments in mine):
        # A city has hundreds of authorities: who acts for all of them is shown those of the place.
        near = [code for code, body in known.items() if body.area == area[:6]]
        named = near or list(known)
    else:
        named = sorted(frozenset().union(*(departments or () for departments in mine)))
    return [code for code in named if code in known and published_items().of_office(code, day)]


def named(offices: Iterable[str]) -> list[Row]:
    """Authorities with their names."""
    return [{"id": code, "name": dict(register().authorities[code].name)} for code in offices]


def before_view(read: CurrentResults, enterprise_id: str, offices: Sequence[str]) -> Row:
    """What stands in front of the form: his field's tier, what was last found, what is open and until when, the cap."""
    with read.read() as connection:
        visits = visits_of(connection, enterprise_id)
        known = known_visits(
            read.kept, connection, read.version, enterprise_id, g.today, deadlines_of(visits)
        )
        standings = standing_in(connection, read.version.policy, enterprise_id)
        places = [(office, field) for office in offices for field in _fields_of_items(office)]
        caps = yearly_caps(connection, read.version.policy, enterprise_id, places, g.today)
    fields = fields_of(offices, g.today)
    seen = g.department.codes if g.department is not None else None
    of_these = sorted({cap.field for cap in caps} & set(standings))
    granted = grants(read.version, g.audience)
    return {
        "enterprise": {"id": enterprise_id, "name": read.score(enterprise_id).name},
        "day": g.today.isoformat(),
        "standing": _grade_of(standings[""], read.version) if granted.colour else None,
        "fields": [_field_row(field, standings, read.version) for field in of_these if granted.colour],
        "open": [_finding(one) for one in of_departments(known.open, seen, fields, g.today)],
        "last": [_finding(one) for one in of_departments(known.last, seen, fields, g.today)],
        "caps": [_cap(cap) for cap in caps],
        "offices": [_office_row(code, g.today) for code in offices],
    }


def _fields_of_items(office: str) -> list[str]:
    return list(dict.fromkeys(item.field for item in published_items().of_office(office, g.today)))


def _cap(cap: YearlyCap) -> Row:
    return {
        "office": cap.office,
        "field": {"id": cap.field, "label": labels("fields", cap.field)},
        "used": cap.used,
        "most": cap.most,
        "used_up": cap.is_used_up,
    }


def _grade_of(standing: FieldStanding, version: ResolvedPolicy) -> Row:
    # Why somebody has no grade is told on the enterprise's own page.
    return grade(band_of(standing.band, version.policy), None, version, Audience())


def _field_row(field: str, standings: Mapping[str, FieldStanding], version: ResolvedPolicy) -> Row:
    standing = standings[field]
    return {"id": field, "label": labels("fields", field), "grade": _grade_of(standing, version)}


def _office_row(code: str, day: date) -> Row:
    by_field: dict[str, list[Row]] = {}
    for item in published_items().of_office(code, day):
        shown = {"id": item.id, "text": item.text.words, "ground": item.ground.words, "key": item.key}
        by_field.setdefault(item.field, []).append(shown)
    return {
        "id": code,
        "name": dict(register().authorities[code].name),
        "groups": [
            {"field": {"id": field, "label": labels("fields", field)}, "items": items}
            for field, items in by_field.items()
        ],
    }


def _finding(one: KnownFinding) -> Row:
    return {
        "id": one.record_id,
        "kind": labels("kinds", one.kind),
        "field": labels("fields", one.field),
        "result": labels("results", one.result),
        "severity": labels("severities", one.severity),
        "authority": one.authority,
        "document_no": one.document_no,
        "date": _iso(one.dated_on),
        "due_on": _iso(one.due_on),
        "is_late": one.due_on is not None and one.due_on < g.today,
        "reported_on": _iso(one.reported_on),
    }


def items_of(office: str, day: date) -> list[str]:
    """The ids of the items of an authority."""
    return [item.id for item in published_items().of_office(office, day)]


def choices() -> Row:
    """What may be chosen in the form, by code."""
    exceptions = published_items().cap_exceptions.values()
    return {
        "occasions": [{"id": code, "label": labels("occasions", code)} for code in codes()["occasions"]],
        "severities": [{"id": code, "label": labels("severities", code)} for code in codes()["severities"]],
        "exceptions": [
            {"id": one.id, "label": one.label.words, "ground": one.ground.words} for one in exceptions
        ],
    }


def after_view(read: CurrentResults, visit: StoredVisit, shown: Mapping[str, str]) -> Row:
    """What a visit has led to, as far as who looks may see it.

    Args:
        read: The results.
        visit: The visit.
        shown: Its photographs that are shown, each with the authority whose it is.
    """
    with read.read() as connection:
        led_to = after_visit(connection, read.version.policy.id, visit, g.today)
    department = g.get("department")
    fields = department.fields if department is not None else None
    granted = grants(read.version, g.audience)
    minutes = visit.minutes
    return {
        "number": visit.number,
        "enterprise": {"id": visit.enterprise_id, "name": read.score(visit.enterprise_id).name},
        "visited_on": visit.visited_on.isoformat(),
        "entered_on": minutes["entered_on"],
        "by": minutes["account"],
        "officers": minutes["officers"],
        "occasion": labels("occasions", minutes["occasion"]),
        "order_no": visit.order_no or None,
        "emergency": minutes["emergency"] or None,
        "task_no": minutes["task_no"] or None,
        "act_no": minutes["act_no"] or None,
        "presence": minutes["presence"],
        "received_by": minutes["received_by"] or None,
        "receipt": minutes["receipt"] or None,
        "items": _answers(visit, shown, department.codes if department is not None else None),
        "result": _result(led_to, read.version, granted, fields) if granted.colour else None,
        "opened": [_record(row) for row in led_to.opened],
        "closed": [_record(row) for row in led_to.closed],
        "cases": [described(case) for case in led_to.cases],
    }


def _result(
    led_to: AfterVisit, version: ResolvedPolicy, granted: Audience, fields: Iterable[str] | None
) -> Row:
    """Points and grades before and now, as far as the policy grants them; of fields who sees one department sees its own."""
    before, now = (
        stand if granted.points else _without_points(stand) for stand in (led_to.before, led_to.now)
    )
    return {
        "changed": led_to.is_changed,
        "proposed": led_to.is_proposed,
        "in_effect": _grade_of(FieldStanding(led_to.in_effect), version),
        "now": _grade_of(FieldStanding(now.band if now else None), version),
        "points_before": _points(before, version),
        "points_now": _points(now, version),
        "fields": list(_changed_fields(before, now, version, fields)),
    }


def _without_points(stand: ResultStand | None) -> ResultStand | None:
    if stand is None:
        return None
    return ResultStand(None, stand.band, {field: (None, band) for field, (_, band) in stand.fields.items()})


def _points(stand: ResultStand | None, version: ResolvedPolicy) -> float | int | None:
    if stand is None or stand.points is None:
        return None
    return _scaled(stand.points, version)


def _scaled(points: int, version: ResolvedPolicy) -> float | int:
    """Points as people count them: a whole number wherever they are one."""
    per_point = version.policy.scale.per_point
    return points // per_point if points % per_point == 0 else points / per_point


def _changed_fields(
    before: ResultStand | None, now: ResultStand | None, version: ResolvedPolicy, fields: Iterable[str] | None
) -> Iterable[Row]:
    if now is None:
        return
    former = before.fields if before else {}
    for field, (points, band) in now.fields.items():
        was = former.get(field, (None, None))
        if (fields is not None and field not in fields) or was == (points, band):
            continue
        yield {
            "id": field,
            "label": labels("fields", field),
            "points_before": None if was[0] is None else _scaled(was[0], version),
            "points_now": None if points is None else _scaled(points, version),
            "grade_before": _grade_of(FieldStanding(was[1]), version),
            "grade_now": _grade_of(FieldStanding(band), version),
        }


def _answers(visit: StoredVisit, shown: Mapping[str, str], offices: Iterable[str] | None) -> list[Row]:
    """The answers of the authorities that may be seen, findings first."""
    rows = []
    for part in visit.minutes["departments"]:
        if offices is not None and part["office"] not in offices:
            continue
        body = register().authorities.get(part["office"])
        for item, answer in part["answers"].items():
            known = visit.minutes["items"][item]
            rows.append(
                {
                    "id": item,
                    "office": dict(body.name) if body else None,
                    "text": known["text"],
                    "field": labels("fields", known["field"]),
                    "answer": answer["answer"],
                    "severity": labels("severities", answer["severity"]),
                    "note": answer["note"] or None,
                    "recheck_on": answer["recheck_on"],
                    "photos": [sha256 for sha256 in answer["photos"] if sha256 in shown],
                }
            )
    # Findings first: on a telephone the rest is several screens long.
    return sorted(rows, key=lambda row: row["answer"] not in ("problem", "corrected"))


def _record(row: FactRow) -> Row:
    dated_on = row["decided_on"] or row["occurred_on"]
    return {
        "id": row["record_id"],
        "kind": labels("kinds", row["kind"]),
        "field": labels("fields", row["field"]),
        "result": labels("results", row["result"]),
        "severity": labels("severities", row["severity"]),
        "date": _iso(dated_on),
        "document_no": row["document_no"],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
