"""Where a line of Chinese and Latin text may be broken (避头尾): the one rule for everything that is printed.

Chinese breaks between any two characters and Latin at blanks alone, so that no word, number or path is torn. No closing mark begins
a line, no opening mark ends it, a number stays with its measure word, and short brackets stay whole.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

CLOSING = frozenset("，。、；：！？）〕】》〉」』”’…—–～％‰℃·・→,.;:!?)]}%")
"""Marks that never begin a line; the dot and the arrow between two things count as one."""
OPENING = frozenset("（〔【《〈「『“‘([{§￥")
"""Marks that never end a line."""
SHORT_BRACKETS = 12
"""Characters of brackets, with what is in them, that stay together."""
LEAST_ROOM = 8
"""Columns that a line has even under the deepest indent."""


def break_places(text: str) -> list[int]:
    """Offsets in ``text`` (one line, no line feed) before which a new line may begin."""
    return [offset for offset in range(1, len(text)) if _may_break(text, offset)]


def line_starts(text: str, width: int, hanging: int = 0, *, fold: bool = True) -> list[int]:
    """Offsets at which the second and each further line of ``text`` begin.

    Args:
        text: One line, without line feeds.
        width: Columns of a line.
        hanging: Columns that all lines but the first are set in.
        fold: Whether a word that is longer than a line is torn; otherwise it sticks out, so that it can still be copied.
    """
    starts: list[int] = []
    room, used = width, 0
    for begin, end in _pieces(text):
        if used and used + cell_len(text[begin:end].rstrip()) > room:
            starts.append(begin)
            room, used = max(width - hanging, LEAST_ROOM), 0
        if not used and fold:
            for cut in _cuts(text, begin, end, room, max(width - hanging, LEAST_ROOM)):
                starts.append(cut)
                room, begin = max(width - hanging, LEAST_ROOM), cut
        used += cell_len(text[begin:end])
    return starts


def longest_piece(text: str) -> int:
    """Columns of the longest part of ``text`` that must not be torn."""
    return max((cell_len(text[begin:end].rstrip()) for begin, end in _pieces(text)), default=0)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """First and last offset of the parts that stay whole, each with the blanks behind it."""
    begin = 0
    for end in [*break_places(text), len(text)]:
        if end > begin:
            yield begin, end
        begin = end


def _cuts(text: str, begin: int, end: int, first: int, room: int) -> Iterator[int]:
    """Where a part that is longer than a line is torn: into lines of ``first``, then of ``room`` columns."""
    used, limit = 0, first
    for offset in range(begin, begin + len(text[begin:end].rstrip())):
        width = cell_len(text[offset])
        if used and used + width > limit:
            yield offset
            used, limit = 0, room
        used += width


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
    if right.isdigit() and left in "第〕":
        return False
    return _is_wide(left) or _is_wide(right)


def _in_short_brackets(text: str, offset: int) -> bool:
    """Whether an offset lies within brackets that hold a few characters, as in ``红码（第4级）`` or ``Red (rank 4)``."""
    begin = max(text.rfind("(", 0, offset), text.rfind("（", 0, offset))
    end = max(text.find(")", begin, begin + SHORT_BRACKETS), text.find("）", begin, begin + SHORT_BRACKETS))
    return begin >= 0 and offset <= end


def _is_wide(character: str) -> bool:
    return cell_len(character) == 2 or character in "“”‘’…—·"
