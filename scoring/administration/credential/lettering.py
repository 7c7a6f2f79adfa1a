"""Sets text on a card: Chinese and Latin lines that fit a width, from a font that comes with the packages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PIL import ImageFont
from pylopdf_fonts_zh_cn import sans_path

from scoring.errors import EnvironmentRefusedError

MAX_CHARACTERS = 200
"""Longer texts are cut before they are set: no name needs more, and a hostile one may not cost seconds."""

# A Latin word stays whole, a Chinese character may end a line, and closing punctuation never begins one.
_UNITS = re.compile(r"(?:[!-~\u00a1-\u024f]+|\S)[）】》」』，。、；：！？…]*\s*")


@cache
def font_at(size: int, path: Path | None = None) -> ImageFont.FreeTypeFont:
    """Noto Sans SC (or the font file given) at a size in pixels.

    Raises:
        EnvironmentRefusedError: The file is missing or is no font.
    """
    file = path or sans_path()
    try:
        return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise EnvironmentRefusedError("font_unreadable", file=file.name, reason=str(error)) from error


def printable(text: str) -> str:
    """The text on one line, without control or direction characters, which could hide or turn what a card says."""
    kept = (c if unicodedata.category(c)[0] not in "CZ" else " " for c in unicodedata.normalize("NFC", text))
    return " ".join("".join(kept).split())


def fit(
    text: str, width: int, sizes: Sequence[int], lines: int, path: Path | None = None
) -> tuple[ImageFont.FreeTypeFont, list[str]]:
    """The largest size at which a text fits, and its lines.

    Args:
        text: Any text; it is made ``printable`` first.
        width: Pixels of a line.
        sizes: Sizes to try, largest first.
        lines: Most lines allowed; beyond them, at the smallest size, the text ends in an ellipsis.
        path: Font file, ``None`` for the packaged one.
    """
    clean = printable(text[:MAX_CHARACTERS])
    for size in sizes:
        font = font_at(size, path)
        set_lines = _wrap(clean, font, width)
        if len(set_lines) <= lines:
            return font, _balanced(clean, font, width, len(set_lines))
    return font, [*set_lines[: lines - 1], _cut("".join(set_lines[lines - 1 :]), font, width)]


def _balanced(text: str, font: ImageFont.FreeTypeFont, width: int, lines: int) -> list[str]:
    """The same number of lines, of about equal length: no single character left alone on the last one."""
    narrow = int(font.getlength(text) / lines)
    widths = range(narrow, width, max(int(font.size) // 2, 1))
    wrapped = (_wrap(text, font, tried) for tried in widths)
    return next((rows for rows in wrapped if len(rows) == lines), _wrap(text, font, width))


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines = [""]
    for unit in _UNITS.findall(text):
        # a word wider than the line breaks anywhere
        for part in unit if font.getlength(unit.rstrip()) > width else [unit]:
            if lines[-1] and font.getlength((lines[-1] + part).rstrip()) > width:
                lines.append("")
            lines[-1] += part
    return [line.rstrip() for line in lines]


def _cut(text: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    kept = len(text)
    while kept and font.getlength(text[:kept] + "…") > width:
        kept -= 1
    return text[:kept] + "…"
