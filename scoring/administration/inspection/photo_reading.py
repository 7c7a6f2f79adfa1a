"""A photograph as it is kept: read within bounds, drawn anew, and so without anything that was hidden in it."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from scoring.errors import InputError

FORMATS = ("JPEG", "PNG")
MOST_BYTES = 12 << 20
"""Of a file; that of a telephone of today has three to eight million."""
MOST_PIXELS, MOST_AT_ONCE = 64_000_000, 16_000_000
"""Of a picture that is unpacked; a plain JPEG is made smaller while that is done, all others are not."""
DAMAGED = (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, struct.error)
"""What Pillow raises of a file that is no whole picture."""
SIDE = 1_600
"""Pixels of the longer side, as it is kept: enough to read a label by."""
QUALITY = 82


@dataclass(frozen=True)
class ReadPhoto:
    """A photograph that was drawn anew: a JPEG, and its digest."""

    content: bytes
    sha256: str


def require_bounds(content: bytes) -> Image.Image:
    """A picture of which nothing is unpacked yet.

    Raises:
        InputError: It is no JPEG or PNG, or too large: what its head says is what the memory would have to hold.
    """
    if len(content) > MOST_BYTES:
        raise InputError("photo_too_large", megabytes=MOST_BYTES >> 20)
    try:
        with warnings.catch_warnings():
            # Pillow warns of what is refused here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError:
        raise InputError("photo_too_large", megabytes=MOST_BYTES >> 20) from None
    except DAMAGED as error:
        raise InputError("photo_unreadable", formats=list(FORMATS)) from error
    is_plain = image.format == "JPEG" and not image.info.get("progressive")
    if image.width * image.height > (MOST_PIXELS if is_plain else MOST_AT_ONCE):
        raise InputError("photo_too_large", megabytes=MOST_BYTES >> 20)
    return image


def read_photo(content: bytes) -> ReadPhoto:
    """Draws a photograph anew: upright, at most ``SIDE`` pixels long, with neither place, time nor device in it.

    Raises:
        InputError: It is no JPEG or PNG, damaged, or too large.
    """
    image = require_bounds(content)
    try:
        return _drawn(image)
    except DAMAGED as error:
        raise InputError("photo_unreadable", formats=list(FORMATS)) from error


def _drawn(image: Image.Image) -> ReadPhoto:
    image.draft("RGB", (SIDE, SIDE))
    plain = ImageOps.exif_transpose(image).convert("RGB")
    plain.thumbnail((SIDE, SIDE))
    # A new picture of the same pixels: what else the file held has no way into it.
    drawn = Image.new("RGB", plain.size)
    drawn.paste(plain)
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=QUALITY, optimize=True)
    kept = out.getvalue()
    return ReadPhoto(kept, hashlib.sha256(kept).hexdigest())
