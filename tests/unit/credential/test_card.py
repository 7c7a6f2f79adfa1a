"""The card: it scans in every colour, says what it must, and bears every name."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image, ImageFilter

from scoring.administration.credential import Face, page_address, render_code
from scoring.administration.credential.modules import MAX_TEXT
from scoring.administration.credential.sticker import HEIGHT, WIDTH
from scoring.entities import Colour
from scoring.errors import EnvironmentRefusedError, UsageError
from scoring.explain.words.marks import MARKS, mark_of

ADDRESS = "http://127.0.0.1:8000/e/91330802YY0A4HB33B"
GREEN = Face(
    name="柯城区虚构盛舟农产品加工有限公司分公司",
    enterprise_id="91330802YY0A4HB33B",
    colour=Colour.GREEN,
    label={"zh": "正常", "en": "Normal"},
    rank=2,
    ranks=4,
    as_of=date(2026, 6, 30),
    policy_title={"zh": "衢州四色评价演示规则", "en": "Quzhou four-colour demonstration policy"},
    demonstration=True,
)
NOT_RATED = replace(
    GREEN, colour=None, rank=None, label={"zh": "三年内证据不足", "en": "Too little evidence"}
)
FACES = [replace(GREEN, colour=colour) for colour in Colour] + [NOT_RATED, replace(GREEN, colour=None)]
HOSTILE = [
    "",
    " ",
    "𠮷野家𰻝面馆",
    "名\n字\x00\x07",
    "\u202e反转公司",
    "🏭" * 30,
    "长" * 5_000,
    "W" * 400,
    "e\u0301" * 50,
    "a b " * 200,
]


def image(face: Face, address: str = ADDRESS) -> Image.Image:
    """The card as an image."""
    return Image.open(io.BytesIO(render_code(face, address))).convert("RGB")


def scanned(card: Image.Image) -> list[str]:
    """What a scanner reads on it."""
    return [code.text for code in zxingcpp.read_barcodes(card)]


def luminance(hue: str) -> float:
    """Relative luminance as in WCAG 2."""
    parts = [int(hue[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.mark.id)
def test_it_scans_in_every_colour_also_small_and_blurred(face: Face) -> None:
    """A scanner reads the address in every colour, at a third of the size and out of focus."""
    card = image(face)
    small = card.resize((WIDTH // 3, HEIGHT // 3), Image.Resampling.BOX)
    blurred = card.filter(ImageFilter.GaussianBlur(3.0))
    assert [[ADDRESS]] * 3 == [scanned(card), scanned(small), scanned(blurred)]


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.mark.id)
def test_it_scans_in_grey(face: Face) -> None:
    """A photocopy in grey still scans: the modules do not depend on the colour."""
    assert [ADDRESS] == scanned(image(face).convert("L").convert("RGB"))


def test_the_longest_address_scans() -> None:
    """An address of the greatest length allowed still scans."""
    longest = ADDRESS + "x" * (MAX_TEXT - len(ADDRESS))
    assert [longest] == scanned(image(GREEN, longest))


@pytest.mark.parametrize("address", ["", "x" * (MAX_TEXT + 1)])
def test_an_address_that_cannot_be_drawn_is_refused(address: str) -> None:
    """An empty or overlong address is refused with both languages instead of an unreadable code."""
    with pytest.raises(UsageError) as refused:
        render_code(GREEN, address)
    assert (True, True) == (str(MAX_TEXT) in refused.value.zh, str(MAX_TEXT) in refused.value.en)


def test_same_face_same_bytes() -> None:
    """The same face and address give the same bytes."""
    assert render_code(GREEN, ADDRESS) == render_code(GREEN, ADDRESS)


@pytest.mark.parametrize("name", [None, *HOSTILE])
def test_every_name_can_be_drawn(name: str | None) -> None:
    """Rare characters, control characters, emoji and endless names neither crash nor hide the code."""
    assert [ADDRESS] == scanned(image(replace(GREEN, name=name)))


def test_direction_marks_change_nothing() -> None:
    """A name with characters that turn or hide text draws the same card as without them."""
    assert render_code(replace(GREEN, name="甲乙"), ADDRESS) == render_code(
        replace(GREEN, name="\u202e甲乙\u2066"), ADDRESS
    )


@pytest.mark.parametrize("mark", MARKS.values(), ids=lambda mark: mark.id)
def test_letters_contrast_with_the_frame(mark: object) -> None:
    """Letters on every hue reach the 4.5 of WCAG AA."""
    light, dark = sorted((luminance(mark.fill), luminance(mark.ink)), reverse=True)  # type: ignore[attr-defined]
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_no_two_marks_look_alike_without_colour() -> None:
    """Every mark has its own shape and its own word, so hue is never needed."""
    shown = [mark for mark in MARKS.values() if mark.id != "graded"]
    assert (len(MARKS), len(shown)) == (
        len({m.shape for m in MARKS.values()}),
        len({m.word["zh"] for m in shown}),
    )


def test_marks_follow_the_result() -> None:
    """Not rated is grey whatever colour is given; a band without a colour is graded."""
    expected = ["not_rated", "graded", "red"]
    assert expected == [
        mark_of(Colour.BLUE, rated=False).id,
        mark_of(None, rated=True).id,
        mark_of(Colour.RED, rated=True).id,
    ]


def test_demonstration_is_written_on_the_card() -> None:
    """The band that says demonstration is there under a demonstration and absent under rules in force."""
    spot = (40, HEIGHT - 38)
    assert ((29, 29, 31), (255, 255, 255)) == (
        image(GREEN).getpixel(spot),
        image(replace(GREEN, demonstration=False)).getpixel(spot),
    )


def test_a_missing_font_is_told() -> None:
    """A font file that is not there is refused with an example, in both languages."""
    with pytest.raises(EnvironmentRefusedError) as refused:
        render_code(GREEN, ADDRESS, font=Path("no-such-font.otf"))
    assert (True, True) == ("no-such-font.otf" in refused.value.zh, "NotoSansSC" in refused.value.en)


@pytest.mark.parametrize(
    ("enterprise_id", "expected"),
    [
        ("91330802YY0A4HB33B", "http://h/e/91330802YY0A4HB33B"),
        ("chicago:2074456", "http://h/e/chicago:2074456"),
        ("a/b?c", "http://h/e/a%2Fb%3Fc"),
    ],
)
def test_page_address_escapes_ids(enterprise_id: str, expected: str) -> None:
    """An id stands in an address so that it leads to its own page."""
    assert expected == page_address("http://h/", enterprise_id)
