"""Reads the code in a photograph: within bounds of size, and of what it holds the text alone."""

from __future__ import annotations

import io
import warnings

import zxingcpp
from PIL import Image, UnidentifiedImageError

from scoring.errors import InputError

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 32 << 20
MOST_PIXELS = 50_000_000
"""Of a picture that is looked at: that of a telephone of today has twelve to fifty million."""
SIDE = 3_000
"""Pixels of a side to which a photograph is made smaller while it is unpacked."""
OWN = "HTTPS://"
QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def text_in_picture(content: bytes, place: str = "") -> str:
    """The text of the QR code in a picture; empty where there is none.

    Of several codes the one that looks like ours.

    Args:
        content: The file.
        place: Where it was read, for refusals.

    Raises:
        InputError: It is no picture, damaged, or too large.
    """
    if len(content) > MOST_BYTES:
        raise InputError("picture_too_large", place=place, most=MOST_PIXELS // 1_000_000)
    try:
        with warnings.catch_warnings():
            # Pillow warns of what is refused here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=FORMATS)
        # Before anything is unpacked: what the head says is what the memory would have to hold.
        is_large = image.width * image.height > MOST_PIXELS
        grey = None if is_large else _unpacked(image)
    except Image.DecompressionBombError:
        raise InputError("picture_too_large", place=place, most=MOST_PIXELS // 1_000_000) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InputError("picture_unreadable", place=place, formats=list(FORMATS)) from error
    if grey is None:
        raise InputError("picture_too_large", place=place, most=MOST_PIXELS // 1_000_000)
    grey.thumbnail((SIDE, SIDE))
    texts = [code.text for code in zxingcpp.read_barcodes(grey, formats=QR)]
    return next((text for text in texts if text.startswith(OWN)), texts[0] if texts else "")


def _unpacked(image: Image.Image) -> Image.Image:
    """A picture in grey, a photograph made smaller while it is unpacked."""
    image.draft("L", (SIDE, SIDE))
    return image.convert("L")
