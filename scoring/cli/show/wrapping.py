"""Where a line of Chinese and Latin text may be broken (避头尾): the one rule for all that is printed.

Chinese breaks between any two characters and Latin at blanks alone, so that no word, number or path is
torn. No closing mark begins a line, no opening mark ends it, a number stays with its measure word, and
short brackets stay whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len

CLOSING = frozenset("，。、；：！？）〕】》〉」』”’…—–～％‰℃·・→,.;:!?)]}%*")
"""Marks that never begin a line; the dot and the arrow between two things count as one."""
OPENING = frozenset("（〔【《〈「『“‘([{§￥")
"""Marks that never end a line."""
SHORT_BRACKETS = 12
"""Characters of brackets, with what is in them, that stay together."""
LEAST_ROOM = 8
"""Columns that a line has even under the deepest indent."""


class Piece(NamedTuple):
    """A part of a text that stays whole, with the blanks behind it: where it begins, and what it says."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)

    @property
    def width(self) -> int:
        """Columns that it needs; blanks at the end of a line need none."""
        return cell_len(self.text.rstrip())


def break_places(text: str) -> list[int]:
    """Offsets in ``text`` (one line, no line feed) before which a new line may begin."""
    return [offset for offset in range(1, len(text)) if _may_break(text, offset)]


def line_starts(text: str, width: int, hanging: int = 0, *, fold: bool = True) -> list[int]:
    """Offsets at which the second and each further line of ``text`` begin.

    Args:
        text: One line, without line feeds.
        width: Columns of a line.
        hanging: Columns that all lines but the first are set in.
        fold: Whether a word longer than a line is torn; otherwise it sticks out and can be copied.
    """
    offsets: list[int] = []
    further = max(width - hanging, LEAST_ROOM)
    whole_line = columns_left = width
    for piece in _pieces(text):
        is_empty = columns_left == whole_line
        if piece.width > columns_left and not is_empty:
            offsets.append(piece.start)
            whole_line = columns_left = further
        cuts = list(_cuts(piece, columns_left, further)) if fold else []
        if cuts:
            offsets += cuts
            whole_line, columns_left = further, further - cell_len(text[cuts[-1] : piece.end])
        else:
            columns_left -= cell_len(piece.text)
    return offsets


def longest_piece(text: str) -> int:
    """Columns of the longest part of ``text`` that must not be torn."""
    return max((piece.width for piece in _pieces(text)), default=0)


def _pieces(text: str) -> Iterator[Piece]:
    edges = [0, *break_places(text), len(text)]
    for start, end in pairwise(edges):
        if start < end:
            yield Piece(start, text[start:end])


def _cuts(piece: Piece, first: int, further: int) -> Iterator[int]:
    """Where a piece longer than a line is torn: into lines of ``first``, then of ``further`` columns."""
    columns_used, limit = 0, first
    for offset, character in enumerate(piece.text.rstrip(), start=piece.start):
        width = cell_len(character)
        if columns_used and columns_used + width > limit:
            yield offset
            columns_used, limit = 0, further
        columns_used += width


def _may_break(text: str, offset: int) -> bool:
    left, right = text[offset - 1], text[offset]
    if right == " " or right in CLOSING or cell_len(right) == 0 or _in_short_brackets(text, offset):
        return False
    before = text[:offset].rstrip(" ")
    # A line that is a mark and nothing else, as "·" or "§", would be lost.
    if not before or (left == " " and len(before.lstrip(" ")) == 1 and before[-1] in CLOSING):
        return False
    if before[-1] in OPENING or (before[-1].isdigit() and _is_wide(right)):
        return False
    if left == " ":
        return True
    # 第3条, and the number of a document behind its year: 〔2026〕001617号.
    if right.isdigit() and left in "第〕":
        return False
    return _is_wide(left) or _is_wide(right)


def _in_short_brackets(text: str, offset: int) -> bool:
    """Whether an offset lies within brackets of few characters: ``红码（第4级）``, ``Red (rank 4)``."""
    opening = max(text.rfind("(", 0, offset), text.rfind("（", 0, offset))
    limit = opening + SHORT_BRACKETS
    closing = max(text.find(")", opening, limit), text.find("）", opening, limit))
    return opening >= 0 and offset <= closing


def _is_wide(character: str) -> bool:
    return cell_len(character) == 2 or character in "“”‘’…—·"
