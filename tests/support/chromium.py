"""Pages in a real browser: the Chromium of this machine, and an application that is served while it looks."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from waitress.server import create_server

PATH = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
REASON = "no Chromium on this machine (apt-get install chromium)"


@contextmanager
def opened() -> Iterator[Browser]:
    """The browser; the sandbox is off because tests may run as root."""
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=PATH, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Address of an application on a free port of this machine."""
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)
