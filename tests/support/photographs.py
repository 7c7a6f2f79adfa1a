"""Photographs of stickers by a fixed recipe: tilted, blurred, noisy, compressed, some of them badly lit.

Every photograph follows from its number alone, so a figure can be had again.
"""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

TILT, BLUR, NOISE, QUALITY = 20.0, 0.9, 8.0, 60
"""Degrees, pixels of a Gaussian, its deviation in steps of 255, and JPEG."""
SEED = 20261201


def photograph(sheet: Image.Image, module: int, pixels: float, number: int) -> Image.Image:
    """A photograph of a sheet.

    Args:
        sheet: The sheet.
        module: Its dots of a module.
        pixels: Pixels that a module has in the photograph.
        number: Which photograph: every third one has a gradient of light.
    """
    chance = np.random.default_rng((SEED, number))
    scale = pixels / module
    size = (round(sheet.width * scale), round(sheet.height * scale))
    flat = sheet.convert("RGB").resize(
        size, Image.Resampling.BOX if scale <= 0.5 else Image.Resampling.BILINEAR
    )
    shot = _tilted(flat, *(chance.uniform(-TILT, TILT, 2)), float(chance.uniform(-8, 8)))
    shot = shot.filter(ImageFilter.GaussianBlur(BLUR))
    dots = np.asarray(shot, np.float64)
    if number % 3 == 0:
        dots = dots * _light(dots.shape[:2], float(chance.uniform(0, 2 * math.pi)))[..., None]
    dots = np.clip(dots + chance.normal(0, NOISE, dots.shape), 0, 255)
    stored = io.BytesIO()
    Image.fromarray(dots.astype(np.uint8)).save(stored, "JPEG", quality=QUALITY)
    return Image.open(stored)


def _light(shape: tuple[int, int], angle: float) -> NDArray[np.float64]:
    """Light from one side: full there, a little more than half on the other."""
    height, width = shape
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    along = (x - 0.5) * math.cos(angle) + (y - 0.5) * math.sin(angle)
    return 0.78 + 0.44 * along


def _tilted(flat: Image.Image, pitch: float, yaw: float, roll: float) -> Image.Image:
    """Seen from somewhere else: turned about all three axes, from twice its height away."""
    width, height = flat.size
    corners = [
        (-width / 2, -height / 2),
        (width / 2, -height / 2),
        (width / 2, height / 2),
        (-width / 2, height / 2),
    ]
    away = 2.0 * max(width, height)
    seen = [_projected(x, y, pitch, yaw, roll, away) for x, y in corners]
    left, top = min(x for x, _ in seen) - 12, min(y for _, y in seen) - 12
    right, bottom = max(x for x, _ in seen) + 12, max(y for _, y in seen) + 12
    target = [(x - left, y - top) for x, y in seen]
    source = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    return flat.transform(
        (round(right - left), round(bottom - top)),
        Image.Transform.PERSPECTIVE,
        _coefficients(target, source),
        Image.Resampling.BICUBIC,
        fillcolor=(196, 190, 180),
    )


def _projected(x: float, y: float, pitch: float, yaw: float, roll: float, away: float) -> tuple[float, float]:
    a, b, c = map(math.radians, (pitch, yaw, roll))
    x, y, z = x * math.cos(c) - y * math.sin(c), x * math.sin(c) + y * math.cos(c), 0.0
    y, z = y * math.cos(a) - z * math.sin(a), y * math.sin(a) + z * math.cos(a)
    x, z = x * math.cos(b) + z * math.sin(b), -x * math.sin(b) + z * math.cos(b)
    return x * away / (away + z), y * away / (away + z)


def _coefficients(target: list[tuple[float, float]], source: list[tuple[float, float]]) -> list[float]:
    """Of the projection from the photograph back to the sheet."""
    rows, values = [], []
    for (x, y), (u, v) in zip(target, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return [float(value) for value in np.linalg.solve(np.array(rows, float), np.array(values, float))]
