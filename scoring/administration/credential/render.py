"""Draws the card of a four-colour code: dark modules on white, the colour in the frame, word and shape beside it.

Modules stay black on white: coloured modules fell below the contrast that scanners need (ISO/IEC 18004: dark on light).
The same face and address give the same bytes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import qrcode
from PIL import Image, ImageDraw

from scoring.administration.credential import shapes
from scoring.administration.credential.face import Face, face_of
from scoring.administration.credential.lettering import fit, font_at
from scoring.errors import UsageError
from scoring.explain.words.disclosures import in_one, labels_of

__all__ = ["face_of", "render_code"]

WIDTH, HEIGHT = 840, 1180
"""Pixels: A7 (74 x 105 mm) at about 288 dots an inch."""

MAX_ADDRESS = 300
"""Bytes of an address: QR version 13 at level M, still 7 pixels a module."""

_FRAME, _HEAD, _MARGIN = 26, 296, 64
_QR_TOP, _QR_SIDE = 454, 500
_INK, _SOFT, _PAPER, _WARN = "#1d1d1f", "#4a4f57", "#ffffff", "#fff4d6"


def render_code(face: Face, address: str, *, font: Path | None = None) -> bytes:
    """The card as a PNG.

    Args:
        face: What it says (see ``face_of``).
        address: What the QR code holds: the address of the enterprise's page.
        font: A font file to use instead of the packaged Noto Sans SC.

    Returns:
        A PNG of 840 x 1180 pixels.

    Raises:
        UsageError: The address is longer than ``MAX_ADDRESS`` bytes or empty.
        EnvironmentRefusedError: The font file cannot be read.
    """
    if not 0 < len(address.encode()) <= MAX_ADDRESS:
        raise UsageError("code_address_length", length=len(address.encode()), most=MAX_ADDRESS)
    card = _Card.blank(face, font)
    _head(card)
    _name(card)
    _code(card, address)
    _foot(card)
    return _png(card.image)


@dataclass(frozen=True)
class _Card:
    """The sheet being drawn."""

    face: Face
    image: Image.Image
    draw: ImageDraw.ImageDraw
    font: Path | None

    @classmethod
    def blank(cls, face: Face, font: Path | None) -> _Card:
        """An empty sheet in the frame of the colour."""
        image = Image.new("RGB", (WIDTH, HEIGHT), face.mark.fill)
        draw = ImageDraw.Draw(image)
        draw.rectangle((_FRAME, _HEAD, WIDTH - _FRAME - 1, HEIGHT - _FRAME - 1), fill=_PAPER)
        return cls(face, image, draw, font)

    def centred(self, text: str, y: int, size: int, fill: str, *, lines: int = 1, bold: bool = False) -> int:
        """Centred text, shrunk to fit; returns the y below it."""
        sizes = range(size, max(size // 2, 15), -2)
        font, rows = fit(text, WIDTH - 2 * _MARGIN, sizes, lines, self.font)
        step = int(font.size * 1.32)
        for row in rows:
            self.draw.text(
                (WIDTH / 2, y),
                row,
                fill=fill,
                font=font,
                anchor="ma",
                stroke_width=int(bold),
                stroke_fill=fill,
            )
            y += step
        return y


def _head(card: _Card) -> None:
    """The coloured head: shape with the rank inside, the word in both languages, the rank in both languages."""
    face, mark, side = card.face, card.face.mark, 138
    left, top = _MARGIN, 40
    card.image.paste(mark.ink, (left, top), shapes.mask(mark.shape, side))
    number = "?" if face.rank is None else str(face.rank)
    low, size = (
        (1.25, 58) if mark.shape == "triangle" else (1.0, 72)
    )  # the middle of a triangle is low and narrow
    card.draw.text(
        (left + side / 2, top + side / 2 * low),
        number,
        fill=mark.fill,
        font=font_at(size, card.font),
        anchor="mm",
        stroke_width=2,
        stroke_fill=mark.fill,
    )
    room = WIDTH - left - side - 36 - _MARGIN
    zh, en = (face.word["zh"], face.word["en"]) if face.word["zh"] else (face.label["zh"], face.label["en"])
    font, rows = fit(zh, room, range(92, 40, -4), 1, card.font)
    card.draw.text(
        (left + side + 36, top + 50),
        rows[0],
        fill=mark.ink,
        font=font,
        anchor="lm",
        stroke_width=2,
        stroke_fill=mark.ink,
    )
    font, rows = fit(en.upper(), room, range(46, 24, -2), 1, card.font)
    card.draw.text(
        (left + side + 38, top + 121),
        rows[0],
        fill=mark.ink,
        font=font,
        anchor="lm",
        stroke_width=1,
        stroke_fill=mark.ink,
    )
    zh, en = _rank_lines(face)
    card.centred(zh, 196, 38, mark.ink, bold=True)
    card.centred(en, 249, 27, mark.ink)


def _rank_lines(face: Face) -> tuple[str, str]:
    """The rank and its label in both languages, or why there is none."""
    if face.rank is None:
        return face.label["zh"], face.label["en"]
    return (
        f"第{face.rank}级 / 共{face.ranks}级 {face.label['zh']}",
        f"Rank {face.rank} of {face.ranks} · {face.label['en']}",
    )


def _name(card: _Card) -> None:
    name = card.face.name or card.face.enterprise_id
    font, rows = fit(name, WIDTH - 2 * _MARGIN, range(46, 26, -2), 2, card.font)
    step = int(font.size * 1.3)
    y = 364 - step * len(rows) / 2
    for row in rows:
        card.draw.text(
            (WIDTH / 2, y + step / 2),
            row,
            fill=_INK,
            font=font,
            anchor="mm",
            stroke_width=1,
            stroke_fill=_INK,
        )
        y += step
    if card.face.name:
        card.centred(card.face.enterprise_id, 424, 27, _SOFT)


def _code(card: _Card, address: str) -> None:
    """The QR code: level M, the smallest version, whole pixels a module, four modules of quiet white around it."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(address)
    code.make(fit=True)
    rows = code.get_matrix()
    modules = len(rows)
    scale = _QR_SIDE // modules
    pixels = bytes(0 if dark else 255 for dark in chain.from_iterable(rows))
    dots = Image.frombytes("L", (modules, modules), pixels)
    side = modules * scale
    spot = ((WIDTH - side) // 2, _QR_TOP + (_QR_SIDE - side) // 2)
    card.image.paste(dots.resize((side, side), Image.Resampling.NEAREST), spot)


def _foot(card: _Card) -> None:
    face = card.face
    day = face.as_of.isoformat()
    y = card.centred("扫码查看最近一次结果 · Scan for the latest result", 950, 28, _INK, bold=True)
    y = card.centred(f"评价日期 As of {day}", y + 4, 26, _INK)
    card.centred(f"{face.policy_title['zh']} · {face.policy_title['en']}", y + 2, 19, _SOFT)
    notices = labels_of(demonstration=face.demonstration, fictitious=face.fictitious)
    if notices:
        card.draw.rectangle((_FRAME, 1075, WIDTH - _FRAME - 1, HEIGHT - _FRAME - 1), fill=_WARN)
        y = card.centred(in_one(notices, "zh"), 1083, 25, _INK, bold=True)
        card.centred(in_one(notices, "en"), y, 19, _INK)


def _png(image: Image.Image) -> bytes:
    """The PNG: 64 colours are enough for six hues and smooth letters, and a third of the bytes."""
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=6, dpi=(288, 288))
    return out.getvalue()
