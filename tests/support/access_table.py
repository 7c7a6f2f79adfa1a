"""Who may do what, written from the table of rights of the design and not from the program's.

R reads, W writes, A approves; a row names the resource. Inspectors answer objections and re-checks beside
supervisors: the law has whoever provided a record decide about it, and ``procedures.toml`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

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
    """

    endpoint: str
    path: str
    roles: frozenset[str]
    about: About = "nothing"
    form: Mapping[str, str] | None = None
    done: frozenset[int] = frozenset({200})
    needs: tuple[str, ...] = ()

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
READS = (*PUBLIC_READS, *OWN_READS, *DESK_READS, *OVERSEEN_READS)

WHY = {"ground": "test"}
AT_THE_WINDOW = {"person": "somebody", "seen": "identity_card"}
OPENINGS: Mapping[str, Mapping[str, str]] = {
    "objection": {"record": "{second}", "reason": "wrong"},
    "recalculation": {},
    "person_review": {},
    "statement": {},
    "recheck": {"record": "{finding}"},
    "matter_request": {"record": "{finding}", "matter": "-"},
}
"""What a firm files, by its own account or at the window."""


def _write(endpoint: str, path: str, roles: frozenset[str], about: About, *needs: str, **form: str) -> Right:
    return Right(endpoint, path, roles, about, WHY | form, frozenset({303}), needs)


def _opens(endpoint: str, path: str, roles: frozenset[str], **more: str) -> dict[str, Right]:
    return {
        f"{endpoint} {name}": _write(endpoint, f"{path}/{name}", roles, "enterprise", **form, **more)
        for name, form in OPENINGS.items()
    }


CASE, PROPOSAL, RECORD = "/desk/e/{who}/cases", "/desk/e/{who}/proposal", "/desk/e/{who}/records"
MARKET = {"office": "330802-market"}
ACTIONS: Mapping[str, Right] = {
    # Self-inspection, commitment, repair, objection: W own.
    **_opens("firm.open_case", "/firm/e/{who}/open", FIRM),
    "the firm drops": _write("firm.case", "/firm/e/{who}/cases/{objection}", FIRM, "enterprise", "objection"),
    **_opens("desk.window", "/desk/e/{who}/window", CLERK, **AT_THE_WINDOW),
    "the window drops": _write(
        "desk.case", f"{CASE}/{{objection}}", CLERK, "record", "objection", kind="dropped", **AT_THE_WINDOW
    ),
    # Objection and re-check: A by who provided the record; recalculation: A by a supervisor.
    "an objection is answered": _write(
        "desk.case",
        f"{CASE}/{{objection}}",
        RECORDERS,
        "record",
        "objection",
        kind="answer",
        outcome="rejected",
        **MARKET,
    ),
    "a recalculation is answered": _write(
        "desk.case",
        f"{CASE}/{{recalculation}}",
        frozenset({"supervisor"}),
        "all departments",
        "recalculation",
        kind="answer",
        outcome="same",
    ),
    "a review by a person is answered": _write(
        "desk.case",
        f"{CASE}/{{person_review}}",
        DECIDERS,
        "all departments",
        "person_review",
        kind="answer",
        outcome="confirmed",
    ),
    "a statement is answered": _write(
        "desk.case",
        f"{CASE}/{{statement}}",
        RECORDERS | {"legal_reviewer"},
        "all departments",
        "statement",
        kind="answer",
        outcome="not_adopted",
    ),
    "a period is put off": _write(
        "desk.case", f"{CASE}/{{objection}}", RECORDERS, "record", "objection", kind="extended"
    ),
    "an application is accepted": _write(
        "desk.case", f"{CASE}/{{recheck}}", RECORDERS, "record", "recheck", kind="accepted"
    ),
    "an objection is sent on": _write(
        "desk.case",
        f"{CASE}/{{foreign}}",
        RECORDERS,
        "record",
        "foreign",
        kind="sent",
        document="letter 1",
        **MARKET,
    ),
    # Confirm a proposed red: inspectors propose, supervisors A; the law of it is reviewed.
    "a proposal is confirmed": _write("desk.proposal", PROPOSAL, DECIDERS, "all departments", kind="confirm"),
    "a notice is served": _write(
        "desk.proposal",
        PROPOSAL,
        frozenset(OFFICERS),
        "all departments",
        kind="served",
        how="handed_over",
        on="2026-09-30",
    ),
    "a fact is returned": _write(
        "desk.proposal",
        PROPOSAL,
        RECORDERS | {"legal_reviewer"},
        "all departments",
        kind="return",
        record="{second}",
    ),
    "an emergency is on file": _write(
        "desk.proposal", PROPOSAL, RECORDERS, "all departments", "urgent", kind="emergency", record="{urgent}"
    ),
    # Inspection result, source records: W by their authority, for good by a second person.
    "a record is withdrawn": _write(
        "desk.record", f"{RECORD}/{{second}}", RECORDERS, "record", kind="withdraw", document="d"
    ),
    "a record is corrected": _write(
        "desk.record",
        f"{RECORD}/{{second}}",
        RECORDERS,
        "record",
        kind="correct",
        column="document_no",
        value="x",
        document="d",
    ),
    "a claim is seconded": _write(
        "desk.record", f"{RECORD}/{{third}}", RECORDERS, "record", "claim", kind="second"
    ),
    # A month is stated by a supervisor, and read by an auditor.
    "a month is stated": _write(
        "desk.statements",
        "/desk/statements",
        frozenset({"supervisor"}),
        "area",
        month="{free_month}",
        area="330802",
    ),
    # Who somebody is everybody may say; that it is nobody is the log-in's answer.
    "log in": Right(
        "account.log_in", "/login", EVERYBODY, form={"name": "x", "password": "x"}, done=frozenset({403})
    ),
    "use a code": Right("account.welcome", "/welcome", EVERYBODY, form={"code": "x"}, done=frozenset({403})),
    "come from a provider": Right(
        "account.provider", "/login/with/stub", EVERYBODY, form={"code": "x"}, done=frozenset({403})
    ),
    "say the second factor": Right(
        "account.second_factor", "/login/second", EVERYBODY, form={"code": "1"}, done=frozenset({302})
    ),
    # A picture is read for everybody; what is no picture is refused.
    "a picture is read": Right("verify.read", "/verify/read", EVERYBODY, form={}, done=frozenset({400})),
    "a photograph is sent": Right("verify.photo", "/verify/photo", EVERYBODY, form={}, done=frozenset({400})),
    "log out": Right("account.log_out", "/logout", EVERYBODY, form={}, done=frozenset({302})),
}
"""Every action that a form offers, and so every route that takes one."""

PLACES: Mapping[str, tuple[str, ...]] = {
    "public": ("no session", "ended session"),
    "enterprise": ("own", "another's"),
    **dict.fromkeys(
        OFFICERS,
        (
            "area",
            "joint visit",
            "area, all else elsewhere",
            "other area",
            "other department",
            "other department, all else elsewhere",
            "expired",
        ),
    ),
    **dict.fromkeys(("analyst", "admin", "auditor"), ("everywhere",)),
}
"""Where somebody stands to the enterprise that is asked for."""


COVERED = ("own", "everywhere", "area", "joint visit", "area, all else elsewhere")
"""Places in which somebody's grant holds for the enterprise, all departments of it."""


def may(right: Right, role: str, place: str) -> bool:
    """Whether somebody may."""
    if place == "expired" and _takes_a_grant(right):
        return False
    if right.about == "nothing" and place.endswith("elsewhere") and right.roles & frozenset(OFFICERS):
        return True
    if role not in right.roles:
        return False
    in_part = place.startswith("other department") and right.about in ("enterprise", "area")
    return right.about == "nothing" or place in COVERED or in_part


def refusals(right: Right, role: str, place: str) -> frozenset[int]:
    """How who may not is answered: to the log-in, as not his, or as one that is not there."""
    if role == "public":
        is_page = right.method == "GET" and "/api/" not in right.path
        return frozenset({302 if is_page else 401})
    beside = [other for other in RIGHTS if (other.endpoint, other.method) == (right.endpoint, right.method)]
    roles = {role, *OFFICERS} if place.endswith("elsewhere") and _is_of_no_enterprise(right) else {role}
    if place == "expired" or not any(roles & other.roles for other in beside):
        return frozenset({403})
    # Who may use the route and not take this step is told so by the library, where he sees the enterprise.
    is_told = right.about == "area" or (place in COVERED and not _is_of_no_enterprise(right))
    return frozenset({409 if is_told else 404})


def _is_of_no_enterprise(right: Right) -> bool:
    """Whether its address names none, so that a role of any area opens the route."""
    return "{who}" not in right.path


def _takes_a_grant(right: Right) -> bool:
    """Whether it takes a grant, and not only an account."""
    return right.roles not in (EVERYBODY, LOGGED_IN)


RIGHTS = (*READS, *ACTIONS.values())
"""All of them."""
