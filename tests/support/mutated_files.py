"""Files with random damages, and what another reader than ours makes of them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl import Workbook
from openpyxl.utils.cell import column_index_from_string

CODE = "91350100M000100Y43"
COLUMNS = (
    "record_id",
    "enterprise_id",
    "kind",
    "occurred_on",
    "known_on",
    "amount_fen",
    "authority",
    "officer_note",
)
FORMS = ("csv", "gb.csv", "csv.gz", "jsonl", "jsonl.gz", "xlsx", "shared.xlsx", "parquet")
Row = dict[str, str]
SHARED_LINK = (
    '<Relationship Id="rIdTexts" Target="sharedStrings.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"/>'
)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def made_up_rows(count: int = 12) -> list[Row]:
    """Rows of a records file, with quotes, commas and line breaks in their texts."""
    notes = ("", "现场检查，未见异常", '标签写作"特级"，未见依据', "第一行\n第二行")
    return [
        {
            "record_id": f"R{number}",
            "enterprise_id": CODE,
            "kind": "complaint" if number % 3 else "inspection",
            "occurred_on": f"2026-03-{number % 28 + 1:02}",
            "known_on": f"2026-04-{number % 28 + 1:02}",
            "amount_fen": str(number * 1_000) if number % 2 else "",
            "authority": "衢州市虚构市场监管局" if number % 4 else "",
            "officer_note": notes[number % 4],
        }
        for number in range(count)
    ]


def file_suffix(form: str) -> str:
    """The suffix of files of a format."""
    return form.removeprefix("gb.").removeprefix("shared.")


def written(form: str, rows: list[Row]) -> bytes:
    """The rows as a file of a format."""
    if form == "parquet":
        sink = io.BytesIO()
        table = pa.table({name: [row[name] or None for row in rows] for name in COLUMNS})
        pq.write_table(table, sink, compression="zstd" if len(rows) % 2 else "none")
        return sink.getvalue()
    if form == "xlsx":
        return _workbook(rows)
    if form == "shared.xlsx":
        return with_shared_texts(_workbook(rows))
    if form.startswith("jsonl"):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        lines = io.StringIO()
        writer = csv.DictWriter(lines, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        text = lines.getvalue()
    content = text.encode("gb18030" if form.startswith("gb") else "utf-8")
    return gzip.compress(content, mtime=0) if form.endswith("gz") else content


def _workbook(rows: list[Row]) -> bytes:
    book, sink = Workbook(), io.BytesIO()
    book.worksheets[0].append(COLUMNS)
    for row in rows:
        cells = [row[name] or None for name in COLUMNS]
        book.worksheets[0].append([int(cell) if cell and cell.isdigit() else cell for cell in cells])
    book.save(sink)
    return sink.getvalue()


def with_shared_texts(content: bytes) -> bytes:
    """A workbook as Excel writes it: its texts in a part of their own, to which the cells refer."""
    texts: list[str] = []

    def shared(match: re.Match[str]) -> str:
        texts.append(f"<si><t>{match[2]}</t></si>")
        return f'<c {match[1]}t="s"><v>{len(texts) - 1}</v></c>'

    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name).decode()
            if name.startswith("xl/worksheets/"):
                pattern = r'<c ([^>]*)t="inlineStr"><is><t[^>]*>(.*?)</t></is></c>'
                part = re.sub(pattern, shared, part, flags=re.DOTALL)
            if name == "xl/_rels/workbook.xml.rels":
                part = part.replace("</Relationships>", f"{SHARED_LINK}</Relationships>")
            new.writestr(name, part)
        new.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN[1:-1]}">{"".join(texts)}</sst>')
    return sink.getvalue()


def mutated(content: bytes, form: str, chance: random.Random) -> bytes:
    """The file with a few damages: of its bytes, or of what is packed in it."""
    if form.endswith("gz") and chance.random() < 0.7:
        return gzip.compress(_damaged(gzip.decompress(content), chance), mtime=0)
    if form.endswith("xlsx") and chance.random() < 0.8:
        return _repacked(content, chance)
    return _damaged(content, chance)


def _repacked(content: bytes, chance: random.Random) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        parts = ["xl/worksheets/sheet1.xml"] * 4 + old.namelist()
        damaged = chance.choice([*parts, "xl/sharedStrings.xml"])
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, _damaged(part, chance) if name == damaged else part)
    return sink.getvalue()


def _damaged(content: bytes, chance: random.Random) -> bytes:
    damage: Callable[[bytes, random.Random], bytes]
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        damage = chance.choice((_flip, _flip, _cut, _double, _insert, _digit, _truncate))
        content = damage(content, chance) or b"\n"
    return content


def damaged_text(content: bytes, chance: random.Random) -> bytes:
    """A TOML file with a few damages: of its bytes, of its lines, or by something repeated without end."""
    if chance.random() < 0.5:
        return _damaged(content, chance)
    lines = content.splitlines(keepends=True)
    place = chance.randrange(len(lines))
    line = lines[place]
    count = chance.choice((1, 3, 40, 5_000))
    pieces = (b"", line * 2, b"[" * count, b"x = " + b"[" * count, b"a" + b".a" * count + b" = 1\n")
    more = (
        b"x = " + b"9" * count + b"\n",
        b'"' * count,
        b"[[" + b"a." * count + b"a]]\n",
        b"\xef\xbb\xbf" + line,
    )
    lines[place] = chance.choice((*pieces, *more, line.replace(b"=", b"", 1), line.replace(b"true", b"1")))
    return b"".join(lines)


def _place(content: bytes, chance: random.Random) -> int:
    return chance.randrange(max(len(content), 1))


def _flip(content: bytes, chance: random.Random) -> bytes:
    place = _place(content, chance)
    return content[:place] + bytes([content[place] ^ 1 << chance.randrange(8)]) + content[place + 1 :]


def _cut(content: bytes, chance: random.Random) -> bytes:
    place = _place(content, chance)
    return content[:place] + content[place + chance.choice((1, 2, 7, 60)) :]


def _double(content: bytes, chance: random.Random) -> bytes:
    place = _place(content, chance)
    end = place + chance.choice((1, 5, 40, 400))
    return content[:end] + content[place:]


def _insert(content: bytes, chance: random.Random) -> bytes:
    place = _place(content, chance)
    pieces = (
        b'"',
        b",",
        b"\r",
        b"\n",
        b"\0",
        b"\xff",
        b"\x1b[2J",
        "\u200b".encode(),
        b"\\ud800",
        b"{",
        b"]",
        b"<row>",
    )
    return content[:place] + chance.choice(pieces) + content[place:]


def _digit(content: bytes, chance: random.Random) -> bytes:
    places = [place for place, byte in enumerate(content) if 48 <= byte <= 57]
    if not places:
        return content
    place = chance.choice(places)
    return content[:place] + str(chance.randrange(10)).encode() + content[place + 1 :]


def _truncate(content: bytes, chance: random.Random) -> bytes:
    return content[: _place(content, chance)] if chance.random() < 0.3 else content


def rows_by_another_reader(content: bytes, form: str) -> list[Row | None]:
    """Rows as the standard library or Arrow reads them; ``None`` where a row is no row."""
    if form.endswith("gz"):
        content = gzip.decompress(content)
    if form == "parquet":
        table = pq.read_table(io.BytesIO(content))
        return [{name: _text(cell) for name, cell in row.items()} for row in table.to_pylist()]
    if form.endswith("xlsx"):
        return list(_sheet_rows(content))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    if form.startswith("jsonl"):
        return [_json_row(line) for line in text.split("\n") if line.strip()]
    lines = list(csv.reader(io.StringIO(text, newline="")))
    header, *rows = [cells for cells in lines if cells]
    names = [name.strip() for name in header]
    return [dict(zip(names, cells, strict=True)) if len(cells) == len(names) else None for cells in rows]


def _json_row(line: str) -> Row | None:
    try:
        row = json.loads(line, parse_int=str, parse_float=str)
    except (json.JSONDecodeError, RecursionError):
        return None
    return {name: _text(cell) for name, cell in row.items()} if isinstance(row, dict) else None


def _text(cell: object) -> str:
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, date) else "" if cell is None else str(cell)


def _sheet_rows(content: bytes) -> list[Row]:
    """Rows of the first sheet by ElementTree, from the XML alone."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        texts = shared_texts(archive)
        rows = cells_of(archive.read("xl/worksheets/sheet1.xml"), texts)
    numbers = sorted(rows)
    header = rows[numbers[0]]
    tables = []
    for number in numbers[1:]:
        cells = rows[number]
        tables.append({name.strip(): cells.get(column, "") for column, name in header.items()})
    return tables


def _xml(part: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(part)  # noqa: S314  of our own making, damaged as it may be


def shared_texts(archive: zipfile.ZipFile) -> list[str]:
    """The texts that cells of a workbook share."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    items = _xml(archive.read("xl/sharedStrings.xml"))
    return ["".join(run.text or "" for run in item.iter(f"{MAIN}t")) for item in items.iter(f"{MAIN}si")]


def cells_of(sheet: bytes, texts: list[str]) -> Mapping[int, dict[int, str]]:
    """Cells that are not blank by row and column, of a sheet's XML."""
    rows: dict[int, dict[int, str]] = {}
    for row in _xml(sheet).iter(f"{MAIN}row"):
        number = int(row.get("r") or max(rows, default=0) + 1)
        for cell in row.iter(f"{MAIN}c"):
            text = _cell(cell, texts)
            letters = (cell.get("r") or "").rstrip("0123456789")
            if text.strip():
                column = column_index_from_string(letters) if letters else len(rows.get(number, {})) + 1
                rows.setdefault(number, {})[column] = text
    return rows


def _cell(cell: ElementTree.Element, texts: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(run.text or "" for run in cell.iter(f"{MAIN}t"))
    value = cell.findtext(f"{MAIN}v") or ""
    if cell.get("t") == "s" and value:
        return texts[int(value)]
    return value


UNREADABLE = (
    ValueError,
    LookupError,
    EOFError,
    OSError,
    zlib.error,
    zipfile.BadZipFile,
    ElementTree.ParseError,
    pa.ArrowException,
    csv.Error,
    RuntimeError,
)
"""What the other reader raises of a file that it cannot read."""
