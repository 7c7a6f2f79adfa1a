"""Codes, names and places are right in form and nobody's in fact."""

from __future__ import annotations

import stdnum.cn.uscc
from stdnum.exceptions import ValidationError

from scoring.analysis.synthetic.district import Tables
from scoring.analysis.synthetic.places import DISTRICTS
from scoring.entities import ENTERPRISE_COLUMNS

QUZHOU = {"330802", "330803", "330822", "330824", "330825", "330881"}


def _fails_check(code: str) -> bool:
    try:
        stdnum.cn.uscc.validate(code)
    except ValidationError:
        return True
    return False


def test_check_digits_hold_but_for_the_early_codes_of_the_ledger(district: Tables) -> None:
    """Exactly the codes that the ledger calls early fail the check digit of GB 32100-2015."""
    enterprises, _, ledger = district
    early = set(ledger.loc[ledger["trap"] == "early_code", "enterprise_id"])
    assert early == {code for code in enterprises["enterprise_id"].unique() if _fails_check(code)}
    assert early


def test_codes_lie_in_quzhou_with_a_fictional_body(district: Tables) -> None:
    """Characters 3–8 are a division of Quzhou and the body code begins with YY."""
    codes = district[0]["enterprise_id"]
    assert set(codes.str[2:8]) == QUZHOU == {d.code for d in DISTRICTS}
    assert set(codes.str[8:10]) == {"YY"}


def test_names_and_authorities_say_that_they_are_fictional(district: Tables) -> None:
    """Every enterprise and every authority carries the word 虚构."""
    enterprises, records, _ = district
    assert enterprises["name"].str.contains("虚构").all()
    assert records["authority"].str.contains("虚构").all()


def test_nothing_real_occurs(district: Tables, real_words: set[str]) -> None:
    """No code or name of the real records occurs in the district."""
    enterprises = district[0]
    assert set() == real_words & (set(enterprises["enterprise_id"]) | set(enterprises["name"]))


def test_branches_know_their_legal_person(district: Tables) -> None:
    """A branch, and nobody else, has a parent: a company of the same table, whose name it bears."""
    enterprises = district[0].drop_duplicates("enterprise_id").set_index("enterprise_id")
    branches = enterprises[enterprises["parent_id"].notna()]
    parents = enterprises.loc[branches["parent_id"]]
    assert {"branch"} == set(branches["entity_type"])
    assert {"company"} == set(parents["entity_type"])
    assert (parents["name"].to_numpy() + "分公司").tolist() == branches["name"].tolist()


def test_a_change_of_status_is_a_second_version(district: Tables) -> None:
    """An enterprise has one version, or two that join: active until the day on which the other status became known."""
    enterprises = district[0]
    assert list(ENTERPRISE_COLUMNS) == list(enterprises.columns)
    latest = enterprises[enterprises["known_until"].isna()].set_index("enterprise_id")
    before = enterprises[enterprises["known_until"].notna()]
    assert 20_000 == len(latest) == latest.index.nunique()
    assert {"active"} == set(before["status"])
    assert before["known_until"].tolist() == latest.loc[before["enterprise_id"], "known_on"].tolist()


def test_some_are_supervised_elsewhere_than_registered(district: Tables) -> None:
    """About 6 % of the enterprises are supervised by another division or a functional zone, and both zones occur."""
    enterprises = district[0]
    elsewhere = enterprises["supervised_by"].str[:6] != enterprises["district_code"]
    assert 0.04 < elsewhere.mean() < 0.08
    assert {"330899-Z1", "330899-Z2"} <= set(enterprises["supervised_by"])
