"""Who may use which route: one table, and the one place that asks it. A route that is not in it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flask import Flask, Response, abort, g, redirect, request
from flask.typing import ResponseReturnValue

from scoring.administration.identity.person import DESK, OVERSIGHT, Person, require_covered
from scoring.administration.identity.viewings import note_viewing
from scoring.administration.results.viewer import FIRM, Look, Viewer
from scoring.errors import UnknownEnterpriseError
from scoring.store.people.grants import (
    AUDITOR,
    ENTERPRISE,
    INSPECTOR,
    OFFICERS,
    SUPERVISOR,
    WINDOW_CLERK,
    Grant,
)
from scoring.store.tables.database import Database
from web import bearer
from web.desk.department import department_of
from web.language import link
from web.parts.view import AudienceName
from web.reading import WITHOUT_STORE, now, person, results

LARGEST_PAPER = 12 * 1024 * 1024
"""Bytes of a form with a scanned paper."""
LARGEST_VISIT = 40 * 1024 * 1024
"""Bytes of a form with the photographs of a visit."""
PUBLIC_ROLE = "public"
"""Whoever is not logged in; and everybody else too."""


@dataclass(frozen=True)
class Access:
    """Who may use a route.

    Attributes:
        roles: Who may read it; ``PUBLIC_ROLE`` is everybody.
        writers: Who may send its form; nobody where it has none.
        whose: Of which enterprise the route may speak: of any that the public asks for, of one's own, or of one in
            an area that one was granted. ``None``: it names none.
        is_noted: Whether it is written down who looked.
        largest: Bytes of its form, where it takes papers.
    """

    roles: frozenset[str] = frozenset()
    writers: frozenset[str] = frozenset()
    whose: Literal["any", "own", "covered"] | None = None
    is_noted: bool = False
    largest: int | None = None


_EVERYBODY = frozenset({PUBLIC_ROLE})
_FIRM = frozenset({ENTERPRISE})
_DESK = frozenset(DESK)
_OVERSIGHT = frozenset(OVERSIGHT)
_OFFICERS = frozenset(OFFICERS)
"""Who acts at the desk; an auditor reads there."""
_RECORDERS = frozenset({INSPECTOR, SUPERVISOR})
"""Whose authority has records of its own."""
_VISITS = _RECORDERS | {AUDITOR}
"""Who reads of visits."""
_CLERKS = frozenset({WINDOW_CLERK})
_SUPERVISORS = frozenset({SUPERVISOR})
_LOGGED_IN = frozenset({"logged_in"})
"""Whoever is logged in, whatever it was granted."""
_READING = ("GET", "HEAD", "OPTIONS")

ROUTES: Mapping[str, Access] = {
    "static": Access(_EVERYBODY),
    "public.home": Access(_EVERYBODY),
    "public.about": Access(_EVERYBODY),
    "public.enterprise": Access(_EVERYBODY, whose="any"),
    "public.enterprise_json": Access(_EVERYBODY, whose="any"),
    "public.scanned": Access(_EVERYBODY, whose="any"),
    "public.scanned_json": Access(_EVERYBODY, whose="any"),
    "public.status_list": Access(_EVERYBODY),
    "public.trust_list": Access(_EVERYBODY),
    "public.counts": Access(_EVERYBODY),
    "public.counts_json": Access(_EVERYBODY),
    "public.counts_csv": Access(_EVERYBODY),
    "public.search_json": Access(_EVERYBODY),
    "public.about_json": Access(_EVERYBODY),
    "public.health": Access(_EVERYBODY),
    "public.ready": Access(_EVERYBODY),
    "verify.page": Access(_EVERYBODY),
    "verify.manifest": Access(_EVERYBODY),
    "verify.worker": Access(_EVERYBODY),
    "verify.names": Access(_DESK),
    "verify.read": Access(writers=_EVERYBODY, largest=LARGEST_PAPER),
    "verify.photo": Access(writers=_EVERYBODY, largest=LARGEST_PAPER),
    "account.log_in": Access(_EVERYBODY, _EVERYBODY),
    "account.log_out": Access(writers=_EVERYBODY),
    "account.provider": Access(_EVERYBODY, _EVERYBODY),
    "account.provider_back": Access(_EVERYBODY),
    "account.second_factor": Access(_EVERYBODY, _EVERYBODY),
    "account.welcome": Access(_EVERYBODY, _EVERYBODY),
    "account.home": Access(_LOGGED_IN),
    "firm.home": Access(_FIRM),
    "firm.enterprise": Access(_FIRM, whose="own"),
    "firm.code": Access(_FIRM, whose="own"),
    "firm.sheet": Access(_FIRM, whose="own"),
    "firm.shown": Access(_FIRM, whose="own"),
    "firm.history": Access(_FIRM, whose="own"),
    "firm.enterprise_json": Access(_FIRM, whose="own"),
    "firm.open_case": Access(_FIRM, _FIRM, "own"),
    "firm.case": Access(_FIRM, _FIRM, "own"),
    "firm.receipt": Access(_FIRM, whose="own"),
    "firm.notice": Access(_FIRM, whose="own"),
    "firm.visit": Access(_FIRM, whose="own"),
    "firm.photo": Access(_FIRM, whose="own"),
    "firm.minutes": Access(_FIRM, whose="own"),
    "inspect.scan": Access(_RECORDERS, _RECORDERS, largest=LARGEST_PAPER),
    "inspect.scan_json": Access(writers=_RECORDERS, largest=LARGEST_PAPER),
    "inspect.visit": Access(_RECORDERS, _RECORDERS, "covered", is_noted=True, largest=LARGEST_VISIT),
    "inspect.visit_json": Access(_RECORDERS, whose="covered", is_noted=True),
    "inspect.record_json": Access(writers=_RECORDERS, whose="covered", largest=LARGEST_VISIT),
    "inspect.recorded": Access(_VISITS, _RECORDERS, "covered", is_noted=True),
    "inspect.recorded_json": Access(_VISITS, whose="covered", is_noted=True),
    "inspect.sheet": Access(_RECORDERS, whose="covered"),
    "inspect.minutes": Access(_VISITS, whose="covered"),
    "inspect.photo": Access(_VISITS, whose="covered"),
    "firm.home_json": Access(_FIRM),
    "firm.case_json": Access(_FIRM, whose="own"),
    "firm.visit_json": Access(_FIRM, whose="own"),
    "account.home_json": Access(_LOGGED_IN),
    "api.openapi_json": Access(_EVERYBODY),
    "desk.queue_json": Access(_DESK),
    "desk.case_json": Access(_DESK, whose="covered", is_noted=True),
    "desk.record_json": Access(_RECORDERS, whose="covered", is_noted=True),
    "desk.home": Access(_DESK),
    "desk.search_json": Access(_DESK),
    "desk.enterprise": Access(_DESK, whose="covered", is_noted=True),
    "desk.queue": Access(_DESK),
    "desk.figures": Access(_OVERSIGHT),
    "desk.figures_json": Access(_OVERSIGHT),
    "desk.statements": Access(_OVERSIGHT, _SUPERVISORS),
    "desk.statements_json": Access(_OVERSIGHT),
    "desk.statement_pdf": Access(_OVERSIGHT),
    "desk.statement_csv": Access(_OVERSIGHT),
    "desk.case": Access(_DESK, _OFFICERS, "covered", is_noted=True),
    "desk.proposal": Access(_DESK, _OFFICERS, "covered", is_noted=True),
    "desk.record": Access(_RECORDERS, _RECORDERS, "covered", is_noted=True),
    "desk.window": Access(_CLERKS, _CLERKS, "covered", largest=LARGEST_PAPER),
    "desk.receipt": Access(_DESK, whose="covered"),
    "desk.notice": Access(_DESK, whose="covered"),
    "desk.letter": Access(_DESK, whose="covered"),
    "desk.code": Access(_DESK, whose="covered"),
    "desk.sheet": Access(_DESK, whose="covered"),
    "desk.history": Access(_DESK, whose="covered"),
    "desk.enterprise_json": Access(_DESK, whose="covered", is_noted=True),
}
"""Every route by its endpoint."""


def install(app: Flask, database: Database) -> None:
    """Asks the table before every request."""

    @app.before_request
    def ask() -> ResponseReturnValue | None:
        """Lets a request through, sends it to the log-in, or refuses it."""
        # An address that is no route is answered as such.
        if request.endpoint is None:
            return None
        access = ROUTES.get(request.endpoint)
        if access is None:
            abort(404)
        asking = g.get("person")
        if access.largest is not None:
            request.max_content_length = access.largest
        allowed = access.roles if request.method in _READING else access.writers
        if not _may(allowed, asking):
            return _refused(asking)
        if not bearer.may(request.endpoint):
            abort(403)
        if request.endpoint not in WITHOUT_STORE:
            g.audience, g.look = _as(access, allowed, asking)
            g.is_noted = access.is_noted
        return None

    @app.after_request
    def note(response: Response) -> Response:
        """Writes down who looked, before anything is shown; whoever was refused has not looked."""
        asking = g.get("person")
        # A form that is refused for what it says (409) comes back on its page, with the records beside it.
        is_shown = response.status_code < 400 or response.status_code == 409
        if asking is not None and g.get("is_noted") and is_shown:
            note_viewing(database, asking.account, _enterprise_id(), str(request.endpoint), now())
        return response


def _may(allowed: frozenset[str], asking: Person | None) -> bool:
    if PUBLIC_ROLE in allowed:
        return True
    return asking is not None and (allowed == _LOGGED_IN or bool(allowed & asking.roles))


def _refused(asking: Person | None) -> ResponseReturnValue:
    """To the log-in whoever could be let in by it; others are told that it is not theirs."""
    if asking is None and request.method == "GET" and "/api/" not in request.path:
        return redirect(link("account.log_in", next=request.full_path.rstrip("?")))
    return abort(401 if asking is None else 403)


def _as(access: Access, allowed: frozenset[str], asking: Person | None) -> tuple[AudienceName, Look]:
    """For which audience the route answers, and who looks; keeps the grants that let an officer see an enterprise.

    Raises:
        UnknownEnterpriseError: There is no such enterprise, or it is not the asking one's to see.
    """
    if access.whose == "own":
        if _enterprise_id() not in asking_person().enterprises:
            raise UnknownEnterpriseError("enterprise_unknown", enterprise_id=_enterprise_id())
        return "enterprise", Look(FIRM, g.today)
    if access.whose == "covered":
        # No id holds what cannot be seen, and a database may refuse to look for it.
        if not _enterprise_id().isprintable():
            raise UnknownEnterpriseError("enterprise_unknown", enterprise_id="…")
        with results().read() as connection:
            g.covering = require_covered(connection, asking_person(), _enterprise_id())
        # What somebody may do elsewhere he may not do here.
        if not allowed & {grant.role for grant in g.covering}:
            abort(403)
        g.department = department_of(g.covering, g.today)
        return _of_officers(g.covering), Look(Viewer(authorities=_offices(g.covering)), g.today)
    if access.roles and access.roles <= _DESK:
        return _of_officers(asking_person().desk), Look(Viewer(), g.today)
    return "public", Look(Viewer(), g.today)


def officer_of(enterprise_id: str) -> tuple[Person | None, AudienceName]:
    """Who asks and as whom, where he is an officer who may see an enterprise; else nobody, and the public."""
    asking = person()
    if asking is None or not asking.desk:
        return None, "public"
    with results().read() as connection:
        covering = asking.covering(connection, enterprise_id)
    return (asking, _of_officers(covering)) if covering else (None, "public")


def asking_person() -> Person:
    """Who asks, where the route is not the public's."""
    asking = person()
    if asking is None:
        abort(401)
    return asking


def _enterprise_id() -> str:
    return str((request.view_args or {}).get("enterprise_id", ""))


def _of_officers(grants: tuple[Grant, ...]) -> AudienceName:
    """Who only inspects sees what the policy grants to inspectors."""
    return "inspector" if all(grant.role == INSPECTOR for grant in grants) else "officer"


def _offices(grants: tuple[Grant, ...]) -> frozenset[str]:
    """The authorities to which an officer belongs by these grants."""
    return frozenset().union(*(grant.departments or () for grant in grants))
