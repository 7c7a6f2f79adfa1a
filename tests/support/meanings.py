"""Small sources for tests of what their cells mean: the cases of the repository, and visits of a map."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq

from scoring.records import Intake, SourceSpec, read_sources

CASES = Path(__file__).resolve().parents[1] / "cases"
ENTERPRISE = "91330802YY00000717"
Rows = list[dict[str, object]]


def read(source: str, folder: Path, out: Path) -> tuple[Intake, Rows]:
    """What was read, and its records."""
    out.mkdir(exist_ok=True)
    intake = read_sources([SourceSpec(source, folder)], out)
    for counts in intake.sources.values():
        assert counts.rows_in == counts.accepted + counts.rejected + counts.merged + counts.out_of_scope
    return intake, pq.read_table(intake.records).to_pylist()


def rejected(intake: Intake) -> dict[str, str]:
    """Codes of refused rows by what stood there."""
    with intake.rejects.open(encoding="utf-8-sig", newline="") as file:
        return {row["value"]: row["code"] for row in csv.DictReader(file)}


def remarks(intake: Intake) -> list[dict[str, str]]:
    assert intake.remarks is not None
    with intake.remarks.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


VISITS = """
id = "visits"
title = { zh = "检查", en = "Visits" }
note = { zh = "虚构", en = "Made up" }
status = "assumed"
covers = ["inspection"]
create_enterprises = true
KEYS
[files.visits]
path = "*.csv"
[[enterprises]]
from = "visits"
[enterprises.columns]
enterprise_id = { column = "代码" }
name = { column = "企业" }
[[emit]]
from = "visits"
WHEN
[emit.columns]
record_id = { column = "编号", prefix = "visit:" UNIQUE }
enterprise_id = { column = "代码" }
kind = { constant = "inspection" }
result = { column = "结果", values = { "合格" = "no_problem", "不合格" = "problem" } }
occurred_on = { column = "日期" }
known_on = { after = "occurred_on", days = 20, assumed = true }
"""


def visits(
    tmp_path: Path, *rows: str, keys: str = "", when: str = "", unique: str = ""
) -> tuple[Intake, Rows]:
    """The visits of a small file under a map with further keys."""
    folder = tmp_path / "in"
    folder.mkdir()
    text = VISITS.replace("KEYS", keys).replace("WHEN", when).replace("UNIQUE", unique)
    (tmp_path / "visits.toml").write_text(text, encoding="utf-8")
    lines = "\n".join(["编号,企业,代码,日期,结果", *rows])
    (folder / "visits.csv").write_text(lines + "\n", encoding="utf-8")
    return read(str(tmp_path / "visits.toml"), folder, tmp_path / "out")
