"""Statements of a month at the desk: made by supervisors, read by them and by auditors, as a page
and as a file.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scoring.administration.figures.calendar_months import month_of, shifted
from scoring.administration.figures.statement_paper import departments_words, month_words
from scoring.administration.figures.statements import (
    FrozenStatement,
    changes_of,
    make_statement,
    may_read,
    scope_of,
    statement_of,
    statements,
)
from scoring.entities.areas import area_name
from scoring.errors import SiseError, StoreError
from scoring.store.people.grants import SUPERVISOR
from web.access import asking_person
from web.desk.figures import held_areas
from web.filing import Filing
from web.language import link
from web.reading import read_again, results

PDF, CSV = "application/pdf", "text/csv; charset=utf-8"
MONTHS_BACK = 24
"""Months that are offered."""


def add_routes(routes: Blueprint, filing: Filing) -> None:
    """Adds the list of statements, its twin, and each statement as PDF and as CSV.

    Args:
        routes: The blueprint of the desk.
        filing: Whose store and clock statements are made with.
    """

    @routes.route("/statements", methods=["GET", "POST"], endpoint="statements")
    def all_of_them() -> ResponseReturnValue:
        """The statements that one may read; a supervisor makes one of a month that is over."""
        refused, status = None, 200
        if request.method == "POST":
            try:
                _make(filing)
                return redirect(link("desk.statements"), 303)
            except SiseError as error:
                refused, status = error.words, 409
                read_again()
        mine = [grant for grant in asking_person().oversight if grant.role == SUPERVISOR]
        last = shifted(month_of(g.today), -1)
        return render_template(
            "desk/statements.html",
            statements=_listed(),
            areas=held_areas(mine) if mine else [],
            months=[shifted(last, -back) for back in range(MONTHS_BACK)],
            refused=refused,
        ), status

    @routes.get("/api/statements")
    def statements_json() -> Response:
        """Twin of the list, with the numbers of each statement."""
        return jsonify(_listed())

    @routes.get("/statements/<int:number>.pdf")
    def statement_pdf(number: int) -> Response:
        """A statement as it was frozen, on its page."""
        return _file(_ones(number).pdf(g.lang), PDF, f"inline; filename=statement-{number}.pdf")

    @routes.get("/statements/<int:number>.csv")
    def statement_csv(number: int) -> Response:
        """A statement as it was frozen, for Excel."""
        return _file(_ones(number).csv(g.lang), CSV, f"attachment; filename=statement-{number}.csv")


def _make(filing: Filing) -> None:
    """Makes the statement that a form asks for; of an area that is not one's it is refused."""
    person = asking_person()
    month, area = request.form.get("month", ""), request.form.get("area", "")
    scope = scope_of(person.oversight, month, area)
    if scope is None:
        raise StoreError("statement_not_granted", actor=person.account, area=area)
    make_statement(filing.database, results().version, scope, person.account, filing.clock)


def _ones(number: int) -> FrozenStatement:
    """A statement that one may read; another one is answered as one that is not there."""
    try:
        with results().read() as connection:
            statement = statement_of(connection, number)
    except StoreError:
        abort(404)
    if not may_read(asking_person().oversight, statement.scope):
        abort(404)
    return statement


def _listed() -> list[dict[str, Any]]:
    with results().read() as connection:
        readable = statements(connection, asking_person().oversight)
        return [_view(statement, changes_of(connection, statement)) for statement in readable]


def _view(statement: FrozenStatement, changes: int) -> dict[str, Any]:
    scope = statement.scope
    return {
        "number": statement.number,
        "month": scope.month,
        "month_name": month_words(scope.month),
        "area": scope.area,
        "area_name": area_name(scope.area),
        "departments": None if scope.departments is None else list(scope.departments),
        "departments_name": departments_words(scope.departments),
        "made_on": statement.made_on.isoformat(),
        "revises": statement.revises,
        "changes": changes,
        "figures": statement.figures.as_json(),
    }


def _file(content: bytes, mimetype: str, disposition: str) -> Response:
    return Response(content, content_type=mimetype, headers={"Content-Disposition": disposition})
