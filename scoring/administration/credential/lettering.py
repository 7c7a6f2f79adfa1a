"""Sets text on a sheet: Chinese and Latin lines that fit a width, from a font that comes with the packages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from PIL import ImageFont
from pylopdf_fonts_zh_cn import sans_path

from scoring.errors import EnvironmentRefusedError

MAX_CHARACTERS = 200
"""Longer texts are cut before they are set: no name needs more, and a hostile one may not cost seconds."""
GETA = "〓"
"""Stands, as printers have it, for a character for which there is no shape."""
NOBODYS = "\U0010fffd"
"""A character for which no font has a shape."""

# A Latin word stays whole, a Chinese character may end a line, and closing punctuation never begins one.
_UNITS = re.compile(r"(?:[!-~\u00a1-\u024f]+|\S)[）】》」』，。、；：！？…]*\s*")


class SetText(NamedTuple):
    """A text in lines.

    Attributes:
        size: Height of the letters.
        lines: The lines.
    """

    size: int
    lines: tuple[str, ...]


@cache
def font_at(size: int, path: Path | None = None) -> ImageFont.FreeTypeFont:
    """Noto Sans SC (or the font file given) at a size in dots.

    Raises:
        EnvironmentRefusedError: The file is missing or is no font.
    """
    file = path or sans_path()
    try:
        return ImageFont.truetype(str(file), size, layout_engine=ImageFont.Layout.BASIC)
    except OSError as error:
        raise EnvironmentRefusedError("font_unreadable", file=file.name, reason=str(error)) from error


@lru_cache(maxsize=16_384)
def advance(character: str, size: int, path: Path | None = None) -> float:
    """How far a character takes the line."""
    return float(font_at(size, path).getlength(character))


def width_of(text: str, size: int, path: Path | None = None) -> float:
    """Dots of a line."""
    return sum(advance(character, size, path) for character in text)


@lru_cache(maxsize=16_384)
def has_shape(character: str, path: Path | None = None) -> bool:
    """Whether the font has a shape of its own for a character."""
    font = font_at(32, path)
    return character.isspace() or bytes(font.getmask(character)) != bytes(font.getmask(NOBODYS))


def unprintable(text: str, path: Path | None = None) -> tuple[str, ...]:
    """The characters of a text for which the font has no shape, each once."""
    return tuple(dict.fromkeys(character for character in printable(text) if not has_shape(character, path)))


def with_shapes(text: str, path: Path | None = None) -> str:
    """A text in which what has no shape is told by a mark, never left out or drawn as something else."""
    return "".join(character if has_shape(character, path) else GETA for character in printable(text))


def printable(text: str) -> str:
    """The text on one line, without control or direction characters, which could hide or turn what a card says."""
    kept = (c if unicodedata.category(c)[0] not in "CZ" else " " for c in unicodedata.normalize("NFC", text))
    return " ".join("".join(kept).split())


@lru_cache(maxsize=4096)
def fit(text: str, width: int, sizes: Sequence[int], lines: int, path: Path | None = None) -> SetText:
    """The largest size at which a text fits, and its lines.

    Args:
        text: Any text; it is made ``printable`` first.
        width: Dots of a line.
        sizes: Sizes to try, largest first.
        lines: Most lines allowed; beyond them, at the smallest size, the text ends in an ellipsis.
        path: Font file, ``None`` for the packaged one.
    """
    clean = with_shapes(text[:MAX_CHARACTERS], path)
    # A text that is far too wide for a size need not be set in it.
    fitting = [size for size in sizes if width_of(clean, size, path) <= width * lines]
    for size in [*fitting, sizes[-1]]:
        rows = wrap(clean, width, size, path)
        if len(rows) <= lines:
            return SetText(size, tuple(_balanced(clean, width, size, len(rows), path)))
    last = _cut("".join(rows[lines - 1 :]), width, size, path)
    return SetText(size, (*rows[: lines - 1], last))


def wrap(text: str, width: int, size: int, path: Path | None = None) -> list[str]:
    """A text in lines of a width."""
    lines, room = [""], float(width)
    for unit in _UNITS.findall(text):
        # a word wider than the line breaks anywhere
        for part in unit if width_of(unit.rstrip(), size, path) > width else [unit]:
            if lines[-1] and width_of(part.rstrip(), size, path) > room:
                lines.append("")
                room = float(width)
            lines[-1] += part
            room -= width_of(part, size, path)
    return [line.rstrip() for line in lines]


def _balanced(text: str, width: int, size: int, lines: int, path: Path | None) -> list[str]:
    """The same number of lines, of about equal length: no single character left alone on the last one."""
    if lines == 1:
        return [text.rstrip()]
    narrow = int(width_of(text, size, path) / lines)
    widths = range(narrow, width, max(size // 2, 1))
    wrapped = (wrap(text, tried, size, path) for tried in widths)
    return next((rows for rows in wrapped if len(rows) == lines), wrap(text, width, size, path))


def _cut(text: str, width: int, size: int, path: Path | None) -> str:
    kept = len(text)
    while kept and width_of(text[:kept] + "…", size, path) > width:
        kept -= 1
    return text[:kept] + "…"
