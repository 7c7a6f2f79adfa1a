"""Every reason for refusing a row, from files in tests/bad_records."""

from __future__ import annotations

import csv
import tomllib
from datetime import date
from pathlib import Path

import pytest

from scoring.records import SourceSpec, read_sources
from scoring.records.map.reasons import harmless
from scoring.rules.wording import wording

FOLDER = Path(__file__).resolve().parents[2] / "bad_records"
TODAY = date(2026, 11, 28)
EXPECTED = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", sorted(EXPECTED))
def test_each_fault_gives_its_place_code_and_sentence(code: str, tmp_path: Path) -> None:
    """A bad row is refused with file, row, column, code and a sentence in both languages, and the counts add up."""
    intake = read_sources([SourceSpec(EXPECTED[code]["map"], FOLDER / code)], tmp_path, today=TODAY)
    with intake.rejects.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert EXPECTED[code]["rejects"] == [
        [row["file"], int(row["row"]), row["column"], row["code"]] for row in rows
    ]
    assert all(row["sentence_zh"] and row["sentence_en"] for row in rows)
    counts = next(iter(intake.sources.values()))
    assert counts.rows_in == counts.accepted + counts.rejected + counts.merged + counts.out_of_scope
    assert len(rows) == counts.rejected


def test_every_code_has_a_file() -> None:
    """No reason for refusal exists without a file that shows it; what is kept too long only a store refuses."""
    sentences = {text_id for text_id in wording("en") if text_id.startswith("rejected_")}
    of_rows = {text_id for text_id in sentences if not text_id.startswith("rejected_column_")}
    codes = {text_id.removeprefix("rejected_") for text_id in of_rows}
    assert codes - {"retention_over"} == set(EXPECTED)


def test_nothing_of_a_natural_person_is_kept(tmp_path: Path) -> None:
    """Neither name nor number of a person stands in the rejects, the records or any other file left behind."""
    read_sources([SourceSpec("shuanggong", FOLDER / "natural_person")], tmp_path)
    left = b"".join(path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file())
    assert ["enterprises.parquet", "records.parquet", "rejects.csv", "remarks.csv"] == sorted(
        path.name for path in tmp_path.iterdir()
    )
    assert [] == [word for word in ("李某", "330802199001011234", "某某") if word.encode() in left]


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_rejects_run_no_formulas(value: str) -> None:
    """A value that a spreadsheet would run gets a quote in front."""
    assert "'" + value == harmless(value)
