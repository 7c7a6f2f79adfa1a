"""Photographs of stickers are read: of each colour as many as must be, by the decoder that reads frames and photos here."""

from __future__ import annotations

import io
import os

import pytest
import zxingcpp
from code_authority import CodeAuthority
from faces import FACES, OPAQUE, PLAIN, field_of
from photographs import photograph
from PIL import Image

from scoring.administration.credential.render import draw_sheet, sheet_of

PHOTOS = int(os.environ.get("SISE_PHOTOS", "12"))
"""Of each colour; the campaign has 60."""
MISSED = max(PHOTOS // 60, 1)
AT, SMALLER = 4.0, 3.0
"""Pixels of a module: at the first nearly all must be read, at the other it is counted."""


def read(face: str, pixels: float) -> int:
    """How many photographs of a sticker are read as what it holds."""
    number = sorted(FACES).index(face) if face in FACES else 9
    text = CodeAuthority().code(serial=bytes([number] * 8)) if face in FACES else OPAQUE
    sheet = sheet_of(FACES.get(face, PLAIN), text)
    code = field_of(sheet)
    drawn = Image.open(io.BytesIO(draw_sheet(sheet, "png"))).convert("RGB")
    shots = (photograph(drawn, code.module, pixels, 1000 * number + shot) for shot in range(PHOTOS))
    return sum(text in [found.text for found in zxingcpp.read_barcodes(shot.convert("L"))] for shot in shots)


@pytest.mark.parametrize("face", [*FACES, "plain"])
def test_photographs_are_read(face: str) -> None:
    """At four pixels a module at most one of sixty is missed; at three what is read is printed."""
    at_four, at_three = read(face, AT), read(face, SMALLER)
    print(f"\n{face}: {at_four} of {PHOTOS} at {AT} pixels a module, {at_three} at {SMALLER}")
    assert at_four >= PHOTOS - MISSED
