"""The migration of a simulation as a picture: a matrix of cells that are shaded by how many of a row they take.

Word, mark, number and hue say the same thing: ``=`` stays, ``↑`` moves up, ``↓`` moves down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scoring.analysis.impact.bands import Place, places, step
from scoring.entities import Lang
from scoring.explain.history.svg import breadth, picture, tag, words
from scoring.explain.words.figures import decimal, percent, permille
from scoring.explain.words.marks import mark_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say

LEFT, TOP, WIDE, HIGH, SUM, EDGE = 214, 176, 138, 78, 104, 28
HUES = {"stays": (22, 51, 91), "better": (0, 121, 140), "worse": (176, 84, 0), "aside": (91, 97, 107)}
SIGNS = {"stays": "=", "better": "↑", "worse": "↓", "aside": "·"}


def migration_svg(found: Mapping[str, Any], old: ResolvedPolicy, new: ResolvedPolicy, lang: Lang) -> str:
    """The matrix of a simulation as SVG, from bands of ``old`` (rows) to bands of ``new`` (columns)."""
    rows, columns = places(old.policy), places(new.policy)
    matrix: Sequence[Sequence[int]] = found["matrix"]
    whole, moved = sum(map(sum, matrix)), sum(found["moved"].values())
    width = LEFT + WIDE * len(columns) + SUM + EDGE
    height = TOP + HIGH * len(rows) + 126
    names = {side: f"{found[side]['id']}@{found[side]['version']}" for side in ("old", "new")}
    title = say(lang, "m_picture", **names)
    told = say(
        lang,
        "m_moved_of",
        moved=decimal(moved),
        whole=decimal(whole),
        share=percent(moved, whole),
        day=found["as_of"],
    )
    parts = [words(title, EDGE, 46, 24, font_weight=700), words(told, EDGE, 76, 15, fill="#4d5560")]
    parts += [
        words(say(lang, "m_from"), EDGE, TOP - 14, 13, fill="#4d5560"),
        words(say(lang, "m_to"), LEFT, TOP - 66, 13, fill="#4d5560"),
    ]
    for n, place in enumerate(columns):
        parts.append(_chip(place, lang, LEFT + n * WIDE + 3, TOP - 54, WIDE - 6))
    for m, place in enumerate(rows):
        parts.append(_chip(place, lang, EDGE, TOP + m * HIGH + 15, LEFT - EDGE - 12))
        for n, (other, count) in enumerate(zip(columns, matrix[m], strict=True)):
            kind = step(place, other, old.policy, new.policy)
            parts += _cell(LEFT + n * WIDE, TOP + m * HIGH, count, sum(matrix[m]), kind)
    parts += _sums(matrix, len(columns), lang)
    parts += _legend(height - 62, lang)
    if new.demonstration:
        parts.append(words(say(lang, "demonstration"), EDGE, height - 20, 12, fill="#6b4500"))
    return picture(width, height, title, told, parts)


def _chip(place: Place, lang: Lang, x: float, y: float, width: float) -> str:
    """The band's hue with its word; two lines where the label does not fit beside the word."""
    mark = mark_of(place.band.colour if place.band else None, rated=place.band is not None)
    whole = place.word(lang)
    word = mark.word[lang] or whole
    lines = [word, getattr(place.band.label, lang)] if place.band and mark.word[lang] else [whole]
    box = tag("rect", x=x, y=y, width=width, height=48, rx=5, fill=mark.fill)
    sizes = [
        min(size, size * (width - 14) / max(breadth(line, size), 1))
        for line, size in zip(lines, (17, 13), strict=False)
    ]
    ys = [y + 21, y + 40] if len(lines) == 2 else [y + 30]
    texts = [
        words(
            line,
            x + width / 2,
            at,
            size,
            fill=mark.ink,
            text_anchor="middle",
            font_weight=700 if n == 0 else 400,
        )
        for n, (line, at, size) in enumerate(zip(lines, ys, sizes, strict=True))
    ]
    return box + "".join(texts)


def _cell(x: float, y: float, count: int, of: int, kind: str) -> list[str]:
    """One cell: the more of its row it takes the darker, with steps that show a few as well as most."""
    red, green, blue = HUES[kind]
    depth = 0.0 if not count else 0.14 + 0.8 * (permille(count, of) / 1000) ** 0.5
    fill = "#{:02x}{:02x}{:02x}".format(*(round(255 - (255 - hue) * depth) for hue in (red, green, blue)))
    ink = "#ffffff" if depth > 0.55 else "#1b1f24"
    box = tag(
        "rect",
        x=x + 3,
        y=y + 3,
        width=WIDE - 6,
        height=HIGH - 6,
        rx=4,
        fill=fill,
        stroke="#d5dae1",
        stroke_width=1,
    )
    if not count:
        return [box, words("0", x + WIDE / 2, y + HIGH / 2 + 5, 15, fill="#767d88", text_anchor="middle")]
    number = words(
        f"{SIGNS[kind]} {decimal(count)}",
        x + WIDE / 2,
        y + HIGH / 2 + 1,
        20,
        fill=ink,
        text_anchor="middle",
        font_weight=700,
    )
    return [
        box,
        number,
        words(percent(count, of), x + WIDE / 2, y + HIGH / 2 + 22, 13, fill=ink, text_anchor="middle"),
    ]


def _sums(matrix: Sequence[Sequence[int]], n: int, lang: Lang) -> list[str]:
    right, below = LEFT + WIDE * n + SUM - 10, TOP + HIGH * len(matrix) + 24
    parts = [words(say(lang, "m_sum"), right, TOP - 14, 13, fill="#4d5560", text_anchor="end")]
    parts += [words(say(lang, "m_sum"), LEFT - 16, below, 13, fill="#4d5560", text_anchor="end")]
    sums: list[tuple[int, float, float, str]] = [
        (sum(row), right, TOP + m * HIGH + HIGH / 2 + 6, "end") for m, row in enumerate(matrix)
    ]
    sums += [
        (sum(column), LEFT + k * WIDE + WIDE / 2, below, "middle")
        for k, column in enumerate(zip(*matrix, strict=True))
    ]
    return parts + [
        words(decimal(total), x, y, 16, text_anchor=anchor, font_weight=600) for total, x, y, anchor in sums
    ]


def _legend(y: float, lang: Lang) -> list[str]:
    parts, x = [], float(EDGE)
    for kind, (red, green, blue) in HUES.items():
        text = f"{SIGNS[kind]} {say(lang, f'm_legend_{kind}')}"
        parts.append(
            tag("rect", x=x, y=y - 12, width=16, height=16, rx=3, fill=f"#{red:02x}{green:02x}{blue:02x}")
        )
        parts.append(words(text, x + 23, y + 1, 13, fill="#4d5560"))
        x += 50 + breadth(text, 13)
    return parts
