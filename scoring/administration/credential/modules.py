"""The modules of a QR code: level M, the smallest version, alphanumeric where the text allows it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import zxingcpp
from numpy.typing import NDArray

from scoring.errors import UsageError

MAX_TEXT = 311
"""Characters: what QR version 10 holds at level M in alphanumeric mode, and 90 mm of version 13 otherwise."""
QUIET = 4
"""Modules of white around a code (ISO/IEC 18004)."""
Modules = NDArray[np.bool_]


@lru_cache(maxsize=8)
def modules_of(text: str) -> Modules:
    """The modules of a text, row by row, dark ones true; without the white around them.

    Raises:
        UsageError: The text is empty or too long for a code that telephones read.
    """
    if not 0 < len(text.encode()) <= MAX_TEXT:
        raise UsageError("code_address_length", length=len(text.encode()), most=MAX_TEXT)
    # It chooses the mode by itself: capitals and digits take five and a half bits instead of eight.
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    dark: Modules = np.asarray(made.to_image(scale=1, add_quiet_zones=False)) == 0
    # It is kept and handed to whoever asks again.
    dark.setflags(write=False)
    return dark


def path_of(text: str) -> tuple[int, str]:
    """The modules of a side, and the dark ones as a path of SVG: a piece for each run of them in a row."""
    pieces = []
    dark = modules_of(text)
    for y, row in enumerate(dark.tolist()):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end] == row[x]:
                end += 1
            if row[x]:
                pieces.append(f"M{x} {y}h{end - x}v1h{x - end}z")
            x = end
    return len(dark), "".join(pieces)
