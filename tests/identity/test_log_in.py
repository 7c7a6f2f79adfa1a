"""Logging in: invitations, passwords, second factors, sessions; and what each of them refuses."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from stores import StoreHarness

from scoring.administration.identity.invitations import (
    accept,
    invite_account,
    invite_enterprise,
    open_invitation,
)
from scoring.administration.identity.log_ins import log_in
from scoring.administration.identity.person import person_of
from scoring.administration.identity.secret_words import new_secret
from scoring.administration.identity.sessions import LASTS, begin_session, end_session, end_sessions_of
from scoring.errors import SiseError
from scoring.store.audit.verify import verify
from scoring.store.people.accounts import disable_account
from scoring.store.people.grants import Grant, give_grant, withdraw_grant

PASSWORD = "correct horse battery"


def digits_of(secret: str, store: StoreHarness, later: int = 0) -> str:
    """What a telephone shows, some steps later than now."""
    return pyotp.TOTP(secret).generate_otp(int(store.clock.now.timestamp()) // 30 + later)


class Officer:
    """``bert``, an inspector who has set his password and his telephone."""

    def __init__(self, store: StoreHarness) -> None:
        self.store, self.secret = store, new_secret()
        grant = Grant("bert", "inspector", "test", areas=frozenset({"330802"}))
        self.grant = give_grant(store.database, grant, "anna", store.clock)
        self.code = invite_account(store.database, "bert", "test", "anna", store.clock)
        accept(store.database, self.code, PASSWORD, store.clock, self.secret, self.digits())

    def digits(self, later: int = 0) -> str:
        """What his telephone shows."""
        return digits_of(self.secret, self.store, later)

    def log_in(
        self, name: str = "bert", password: str = PASSWORD, code: str | None = None, **more: Any
    ) -> str:
        """The token that he gets."""
        digits = self.digits() if code is None else code
        return log_in(self.store.database, name, password, digits, self.store.clock, **more).token

    def roles(self, token: str) -> frozenset[str] | None:
        """What the holder of a token may do now."""
        with self.store.database.read() as connection:
            person = person_of(connection, token, self.store.clock())
        return person.roles if person else None


@pytest.fixture
def officer(store: StoreHarness) -> Officer:
    """An inspector who can log in."""
    return Officer(store)


def test_an_officer_logs_in_with_password_and_telephone(officer: Officer) -> None:
    """In any spelling of the name; what he may do follows from his grants at each moment."""
    token = officer.log_in(" BERT ")
    assert frozenset({"inspector"}) == officer.roles(token)
    give_grant(officer.store.database, Grant("bert", "window_clerk", "x"), "anna", officer.store.clock)
    assert frozenset({"inspector", "window_clerk"}) == officer.roles(token)
    withdraw_grant(officer.store.database, officer.grant, "moved", "anna", officer.store.clock)
    assert frozenset({"window_clerk"}) == officer.roles(token)
    with officer.store.database.read() as connection:
        assert not verify(connection).findings


WRONG: dict[str, dict[str, str]] = {
    "password": {"password": PASSWORD + "!"},
    "one-time password": {"code": "000000"},
    "no one-time password": {"code": ""},
    "account": {"name": "zoe"},
    "no account's name": {"name": "\u0000"},
    "an account without password": {"name": "cleo"},
    "everything empty": {"name": "", "password": "", "code": ""},
    "a very long password": {"password": "x" * 100_000},
}


@pytest.mark.parametrize("what", WRONG)
def test_one_refusal_whatever_was_wrong(officer: Officer, what: str) -> None:
    """Nobody learns which of the three was wrong, nor whether there is such an account."""
    with pytest.raises(SiseError) as refused:
        officer.log_in(**WRONG[what])
    assert "login_refused" == refused.value.code and not refused.value.parameters


def test_a_refusal_takes_the_same_time_whoever_it_is(officer: Officer) -> None:
    """Of an unknown account the password is compared too: medians of either differ by less than half."""
    times: dict[str, list[float]] = {"bert": [], "nobody at all": []}
    for _ in range(9):
        for name, measured in times.items():
            begun = time.perf_counter()
            with pytest.raises(SiseError):
                officer.log_in(name, "wrong password")
            measured.append(time.perf_counter() - begun)
    known, unknown = map(statistics.median, times.values())
    assert 0.5 < known / unknown < 2


def test_a_one_time_password_is_used_once(officer: Officer) -> None:
    """Whoever looked over a shoulder comes too late; the next one works, and so does a clock that is half a minute off."""
    digits = officer.digits()
    officer.log_in(code=digits)
    with pytest.raises(SiseError, match="login_refused"):
        officer.log_in(code=digits)
    assert officer.roles(officer.log_in(code=officer.digits(1)))
    with pytest.raises(SiseError, match="login_refused"):
        officer.log_in(code=officer.digits(5))


def test_a_session_ends(officer: Officer) -> None:
    """By logging out, by its hours, with all others, when its account is disabled; a strange token is nobody's."""
    database, clock = officer.store.database, officer.store.clock
    first = officer.log_in()
    end_session(database, first)
    assert officer.roles(first) is None
    assert officer.roles("no such token") is None
    second = begin_session(database, "bert", clock()).token
    clock.now += LASTS - timedelta(minutes=1)
    assert officer.roles(second)
    clock.now += timedelta(minutes=2)
    assert officer.roles(second) is None
    third = begin_session(database, "bert", clock()).token
    assert 1 <= end_sessions_of(database, "bert")
    assert officer.roles(third) is None
    fourth = begin_session(database, "bert", clock()).token
    disable_account(database, "bert", "anna", clock)
    assert officer.roles(fourth) is None


def test_a_planted_token_is_worth_nothing(officer: Officer) -> None:
    """The token that a browser came with is over once somebody logs in, and the new one is another."""
    planted = officer.log_in()
    token = officer.log_in(code=officer.digits(1), instead_of=planted)
    assert token != planted
    assert officer.roles(planted) is None and officer.roles(token)


def test_an_officer_without_telephone_is_refused(store: StoreHarness) -> None:
    """A code of an officer sets both or nothing; it stays usable."""
    give_grant(store.database, Grant("bert", "inspector", "test"), "anna", store.clock)
    code = invite_account(store.database, "bert", "test", "anna", store.clock)
    secret = new_secret()
    for given, typed, refusal in (
        (None, "", "second_factor_missing"),
        (secret, "123456", "second_factor_wrong"),
    ):
        with pytest.raises(SiseError, match=refusal):
            accept(store.database, code, PASSWORD, store.clock, given, typed)
    typed = digits_of(secret, store)
    assert "bert" == accept(store.database, code, PASSWORD, store.clock, secret, typed)


def test_a_code_is_used_once_and_the_newest_counts(store: StoreHarness) -> None:
    """Used, replaced and expired codes are one refusal; case, blanks and hyphens do not matter."""
    code = invite_enterprise(store.database, store.one("green"), "告知1号", "served", "anna", store.clock)
    account = accept(store.database, f" {code.lower().replace('-', ' ')} ", PASSWORD, store.clock)
    assert store.one("green").casefold() == account
    lost = invite_account(store.database, account, "lost", "anna", store.clock)
    newer = invite_account(store.database, account, "lost again", "anna", store.clock)
    for worthless in (code, lost, "", "0000-0000-0000-0000"):
        with pytest.raises(SiseError, match="invitation_unknown"):
            accept(store.database, worthless, PASSWORD, store.clock)
    with store.database.read() as connection:
        assert not open_invitation(connection, newer, store.clock).second_factor
    store.go_to(store.day + timedelta(days=7))
    with pytest.raises(SiseError, match="invitation_unknown"):
        accept(store.database, newer, PASSWORD, store.clock)


def test_a_firm_is_let_in_by_a_served_document_alone(store: StoreHarness) -> None:
    """Its account has the grant of that enterprise and no other; a second person of the firm gets a second account."""
    enterprise_id = store.one("green")
    for number in (1, 2):
        code = invite_enterprise(store.database, enterprise_id, "告知1号", "served", "anna", store.clock)
        account = accept(store.database, code, PASSWORD, store.clock)
        assert enterprise_id.casefold() + ("" if number == 1 else "-2") == account
        token = log_in(store.database, account, PASSWORD, "", store.clock).token
        with store.database.read() as connection:
            person = person_of(connection, token, store.clock())
        assert person and (enterprise_id,) == person.enterprises and () == person.desk
    with pytest.raises(SiseError, match="invitation_without_document"):
        invite_enterprise(store.database, enterprise_id, " ", "x", "anna", store.clock)
    with pytest.raises(SiseError, match="enterprise_unknown"):
        invite_enterprise(store.database, "nobody", "1", "x", "anna", store.clock)


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaa", "my name is bert!", "x" * 201])
def test_a_weak_password_is_refused_and_the_code_stays(store: StoreHarness, weak: str) -> None:
    """Too short, too long, too much alike, or the account's own name."""
    code = invite_account(store.database, "bert", "test", "anna", store.clock)
    secret = new_secret()
    typed = digits_of(secret, store)
    with pytest.raises(SiseError, match="password_weak"):
        accept(store.database, code, weak, store.clock, secret, typed)
    with store.database.read() as connection:
        assert "bert" == open_invitation(connection, code, store.clock).account


def test_nobody_invites_himself(store: StoreHarness) -> None:
    """A stolen command line gives nobody his own new password."""
    with pytest.raises(SiseError, match="invitation_to_oneself"):
        invite_account(store.database, "anna", "x", "anna", store.clock)
