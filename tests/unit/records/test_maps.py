"""What the shipped maps of published formats make of a row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from scoring.records import SourceSpec, read_sources

FOLDER = Path(__file__).resolve().parents[2] / "bad_records"


def rows_of(name: str, folder: Path, out: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(
        read_sources([SourceSpec(name, folder)], out).records
    ).to_pylist()
    return rows


def test_shuanggong_row(tmp_path: Path) -> None:
    """A row of the national template, GB18030, fine in 万元, publicity end unknown: whole fen, no date, an assumed day of knowing."""
    row = rows_of("shuanggong", FOLDER / "natural_person", tmp_path)[0]
    assert (200_000, None, date(2024, 3, 8), "general") == tuple(
        row[c] for c in ("amount_fen", "publish_until", "known_on", "severity")
    )
    assert ("罚款二千元", "shuanggong") == (row["officer_note"], row["source"])


def test_case_with_its_party(tmp_path: Path) -> None:
    """Cases and parties are joined on the case number; yuan with cents become whole fen."""
    row = rows_of("penalty-case-system", FOLDER / "duplicate_key", tmp_path)[0]
    assert ("91350100M000100Y43", 200_050, "ordinary") == tuple(
        row[c] for c in ("enterprise_id", "amount_fen", "procedure")
    )


def own_map(tmp_path: Path, columns: str, rows: str) -> list[dict[str, object]]:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "rows.csv").write_text(f"id,x,y\n{rows}", encoding="utf-8")
    (tmp_path / "own.toml").write_text(
        'id = "own"\nstatus = "assumed"\nscheme = "own"\ncreate_enterprises = true\ncovers = []\n'
        'title = { zh = "自", en = "own" }\nnote = { zh = "无", en = "none" }\n[files.rows]\npath = "rows.csv"\n'
        '[[enterprises]]\nfrom = "rows"\ncolumns = { enterprise_id = { constant = "1" } }\n[[emit]]\nfrom = "rows"\n[emit.columns]\n'
        'record_id = { column = "id" }\nenterprise_id = { constant = "1" }\nkind = { constant = "complaint" }\n'
        + columns,
        encoding="utf-8",
    )
    return rows_of(str(tmp_path / "own.toml"), tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize(
    "text",
    [
        "2024-03-05",
        "2024-3-5",
        "2024/03/05",
        "20240305",
        "2024年3月5日",
        "2024.03.05",
        "2024-03-05 10:20:30",
        "2024-03-05T10:20:30",
    ],
)
def test_usual_ways_of_writing_a_day(text: str, tmp_path: Path) -> None:
    """The ways in which published files write a day all give that day."""
    rows = own_map(tmp_path, 'known_on = { column = "x" }\n', f"R,{text},\n")
    assert [date(2024, 3, 5)] == [row["known_on"] for row in rows]


@pytest.mark.parametrize(
    "text",
    ["1900-1-1", "9999-9-9", "9999-12-31", "暂无", "无", "/", "长期", "-", "", "\\n", "1900-01-01 00:00:00"],
)
def test_sentinels_are_unknown(text: str, tmp_path: Path) -> None:
    """Words and days that stand for nothing give no date, which is not for ever."""
    assert [None] == [
        row["publish_until"]
        for row in own_map(tmp_path, 'publish_until = { column = "x" }\n', f"R,{text},\n")
    ]


@pytest.mark.parametrize(
    ("x", "y", "fen"),
    [
        ("0.2", "", 200_000),
        ("33.500328", "0.1", 33_600_328),
        ("0.44562299999999994", "", 445_623),
        ("", "", None),
    ],
)
def test_sums_in_wan_yuan_are_exact(x: str, y: str, fen: int | None, tmp_path: Path) -> None:
    """Fine and confiscation add up to whole fen, even where the file was written by way of doubles; nothing given stays unknown."""
    rows = own_map(tmp_path, 'amount_fen = { sum = ["x", "y"], unit = "wan_yuan" }\n', f"R,{x},{y}\n")
    assert [fen] == [row["amount_fen"] for row in rows]


def test_text_tables(tmp_path: Path) -> None:
    """The first fragment found decides; an empty value in a table leaves the column empty; blanks are what otherwise says."""
    columns = (
        'severity = { column = "x", containing = [["吊销", "serious"], ["罚款", "general"]], otherwise = "minor" }\n'
        'result = { column = "y", values = { "查实" = "substantiated", "撤回" = "" } }\n'
        'officer_note = { columns = ["x", "y"], separator = "；" }\n'
    )
    rows = own_map(tmp_path, columns, "R,罚款；吊销许可,查实\nS,警告,撤回\nT,,\n")
    assert [("serious", "substantiated"), ("minor", None), ("minor", None)] == [
        (row["severity"], row["result"]) for row in rows
    ]
    assert ["罚款；吊销许可；查实", "警告；撤回", None] == [row["officer_note"] for row in rows]


def test_quoted_newlines_keep_their_row(tmp_path: Path) -> None:
    """A newline inside quotes is part of a value, and rows after it are still counted right."""
    rows = own_map(tmp_path, 'officer_note = { column = "x" }\n', 'R,"a\nb",\nS,c\nT,d,\n')
    assert ["a\nb", "d"] == [row["officer_note"] for row in rows]
    assert ",rows.csv,3,,2 / 3,bad_row," in (tmp_path / "out" / "rejects.csv").read_text(encoding="utf-8-sig")
