"""Stickers and notices: the same in every form, scanned by what telephones use, with sizes that a ruler finds."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pypdfium2
import pytest
import qrcode
import zxingcpp
from faces import GREEN, OPAQUE, PLAIN, PRINTED, SIGNED, field_of
from PIL import Image

from scoring.administration.credential.face import Face
from scoring.administration.credential.lettering import GETA
from scoring.administration.credential.modules import modules_of
from scoring.administration.credential.notice_sheet import notice
from scoring.administration.credential.render import PrintForm, SheetKind, draw_sheet, sheet_of
from scoring.administration.credential.sheet import MM, Box, Emblem, PrintSheet, Words
from scoring.entities import Colour

FORMS: tuple[PrintForm, ...] = ("png", "svg", "pdf")


def picture(sheet: PrintSheet, form: PrintForm) -> Image.Image:
    """A sheet as a picture in grey, a printed one at 300 dots an inch."""
    drawn = draw_sheet(sheet, form)
    if form == "pdf":
        page = pypdfium2.PdfDocument(drawn)[0]
        return page.render(scale=300 / 72).to_pil().convert("L")
    return Image.open(io.BytesIO(drawn)).convert("L")


@pytest.mark.parametrize(
    ("face", "text", "side"), [(GREEN, SIGNED, 57), (PLAIN, OPAQUE, 29)], ids=["signed", "plain"]
)
def test_the_code_is_as_large_as_it_must_be(face: Face, text: str, side: int) -> None:
    """On a sticker 70 mm wide the modules alone are 46 mm, with four of white around them, and version 10 or 3."""
    sheet = sheet_of(face, text)
    code, modules = field_of(sheet), modules_of(text)
    assert (side, side) == modules.shape
    assert 69.5 <= sheet.width / MM <= 70.5
    assert side * code.module / MM >= 46
    canvas = np.asarray(picture(sheet, "png"))
    quiet, far = 4 * code.module, side * code.module
    around = canvas[code.y - quiet : code.y + far + quiet, code.x - quiet : code.x + far + quiet].copy()
    around[quiet:-quiet, quiet:-quiet] = 255
    assert around.min() == 255


@pytest.mark.parametrize("kind", ["sticker", "notice"])
@pytest.mark.parametrize("form", ["png", "pdf"])
def test_every_form_scans(form: PrintForm, kind: SheetKind) -> None:
    """What is read off it is the text, in the picture and off the printed page."""
    assert [SIGNED] == [
        read.text for read in zxingcpp.read_barcodes(picture(sheet_of(GREEN, SIGNED, kind), form))
    ]


@pytest.mark.parametrize("kind", ["sticker", "notice"])
@pytest.mark.parametrize("form", FORMS)
def test_the_same_sheet_is_the_same_bytes(form: PrintForm, kind: SheetKind) -> None:
    """Drawn twice it is the same file."""
    assert draw_sheet(sheet_of(GREEN, SIGNED, kind), form) == draw_sheet(sheet_of(GREEN, SIGNED, kind), form)


@pytest.mark.parametrize("kind", ["sticker", "notice"])
def test_picture_and_paper_look_alike(kind: SheetKind) -> None:
    """The picture and the printed page differ by the edges of letters alone."""
    sheet = sheet_of(GREEN, SIGNED, kind)
    one, other = (picture(sheet, form).resize((207, 375)) for form in ("png", "pdf"))
    apart = np.abs(np.asarray(one, int) - np.asarray(other, int))
    assert apart.mean() < 4 and (apart > 96).mean() < 0.01


def test_the_svg_holds_the_modules_as_one_path() -> None:
    """Its dark modules, drawn out, are those of the code."""
    drawn = draw_sheet(sheet_of(GREEN, SIGNED), "svg").decode()
    import base64

    inner = re.search(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", drawn)
    assert inner
    path = re.search(r' d="([^"]+)"', base64.b64decode(inner[1]).decode())
    assert path
    dark = np.zeros((57, 57), bool)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path[1]):
        dark[int(y), int(x) : int(x) + int(width)] = True
    assert (dark == modules_of(SIGNED)).all()


@pytest.mark.parametrize("text", [SIGNED, OPAQUE, "https://code.example.gov.cn/e/" + "0" * 32])
def test_the_fast_encoder_says_the_same(text: str) -> None:
    """What it draws decodes to the text, and is no larger than what another encoder makes of it."""
    modules = modules_of(text)
    drawn = Image.fromarray(np.where(np.pad(modules, 4), 0, 255).astype(np.uint8)).resize(
        ((len(modules) + 8) * 4,) * 2, Image.Resampling.NEAREST
    )
    assert [text] == [read.text for read in zxingcpp.read_barcodes(drawn)]
    peer = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=0)
    peer.add_data(text)
    peer.make(fit=True)
    assert len(modules) <= len(peer.get_matrix())


def test_what_is_printed_beside_it() -> None:
    """Word and rank in both languages, name, code, days, issuer and the host in plain text."""
    page = pypdfium2.PdfDocument(draw_sheet(sheet_of(GREEN, SIGNED), "pdf"))[0]
    said = page.get_textpage().get_text_bounded()
    for words in ("绿码", "Green", "第2级", "盛舟", GREEN.enterprise_id, "截至 2026-09-30", "2026-12-29"):
        assert str(words) in said
    assert "code.example.gov.cn" in said and "衢州市发码" in said and "issued by Quzhou" in said


def test_a_plate_says_nothing_of_the_result() -> None:
    """No word, shape, rank or hue of a colour is on it, whatever the colour is."""
    drawn = {
        draw_sheet(sheet_of(replace(PLAIN, colour=colour, rank=rank), OPAQUE), "png")
        for colour in Colour
        for rank in (1, 4)
    }
    page = pypdfium2.PdfDocument(draw_sheet(sheet_of(PLAIN, OPAQUE), "pdf"))[0]
    said = page.get_textpage().get_text_bounded()
    assert (1, []) == (
        len(drawn),
        [word for word in ("蓝码", "绿码", "黄码", "红码", "Green", "第2级") if word in said],
    )


def test_a_demonstrations_key_says_so() -> None:
    """DEMO stands on the sticker and on the notice, in both languages."""
    for kind in ("sticker", "notice"):
        face = replace(GREEN, demonstration=False, printed=replace(PRINTED, is_demo=True))
        words = [item.text for item in sheet_of(face, SIGNED, kind).items if isinstance(item, Words)]  # type: ignore[arg-type]
        assert 2 == sum("DEMO" in word for word in words)


def test_rare_characters_are_printed_or_told() -> None:
    """What the letters have is drawn; what they lack is marked in its place and named."""
    sheet = sheet_of(replace(GREEN, name="𠮷野家龘面馆"), SIGNED)
    words = [item.text for item in sheet.items if isinstance(item, Words)]
    assert (("𠮷",), True) == (sheet.unprintable, f"{GETA}野家龘面馆" in words)


HOSTILE: tuple[str, ...] = ("", "𠮷" * 60, "W" * 300, "a b " * 200, "名\n字\x00\u202e", "长" * 3_000)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["sticker", "notice"])
def test_no_name_leaves_its_place(name: str, kind: SheetKind) -> None:
    """Whatever the name, every line ends before the frame and the code scans."""
    sheet = sheet_of(replace(GREEN, name=name), SIGNED, kind)
    for item in sheet.items:
        if isinstance(item, Words):
            assert 0 <= item.x and 0 < item.y <= sheet.height
    if kind == "sticker":
        assert [SIGNED] == [read.text for read in zxingcpp.read_barcodes(picture(sheet, "png"))]


def test_shapes_tell_in_grey() -> None:
    """Without hues no two of the four emblems are the same: the least apart are circle and octagon, in the corners."""
    masks: list[Any] = []
    from scoring.administration.credential.shapes import mask
    from scoring.explain.words.marks import MARKS

    for colour in Colour:
        masks.append(np.asarray(mask(MARKS[colour.value].shape, 100)) >= 128)
    for number, one in enumerate(masks):
        for other in masks[number + 1 :]:
            assert (one != other).mean() > 0.03
    assert any(isinstance(item, Emblem) for item in sheet_of(GREEN, SIGNED).items)


def test_the_notice_says_what_it_is_not_and_that_it_is_voluntary() -> None:
    """Beside the code stands how it is checked, what it is not, and whom to call."""
    sheet = notice(GREEN, SIGNED, "衢州市虚构发展改革局，0570-0000114")
    said = "".join(item.text for item in sheet.items if isinstance(item, Words))
    for words in ("张贴出于自愿", "仅用于配置监管资源", "12315", "0570-0000114", "从不要求登录或付款"):
        assert words in said
    lowest = max(item.y for item in sheet.items if isinstance(item, Words) and item.ink != "paper")
    band = min(item.y for item in sheet.items if isinstance(item, Box) and item.ink == "ink")
    assert lowest < band
