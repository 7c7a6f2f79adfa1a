"""The sticker: 70 mm wide, its code 48 mm, one left edge, the colour in the frame, and dark modules on white."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from scoring.administration.credential.face import Face
from scoring.administration.credential.lettering import fit, unprintable, width_of
from scoring.administration.credential.modules import modules_of
from scoring.administration.credential.sheet import (
    Box,
    Emblem,
    Ink,
    Item,
    PrintSheet,
    QrField,
    Words,
)
from scoring.explain.words.disclosures import in_one, labels_of
from scoring.rules.wording import both

WIDTH, HEIGHT = 828, 1500
"""70.1 by 127 mm."""
FRAME, HEAD, EDGE = 34, 318, 129
"""Width of the frame, height of the coloured head, and the left edge of everything."""
ROOM = WIDTH - 2 * EDGE
"""Width of everything."""
CODE_FROM, CODE_TO = 488, 1196
"""Between which heights the code stands with the white around it; it is as wide as the lines, 48 mm."""
PAPER, INK, SOFT = "#ffffff", "#1d1d1f", "#4a4f57"


@dataclass
class Layout:
    """A sheet that is being laid out.

    Attributes:
        font: A font file to use instead of the packaged one.
        edge: Where its lines begin.
        room: How wide they are.
        items: What stands on it so far.
    """

    font: Path | None
    edge: int = EDGE
    room: int = ROOM
    items: list[Item] = field(default_factory=list)

    def line(
        self,
        text: str,
        y: int,
        sizes: range,
        ink: Ink = "ink",
        *,
        x: int | None = None,
        room: int | None = None,
        is_heavy: bool = False,
    ) -> None:
        """One line of letters on a line, as large as it fits."""
        size, (row, *_) = fit(text, self.room if room is None else room, sizes, 1, self.font)
        self.items.append(Words(self.edge if x is None else x, y, size, row, ink, is_heavy))

    def add(self, *items: Item) -> None:
        """Further items."""
        self.items.extend(items)


def sticker(face: Face, text: str, font: Path | None = None) -> PrintSheet:
    """The sticker of a code.

    Args:
        face: What it says.
        text: What its code holds.
        font: A font file to use instead of the packaged one.

    Raises:
        UsageError: No code holds the text.
    """
    ground, own = Layout(font), Layout(font)
    _frame(ground, face)
    _head(ground, face)
    _foot(ground, face)
    _name(own, face)
    side = len(modules_of(text)) * (ROOM // len(modules_of(text)))
    own.add(code_field(text, EDGE, (CODE_FROM + CODE_TO - side) // 2, ROOM))
    _days(own, face)
    return PrintSheet(
        WIDTH,
        HEIGHT,
        colours_of(face),
        tuple(ground.items),
        tuple(own.items),
        title=" · ".join(filter(None, (face.word["zh"], face.name, face.enterprise_id))),
        unprintable=unprintable(face.name or "", font),
    )


def colours_of(face: Face) -> dict[Ink, str]:
    """The four colours of a face."""
    return {"paper": PAPER, "ink": INK, "fill": face.mark.fill, "soft": SOFT}


def on_fill(face: Face) -> Ink:
    """What letters on the colour of a face are drawn with."""
    return "paper" if face.mark.ink == PAPER else "ink"


def code_field(text: str, x: int, y: int, side: int) -> QrField:
    """A code from a left edge on, its modules as many whole dots as fit."""
    return QrField(x, y, side // len(modules_of(text)), text)


def _frame(sheet: Layout, face: Face) -> None:
    sheet.add(Box(0, 0, WIDTH, HEIGHT, "fill"))
    sheet.add(Box(FRAME, HEAD, WIDTH - 2 * FRAME, HEIGHT - HEAD - FRAME, "paper"))


def _head(sheet: Layout, face: Face) -> None:
    """Shape with the rank inside, the word and the rank in both languages."""
    ink, side = on_fill(face), 150
    sheet.add(*emblem(face, EDGE, 52, side, sheet.font))
    left = EDGE + side + 34
    room = WIDTH - left - FRAME - 16
    zh, en = words_of(face)
    sheet.line(zh, 150, range(104, 40, -4), ink, x=left, room=room, is_heavy=True)
    sheet.line(en, 202, range(46, 24, -2), ink, x=left, room=room)
    zh, en = rank_lines(face)
    sheet.line(zh, 256, range(38, 22, -2), ink)
    sheet.line(en, 294, range(27, 18, -1), ink)


def emblem(face: Face, x: int, y: int, side: int, font: Path | None) -> Iterator[Item]:
    """The shape of a face with its rank inside."""
    yield Emblem(x, y, side, face.mark.shape, on_fill(face))
    # The middle of a triangle is low and narrow.
    share, size = (0.79, 0.42) if face.mark.shape == "triangle" else (0.7, 0.56)
    number = "码" if face.is_plain else "?" if face.rank is None else str(face.rank)
    height = int(side * (size - 0.1 if face.is_plain else size))
    wide = width_of(number, height, font)
    low = y + int(side * (share + (0.02 if face.is_plain else 0)))
    yield Words(x + int((side - wide) / 2), low, height, number, "fill", is_heavy=True)


def words_of(face: Face) -> tuple[str, str]:
    """The word in both languages: that of the mark, or the label of a band without a colour."""
    word = face.word if face.word["zh"] else face.label
    return word["zh"], word["en"]


def rank_lines(face: Face) -> tuple[str, str]:
    """The rank and its label in both languages, or why there is none."""
    if face.is_plain:
        plain = both("sticker_plain_note")
        return plain["zh"], plain["en"]
    if face.rank is None:
        return face.label["zh"], face.label["en"]
    return (
        f"第{face.rank}级 / 共{face.ranks}级 {face.label['zh']}",
        f"Rank {face.rank} of {face.ranks}: {face.label['en']}",
    )


def scan_words(face: Face) -> dict[str, str]:
    """That it is to be scanned, and of what is printed that it was so then."""
    return both("sticker_scan_plain") if face.is_plain else both("sticker_scan")


def _name(sheet: Layout, face: Face) -> None:
    name = face.name or face.enterprise_id
    size, rows = fit(name, ROOM, range(44, 25, -2), 2, sheet.font)
    for row, low in zip(rows, (384, 384 + int(1.25 * size)) if len(rows) > 1 else (412,), strict=True):
        sheet.add(Words(EDGE, low, size, row, is_heavy=size >= 34))
    if face.name:
        sheet.line(face.enterprise_id, 484, range(30, 20, -2), "soft")


def _days(sheet: Layout, face: Face) -> None:
    """As of which day, and until when."""
    printed, day = face.printed, face.as_of.isoformat()
    if face.is_plain:
        words = both("sticker_no_end")
    elif printed is None or printed.valid_until is None:
        words = both("sticker_as_of", day=day)
    else:
        words = both("sticker_days", day=day, until=printed.valid_until.isoformat())
    sheet.line(words["zh"], 1220, range(31, 20, -1))
    sheet.line(words["en"], 1252, range(23, 16, -1), "soft")


def _foot(sheet: Layout, face: Face) -> None:
    """That it is to be scanned, where to, by whose authority, and what it must say of itself."""
    printed, scan = face.printed, scan_words(face)
    sheet.line(scan["zh"], 1298, range(31, 20, -1))
    sheet.line(scan["en"], 1330, range(23, 16, -1), "soft")
    if printed is not None:
        sheet.line(printed.host, 1370, range(30, 17, -1))
        issuer = both("sticker_issuer", name=printed.issuer)
        sheet.line(f"{issuer['zh']}  {issuer['en']}", 1398, range(20, 13, -1), "soft")
    else:
        title = face.policy_title
        sheet.line(title["zh"], 1372, range(24, 13, -1), "soft")
        sheet.line(title["en"], 1398, range(20, 13, -1), "soft")
    notices = [*labels_of(demonstration=face.demonstration, fictitious=face.fictitious)]
    if printed is not None and printed.is_demo:
        notices.insert(0, both("sticker_demo"))
    if notices:
        sheet.add(Box(FRAME, 1410, WIDTH - 2 * FRAME, HEIGHT - FRAME - 1410, "ink"))
        left, room = FRAME + 14, WIDTH - 2 * FRAME - 28
        sheet.line(in_one(notices, "zh"), 1435, range(22, 11, -1), "paper", x=left, room=room)
        sheet.line(in_one(notices, "en"), 1458, range(18, 11, -1), "paper", x=left, room=room)
