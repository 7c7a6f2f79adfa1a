"""Draws a code: a sticker or an A4 notice, as a picture, as PDF or as SVG.

Modules stay dark on white: coloured modules fell below the contrast that scanners need (ISO/IEC 18004).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from scoring.administration.credential.face import Face, face_of
from scoring.administration.credential.notice_sheet import notice
from scoring.administration.credential.raster import png_of_sheet
from scoring.administration.credential.sheet import PrintSheet
from scoring.administration.credential.sticker import sticker
from scoring.administration.credential.vector import vectors_of_sheet

__all__ = ["PrintForm", "SheetKind", "draw_sheet", "face_of", "render_code", "sheet_of"]

PrintForm = Literal["png", "svg", "pdf"]
SheetKind = Literal["sticker", "notice"]
MIMETYPES: dict[PrintForm, str] = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
}


def sheet_of(face: Face, text: str, kind: SheetKind = "sticker", *, font: Path | None = None) -> PrintSheet:
    """The sheet of a code, as data.

    Args:
        face: What it says (see ``face_of``).
        text: What its code holds.
        kind: Which sheet.
        font: A font file to use instead of the packaged Noto Sans SC.

    Raises:
        UsageError: No code holds the text.
        EnvironmentRefusedError: The font file cannot be read.
    """
    return notice(face, text, font=font) if kind == "notice" else sticker(face, text, font)


def draw_sheet(sheet: PrintSheet, form: PrintForm, *, font: Path | None = None) -> bytes:
    """A sheet in a form; the same sheet gives the same bytes."""
    return png_of_sheet(sheet, font) if form == "png" else vectors_of_sheet(sheet, form)


def render_code(face: Face, text: str, *, font: Path | None = None) -> bytes:
    """The sticker as a PNG; raises as ``sheet_of``."""
    return draw_sheet(sheet_of(face, text, font=font), "png", font=font)
