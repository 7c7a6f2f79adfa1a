"""The page of one case, for the firm and for the desk: where it stands, its steps, its papers, and what may follow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, abort, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from scoring.administration.casework.case_files import (
    CaseFile,
    CaseFilters,
    ContestedRecord,
    case,
    contested_records,
    open_cases,
)
from scoring.administration.casework.case_words import described
from scoring.administration.casework.letter_paper import letter_pdf
from scoring.administration.casework.notice_paper import notice_pdf
from scoring.administration.casework.parties import SEEN
from scoring.administration.casework.procedures import Opener
from scoring.administration.casework.window_receipt import receipt_pdf
from scoring.errors import SiseError, StoreError
from scoring.explain.words.figures import labels
from scoring.store.tables.database import Database
from web.access import asking_person
from web.filing import Filing
from web.language import link
from web.parts.case_forms import Typed, kept, new_case, opened_by
from web.reading import results

PDF = "application/pdf"


def case_of(enterprise_id: str, number: int) -> CaseFile:
    """A case of an enterprise; one of another enterprise is answered as one that is not there."""
    file = None
    with suppress(StoreError), results().read() as connection:
        file = case(connection, number, g.today)
    if file is None or file.opening.enterprise_id != enterprise_id:
        abort(404)
    return file


def cases_of(enterprise_id: str) -> list[dict[str, Any]]:
    """All cases of an enterprise in words, the open ones first."""
    filters = CaseFilters(enterprise_ids=[enterprise_id], closed=True)
    with results().read() as connection:
        return words_of(open_cases(connection, filters, g.today))


def words_of(files: Iterable[CaseFile]) -> list[dict[str, Any]]:
    """Cases as plain data."""
    return [described(file) for file in files]


def file_case(filing: Filing, procedure: str, enterprise_id: str, by: Opener) -> ResponseReturnValue:
    """The form of a procedure that the firm or the window may open; filed, it leads to its case.

    What was typed comes back with the reason where it is refused.
    """
    known = {each.id: each for each in opened_by(by)}
    if procedure not in known:
        abort(404)
    record_id = request.values.get("record", "")
    record = _record_of(enterprise_id, record_id) if record_id.isprintable() and record_id else None
    shown = {
        "procedure": known[procedure],
        "enterprise_id": enterprise_id,
        "record": record_view(record) if record else None,
        "window": SEEN if by == "window" else None,
    }
    if request.method == "GET":
        return render_template("case_form.html", **shown, typed=dict(request.args), refused=None)
    typed = Typed.of_request()
    opening = new_case(typed, procedure, enterprise_id, by)
    try:
        taken = filing.open(results().version, opening, asking_person().account)
    except SiseError as error:
        return render_template("case_form.html", **shown, typed=kept(typed), refused=error.words), 409
    return redirect(link(".case", enterprise_id=enterprise_id, number=taken.number), 303)


def _record_of(enterprise_id: str, record_id: str) -> ContestedRecord | None:
    """A record of the enterprise; one of another is answered as one that is not there."""
    with results().read() as connection:
        record = contested_records(connection, [record_id]).get(record_id)
    return record if record is not None and record.enterprise_id == enterprise_id else None


def record_view(record: ContestedRecord) -> dict[str, Any]:
    """A record by its latest version, as a page of casework shows it."""
    return {
        "id": record.record_id,
        "kind": labels("kinds", record.kind),
        "result": labels("results", record.result),
        "field": labels("fields", record.field),
        "authority": record.authority,
        "document_no": record.document_no,
        "date": record.dated_on.isoformat() if record.dated_on else None,
        "contest": labels("contests", record.contest),
    }


def record_options(shown: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The records behind a result or a proposal, to choose one of: its id, and a line about it."""
    whole = shown["proposal"] or shown
    parts = [*(whole["reasons"] or ()), *(whole["rules"] or ())]
    records = [record for part in parts for record in part["records"] or ()]
    return list({record["id"]: _option(record) for record in records}.items())


def _option(record: Mapping[str, Any]) -> str:
    said = (record["date"], record["kind"][g.lang], record["document_no"] or record["id"])
    return " · ".join(filter(None, said))


FindCase = Callable[[str, int], CaseFile]
"""Gives a case of an enterprise that the asking one may see; any other is answered as none."""


def add_papers(routes: Blueprint, database: Database, find: FindCase) -> None:
    """Adds the papers of a case and of a proposal as PDF.

    Args:
        routes: The blueprint of an audience.
        database: The store.
        find: Gives a case.
    """

    @routes.get("/e/<path:enterprise_id>/cases/<int:number>/receipt.pdf")
    def receipt(enterprise_id: str, number: int) -> Response:
        """The receipt of what was filed."""
        with results().read() as connection:
            return _pdf(receipt_pdf(connection, find(enterprise_id, number), g.lang))

    @routes.get("/e/<path:enterprise_id>/notice.pdf")
    def notice(enterprise_id: str) -> Response:
        """The notice of the open proposal, which tells what every department has."""
        if g.get("department") is not None:
            abort(404)
        try:
            return _pdf(notice_pdf(database, results().version, enterprise_id, g.today, g.lang))
        except StoreError:
            return abort(404)


def add_letter(routes: Blueprint, find: FindCase) -> None:
    """Adds the letter to the authority of a record.

    Args:
        routes: The blueprint of an audience.
        find: Gives a case.
    """

    @routes.get("/e/<path:enterprise_id>/cases/<int:number>/letter.pdf")
    def letter(enterprise_id: str, number: int) -> Response:
        """The letter."""
        with results().read() as connection:
            return _pdf(letter_pdf(connection, find(enterprise_id, number), g.lang))


def _pdf(content: bytes) -> Response:
    return Response(content, mimetype=PDF, headers={"Content-Disposition": "inline"})
