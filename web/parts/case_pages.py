"""The page of one case, for the firm and for the desk: where it stands, its steps, its papers, and what may follow."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from flask import Blueprint, Response, abort, g

from scoring.administration.casework.case_files import CaseFile, CaseFilters, case, open_cases
from scoring.administration.casework.case_words import described
from scoring.administration.casework.letter_paper import letter_pdf
from scoring.administration.casework.notice_paper import notice_pdf
from scoring.administration.casework.window_receipt import receipt_pdf
from scoring.errors import StoreError
from scoring.store.tables.database import Database
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


def add_papers(routes: Blueprint, database: Database) -> None:
    """Adds the papers of a case and of a proposal as PDF."""

    @routes.get("/e/<path:enterprise_id>/cases/<int:number>/receipt.pdf")
    def receipt(enterprise_id: str, number: int) -> Response:
        """The receipt of what was filed."""
        with results().read() as connection:
            return _pdf(receipt_pdf(connection, case_of(enterprise_id, number), g.lang))

    @routes.get("/e/<path:enterprise_id>/notice.pdf")
    def notice(enterprise_id: str) -> Response:
        """The notice of the open proposal."""
        return _pdf(notice_pdf(database, results().version, enterprise_id, g.today, g.lang))


def add_letter(routes: Blueprint) -> None:
    """Adds the letter to the authority of a record."""

    @routes.get("/e/<path:enterprise_id>/cases/<int:number>/letter.pdf")
    def letter(enterprise_id: str, number: int) -> Response:
        """The letter."""
        with results().read() as connection:
            return _pdf(letter_pdf(connection, case_of(enterprise_id, number), g.lang))


def _pdf(content: bytes) -> Response:
    return Response(content, mimetype=PDF, headers={"Content-Disposition": "inline"})
