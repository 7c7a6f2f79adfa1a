"""Who may see which enterprise, at every moment; and what a session is worth."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from readers import allow, noon_of, token_of
from reading_day import day_of_result
from sqlalchemy import select

from scoring.administration.identity.log_ins import put_login
from scoring.administration.identity.passwords import hash_of
from scoring.administration.identity.viewings import viewings_of
from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch
from scoring.administration.results.viewer import Look, Viewer
from scoring.store.people.grants import Grant
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Standing
from scoring.store.tables.orm_access import AccessGrant, DirectoryEntry
from scoring.store.tables.writing import begin_writing
from web import create_app
from web.desk.department import department_of
from web.reading import COOKIE

HERE, THERE = "330802", "330881"
PASSWORD = "correct horse battery"
WHO = (("supervisor", "other area"), ("inspector", "area"), ("enterprise", "area"))
"""Who has a session here; everybody in every place stands in ``test_access_matrix.py``."""


@pytest.fixture(scope="module")
def store(scored_store: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the scored store."""
    place = tmp_path_factory.mktemp("access") / "sise.db"
    shutil.copyfile(scored_store, place)
    return str(place)


@pytest.fixture(scope="module")
def app(store: str) -> Flask:
    """The application over it."""
    return create_app(store, clock=noon_of(day_of_result()))


@pytest.fixture(scope="module")
def enterprise(store: str) -> str:
    """A rated enterprise of the area."""
    database = Database(store)
    with database.read() as connection:
        query = (
            select(Standing.enterprise_id)
            .join(DirectoryEntry, DirectoryEntry.enterprise_id == Standing.enterprise_id)
            .where(DirectoryEntry.area.startswith(HERE), Standing.colour == "yellow")
            .order_by(Standing.enterprise_id)
        )
        found = connection.execute(query).scalars().first()
    database.close()
    return str(found)


def grant_of(role: str, place: str, enterprise: str) -> Grant:
    """The grant of an account that is tried."""
    if role == "enterprise":
        return Grant("", role, "test", enterprise_id=enterprise)
    return Grant("", role, "test", frozenset({THERE if place == "other area" else HERE}))


@pytest.fixture(scope="module")
def tokens(store: str, enterprise: str) -> Mapping[tuple[str, str], str]:
    """A session of some accounts."""
    made = {}
    for role, place in WHO:
        account = f"{role} {place}"
        allow(store, account, grant_of(role, place, enterprise))
        made[role, place] = token_of(store, account, noon_of(day_of_result()))
    return made


def client_of(app: Flask, token: str | None) -> FlaskClient:
    """A browser with a session."""
    client = app.test_client()
    if token:
        client.set_cookie(COOKIE, token)
    return client


def test_a_route_outside_the_table_is_refused(store: str) -> None:
    """Whoever forgets the table shows nothing."""
    app = create_app(store, clock=noon_of(day_of_result()))
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = app.test_client().get("/forgotten")
    assert (404, False) == (answer.status_code, "secret" in answer.text)


def test_an_enterprise_of_elsewhere_is_as_one_that_is_not_there(
    app: Flask, enterprise: str, tokens: Mapping[tuple[str, str], str]
) -> None:
    """Status, headers and text of both are the same but for the id; nobody's view is written down."""
    client = client_of(app, tokens["supervisor", "other area"])
    client.get("/desk/")  # the first page brings the cookie of forms
    unknown = enterprise[:-1] + ("A" if enterprise[-1] != "A" else "B")
    for form in ("/desk/e/{}", "/desk/api/e/{}"):
        there, nowhere = (client.get(form.format(who)) for who in (enterprise, unknown))
        assert 404 == there.status_code == nowhere.status_code
        assert there.text.replace(enterprise, "") == nowhere.text.replace(unknown, "")
        fixed = [{k: v for k, v in answer.headers if k != "Content-Length"} for answer in (there, nowhere)]
        assert fixed[0] == fixed[1]


def test_who_looked_is_written_down(app: Flask, store: str, enterprise: str, tokens: Any) -> None:
    """Each view of an officer, with account and page; a firm's view of itself is its own affair."""
    database = Database(store)
    before = len(viewings_of(database, enterprise))
    client_of(app, tokens["inspector", "area"]).get(f"/desk/e/{enterprise}")
    client_of(app, tokens["enterprise", "area"]).get(f"/firm/e/{enterprise}")
    seen = viewings_of(database, enterprise)
    database.close()
    assert (before + 1, "inspector area", "desk.enterprise") == (
        len(seen),
        seen[0]["account"],
        seen[0]["page"],
    )


@pytest.mark.parametrize("code", ["330802-market", "330802-fire"])
def test_a_department_sees_its_own_records(
    app: Flask, store: str, tokens: Mapping[tuple[str, str], str], code: str
) -> None:
    """Of every enterprise the records and tiers of its fields, the colour of all, and no number of another's record."""
    allow(store, f"of {code}", Grant("", "supervisor", "test", frozenset({HERE}), frozenset({code})))
    client = client_of(app, token_of(store, f"of {code}", noon_of(day_of_result())))
    # the points of all departments together tell what the others have
    asked = "/desk/api/search?colour=yellow"
    whole = client_of(app, tokens["inspector", "area"]).get(asked).json
    narrow = client.get(asked).json
    assert (
        whole and narrow and [row["id"] for row in whole["items"]] == [row["id"] for row in narrow["items"]]
    )
    assert {True} == {row["points"] is not None for row in whole["items"]}
    assert {None} == {row["points"] for row in narrow["items"]}
    reader = open_results(store)
    search = EnterpriseSearch(colour="yellow", area=HERE)
    own, others = 0, 0
    for score in reader.find(search, limit=12)[1]:
        explained = reader.explain(score.enterprise_id, ahead=False, look=Look(Viewer(), day_of_result()))
        mine = department_of([Grant("", "", "", departments=frozenset({code}))], day_of_result())
        assert mine is not None
        html = client.get(f"/desk/e/{score.enterprise_id}").text
        twin = client.get(f"/desk/api/e/{score.enterprise_id}").json
        assert twin is not None and twin["points"] is None and twin["result"]["colour"] == "yellow"
        assert {row["id"] for row in twin["fields"] or ()} <= mine.fields
        for evidence in (e for reason in explained.reasons for e in reason.evidence if e.document_no):
            is_shown = str(evidence.document_no) in html
            assert is_shown == mine.may_see(evidence), (score.enterprise_id, evidence.record_id)
            own, others = own + is_shown, others + (not is_shown)
    assert own and others


def test_a_grant_ends_at_the_next_request(app: Flask, store: str, enterprise: str) -> None:
    """Taken back while somebody is logged in, it holds no longer; so does a session that was ended."""
    allow(store, "leaver", grant_of("supervisor", "area", enterprise))
    client = client_of(app, token_of(store, "leaver", noon_of(day_of_result())))
    assert 200 == client.get(f"/desk/e/{enterprise}").status_code
    database = Database(store)
    with database.write() as connection:
        mine = AccessGrant.account == "leaver"
        connection.execute(AccessGrant.__table__.update().where(mine).values(until=date(2026, 1, 1)))
    database.close()
    assert 403 == client.get(f"/desk/e/{enterprise}").status_code


@pytest.fixture
def officer(store: str, enterprise: str) -> str:
    """The name of an officer with a password and, beside made-up facts, without a telephone."""
    allow(store, "walter", grant_of("supervisor", "area", enterprise))
    database = Database(store)
    who = lambda connection, typed: typed
    with begin_writing(database, "walter", noon_of(day_of_result()), who=who, vouched=True) as writing:
        put_login(writing, "walter", hash_of(PASSWORD, "walter"), None, None)
    database.close()
    return "walter"


def form_of(client: FlaskClient, path: str, **more: str) -> dict[str, str]:
    """A form with the token that its page carries."""
    html = client.get(path).text
    token = html.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    return {"csrf_token": token, **more}


def test_logging_in_and_out(app: Flask, officer: str, enterprise: str) -> None:
    """The cookie is the server's alone and another one than before; after logging out it is worth nothing."""
    client = app.test_client()
    client.set_cookie(COOKIE, "planted")
    form = form_of(client, "/login", name=officer, password=PASSWORD, next=f"/desk/e/{enterprise}")
    answer = client.post("/login", data=form)
    assert (302, f"/desk/e/{enterprise}") == (answer.status_code, answer.headers["Location"])
    cookie = next(value for name, value in answer.headers if name == "Set-Cookie" and COOKIE in value)
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax")) and "planted" not in cookie
    assert 200 == client.get(f"/desk/e/{enterprise}").status_code
    token = client.get_cookie(COOKIE)
    assert token is not None
    client.post("/logout", data=form_of(client, "/account"))
    assert 302 == client_of(app, token.value).get("/desk/").status_code


@pytest.mark.parametrize("path", ["/login", "/logout", "/welcome"])
def test_a_form_of_elsewhere_is_refused(app: Flask, officer: str, path: str) -> None:
    """Without the token of its page no form does anything."""
    assert 400 == app.test_client().post(path, data={"name": officer, "password": PASSWORD}).status_code


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "e"]
)
def test_log_in_leads_nowhere_else(app: Flask, officer: str, address: str) -> None:
    """Only to a place of these pages."""
    client = app.test_client()
    form = form_of(client, "/login", name=officer, password=PASSWORD, next=address)
    assert "/account" == client.post("/login", data=form).headers["Location"]


def test_guessing_is_slowed(store: str, officer: str) -> None:
    """After ten tries for one account nobody gets a further one for a while, with the right password neither."""
    app = create_app(store, clock=noon_of(day_of_result()))
    client = app.test_client()
    form = form_of(client, "/login", name=officer, password="wrong")
    answers = [client.post("/login", data=form).status_code for _ in range(11)]
    assert [*[403] * 10, 429] == answers
    assert 429 == client.post("/login", data=form | {"password": PASSWORD}).status_code
    assert 403 == client.post("/login", data=form | {"name": "somebody else"}).status_code


def test_a_secure_address_has_secure_cookies(store: str, officer: str) -> None:
    """Behind TLS no cookie goes over a plain line."""
    app = create_app(store, address="https://sise.example", clock=noon_of(day_of_result()))
    client = app.test_client()
    where = {"base_url": "https://sise.example"}
    html = client.get("/login", **where).text
    token = html.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    form = {"csrf_token": token, "name": officer, "password": PASSWORD}
    answer = client.post("/login", data=form, headers={"Referer": "https://sise.example/login"}, **where)
    cookies = [value for name, value in answer.headers if name == "Set-Cookie"]
    assert 302 == answer.status_code and cookies and all("Secure" in cookie for cookie in cookies)


def test_nothing_of_a_path_is_told(tmp_path: Path, app: Flask) -> None:
    """A refusal names no place of the machine."""
    for path in ("/nowhere", "/e/unknown", "/desk/"):
        assert str(tmp_path.parent) not in app.test_client().get(path).text
