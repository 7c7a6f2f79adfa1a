"""Bombs: what would fill the memory or take minutes is refused before it is unpacked or parsed."""

from __future__ import annotations

import gzip
import io
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mutated_files import CODE, file_suffix, made_up_rows, written

from scoring.errors import InputError, SourceMapError
from scoring.records import SourceSpec, load_source_map, read_sources

SECONDS, MEGABYTES = 10, 512
LIMIT = """
import resource, sys, time
from pathlib import Path
from scoring.errors import InputError
from scoring.records import SourceSpec, read_sources
base, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
try:
    read_sources([SourceSpec("canonical", Path(sys.argv[1]))], Path(sys.argv[2]))
    print("read")
except InputError as error:
    print(error.code)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base >> 10, time.process_time() - begin)
"""


def packed(blocks: int, block: bytes, level: int = 6) -> bytes:
    sink = io.BytesIO()
    with gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=level, mtime=0) as file:
        for _ in range(blocks):
            file.write(block)
    return sink.getvalue()


def one_long_line() -> bytes:
    return packed(300, b'{"record_id": "' + b"a" * (1 << 20))


def repeated_rows() -> bytes:
    return packed(100, f"R1,{CODE},complaint\n".encode() * 40_000, 9)


def packed_part(part: str, begin: bytes, piece: bytes, count: int) -> bytes:
    """A workbook of which one part unpacks to very much."""
    sink = io.BytesIO()
    content = written("shared.xlsx", made_up_rows(2))
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != part:
                new.writestr(name, old.read(name))
        with new.open(part, "w", force_zip64=True) as file:
            file.write(begin)
            for _ in range(count):
                file.write(piece)
    return sink.getvalue()


def shared_texts_bomb() -> bytes:
    begin = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return packed_part("xl/sharedStrings.xml", begin, (b"<si><t>" + b"a" * 40 + b"</t></si>") * 20_000, 300)


def sheet_bomb() -> bytes:
    begin = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return packed_part("xl/worksheets/sheet1.xml", begin, b"<row><c><v>1</v></c></row>" * 40_000, 300)


def parquet_of_nothing() -> bytes:
    sink = io.BytesIO()
    table = pa.table(
        {name: pa.nulls(30_000_000, pa.string()) for name in ("record_id", "enterprise_id", "kind")}
    )
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("records.jsonl.gz", one_long_line, "file_line_too_long"),
        ("records.csv.gz", repeated_rows, "file_unpacks_too_large"),
        ("records.jsonl", lambda: b'{"record_id": "' + b"a" * (2 << 20), "file_line_too_long"),
        ("records.csv", lambda: b"record_id," * (2 << 20), "file_line_too_long"),
        ("records.csv", lambda: b"a," * 20_000 + b"b\n", "file_columns_too_many"),
        ("records.jsonl", lambda: _names(20_000), "file_columns_too_many"),
        ("records.xlsx", shared_texts_bomb, "file_unpacks_too_large"),
        ("records.xlsx", sheet_bomb, "file_unpacks_too_large"),
        ("records.parquet", parquet_of_nothing, "parquet_rows_too_many"),
    ],
)
def test_a_bomb_is_refused_in_time_and_memory(
    name: str, content: Callable[[], bytes], code: str, tmp_path: Path
) -> None:
    """Each is refused by its code within ten seconds and 512 MB above what the process held before."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / name).write_bytes(content())
    tried = subprocess.run(
        [sys.executable, "-c", LIMIT, str(tmp_path / "in"), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=True,
    )
    refusal, megabytes, seconds = tried.stdout.split()
    assert code == refusal
    assert int(megabytes) <= MEGABYTES
    assert float(seconds) < SECONDS
    print(name, refusal, f"{megabytes} MB {float(seconds):.1f} s")


def _names(count: int) -> bytes:
    return b"".join(f'{{"c{number}": 1}}\n'.encode() for number in range(count))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"x = " + b"[" * 100_000, "source_map_nested"),
        (b"x = " + b"{a=" * 50_000, "source_map_nested"),
        (b"a" + b".a" * 100_000 + b" = 1\n", "source_map_nested"),
        (b"[a" + b" . b" * 50_000 + b"]\n", "source_map_nested"),
        (b'"a"' + b'."b"' * 50_000 + b" = 1\n", "source_map_nested"),
        (b"# " + b"x" * 1_000_001, "source_map_too_large"),
        (b"x = " + b"9" * 10_000 + b"\n", "source_map_unreadable"),
        (b"x = \xff\n", "source_map_unreadable"),
    ],
)
def test_a_map_that_is_none_is_refused_at_once(content: bytes, code: str, tmp_path: Path) -> None:
    """Deep nesting, keys of thousands of parts and files without end cost no time and no traceback."""
    own = tmp_path / "own.toml"
    own.write_bytes(content)
    begin = time.perf_counter()
    with pytest.raises(SourceMapError) as caught:
        load_source_map(str(own))
    assert time.perf_counter() - begin < 2
    assert code == caught.value.code


def test_a_map_is_a_file(tmp_path: Path) -> None:
    """A folder in place of a map is refused, and so is a device, which never ends."""
    (tmp_path / "own.toml").mkdir()
    with pytest.raises(SourceMapError, match="this is no file"):
        load_source_map(str(tmp_path / "own.toml"))


@pytest.mark.parametrize(
    "form", ["csv", "gb.csv", "csv.gz", "jsonl", "jsonl.gz", "xlsx", "shared.xlsx", "parquet"]
)
def test_counted_means_counted(form: str, tmp_path: Path) -> None:
    """Rows in are the rows that an independent count finds: lines, rows of the XML, the footer."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    content = written(form, made_up_rows(333))
    (tmp_path / "in" / f"records.{file_suffix(form)}").write_bytes(content)
    intake = read_sources([SourceSpec("canonical", tmp_path / "in")], tmp_path / "out")
    plain = gzip.decompress(content) if form.endswith("gz") else content
    if form == "parquet":
        rows = pq.read_metadata(io.BytesIO(content)).num_rows
    elif form.endswith("xlsx"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            rows = archive.read("xl/worksheets/sheet1.xml").count(b"<row ") - 1
    else:
        # Each record ends with a line feed; those inside quotes are in every fourth note.
        rows = plain.count(b"\n") - (
            1 + plain.count("第二行".encode(_encoding(form))) if "csv" in form else 0
        )
    assert 333 == rows == next(iter(intake.sources.values())).rows_in


def _encoding(form: str) -> str:
    return "gb18030" if form.startswith("gb") else "utf-8"


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        ('{"record_id": "R\\ud800", "enterprise_id": "%s", "kind": "complaint"}', 0),
        ('{"record_id": "R", "record_id": "S", "enterprise_id": "%s", "kind": "complaint"}', 0),
        ('{"record_id": ["R"], "enterprise_id": "%s", "kind": "complaint"}', 0),
        ('{"record_id": "R\\u4e00", "enterprise_id": "%s", "kind": "complaint"}', 1),
    ],
)
def test_lines_that_are_no_row_are_refused_by_number(line: str, accepted: int, tmp_path: Path) -> None:
    """Half a character, a name twice and a list for a cell refuse their line and no other."""
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "enterprises.csv").write_text(f"enterprise_id,name\n{CODE},甲\n", encoding="utf-8")
    lines = [line % CODE, f'{{"record_id": "T", "enterprise_id": "{CODE}", "kind": "complaint"}}', ""]
    (tmp_path / "in" / "records.jsonl").write_text("\n".join(lines), encoding="utf-8")
    intake = read_sources([SourceSpec("canonical", tmp_path / "in")], tmp_path / "out")
    assert accepted + 1 == intake.n_records
    rejected = intake.rejects.read_text(encoding="utf-8-sig")
    assert (",records.jsonl,1,,,bad_row," in rejected) == (not accepted)


def test_a_damaged_page_is_named(tmp_path: Path) -> None:
    """A bit in the header of a page, behind a sound footer, is an input error that names the file."""
    (tmp_path / "in").mkdir()
    content = bytearray(written("parquet", made_up_rows()))
    refused = 0
    for place in range(4, 400):
        damaged = bytes([*content[:place], content[place] ^ 0x40, *content[place + 1 :]])
        (tmp_path / "in" / "records.parquet").write_bytes(damaged)
        out = tmp_path / f"out{place}"
        out.mkdir()
        try:
            read_sources([SourceSpec("canonical", tmp_path / "in")], out)
        except InputError as error:
            assert "records.parquet" in error.place, error
            refused += 1
        if refused == 5:
            break
    assert 5 == refused
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10 < 4_000
