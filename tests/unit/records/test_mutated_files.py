"""Files with random damages: refused in words, or read as another reader reads them.

A sample here; ``python3 run.py campaign files`` tries 2,000.
"""

from __future__ import annotations

import csv
import os
import random
import re
import resource
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from mutated_files import (
    CODE,
    FORMS,
    UNREADABLE,
    Row,
    file_suffix,
    made_up_rows,
    mutated,
    rows_by_another_reader,
    written,
)

from scoring.errors import SiseError
from scoring.records import SourceSpec, read_sources
from scoring.records.intake import Intake
from scoring.records.read.clean_text import clean

FILES = int(os.environ.get("SISE_FILES", "70"))
SECONDS, MEGABYTES = 10, 512
COMPARED = ("record_id", "occurred_on", "amount_fen", "authority", "officer_note")
BLANKS = " \t\r\n\u00a0\u3000\ufeff"


def memory() -> int:
    """Megabytes that the process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def read(folder: Path, form: str, content: bytes) -> Intake:
    source, out = folder / "in", folder / "out"
    source.mkdir(parents=True)
    out.mkdir()
    (source / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},甲公司\n", encoding="utf-8")
    (source / f"records.{file_suffix(form)}").write_bytes(content)
    return read_sources([SourceSpec("canonical", source)], out)


def written_text(cell: object) -> str:
    """A cell as the contract of texts has it."""
    return clean(str(cell if cell is not None else "").strip(BLANKS))


def key(row: Row) -> tuple[str, ...]:
    return tuple(written_text(row.get(name)) for name in COMPARED)


def as_kept(cells: tuple[str, ...]) -> tuple[str, ...]:
    """The amount without a sign or a point and the day in full, as they are kept."""
    number, day, amount, *texts = cells
    if parts := re.fullmatch(r"(\d{4})\D(\d{1,2})\D(\d{1,2})", day):
        day = f"{parts[1]}-{int(parts[2]):02}-{int(parts[3]):02}"
    return (number, day, str(int(float(amount))) if amount else "", *texts)


def other_rows(content: bytes, form: str) -> list[Row | None]:
    try:
        return rows_by_another_reader(content, form)
    except UNREADABLE:
        # Arrow refuses some damages of a page header that change no value: nothing may be changed.
        assert form == "parquet"
        return list(made_up_rows())


@pytest.mark.parametrize("form", FORMS)
def test_a_damaged_file_is_refused_or_read_right(form: str, tmp_path: Path) -> None:
    """Of every damaged file each accepted row is a row of the file, and as many rows are counted as it has."""
    content, base, outcomes = written(form, made_up_rows()), memory(), {"refused": 0, "read": 0}
    for number in range(FILES // len(FORMS)):
        damaged = mutated(content, form, random.Random(f"{form} {number}"))
        begin = time.perf_counter()
        try:
            intake = read(tmp_path / str(number), form, damaged)
        except SiseError as error:
            assert error.text("zh") and error.text("en")
            outcomes["refused"] += 1
            continue
        finally:
            assert time.perf_counter() - begin < SECONDS, f"{form} {number}"
        outcomes["read"] += 1
        rows = other_rows(damaged, form)
        counts = next(iter(intake.sources.values())).files
        name = f"records.{file_suffix(form)}"
        assert counts[name].rows_in == len(rows), f"{form} {number}"
        of_file = {as_kept(key(row)) for row in rows if row is not None and fits(row)}
        for record in pq.read_table(intake.records).to_pylist():
            assert key(record) in of_file, f"{form} {number}: {key(record)}"
        with intake.rejects.open(encoding="utf-8-sig", newline="") as rejects:
            assert sum(1 for _ in csv.DictReader(rejects)) >= counts[name].rejected
    print(f"{form}: {outcomes}")
    assert memory() - base <= MEGABYTES
    assert outcomes["refused"]


def fits(row: Row) -> bool:
    """Whether the amount of a row is a number."""
    amount = written_text(row.get("amount_fen"))
    return not amount or amount.lstrip("+-").replace(".", "", 1).isdigit()
