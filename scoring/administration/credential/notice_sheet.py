"""The A4 notice: the code large enough to be scanned from two metres, and what it is and is not beside it."""

from __future__ import annotations

from pathlib import Path

from scoring.administration.credential.face import Face
from scoring.administration.credential.lettering import fit, unprintable, wrap
from scoring.administration.credential.sheet import Box, Ink, PrintSheet, Words
from scoring.administration.credential.sticker import (
    Layout,
    code_field,
    colours_of,
    emblem,
    on_fill,
    rank_lines,
    scan_words,
    words_of,
)
from scoring.explain.words.disclosures import in_one, labels_of
from scoring.rules.wording import both

WIDTH, HEIGHT = 2480, 3508
"""A4."""
FRAME, HEAD, EDGE = 70, 660, 230
ROOM = WIDTH - 2 * EDGE
CODE_TOP, CODE_SIDE = 1120, 1200
"""Where the code begins and how large it is at most: 102 mm."""
BESIDE = EDGE + CODE_SIDE + 110
"""Where the lines beside the code begin."""
PARTS = ("notice_scan", "notice_compare", "notice_is_not", "notice_voluntary", "notice_report")
"""What stands below the code, each in both languages."""


def notice(face: Face, text: str, contact: str = "", font: Path | None = None) -> PrintSheet:
    """The A4 notice of a code.

    Args:
        face: What it says.
        text: What its code holds.
        contact: Whom to ask, in one line.
        font: A font file to use instead of the packaged one.

    Raises:
        UsageError: No code holds the text.
    """
    sheet, ink = Layout(font, EDGE, ROOM), on_fill(face)
    sheet.add(Box(0, 0, WIDTH, HEIGHT, "fill"))
    sheet.add(Box(FRAME, HEAD, WIDTH - 2 * FRAME, HEIGHT - HEAD - FRAME, "paper"))
    side = 330
    sheet.add(*emblem(face, EDGE, 120, side, font))
    left = EDGE + side + 80
    (zh, en), (rank_zh, rank_en) = words_of(face), rank_lines(face)
    room = WIDTH - left - EDGE
    sheet.line(zh, 330, range(230, 100, -10), ink, x=left, room=room, is_heavy=True)
    sheet.line(en, 445, range(100, 50, -5), ink, x=left, room=room)
    sheet.line(rank_zh, 545, range(80, 50, -2), ink)
    sheet.line(rank_en, 620, range(58, 36, -2), ink)
    size, rows = fit(face.name or face.enterprise_id, ROOM, range(104, 60, -4), 2, font)
    for number, row in enumerate(rows):
        sheet.add(Words(EDGE, 820 + int(1.25 * size) * number, size, row, is_heavy=True))
    sheet.line(face.enterprise_id, 1050, range(62, 40, -2), "soft")
    sheet.add(code_field(text, EDGE, CODE_TOP, CODE_SIDE))
    _beside(sheet, face)
    low = _parts(sheet, 2400)
    if contact:
        _paragraph(sheet, contact, low, 36, "soft")
    _notices(sheet, face)
    return PrintSheet(
        WIDTH,
        HEIGHT,
        colours_of(face),
        (),
        tuple(sheet.items),
        title=" · ".join(filter(None, (words_of(face)[0], face.name, face.enterprise_id))),
        unprintable=unprintable(face.name or "", font),
    )


def _beside(sheet: Layout, face: Face) -> None:
    """Beside the code: as of which day and until when, where it is looked up, and by whose authority."""
    printed, day = face.printed, face.as_of.isoformat()
    lines = [both("notice_as_of", day=day)]
    if face.is_plain:
        lines = [both("sticker_no_end")]
    elif printed is not None and printed.valid_until is not None:
        lines.append(both("notice_until", until=printed.valid_until.isoformat()))
    lines.append(scan_words(face))
    if printed is not None:
        lines.append(both("sticker_issuer", name=printed.issuer))
    low, room = CODE_TOP + 10, WIDTH - EDGE - BESIDE
    for words in lines:
        low = _rows(sheet, wrap(words["zh"], room, 50, sheet.font), low, 50, "ink", BESIDE)
        low = _rows(sheet, wrap(words["en"], room, 34, sheet.font), low, 34, "soft", BESIDE) + 50
    if printed is not None:
        sheet.line(printed.host, low + 50, range(50, 24, -2), x=BESIDE, room=room)


def _parts(sheet: Layout, top: int) -> int:
    """What it is, how it is checked, what it is not; gives where it ends."""
    low = top
    for part in PARTS:
        words = both(part)
        low = _paragraph(sheet, words["zh"], low, 42, "ink")
        low = _paragraph(sheet, words["en"], low, 30, "soft") + 12
    return low


def _paragraph(sheet: Layout, text: str, top: int, size: int, ink: Ink) -> int:
    return _rows(sheet, wrap(text, ROOM, size, sheet.font), top, size, ink, EDGE)


def _rows(sheet: Layout, rows: list[str], top: int, size: int, ink: Ink, x: int) -> int:
    """Lines one below the other; gives where they end."""
    low = top
    for row in rows:
        low += int(1.32 * size)
        sheet.add(Words(x, low, size, row, ink))
    return low


def _notices(sheet: Layout, face: Face) -> None:
    sentences = [*labels_of(demonstration=face.demonstration, fictitious=face.fictitious)]
    if face.printed is not None and face.printed.is_demo:
        sentences.insert(0, both("sticker_demo"))
    if sentences:
        sheet.add(Box(FRAME, HEIGHT - FRAME - 130, WIDTH - 2 * FRAME, 130, "ink"))
        sheet.line(in_one(sentences, "zh"), HEIGHT - FRAME - 74, range(44, 26, -2), "paper")
        sheet.line(in_one(sentences, "en"), HEIGHT - FRAME - 26, range(34, 20, -2), "paper")
