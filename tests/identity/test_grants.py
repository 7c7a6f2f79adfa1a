"""Grants: given and taken back by another person, for areas and days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from stores import StoreHarness

from scoring.administration.identity.person import Person
from scoring.administration.identity.scope import holds, known_area, known_department
from scoring.entities.areas import members_of, read_areas
from scoring.errors import SiseError
from scoring.store.audit.verify import verify
from scoring.store.people.grants import (
    FUNCTIONS,
    ROLES,
    Grant,
    give_grant,
    grants_of,
    has_grants,
    withdraw_grant,
)
from scoring.store.tables.orm_access import DirectoryEntry


def give(store: StoreHarness, account: str, role: str, by: str = "anna", **more: object) -> int:
    """Gives a grant."""
    return give_grant(store.database, Grant(account, role, "test", **more), by, store.clock)  # type: ignore[arg-type]


def held(store: StoreHarness, account: str) -> list[str]:
    """The roles of an account today."""
    with store.database.read() as connection:
        return [grant.role for grant in grants_of(connection, account, store.day)]


def test_a_grant_holds_until_its_day_or_until_it_is_taken_back(store: StoreHarness) -> None:
    """A joint visit ends by itself; an appointment when somebody says so. Both stand in the log, which verifies."""
    give(store, "bert", "inspector", areas=frozenset({"330802"}), until=store.day + timedelta(days=3))
    number = give(store, "bert", "legal_reviewer")
    assert ["inspector", "legal_reviewer"] == held(store, "bert")
    with store.database.read() as connection:
        assert has_grants(connection)
    store.go_to(store.day + timedelta(days=2))
    assert ["inspector", "legal_reviewer"] == held(store, "bert")
    store.go_to(store.day + timedelta(days=1))
    assert ["legal_reviewer"] == held(store, "bert")
    withdraw_grant(store.database, number, "moved", "anna", store.clock)
    assert [] == held(store, "bert")
    with store.database.read() as connection:
        assert not verify(connection).findings


REFUSED = {
    "to oneself": ("anna", "inspector", "anna", {}, "grant_to_oneself"),
    "by nobody in charge": ("cleo", "inspector", "bert", {}, "grant_by_administrator"),
    "a second administrator by another": ("cleo", "admin", "bert", {}, "grant_by_administrator"),
    "no such role": ("bert", "king", "anna", {}, "role_unknown"),
    "no such account": ("zoe", "auditor", "anna", {}, "account_unknown"),
    "a firm without its enterprise": ("bert", "enterprise", "anna", {}, "grant_of_enterprise"),
    "an officer with an enterprise": (
        "bert",
        "inspector",
        "anna",
        {"enterprise_id": "x"},
        "grant_of_enterprise",
    ),
    "an auditor of an area": (
        "bert",
        "auditor",
        "anna",
        {"areas": frozenset({"330802"})},
        "grant_without_area",
    ),
    "a day that is over": ("bert", "inspector", "anna", {"until": date(2026, 9, 30)}, "grant_over"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_grant_that_is_none_changes_nothing(store: StoreHarness, case: str) -> None:
    """Each is refused with its reason, and nothing is written."""
    account, role, by, more, code = REFUSED[case]
    before = store.count("audit_event")
    with pytest.raises(SiseError, match=code):
        give(store, account, role, by, **more)
    assert before == store.count("audit_event")


def test_only_an_administrator_takes_back(store: StoreHarness) -> None:
    """Others are refused, unknown numbers too."""
    number = give(store, "bert", "inspector")
    for who, which, code in (("bert", number, "grant_by_administrator"), ("anna", 99, "grant_unknown")):
        with pytest.raises(SiseError, match=code):
            withdraw_grant(store.database, which, "x", who, store.clock)
    assert ["inspector"] == held(store, "bert")


AREAS = {
    "a district with its townships": (
        "330802",
        {"330802", "330802-T01", "330802-T18"},
        {"330803", "330899-Z1"},
    ),
    "a city with everything": ("330800", {"330802", "330881-T02", "330899-Z1"}, {"330902", "331000"}),
    "one township": ("330802-T01", {"330802-T01"}, {"330802", "330802-T011", "330802-T10"}),
    "a zone": ("330899-Z1", {"330899-Z1"}, {"330899-Z2", "330899"}),
}


@pytest.mark.parametrize("case", AREAS)
def test_an_area_holds_what_lies_in_it(store: StoreHarness, case: str) -> None:
    """By the code of the division, never by a part of a township's; the query says so on the database itself."""
    granted, inside, outside = AREAS[case]
    grant = Grant("x", "inspector", "x", areas=frozenset({granted}))
    with store.database.write() as connection:
        connection.execute(DirectoryEntry.__table__.delete())
        rows = [
            {"enterprise_id": area, "spelled": "", "area": area, "seq": 1, "visible_seq": 1}
            for area in sorted(inside | outside)
        ]
        connection.execute(DirectoryEntry.__table__.insert(), rows)
        held_by = select(DirectoryEntry.enterprise_id).where(holds([grant], DirectoryEntry.area))
        assert inside == set(connection.execute(held_by).scalars())


def test_whose_area_is_unknown_is_nobodys_but_of_who_has_all(store: StoreHarness) -> None:
    """A district's officer does not see who is supervised nowhere; no grant holds for nobody's."""
    with store.database.write() as connection:
        connection.execute(DirectoryEntry.__table__.delete())
        row = {"enterprise_id": "x", "spelled": "", "area": None, "seq": 1, "visible_seq": 1}
        connection.execute(DirectoryEntry.__table__.insert(), [row])
        of_a_district = Grant("x", "inspector", "x", areas=frozenset({"330802"}))
        for grants, expected in (([of_a_district], []), ([], []), ([Grant("x", "inspector", "x")], ["x"])):
            query = select(DirectoryEntry.enterprise_id).where(holds(grants, DirectoryEntry.area))
            assert expected == connection.execute(query).scalars().all()


def test_zones_hold_what_is_listed() -> None:
    """Members of members too; circles, unknown members and unknown keys are refused."""
    named = {"zh": "x", "en": "x"}
    zones = {"a": {**named, "holds": ["b", "330802-T01"]}, "b": {**named, "holds": ["330803"]}}
    known = read_areas({"areas": zones})
    assert ("a", "b", "330803", "330802-T01") == members_of("a", known)
    for wrong in ({"b": {**named, "holds": ["a"]}}, {"b": {**named, "holds": ["zz"]}}, {"b": {"zh": "x"}}):
        with pytest.raises(ValueError, match=r"areas\.toml"):
            read_areas({"areas": zones | wrong})


def test_ids_of_areas_and_departments_are_known_ones() -> None:
    """A typing error is refused before it grants nothing or too much."""
    assert ("330802-T07", "330802-market") == (known_area("330802-T07"), known_department("330802-market"))
    for check, wrong, code in (
        (known_area, "Kecheng", "grant_area"),
        (known_department, "market", "grant_depart"),
    ):
        with pytest.raises(SiseError, match=code):
            check(wrong)


def test_which_grants_hold_for_an_enterprise(store: StoreHarness) -> None:
    """Those of its area; of another area's and of nobody's enterprise none, by the same query."""
    with store.database.read() as connection:
        row = connection.execute(select(DirectoryEntry).where(DirectoryEntry.area.like("330802-T%"))).first()
        assert row is not None
        here, there = (
            Grant("x", role, "x", areas=frozenset({area}), number=number)
            for number, (role, area) in enumerate((("inspector", row.area), ("supervisor", "330881")))
        )
        person = Person("x", (here, there, Grant("x", "analyst", "x")))
        assert (here,) == person.covering(connection, row.enterprise_id)
        assert () == person.covering(connection, "no such enterprise")
        assert () == Person("x", (there,)).covering(connection, row.enterprise_id)


def test_every_role_has_its_words() -> None:
    """What a grant is called in both languages."""
    from scoring.rules.wording import both

    assert all(all(both(f"role_{role}").values()) for role in (*ROLES, *FUNCTIONS))
