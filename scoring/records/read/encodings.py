"""What a text file is before it is read: its encoding as a whole, and whether every quote of a CSV file is closed.

A file is never read half in one encoding and half in another, and never with rows swallowed by a quote.
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
BLOCK = 1 << 20
BOM = codecs.BOM_UTF8


def open_file(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """A file as bytes, gzip undone."""
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")


def encoding_of(path: Path, declared: Encoding = "auto") -> Literal["utf-8", "gb18030"]:
    """The encoding of the whole file, decoded strictly once.

    Args:
        path: A text file, perhaps gzipped.
        declared: What the map says; ``auto`` takes UTF-8, else GB18030.

    Raises:
        InputError: It is UTF-16, or a line is not in the encoding; names the line.
    """
    with open_file(path) as file:
        head = file.read(BLOCK)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head[:1000]:
        raise InputError(
            "文件是 UTF-16（“Unicode 文本”）或不是文本；请另存为“CSV UTF-8”",
            "the file is UTF-16 ('Unicode text') or no text; save it as 'CSV UTF-8'",
            str(path),
        )
    if declared != "gb18030" and _is_utf8(path):
        return "utf-8"
    return _legacy(path, declared if not head.startswith(BOM) else "utf-8")


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with open_file(path) as file:
            while block := file.read(BLOCK):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _legacy(path: Path, declared: Encoding) -> Literal["gb18030"]:
    """GB18030 if the whole file is; most lines of such a file are no UTF-8, so where most are, a UTF-8 file is damaged."""
    wide = damaged = first = foreign = 0
    with open_file(path) as file:
        for number, line in enumerate(file, 1):
            if line.isascii():
                continue
            wide += 1
            if not _decodes(line, "utf-8"):
                damaged += 1
                first = first or number
            if not foreign and not _decodes(line, "gb18030"):
                foreign = number
    broken = first if declared == "utf-8" or (declared == "auto" and damaged * 2 <= wide) else foreign
    if not broken:
        return "gb18030"
    name = "GB18030" if declared == "gb18030" else "UTF-8"
    raise InputError(
        f"第 {broken} 行有字节不是 {name} 编码；请重新导出为 UTF-8",
        f"line {broken} has bytes that are not {name}; export the file again as UTF-8",
        at(path, broken),
    )


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def check_quotes(path: Path, encoding: str) -> None:
    """Refuses a CSV file in which a quote is not closed: the rows behind it would be read as one value.

    Raises:
        InputError: Names the line on which the row with the quote begins.
    """
    if not any(b'"' in block for block in _blocks(path)):
        return
    with open_file(path) as file, io.TextIOWrapper(file, encoding, newline="") as lines:
        rows = csv.reader(lines, strict=True)
        start = 1
        try:
            for _ in rows:
                start = rows.line_num + 1
        except csv.Error as error:
            raise InputError(
                f'第 {start} 行的引号未闭合，或引号之后不是逗号；值内的引号须写成两个，例如 "甲""乙""公司"',
                f"line {start}: a quote is not closed, or is not followed by a comma; a quote inside a value is doubled, "
                f'e.g. "the ""Old"" Inn"',
                at(path, start),
            ) from error


def _blocks(path: Path) -> Iterator[bytes]:
    with open_file(path) as file:
        while block := file.read(BLOCK):
            yield block
