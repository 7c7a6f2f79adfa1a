"""A provider whose app opens our page with a one-time code: signed requests, a button, and every wrong answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from gateway import APP, IDENTITY_PATH, KEY, SECRET, TOKEN_PATH, Gateway, opened_gateway
from log_in_pages import LogInPages, plain
from sqlalchemy import select
from stores import StoreHarness
from werkzeug.test import TestResponse

from scoring.administration.identity.provider_links import link_subject
from scoring.store.people.clock import confirm_clock
from scoring.store.people.grants import Grant, give_grant
from scoring.store.tables.orm import Standing
from web.reading import COOKIE

ENTRY = f"""
id = "zlb"
kind = "code_exchange"
label = {{{{ zh = "浙里办", en = "Zheliban" }}}}
gateway = "{{origin}}"
app_key = "{KEY}"
app_id = "{APP}"
token_path = "{TOKEN_PATH}"
identity_path = "{IDENTITY_PATH}"
subject = "personInfo.userId"
second_factor = true
[providers.firm]
code = "corpInfo.uniscid"
role = "corpInfo.role"
roles = ["legal_representative", "agent"]
"""
PATH = "/login/with/zlb"
ENVIRONMENT = {"SISE_PROVIDER_ZLB_SECRET": SECRET}


class OutOfTheApp:
    """Somebody whom the app of the provider sends to our page."""

    def __init__(self, store: StoreHarness, gateway: Gateway, folder: Path, secret: str = SECRET) -> None:
        entry = ENTRY.format(origin=gateway.origin)
        self.store, self.gateway = store, gateway
        self.pages = LogInPages(store, folder, entry, {"SISE_PROVIDER_ZLB_SECRET": secret})
        self.client: FlaskClient = self.pages.browser()

    def opens(self, code: str, name: str = "ticketId") -> TestResponse:
        """What the app opens."""
        return self.client.get(PATH, query_string={name: code, "next": "/desk/"})

    def goes(self, code: str, name: str = "ticketId") -> TestResponse:
        """Opens it and presses the button."""
        return self.pages.post(self.client, self.opens(code, name), PATH)

    def who(self) -> str | None:
        """Who is logged in."""
        return self.pages.who(self.client)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """The gateway; each test finds it honest."""
    with opened_gateway() as served:
        yield served


@pytest.fixture
def visitor(store: StoreHarness, gateway: Gateway, tmp_path: Path) -> OutOfTheApp:
    """Somebody on the day of the gateway; it knows the inspector ``bert`` as ``user-7``."""
    gateway.instead, gateway.status, gateway.waits = {}, 200, 0.0
    store.clock.now = datetime.now(UTC)
    confirm_clock(store.database, "anna", store.clock)
    give_grant(store.database, Grant("bert", "inspector", "test"), "anna", store.clock)
    link_subject(store.database, "bert", "zlb", "user-7", "anna", store.clock)
    return OutOfTheApp(store, gateway, tmp_path)


def bert(gateway: Gateway) -> str:
    """A code for ``bert``."""
    return gateway.code_for(personInfo={"userId": "user-7", "userName": "虚构"})


@pytest.mark.parametrize("name", ["ticketId", "authCode"])
def test_who_is_linked_gets_in(visitor: OutOfTheApp, gateway: Gateway, name: str) -> None:
    """The code is exchanged by two signed requests; a planted session is over."""
    gateway.asked.clear()
    visitor.client.set_cookie(COOKIE, "planted")
    answer = visitor.goes(bert(gateway), name)
    assert (302, "/desk/", "bert") == (answer.status_code, answer.headers["Location"], visitor.who())
    assert [TOKEN_PATH, IDENTITY_PATH] == gateway.asked
    cookie = visitor.client.get_cookie(COOKIE)
    assert cookie is not None and "planted" != cookie.value


def test_looking_at_the_address_uses_nothing_up(visitor: OutOfTheApp, gateway: Gateway) -> None:
    """A preview of a link asks nobody and logs nobody in; no other site can press the button for somebody."""
    gateway.asked.clear()
    code = bert(gateway)
    page = visitor.opens(code)
    assert (200, [], None) == (page.status_code, gateway.asked, visitor.who())
    assert 400 == visitor.client.post(PATH, data={"ticketId": code}).status_code
    assert ([], None) == (gateway.asked, visitor.who())


def test_a_code_counts_once(visitor: OutOfTheApp, gateway: Gateway) -> None:
    """Seen on the way and tried again, in this browser or another one, it is refused."""
    code = bert(gateway)
    assert 302 == visitor.goes(code).status_code
    before = visitor.pages.sessions()
    visitor.client = visitor.pages.browser()
    answer = visitor.goes(code)
    assert (403, None, before) == (answer.status_code, visitor.who(), visitor.pages.sessions())
    assert "浙里办没有确认这次登录" in plain(answer)


@pytest.mark.parametrize(
    "what", ["unknown code", "wrong secret", "wrong time", "unknown person", "no person"]
)
def test_what_proves_nothing_lets_nobody_in(
    visitor: OutOfTheApp, gateway: Gateway, tmp_path: Path, what: str
) -> None:
    """A code that it never gave, a signature that is not ours, a clock that is wrong, and somebody who is not linked."""
    code = bert(gateway)
    if what == "unknown code":
        code = "0" * 16
    if what == "wrong secret":
        visitor = OutOfTheApp(visitor.store, gateway, tmp_path, "another secret")
    if what == "wrong time":
        visitor.store.clock.now += timedelta(minutes=3)
    if what == "unknown person":
        code = gateway.code_for(personInfo={"userId": "user-8"})
    if what == "no person":
        code = gateway.code_for(personInfo={"userId": 7})
    gateway.refusals.clear()
    answer = visitor.goes(code)
    assert (403, None) == (answer.status_code, visitor.who())
    reasons = {"unknown code": ["ticket"], "wrong secret": ["signature"], "wrong time": ["time"]}
    assert reasons.get(what, []) == gateway.refusals


def test_its_address_without_a_code_says_what_to_do(visitor: OutOfTheApp) -> None:
    """Whoever types it is told to begin in the app; the log-in does not offer it, and nothing comes back to it."""
    for path in (PATH, f"{PATH}?ticketId=", f"{PATH}?ticketId={'x' * 600}", f"{PATH}?ticketId=a%00b"):
        answer = visitor.client.get(path)
        assert 403 == answer.status_code and "从浙里办的应用中打开" in plain(answer)
    assert "/login/with/" not in visitor.client.get("/login").text
    assert 404 == visitor.client.get(f"{PATH}/back?ticketId=x").status_code


@pytest.fixture
def firm(visitor: OutOfTheApp) -> str:
    """An enterprise of the store."""
    with visitor.store.database.read() as connection:
        query = select(Standing.enterprise_id).order_by(Standing.enterprise_id)
        return str(connection.execute(query).scalars().first())


def test_a_firm_is_enrolled_by_what_the_provider_says(
    visitor: OutOfTheApp, gateway: Gateway, firm: str
) -> None:
    """Its legal representative gets its account; whoever only knows the code of a firm, or works there, gets none."""
    corp = {"uniscid": firm.lower(), "role": "legal_representative"}
    assert 302 == visitor.goes(gateway.code_for(personInfo={"userId": "boss"}, corpInfo=corp)).status_code
    assert firm.casefold() == visitor.who()
    assert 200 == visitor.client.get(f"/firm/e/{firm}").status_code
    for role in ("employee", None):
        visitor.client = visitor.pages.browser()
        code = gateway.code_for(personInfo={"userId": "clerk"}, corpInfo=corp | {"role": role})
        assert (403, None) == (visitor.goes(code).status_code, visitor.who())


GARBAGE = (
    b"",
    b"<html>",
    b"[1]",
    b'{"success": true}',
    b'{"success": "true", "data": {}}',
    b'{"success": true, "data": [1]}',
    b'{"success": true, "data": {"accessToken": 7}}',
    b"[" * 200_000,
    b'"' + b" " * 1_000_000,
    b"\xff\xfe",
)


@pytest.mark.parametrize("status", [200, 500, 302])
@pytest.mark.parametrize("path", [TOKEN_PATH, IDENTITY_PATH])
def test_garbage_is_said_in_words(visitor: OutOfTheApp, gateway: Gateway, path: str, status: int) -> None:
    """Whatever it answers to either request, nobody gets in and nothing is a fault of ours."""
    gateway.status = status
    for body in GARBAGE:
        gateway.instead = {path: body}
        answer = visitor.goes(bert(gateway))
        is_about_nobody = b"accessToken" in body and path == IDENTITY_PATH and status == 200
        assert (403 if is_about_nobody else 503) == answer.status_code, body[:40]
        assert visitor.who() is None
        visitor = OutOfTheApp(visitor.store, gateway, Path(visitor.store.database.place).parent)


def test_it_is_slow_or_down(
    visitor: OutOfTheApp, gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says so within its time."""
    monkeypatch.setattr("web.account.providers.bound.ANSWERS", 0.3)
    gateway.waits = 5.0
    answer = visitor.goes(bert(gateway))
    assert (503, None) == (answer.status_code, visitor.who())
    assert "浙里办暂时没有应答" in plain(answer)
    gone = Gateway("http://127.0.0.1:9")
    assert 503 == OutOfTheApp(visitor.store, gone, tmp_path).goes("x").status_code


def test_tries_are_counted(visitor: OutOfTheApp) -> None:
    """After sixty within five minutes an address waits."""
    answers = [visitor.client.get(PATH).status_code for _ in range(61)]
    assert [*[403] * 60, 429] == answers
