"""Draws the pictures of the READMEs from the store of the demonstration: ``python -m docs.pictures out/sise.db 91330802YY08DW4370``."""

from __future__ import annotations

import io
import shutil
import sys
import threading
from datetime import datetime, time

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import make_server

from docs.commands import HERE
from scoring.administration.identity.sessions import begin_session
from scoring.administration.results.reader import open_results
from scoring.store.people.grants import all_grants
from scoring.store.tables.database import Database
from scoring.store.tables.writing import CHINA
from web.app import create_app
from web.reading import COOKIE

PICTURES = {"zh": HERE / "page.png", "en": HERE / "page.en.png"}
WIDTH, LONGEST = 1120, 760
"""Width of the browser, and where the picture ends at the latest, in its pixels."""
COLOURS = 64

# Where to cut: the last edge of a line, row or box above the longest height that goes through nothing else.
EDGE = """longest => {
  const boxes = [...document.querySelectorAll("h1, h2, p, li, tr, dt, dd, figure, svg, img, header, section")]
    .map(element => element.getBoundingClientRect()).filter(box => box.height > 0);
  const cuts = y => boxes.some(box => box.height < longest && box.top < y && y < box.bottom);
  const edges = boxes.map(box => Math.ceil(box.bottom)).filter(y => y <= longest && !cuts(y));
  return Math.max(...edges);
}"""


def draw(page: Page, address: str) -> Image.Image:
    """The page at an address from its head down to where no sentence is cut, in few colours."""
    page.goto(address, timeout=180_000)  # the first page of a store compiles its policy
    height = int(page.evaluate(EDGE, LONGEST)) + 12
    shot = page.screenshot(clip={"x": 0, "y": 0, "width": WIDTH, "height": height}, full_page=True)
    return Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


def main(store: str, enterprise_id: str) -> None:
    """Serves the store for as long as it takes, and writes a picture in each language."""
    # Read on the day of the result: a picture that says how old it is would be old itself.
    day = open_results(store).as_of
    noon = datetime.combine(day, time(12), CHINA)
    database = Database(store)
    with database.read() as connection:
        grants = all_grants(connection, day)
    account = next(grant.account for grant in grants if grant.enterprise_id == enterprise_id)
    token = begin_session(database, account, noon).token
    server = make_server("127.0.0.1", 0, create_app(store, clock=lambda: noon), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": LONGEST}, device_scale_factor=1)
        page.context.add_cookies([{"name": COOKIE, "value": token, "url": f"http://127.0.0.1:{server.port}"}])
        for lang, path in PICTURES.items():
            draw(page, f"http://127.0.0.1:{server.port}/firm/e/{enterprise_id}?lang={lang}").save(
                path, optimize=True
            )
            print(path.relative_to(HERE.parent), f"{path.stat().st_size:,} bytes")
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
