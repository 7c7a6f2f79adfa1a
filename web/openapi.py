"""The description of the API (OpenAPI 3.1): one table of operations, from which it is written when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify
from pydantic import BaseModel
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData

from web import api_models as models

TITLE, VERSION = "Sise 四色", "1"
TOKEN: Mapping[str, list[str]] = {"token": []}
STATUSES: Mapping[str, str] = {
    "HTTP_400": "Not a request that can be read",
    "HTTP_401": "Nobody is logged in, or the token does not hold",
    "HTTP_403": "Not for this role, or not for this token",
    "HTTP_404": "Not there, or not yours to see; which of the two nobody is told",
    "HTTP_405": "Not a method of this address",
    "HTTP_429": "Too many requests",
    "HTTP_503": "Nothing can be shown now",
}
"""What every operation may answer beside what it is for."""
REFUSALS: Mapping[str, str] = {
    "HTTP_409": "It lacks something or does not fit what is stored; the sentence says what",
    "HTTP_413": "Too large",
    "HTTP_415": "Not JSON",
}
"""What one that takes something may answer as well."""


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        answer: What it answers.
        created: Whether it may answer that something was made.
        query: What may be asked with.
        takes: What is sent.
        headers: Headers that are asked for.
        open: Whether everybody may ask.
        tag: Of whose room it is.
    """

    answer: type[BaseModel]
    tag: str
    created: bool = False
    query: type[BaseModel] = models.Query
    takes: type[BaseModel] | None = None
    headers: type[BaseModel] | None = None
    open: bool = False


OPERATIONS: Mapping[str, Operation] = {
    "public.enterprise_json": Operation(models.EnterpriseTwin, "public", open=True),
    "public.scanned_json": Operation(models.AnyTwin, "public", open=True),
    "public.counts_json": Operation(models.AnyTwin, "public", open=True),
    "public.search_json": Operation(models.SearchTwin, "public", query=models.SearchQuery, open=True),
    "public.about_json": Operation(models.AnyTwin, "public", open=True),
    "firm.home_json": Operation(models.AnyTwin, "firm"),
    "firm.enterprise_json": Operation(models.EnterpriseTwin, "firm"),
    "firm.case_json": Operation(models.AnyTwin, "firm"),
    "firm.visit_json": Operation(models.RecordedTwin, "firm"),
    "account.home_json": Operation(models.AnyTwin, "account"),
    "desk.search_json": Operation(models.SearchTwin, "desk", query=models.SearchQuery),
    "desk.enterprise_json": Operation(models.EnterpriseTwin, "desk"),
    "desk.queue_json": Operation(models.AnyTwin, "desk", query=models.QueueQuery),
    "desk.case_json": Operation(models.AnyTwin, "desk"),
    "desk.record_json": Operation(models.AnyTwin, "desk"),
    "desk.figures_json": Operation(models.AnyTwin, "oversight", query=models.FiguresQuery),
    "desk.statements_json": Operation(list[models.AnyTwin], "oversight"),  # type: ignore[arg-type]
    "inspect.scan_json": Operation(models.ScanTwin, "inspect", takes=models.SentScan),
    "inspect.visit_json": Operation(models.BeforeVisit, "inspect", query=models.VisitQuery),
    "inspect.recorded_json": Operation(models.RecordedTwin, "inspect"),
    "inspect.record_json": Operation(
        models.RecordedTwin, "inspect", created=True, takes=models.SentVisit, headers=models.IdempotencyKey
    ),
}
"""Every operation by its endpoint. What it does is what its view says of itself."""


def install(app: Flask) -> None:
    """Adds the description, and describes the views that are registered by the time of the first question."""
    routes = Blueprint("api", __name__)

    @routes.get("/api/openapi.json")
    def openapi_json() -> Response:
        """The description of the API, for programmes."""
        return jsonify(described())

    @cache
    def described() -> dict[str, Any]:
        """Written once: routes do not change."""
        return description(current_app.view_functions)

    app.register_blueprint(routes)


def description(views: Mapping[str, Any]) -> dict[str, Any]:
    """The description of the operations behind some views; in the context of their application."""
    bearer = SecuritySchemeData(type=SecureType.HTTP, scheme="bearer")
    schemes = [SecurityScheme(name="token", data=bearer)]
    tree = SpecTree(
        "flask",
        title=TITLE,
        version=VERSION,
        mode="strict",
        annotations=False,
        security_schemes=schemes,
        validation_error_model=models.Problem,
        naming_strategy=lambda model: str(model.__name__),
        nested_naming_strategy=lambda _parent, child: child,
    )
    described = {endpoint: _decorated(tree, one, views[endpoint]) for endpoint, one in OPERATIONS.items()}
    # The views stay as they are: a wrapper around each would run with every request.
    tree.backend.parse_func = lambda route: _methods(route, described)  # type: ignore[method-assign]
    spec: dict[str, Any] = tree.spec
    return spec


def _methods(route: Any, described: Mapping[str, Any]) -> Any:
    """The methods of a route that are described, each with its decorated view."""
    for method in sorted(route.methods - {"HEAD", "OPTIONS"}):
        if route.endpoint in described:
            yield method, described[route.endpoint]


def _decorated(tree: SpecTree, operation: Operation, view: Any) -> Any:
    """A view with what is said of it; nothing of this runs when it is asked."""
    answers: dict[str, Any] = {"HTTP_200": operation.answer}
    if operation.created:
        answers["HTTP_201"] = operation.answer
    answers |= {status: (models.Problem, words) for status, words in STATUSES.items()}
    if operation.takes is not None:
        answers |= {status: (models.Problem, words) for status, words in REFUSALS.items()}
    decorate = tree.validate(
        query=operation.query,
        json=operation.takes,
        headers=operation.headers,
        resp=Answers(**answers),
        tags=(operation.tag,),
        security=None if operation.open else TOKEN,
        skip_validation=True,
        validation_error_status=422,
    )
    return decorate(view)
