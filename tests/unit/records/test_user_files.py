"""Files as people have them: sheets, titles, merged cells, rounded numbers, old formats, what lies beside."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook
from openpyxl.styles import numbers

from scoring.errors import InputError
from scoring.records import SourceSpec, read_sources
from scoring.records.intake import Intake
from scoring.rules import SOURCES

FILES = Path(__file__).resolve().parents[2] / "bad_files"
CODE = "91350100M000100Y43"
HEADER = ["record_id", "enterprise_id", "kind", "occurred_on", "known_on", "authority", "document_no"]


def read(source: str, folder: Path, out: Path) -> Intake:
    out.mkdir()
    return read_sources([SourceSpec(source, folder)], out)


def own_map(tmp_path: Path, name: str, keys: str) -> str:
    """A shipped map with more keys of its files."""
    text = (SOURCES / f"{name}.toml").read_text(encoding="utf-8")
    own = tmp_path / "own.toml"
    for entry in ("penalties", "records"):
        text = text.replace(f"[files.{entry}]\n", f"[files.{entry}]\n{keys}\n")
    own.write_text(text, encoding="utf-8")
    return str(own)


def counts(intake: Intake) -> tuple[int, int]:
    """Rows in, and accepted ones."""
    source = next(iter(intake.sources.values()))
    return source.rows_in, source.accepted


def remarks(intake: Intake) -> str:
    return " / ".join(remark["en"] for source in intake.sources.values() for remark in source.remarks)


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("sheets/two", 'several sheets have rows: 2026年上半年, 2026年下半年; .* sheets = \\["2026年上半年"'),
        ("header-row/instr", "several sheets have rows: 填表说明, 行政处罚"),
        ("header-row/title", "row 1 is no header, the column names are in row 3; write header_row = 3"),
        ("long-numbers/num", r"cell C2 \(CF_XDR_SHXYM\) is a number of more than 15 digits"),
        ("shapes/xls", "处罚.xls are not read .* save it as .xlsx"),
        ("shapes/xlsbiff", "处罚.xls are not read .* save it as .xlsx"),
        ("shapes/xlsx_html", "really a web page"),
        ("files-beside/b", "2026下半年处罚.xls are not read"),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_do(folder: str, said: str, tmp_path: Path) -> None:
    """A file that would lose or garble rows is refused by name, in both languages, with what to do."""
    with pytest.raises(InputError, match=said) as caught:
        read("shuanggong", FILES / folder, tmp_path / "out")
    assert caught.value.zh and "/bad_files/" in caught.value.place


@pytest.mark.parametrize(
    ("folder", "keys", "rows"),
    [
        ("sheets/two", 'sheets = ["2026年上半年", "2026年下半年"]', 6),
        ("sheets/two", 'sheets = "*半年"', 6),
        ("sheets/two", 'sheets = ["2026年下半年"]', 3),
        ("header-row/instr", 'sheets = "行政处罚"', 6),
        ("header-row/title", "header_row = 3", 6),
        ("merged-cells/vmerge", "", 6),
        ("twin-columns/twins", "", 6),
        ("shapes/upper", "", 4),
        ("files-beside/a", "", 4),
    ],
)
def test_what_the_map_names_is_read_whole(folder: str, keys: str, rows: int, tmp_path: Path) -> None:
    """Sheets and header rows that are named, merged cells, twin columns and capitals in a suffix are read."""
    intake = read(own_map(tmp_path, "shuanggong", keys), FILES / folder, tmp_path / "out")
    assert (rows, rows) == counts(intake)
    assert rows == intake.n_records
    assert None not in pq.read_table(intake.records).column("decided_on").to_pylist()


def test_merged_cells_are_told(tmp_path: Path) -> None:
    """The three firms of one decision share its number and day, and it is said how many cells were filled."""
    intake = read("shuanggong", FILES / "merged-cells/vmerge", tmp_path / "out")
    numbers_of_acts = pq.read_table(intake.records).column("document_no").to_pylist()
    assert 3 == numbers_of_acts.count("衢虚市监罚〔2026〕1号")
    assert "values of merged cells were filled into 6 cells" in remarks(intake)


def test_invisible_characters_are_taken_out_and_told(tmp_path: Path) -> None:
    """Characters without width, marks of direction and the marks that keep a text a text do not hide a code."""
    intake = read("shuanggong", FILES / "shapes/codes", tmp_path / "out")
    ids = set(pq.read_table(intake.enterprises).column("enterprise_id").to_pylist())
    assert {f"91330802YY0000{end}" for end in ("0111", "0124", "0137", "014A", "015D", "016G", "0313")} <= ids
    assert "invisible characters were taken out of 6 cells" in remarks(intake)


def workbook(folder: Path, rows: list[list[object]], *, title: str = "Sheet1") -> Workbook:
    folder.mkdir()
    (folder / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},甲公司\n", encoding="utf-8")
    book = Workbook()
    book.worksheets[0].title = title
    for row in rows:
        book.worksheets[0].append(row)
    return book


def record(number: int, *more: object) -> list[object]:
    return [f"R{number}", CODE, "complaint", "2026-03-02", "2026-03-05", *more]


def test_hidden_sheets_are_never_read_unasked(tmp_path: Path) -> None:
    """Rows of a hidden sheet are left where they are and told; alone they are refused; named in full they are read."""
    book = workbook(tmp_path / "in", [HEADER, record(1)])
    hidden = book.create_sheet("底稿")
    hidden.append(HEADER)
    hidden.append(record(2))
    hidden.sheet_state = "veryHidden"
    book.save(tmp_path / "in" / "records.xlsx")
    intake = read("canonical", tmp_path / "in", tmp_path / "out")
    assert (2, 2) == counts(intake)
    assert "hidden sheets with rows were not read: 底稿" in remarks(intake)
    named = read(own_map(tmp_path, "canonical", 'sheets = ["底稿"]'), tmp_path / "in", tmp_path / "out2")
    assert ["R2"] == pq.read_table(named.records).column("record_id").to_pylist()
    book.remove(book.worksheets[0])
    book.create_sheet("空", 0)
    book.save(tmp_path / "in" / "records.xlsx")
    with pytest.raises(InputError, match="only hidden sheets have rows: 底稿"):
        read("canonical", tmp_path / "in", tmp_path / "out3")


@pytest.mark.parametrize("column", [0, 1, 6])
def test_rounded_numbers_are_refused_in_any_text(column: int, tmp_path: Path) -> None:
    """A number of sixteen digits as an id, a code or a document number is refused by its cell."""
    row = record(1, "某局", "1号")
    row[column] = 9133080220000012
    workbook(tmp_path / "in", [HEADER, row]).save(tmp_path / "in" / "records.xlsx")
    with pytest.raises(InputError, match=f"cell {'ABCDEFG'[column]}2"):
        read("canonical", tmp_path / "in", tmp_path / "out")


def test_rounded_numbers_of_other_formats_are_refused(tmp_path: Path) -> None:
    """9.13E+17 in a CSV file and a floating id in Parquet are refused too, with row or column."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},甲\n", encoding="utf-8")
    records = tmp_path / "in" / "records.csv"
    records.write_text(f"record_id,enterprise_id,kind\nR,{CODE},complaint\n9.13308E+17,{CODE},complaint\n")
    with pytest.raises(InputError, match="record_id in row 3 is written like"):
        read("canonical", tmp_path / "in", tmp_path / "out")
    records.unlink()
    table = pa.table({"record_id": [9.1e17], "enterprise_id": [CODE], "kind": ["complaint"]})
    pq.write_table(table, tmp_path / "in" / "records.parquet")
    with pytest.raises(InputError, match="the column record_id has floating numbers"):
        read("canonical", tmp_path / "in", tmp_path / "out2")


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "jsonl", "xlsx", "parquet"])
@pytest.mark.parametrize(
    "number", ["9.13308E+17", "9.13308e+17", "9E+17", "9E17", "913,3E+015", " 9.13E+17 ", "'9.13E+17"]
)
def test_a_rounded_number_in_a_text_is_refused(suffix: str, number: str, tmp_path: Path) -> None:
    """In whichever format, a text cell that holds a rounded number is named by its row."""
    folder = tmp_path / "in (1)"
    folder.mkdir()
    (folder / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},甲\n", encoding="utf-8")
    table = pd.DataFrame(
        {"record_id": ["E", "R", number], "enterprise_id": [CODE] * 3, "kind": ["complaint"] * 3}
    )
    file = folder / f"records.{suffix}"
    if suffix.startswith("csv"):
        table.to_csv(file, index=False)
    elif suffix == "jsonl":
        table.to_json(file, orient="records", lines=True)
    elif suffix == "parquet":
        table.to_parquet(file, index=False)
    else:
        table.to_excel(file, index=False)
    row = 3 if suffix in ("jsonl", "parquet") else 4
    with pytest.raises(InputError, match=f"record_id in row {row} is written like"):
        read("canonical", folder, tmp_path / "out")


def test_dates_of_east_asian_formats_are_days(tmp_path: Path) -> None:
    """A day in the built-in Chinese format (number 31) is a day and no serial number."""
    book = workbook(tmp_path / "in", [HEADER, record(1)])
    cell = book.worksheets[0]["D2"]
    cell.value = date(2026, 3, 2)
    numbers.BUILTIN_FORMATS_REVERSE["yyyy\u5e74m\u6708d\u65e5"] = 31
    cell.number_format = "yyyy\u5e74m\u6708d\u65e5"
    book.save(tmp_path / "in" / "records.xlsx")
    intake = read("canonical", tmp_path / "in", tmp_path / "out")
    assert [date(2026, 3, 2)] == pq.read_table(intake.records).column("occurred_on").to_pylist()


def test_lock_files_and_others_are_told(tmp_path: Path) -> None:
    """Files that a program left beside an open one are skipped, others named as not read."""
    book = workbook(tmp_path / "in", [HEADER, record(1)])
    book.save(tmp_path / "in" / "records.xlsx")
    for name in ("~$records.xlsx", "._records.xlsx", "说明.docx"):
        (tmp_path / "in" / name).write_bytes(b"x")
    intake = read("canonical", tmp_path / "in", tmp_path / "out")
    assert (2, 2) == counts(intake)
    assert "2 lock files were skipped: ._records.xlsx, ~$records.xlsx" in remarks(intake)
    assert "not read: 说明.docx" in remarks(intake)


@pytest.mark.parametrize("kind", ["pipe", "folder", "broken link", "looping link"])
def test_what_is_no_file_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    """A pipe, a folder or a link that leads nowhere in place of a file is refused, never taken for absent."""
    book = workbook(tmp_path / "in", [HEADER])
    path = tmp_path / "in" / "records.csv"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "broken link":
            path.symlink_to("nowhere")
        case _:
            path.symlink_to("records.csv")
    assert book.worksheets
    with pytest.raises(InputError) as caught:
        read("canonical", tmp_path / "in", tmp_path / "out")
    assert "records.csv" in caught.value.place
    with pytest.raises(InputError):
        read("canonical", path, tmp_path / "out2")


def test_files_called_alike_are_counted_apart(tmp_path: Path) -> None:
    """Two files of one name in two folders of a source are two lines of the table."""
    for month in ("01", "02"):
        folder = tmp_path / "in" / month
        folder.mkdir(parents=True)
        lines = [",".join(HEADER), ",".join(map(str, [*record(int(month)), "", ""])), ""]
        (folder / "records.csv").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "in" / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},甲\n", encoding="utf-8")
    own = tmp_path / "own.toml"
    text = (SOURCES / "canonical.toml").read_text(encoding="utf-8")
    own.write_text(text.replace('path = ["records.parquet",', 'path = ["*/records.csv", "records.parquet",'))
    intake = read(str(own), tmp_path / "in", tmp_path / "out")
    files = next(iter(intake.sources.values())).files
    assert {"01/records.csv": 1, "02/records.csv": 1} == {
        name: count.rows_in for name, count in files.items() if "/" in name
    }


def test_names_that_differ_in_capitals_are_twins(tmp_path: Path) -> None:
    """Two columns that differ in capitals alone are one name twice, in Parquet as in text."""
    (tmp_path / "in").mkdir()
    own = own_map(tmp_path, "shuanggong", "")
    table = pa.table({name: ["x"] for name in ("CF_WSH", "cf_wsh", "CF_XDR_MC", "CF_XDR_SHXYM", "CF_CFJG")})
    for name in ("CF_JDRQ", "CF_CFLB", "CF_NR_FK", "CF_XDR_LB"):
        table = table.append_column(name, pa.array(["x"]))
    pq.write_table(table, tmp_path / "in" / "penalties.parquet")
    with pytest.raises(InputError, match="names a column twice: 'CF_WSH'"):
        read(own, tmp_path / "in", tmp_path / "out")


def test_invisible_characters_in_a_header_hide_no_column(tmp_path: Path) -> None:
    """A column is known by what is seen of its name."""
    header = [f"{name}\u200b" for name in HEADER]
    workbook(tmp_path / "in", [header, record(1)]).save(tmp_path / "in" / "records.xlsx")
    assert (2, 2) == counts(read("canonical", tmp_path / "in", tmp_path / "out"))


def test_titles_above_a_header_of_text(tmp_path: Path) -> None:
    """A CSV file with titles above its header says so too, and is read from the row that the map names."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},甲\n", encoding="utf-8")
    rows = [["记录表"], ["单位：元"], HEADER, [*record(1), "局", "1号"], ["R2"]]
    text = "\n".join(",".join(map(str, row)) for row in rows)
    (tmp_path / "in" / "records.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="the column names are in row 3"):
        read("canonical", tmp_path / "in", tmp_path / "out")
    intake = read(own_map(tmp_path, "canonical", "header_row = 3"), tmp_path / "in", tmp_path / "out2")
    assert (3, 2) == counts(intake)
    assert ",records.csv,5,,1 / 7,bad_row," in intake.rejects.read_text(encoding="utf-8-sig")
