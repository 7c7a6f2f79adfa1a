"""Generated workbooks: what is read is what an independent count of the XML finds, or a refusal names why.

A sample here; ``python3 run.py campaign workbooks`` makes 500.
"""

from __future__ import annotations

import io
import os
import random
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from mutated_files import CODE, COLUMNS, cells_of, made_up_rows, shared_texts
from openpyxl import Workbook, load_workbook

from scoring.errors import InputError
from scoring.records import SourceSpec, read_sources

WORKBOOKS = int(os.environ.get("SISE_WORKBOOKS", "20"))
MAP = (Path(__file__).resolve().parents[3] / "scoring/rules/sources/canonical.toml").read_text(
    encoding="utf-8"
)


@dataclass
class Plan:
    """What a workbook is made with.

    Attributes:
        shown: Rows of each sheet that is shown.
        hidden: Rows of each hidden one.
        named: Whether the map names all sheets that are shown.
        titles: Rows above the header.
        merged: Ranges of merged cells, as rows below the header and a column.
        lies: Whether the sheet states a wrong size of itself.
        twice: Whether a row number is there twice.
    """

    shown: list[int]
    hidden: list[int] = field(default_factory=list)
    named: bool = False
    titles: int = 0
    merged: list[tuple[int, int, str]] = field(default_factory=list)
    lies: bool = False
    twice: bool = False


def planned(chance: random.Random) -> Plan:
    """A workbook by chance; one with nothing odd is rare."""
    shown = [chance.choice((0, 1, 3, 8)) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
    shown[0] = max(shown[0], 3)
    plan = Plan(shown, [chance.choice((0, 4)) for _ in range(chance.choice((0, 0, 1)))])
    plan.named = chance.random() < 0.5
    plan.titles = chance.choice((0, 0, 0, 1, 2))
    if chance.random() < 0.4:
        top = chance.randrange(shown[0] - 1)
        plan.merged.append((top, top + 1, chance.choice("GHF")))
    plan.lies = chance.random() < 0.5
    plan.twice = chance.random() < 0.15
    return plan


def made(plan: Plan) -> bytes:
    """The workbook of a plan."""
    book, sink = Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for index, count in enumerate([*plan.shown, *plan.hidden]):
        sheet = book.create_sheet(f"S{index}")
        if index >= len(plan.shown):
            sheet.sheet_state = "hidden"
        if not count:
            continue
        for title in range(plan.titles):
            sheet.append([f"标题{title}"])
        sheet.append(COLUMNS)
        for row in made_up_rows(count):
            sheet.append(
                [row[name] or None for name in COLUMNS[1:]]
                and [f"{index}-{row['record_id']}", *[row[name] or None for name in COLUMNS[1:]]]
            )
    first = book.worksheets[0]
    for top, bottom, column in plan.merged:
        first.merge_cells(f"{column}{top + plan.titles + 2}:{column}{bottom + plan.titles + 2}")
    book.save(sink)
    return _altered(sink.getvalue(), plan)


def _altered(content: bytes, plan: Plan) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                if plan.lies:
                    part = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:C2"', part)
                if plan.twice:
                    last = plan.titles + plan.shown[0]
                    part = part.replace(f'<row r="{last + 1}"'.encode(), f'<row r="{last}"'.encode())
            new.writestr(name, part)
    return sink.getvalue()


def rows_by_xml(content: bytes, sheets: int) -> int:
    """Rows with a cell that is not blank below titles and header, over the shown sheets."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        texts = shared_texts(archive)
        count = 0
        for index in range(sheets):
            rows = cells_of(archive.read(f"xl/worksheets/sheet{index + 1}.xml"), texts)
            header = [number for number, cells in rows.items() if "record_id" in cells.values()]
            count += sum(1 for number in rows if header and number > header[0])
    return count


def reasons(plan: Plan) -> set[str]:
    """Codes of the refusals that a plan may meet; none where it must be read."""
    codes = set()
    filled = [count for count in plan.shown if count]
    if not plan.named and len(filled) > 1:
        codes.add("excel_sheets_several")
    if plan.named and len(filled) < len(plan.shown):
        codes |= {"file_without_header", "source_header_row_empty"}
    if plan.titles and not plan.named:
        codes.add("source_header_elsewhere")
    if plan.twice:
        codes |= {"excel_row_out_of_order", "excel_cell_out_of_order"}
    return codes


@pytest.mark.parametrize("part", range(4))
def test_rows_of_a_workbook_are_all_counted(part: int, tmp_path: Path) -> None:
    """Whatever sheets, titles, merged cells and false sizes a workbook has, its rows are counted or the reason is named."""
    outcomes: dict[str, int] = {}
    for number in range(part, WORKBOOKS, 4):
        plan = planned(random.Random(f"workbook {number}"))
        folder, out = tmp_path / str(number), tmp_path / f"out-{number}"
        folder.mkdir()
        out.mkdir()
        content = made(plan)
        (folder / "records.xlsx").write_bytes(content)
        (folder / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},甲公司\n", encoding="utf-8")
        names = [f"S{index}" for index in range(len(plan.shown))]
        keys = f"sheets = {names}\nheader_row = {plan.titles + 1}\n".replace("'", '"') if plan.named else ""
        own = tmp_path / "own.toml"
        own.write_text(MAP.replace("[files.records]\n", f"[files.records]\n{keys}"), encoding="utf-8")
        expected = reasons(plan)
        try:
            intake = read_sources([SourceSpec(str(own), folder)], out)
        except InputError as error:
            assert error.code in expected, f"{number} {plan}: {error}"
            outcomes[error.code] = outcomes.get(error.code, 0) + 1
            continue
        assert not expected, f"{number} {plan}: read, though {expected}"
        counts = next(iter(intake.sources.values()))
        of_records = [count for name, count in counts.files.items() if name.startswith("records")]
        assert rows_by_xml(content, len(plan.shown)) == sum(count.rows_in for count in of_records), plan
        refused = sum(bottom - top + 1 for top, bottom, column in plan.merged if column == "F")
        assert sum(count.rejected for count in of_records) <= refused
        outcomes["read"] = outcomes.get("read", 0) + 1
    print(outcomes)


def test_the_other_reader_sees_the_false_size() -> None:
    """A wrong size is one that the read-only mode of openpyxl believes: the plans hold what once lost rows."""
    content = made(Plan([8], lies=True))
    book = load_workbook(io.BytesIO(content), read_only=True)
    assert 2 == sum(1 for _ in book.worksheets[0].iter_rows())
