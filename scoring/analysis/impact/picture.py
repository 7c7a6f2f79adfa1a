"""The migration of a simulation as a picture: a matrix with the bands of both policies at its sides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scoring.analysis.impact.bands import Place
from scoring.analysis.impact.matrix import (
    PALE_INK,
    SIGNS,
    Cell,
    MigrationMatrix,
    migration_matrix,
    tint,
)
from scoring.entities import Lang
from scoring.explain.history.svg import breadth, picture, tag, words
from scoring.explain.words.disclosures import in_one, notices, order_notice
from scoring.explain.words.figures import decimal, percent
from scoring.explain.words.marks import mark_of
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import say

LEFT, TOP, CELL_WIDTH, CELL_HEIGHT, SUM_WIDTH, MARGIN = 214, 176, 138, 78, 104, 28
SOFT = "#4d5560"


def migration_svg(
    simulation: Mapping[str, Any],
    old: ResolvedPolicy,
    new: ResolvedPolicy,
    lang: Lang,
) -> str:
    """The matrix of a simulation as SVG: rows by ``old``, columns by ``new``."""
    matrix = migration_matrix(simulation["matrix"], old.policy, new.policy)
    width = LEFT + CELL_WIDTH * len(matrix.columns) + SUM_WIDTH + MARGIN
    height = TOP + CELL_HEIGHT * len(matrix.rows) + 126
    title = say(lang, "m_picture", old=_name(simulation["old"]), new=_name(simulation["new"]))
    summary = _summary(simulation, lang)
    elements = [
        words(title, MARGIN, 46, 24, font_weight=700),
        words(summary, MARGIN, 76, 15, fill=SOFT),
        words(say(lang, "m_from"), MARGIN, TOP - 14, 13, fill=SOFT),
        words(say(lang, "m_to"), LEFT, TOP - 66, 13, fill=SOFT),
        *_heads(matrix, lang),
        *_cells(matrix, lang),
        *_sums(matrix, lang),
        *_legend(height - 62, lang),
    ]
    sentences = (*notices(new, fictitious=simulation["fictitious"]), *order_notice(new))
    if sentences:
        elements.append(words(in_one(sentences, lang), MARGIN, height - 20, 12, fill="#6b4500"))
    return picture(width, height, title, summary, elements)


def _name(identity: Mapping[str, str]) -> str:
    return f"{identity['id']}@{identity['version']}"


def _summary(simulation: Mapping[str, Any], lang: Lang) -> str:
    counts: Sequence[Sequence[int]] = simulation["matrix"]
    whole, moved = sum(map(sum, counts)), sum(simulation["moved"].values())
    return say(
        lang,
        "m_moved_of",
        moved=decimal(moved),
        whole=decimal(whole),
        share=percent(moved, whole),
        day=simulation["as_of"],
    )


def _heads(matrix: MigrationMatrix, lang: Lang) -> list[str]:
    columns = [
        _chip(place, lang, LEFT + number * CELL_WIDTH + 3, TOP - 54, CELL_WIDTH - 6)
        for number, place in enumerate(matrix.columns)
    ]
    rows = [
        _chip(place, lang, MARGIN, TOP + number * CELL_HEIGHT + 15, LEFT - MARGIN - 12)
        for number, place in enumerate(matrix.rows)
    ]
    return columns + rows


def _chip(place: Place, lang: Lang, x: float, y: float, width: float) -> str:
    """The band's hue with its word; two lines where the label does not fit beside the word."""
    mark = mark_of(place.band.colour if place.band else None, rated=place.band is not None)
    colour_word = mark.word[lang]
    box = tag("rect", x=x, y=y, width=width, height=48, rx=5, fill=mark.fill)

    def line(text: str, below: float, size: float, weight: int) -> str:
        """A centred line of the chip."""
        fitting = _fitting(text, size, width - 14)
        look = {"fill": mark.ink, "text_anchor": "middle", "font_weight": weight}
        return words(text, x + width / 2, y + below, fitting, **look)

    if place.band and colour_word:
        label = getattr(place.band.label, lang)
        return box + line(colour_word, 21, 17, 700) + line(label, 40, 13, 400)
    return box + line(colour_word or place.word(lang), 30, 17, 700)


def _fitting(text: str, size: float, width: float) -> float:
    """The size at which a text is no wider than ``width``."""
    return min(size, size * width / max(breadth(text, size), 1))


def _cells(matrix: MigrationMatrix, lang: Lang) -> list[str]:
    elements: list[str] = []
    for row_number, row in enumerate(matrix.cells):
        for column_number, cell in enumerate(row):
            x, y = LEFT + column_number * CELL_WIDTH, TOP + row_number * CELL_HEIGHT
            elements += _cell(cell, lang, x, y)
    return elements


def _cell(cell: Cell, lang: Lang, x: float, y: float) -> list[str]:
    middle, centre = x + CELL_WIDTH / 2, y + CELL_HEIGHT / 2
    look = cell.tint
    box = tag(
        "rect",
        x=x + 3,
        y=y + 3,
        width=CELL_WIDTH - 6,
        height=CELL_HEIGHT - 6,
        rx=4,
        fill=look.fill,
        stroke="#d5dae1",
        stroke_width=1,
    )
    if not cell.count:
        return [box, words("0", middle, centre + 5, 15, fill=PALE_INK, text_anchor="middle")]
    share = f"{cell.word(lang)} {percent(cell.count, cell.row_sum)}"
    size = _fitting(share, 13, CELL_WIDTH - 14)
    centred = {"fill": look.ink, "text_anchor": "middle"}
    return [
        box,
        words(cell.text, middle, centre + 1, 20, font_weight=700, **centred),
        words(share, middle, centre + 22, size, **centred),
    ]


def _sums(matrix: MigrationMatrix, lang: Lang) -> list[str]:
    right = LEFT + CELL_WIDTH * len(matrix.columns) + SUM_WIDTH - 10
    below = TOP + CELL_HEIGHT * len(matrix.rows) + 24
    elements = [
        words(say(lang, "m_sum"), right, TOP - 14, 13, fill=SOFT, text_anchor="end"),
        words(say(lang, "m_sum"), LEFT - 16, below, 13, fill=SOFT, text_anchor="end"),
    ]
    for row_number, row_sum in enumerate(matrix.row_sums):
        y = TOP + row_number * CELL_HEIGHT + CELL_HEIGHT / 2 + 6
        elements.append(words(decimal(row_sum), right, y, 16, text_anchor="end", font_weight=600))
    for column_number, column_sum in enumerate(matrix.column_sums):
        x = LEFT + column_number * CELL_WIDTH + CELL_WIDTH / 2
        elements.append(words(decimal(column_sum), x, below, 16, text_anchor="middle", font_weight=600))
    return elements


def _legend(y: float, lang: Lang) -> list[str]:
    elements, x = [], float(MARGIN)
    for step_kind, sign in SIGNS.items():
        text = f"{sign} {say(lang, f'm_legend_{step_kind}')}"
        fill = tint(step_kind, 600).fill
        elements.append(tag("rect", x=x, y=y - 12, width=16, height=16, rx=3, fill=fill))
        elements.append(words(text, x + 23, y + 1, 13, fill=SOFT))
        x += 50 + breadth(text, 13)
    return elements
