"""What a text file is before it is read: its encoding as a whole, its lines, and whether quotes are closed.

A file is never read half in one encoding and half in another, and never with rows swallowed by a
quote.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scoring.errors import InputError, at
from scoring.records.read.budgets import MAX_LINE, check_unpacked
from scoring.records.read.clean_text import PRINTABLE, SUSPECT_BYTES

Encoding = Literal["utf-8", "gb18030", "auto"]
"""What a map says of the encoding of a file; ``auto`` takes UTF-8, else GB18030."""
BLOCK = 1 << 20
BOM = codecs.BOM_UTF8
FORMATS_BY_BEGINNING = {
    b"PK\x03\x04": "xlsx",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "xls",
    b"PAR1": "parquet",
    b"%PDF": "pdf",
    b"Rar!": "rar",
    b"7z\xbc\xaf": "7z",
    b"\x1f\x8b": "gz",
}
"""How files of other formats begin."""
MARKUP = ("<!doctype html", "<html", "<table", "<meta", "<head", "<?xml", "<style")
"""How a page of the web begins, which many systems export as a workbook."""


@dataclass(frozen=True)
class TextLook:
    """What one look at the bytes of a text file tells.

    Attributes:
        encoding: Its encoding.
        has_quotes: Whether there is a quote in it.
        is_clean: Whether it has no characters that nobody sees, for certain.
    """

    encoding: Literal["utf-8", "gb18030"]
    has_quotes: bool
    is_clean: bool


def open_file(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """A file as bytes, gzip undone."""
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")


def look_at(path: Path, declared: Encoding = "auto") -> TextLook:
    """Reads the bytes of a text file once, decoded strictly, within its budget.

    Args:
        path: A text file, perhaps gzipped.
        declared: What the map says.

    Raises:
        InputError: It is no text, unpacks to too much, has a line without end, or one that is not
            in the encoding; names the line.
    """
    with open_file(path) as file:
        first_block = file.read(1000)
    if first_block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputError("file_not_text", place=str(path))
    refuse_other_format(first_block, path)
    if b"\0" in first_block:
        raise InputError("file_not_text", place=str(path))
    lines = _LineLengths(path)
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, has_quotes, is_clean = declared != "gb18030", False, True
    for block in _blocks(path):
        lines.measure(block)
        is_utf8 = is_utf8 and _decodes_on(decoder, block)
        has_quotes = has_quotes or b'"' in block
        is_clean = is_clean and _is_clean(block)
    if is_utf8 and _decodes_on(decoder, b"", final=True):
        return TextLook("utf-8", has_quotes, is_clean)
    encoding = _legacy(path, declared if not first_block.startswith(BOM) else "utf-8")
    return TextLook(encoding, has_quotes, is_clean=False)


def refuse_other_format(beginning: bytes, path: Path) -> None:
    """Refuses a file that begins as one of another format than its suffix says.

    Raises:
        InputError: Names the format, and what to do.
    """
    for start, name in FORMATS_BY_BEGINNING.items():
        if beginning.startswith(start):
            raise InputError("file_other_format", place=str(path), format=name)
    text = beginning[:200].replace(b"\0", b"").decode("ascii", "ignore").lstrip().lower()
    if text.startswith(MARKUP):
        raise InputError("file_is_markup", place=str(path))


class _LineLengths:
    """Refuses a line that is longer than any row."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open = 0

    def measure(self, block: bytes) -> None:
        """Looks at the next block; lines end by a line feed, or by a carriage return alone."""
        end = b"\n" if b"\n" in block else b"\r"
        first = block.find(end)
        self._open += first if first >= 0 else len(block)
        if self._open > MAX_LINE:
            raise InputError("file_line_too_long", place=str(self._path), limit=MAX_LINE)
        if first >= 0:
            self._open = len(block) - block.rfind(end) - 1


def _decodes_on(decoder: codecs.IncrementalDecoder, block: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _is_clean(block: bytes) -> bool:
    if block.translate(None, PRINTABLE):
        return False
    return not any(beginning in block for beginning in SUSPECT_BYTES)


def _legacy(path: Path, declared: Encoding) -> Literal["gb18030"]:
    """GB18030 if the whole file is; else the line that is damaged is named."""
    wide_lines = no_utf8 = first_no_utf8 = first_no_gb18030 = 0
    with open_file(path) as file:
        for number, line in enumerate(file, 1):
            if line.isascii():
                continue
            wide_lines += 1
            if not _decodes(line, "utf-8"):
                no_utf8 += 1
                first_no_utf8 = first_no_utf8 or number
            if not first_no_gb18030 and not _decodes(line, "gb18030"):
                first_no_gb18030 = number
    # Most lines of a GB18030 file are no UTF-8: where most of them are, it is a damaged UTF-8 file.
    is_utf8 = declared == "utf-8" or (declared == "auto" and no_utf8 * 2 <= wide_lines)
    broken = first_no_utf8 if is_utf8 else first_no_gb18030
    if not broken:
        return "gb18030"
    encoding = "GB18030" if declared == "gb18030" else "UTF-8"
    raise InputError("file_encoding_broken", place=at(path, broken), line=broken, encoding=encoding)


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def check_quotes(path: Path, encoding: str) -> None:
    """Refuses a CSV file with an open quote: the rows behind it would be read as one value.

    Raises:
        InputError: Names the line on which the row with the quote begins; or a row is longer than
            any.
    """
    length = 0

    def counted(lines: Iterable[str]) -> Iterator[str]:
        """The lines, while those of one row are no more than a row may have."""
        nonlocal length
        for line in lines:
            length += len(line)
            if length > MAX_LINE:
                raise InputError("file_line_too_long", place=at(path, first_line), limit=MAX_LINE)
            yield line

    with open_file(path) as file, io.TextIOWrapper(file, encoding, newline="") as lines:
        rows = csv.reader(counted(lines), strict=True)
        first_line = 1
        try:
            for _ in rows:
                first_line, length = rows.line_num + 1, 0
        except csv.Error as error:
            raise InputError("csv_quote_open", place=at(path, first_line), line=first_line) from error


def _blocks(path: Path) -> Iterator[bytes]:
    unpacked = 0
    with open_file(path) as file:
        while block := file.read(BLOCK):
            unpacked += len(block)
            check_unpacked(unpacked, path)
            yield block
