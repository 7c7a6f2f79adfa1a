"""An officer's own records: corrected or withdrawn with a ground, each for good once a second account says so too."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, Response, abort, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scoring.administration.casework.case_files import ContestedRecord, cases_about, contested_records
from scoring.administration.casework.case_words import described
from scoring.errors import SiseError
from scoring.store.people.grants import INSPECTOR, SUPERVISOR
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.recording import MakeFact
from web.access import asking_person
from web.desk.cases import CORRECTABLE
from web.filing import Filing
from web.language import link
from web.parts.case_forms import Typed, kept
from web.parts.case_pages import record_view
from web.reading import read_again, results

Change = Callable[[TypedFacts, str, Typed, str], MakeFact]


def _withdrawn(facts: TypedFacts, record_id: str, typed: Typed, account: str) -> MakeFact:
    return facts.end("withdrawn", record_id, facts.day, typed["ground"], typed.or_none("document"))


def _corrected(facts: TypedFacts, record_id: str, typed: Typed, account: str) -> MakeFact:
    columns = {typed["column"]: typed["value"]} if typed["column"] else {}
    return facts.correct(record_id, columns, typed["ground"], typed.or_none("document"))


def _seconded(facts: TypedFacts, record_id: str, typed: Typed, account: str) -> MakeFact:
    return facts.second(record_id, typed["ground"], account)


CHANGES: Mapping[str, Change] = {"withdraw": _withdrawn, "correct": _corrected, "second": _seconded}
"""What an officer may claim of a record of his authority, and say as the second account."""


def add_routes(routes: Blueprint, filing: Filing) -> None:
    """Adds the page of one record.

    Args:
        routes: The blueprint of the desk.
        filing: Puts on file what officers do.
    """

    @routes.route("/e/<path:enterprise_id>/records/<path:record_id>", methods=["GET", "POST"])
    def record(enterprise_id: str, record_id: str) -> ResponseReturnValue:
        """A record of one's own authority, and what may be done about it."""
        refused, status, typed = None, 200, Typed({})
        _own_record(enterprise_id, record_id)
        if request.method == "POST":
            typed = Typed.of_request()
            change = CHANGES.get(typed["kind"])
            if change is None:
                abort(400)
            account = asking_person().account
            try:
                filing.record(
                    results().version, change(TypedFacts(g.today), record_id, typed, account), account
                )
                return redirect(link("desk.record", enterprise_id=enterprise_id, record_id=record_id), 303)
            except SiseError as error:
                refused, status = error.words, 409
                read_again()
        with results().read() as connection:
            about = [described(file) for file in cases_about(connection, g.today, record_id=record_id)]
        return render_template(
            "desk/record.html",
            record=record_view(_own_record(enterprise_id, record_id)),
            cases=about,
            correctable=CORRECTABLE,
            enterprise_id=enterprise_id,
            typed=kept(typed),
            refused=refused,
        ), status

    @routes.get("/api/e/<path:enterprise_id>/records/<path:record_id>")
    def record_json(enterprise_id: str, record_id: str) -> Response:
        """Its twin."""
        known = _own_record(enterprise_id, record_id)
        with results().read() as connection:
            about = [described(file) for file in cases_about(connection, g.today, record_id=record_id)]
        return jsonify({**record_view(known), "cases": about})


def _own_record(enterprise_id: str, record_id: str) -> ContestedRecord:
    """The record, if it is of an authority of the officer's; else it is answered as one that is not there."""
    with results().read() as connection:
        known = contested_records(connection, [record_id]).get(record_id)
    grants = [grant for grant in g.covering if grant.role in (INSPECTOR, SUPERVISOR)]
    mine = [grant.departments for grant in grants]
    if known is None or known.enterprise_id != enterprise_id or not mine:
        abort(404)
    if None not in mine and known.office(g.today) not in frozenset().union(*(some or () for some in mine)):
        abort(404)
    return known
