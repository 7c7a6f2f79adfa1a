"""Who gets in by a provider: officers by a link and a second factor, firms by what their provider says of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from log_in_pages import plain
from oidc import Provider
from oidc_visits import BERT, Phone, Visit
from sqlalchemy import select
from stores import StoreHarness

from scoring.administration.identity.provider_links import unlink_subject
from scoring.store.audit.verify import verify
from scoring.store.tables.orm import Standing


def test_an_officer_shows_his_telephone_too(now: StoreHarness, provider: Provider, tmp_path: Path) -> None:
    """Where the provider asks for one factor alone: wrong digits, digits twice and ten tries are refused."""
    visit, phone = Visit(now, provider, tmp_path), Phone(now)
    answer = visit.goes()
    assert (303, "/login/second", None) == (
        answer.status_code,
        answer.headers["Location"],
        visit.who(),
    )
    page = visit.client.get("/login/second")
    assert 403 == visit.pages.post(visit.client, page, "/login/second", code="000000").status_code
    entered = visit.pages.post(visit.client, page, "/login/second", code=phone.digits())
    assert (302, "/desk/", "bert") == (entered.status_code, entered.headers["Location"], visit.who())
    # what was used once is no way in again, neither here nor for who looked on
    assert "/login" == visit.client.get("/login/second").headers["Location"]
    other = Visit(now, provider, tmp_path)
    other.goes()
    page = other.client.get("/login/second")
    tries = [
        other.pages.post(other.client, page, "/login/second", code=phone.digits()).status_code
        for _ in range(11)
    ]
    assert ([*[403] * 10, 429], None) == (tries, other.who())


def test_a_link_that_is_taken_back_meanwhile_ends_it(
    now: StoreHarness, provider: Provider, tmp_path: Path
) -> None:
    """Between the provider's answer and the digits somebody unlinks him: the digits let nobody in."""
    visit, phone = Visit(now, provider, tmp_path), Phone(now)
    visit.goes()
    page = visit.client.get("/login/second")
    unlink_subject(now.database, "bert", "sso", BERT, "anna", now.clock)
    answer = visit.pages.post(visit.client, page, "/login/second", code=phone.digits())
    assert (403, None) == (answer.status_code, visit.who())


def test_the_token_may_tell_of_a_second_factor(now: StoreHarness, provider: Provider, tmp_path: Path) -> None:
    """Only by the words that are configured (``amr``); else the telephone is asked for as well."""
    Phone(now)
    provider.user(BERT, amr=["pwd", "otp"])
    allowed = Visit(now, provider, tmp_path, 'second_factor = ["mfa", "otp"]')
    assert "/desk/" == allowed.goes().headers["Location"]
    narrower = Visit(now, provider, tmp_path, 'second_factor = ["hwk"]')
    assert "/login/second" == narrower.goes().headers["Location"]
    provider.user(BERT, amr="otp")
    assert 403 == Visit(now, provider, tmp_path, 'second_factor = ["otp"]').goes().status_code
    provider.user(BERT)


def test_an_officer_without_telephone_stays_outside_of_a_real_store(
    now: StoreHarness, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """He is told to get a code; beside made-up facts he gets in."""
    real = "scoring.administration.identity.provider_log_in.holds_fictitious"
    monkeypatch.setattr(real, lambda connection: False)
    answer = Visit(now, provider, tmp_path).goes()
    assert 403 == answer.status_code and "绑定验证器" in plain(answer)
    monkeypatch.setattr(real, lambda connection: True)
    assert 302 == Visit(now, provider, tmp_path).goes().status_code


FIRM = """second_factor = true
[providers.firm]
code = "uscc"
role = "capacity"
roles = ["legal_representative", "agent"]
"""


@pytest.fixture
def firm(now: StoreHarness) -> str:
    """An enterprise of the store."""
    with now.database.read() as connection:
        query = select(Standing.enterprise_id).order_by(Standing.enterprise_id)
        return str(connection.execute(query).scalars().first())


def test_a_firm_is_enrolled_by_its_provider(
    now: StoreHarness, provider: Provider, tmp_path: Path, firm: str
) -> None:
    """Its legal representative gets its account, the next time the same; who works there, or knows its code, gets none."""
    provider.user("boss", uscc=firm, capacity="legal_representative")
    visit = Visit(now, provider, tmp_path, FIRM)
    assert 302 == visit.goes("boss").status_code
    account = visit.who()
    assert firm.casefold() == account
    assert 200 == visit.client.get(f"/firm/e/{firm}").status_code
    again = Visit(now, provider, tmp_path, FIRM)
    again.goes("boss")
    assert account == again.who()
    provider.user("agent", uscc=firm, capacity="agent")
    second = Visit(now, provider, tmp_path, FIRM)
    second.goes("agent")
    assert f"{account}-2" == second.who()
    for name, claims in (
        ("clerk", {"uscc": firm, "capacity": "employee"}),
        ("stranger", {"uscc": firm}),
        ("nobody", {}),
        ("of a list", {"uscc": [firm], "capacity": "agent"}),
        ("elsewhere", {"uscc": "91330802YYNOBODYX1", "capacity": "agent"}),
    ):
        provider.user(name.replace(" ", "-"), **claims)
        outside = Visit(now, provider, tmp_path, FIRM)
        assert 403 == outside.goes(name.replace(" ", "-")).status_code, name
        assert outside.who() is None
    with now.database.read() as connection:
        assert not verify(connection).findings


def test_who_no_longer_acts_for_a_firm_comes_in_no_more(
    now: StoreHarness, provider: Provider, tmp_path: Path, firm: str
) -> None:
    """The provider says it at each log-in; and a link that an administrator took back is not made again by coming."""
    provider.user("boss", uscc=firm, capacity="agent")
    visit = Visit(now, provider, tmp_path, FIRM)
    visit.goes("boss")
    account = visit.who()
    assert account
    provider.user("boss")
    assert 403 == Visit(now, provider, tmp_path, FIRM).goes("boss").status_code
    provider.user("boss", uscc=firm, capacity="agent")
    unlink_subject(now.database, account, "sso", f"boss {firm}", "anna", now.clock)
    assert visit.who() is None
    assert 403 == Visit(now, provider, tmp_path, FIRM).goes("boss").status_code
