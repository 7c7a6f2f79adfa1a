"""Links of subjects with accounts: made and ended by another person, in the log, and by no name of a firm."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from stores import StoreHarness

from scoring.administration.identity.person import person_of
from scoring.administration.identity.provider_links import all_links, link_of, link_subject, unlink_subject
from scoring.administration.identity.provider_log_in import Assertion, log_in_by_provider
from scoring.administration.identity.sessions import begin_session
from scoring.errors import SiseError
from scoring.store.audit.verify import verify
from scoring.store.people.grants import Grant, give_grant
from scoring.store.tables.orm import AuditEvent


def events(store: StoreHarness, *kinds: str) -> list[dict[str, Any]]:
    """The log's entries of some kinds."""
    query = select(AuditEvent.payload).where(AuditEvent.kind.in_(kinds)).order_by(AuditEvent.seq)
    with store.database.read() as connection:
        return [json.loads(payload) for payload in connection.execute(query).scalars()]


def test_a_link_is_made_and_ended_by_another_person(store: StoreHarness) -> None:
    """It stands in the log without the subject; ended, it leads nowhere and the sessions of its account are over."""
    database, clock = store.database, store.clock
    assert "bert" == link_subject(database, " BERT ", "sso", "s-1", "anna", clock)
    link_subject(database, "bert", "zlb", "s-1", "anna", clock)
    token = begin_session(database, "bert", clock()).token
    assert 1 == unlink_subject(database, "bert", "sso", "s-1", "anna", clock)
    with database.read() as connection:
        known = link_of(connection, "sso", "s-1")
        assert known is not None and known.account is None
        assert [("zlb", "s-1", "bert")] == [tuple(link) for link in all_links(connection)]
        assert person_of(connection, token, clock()) is None
        assert not verify(connection).findings
    told = events(store, "subject linked", "subject unlinked")
    assert [("bert", "sso", 1), ("bert", "zlb", 2), ("bert", "sso", 3)] == [
        (event["account"], event["provider"], event["link"]) for event in told
    ]
    assert "s-1" not in json.dumps(told)
    link_subject(database, "cleo", "sso", "s-1", "anna", clock)


REFUSED = {
    "oneself": ("anna", "sso", "s-2", "anna", "link_to_oneself"),
    "by no administrator": ("bert", "sso", "s-2", "cleo", "link_by_administrator"),
    "no account": ("zoe", "sso", "s-2", "anna", "account_unknown"),
    "a firm's account": ("owner", "sso", "s-2", "anna", "link_of_firm"),
    "linked already": ("cleo", "sso", "s-1", "anna", "subject_linked_already"),
    "no provider": ("bert", "S S O", "s-2", "anna", "provider_name_invalid"),
    "no subject": ("bert", "sso", "", "anna", "subject_invalid"),
    "a subject with a blank": ("bert", "sso", "s 2", "anna", "subject_invalid"),
    "a subject that nobody sees": ("bert", "sso", "s\u200b2", "anna", "subject_invalid"),
    "a subject that is too long": ("bert", "sso", "s" * 256, "anna", "subject_invalid"),
}


@pytest.fixture
def linked(store: StoreHarness) -> StoreHarness:
    """A store where ``bert`` is linked and ``tester`` holds the account of a firm."""
    from scoring.store.people.accounts import add_account

    add_account(store.database, "owner", "", "anna", store.clock)
    grant = Grant("owner", "enterprise", "test", enterprise_id="x")
    give_grant(store.database, grant, "anna", store.clock)
    link_subject(store.database, "bert", "sso", "s-1", "anna", store.clock)
    return store


@pytest.mark.parametrize("case", REFUSED)
def test_a_link_that_may_not_be_changes_nothing(linked: StoreHarness, case: str) -> None:
    """Each is refused with its reason, and nothing is written."""
    name, provider, subject, by, code = REFUSED[case]
    before = linked.count("audit_event")
    with pytest.raises(SiseError, match=code):
        link_subject(linked.database, name, provider, subject, by, linked.clock)
    assert before == linked.count("audit_event")


def test_who_ends_a_link_is_an_administrator_and_names_its_account(linked: StoreHarness) -> None:
    """Others are refused, and so is a link that is another account's or none."""
    for name, subject, by, code in (
        ("bert", "s-1", "cleo", "link_by_administrator"),
        ("cleo", "s-1", "anna", "subject_not_linked"),
        ("bert", "s-9", "anna", "subject_not_linked"),
    ):
        with pytest.raises(SiseError, match=code):
            unlink_subject(linked.database, name, "sso", subject, by, linked.clock)


def test_the_link_of_a_firm_is_no_officers(linked: StoreHarness) -> None:
    """A subject that spells the link of a person and a firm leads to neither of them."""
    with linked.database.read() as connection:
        from scoring.store.tables.orm import Standing

        firm = str(connection.execute(select(Standing.enterprise_id)).scalars().first())
    boss = Assertion("sso", "boss", firm, has_second_factor=True)
    assert log_in_by_provider(linked.database, boss, None, linked.clock)
    for subject in (f"boss {firm}", "boss", firm, "", " boss"):
        with pytest.raises(SiseError, match="provider_not_linked"):
            log_in_by_provider(linked.database, Assertion("sso", subject), None, linked.clock)
    with pytest.raises(SiseError, match="provider_not_linked"):
        log_in_by_provider(linked.database, Assertion("sso", "a b", firm), None, linked.clock)
    with pytest.raises(SiseError, match="provider_not_linked"):
        log_in_by_provider(linked.database, Assertion("zlb", "boss"), None, linked.clock)
