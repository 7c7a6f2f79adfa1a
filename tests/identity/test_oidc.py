"""OpenID Connect with a real provider: who gets in, what the flow proves, and every wrong answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from log_in_pages import LogInPages, plain, query_of
from oidc import CLIENT, SECRET, Provider, resigned, unsigned
from oidc_visits import BERT, ENTRY, Visit
from stores import StoreHarness
from werkzeug.test import TestResponse

from scoring.administration.identity.provider_links import link_subject, unlink_subject
from scoring.store.people.accounts import disable_account
from web.reading import COOKIE


def test_who_is_linked_gets_in(visit: Visit) -> None:
    """By the code flow with PKCE, state and nonce; a planted session is over, the new one is like that of a password."""
    visit.client.set_cookie(COOKIE, "planted")
    address = visit.begins("/desk/?q=x")
    asked = query_of(address)
    assert {"code", "S256", CLIENT, "openid"} == {
        asked[name] for name in ("response_type", "code_challenge_method", "client_id", "scope")
    }
    assert min(map(len, (asked["state"], asked["nonce"], asked["code_challenge"]))) >= 43
    assert "http://127.0.0.1:8000/login/with/sso/back" == asked["redirect_uri"]
    answer = visit.comes_back(visit.provider.agrees(address, BERT))
    assert (302, "/desk/?q=x") == (answer.status_code, answer.headers["Location"])
    cookie = next(v for name, v in answer.headers if name == "Set-Cookie" and COOKIE in v)
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax")) and "planted" not in cookie
    assert "bert" == visit.who()


def test_the_form_offers_it(visit: Visit) -> None:
    """The log-in has a link to the provider, which keeps where one wanted to go; the secret stands in no page."""
    html = visit.client.get("/login?next=/desk/queue&lang=en").text
    assert "Log in with the single sign-on" in html and "next=/desk/queue" in html and SECRET not in html


def _other_nonce(visit: Visit) -> TestResponse:
    return visit.goes(nonce="of another log-in")


def _other_state(visit: Visit) -> TestResponse:
    return visit.goes(state="of another browser")


def _no_state(visit: Visit) -> TestResponse:
    address = visit.provider.agrees(visit.begins(), BERT)
    return visit.client.get(f"/login/with/sso/back?code={query_of(address)['code']}")


def _other_browser(visit: Visit) -> TestResponse:
    address = visit.provider.agrees(visit.begins(), BERT)
    visit.client = visit.pages.browser()
    return visit.comes_back(address)


def _late(visit: Visit) -> TestResponse:
    address = visit.provider.agrees(visit.begins(), BERT)
    visit.store.clock.now += timedelta(minutes=11)
    return visit.comes_back(address)


def _other_issuer(visit: Visit) -> TestResponse:
    visit.provider.host = visit.provider.origin.removeprefix("http://").replace("127.0.0.1", "localhost")
    return visit.goes()


def _other_issuer_of_answer(visit: Visit) -> TestResponse:
    return visit.comes_back(visit.provider.agrees(visit.begins(), BERT) + "&iss=https://evil.example")


def _other_audience(visit: Visit) -> TestResponse:
    visit.provider.client = "another app"
    return visit.goes(client_id="another app")


def _expired(visit: Visit) -> TestResponse:
    address = visit.begins()
    visit.provider.edit = lambda answer: setattr(
        visit.store.clock, "now", visit.store.clock.now + timedelta(hours=2)
    )
    return visit.comes_back(visit.provider.agrees(address, BERT))


def _edited(change: Callable[[str], str]) -> Callable[[Visit], TestResponse]:
    def go(visit: Visit) -> TestResponse:
        visit.provider.edit = lambda answer: {**answer, "id_token": change(answer["id_token"])}
        return visit.goes()

    return go


def _wrong_challenge(visit: Visit) -> TestResponse:
    return visit.goes(code_challenge="A" * 43)


def _stolen_code(visit: Visit) -> TestResponse:
    other = Visit(
        visit.store, visit.provider, Path(visit.store.database.place).parent, "second_factor = true"
    )
    code = query_of(visit.provider.agrees(other.begins(), BERT))["code"]
    state = query_of(visit.begins())["state"]
    return visit.client.get("/login/with/sso/back", query_string={"code": code, "state": state})


def _denied(visit: Visit) -> TestResponse:
    state = query_of(visit.begins())["state"]
    return visit.client.get("/login/with/sso/back", query_string={"error": "access_denied", "state": state})


WRONG: dict[str, Callable[[Visit], TestResponse]] = {
    "the state of another browser": _other_state,
    "no state": _no_state,
    "an answer in another browser": _other_browser,
    "an answer after its time": _late,
    "the nonce of another log-in": _other_nonce,
    "a token of another issuer": _other_issuer,
    "an answer of another issuer": _other_issuer_of_answer,
    "a token for another app": _other_audience,
    "a token that is over": _expired,
    "a token that nobody signed": _edited(lambda token: unsigned(token, {})),
    "a token signed by the shared secret": _edited(lambda token: resigned(token, {}, SECRET)),
    "a token with a changed signature": _edited(lambda token: token[:-8] + "AAAAAAA" + token[-1]),
    "a token with another subject": _edited(
        lambda token: ".".join([*unsigned(token, {"sub": "x"}).split(".")[:2], token.rsplit(".", 1)[1]])
    ),
    "a code for another challenge": _wrong_challenge,
    "a code that another browser was given": _stolen_code,
    "a person who says no": _denied,
}


@pytest.mark.parametrize("what", WRONG)
def test_what_proves_nothing_lets_nobody_in(visit: Visit, what: str) -> None:
    """One refusal in words; no session begins, and nothing of tokens or codes is said."""
    before = visit.pages.sessions()
    answer = WRONG[what](visit)
    assert 403 == answer.status_code, plain(answer)
    assert "没有确认这次登录" in plain(answer)
    assert (None, before) == (visit.who(), visit.pages.sessions())


def test_an_answer_counts_once(visit: Visit) -> None:
    """The same address again, in the same browser or with its code in a new log-in, is refused."""
    address = visit.provider.agrees(visit.begins(), BERT)
    assert 302 == visit.comes_back(address).status_code
    requests_before = len(visit.provider.bodies)
    assert 403 == visit.comes_back(address).status_code
    assert requests_before == len(visit.provider.bodies)
    state = query_of(visit.begins())["state"]
    again = visit.client.get(
        "/login/with/sso/back", query_string={"code": query_of(address)["code"], "state": state}
    )
    assert 403 == again.status_code and requests_before + 1 == len(visit.provider.bodies)


@pytest.mark.parametrize("what", ["unknown", "unlinked", "disabled", "of another provider"])
def test_a_subject_leads_to_an_account_by_its_link_alone(visit: Visit, what: str) -> None:
    """Whoever is not linked, not any more, or with an account out of use, is told what he is called, and not let in."""
    database, clock = visit.store.database, visit.store.clock
    subject = BERT
    if what == "unknown":
        subject = "bert"
    if what == "unlinked":
        unlink_subject(database, "bert", "sso", BERT, "anna", clock)
    if what == "disabled":
        disable_account(database, "bert", "anna", clock)
    if what == "of another provider":
        subject = "elsewhere"
        link_subject(database, "bert", "other", subject, "anna", clock)
    answer = visit.goes(subject)
    assert (403, None) == (answer.status_code, visit.who())
    assert f"该身份（{subject}）没有关联" in plain(answer)


GARBAGE: dict[str, tuple[str, int, bytes]] = {
    "no JSON of itself": ("/.well-known/openid-configuration", 200, b"<html>"),
    "a list": ("/.well-known/openid-configuration", 200, b"[1]"),
    "nested without end": ("/.well-known/openid-configuration", 200, b"[" * 200_000),
    "a fault": ("/.well-known/openid-configuration", 500, b"{}"),
    "other addresses": (
        "/.well-known/openid-configuration",
        200,
        json.dumps(
            {
                "issuer": "{origin}",
                "authorization_endpoint": "{origin}/a",
                "token_endpoint": "http://169.254.169.254/latest",
                "jwks_uri": "{origin}/jwks",
            }
        ).encode(),
    ),
    "another issuer": (
        "/.well-known/openid-configuration",
        200,
        b'{"issuer": "https://evil.example", "authorization_endpoint": "{origin}/a", '
        b'"token_endpoint": "{origin}/t", "jwks_uri": "{origin}/jwks"}',
    ),
    "bytes without end": ("/.well-known/openid-configuration", 200, b" " * 1_000_000),
    "no keys": ("/jwks", 200, b'{"keys": []}'),
    "keys that are none": ("/jwks", 200, b'{"keys": [{"kty": "RSA", "n": 7}]}'),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_what_nobody_can_read_is_said_in_words(visit: Visit, what: str) -> None:
    """Before anybody is led anywhere: the page says that the provider does not answer."""
    path, status, body = GARBAGE[what]
    visit.provider.instead[path] = (status, body.replace(b"{origin}", visit.provider.origin.encode()))
    answer = visit.client.get("/login/with/sso")
    assert 503 == answer.status_code
    assert "统一身份认证暂时没有应答" in plain(answer)


TOKENS: dict[str, tuple[int, bytes]] = {
    "no JSON": (200, b"<html>"),
    "a number": (200, b"7"),
    "nothing": (200, b""),
    "no token": (200, b'{"access_token": "x", "token_type": "Bearer"}'),
    "a token that is a list": (200, b'{"access_token": "x", "token_type": "Bearer", "id_token": [1]}'),
    "nested without end": (200, b"[" * 200_000),
    "bytes without end": (200, b" " * 1_000_000),
    "a fault": (500, b"{}"),
    "a fault in words": (502, b"<html>bad gateway"),
    "a way to elsewhere": (302, b""),
}


@pytest.mark.parametrize("what", TOKENS)
def test_garbage_for_a_token_is_said_in_words(visit: Visit, what: str) -> None:
    """Nobody gets in, and nothing is a fault of ours."""
    address = visit.provider.agrees(visit.begins(), BERT)
    visit.provider.instead["/oauth2/token"] = TOKENS[what]
    answer = visit.comes_back(address)
    assert (503, None) == (answer.status_code, visit.who()), plain(answer)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "..", "é.é.é", "A" * 40_000, "[" * 5_000])
def test_a_token_that_is_none_is_refused(visit: Visit, token: str) -> None:
    """Whatever stands where the token should."""
    visit.provider.edit = lambda answer: {**answer, "id_token": token}
    answer = visit.goes()
    assert answer.status_code in (403, 503) and visit.who() is None


def test_a_provider_that_is_down_or_slow(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is not asked when we start; a log-in says so in words and within its time, and password log-in goes on."""
    monkeypatch.setattr("web.account.providers.bound.ANSWERS", 0.3)
    address = visit.provider.agrees(visit.begins(), BERT)
    visit.provider.waits = 5.0
    answer = visit.comes_back(address)
    assert 503 == answer.status_code and "没有应答" in plain(answer)
    entry = ENTRY.format(origin="http://127.0.0.1:9").replace('"sso"', '"gone"')
    pages = LogInPages(visit.store, tmp_path, entry)
    gone = pages.browser().get("/login/with/gone")
    assert 503 == gone.status_code and 'name="password"' in gone.text


def test_the_secret_goes_as_configured(now: StoreHarness, provider: Provider, tmp_path: Path) -> None:
    """In the head of the request, or in its form."""
    for method, is_in_form in (("client_secret_basic", False), ("client_secret_post", True)):
        more = f'second_factor = true\nclient_auth = "{method}"'
        assert 302 == Visit(now, provider, tmp_path, more).goes().status_code
        assert is_in_form == ("client_secret" in provider.bodies[-1])


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example", "/\\evil.example", "", "//["])
def test_it_leads_nowhere_else(visit: Visit, onward: str) -> None:
    """Only to a place of these pages."""
    answer = visit.comes_back(visit.provider.agrees(visit.begins(onward), BERT))
    assert (302, "/account") == (answer.status_code, answer.headers["Location"])


def test_tries_are_counted(visit: Visit) -> None:
    """After sixty within five minutes an address waits."""
    answers = [visit.client.get("/login/with/sso/back?state=x").status_code for _ in range(61)]
    assert [*[403] * 60, 429] == answers


def test_no_such_provider_is_no_page(visit: Visit) -> None:
    """What is not configured is answered as what is not there; nobody posts to one that begins here."""
    for path in ("/login/with/none", "/login/with/none/back"):
        assert 404 == visit.client.get(path).status_code
    page = visit.client.get("/login")
    assert 405 == visit.pages.post(visit.client, page, "/login/with/sso").status_code
