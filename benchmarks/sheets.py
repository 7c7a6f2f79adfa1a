"""Drawing stickers against the bare work of it, and thousands of them into one archive.

The bare work is what nobody can leave out: the modules by zxing-cpp, the same lines of text, and a PNG of the same
size and of four colours, by an image library.
"""

from __future__ import annotations

import io
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from benchmarks.figures import Spread, spread
from benchmarks.processes import say
from scoring.administration.credential.batch_plan import PlannedSheet, SheetOrder
from scoring.administration.credential.batch_work import SheetBatch
from scoring.administration.credential.code_address import base32
from scoring.administration.credential.face import Face, Printed
from scoring.administration.credential.lettering import font_at
from scoring.administration.credential.render import draw_sheet, sheet_of
from scoring.administration.credential.sheet import PrintSheet, Words
from scoring.entities import Colour

HOST = "CODE.EXAMPLE.GOV.CN"
CODE_BYTES, TURN, TURNS = 155, 120, 7
"""Of a signed code; stickers of a turn, and turns."""
BOUNDS = {"sticker / zxing-cpp + PNG + text": 2.0, "stickers a second, two processes": 400}
FACE = Face(
    name="",
    enterprise_id="",
    colour=Colour.GREEN,
    label={"zh": "常规抽查", "en": "Ordinary checks"},
    rank=2,
    ranks=4,
    as_of=date(2026, 9, 30),
    policy_title={"zh": "衢州四色评价演示规则", "en": "Quzhou four-colour demonstration policy"},
    demonstration=True,
    fictitious=True,
    printed=Printed(
        "code.example.gov.cn", {"zh": "衢州市", "en": "Quzhou"}, date(2026, 12, 29), is_demo=True
    ),
)


def made_up(first: int, count: int) -> Iterator[PlannedSheet]:
    """Stickers of made-up enterprises, no two with the same name or code."""
    colours = list(Colour)
    for number in range(first, first + count):
        rank = number % len(colours)
        face = replace(
            FACE,
            name=f"柯城区虚构第{number:06d}号农产品加工有限公司",
            enterprise_id=f"91330802YY{number:08d}",
            colour=colours[rank],
            rank=rank + 1,
        )
        yield PlannedSheet(face, f"HTTPS://{HOST}/Q/{base32(os.urandom(CODE_BYTES))}")


def run(folder: Path, count: int = 20_000) -> dict[str, object]:
    """The ratio of one sticker, and seconds and memory of a half and of a whole batch.

    Args:
        folder: Where the archives are written for a while.
        count: Stickers of the whole batch.
    """
    return {"bounds": BOUNDS, "one": _one(), "batch": [_batch(folder, size) for size in (count // 2, count)]}


def _one() -> dict[str, Spread]:
    """Turn by turn, by the processor's clock, in milliseconds and as a ratio."""
    laps: dict[str, list[float]] = {"sticker": [], "zxing-cpp + PNG + text": []}
    warm = next(made_up(0, 1))
    draw_sheet(sheet_of(warm.face, warm.text), "png")
    for turn in range(TURNS):
        some = list(made_up(turn * TURN, TURN))
        began = time.process_time()
        for planned in some:
            draw_sheet(sheet_of(planned.face, planned.text), "png")
        laps["sticker"].append((time.process_time() - began) / TURN * 1000)
        sheets = [sheet_of(planned.face, planned.text) for planned in some]
        began = time.process_time()
        for planned, sheet in zip(some, sheets, strict=True):
            _bare(planned.text, sheet)
        laps["zxing-cpp + PNG + text"].append((time.process_time() - began) / TURN * 1000)
    measured = {f"{name}, ms": spread(each) for name, each in laps.items()}
    pairs = zip(*laps.values(), strict=True)
    return {**measured, "sticker / zxing-cpp + PNG + text": spread(one / other for one, other in pairs)}


def _bare(text: str, sheet: PrintSheet) -> bytes:
    """The same modules and the same lines of its own on an even ground, by Pillow, with two bits a dot."""
    image = Image.new("P", (sheet.width, sheet.height), 0)
    image.putpalette([255, 255, 255, 29, 29, 31, 11, 122, 67, 74, 79, 87])
    made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    scaled = Image.fromarray(made.to_image(scale=10)).point(lambda dot: dot < 128)
    image.paste(scaled, (89, 516))
    draw = ImageDraw.Draw(image)
    draw.fontmode = "1"
    for item in sheet.own:
        if isinstance(item, Words):
            font: ImageFont.FreeTypeFont = font_at(item.size)
            draw.text((item.x, item.y), item.text, fill=1, font=font, anchor="ls")
    stored = io.BytesIO()
    image.save(stored, "PNG", bits=2, compress_level=1)
    return stored.getvalue()


def _batch(folder: Path, count: int) -> dict[str, float]:
    """A batch of so many into one archive, by all processors: planned, drawn and put together."""
    say(f"drawing {count:,} stickers …")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        batch = SheetBatch(Path(scratch) / "codes.zip", SheetOrder(), is_archive=True)
        batch.prepare(made_up(0, count))
        began = time.perf_counter()
        batch.draw()
        seconds = time.perf_counter() - began
        size = batch.out.stat().st_size
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "stickers": count,
        "seconds": round(seconds, 1),
        "a second": round(count / seconds),
        "MB of the archive": round(size / 1e6),
        "MB of memory, this process": round(own),
        "MB of memory, the largest worker": round(worker),
    }
