"""Files that would lose, invent or garble rows: each is refused with the place, never read half."""

from __future__ import annotations

import errno
import gzip
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

import scoring.records.intake as intake
from scoring.errors import EnvironmentRefusedError, InputError, SourceMapError
from scoring.records import SourceSpec, read_sources

CODE = "91350100M000100Y43"
HEADER = "record_id,enterprise_id,kind,authority\n"


def row(number: int, authority: str = "局") -> str:
    return f"R{number},{CODE},complaint,{authority}\n"


def folder_of(folder: Path, name: str, content: bytes) -> SourceSpec:
    folder.mkdir(exist_ok=True)
    (folder / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},甲公司\n", encoding="utf-8")
    (folder / name).write_bytes(content)
    return SourceSpec("canonical", folder)


def read(tmp_path: Path, name: str, content: bytes) -> list[dict[str, object]]:
    spec = folder_of(tmp_path / "in", name, content)
    (tmp_path / "out").mkdir()
    rows: list[dict[str, object]] = pq.read_table(read_sources([spec], tmp_path / "out").records).to_pylist()
    return rows


def rows_from(content: str, encoding: str = "utf-8") -> bytes:
    return (HEADER + content).encode(encoding)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "records.csv",
            rows_from(row(1) + row(2, '"局') + "".join(map(row, range(3, 500)))),
            "line 3: a quote is not closed",
        ),
        ("records.csv", rows_from(row(1, '"局') + row(2) + row(3, '"局"')), "line 2: a quote is not closed"),
        ("records.csv", rows_from(row(1, '"局') + row(2, '局"')[:-1] + ",x\n"), "spans several lines"),
        (
            "records.csv",
            b'record_id,"enterprise_id\n' + row(1).encode() * 9000,
            "line 1: a quote is not closed",
        ),
        ("records.csv", rows_from(row(1), "utf-16"), "UTF-16"),
        (
            "records.csv",
            b"\xef\xbb\xbf" + rows_from(row(1)) + b"R2,\xff\n",
            "line 3 has bytes that are not UTF-8",
        ),
        (
            "records.csv",
            rows_from("".join(map(row, range(20))) + row(20)).replace(b"R9", b"R9\xb0"),
            "line 11 has bytes",
        ),
        (
            "records.jsonl",
            '{"record_id": "甲"}\n'.encode() * 3 + b'{"record_id": "\xff"}\n',
            "line 4 has bytes",
        ),
        ("records.jsonl", b"[" * 100_000 + b"\n", "line 1 is nested too deeply"),
        ("records.csv", b"record_id,enterprise_id,kind, kind\n", "names a column twice"),
        ("records.csv.gz", gzip.compress(rows_from(row(1)) * 99, mtime=0)[:20] + b"\0" * 30, "damaged"),
        (
            "records.csv",
            b"who,what,why\n",
            "there is no column 'record_id', 'enterprise_id', 'kind'|unknown column 'who'; the columns are",
        ),
    ],
)
def test_what_would_lose_rows_is_refused(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    """An open quote, another encoding, a damaged byte or a broken archive is an error that names the line."""
    with pytest.raises(InputError, match=said) as caught:
        read(tmp_path, name, content)
    assert name in caught.value.place


@pytest.mark.parametrize("name", ["records.csv", "records.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings_are_told_apart(name: str, encoding: str, tmp_path: Path) -> None:
    """A whole file in UTF-8 or GB18030 is read as what it is, quotes and blank lines included."""
    content = rows_from(row(1, "衢州市市场监督管理局") + "\n" + row(2, '"甲""乙""局,\n处"'), encoding)
    rows = read(tmp_path, name, gzip.compress(content, mtime=0) if name.endswith("gz") else content)
    assert ["衢州市市场监督管理局", '甲"乙"局,\n处'] == [one["authority"] for one in rows]


def test_json_lines_in_gb18030(tmp_path: Path) -> None:
    """JSON Lines in GB18030 keep their characters."""
    line = f'{{"record_id": "R", "enterprise_id": "{CODE}", "kind": "complaint", "authority": "衢州局"}}\n'
    assert ["衢州局"] == [one["authority"] for one in read(tmp_path, "records.jsonl", line.encode("gb18030"))]


def excel(path: Path, change: Callable[[Workbook], None]) -> bytes:
    book = Workbook()
    for cells in (
        ["record_id", "enterprise_id", "kind", "amount_fen"],
        ["R1", CODE, "complaint", 5],
        [],
        ["R2", CODE, "inspektion", 7],
    ):
        book.worksheets[0].append(cells)
    change(book)
    book.save(path)
    return path.read_bytes()


def test_formulas_without_results_are_refused(tmp_path: Path) -> None:
    """A formula that was never computed is named by its cell, not read as empty."""
    content = excel(tmp_path / "x.xlsx", lambda book: book.worksheets[0].__setitem__("D2", "=1+1"))
    with pytest.raises(InputError, match=r"cell D2 \(amount_fen\) is a formula"):
        read(tmp_path, "records.xlsx", content)


def test_excel_rows_bear_the_number_of_the_sheet(tmp_path: Path) -> None:
    """A refused row is named by its row in the sheet, blank rows counted."""
    assert ["R1"] == [
        one["record_id"]
        for one in read(tmp_path, "records.xlsx", excel(tmp_path / "x.xlsx", lambda book: None))
    ]
    assert ",records.xlsx,4,kind,inspektion,unknown_code," in (tmp_path / "out" / "rejects.csv").read_text(
        encoding="utf-8-sig"
    )


def test_broken_excel_is_refused(tmp_path: Path) -> None:
    """A workbook whose sheet is no XML, or names a column twice, is an input error."""
    twice = excel(tmp_path / "x.xlsx", lambda book: book.worksheets[0].__setitem__("D1", " kind "))
    with pytest.raises(InputError, match="twice"):
        read(tmp_path, "records.xlsx", twice)
    with zipfile.ZipFile(tmp_path / "x.xlsx") as good, zipfile.ZipFile(tmp_path / "y.xlsx", "w") as bad:
        for name in good.namelist():
            bad.writestr(name, b"<worksheet><sheetData><row" if "sheet1" in name else good.read(name))
    (tmp_path / "out").rmdir()
    with pytest.raises(InputError, match="damaged"):
        read(tmp_path, "records.xlsx", (tmp_path / "y.xlsx").read_bytes())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_full_disk_is_not_the_fault_of_the_data(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No space or no permission is an error of the environment, whoever meets it first."""

    def refuse(*_: object) -> int:
        raise OSError(number, "refused")

    monkeypatch.setattr(intake, "read_files", refuse)
    with pytest.raises(EnvironmentRefusedError, match="free space"):
        read(tmp_path, "records.csv", rows_from(row(1)))
    assert not (tmp_path / "out" / ".work").exists()


@pytest.mark.parametrize(
    ("columns", "path", "said"),
    [
        ('value_x100 = { constant = "abc" }', "rows.csv", "the constant 'abc' is no int"),
        (
            'severity = { after = "decided_on", days = 1 }',
            "rows.csv",
            "'after' does not make a column of type text",
        ),
        ('decided_on = { column = "x", formats = ["%Q"] }', "rows.csv", "'%Q' is no date format"),
        ('decided_on = { constant = "soon" }', "rows.csv", "the constant 'soon' is no date"),
        ('authority = { sum = ["x", "y"] }', "rows.csv", "'sum' does not make"),
        ("", "/etc/rows.csv", "inside the folder"),
        ("", "../rows.csv", "inside the folder"),
    ],
)
def test_maps_fail_when_they_are_loaded(columns: str, path: str, said: str, tmp_path: Path) -> None:
    """What cannot work on any row is refused at once, with an example of what does."""
    own = tmp_path / "own.toml"
    text = (
        'id = "own"\nstatus = "assumed"\ncovers = []\ntitle = { zh = "自", en = "own" }\nnote = { zh = "无", en = "none" }\n'
        f'[files.rows]\npath = "{path}"\n[[emit]]\nfrom = "rows"\n[emit.columns]\nrecord_id = {{ column = "id" }}\n'
        f'enterprise_id = {{ column = "who" }}\nkind = {{ constant = "complaint" }}\n{columns}\n'
    )
    own.write_text(text, encoding="utf-8")
    with pytest.raises(SourceMapError, match=said):
        read_sources([SourceSpec(str(own), tmp_path)], tmp_path)
    own.write_text(text.partition("[[emit]]")[0].replace(path, "rows.csv"), encoding="utf-8")
    with pytest.raises(SourceMapError, match="gives nothing"):
        read_sources([SourceSpec(str(own), tmp_path)], tmp_path)
