"""Who may do what, written from the table of rights of the design and not from the program's.

R reads, W writes, A approves; a row names the resource. Inspectors answer objections and re-checks beside
supervisors: the law has whoever provided a record decide about it, and ``procedures.toml`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from access_reads import (
    CLERK,
    DECIDERS,
    EVERYBODY,
    FIRM,
    LOGGED_IN,
    OFFICERS,
    READS,
    RECORDERS,
    VISIT,
    About,
    Right,
)

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
ITEMS = ("market_licence_shown", "market_address")
VISITED = {
    **MARKET,
    **{f"a:{item}": "fine" for item in ITEMS},
    "key": "matrix key",
    "occasion": "routine",
    "task_no": "task 7",
    "presence": "open",
    "officer1": "甲",
    "certificate1": "1",
    "officer2": "乙",
    "certificate2": "2",
    "received_by": "丙",
    "receipt": "signed",
}
SENT = {
    "visited_on": "2026-09-30",
    "officers": [{"name": "甲", "certificate": "1"}, {"name": "乙", "certificate": "2"}],
    "departments": [{**MARKET, "answers": {item: {"answer": "fine"} for item in ITEMS}}],
    "occasion": "routine",
    "task_no": "task 8",
    "received_by": "丙",
    "receipt": "signed",
}
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
    # Inspection result: W by inspectors in their area, by another system in their name too.
    "a visit is recorded": _write("inspect.visit", "/inspect/e/{who}", RECORDERS, "enterprise", **VISITED),
    "a visit is sent": replace(
        _write("inspect.record_json", "/inspect/api/e/{who}/visits", RECORDERS, "enterprise"),
        done=frozenset({201}),
        json=SENT,
    ),
    "an approval comes later": _write("inspect.recorded", VISIT, RECORDERS, "record", "visit"),
    "a code of nobody is scanned": Right(
        "inspect.scan", "/scan", RECORDERS, form={"text": "x"}, done=frozenset({409})
    ),
    "a code of nobody is sent": Right(
        "inspect.scan_json", "/inspect/api/scan", RECORDERS, form={"text": "x"}
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
