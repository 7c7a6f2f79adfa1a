"""Which pages and data there are and who may read them, written from the table of rights of the design (``access_table``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

OFFICERS = ("inspector", "supervisor", "legal_reviewer", "window_clerk")
ROLES = ("public", "enterprise", "inspector", "supervisor", "analyst", "admin", "auditor")
FUNCTIONS = ("legal_reviewer", "window_clerk")
EVERYBODY = frozenset({*ROLES, *FUNCTIONS})
LOGGED_IN = EVERYBODY - {"public"}
FIRM = frozenset({"enterprise"})
DESK = frozenset({*OFFICERS, "auditor"})
RECORDERS = frozenset({"inspector", "supervisor"})
DECIDERS = frozenset({"supervisor", "legal_reviewer"})
CLERK = frozenset({"window_clerk"})
OVERSIGHT = frozenset({"supervisor", "auditor"})
VISITS = RECORDERS | {"auditor"}

About = Literal["nothing", "enterprise", "all departments", "record", "area"]
"""What a route speaks of.

Of nobody; of one enterprise; of what all departments have; of a record of a department; of an area, for
the departments of who asks.
"""


@dataclass(frozen=True)
class Right:
    """A route that is read, or an action that a form sends.

    Attributes:
        endpoint: The route.
        path: Its address; ``{who}`` is the enterprise, ``{name}`` what belongs to it.
        roles: Who may.
        about: What it speaks of.
        form: What is sent; nothing where it is read.
        done: Statuses of an answer to who may.
        needs: What must be there for it to be done.
        json: What is sent beside the form's ground, where it is sent as JSON.
    """

    endpoint: str
    path: str
    roles: frozenset[str]
    about: About = "nothing"
    form: Mapping[str, str] | None = None
    done: frozenset[int] = frozenset({200})
    needs: tuple[str, ...] = ()
    json: Mapping[str, Any] | None = None

    @property
    def method(self) -> str:
        """How it is asked for."""
        return "GET" if self.form is None else "POST"


def _read(endpoint: str, path: str, roles: frozenset[str], about: About = "nothing", *done: int) -> Right:
    return Right(endpoint, path, roles, about, done=frozenset(done or {200}))


PUBLIC_READS = (
    # Live colour by code: R for everybody where the policy says so; its history the policy grants nobody.
    _read("static", "/static/site.css", EVERYBODY),
    _read("public.home", "/", EVERYBODY),
    _read("public.about", "/about", EVERYBODY),
    _read("public.enterprise", "/e/{page}", EVERYBODY),
    _read("public.enterprise_json", "/api/e/{page}", EVERYBODY),
    # Codes and their lists: R for everybody; the town issues none.
    _read("public.scanned", "/q/abc", EVERYBODY, "nothing", 404),
    _read("public.scanned_json", "/api/q/abc", EVERYBODY, "nothing", 404),
    _read("public.status_list", "/q/status", EVERYBODY, "nothing", 404),
    _read("public.trust_list", "/q/trust", EVERYBODY, "nothing", 404),
    # Monthly counts are open.
    _read("public.counts", "/counts", EVERYBODY),
    _read("public.counts_json", "/api/counts", EVERYBODY),
    _read("public.counts_csv", "/counts.csv", EVERYBODY),
    _read("public.search_json", "/api/search", EVERYBODY),
    _read("public.about_json", "/api/about", EVERYBODY),
    _read("public.health", "/healthz", EVERYBODY),
    _read("public.ready", "/readyz", EVERYBODY),
    # The offline verifier: everybody's; names of an area: its officers'.
    _read("verify.page", "/verify/", EVERYBODY),
    _read("verify.manifest", "/verify/manifest.webmanifest", EVERYBODY),
    _read("verify.worker", "/verify/worker.js", EVERYBODY),
    _read("verify.names", "/verify/names", DESK),
    _read("account.log_in", "/login", EVERYBODY),
    _read("account.welcome", "/welcome", EVERYBODY),
    _read("account.provider", "/login/with/stub?code=x", EVERYBODY),
    _read("account.provider_back", "/login/with/stub/back", EVERYBODY, "nothing", 404),
    _read("account.second_factor", "/login/second", EVERYBODY, "nothing", 302),
    _read("account.home", "/account", LOGGED_IN),
    _read("account.home_json", "/api/account", LOGGED_IN),
    _read("api.openapi_json", "/api/openapi.json", EVERYBODY),
)
OWN_READS = (
    # Score, contributions, source records, own leaves: R own.
    _read("firm.home", "/firm/", FIRM, "nothing", 200, 302),
    _read("firm.enterprise", "/firm/e/{who}", FIRM, "enterprise"),
    _read("firm.code", "/firm/e/{who}/code.png", FIRM, "enterprise"),
    _read("firm.sheet", "/firm/e/{who}/code/sticker.svg", FIRM, "enterprise"),
    _read("firm.shown", "/firm/e/{who}/shown", FIRM, "enterprise"),
    _read("firm.history", "/firm/e/{who}/history.svg", FIRM, "enterprise"),
    _read("firm.enterprise_json", "/firm/api/e/{who}", FIRM, "enterprise"),
    _read("firm.open_case", "/firm/e/{who}/open/objection", FIRM, "enterprise"),
    _read("firm.case", "/firm/e/{who}/cases/{objection}", FIRM, "enterprise"),
    _read("firm.receipt", "/firm/e/{who}/cases/{objection}/receipt.pdf", FIRM, "enterprise"),
    _read("firm.notice", "/firm/e/{who}/notice.pdf", FIRM, "enterprise"),
    # Inspection result: R own; photographs for its own department, the firm and auditors.
    _read("firm.home_json", "/firm/api/home", FIRM),
    _read("firm.case_json", "/firm/api/e/{who}/cases/{objection}", FIRM, "enterprise"),
    _read("firm.visit_json", "/firm/api/e/{who}/visits/{visit}", FIRM, "enterprise"),
    _read("firm.visit", "/firm/e/{who}/visits/{visit}", FIRM, "enterprise"),
    _read("firm.photo", "/firm/e/{who}/visits/{visit}/photos/{photo}.jpg", FIRM, "enterprise"),
    _read("firm.minutes", "/firm/e/{who}/visits/{visit}/minutes.pdf", FIRM, "enterprise"),
)
DESK_READS = (
    # Score: R area; source records: R area and department; auditors read all; administrators no business data.
    _read("desk.home", "/desk/", DESK),
    _read("desk.search_json", "/desk/api/search", DESK),
    _read("desk.queue", "/desk/queue", DESK),
    _read("desk.enterprise", "/desk/e/{who}", DESK, "enterprise"),
    _read("desk.code", "/desk/e/{who}/code.png", DESK, "enterprise"),
    _read("desk.sheet", "/desk/e/{who}/code/notice.pdf", DESK, "enterprise"),
    _read("desk.enterprise_json", "/desk/api/e/{who}", DESK, "enterprise"),
    _read("desk.history", "/desk/e/{who}/history.svg", DESK, "all departments"),
    _read("desk.proposal", "/desk/e/{who}/proposal", DESK, "all departments"),
    _read("desk.notice", "/desk/e/{who}/notice.pdf", DESK, "all departments"),
    _read("desk.case", "/desk/e/{who}/cases/{objection}", DESK, "record"),
    _read("desk.receipt", "/desk/e/{who}/cases/{objection}/receipt.pdf", DESK, "record"),
    _read("desk.letter", "/desk/e/{who}/cases/{objection}/letter.pdf", DESK, "record"),
    _read("desk.record", "/desk/e/{who}/records/{first}", RECORDERS, "record"),
    _read("desk.queue_json", "/desk/api/queue", DESK),
    _read("desk.case_json", "/desk/api/e/{who}/cases/{objection}", DESK, "record"),
    _read("desk.record_json", "/desk/api/e/{who}/records/{first}", RECORDERS, "record"),
    _read("desk.window", "/desk/e/{who}/window/objection", CLERK, "enterprise"),
)
OVERSEEN_READS = (
    # Figures of one's areas; a statement of an area and all departments.
    _read("desk.figures", "/desk/figures", OVERSIGHT),
    _read("desk.figures_json", "/desk/api/figures", OVERSIGHT),
    _read("desk.statements", "/desk/statements", OVERSIGHT),
    _read("desk.statements_json", "/desk/api/statements", OVERSIGHT),
    _read("desk.statement_pdf", "/desk/statements/{month}.pdf", OVERSIGHT, "all departments"),
    _read("desk.statement_csv", "/desk/statements/{month}.csv", OVERSIGHT, "all departments"),
)
VISIT = "/inspect/e/{who}/visits/{visit}"
INSPECTED_READS = (
    # Inspection result: inspectors W their own, R area and department; auditors read all.
    _read("inspect.scan", "/scan", RECORDERS),
    _read("inspect.visit", "/inspect/e/{who}", RECORDERS, "enterprise"),
    _read("inspect.visit_json", "/inspect/api/e/{who}", RECORDERS, "enterprise"),
    _read("inspect.sheet", "/inspect/e/{who}/sheet.pdf", RECORDERS, "enterprise"),
    _read("inspect.recorded", VISIT, VISITS, "record"),
    _read("inspect.recorded_json", "/inspect/api/e/{who}/visits/{visit}", VISITS, "record"),
    _read("inspect.minutes", f"{VISIT}/minutes.pdf", VISITS, "record"),
    _read("inspect.photo", f"{VISIT}/photos/{{photo}}.jpg", VISITS, "record"),
)
READS = (*PUBLIC_READS, *OWN_READS, *DESK_READS, *INSPECTED_READS, *OVERSEEN_READS)
