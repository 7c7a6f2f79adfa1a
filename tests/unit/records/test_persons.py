"""Natural persons are refused whatever a map says, and nothing of them is kept."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from scoring.records import SourceSpec, read_sources

COMPANY = "91350100M000100Y43"
HEADER = "CF_XDR_MC,CF_XDR_LB,CF_XDR_SHXYM,CF_WSH,CF_CFLB,CF_NR_FK,CF_JDRQ,CF_CFJG\n"


def refused(folder: Path) -> list[dict[str, str]]:
    with (folder / "rejects.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def canonical(tmp_path: Path, records: str) -> list[dict[str, str]]:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "enterprises.csv").write_text(
        f"enterprise_id,name\n{COMPANY},甲公司\n", encoding="utf-8"
    )
    (tmp_path / "in" / "records.csv").write_text(f"record_id,enterprise_id,kind\n{records}", encoding="utf-8")
    (tmp_path / "out").mkdir()
    read_sources([SourceSpec("canonical", tmp_path / "in")], tmp_path / "out")
    return refused(tmp_path / "out")


@pytest.mark.parametrize(
    "number",
    [
        "330802199001011234",
        "11010519491231002X",
        "11010519491231002x",
        "330802900101123",
        "demo:330802199001011234",
        "３３０８０２１９９００１０１１２３４",
    ],
)
def test_identity_numbers_are_no_enterprises(number: str, tmp_path: Path) -> None:
    """An enterprise id that is an identity number, old or new, wide or with a scheme, is refused and not repeated anywhere."""
    rows = canonical(tmp_path, f"R,{number},complaint\n")
    assert [("natural_person", "")] == [(row["code"], row["value"]) for row in rows]
    assert number[-12:].encode() not in b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())


@pytest.mark.parametrize("code", ["913101201208254566", "330802199013011234", "330802000012345", COMPANY])
def test_codes_of_enterprises_are_not_taken_for_persons(code: str, tmp_path: Path) -> None:
    """A code with a right check character in which a birthday could stand, and numbers without one, are no persons."""
    assert "natural_person" not in [row["code"] for row in canonical(tmp_path, f"R,{code},complaint\n")]


def test_refused_values_hide_identity_numbers(tmp_path: Path) -> None:
    """A number inside another refused value is left out of the rejects too; malformed rows keep no text at all."""
    rows = canonical(
        tmp_path, f"R,{COMPANY},330802199001011234\nS,张三330802199001011234号,complaint\nT,李某\n"
    )
    assert ["2 / 3", "", ""] == sorted((row["value"] for row in rows), reverse=True)


@pytest.mark.parametrize(
    ("category", "kept"),
    [
        ("法人及非法人组织", 1),
        (" 个体工商户　", 1),
        ("自然人", 0),
        ("自然人 ", 0),
        ("个人", 0),
        ("公民", 0),
        ("", 0),
        ("其他", 0),
    ],
)
def test_only_listed_organisations_pass(category: str, kept: int, tmp_path: Path) -> None:
    """A party of the national template passes if its category is that of an organisation; else, blank or unknown, it is refused."""
    (tmp_path / "in").mkdir()
    row = f"某某,{category},{COMPANY},衢市监罚〔2024〕1号,罚款,0.2,2024-03-01,市监局\n"
    (tmp_path / "in" / "penalties.csv").write_text(HEADER + row, encoding="utf-8")
    (tmp_path / "out").mkdir()
    intake = read_sources([SourceSpec("shuanggong", tmp_path / "in")], tmp_path / "out")
    assert (kept, kept) == (intake.n_records, intake.n_enterprises)
    assert ["natural_person"] * (1 - kept) == [one["code"] for one in refused(tmp_path / "out")]
