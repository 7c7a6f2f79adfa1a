"""One contract of texts and days, whatever file they came from; identity numbers are masked and told."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.errors import InputError
from scoring.records import SourceSpec, read_sources
from scoring.records.intake import Intake
from scoring.records.read.text_contract import MASK
from scoring.records.read.typed_record import RecordReader

CODE = "91350100M000100Y43"
PERSON, OLD_PERSON = "11010519491231002X", "330802900101123"
TODAY = date(2026, 11, 28)
COLUMNS = "record_id,enterprise_id,kind,occurred_on,known_on,authority,document_no,officer_note"


def read(tmp_path: Path, row: str, name: str = "甲公司", today: date | None = TODAY) -> Intake:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    (folder / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},{name}\n", encoding="utf-8")
    (folder / "records.csv").write_text(f"{COLUMNS}\n{row}\n", encoding="utf-8")
    return read_sources([SourceSpec("canonical", folder)], out, today=today)


def outcome(intake: Intake) -> str:
    """The code of the rejection, or nothing."""
    return ",".join(next(iter(intake.sources.values())).rejected_by)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (PERSON, MASK),
        (f"张某（{PERSON.lower()}）", f"张某（{MASK}）"),
        (f"{OLD_PERSON}号", f"{MASK}号"),
        ("１１０１０５１９４９１２３１００２Ｘ", MASK),
        ("110105194912310021", "110105194912310021"),
        ("2026110100000000001", "2026110100000000001"),
        ("330802901301123", "330802901301123"),
        ("913101201208254566", "913101201208254566"),
        ("虚市监罚〔2026〕001635号", "虚市监罚〔2026〕001635号"),
    ],
)
@pytest.mark.parametrize("column", ["authority", "document_no", "officer_note"])
def test_identity_numbers_are_masked_in_any_text(text: str, masked: str, column: str, tmp_path: Path) -> None:
    """A number with place, day and check character of a person gives way to a mask; other numbers stay as they are."""
    cells = {"authority": "某局", "document_no": "1234号", "officer_note": ""} | {column: text}
    intake = read(tmp_path, f"R1,{CODE},complaint,2026-03-02,2026-03-05,{','.join(cells.values())}")
    row = pq.read_table(intake.records).to_pylist()[0]
    assert masked == row[column]
    assert (PERSON not in str(row)) and (OLD_PERSON not in str(row))
    told = [remark["en"] for remark in next(iter(intake.sources.values())).remarks]
    assert (
        ["records.csv: identity numbers of persons were masked in 1 rows"] if masked != text else []
    ) == told


def test_a_name_and_an_id_hold_no_identity_number(tmp_path: Path) -> None:
    """Neither the name of a sole trader nor an id that a map makes of a number keeps it, nor any file left behind."""
    intake = read(tmp_path, f"R-{PERSON},{CODE},complaint,,,,,", name=f"王某{PERSON}")
    assert [f"王某{MASK}"] == pq.read_table(intake.enterprises).column("name").to_pylist()
    assert [f"R-{MASK}"] == pq.read_table(intake.records).column("record_id").to_pylist()
    assert PERSON.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"R1,{CODE},complaint,2026-03-02,2026-03-05,某\x1b[2J局,,", "bad_text"),
        (f"R1,{CODE},complaint,2026-03-02,2026-03-05,,1\x7f号,", "bad_text"),
        (f"R1,{CODE},complaint,2026-03-02,2026-03-05,{'局' * 201},,", "bad_text"),
        (f"R1,{CODE},complaint,2026-03-02,2026-03-05,{'局' * 200},,", ""),
        (f'R1,{CODE},complaint,2026-03-02,2026-03-05,,,"一\n二\t三"', ""),
        (f"R1,{CODE},complaint,2026-03-02,2026-03-01,,,", "known_before"),
        (f"R1,{CODE},complaint,2026-11-28,2026-11-28,,,", ""),
        (f"R1,{CODE},complaint,2026-11-28,2026-11-29,,,", "day_ahead"),
        (f"R1,{CODE},complaint,2026-11-29,2026-11-29,,,", "day_ahead"),
        (f"R1,{CODE},complaint,2026-12-30,2020-01-01,,,", "day_ahead"),
    ],
)
def test_texts_and_days_keep_the_contract(row: str, code: str, tmp_path: Path) -> None:
    """No control characters but line breaks, at most 200 characters, nothing after today or known before it happened."""
    assert code == outcome(read(tmp_path, row))


def test_names_keep_the_contract(tmp_path: Path) -> None:
    """A name of 100,000 characters or with commands to a terminal is refused with its row."""
    assert "bad_text" in outcome(read(tmp_path, f"R1,{CODE},complaint,,,,,", name="甲" * 100_000))


def test_without_a_clock_any_day_may_be(tmp_path: Path) -> None:
    """Whoever gives no day of the clock may read what lies ahead, as a simulation does."""
    assert not outcome(read(tmp_path, f"R1,{CODE},complaint,2027-01-02,2027-01-03,,,", today=None))


def test_assumed_days_may_lie_ahead(tmp_path: Path) -> None:
    """A decision of yesterday is not refused because its day of knowing is assumed to be a week later."""
    folder = tmp_path / "in"
    folder.mkdir()
    header = "CF_XDR_MC,CF_XDR_LB,CF_XDR_SHXYM,CF_WSH,CF_CFLB,CF_NR_FK,CF_JDRQ,CF_CFJG\n"
    row = f"甲公司,法人及非法人组织,{CODE},虚〔2026〕1号,罚款,0.2,2026-11-27,市监局\n"
    (folder / "penalties.csv").write_text(header + row, encoding="utf-8")
    (tmp_path / "out").mkdir()
    intake = read_sources([SourceSpec("shuanggong", folder)], tmp_path / "out", today=TODAY)
    assert [date(2026, 12, 4)] == pq.read_table(intake.records).column("known_on").to_pylist()


def test_what_is_typed_in_keeps_the_contract() -> None:
    """A record that a person types keeps to the same: control characters are refused, identity numbers masked."""
    reader = RecordReader()
    row = {"record_id": "R", "enterprise_id": CODE, "kind": "complaint"}
    assert f"来电人{MASK}" == reader.read(row | {"officer_note": f"来电人{PERSON}"})["officer_note"]
    with pytest.raises(InputError, match="control characters"):
        reader.read(row | {"authority": "某\x1b局"})


def test_parquet_keeps_the_contract(tmp_path: Path) -> None:
    """Invisible characters in Parquet are taken out and told, as in files that are text."""
    (tmp_path / "out").mkdir()
    pq.write_table(
        pa.table({"enterprise_id": [f"{CODE}\u200b"], "name": ["甲\u200e公司"]}),
        tmp_path / "enterprises.parquet",
    )
    intake = read_sources([SourceSpec("canonical", tmp_path)], tmp_path / "out")
    row = pq.read_table(intake.enterprises).to_pylist()[0]
    assert (CODE, "甲公司") == (row["enterprise_id"], row["name"])
    remarks = next(iter(intake.sources.values())).remarks
    assert "enterprises.parquet: invisible characters were taken out of 1 cells" == remarks[0]["en"]
