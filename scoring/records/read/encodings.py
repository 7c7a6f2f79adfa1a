"""What a text file is before it is read: its encoding as a whole, and whether quotes are closed.

A file is never read half in one encoding and half in another, and never with rows swallowed by a
quote.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from scoring.errors import InputError, at

Encoding = Literal["utf-8", "gb18030", "auto"]
"""What a map says of the encoding of a file; ``auto`` takes UTF-8, else GB18030."""
BLOCK = 1 << 20
BOM = codecs.BOM_UTF8


def open_file(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """A file as bytes, gzip undone."""
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")


def encoding_of(path: Path, declared: Encoding = "auto") -> Literal["utf-8", "gb18030"]:
    """The encoding of the whole file, decoded strictly once.

    Args:
        path: A text file, perhaps gzipped.
        declared: What the map says.

    Raises:
        InputError: It is UTF-16, or a line is not in the encoding; names the line.
    """
    with open_file(path) as file:
        first_block = file.read(BLOCK)
    is_utf16 = first_block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if is_utf16 or b"\0" in first_block[:1000]:
        raise InputError("file_not_text", place=str(path))
    if declared != "gb18030" and _is_utf8(path):
        return "utf-8"
    return _legacy(path, declared if not first_block.startswith(BOM) else "utf-8")


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for block in _blocks(path):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


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
        InputError: Names the line on which the row with the quote begins.
    """
    if not any(b'"' in block for block in _blocks(path)):
        return
    with open_file(path) as file, io.TextIOWrapper(file, encoding, newline="") as lines:
        rows = csv.reader(lines, strict=True)
        first_line = 1
        try:
            for _ in rows:
                first_line = rows.line_num + 1
        except csv.Error as error:
            raise InputError("csv_quote_open", place=at(path, first_line), line=first_line) from error


def _blocks(path: Path) -> Iterator[bytes]:
    with open_file(path) as file:
        while block := file.read(BLOCK):
            yield block
