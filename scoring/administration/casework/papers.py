"""One A4 page as PDF.

The same bytes for the same words. What people typed comes as data and is never part of the
source.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from pylopdf_fonts_zh_cn import serif_path

from scoring.administration.credential.shapes import CORNERS
from scoring.entities import BandInfo, Lang
from scoring.explain.words.grades import grade_name
from scoring.explain.words.marks import MARKS
from scoring.rules import RULES
from scoring.rules.wording import both, say

TEMPLATE = RULES / "papers" / "paper.typ"
LONGEST, SHORT = 320, 90
"""Characters of a text that somebody typed, and of a line among others.

The rest stands in the case.
"""
MOST_ITEMS = 4
"""Causes and documents that a page names."""


@dataclass(frozen=True)
class PaperGrade:
    """A grade as a page shows it.

    What it is, its name, its hue and the corners of its shape (none: a circle).
    """

    head: str
    name: str
    fill: str
    shape: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class PaperSection:
    """A heading with sentences."""

    head: str
    items: Sequence[str]


@dataclass(frozen=True)
class PaperTable:
    """Numbers in rows, the last of which is their sum.

    Attributes:
        head: What stands above each column.
        rows: Cells; the first of a row says what it is.
        marked: For each cell whether it is set off from the others.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: Sequence[Sequence[bool]]


@dataclass(frozen=True)
class Paper:
    """What stands on a page.

    Attributes:
        lang: Language.
        title: What it is.
        number: Its number, in the foot of the page.
        sender: From whom.
        addressee: To whom; may be empty.
        lead: The first sentences.
        grades: The grade now and the one proposed; none on other papers.
        rows: Facts, each a label and a value.
        tables: Numbers below them.
        notes: What is to be known of the numbers, in small letters.
        sections: What follows.
        signs: Who signs.
        closing: Office and day at the end.
        notices: What every view must say of itself.
    """

    lang: Lang
    title: str
    number: str
    sender: str
    addressee: str = ""
    lead: Sequence[str] = ()
    grades: Sequence[PaperGrade] = ()
    rows: Sequence[tuple[str, str]] = ()
    tables: Sequence[PaperTable] = ()
    notes: Sequence[str] = ()
    sections: Sequence[PaperSection] = ()
    signs: Sequence[str] = ()
    closing: Sequence[str] = ()
    notices: Sequence[str] = field(default=())

    @property
    def content(self) -> str:
        """As the template reads it."""
        return json.dumps(asdict(self), ensure_ascii=False)


def pdf_of(paper: Paper) -> bytes:
    """The page as PDF; equal words give equal bytes."""
    return compiled(paper.content, "pdf")


def pdf_of_content(content: str) -> bytes:
    """A page whose content was kept, as PDF (see ``Paper.content``)."""
    return compiled(content, "pdf")


def png_of(paper: Paper, ppi: float = 110.0) -> bytes:
    """The page as a picture, to be looked at."""
    return compiled(paper.content, "png", ppi)


def compiled(
    content: str, form: Literal["pdf", "png"], ppi: float | None = None, template: Path = TEMPLATE
) -> bytes:
    """Content under a template, as PDF, or as a picture of its first page."""
    pages = typst.compile(
        template.read_bytes(),
        format=form,
        ppi=ppi,
        font_paths=_fonts(),
        sys_inputs={"data": content},
        timestamp=0,
    )
    return bytes(pages[0] if isinstance(pages, list) else pages)


@cache
def _fonts() -> Any:
    """The faces of the font package alone: a page looks the same on every machine."""
    folder = str(serif_path().parent)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def paper_grade(head: str, band: BandInfo | None, lang: Lang) -> PaperGrade:
    """A grade, or that there is none yet."""
    mark = MARKS["not_rated" if band is None else (band.colour.value if band.colour else "graded")]
    name = grade_name(band) if band else both("not_rated")
    return PaperGrade(head, name[lang], mark.fill, CORNERS.get(mark.shape, ()))


def clipped(text: str | None, most: int = LONGEST) -> str:
    """A text that somebody typed, cut where it would fill the page."""
    plain = " ".join((text or "").split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def rows_of(lang: Lang, rows: Iterable[tuple[str, str | Mapping[str, str] | None]]) -> list[tuple[str, str]]:
    """Rows with a value, their labels by text id."""
    worded = [
        (say(lang, label), value[lang] if isinstance(value, Mapping) else value) for label, value in rows
    ]
    return [(label, clipped(value)) for label, value in worded if value]
