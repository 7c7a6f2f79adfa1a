"""Versions, conflicts, acts, branches and ids: what clustering decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stdnum.cn import uscc

import scoring.records.link.cluster as cluster
from scoring.errors import InputError
from scoring.records import Intake, SourceSpec, read_sources, write_tables

A, B, BRANCH = "91350100M000100Y43", "91230500MA1B3N1N2M", "91350100M000100Y51"
EARLY = ["91350100M0001TGQXM", "91350211M0000XUF46", "91350203M0001FUE2P"]
"""Codes that were issued early and fail the check digit (domain.md 6)."""
Rows = list[dict[str, object]]


def record(record_id: str, known: str | None = "2024-02-01", **more: object) -> dict[str, object]:
    base: dict[str, object] = {
        "record_id": record_id,
        "enterprise_id": A,
        "kind": "administrative_penalty",
        "decided_on": "2024-01-20",
    }
    row = base | {"known_on": known} | more
    return {
        name: date.fromisoformat(str(v)) if name.endswith("_on") and v is not None else v
        for name, v in row.items()
    }


def run(out: Path, records: Rows, enterprises: Rows | None = None) -> tuple[Intake, Rows]:
    names = list(dict.fromkeys(name for row in records for name in row))
    table = pa.Table.from_pylist([{name: row.get(name) for name in names} for row in records])
    given = enterprises or [{"enterprise_id": A, "name": "甲"}, {"enterprise_id": B, "name": "乙"}]
    everyone = pa.Table.from_pylist([{"parent_id": None} | row for row in given])
    intake = write_tables(everyone, table, out)
    counts = next(iter(intake.sources.values()))
    assert counts.rows_in == counts.accepted + counts.rejected + counts.merged + counts.out_of_scope
    return intake, pq.read_table(intake.records).to_pylist()


def pick(rows: Rows, *names: str) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


def test_later_version_closes_the_earlier(tmp_path: Path) -> None:
    """A correction ends the belief in what it corrects on the day it is known."""
    _, rows = run(
        tmp_path, [record("R", "2024-03-01", amount_fen=5), record("R", "2024-02-01", amount_fen=9)]
    )
    assert [(9, date(2024, 3, 1)), (5, None)] == pick(rows, "amount_fen", "known_until")


def test_a_correction_may_move_a_record_to_another_enterprise(tmp_path: Path) -> None:
    """A record that was booked on the wrong enterprise leaves it when the correction is known."""
    _, rows = run(tmp_path, [record("R"), record("R", "2024-03-01", enterprise_id=B)])
    assert [(B, None), (A, date(2024, 3, 1))] == pick(rows, "enterprise_id", "known_until")


def test_equal_rows_are_merged_whatever_their_source(tmp_path: Path) -> None:
    """The same content twice is one record; the count says so, and the first source in order of name is kept."""
    intake, rows = run(tmp_path, [record("R", source="b"), record("R", source="a")])
    assert [("a",)] == pick(rows, "source")
    assert 1 == next(iter(intake.sources.values())).merged


def test_contradictions_are_all_refused(tmp_path: Path) -> None:
    """Two contents on one day: nobody knows which is right, so neither is taken; the other record stays."""
    intake, rows = run(tmp_path, [record("R", amount_fen=1), record("R", amount_fen=2), record("S")])
    assert [("S",)] == pick(rows, "record_id")
    assert {"conflict": 2} == next(iter(intake.sources.values())).rejected_by


def test_conflict_across_sources(tmp_path: Path) -> None:
    """Two sources that contradict each other on one record lose it both, each with its own count."""
    for name, amount in (("one", "1"), ("two", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "enterprises.csv").write_text(f"enterprise_id,name\n{A},甲\n", encoding="utf-8")
        (tmp_path / name / "records.csv").write_text(
            f"record_id,enterprise_id,kind,amount_fen\nR,{A},tax_arrears,{amount}\nS,{A},tax_arrears,3\n",
            encoding="utf-8",
        )
    (tmp_path / "out").mkdir()
    intake = read_sources(
        [SourceSpec("canonical", tmp_path / name) for name in ("one", "two")], tmp_path / "out"
    )
    first, second = intake.sources.values()
    assert (2, 1, 0, 0, 1, 2) == (
        first.accepted,
        first.rejected,
        first.merged,
        second.accepted,
        second.rejected,
        second.merged,
    )
    assert ["S"] == pq.read_table(intake.records)["record_id"].to_pylist()


@pytest.mark.parametrize("number", ["无", "/", "0", "暂无", "-", "空", "", "000000", None])
def test_nothing_is_merged_for_want_of_a_number(number: str | None, tmp_path: Path) -> None:
    """Penalties without a number are acts of their own."""
    _, rows = run(
        tmp_path,
        [record("R", document_no=number, authority="局"), record("S", document_no=number, authority="局")],
    )
    assert [("R", 0), ("S", 0)] == pick(rows, "act_id", "act_rank")


def test_one_act_in_two_spellings_is_ranked(tmp_path: Path) -> None:
    """Width, case, blanks and brackets of a number do not make two acts; the graver record comes first, the text stays as it was."""
    _, rows = run(
        tmp_path,
        [
            record("R", document_no="衢市监罚〔2024〕a１ 号", authority="市监局", severity="minor"),
            record("S", document_no="衢市监罚(2024)A1号", authority="市监局", severity="serious"),
        ],
    )
    assert [("市监局|衢市监罚[2024]A1号", 2), ("市监局|衢市监罚[2024]A1号", 1)] == pick(
        rows, "act_id", "act_rank"
    )
    assert "衢市监罚〔2024〕a１ 号" == rows[0]["document_no"]


def test_two_visits_stay_two_with_one_number(tmp_path: Path) -> None:
    """Inspections are never one act for their number, and versions of one record never several."""
    visit = {"kind": "inspection", "document_no": "衢检〔2024〕1号"}
    _, rows = run(
        tmp_path,
        [record("R", **visit), record("S", **visit), record("S", "2024-05-01", severity="minor", **visit)],
    )
    assert [("R", 0), ("S", 0), ("S", 0)] == pick(rows, "act_id", "act_rank")


def test_records_that_name_anothers_id_as_act(tmp_path: Path) -> None:
    """A given act id that is another record's own id makes both one act."""
    _, rows = run(tmp_path, [record("R"), record("S", act_id="R", severity="minor")])
    assert [("R", "R", 2), ("S", "R", 1)] == pick(rows, "record_id", "act_id", "act_rank")


def test_a_number_without_an_authority_makes_no_act(tmp_path: Path) -> None:
    """Two offices count their decisions from 1: a number alone joins nothing."""
    _, rows = run(
        tmp_path, [record("R", document_no="罚〔2024〕7号"), record("S", document_no="罚〔2024〕7号")]
    )
    assert [("R", 0), ("S", 0)] == pick(rows, "act_id", "act_rank")


@pytest.mark.parametrize("slight", ["rectification_order", "inspection_refusal"])
def test_an_order_never_displaces_a_penalty(slight: str, tmp_path: Path) -> None:
    """Of one act the decision or listing counts, however grave an order or refusal of the same number calls itself."""
    act = {"document_no": "罚〔2024〕7号", "authority": "市监局"}
    _, rows = run(
        tmp_path, [record("P", severity="minor", **act), record("O", kind=slight, severity="serious", **act)]
    )
    assert [("O", 2), ("P", 1)] == pick(rows, "record_id", "act_rank")


@pytest.mark.parametrize(
    ("office", "act"), [("市监局", "市监局|罚[2024]7号"), ("信用办", "市监局|罚[2024]7号")]
)
def test_listing_takes_the_act_of_its_penalty(office: str, act: str, tmp_path: Path) -> None:
    """A listing belongs to the decision it rests on, under the same authority or, if that is unique, another."""
    _, rows = run(
        tmp_path,
        [
            record("P", document_no="罚〔2024〕7号", authority="市监局"),
            record("L", kind="serious_violation_listing", basis_document_no="罚[2024]7号", authority=office),
        ],
    )
    assert [("L", act, 1), ("P", act, 2)] == pick(rows, "record_id", "act_id", "act_rank")


def test_branch_records_come_under_the_legal_person(tmp_path: Path) -> None:
    """A branch's record is written a second time for its parent, marked, with an id of its own; counts are of rows that came in."""
    enterprises: Rows = [
        {"enterprise_id": A, "name": "甲"},
        {"enterprise_id": BRANCH, "name": "甲分", "parent_id": A},
    ]
    intake, rows = run(tmp_path, [record("R", enterprise_id=BRANCH), record("S")], enterprises)
    assert [(A, f"R@{BRANCH}", "branch"), (A, "S", None), (BRANCH, "R", None)] == pick(
        rows, "enterprise_id", "record_id", "scope"
    )
    assert (3, 2, 4) == (
        intake.n_records,
        *(getattr(next(iter(intake.sources.values())), n) for n in ("records", "accepted")),
    )


def test_undated_records_are_accepted(tmp_path: Path) -> None:
    """A record without any date needs no known_on."""
    intake, rows = run(tmp_path, [record("R", None, decided_on=None)])
    assert [("R", None)] == pick(rows, "record_id", "known_on")
    assert 0 == next(iter(intake.sources.values())).rejected


def test_early_codes_warn_and_are_accepted(tmp_path: Path) -> None:
    """Genuine codes that fail the check digit are taken in and counted."""
    everyone: Rows = [{"enterprise_id": code, "name": "甲"} for code in [A, *EARLY]]
    intake, _ = run(tmp_path, [record("R", severity="minor")], everyone)
    assert (4, {"uscc_check_digit": 3}) == (
        intake.n_enterprises,
        next(iter(intake.sources.values())).warnings,
    )


def test_check_digits_are_those_of_the_standard(tmp_path: Path) -> None:
    """Over many codes, the warning says what python-stdnum says."""
    codes = [f"91330802MA{n:07d}{digit}" for n in range(40) for digit in uscc._alphabet]
    intake, _ = run(
        tmp_path,
        [record("R", enterprise_id=codes[0], severity="minor")],
        [{"enterprise_id": code, "name": "甲"} for code in codes],
    )
    expected = sum(uscc.calc_check_digit(code) != code[-1] for code in codes)
    assert {"uscc_check_digit": expected} == next(iter(intake.sources.values())).warnings


def test_ids_are_normalised(tmp_path: Path) -> None:
    """Blanks, full width and small letters of a code do not make another enterprise."""
    wide = "".join(chr(ord(c) + 0xFEE0) for c in A.lower())
    _, rows = run(tmp_path, [record("R", enterprise_id=f" {wide}　")])
    assert [(A,)] == pick(rows, "enterprise_id")


def test_too_many_records_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An enterprise beyond the bound of exact sums is named; versions of one record count once."""
    monkeypatch.setattr(cluster, "MAX_RECORDS", 2)
    run(tmp_path, [record("R"), record("R", "2024-03-01", amount_fen=1), record("S")])
    with pytest.raises(InputError, match=f"{A} has 3 records"):
        run(tmp_path, [record("R"), record("S"), record("T")])
