"""Pages in a real browser: the Chromium of this machine, and an application that is served while it looks."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from waitress.server import create_server
from werkzeug.test import run_wsgi_app

PATH = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
REASON = "no Chromium on this machine (apt-get install chromium)"
IS_MISSING = PATH is None and os.environ.get("CI") != "true"
"""Whether tests that need one are left out; under CI they fail."""

ASKED = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "HTTP_ACCEPT_LANGUAGE", "HTTP_COOKIE")
"""What a page depends on."""


SWITCHES = ["--no-sandbox", "--disable-gpu"]
"""The sandbox is off because tests may run as root."""


@contextmanager
def opened() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=PATH, args=SWITCHES)
        yield chromium
        chromium.close()


@contextmanager
def with_camera(browser: Browser, film: Path) -> Iterator[Browser]:
    """Another browser beside one, whose camera shows a film (frames of JPEG one after another) and may be used."""
    fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    args = [*SWITCHES, *fake, f"--use-file-for-fake-video-capture={film}"]
    other = browser.browser_type.launch(executable_path=PATH, args=args)
    yield other
    other.close()


def remembering(app: Any) -> Any:
    """An application that makes each page once: for tests that look at the same pages again and again, and write nothing."""
    answers: dict[tuple[str, ...], tuple[str, list[tuple[str, str]], bytes]] = {}

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        key = tuple(environ.get(name, "") for name in ASKED)
        if key not in answers:
            body, status, headers = run_wsgi_app(app, environ, buffered=True)
            answers[key] = (status, headers.to_wsgi_list(), b"".join(body))
        status, sent, page = answers[key]
        start_response(status, sent)
        return [page]

    return answer


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Address of an application on a free port of this machine."""
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


def click(page: Page, target: Locator) -> None:
    """Clicks what leads to another page, and is back when that page is there: the click itself does not wait for it."""
    with page.expect_navigation(wait_until="load"):
        target.click()


def faults(page: Page) -> list[str]:
    """The serious faults of the page that is open, and how much wider than the screen it is."""
    answer = Axe().run(page).response
    told = [
        f"{found['id']}: {found['nodes'][0]['html'][:160]}"
        for found in answer["violations"]
        if found["impact"] in ("serious", "critical")
    ]
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*told, f"{wider} pixels too wide"] if wider > 0 else told
