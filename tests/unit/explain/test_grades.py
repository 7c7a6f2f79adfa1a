"""What a grade is called: a wrong word would be a wrong colour."""

from __future__ import annotations

import pytest
from worlds import text

from scoring.entities import Colour
from scoring.explain.words.grades import full_name, legend, short_name
from scoring.policy.load import load_policy
from scoring.rules.wording import both

WORDS = {
    Colour.BLUE: ("蓝码", "Blue", "蓝"),
    Colour.GREEN: ("绿码", "Green", "绿"),
    Colour.YELLOW: ("黄码", "Yellow", "黄"),
    Colour.RED: ("红码", "Red", "红"),
}


@pytest.mark.parametrize("colour", WORDS)
def test_a_colour_has_its_own_word(colour: Colour) -> None:
    """Each colour is called by its own word in both languages, on stickers and in sentences."""
    chinese, english, alone = WORDS[colour]
    named = short_name(colour, both(f"colour_{colour}"))
    assert (chinese, english) == (named["zh"], named["en"])
    assert alone == both(f"v_colour_{colour}")["zh"]


def test_every_colour_has_a_word() -> None:
    """No colour is without a word, and no two have the same."""
    assert set(WORDS) == set(Colour)
    assert len(WORDS) == len({words[0] for words in WORDS.values()})


def test_a_band_without_a_colour_is_called_by_its_label() -> None:
    """Of a scheme without colours the label stands alone."""
    assert "B级" == short_name(None, text("B级"))["zh"]


def test_the_legend_names_colour_and_rank() -> None:
    """The four bands of the demonstration, the best first, each with colour and rank."""
    bands = legend(load_policy("quzhou-demo@2026-04-01", None).policy)
    names = [full_name(band)["zh"] for band in bands]
    assert [words[0] for words in WORDS.values()] == [name[:2] for name in names]
    assert [f"第{rank}级" in name for rank, name in enumerate(names, start=1)] == [True] * 4
