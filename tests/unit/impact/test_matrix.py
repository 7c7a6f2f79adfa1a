"""The matrix of a migration: what each cell counts, and that colour, sign and word say the same everywhere."""

from __future__ import annotations

from colorsys import rgb_to_hls
from itertools import product
from typing import Any
from xml.etree import ElementTree

import pytest
from worlds import bands, make_policy

from scoring.analysis.impact.bands import Step
from scoring.analysis.impact.matrix import HUES, SIGNS, migration_matrix, tint
from scoring.entities import Lang
from scoring.policy.load import load_policy

SVG = "{http://www.w3.org/2000/svg}"
COUNTS = [[184, 8, 0, 0, 2], [3, 420, 60, 2, 4], [0, 10, 201, 5, 1], [0, 12, 6, 48, 0], [7, 1, 0, 0, 139]]


def channels(colour: str) -> tuple[float, float, float]:
    """Red, green and blue of ``#rrggbb``, each 0 … 1."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def contrast(first: str, second: str) -> float:
    """Contrast of two colours by WCAG 2.2."""
    lights = []
    for colour in (first, second):
        parts = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels(colour)
        ]
        lights.append(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] + 0.05)
    return max(lights) / min(lights)


def test_cells_count_and_add_up() -> None:
    """Cells hold the counts in their rows, and the sums are those of rows and columns; not rated stands last."""
    policy = load_policy("quzhou-demo@2026-04-01", None).policy
    matrix = migration_matrix(COUNTS, policy, policy)
    assert [[cell.count for cell in row] for row in matrix.cells] == COUNTS
    assert ([sum(row) for row in COUNTS], [sum(column) for column in zip(*COUNTS, strict=True)]) == (
        matrix.row_sums,
        matrix.column_sums,
    )
    assert (None, None) == (matrix.rows[-1].id, matrix.columns[-1].id)
    assert ["A", "B", "C", "D"] == [
        place.id for place in migration_matrix([[0] * 4] * 4, policy, policy).rows
    ]


@pytest.mark.parametrize(
    ("row", "column", "expected"),
    [
        (0, 0, ("=", "stays")),
        (0, 1, ("↓", "worse")),
        (3, 1, ("↑", "better")),
        (0, 4, ("◇", "no longer rated")),
        (4, 0, ("◇", "newly rated")),
    ],
)
def test_sign_and_word_say_the_step(row: int, column: int, expected: tuple[str, str]) -> None:
    """A cell says by sign and word whether going there is better or worse, or into or out of rating."""
    policy = load_policy("quzhou-demo@2026-04-01", None).policy
    cell = migration_matrix(COUNTS, policy, policy).cells[row][column]
    assert expected == (cell.text[0], cell.word("en"))


@pytest.mark.parametrize("share", [1, 20, 250, 1000])
def test_worse_is_red_and_better_is_blue(share: int) -> None:
    """Of any share a worse cell is orange to red, a better one blue, and one that stays has hardly any hue."""
    hues: dict[Step, float] = {}
    saturation: dict[Step, float] = {}
    for step in HUES:
        red, green, blue = channels(tint(step, share).fill)
        hue, _, saturation[step] = rgb_to_hls(red, green, blue)
        hues[step] = 360 * hue
    assert hues["worse"] < 25 or hues["worse"] > 345
    assert 190 < hues["better"] < 225
    assert 250 < hues["aside"] < 290
    assert saturation["stays"] < 0.12 < saturation["worse"]


@pytest.mark.parametrize("step", SIGNS)
def test_letters_can_be_read(step: Step) -> None:
    """The letters of a cell have a contrast of 4.5 or more, whatever its share."""
    tints = [tint(step, share) for share in range(0, 1001, 5)]
    assert [] == [look for look in tints if contrast(look.fill, look.ink) < 4.5]


def test_a_downgrade_from_blue_to_green_is_not_green() -> None:
    """The colour is that of the step and not of the band that is reached."""
    old, new = (load_policy(f"quzhou-demo@{day}", None).policy for day in ("2023-05-01", "2026-04-01"))
    cell = migration_matrix(COUNTS, old, new).cells[0][1]
    red, green, blue = channels(cell.tint.fill)
    assert ("worse", True) == (cell.step, red > green and red > blue)


def test_bands_without_a_common_name() -> None:
    """Where the bands are others, the place from the best decides, and equal places are neither better nor worse."""
    old = make_policy()
    new = make_policy(bands=bands(("good", 100), ("bad", 0)))
    cells = migration_matrix([[1, 1, 1]] * 5, old, new).cells
    assert ["aside", "worse", "aside"] == [cell.step for cell in cells[0]]
    assert ["better", "worse", "aside"] == [cell.step for cell in cells[1]]
    assert "stays" == cells[4][2].step


def test_picture_has_the_tints_and_words_of_the_matrix(trial: Any) -> None:
    """Every cell of the picture has the ground of the matrix, and beside its number the word."""
    root = ElementTree.fromstring((trial.out / "migration.svg").read_text(encoding="utf-8"))  # noqa: S314 — our own file
    fills = {element.get("fill") for element in root.iter(f"{SVG}rect")}
    texts = [element.text or "" for element in root.iter(f"{SVG}text")]
    matrix = migration_matrix(trial.found["matrix"], trial.old.policy, trial.new.policy)
    lang: Lang = "zh"
    for row, column in product(range(len(matrix.rows)), range(len(matrix.columns))):
        cell = matrix.cells[row][column]
        if cell.count:
            assert cell.tint.fill in fills
            assert cell.text in texts
            assert any(text.startswith(f"{cell.word(lang)} ") for text in texts)
