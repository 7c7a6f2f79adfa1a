"""The four-colour code as people hold it: the card with its QR code."""

from scoring.administration.credential.face import (
    Face,
    face_of,
    page_address,
    public_face,
    public_word,
)
from scoring.administration.credential.render import render_code

__all__ = ["Face", "face_of", "page_address", "public_face", "public_word", "render_code"]
