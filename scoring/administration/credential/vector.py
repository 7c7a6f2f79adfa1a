"""A sheet as PDF or SVG: the same items at the same places as in its picture, set by typst from packaged letters.

The same sheet gives the same bytes.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Literal

import typst
from pylopdf_fonts_zh_cn import sans_path

from scoring.administration.credential.modules import modules_of, path_of
from scoring.administration.credential.raster import rim_of
from scoring.administration.credential.shapes import CORNERS
from scoring.administration.credential.sheet import Box, Emblem, Item, PrintSheet, QrField
from scoring.rules import RULES

TEMPLATE = RULES / "papers" / "sheet.typ"


def vectors_of_sheet(sheet: PrintSheet, form: Literal["pdf", "svg"]) -> bytes:
    """The sheet as PDF or SVG."""
    content = {
        "width": sheet.width,
        "height": sheet.height,
        "title": sheet.title,
        "items": [_item(item, sheet) for item in sheet.items],
    }
    made = typst.compile(
        TEMPLATE.read_bytes(),
        format=form,
        font_paths=_letters(),
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
        # The day of printing would make other bytes of the same sheet.
        timestamp=0,
    )
    return bytes(made)


@cache
def _letters() -> Any:
    """The faces of the font package alone: a sheet looks the same on every machine."""
    folder = str(sans_path().parent)
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def _item(item: Item, sheet: PrintSheet) -> dict[str, Any]:
    """An item as the template reads it."""
    if isinstance(item, QrField):
        side = len(modules_of(item.text)) * item.module
        return {"kind": "code", "x": item.x, "y": item.y, "side": side, "svg": _code_svg(item.text)}
    fill = sheet.colours[item.ink]
    if isinstance(item, Box):
        size = {"width": item.width, "height": item.height}
        return {"kind": "box", "x": item.x, "y": item.y, "fill": fill, **size}
    if isinstance(item, Emblem):
        corners = [[x * item.side, y * item.side] for x, y in CORNERS.get(item.shape, ())]
        return {
            "kind": "emblem",
            "x": item.x,
            "y": item.y,
            "fill": fill,
            "side": item.side,
            "corners": corners,
        }
    rim = 2 * rim_of(item.size) if item.is_heavy else 0
    letters = {"size": item.size, "text": item.text, "rim": rim}
    return {"kind": "words", "x": item.x, "y": item.y, "fill": fill, **letters}


def _code_svg(text: str) -> str:
    side, path = path_of(text)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<path fill="#1d1d1f" d="{path}"/></svg>'
    )
