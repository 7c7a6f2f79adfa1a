"""Draws a sheet as a PNG of four colours: fast, for many thousands of stickers share all but a few lines.

The same sheet gives the same bytes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scoring.administration.credential import shapes
from scoring.administration.credential.lettering import advance, font_at
from scoring.administration.credential.modules import modules_of
from scoring.administration.credential.sheet import (
    DPI,
    Box,
    Emblem,
    Ink,
    Item,
    PrintSheet,
    QrField,
    Words,
)

INKS: tuple[Ink, ...] = ("paper", "ink", "fill", "soft")
"""Places in the palette: two bits a dot."""
PER_BYTE = 4
HALF = 128
"""From this darkness on a dot belongs to a letter or a shape: two bits have no room for smooth edges."""
PACKED = np.uint32(0x40100401)
"""Multiplied by it, four dots in four bytes stand in two bits each in the highest byte, the first one first."""
ABOVE = 2
"""The filter of all rows but the first: what is as in the row above is zero, and most is."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"
Canvas = NDArray[np.uint8]


class Glyph(NamedTuple):
    """A drawn letter: its dots, and where they lie from the pen on the line."""

    dots: NDArray[np.bool_]
    left: int
    top: int


def png_of_sheet(sheet: PrintSheet, font: Path | None = None) -> bytes:
    """The sheet as a PNG of 300 dots an inch.

    Args:
        sheet: The sheet.
        font: A font file to use instead of the packaged Noto Sans SC.
    """
    # Rows end with whole bytes.
    width = -(-sheet.width // PER_BYTE) * PER_BYTE
    # Of twenty thousand stickers all but the name, the code and the days are the same few.
    canvas = _drawn_ground(width, sheet.height, sheet.ground, font).copy()
    _draw(canvas, sheet.own, font)
    return _encoded(canvas, sheet)


@lru_cache(maxsize=12)
def _drawn_ground(width: int, height: int, ground: tuple[Item, ...], font: Path | None) -> Canvas:
    """What many sheets share."""
    canvas = np.zeros((height, width), np.uint8)
    _draw(canvas, ground, font)
    return canvas


def _draw(canvas: Canvas, items: Iterable[Item], font: Path | None) -> None:
    for item in items:
        if isinstance(item, Box):
            place = INKS.index(item.ink)
            canvas[item.y : item.y + item.height, item.x : item.x + item.width] = place
        elif isinstance(item, Emblem):
            dots = np.asarray(shapes.mask(item.shape, item.side)) >= HALF
            _put(canvas, dots, item.x, item.y, INKS.index(item.ink))
        elif isinstance(item, QrField):
            _put_code(canvas, item)
        else:
            _write(canvas, item, font)


def _put_code(canvas: Canvas, code: QrField) -> None:
    """The modules on paper: nothing below them is to be kept."""
    dark = modules_of(code.text).view(np.uint8)
    dots = np.repeat(np.repeat(dark, code.module, axis=1), code.module, axis=0)
    height, width = dots.shape
    canvas[code.y : code.y + height, code.x : code.x + width] = dots * np.uint8(INKS.index("ink"))


def _write(canvas: Canvas, words: Words, font: Path | None) -> None:
    """Letters one by one: most were drawn before."""
    pen, place = float(words.x), INKS.index(words.ink)
    for character in words.text:
        glyph = _glyph(character, words.size, words.is_heavy, font)
        _put(canvas, glyph.dots, round(pen) + glyph.left, words.y + glyph.top, place)
        pen += advance(character, words.size, font)


@lru_cache(maxsize=16_384)
def _glyph(character: str, size: int, is_heavy: bool, font: Path | None) -> Glyph:
    plain = _dots(character, size, 0, font)
    if not is_heavy:
        return plain
    # The rim alone is drawn around a letter, not what it surrounds.
    rim = _dots(character, size, rim_of(size), font)
    whole = rim.dots.copy()
    top, left = plain.top - rim.top, plain.left - rim.left
    height, width = plain.dots.shape
    whole[top : top + height, left : left + width] |= plain.dots
    return Glyph(whole, rim.left, rim.top)


def _dots(character: str, size: int, rim: int, font: Path | None) -> Glyph:
    mask, (left, top) = font_at(size, font).getmask2(character, "L", anchor="ls", stroke_width=rim)
    dots = np.asarray(mask, np.uint8).reshape(mask.size[1], mask.size[0]) >= HALF
    return Glyph(dots, left, top)


def rim_of(size: int) -> int:
    """Dots by which heavy letters are wider on each side."""
    return max(size // 40, 1)


def _put(canvas: Canvas, dots: NDArray[np.bool_], x: int, y: int, place: int) -> None:
    """Colours the dots that lie on the sheet."""
    height, width = dots.shape
    # A rim may reach over the edge of the sheet, and a negative place would begin from the other end.
    top, left = max(-y, 0), max(-x, 0)
    spot = canvas[max(y, 0) : y + height, max(x, 0) : x + width]
    spot[dots[top : top + spot.shape[0], left : left + spot.shape[1]]] = place


def _encoded(canvas: Canvas, sheet: PrintSheet) -> bytes:
    """The PNG: of an image library that packs two bits, half of the time would go into packing them."""
    height, width = canvas.shape
    # As numbers of four bytes: one multiplication packs four dots at once.
    packed = (canvas.view("<u4") * PACKED >> np.uint32(24)).astype(np.uint8)
    rows = np.full((height, 1 + width // PER_BYTE), ABOVE, np.uint8)
    rows[0, 0], rows[0, 1:] = 0, packed[0]
    np.subtract(packed[1:], packed[:-1], out=rows[1:, 1:])
    metre = round(DPI / 0.0254)
    palette = b"".join(bytes.fromhex(sheet.colours[ink][1:]) for ink in INKS)
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", sheet.width, height, 2, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"pHYs", struct.pack(">IIB", metre, metre, 1)),
        (b"IDAT", _compressed(rows.tobytes())),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(map(_chunk, chunks))


def _compressed(rows: bytes) -> bytes:
    """Runs alone are looked for: after the filter there is little else, and it takes a third of the time."""
    press = zlib.compressobj(1, strategy=zlib.Z_RLE)
    return press.compress(rows) + press.flush()


def _chunk(named: tuple[bytes, bytes]) -> bytes:
    name, content = named
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
