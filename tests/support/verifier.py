"""The offline verifier in a browser: its lists, its network switched off, a camera that is shown a film, and its verdicts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import chromium
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import web
from web.verify import fetch_scripts
from web.verify.routes import VENDOR

STATIC = Path(web.__file__).parent / "static"
IS_MISSING = chromium.IS_MISSING or (
    not all((STATIC / name).is_file() for name in VENDOR) and os.environ.get("CI") != "true"
)
"""Whether tests that need the scripts of others are left out; under CI they fail."""
REASON = f"no Chromium, or the scripts of the verifier are not there (apt-get install npm; python {fetch_scripts.__file__})"
MODULES = """
import(`${location.origin}/static/verify/code.js`).then(async code => {
  const trust = await import(`${location.origin}/static/verify/trust.js`);
  window.verifier = {...code, ...trust, plain: await import(`${location.origin}/static/verify/plain.js`)};
  return true;
})
"""
CHECK = """
async ([texts, note, root, token, at, forced]) => {
  const v = window.verifier;
  const trust = await v.readTrust(note, root, 0, at);
  const status = token ? await v.readStatus(v.plain.fromBase64(token), trust, at) : null;
  const reasons = [];
  let slowest = 0;
  for (const text of texts) {
    const began = performance.now();
    reasons.push((await v.check(text, trust, at, status, forced)).reason);
    slowest = Math.max(slowest, performance.now() - began);
  }
  return [reasons, slowest];
}
"""
FRAMES = 20


@contextmanager
def with_camera(film: Path) -> Iterator[Browser]:
    """A browser whose camera shows a film."""
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium.PATH, args=arguments)
        yield browser
        browser.close()


def write_film(picture: Image.Image, film: Path, size: tuple[int, int] = (640, 480)) -> None:
    """A film of one picture, as a camera of Chromium takes it (YUV4MPEG2, 4:2:0)."""
    grey = Image.new("L", size, 200)
    scaled = picture.convert("L")
    scaled.thumbnail(size)
    grey.paste(scaled, ((size[0] - scaled.width) // 2, (size[1] - scaled.height) // 2))
    luma = np.asarray(grey, np.uint8).tobytes()
    frame = b"FRAME\n" + luma + bytes([128]) * (size[0] * size[1] // 2)
    film.write_bytes(f"YUV4MPEG2 W{size[0]} H{size[1]} F10:1 Ip A1:1 C420jpeg\n".encode() + frame * FRAMES)


class Verifier:
    """The page of the verifier, open in a tab.

    Args:
        page: The tab.
        address: Where it is served.
        lang: The language that is read.
    """

    def __init__(self, page: Page, address: str, lang: str = "zh") -> None:
        self.page, self.address = page, address
        page.goto(f"{address}/verify/?lang={lang}")
        page.wait_for_selector("#trust-there:not([hidden]), #trust-missing:not([hidden])")

    def settle(self) -> None:
        """Waits until the worker has the page, so that it opens without a network."""
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        self.page.wait_for_function("navigator.serviceWorker.controller !== null")

    def typed(self, text: str) -> str:
        """The verdict on a text."""
        self.page.fill("#text", text)
        self.page.click("#typed button")
        return self.verdict()

    def photographed(self, file: Path) -> str:
        """The verdict on a photograph."""
        self.page.evaluate("document.getElementById('verdict').removeAttribute('data-verdict')")
        self.page.set_input_files("#photograph", str(file))
        self.page.wait_for_selector("#verdict[data-verdict]", timeout=20_000)
        return self.verdict()

    def verdict(self) -> str:
        """What it came to."""
        self.page.wait_for_selector("#verdict[data-verdict]:not([hidden])")
        return str(self.page.get_attribute("#verdict", "data-verdict"))

    def told(self) -> str:
        """What stands in the verdict."""
        return str(self.page.inner_text("#verdict"))

    def lists(self) -> str:
        """What stands of the lists."""
        return str(self.page.inner_text(".verifier > section:last-of-type"))


def reasons(
    page: Page, texts: Sequence[str], lists: Sequence[Any], at: int, forced: str | None = None
) -> tuple[list[str], float]:
    """The verdicts of the page's own scripts on some texts, and the slowest in milliseconds.

    Args:
        page: A tab with the verifier.
        texts: The texts.
        lists: Trust note, root key and the status list in base64 or ``None``.
        at: The moment.
        forced: ``browser`` or ``script``: who verifies signatures.
    """
    page.evaluate(MODULES)
    found, slowest = page.evaluate(CHECK, [list(texts), *lists, at, forced])
    return list(found), float(slowest)
