"""The ledger names what was planted, where, once; and the rows it names are as it says."""

from __future__ import annotations

from itertools import chain

import pandas as pd
import pytest

from scoring.analysis.synthetic import DistrictPlan, generate
from scoring.analysis.synthetic.district import Tables
from scoring.analysis.synthetic.traps import PECULIARITIES, TRAPS
from scoring.entities import MAX_AMOUNT_FEN, RECORD_COLUMNS

AS_OF = pd.Timestamp(DistrictPlan().as_of)
BY_ENTERPRISE = {"gone", "thin_file", "early_code"}


def _planted(district: Tables, trap: str) -> pd.DataFrame:
    _, records, ledger = district
    return records[records["record_id"].isin(ledger.loc[ledger["trap"] == trap, "record_id"])]


def test_the_table_names_canonical_columns_alone() -> None:
    """A column that no record has would be left out without a word; and the amount above the bound is above it."""
    rows = chain.from_iterable(trap.rows for trap in TRAPS)
    named = set(chain.from_iterable(row.values for row in rows))
    assert set() == named - set(RECORD_COLUMNS)
    assert BY_ENTERPRISE == set(PECULIARITIES)
    (too_large,) = (trap for trap in TRAPS if trap.name == "amount_too_large")
    assert MAX_AMOUNT_FEN < int(too_large.rows[0].values["amount_fen"] or 0)


@pytest.mark.parametrize("size", [300, 20_000])
def test_every_trap_is_planted(size: int) -> None:
    """A small and a large district hold every trap of the table and those of the enterprises."""
    ledger = next(generate(DistrictPlan(enterprises=size)))[2]
    assert {trap.name for trap in TRAPS} | BY_ENTERPRISE == set(ledger["trap"])


def test_ledger_ids_exist(district: Tables) -> None:
    """Every enterprise and record of the ledger exists, but for the enterprise planted as unknown."""
    enterprises, records, ledger = district
    known = ledger[ledger["trap"] != "unknown_enterprise"]
    assert set() == set(known["enterprise_id"]) - set(enterprises["enterprise_id"])
    assert set() == set(ledger["record_id"].dropna()) - set(records["record_id"])
    assert not ledger["record_id"].dropna().duplicated().any()
    assert BY_ENTERPRISE == set(ledger.loc[ledger["record_id"].isna(), "trap"])


def test_record_ids_repeat_only_where_planted(district: Tables) -> None:
    """A record id occurs twice only for versions, duplicates and conflicts."""
    repeated = {trap.name for trap in TRAPS if {row.same_id_as for row in trap.rows} != {None}}
    _, records, ledger = district
    twice = records.loc[records["record_id"].duplicated(), "record_id"]
    assert repeated == {"duplicate", "conflict", "restored_version", "review_upheld_version"}
    assert repeated == set(ledger.loc[ledger["record_id"].isin(twice), "trap"])
    assert len(twice) == ledger["record_id"].isin(twice).sum()


def test_enterprises_of_the_ledger_are_as_it_says(district: Tables) -> None:
    """Those called gone are revoked, deregistered or moved; those called thin have no record."""
    enterprises, records, ledger = district
    status = enterprises[enterprises["known_until"].isna()].set_index("enterprise_id")["status"]
    gone = ledger.loc[ledger["trap"] == "gone", "enterprise_id"]
    thin = ledger.loc[ledger["trap"] == "thin_file", "enterprise_id"]
    assert {"revoked", "deregistered", "moved"} == set(status[gone])
    assert not thin.isin(records["enterprise_id"]).any()


def test_dates_of_traps_lie_on_their_edges(district: Tables) -> None:
    """The traps of a day are planted on the very day, not somewhere near it."""
    edges = {
        "restored": ("restored_on", 0),
        "withdrawn_tomorrow": ("withdrawn_on", 1),
        "not_known": ("known_on", 1),
        "expired": ("publish_until", -1),
        "last_day": ("publish_until", 0),
        "final_today": ("final_on", 0),
        "final_tomorrow": ("final_on", 1),
    }
    got = {
        trap: (column, (_planted(district, trap)[column] - AS_OF).dt.days.unique().tolist())
        for trap, (column, _) in edges.items()
    }
    assert {trap: (column, [days]) for trap, (column, days) in edges.items()} == got


def test_a_listing_names_the_penalty_that_caused_it(district: Tables) -> None:
    """The planted listings bear the number and the authority of the penalty on the same enterprise."""
    rows = _planted(district, "same_act_listing")
    listing = rows[rows["kind"] == "serious_violation_listing"].set_index("enterprise_id").sort_index()
    penalty = rows[rows["kind"] == "administrative_penalty"].set_index("enterprise_id").sort_index()
    assert penalty["document_no"].tolist() == listing["basis_document_no"].tolist()
    assert penalty["authority"].tolist() == listing["authority"].tolist()


def test_a_branch_record_is_booked_on_the_legal_person(district: Tables) -> None:
    """The ledger names the parent of the branch that has the record."""
    enterprises, records, ledger = district
    lines = ledger[ledger["trap"] == "branch_record"].set_index("record_id")
    rows = records[records["record_id"].isin(lines.index)].set_index("record_id")
    parent = enterprises.drop_duplicates("enterprise_id").set_index("enterprise_id")["parent_id"]
    assert lines["enterprise_id"].to_dict() == rows["enterprise_id"].map(parent).to_dict()


def test_the_day_moves_the_traps() -> None:
    """With another day the expired record ends on the day before that one."""
    plan = DistrictPlan(enterprises=300, as_of=AS_OF.date().replace(year=2025))
    rows = _planted(next(generate(plan)), "expired")
    assert ["2025-09-29"] == rows["publish_until"].dt.strftime("%Y-%m-%d").tolist()
