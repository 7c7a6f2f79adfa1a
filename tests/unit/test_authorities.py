"""The register of authorities: who is meant by a spelling, who exercises a power, and what a register may not say."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

import duckdb
import pytest

from scoring.analysis.synthetic.histories import AUTHORITIES
from scoring.entities.authorities import faults, holder, name_key, office_of, read_register, register
from scoring.records.map.document_numbers import CLOSING, OPENING, document_key
from scoring.records.map.identifiers import BLANKS, FULL_WIDTH
from scoring.rules import shipped_table

MARKET, HOUSING = "330802-market", "330802-housing"


def test_every_authority_of_the_demonstration_is_known() -> None:
    """Each office that the made-up district writes has its entry, with a number that nobody has."""
    known = [register().authorities[str(office_of(name))] for name in AUTHORITIES]
    assert len(AUTHORITIES) == len({entry.code for entry in known})
    assert {True} == {entry.fictitious and "虚构" in entry.name["zh"] for entry in known}
    assert {"0570-0000"} == {entry.telephone[:9] for entry in known}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("柯城区虚构市场监管局", MARKET),
        (" 柯城区　虚构市场监管局 ", MARKET),
        ("柯城区虚构市场监督管理局", MARKET),
        ("柯城区市场监管局", None),
        ("", None),
        (None, None),
    ],
)
def test_a_spelling_leads_to_its_office(written: str | None, code: str | None) -> None:
    """Blanks and aliases do not matter, and a name that is not entered is nobody's."""
    assert code == office_of(written)


def test_names_are_compared_as_document_numbers_are() -> None:
    """Python and SQL give every character of width, bracket and blank the same form."""
    texts = [f"甲{letter}乙" for letter in (*FULL_WIDTH, *OPENING, *CLOSING, *BLANKS, "aB〔1〕")]
    with duckdb.connect() as connection:
        query = f"SELECT t, {document_key('t')} FROM (SELECT unnest(?) AS t)"
        rows = connection.execute(query, [texts]).fetchall()
    assert dict(rows) == {text: name_key(text) for text in texts}


@pytest.mark.parametrize(
    ("field", "office", "day", "code"),
    [
        ("construction", HOUSING, date(2025, 6, 30), HOUSING),
        ("construction", HOUSING, date(2025, 7, 1), "330802-enforcement"),
        ("fire", HOUSING, date(2026, 1, 1), HOUSING),
        (None, HOUSING, date(2026, 1, 1), HOUSING),
        ("food", "330802-market-jinfeng", date(2027, 12, 31), "330802-jinfeng"),
        ("food", "330802-market-jinfeng", date(2028, 1, 1), "330802-market-jinfeng"),
    ],
    ids=["before", "from the day on", "other field", "no field", "last day", "over"],
)
def test_a_power_is_where_it_was_handed(field: str | None, office: str, day: date, code: str) -> None:
    """A power is exercised by whom it was handed to, from its first to its last day."""
    assert code == holder(field, office, day)


def test_a_circle_of_powers_ends() -> None:
    """Two bodies that hand a power to each other leave it where it was."""
    table = changed(powers=[power("a", "b"), power("b", "a")])
    assert "a" == read_register(table).holder("food", "a", date(2026, 1, 1))


def power(body: str, to: str, **changes: Any) -> dict[str, Any]:
    """A power handed on from 2025."""
    return {"of": body, "field": "food", "from": date(2025, 1, 1), "to": to, "document": "虚政发", **changes}


def changed(powers: Any = (), **entry: Any) -> dict[str, Any]:
    """A register of two bodies, the first with some changes."""
    shared = deepcopy(shipped_table("authorities")["every"])
    body = {"area": "330802", "telephone": "0570-0000000", "address": {"zh": "路", "en": "road"}}
    bodies = {"a": {"zh": "甲", "en": "A", **body, **entry}, "b": {"zh": "乙", "en": "B", **body}}
    return {"every": shared, "authorities": bodies, "powers": list(powers)}


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (changed(phone="1"), "register_unknown_key"),
        (changed() | {"bodies": {}}, "register_unknown_key"),
        (changed(address={"zh": "路"}), "register_bad_value"),
        (changed(aliases=["乙"]), "register_name_twice"),
        (changed(fields=["foods"]), "register_unknown_field"),
        (changed(powers=[power("a", "c")]), "register_unknown_body"),
        (changed(powers=[power("a", "b", field="foods")]), "register_unknown_field"),
        (
            changed(powers=[power("a", "b"), power("a", "b", **{"from": date(2026, 1, 1)})]),
            "register_power_twice",
        ),
        (changed(powers=[{"of": "a"}]), "register_missing_key"),
    ],
)
def test_a_wrong_register_is_refused_in_words(table: dict[str, Any], code: str) -> None:
    """Unknown keys, names twice and powers of or to nobody are refused by sentences of both languages."""
    first = next(faults(table))
    with pytest.raises(ValueError, match="Register"):
        read_register(table)
    assert (code, True) == (first.sentence_id, bool(first.zh and first.en))


def test_a_good_register_has_no_fault() -> None:
    """The shipped register and the one of the tests are good, and two publishers are one too many."""
    table = changed(publisher=True)
    table["authorities"]["b"]["publisher"] = True
    assert ([], []) == (list(faults(shipped_table("authorities"))), list(faults(changed())))
    assert ["register_publishers"] == [fault.sentence_id for fault in faults(table)]
