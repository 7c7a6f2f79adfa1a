"""The records follow their tables: every kind and field, the planned shares, codes from the closed lists, and risk."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.analysis.synthetic import DistrictPlan, generate
from scoring.analysis.synthetic.district import Tables
from scoring.analysis.synthetic.enterprises import make_enterprises
from scoring.analysis.synthetic.histories import make_records
from scoring.analysis.synthetic.places import ENTITY_TYPES, FIELDS, INDUSTRIES
from scoring.analysis.synthetic.plan import chunks
from scoring.analysis.synthetic.streams import STREAMS
from scoring.entities import CODED_COLUMNS, MAX_AMOUNT_FEN, RECORD_COLUMNS, codes

OWN_KINDS = [kind for kind, row in codes()["kinds"].items() if "scheme" not in row]


def test_the_tables_cover_the_closed_lists() -> None:
    """Each kind has one place in the tables, but those of other schemes and of partners; shares add up to one."""
    assert sorted(OWN_KINDS) == sorted([*(stream.kind for stream in STREAMS), "mending_check", "succession"])
    assert sorted(codes()["fields"]) == sorted(FIELDS)
    assert pytest.approx(1) == sum(stream.share for stream in STREAMS)
    assert pytest.approx(1) == sum(entity.share for entity in ENTITY_TYPES)
    assert pytest.approx(1) == sum(industry.share for industry in INDUSTRIES)


def test_every_kind_and_field_occurs_even_in_a_tiny_district(district: Tables) -> None:
    """All kinds and all fields occur, in the default district and in one of 300 enterprises."""
    for records in (district[1], next(generate(DistrictPlan(enterprises=300)))[1]):
        assert set(OWN_KINDS) <= set(records["kind"])
        assert set(codes()["fields"]) == set(records["field"])


def test_codes_are_of_the_closed_lists_but_for_the_planted_ones(district: Tables) -> None:
    """Rows with a code outside its list are exactly those the ledger expects to be rejected for it."""
    _, records, ledger = district
    unknown = np.zeros(len(records), dtype=bool)
    for column, table in CODED_COLUMNS.items():
        if column in RECORD_COLUMNS:
            unknown |= (records[column].notna() & ~records[column].isin(list(codes()[table]))).to_numpy()
    assert set(ledger.loc[ledger["expect"] == "rejected:unknown_code", "record_id"]) == set(
        records.loc[unknown, "record_id"]
    )


def test_amounts_out_of_bounds_are_the_planted_ones(district: Tables) -> None:
    """Rows with a negative or too large amount are exactly those the ledger expects to be rejected for it."""
    _, records, ledger = district
    outside = (records["amount_fen"] < 0) | (records["amount_fen"] > MAX_AMOUNT_FEN)
    planted = ledger.loc[
        ledger["expect"].isin(["rejected:bad_amount", "rejected:amount_too_large"]), "record_id"
    ]
    assert set(planted) == set(records.loc[outside.fillna(False), "record_id"])


@pytest.mark.parametrize(
    ("column", "code", "share", "within"),
    [
        ("kind", "inspection", 0.465, 0.03),
        ("kind", "administrative_penalty", 0.055, 0.01),
        ("kind", "licence", 0.08, 0.01),
    ],
)
def test_shares_of_records_are_as_planned(
    district: Tables, column: str, code: str, share: float, within: float
) -> None:
    """Inspections lead, licences and penalties have their shares, within a tolerance."""
    assert pytest.approx(share, abs=within) == (district[1][column] == code).mean()


def test_ten_records_an_enterprise_and_few_without_any(district: Tables) -> None:
    """The plan's average holds within 5 %, and 2–6 % of the enterprises have no record."""
    enterprises, records, _ = district
    ids = enterprises["enterprise_id"].unique()
    assert pytest.approx(10, rel=0.05) == len(records) / len(ids)
    assert 0.02 < 1 - np.isin(ids, records["enterprise_id"].unique()).mean() < 0.06


def test_records_follow_the_latent_risk() -> None:
    """The worst 2 % of the enterprises hold far more penalties and failed visits than the best 12 %."""
    chunk = next(chunks(DistrictPlan(enterprises=5_000)))
    _, firms = make_enterprises(chunk)
    records = make_records(chunk, firms)
    risk = dict(zip(firms.id, firms.risk, strict=True))
    of_record = records["enterprise_id"].map(risk)
    low, high = np.quantile(firms.risk, [0.12, 0.98])
    penalties, visits = records["kind"] == "administrative_penalty", records["kind"] == "inspection"
    has_findings = records["severity"].notna()
    per_firm = [
        (penalties & side).sum() / share
        for side, share in ((of_record > high, 0.02), (of_record < low, 0.12))
    ]
    failed = [has_findings[visits & side].mean() for side in (of_record > high, of_record < low)]
    assert per_firm[0] > 10 * per_firm[1]
    assert failed[0] > 5 * failed[1]


def test_nothing_happens_before_registration(district: Tables) -> None:
    """Base dates of records lie between registration and the day, but for the rows planted otherwise."""
    enterprises, records, ledger = district
    plain = records[~records["record_id"].isin(ledger["record_id"])]
    registered = plain["enterprise_id"].map(
        enterprises.drop_duplicates("enterprise_id").set_index("enterprise_id")["registered_on"]
    )
    base = plain["decided_on"].fillna(plain["occurred_on"])
    assert (base >= registered).all()
    assert base.max().date() <= DistrictPlan().as_of
