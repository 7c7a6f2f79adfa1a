"""A workbook (.xlsx) as its parts: its sheets by name, the texts that cells share, the formats of days."""

from __future__ import annotations

import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal
from xml.parsers.expat import ExpatError, ParserCreate

from scoring.errors import InputError
from scoring.records.read.budgets import MAX_SHARED_TEXTS, MAX_WORKBOOK, check_unpacked

BLOCK = 1 << 18
MAIN = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
"""Name spaces of the elements of a workbook, transitional and strict (ISO/IEC 29500)."""
LINKS = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "http://purl.oclc.org/ooxml/officeDocument/relationships",
)
DAY_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
"""Built-in formats of days and times; from 27 on those of East Asia, as 31 for 2026年3月31日."""
DAMAGES = (
    ExpatError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    OverflowError,
    RuntimeError,
)
"""What reading a damaged workbook raises: of the archive, of its XML, of the values in it."""

Attributes = Mapping[str, str]
Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
SheetState = Literal["visible", "hidden", "veryHidden"]


@dataclass(frozen=True)
class CellSheet:
    """A sheet: its name, whether it is shown, and the part of the archive with its rows."""

    name: str
    state: str
    part: str

    @property
    def is_visible(self) -> bool:
        """Whether whoever opens the workbook sees it."""
        return self.state == "visible"


@dataclass
class Workbook:
    """What the rows of all sheets need.

    Attributes:
        path: The file.
        archive: The open archive.
        sheets: Its sheets of cells, in order.
        texts: Texts that cells share.
        day_styles: Styles of cells that show a number as a day.
        from_1904: Whether days are counted from 1904, as on old Macs, and not from 1900.
    """

    path: Path
    archive: zipfile.ZipFile
    sheets: list[CellSheet] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    day_styles: set[str] = field(default_factory=set)
    from_1904: bool = False


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """Opens a workbook within its budget; whatever is wrong with it inside the block is one refusal.

    Raises:
        InputError: It is no workbook, is damaged, or unpacks to too much.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            book = Workbook(path, archive)
            _read_parts(book)
            yield book
    except InputError:
        raise
    except DAMAGES as error:
        raise InputError("excel_damaged", place=str(path), reason=str(error)) from error


def _read_parts(book: Workbook) -> None:
    names = set(book.archive.namelist())
    main = next((part for kind, part in _links(book, "_rels/.rels", "") if kind == "officeDocument"), "")
    folder, _, file_name = main.rpartition("/")
    links = _links(book, f"{folder}/_rels/{file_name}.rels".lstrip("/"), folder)
    check_unpacked(sum(_size(book, part) for _, part in links if part in names), book.path)
    _read_sheets(book, main, dict(_parts_by_id(book, folder, file_name)))
    parts = {kind: part for kind, part in links if part in names}
    if "styles" in parts:
        _read_styles(book, parts["styles"])
    if "sharedStrings" in parts:
        _read_texts(book, parts["sharedStrings"])


def _size(book: Workbook, part: str) -> int:
    return book.archive.getinfo(part).file_size


def open_part(book: Workbook, part: str) -> IO[bytes]:
    """A part of the archive as bytes, within the budget.

    Raises:
        InputError: It unpacks to more than a workbook may.
    """
    size = _size(book, part)
    check_unpacked(size, book.path)
    if size > MAX_WORKBOOK:
        megabytes = MAX_WORKBOOK >> 20
        raise InputError("excel_too_large", place=str(book.path), part=part, megabytes=megabytes)
    return book.archive.open(part)


def blocks_parsed(
    source: IO[bytes], start: Start, end: End | None = None, text: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Parses XML block by block, by expat; names are ``namespace name``. It has no entities of its own.

    Raises:
        ValueError: It declares a document type, which could make much of little.
    """
    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    while block := source.read(BLOCK):
        parser.Parse(block, False)
        yield
    parser.Parse(b"", True)
    yield


def _refuse_doctype(*_: object) -> None:
    raise ValueError("the XML has a document type")


def parse_part(
    book: Workbook, part: str, start: Start, end: End | None = None, text: End | None = None
) -> None:
    """Parses one part as a whole."""
    with open_part(book, part) as source:
        for _ in blocks_parsed(source, start, end, text):
            pass


def _relations(book: Workbook, part: str) -> list[Attributes]:
    relations: list[Attributes] = []

    def start(tag: str, attributes: Attributes) -> None:
        """Keeps a relation of the part."""
        if tag.endswith(" Relationship"):
            relations.append(attributes)

    if part in book.archive.namelist():
        parse_part(book, part, start)
    return relations


def _links(book: Workbook, part: str, folder: str) -> list[tuple[str, str]]:
    """Kinds and parts that a part refers to."""
    return [
        (relation["Type"].rpartition("/")[2], _target(folder, relation["Target"]))
        for relation in _relations(book, part)
        if relation.get("TargetMode") != "External"
    ]


def _parts_by_id(book: Workbook, folder: str, file_name: str) -> Iterator[tuple[str, str]]:
    for relation in _relations(book, f"{folder}/_rels/{file_name}.rels".lstrip("/")):
        if relation["Type"].endswith("/worksheet"):
            yield relation["Id"], _target(folder, relation["Target"])


def _target(folder: str, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(folder, target))


def _read_sheets(book: Workbook, part: str, parts: Mapping[str, str]) -> None:
    def start(tag: str, attributes: Attributes) -> None:
        """Keeps the sheets of cells; charts and macros have none."""
        namespace, _, name = tag.rpartition(" ")
        if namespace in MAIN and name == "workbookPr" and attributes.get("date1904") in ("1", "true"):
            book.from_1904 = True
        if namespace in MAIN and name == "sheet":
            link_id = next((attributes[f"{link} id"] for link in LINKS if f"{link} id" in attributes), "")
            if link_id in parts:
                state = attributes.get("state", "visible")
                book.sheets.append(CellSheet(attributes["name"], state, parts[link_id]))

    parse_part(book, part, start)


def _read_styles(book: Workbook, part: str) -> None:
    from openpyxl.styles.numbers import is_date_format  # 50 ms that only Excel files need

    own_formats: set[str] = set()
    styles: list[str] = []
    inside: list[str] = []

    def start(tag: str, attributes: Attributes) -> None:
        """Keeps own formats of days, and the format of each style of cells."""
        name = tag.rpartition(" ")[2]
        inside.append(name)
        if name == "numFmt" and is_date_format(attributes.get("formatCode")):
            own_formats.add(attributes["numFmtId"])
        elif name == "xf" and inside[-2:-1] == ["cellXfs"]:
            styles.append(attributes.get("numFmtId", "0"))

    def end(_: str) -> None:
        """Leaves an element."""
        inside.pop()

    parse_part(book, part, start, end)
    for number, style in enumerate(styles):
        if style in own_formats or (style.isdigit() and int(style) in DAY_FORMATS):
            book.day_styles.add(str(number))


def _read_texts(book: Workbook, part: str) -> None:
    if _size(book, part) > MAX_SHARED_TEXTS:
        megabytes = MAX_SHARED_TEXTS >> 20
        raise InputError("excel_too_large", place=str(book.path), part=part, megabytes=megabytes)
    collector = TextCollector()

    def end(tag: str) -> None:
        """Keeps the text of an item."""
        collector.end(tag)
        if tag.endswith(" si"):
            book.texts.append(collector.take())

    parse_part(book, part, collector.start, end, collector.characters)


class TextCollector:
    """Text of an item: plain or in runs, its reading aids (phonetic runs) left out."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._is_open = False
        self._aids = 0

    def start(self, tag: str, _: Attributes) -> None:
        """An element begins."""
        if tag.endswith(" t"):
            self._is_open = not self._aids
        elif tag.endswith(" rPh"):
            self._aids += 1

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag.endswith(" t"):
            self._is_open = False
        elif tag.endswith(" rPh"):
            self._aids -= 1

    def characters(self, text: str) -> None:
        """Text, perhaps of a part of the document that is not kept."""
        if self._is_open:
            self._pieces.append(text)

    def take(self) -> str:
        """What was collected, the codes of control characters (``_x000D_``) written out."""
        text = "".join(self._pieces)
        self._pieces.clear()
        return unescaped(text)


def unescaped(text: str) -> str:
    """A text of a workbook with the codes of control characters (``_x000D_``) written out."""
    if "_x" not in text:
        return text
    from openpyxl.utils.escape import unescape

    return str(unescape(text))
