"""The JSON twins of the inspector's pages, and of recording: what another system sends in his name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from scoring.administration.inspection.new_visit import (
    DepartmentPart,
    ItemAnswer,
    NewVisit,
    RecheckAnswer,
    VisitingOfficer,
)
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.administration.inspection.stored_visits import stored_visit
from scoring.administration.inspection.visit_recording import LONGEST_KEY, SHORTEST_KEY
from scoring.errors import InputError, SiseError, UsageError
from web.access import asking_person
from web.api_models import SentDepartment, SentVisit
from web.filing import Filing
from web.inspect import visit_view
from web.inspect.typed_visit import keep_photo, key_of
from web.inspect.visit_pages import offices_here, shown_here, visit_here
from web.language import link
from web.reading import read_again, results

KEY_HEADER = "Idempotency-Key"


def add_routes(routes: Blueprint, filing: Filing, photos: PhotoFolder) -> None:
    """Adds the twins.

    Args:
        routes: The blueprint of inspectors.
        filing: Puts on file what they do.
        photos: Where photographs are kept.
    """

    @routes.get("/inspect/api/e/<path:enterprise_id>")
    def visit_json(enterprise_id: str) -> ResponseReturnValue:
        """What is known of an enterprise before a visit, and what may be answered."""
        view = visit_view.before_view(results(), enterprise_id, offices_here(enterprise_id))
        return jsonify({**view, "choices": visit_view.choices()})

    @routes.get("/inspect/api/e/<path:enterprise_id>/visits/<int:number>")
    def recorded_json(enterprise_id: str, number: int) -> ResponseReturnValue:
        """A visit and what followed from it."""
        visit = visit_here(enterprise_id, number)
        return jsonify(visit_view.after_view(results(), visit, shown_here(visit)))

    @routes.post("/inspect/api/e/<path:enterprise_id>/visits")
    def record_json(enterprise_id: str) -> ResponseReturnValue:
        """Records a visit; the same request again gives the same answer and changes nothing."""
        # A form of another site can send text and files without asking, but no JSON.
        if not request.is_json:
            return _problem(415, UsageError("api_not_json"))
        try:
            key = _key()
            sent = SentVisit.model_validate(request.get_json(silent=True))
            new = _new_visit(sent, enterprise_id, photos, key_of(asking_person().account, key))
            recorded = filing.record_visit(results().version, new, key, asking_person().account)
        except ValidationError as error:
            return jsonify({"error": "not_valid", "faults": _faults(error)}), 422
        except SiseError as error:
            return _problem(409, error)
        read_again()
        answer = _answer(enterprise_id, recorded.number)
        return jsonify(answer), 200 if recorded.is_repeated else 201


def _answer(enterprise_id: str, number: int) -> dict[str, Any]:
    with results().read() as connection:
        visit = stored_visit(connection, enterprise_id, number)
    if visit is None:
        raise InputError("visit_unknown", number=number)
    view = visit_view.after_view(results(), visit, shown_here(visit))
    return {**view, "address": link("inspect.recorded", enterprise_id=enterprise_id, number=number)}


def _key() -> str:
    key = request.headers.get(KEY_HEADER, "")
    if not SHORTEST_KEY <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise UsageError("visit_key", shortest=SHORTEST_KEY, longest=LONGEST_KEY)
    return key


def _new_visit(sent: SentVisit, enterprise_id: str, folder: PhotoFolder, key: str) -> NewVisit:
    texts = sent.model_dump(exclude={"officers", "departments"})
    departments = tuple(_part(part, folder, key) for part in sent.departments)
    officers = tuple(VisitingOfficer(one.name.strip(), one.certificate.strip()) for one in sent.officers)
    return NewVisit(enterprise_id=enterprise_id, officers=officers, departments=departments, **texts)


def _part(sent: SentDepartment, folder: PhotoFolder, key: str) -> DepartmentPart:
    answers: dict[str, ItemAnswer] = {}
    for item, said in sent.answers.items():
        photos = tuple(keep_photo(folder, key, _bytes(photo)) for photo in said.photos)
        answers[item] = ItemAnswer(said.answer, said.severity, said.note, said.recheck_on, photos)
    rechecks = {record: RecheckAnswer(said.corrected, said.note) for record, said in sent.rechecks.items()}
    return DepartmentPart(sent.office, answers, rechecks)


def _bytes(photo: str) -> bytes:
    try:
        return base64.b64decode(photo, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("photo_unreadable", formats=["JPEG", "PNG"]) from None


def _faults(error: ValidationError) -> list[Mapping[str, object]]:
    """What is wrong with the form of a request, and where."""
    listed = error.errors(include_url=False, include_context=False, include_input=False)
    return [{"place": list(fault["loc"]), "what": fault["msg"]} for fault in listed[:20]]


def _problem(status: int, error: SiseError) -> ResponseReturnValue:
    return jsonify({"error": error.code, "zh": error.zh, "en": error.en}), status
