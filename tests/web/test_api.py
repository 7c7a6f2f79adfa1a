"""The API: every operation with made-up requests never fails and answers as it is described; tokens open what they are for.

The campaign tries 20,000 requests; a run of the tests some of them.
"""

from __future__ import annotations

import os
from collections import Counter as Tally
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from access_table import ITEMS, SENT
from access_town import ALL, TARGET, AccessTown
from casework import DAY, firm
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from readers import allow
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from scoring.administration.identity.api_tokens import all_tokens, give_token, withdraw_token
from scoring.administration.inspection.photo_folder import PhotoFolder
from scoring.errors import SiseError
from scoring.rules.wording import LANGUAGES
from scoring.store.people.grants import Grant
from web.access import ROUTES
from web.openapi import OPERATIONS

CASES = int(os.environ.get("SISE_API", "190"))
"""Requests in all."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    ignored_auth,
]
ROLES = ("supervisor", "inspector", "auditor", "window_clerk", "legal_reviewer")
SYSTEM, UNTIL = "system", DAY + timedelta(days=90)
ANSWERED: Tally[tuple[str, int]] = Tally()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessTown]:
    """The town, with everything at its target, an administrator, and a system that may do everything."""
    with pytest.MonkeyPatch.context() as patch:
        made = AccessTown(tmp_path_factory.mktemp("api"), {TARGET: ALL}, patch)
        allow(made.store, "admin", Grant("", "admin", "t"))
        own = Grant("", "enterprise", "t", enterprise_id=firm(TARGET))
        allow(made.store, SYSTEM, own, *(Grant("", role, "t") for role in ROLES))
        yield made
        made.database.close()
        made.counter.database.close()


def token(town: AccessTown, *scopes: str, account: str = SYSTEM) -> dict[str, str]:
    """The header of a new token."""
    given = give_token(town.database, account, scopes, UNTIL, "test", "admin", town.counter.clock)
    return {"Authorization": f"Bearer {given}"}


@pytest.fixture(scope="module")
def headers(town: AccessTown) -> dict[str, str]:
    """A token for everything."""
    return token(town, "read", "record")


@pytest.fixture(scope="module")
def api(town: AccessTown) -> Any:
    """The API as it describes itself."""
    return schemathesis.openapi.from_wsgi("/api/openapi.json", town.app)


QUICK = settings(
    max_examples=max(1, CASES // len(OPERATIONS) // 2),
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
def test_every_operation(api: Any, town: AccessTown, headers: dict[str, str], mode: GenerationMode) -> None:
    """No fault of the server, no status and no form that is not described, and nothing without its token."""
    for result in api.get_all_operations():
        strategy = result.ok().as_strategy(generation_mode=mode)
        # What was made to be wrong may be the token itself, which is not sent so.
        checks = CHECKS if mode is GenerationMode.POSITIVE else CHECKS[:-1]
        QUICK(given(case=strategy)(lambda case: tried(case, town, headers, checks)))()  # noqa: B023


def tried(case: Any, town: AccessTown, headers: dict[str, str], checks: list[Any]) -> None:
    """Sends one request and holds its answer against the description."""
    number = sum(ANSWERED.values())
    parameters = case.path_parameters or {}
    # Two in three ask for what is there, the others for whatever comes.
    if number % 3 and {"enterprise_id", "public_id"} & parameters.keys():
        numbers = town.numbers[TARGET]
        real = {
            "public_id": town.pages[firm(TARGET)],
            "enterprise_id": firm(TARGET),
            "record_id": town.record(TARGET, "first"),
        }
        real["number"] = numbers["visit" if "visits" in case.operation.path else "objection"]
        case.path_parameters = {name: real[name] for name in parameters}
    body = case.body
    if number % 2 and isinstance(body, dict) and "visits" in case.operation.path:
        whole = {**SENT, "order_no": "1", "act_no": f"api {number}"}
        case.body = {**whole, **{name: body[name] for name in list(body)[: number % 5]}}
    case.headers = {**(case.headers or {}), **headers}
    response = case.call()
    ANSWERED[case.operation.label, response.status_code] += 1
    case.validate_response(response, checks=checks)


def test_every_operation_was_answered() -> None:
    """Each of them with what it is for, and some with a refusal."""
    done = {label for (label, status) in ANSWERED if status in (200, 201)}
    statuses = Tally[int]()
    for (_label, status), count in ANSWERED.items():
        statuses[status] += count
    print(f"\n{sum(statuses.values())} requests: {dict(sorted(statuses.items()))}")
    # The town issues no codes, and a made-up visit need not be one.
    refused = {"POST /inspect/api/e/{enterprise_id}/visits", "GET /api/q/{written}"}
    assert len(OPERATIONS) == len(done | refused) and not [status for status in statuses if status >= 500]


def test_every_twin_is_described() -> None:
    """A twin that no description has is no API."""
    assert {name for name in ROUTES if name.endswith("_json")} - {"api.openapi_json"} == set(OPERATIONS)


def test_recording_by_api(town: AccessTown, headers: dict[str, str]) -> None:
    """Recorded once whatever comes again; numbers are numbers and days ISO text; the key is no other request's."""
    client, path = town.app.test_client(), f"/inspect/api/e/{firm(TARGET)}/visits"
    sent = {**SENT, "order_no": "检通1", "act_no": "api 1"}
    keyed = {**headers, "Idempotency-Key": "api test 1"}
    before = town.counts()
    answers = [client.post(path, json=sent, headers=keyed) for _ in range(3)]
    grown = {table: count - before[table] for table, count in town.counts().items()}
    assert [201, 200, 200] == [answer.status_code for answer in answers]
    assert (1, 1, 1) == tuple(grown[table] for table in ("inspection_visit", "record_version", "audit_event"))
    told = answers[0].json
    assert told == answers[1].json | {} and isinstance(told["result"]["points_now"], int)
    assert ("2026-09-30", DAY.isoformat()) == (told["visited_on"], told["entered_on"])
    other = client.post(path, json={**sent, "received_by": "丁"}, headers=keyed)
    assert (409, "visit_key_reused") == (other.status_code, other.json["error"])
    assert all(other.json[lang] for lang in LANGUAGES)


def test_a_photo_by_api(town: AccessTown, headers: dict[str, str]) -> None:
    """In base 64; what is none is refused and nothing of it is recorded."""
    client, path = town.app.test_client(), f"/inspect/api/e/{firm(TARGET)}/visits"
    finding = {"answer": "problem", "severity": "minor", "photos": ["not base 64"]}
    answers = {item: {"answer": "fine"} for item in ITEMS} | {ITEMS[0]: finding}
    sent = {**SENT, "order_no": "1", "act_no": "api 2"}
    sent["departments"] = [{"office": "330802-market", "answers": answers}]
    before = town.counts()
    refused = client.post(path, json=sent, headers={**headers, "Idempotency-Key": "api test 2"})
    assert (409, "photo_unreadable") == (refused.status_code, refused.json["error"])
    assert before == town.counts()
    assert 1 == len(PhotoFolder.of(town.database, {}).visit_keys())


def tries(client: FlaskClient, given: dict[str, str]) -> list[int]:
    """What a page, a twin and a recording answer."""
    path = f"/inspect/api/e/{firm(TARGET)}"
    recording = {**given, "Idempotency-Key": "scopes test"}
    return [
        client.get("/desk/", headers=given).status_code,
        client.get(path, headers=given).status_code,
        client.post(f"{path}/visits", json={}, headers=recording).status_code,
    ]


def test_a_token_is_for_its_scopes(town: AccessTown) -> None:
    """To read, to record, neither for pages; bounded by what the account was granted, and gone when it is taken back."""
    client = town.app.test_client()
    assert [[403, 200, 403], [403, 403, 422]] == [
        tries(client, token(town, scope)) for scope in ("read", "record")
    ]
    allow(town.store, "far system", Grant("", "inspector", "t", frozenset({"330881"})))
    assert [403, 404, 404] == tries(client, token(town, "read", "record", account="far system"))
    given = token(town, "read")
    with town.database.read() as connection:
        newest = max(known.number for known in all_tokens(connection, DAY))
    withdraw_token(town.database, newest, "test", "admin", town.counter.clock)
    assert [302, 401, 401] == tries(client, given)
    assert [302, 401, 401] == tries(client, {"Authorization": "Bearer nonsense"})
    with town.database.read() as connection:
        assert [] == all_tokens(connection, UNTIL)


def test_a_token_beside_a_session_is_the_token(town: AccessTown) -> None:
    """A browser that is logged in gains nothing by a token that does not hold, and needs the token of its form without one."""
    visitor = town.visitor("supervisor", "area", 160)
    path = f"/inspect/api/e/{firm(TARGET)}/visits"
    keyed = {"Idempotency-Key": "beside a session"}
    wrong = visitor.client.post(path, json={}, headers={**keyed, "Authorization": "Bearer nonsense"})
    assert (401, 400) == (wrong.status_code, visitor.client.post(path, json={}, headers=keyed).status_code)


WRONG = {
    "token_scope_unknown": {"scopes": ("write",)},
    "token_day": {"until": DAY},
    "grant_ground_missing": {"ground": " "},
    "account_unknown": {"name": "nobody at all"},
    "grant_by_administrator": {"actor": "anna"},
    "grant_to_oneself": {"name": "admin"},
}


@pytest.mark.parametrize("code", WRONG)
def test_a_token_is_given_by_whom_and_for_what(town: AccessTown, code: str) -> None:
    """By an administrator to another account, for known scopes, until a day within a year, with a ground."""
    asked = {"name": SYSTEM, "scopes": ("read",), "until": UNTIL, "ground": "t", "actor": "admin"} | WRONG[
        code
    ]
    with pytest.raises(SiseError) as refused:
        give_token(town.database, clock=town.counter.clock, **asked)  # type: ignore[arg-type]
    assert code == refused.value.code
