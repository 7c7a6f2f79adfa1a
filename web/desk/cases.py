"""Casework at the desk: the queue by its clock, one case after the other with its records, proposals, and the window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scoring.administration.casework.case_files import (
    CaseFile,
    CaseFilters,
    open_cases,
)
from scoring.administration.casework.case_words import described
from scoring.administration.casework.procedures import procedures
from scoring.administration.casework.proposal_steps import SERVICES
from scoring.administration.casework.waiting import NEEDS, WaitingProposal, waiting_proposals
from scoring.administration.casework.waiting_records import WaitingRecord, waiting_records
from scoring.entities import RECORD_COLUMNS
from scoring.entities.authorities import register
from scoring.entities.result import FIRST_NOTICE
from scoring.errors import SiseError
from scoring.explain.words.figures import labels
from scoring.explain.words.grades import band_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.people.grants import WINDOW_CLERK, Grant
from scoring.store.snapshot.follow_ups import NAME_FINDING, RECHECK
from scoring.store.standing.entering import FIXED
from web.access import asking_person
from web.filing import Filing
from web.language import link
from web.parts import view
from web.parts.case_forms import Typed, case_step, kept, proposal_step
from web.parts.case_pages import add_letter, add_papers, case_of, file_case, record_options, record_view
from web.parts.grades import grade
from web.parts.pages import enterprise_view
from web.reading import read_again, results

PAGE_CASES = 50
"""Cases of one page of the queue."""
LAST_OFFSET = 1_000_000
RECORD_NEEDS = (RECHECK, NAME_FINDING)
CORRECTABLE = tuple(column for column in RECORD_COLUMNS if column not in FIXED)
"""Columns that an upheld objection may change."""


def add_routes(routes: Blueprint, filing: Filing) -> None:
    """Adds the routes of casework.

    Args:
        routes: The blueprint of the desk.
        filing: Puts on file what officers do.
    """
    add_papers(routes, filing.database, _own_case)
    add_letter(routes, _own_case)
    _add_queue(routes)
    _add_case(routes, filing)
    _add_proposal(routes, filing)
    _add_window(routes, filing)


def of_enterprise(enterprise_id: str) -> CaseFilters:
    """All cases of one enterprise."""
    return CaseFilters(enterprise_ids=[enterprise_id], closed=True)


def handled(filters: CaseFilters) -> list[CaseFile]:
    """The cases of a filter that are an officer's to see: about results, all departments; about records, his own.

    Each by the grants that hold for its enterprise: what he is elsewhere opens nothing here.
    """
    with results().read() as connection:
        files = open_cases(connection, filters, g.today)
        return [file for file in files if _is_ones(file, _grants_for(connection, file))]


def _grants_for(connection: Any, file: CaseFile) -> tuple[Grant, ...]:
    """The grants that hold for the enterprise of a case in one of the officer's areas."""
    desk = asking_person().desk
    # Where all of them say the same it does not matter which of them holds.
    if len({(grant.departments, grant.role == WINDOW_CLERK) for grant in desk}) == 1:
        return desk
    return asking_person().covering(connection, file.opening.enterprise_id)


def _is_ones(file: CaseFile, grants: Sequence[Grant]) -> bool:
    departments = [grant.departments for grant in grants]
    if None in departments:
        return True
    # What came in at the window its clerks hand a receipt for.
    is_clerk = any(grant.role == WINDOW_CLERK for grant in grants)
    if is_clerk and file.opening.kept.get("by") == "window":
        return True
    mine = frozenset().union(*(some or () for some in departments))
    # What was handed to another authority is its own too.
    if file.opening.kept.get("office") in mine:
        return True
    return file.record is not None and file.record.office(g.today) in mine


def _add_queue(routes: Blueprint) -> None:
    @routes.get("/queue")
    def queue() -> str:
        """What waits, by its clock: proposals, cases, re-checks; a filter leaves one kind of them."""
        kinds = [procedure for procedure in procedures().values() if procedure.opened_by]
        return render_template("desk/queue.html", **_queue(), kinds=kinds)

    @routes.get("/api/queue")
    def queue_json() -> Response:
        """Twin of the queue."""
        return jsonify(_queue())


def _queue() -> dict[str, Any]:
    """What waits for who asks, by what he chose to see."""
    read, desk = results(), asking_person().desk
    kind = request.args.get("procedure", "")
    is_overdue = "overdue" in request.args
    offset = min(max(request.args.get("offset", 0, type=int), 0), LAST_OFFSET) if kind else 0
    rows = slice(offset, offset + PAGE_CASES)
    need, procedure = (kind if kind in NEEDS else ""), (kind if kind in procedures() else "")
    places = None if any(grant.areas is None for grant in desk) else sorted(_all_areas(desk))
    filters = CaseFilters(kinds=[procedure] if procedure else None, areas=places, overdue=is_overdue)
    is_all = not kind
    files = handled(filters) if is_all or procedure else []
    waiting = _proposals(read.version, desk, need) if is_all or need else []
    waiting = [one for one in waiting if one.overdue_by or not is_overdue]
    return {
        "cases": [described(file) for file in files[rows]],
        "total": len(files),
        "waiting": [_waiting_view(one, read.version) for one in waiting[rows]],
        "waiting_total": len(waiting),
        "records": _records(kind, desk, offset, is_overdue=is_overdue),
        "offset": offset,
        "page_rows": PAGE_CASES,
        "needs": NEEDS,
        "record_needs": RECORD_NEEDS,
        "kind": kind,
        "overdue": is_overdue,
    }


def _all_areas(grants: Iterable[Grant]) -> frozenset[str]:
    return frozenset().union(*(grant.areas or () for grant in grants))


def _proposals(version: ResolvedPolicy, desk: Sequence[Grant], need: str) -> list[WaitingProposal]:
    """Proposals of one's areas that wait, for who sees the reasons of all departments."""
    everybody = [grant for grant in desk if grant.departments is None]
    if not everybody:
        return []
    with results().read() as connection:
        waiting = waiting_proposals(connection, version, g.today, everybody)
    return [one for one in waiting if need in one.needs or not need]


def _records(kind: str, desk: Sequence[Grant], offset: int, *, is_overdue: bool) -> list[dict[str, Any]]:
    """Records that wait for one's authority, by what they wait for."""
    shown = []
    for need in RECORD_NEEDS:
        if kind not in ("", need) or (is_overdue and need != RECHECK):
            continue
        with results().read() as connection:
            page = waiting_records(connection, need, desk, PAGE_CASES, offset)
        rows = [_record_row(record) for record in page.records]
        if is_overdue:
            rows = [row for row in rows if row["overdue_by"]]
        shown.append({"need": need, "total": page.total, "rows": rows})
    return shown


def _record_row(record: WaitingRecord) -> dict[str, Any]:
    return {
        "enterprise_id": record.enterprise_id,
        "name": record.name or record.enterprise_id,
        "record_id": record.record_id,
        "kind": labels("kinds", record.kind),
        "field": labels("fields", record.field),
        "authority": record.authority,
        "document_no": record.document_no,
        "since": record.since.isoformat(),
        "due_on": record.due_on.isoformat() if record.due_on else None,
        "overdue_by": record.overdue_by(g.today),
    }


def _waiting_view(one: WaitingProposal, version: ResolvedPolicy) -> dict[str, Any]:
    proposal = one.proposal
    granted = view.grants(version, "officer")
    bands = (band_of(band, version.policy) for band in (proposal.band_in_effect, proposal.band))
    before, proposed = (grade(band, FIRST_NOTICE, version, granted) for band in bands)
    return {
        "enterprise_id": proposal.enterprise_id,
        "name": proposal.name,
        "before": before,
        "proposed": proposed,
        "needs": one.needs,
        "proposed_on": proposal.pending.proposed_on.isoformat(),
        "served_on": proposal.pending.served_on.isoformat() if proposal.pending.served_on else None,
        "due_on": one.due_on.isoformat() if one.due_on else None,
        "overdue_by": one.overdue_by,
        "confirmed": len(proposal.pending.confirmed_by),
        "reviewers": proposal.reviewers,
        "statements": len(proposal.pending.open_statements),
    }


def _add_case(routes: Blueprint, filing: Filing) -> None:
    @routes.route("/e/<path:enterprise_id>/cases/<int:number>", methods=["GET", "POST"])
    def case(enterprise_id: str, number: int) -> ResponseReturnValue:
        """A case with its records; a step about it leads back to it, an answer to the queue."""
        refused, status, typed = None, 200, Typed({})
        _own_case(enterprise_id, number)
        if request.method == "POST":
            typed = Typed.of_request()
            step = case_step(typed, number, "window" if typed["kind"] == "dropped" else "officer")
            try:
                filing.take(results().version, step, asking_person().account)
                if step.kind == "answer":
                    return redirect(link("desk.queue"), 303)
                return redirect(link("desk.case", enterprise_id=enterprise_id, number=number), 303)
            except SiseError as error:
                refused, status = error.words, 409
                read_again()
        file = _own_case(enterprise_id, number)
        shown = enterprise_view(results(), enterprise_id, g.audience)
        return render_template(
            "desk/case.html",
            c=described(file),
            record=record_view(file.record) if file.record else None,
            v=shown,
            record_options=record_options(shown),
            enterprise_id=enterprise_id,
            offices=_offices(),
            correctable=CORRECTABLE,
            effects={outcome.effect for outcome in file.procedure.outcomes},
            typed=kept(typed),
            refused=refused,
        ), status

    @routes.get("/api/e/<path:enterprise_id>/cases/<int:number>")
    def case_json(enterprise_id: str, number: int) -> Response:
        """Twin of a case."""
        file = _own_case(enterprise_id, number)
        return jsonify({**described(file), "record": record_view(file.record) if file.record else None})


def _own_case(enterprise_id: str, number: int) -> CaseFile:
    """A case that is the officer's to see; any other is answered as one that is not there."""
    file = case_of(enterprise_id, number)
    if not _is_ones(file, g.covering):
        abort(404)
    return file


def _offices() -> list[tuple[str, dict[str, str]]]:
    """The authorities in whose name an officer may act; all where a grant holds for all."""
    known, mine = register().authorities, [grant.departments for grant in g.covering]
    named = set(known) if None in mine else frozenset().union(*(some or () for some in mine))
    return [(code, dict(known[code].name)) for code in sorted(named) if code in known]


def _add_proposal(routes: Blueprint, filing: Filing) -> None:
    @routes.route("/e/<path:enterprise_id>/proposal", methods=["GET", "POST"])
    def proposal(enterprise_id: str) -> ResponseReturnValue:
        """The open proposal with its records: served, confirmed, a fact returned, an emergency put on file."""
        if g.department is not None:
            abort(404)
        refused, status, typed = None, 200, Typed({})
        if request.method == "POST":
            typed = Typed.of_request()
            try:
                step = proposal_step(typed, enterprise_id)
                filing.take(results().version, step, asking_person().account)
                return redirect(link("desk.proposal", enterprise_id=enterprise_id), 303)
            except SiseError as error:
                refused, status = error.words, 409
                read_again()
        shown = enterprise_view(results(), enterprise_id, g.audience)
        return render_template(
            "desk/proposal.html",
            v=shown,
            record_options=record_options(shown),
            enterprise_id=enterprise_id,
            services=SERVICES,
            typed=kept(typed),
            refused=refused,
        ), status


def _add_window(routes: Blueprint, filing: Filing) -> None:
    @routes.route("/e/<path:enterprise_id>/window/<procedure>", methods=["GET", "POST"])
    def window(enterprise_id: str, procedure: str) -> ResponseReturnValue:
        """A procedure that somebody at the window asks for; filed, it leads to its case with the receipt."""
        return file_case(filing, procedure, enterprise_id, "window")
